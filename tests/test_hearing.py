"""The benchmark of hearing: its score, its room and its report. The recogniser is not needed."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from hearing.listening import NO_BED, Air, Said, at_ratio, bed_of, voice_level
from hearing.report import CLEAN, PHONE, ROOM, Row, keep, kept, markdown, svg
from hearing.room import (
    NOISE_LEVEL,
    REVERBERATION_S,
    direct_to_reverberant,
    impulse,
    in_room,
    level,
    loudness,
    room_noise,
)
from hearing.scoring import Score, phonemes, score, words
from hypothesis import given
from hypothesis import strategies as st

from audiocoach import presets
from audiocoach.units import RATE

pytest.importorskip("piper")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Lift, and RETURN!", "lift and return"),
        ("A two-minute rest \u2013 then on.", "a two minute rest then on"),
        ("For 25 seconds, the 2nd time.", "for twenty five seconds the second time"),
        ("Your partner\u2019s hand isn't cold", "your partner's hand isn't cold"),
        ("...", ""),
    ],
)
def test_words_are_what_is_said_and_nothing_else(text: str, expected: str) -> None:
    assert words(text) == expected.split()


@pytest.mark.parametrize(
    ("said", "heard", "spelt", "audible"),
    [
        ("Lay both hands on the back.", "lay both hands on the back", 0, 0),
        ("Your partner bares the back.", "Your partner bears the back.", 1, 0),
        ("Your partner's left side", "Your partners left side", 1, 0),
        ("Rest for two minutes.", "Rest four 2 minutes.", 1, 0),
        ("Stay off broken skin.", "Stay offbroken skin.", 2, 0),
        ("Soft fingers here", "Soft fingers hear", 1, 0),
        ("They feel loose", "They feel lose", 1, 1),
        ("Lift, and return.", "Left and return.", 1, 1),
        ("Breathe out slowly", "Breathe slowly", 1, 1),
        ("Breathe out", "Now breathe out", 1, 1),
        ("Slow and even", "", 3, 3),
    ],
)
def test_what_sounds_the_same_is_the_same_and_what_does_not_is_not(
    said: str, heard: str, spelt: int, audible: int
) -> None:
    found = score(said, heard, phonemes)
    assert (found.spelt, found.heard) == (spelt, audible)
    assert found.words == len(words(said))
    assert len(found.misheard) == audible


def test_each_mistake_is_told() -> None:
    found = score("Lift your right hand up", "Left your write hand", phonemes)
    assert found.misheard == [("lift", "left"), ("up", "")]


_spoken = ["lay", "lie", "both", "hands", "on", "the", "back", "bares", "bears"]
_texts = st.lists(st.sampled_from(_spoken)).map(" ".join)


@given(_texts, _texts)
def test_the_score_is_a_distance(said: str, heard: str) -> None:
    found, back = score(said, heard, phonemes), score(heard, said, phonemes)
    ours, theirs = len(words(said)), len(words(heard))
    assert abs(ours - theirs) <= found.spelt <= max(ours, theirs)
    assert found.heard <= found.spelt
    assert (found.spelt, found.heard) == (back.spelt, back.heard)
    assert score(said, said, phonemes).spelt == 0


@given(_texts, _texts)
def test_scores_add_up(said: str, heard: str) -> None:
    one = score(said, heard, phonemes)
    both = one + one
    assert (both.words, both.spelt, both.heard) == (2 * one.words, 2 * one.spelt, 2 * one.heard)
    assert both.heard_rate == pytest.approx(one.heard_rate)


def test_a_click_in_the_room_dies_away_in_its_reverberation_time() -> None:
    answer = impulse(1)
    left = np.cumsum((answer**2)[::-1])[::-1]  # M. R. Schroeder, JASA 37, 1965
    decay = 10 * np.log10(left / left[1])[1:]
    begin, end = np.argmax(decay < -5), np.argmax(decay < -25)
    assert 3 * (end - begin) / RATE == pytest.approx(REVERBERATION_S, rel=0.1)


def test_the_direct_sound_comes_first_and_lies_under_the_rest() -> None:
    answer = impulse(2)
    assert answer[0] == pytest.approx(1.0)
    rest = 10 * math.log10(float((answer[1:] ** 2).sum()))
    assert -rest == pytest.approx(direct_to_reverberant(), abs=0.01)
    assert -12 < direct_to_reverberant() < -9


def test_early_reflections_are_single_and_join_the_rest_without_a_step() -> None:
    answer = impulse(1)
    early = np.flatnonzero(answer[1 : int(0.011 * RATE)])
    assert 3 <= len(early) <= 20
    dense = slice(int(0.013 * RATE), int(0.025 * RATE))
    sparse = slice(1, int(0.012 * RATE))
    step = 10 * math.log10(np.mean(answer[sparse] ** 2) / np.mean(answer[dense] ** 2))
    assert abs(step) < 3


def test_a_room_and_its_noise_are_the_same_every_time_and_different_with_another_seed() -> None:
    assert np.array_equal(impulse(1), impulse(1))
    assert not np.array_equal(impulse(1), impulse(2))
    assert np.array_equal(room_noise(RATE, 3), room_noise(RATE, 3))
    assert not np.array_equal(room_noise(RATE, 3), room_noise(RATE, 4))


def test_the_noise_is_as_loud_as_it_says_and_moves_like_breath() -> None:
    noise = room_noise(20 * RATE, 5)
    assert level(noise) == pytest.approx(NOISE_LEVEL, abs=0.05)
    spans = noise[: 20 * RATE].reshape(80, -1)
    powers = 10 * np.log10((spans.astype(np.float64) ** 2).mean(axis=1))
    assert powers.max() - powers.min() > 4


def tone(hertz: float, seconds: float) -> np.ndarray[tuple[int], np.dtype[np.float32]]:
    return (0.2 * np.sin(2 * np.pi * hertz * np.arange(round(seconds * RATE)) / RATE)).astype(
        np.float32
    )


def test_the_room_rings_on_after_a_sound() -> None:
    heard = in_room(tone(1000, 0.3), impulse(1))
    after = heard[round(0.31 * RATE) : round(0.36 * RATE)]
    late = heard[round(0.7 * RATE) : round(0.75 * RATE)]
    assert np.abs(after).max() > 30 * np.abs(late).max() > 0


def test_noise_lies_so_far_under_the_voice_that_arrives() -> None:
    mono = tone(1500, 2.0)
    cue = Said("a tone", np.stack([mono, mono], axis=1))
    silent = Said("nothing", np.zeros_like(cue.sound))
    air = Air("room", 1)
    voice = voice_level([cue], air)
    (noise,) = air.carry([silent], voice)
    assert voice - level(noise) == pytest.approx(15.0, abs=0.1)
    assert voice > loudness(next(Air("phone").carry([cue], voice)))  # the room adds to it


def test_a_fixed_ratio_is_kept_whatever_the_preset_does() -> None:
    levels = at_ratio(presets.PHONE, 9.0).levels
    assert levels.bed + levels.duck == -9.0
    assert levels.clear < 0
    assert at_ratio(presets.PHONE, 9.0).tone == presets.PHONE.tone


def test_the_bed_under_a_cue_is_what_the_voice_does_not_explain() -> None:
    voice, bed = (np.stack([tone(hertz, 0.2)] * 2, axis=1) for hertz in (500, 3000))
    (found,) = bed_of([Said("a cue", voice)], [Said("a cue", voice + bed)])
    assert np.allclose(found, bed, atol=1e-6)


ROWS = [
    Row("joe", CLEAN, None, Score(100, 3, 1)),
    Row("joe", PHONE, None, Score(100, 4, 2)),
    Row("joe", f"{ROOM} 1", None, Score(100, 9, 6)),
    *(Row("joe", PHONE, ratio, Score(50, 5, 4)) for ratio in (6.0, NO_BED)),
    *(Row("joe", f"{ROOM} {seed}", 6.0, Score(50, 20, 10 * seed)) for seed in (1, 2)),
    *(Row("joe", f"{ROOM} {seed}", NO_BED, Score(50, 5, 4)) for seed in (1, 2)),
]


def test_rows_are_kept_and_found_again(tmp_path: Path) -> None:
    file = tmp_path / "rows.jsonl"
    assert kept(file) == []
    row = Row("joe", CLEAN, None, Score(10, 2, 1, [("lift", "left")]))
    for each in (row, ROWS[3]):
        keep(each, file)
    found = kept(file)
    assert found[1] == ROWS[3]
    assert found[0].score.heard_rate == row.score.heard_rate == 0.1


def test_the_table_holds_every_figure_and_adds_the_seeds_up() -> None:
    table = markdown(ROWS, ["a command"])
    assert "- a command" in table
    assert "| clean | 1.0% / 3.0% of 100 |" in table
    assert "| phone + room 1 | 6.0% / 9.0% of 100 |" in table
    curve = table.partition("## Phone + room")[2]
    assert "| 6 dB | 30.0% / 40.0% of 100 |" in curve
    assert "| no bed | 8.0% / 10.0% of 100 |" in curve


def test_the_plot_draws_more_mistakes_higher() -> None:
    drawn = svg(ROWS)
    paths = [line for line in drawn.splitlines() if 'fill="none"' in line]
    assert len(paths) == 2
    room = paths[1].partition('d="M')[2].partition('"')[0].split("L")
    (left, high), (right, low) = (map(float, point.split()) for point in room)
    assert left < right
    assert high < low
