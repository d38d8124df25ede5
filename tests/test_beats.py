"""Counting and breathing: words on the beat."""

from __future__ import annotations

from pathlib import Path

import meters
import numpy as np
import pytest

from audiocoach import render
from audiocoach.clips import ONSET_S, Clip, ClipCache, make_clip
from audiocoach.errors import ScriptError
from audiocoach.fit import fit
from audiocoach.mix import Mix
from audiocoach.presets import Levels
from audiocoach.routine import Beats, Cue, Routine
from audiocoach.script import expand, load, parse
from audiocoach.speech import Speaker
from audiocoach.testing import ToneVoice
from audiocoach.timeline import Spacing, Timeline, schedule
from audiocoach.units import RATE, ms_to_frames
from audiocoach.voices import Speech

BARE = Spacing(lead_in=0, step_gap=1_000, chapter_gap=0, tail=0)


def routine(text: str) -> Routine:
    return expand(parse(text, "x.md"), {})


def placed(text: str, letter: int = 50) -> Timeline:
    return schedule(routine(text), lambda cue: letter * len(cue.spoken), {}, BARE)


def said(timeline: Timeline) -> list[tuple[int, str]]:
    return [(cue.start, cue.cue.text) for cue in timeline.cues]


def test_counting_up_on_the_beat() -> None:
    timeline = placed("Lift. [count 3 every 4s] Done.")
    assert said(timeline) == [
        (0, "Lift."),
        (550, "one"),
        (4_550, "two"),
        (8_550, "three"),
        (12_550, "Done."),
    ]
    assert timeline.notices == ()


def test_counting_down_every_second() -> None:
    timeline = placed("[count down 3]\n\nRest.")
    assert said(timeline) == [(0, "three"), (1_000, "two"), (2_000, "one"), (3_000, "Rest.")]


@pytest.mark.parametrize(
    ("mark", "words"),
    [
        ("[breathe 4-6 x2]", [(0, "in"), (4, "out"), (10, "in"), (14, "out")]),
        ("[breathe 4-7-8 x1]", [(0, "in"), (4, "Hold"), (11, "out")]),
        ("[breathe 4-4-4-4 x1]", [(0, "in"), (4, "Hold"), (8, "out"), (12, "Hold")]),
        ("[breathe 4-0-5.5-2]", [(0, "in"), (4, "out"), (9.5, "Hold")]),
    ],
)
def test_breathing(mark: str, words: list[tuple[float, str]]) -> None:
    found = [(start / 1000, text.split()[-1].strip(".")) for start, text in said(placed(mark))]
    assert found == words


def test_a_word_longer_than_its_beat_makes_it_grow_and_is_told() -> None:
    timeline = placed("# A\n\nGo. [count 3] Done.", letter=250)
    assert said(timeline)[1:] == [
        (1_050, "one"),
        (2_050, "two"),
        (3_050, "three"),
        (4_300, "Done."),
    ]
    (notice,) = timeline.notices
    assert (notice.place.line, notice.place.column) == (3, 5)
    assert "grow: by 250ms" in notice.message
    for before, after in zip(timeline.cues, timeline.cues[1:], strict=False):
        assert before.end <= after.start


def test_a_step_lasts_and_its_cues_wait_for_the_count() -> None:
    timeline = placed("Squeeze. [count 4 every 2s] [for 20s]\n- at 5s: Softly.\n")
    assert said(timeline)[-1] == (400 + 300 + 8_000 + 300, "Softly.")
    assert timeline.length == 20_000


def test_a_count_keeps_its_time_when_the_routine_is_fitted() -> None:
    of = routine("Go. [count 4 every 3s] [10s]\n\nBreathe. [breathe 4-6 x2] [6s]\n")

    def length(cue: Cue) -> int:
        return 50 * len(cue.spoken)

    natural = schedule(of, length, {}).length
    for percent in (90, 150):
        fitted = fit(of, length, {}, natural * percent // 100)
        timeline = schedule(fitted.routine, length, {}, fitted.spacing)
        assert timeline.length == natural * percent // 100
        starts = [cue.start for cue in timeline.cues if cue.cue.text in {"one", "two", "four"}]
        assert np.diff(starts).tolist() == [3_000, 6_000]


@pytest.mark.parametrize(
    ("language", "first", "breath"),
    [
        ("de-AT", "eins", "Einatmen."),
        ("es", "uno", "Inhala."),
        ("fr-CA", "un", "Inspirez."),
        ("en-GB", "one", "Breathe in."),
    ],
)
def test_the_words_come_in_the_language(language: str, first: str, breath: str) -> None:
    text = f"---\nlanguage: {language}\n---\nA. [count 2] [breathe 4-6]"
    assert [cue.text for cue in routine(text).cues()][1::2] == [first, breath]


def test_a_language_without_words_is_refused_where_they_are_needed() -> None:
    assert routine("---\nlanguage: it\n---\nRespira. [4s]")
    with pytest.raises(ScriptError) as caught:
        routine("---\nlanguage: it\n---\nRespira.\n[count 4]")
    assert str(caught.value).startswith(
        'x.md:5:1: error: there are no words for this in the language "it"; there are in de, en'
    )


def test_too_many_beats_are_refused() -> None:
    with pytest.raises(ScriptError, match="more than 200000 cues"):
        routine("::: repeat 1000\n[breathe 4-4-4-4 x1000]\n:::")


def test_beats_are_bounded_by_what_they_add_up_to() -> None:
    with pytest.raises(ScriptError, match="more than 24h together"):
        routine("[count 1000 every 2m]")


@pytest.mark.parametrize("silence_s", [0.0, 0.004, 0.2])
def test_every_clip_begins_to_sound_at_the_same_moment(silence_s: float) -> None:
    rate = 22_050
    time_s = np.arange(rate // 2) / rate
    words = (0.5 * np.sin(2 * np.pi * 440 * time_s)).astype(np.float32)
    silence = np.zeros(round(silence_s * rate), np.float32)
    clip = make_clip(Speech(np.concatenate([silence, words, silence]), rate))
    assert clip is not None
    assert onset_s(clip.samples.astype(float)) == pytest.approx(ONSET_S, abs=0.003)


def onset_s(samples: np.ndarray) -> float:
    return float(np.argmax(np.abs(samples) > np.abs(samples).max() / 100)) / RATE


def test_words_stand_on_the_beat_in_the_file(tmp_path: Path) -> None:
    source = tmp_path / "count.md"
    source.write_text("---\nambience: none\n---\nGo. [2s] [count 8 every 1.5s]", encoding="utf-8")
    speaker = Speaker(ToneVoice(), ClipCache(tmp_path / "cache"))
    done = render.export(load(source, {}), speaker, tmp_path / "count.wav")
    sound = np.abs(meters.decode(done.path)[:, 0])
    first = done.timeline.cues[1].start
    for number, cue in enumerate(done.timeline.cues[1:]):
        assert cue.start == first + 1_500 * number
        before = ms_to_frames(cue.start) - RATE // 5
        near = sound[before : before + RATE // 2]
        found = before + int(np.argmax(near > near.max() / 20))
        assert abs(found - ms_to_frames(cue.start)) <= 0.02 * RATE, cue.cue.text


def mix_of(text: str) -> tuple[Timeline, Mix]:
    timeline = placed(text, letter=10)

    def no_clip(cue: Cue) -> Clip:
        raise AssertionError(cue)

    return timeline, Mix(timeline, no_clip, {}, Levels(duck=0.0))


def gain_db(mix: Mix, time_ms: int) -> float:
    return float(20 * np.log10(np.asarray(mix.duck(ms_to_frames(time_ms), 1)).flat[0]))


def test_the_bed_swells_with_the_breath() -> None:
    timeline, mix = mix_of("Now. [20s] [breathe 4-2-6-1 x2 swell] [20s] End.")
    start = timeline.breaths[0].start
    swell = Levels().swell
    expected = {
        start - 5_000: 0.0,
        start: swell,
        start + 2_000: swell / 2,
        start + 4_000: 0.0,
        start + 6_000: 0.0,
        start + 9_000: swell / 2,
        start + 12_000: swell,
        start + 13_000: swell,
        start + 17_000: 0.0,
        start + 26_000: swell,
        start + 31_000: 0.0,
    }
    for time, level in expected.items():
        assert gain_db(mix, time) == pytest.approx(level, abs=0.05), time - start


def test_the_swell_is_smooth_and_the_same_in_any_block() -> None:
    timeline, mix = mix_of("Now. [2s] [breathe 3-3 x2 swell] [1s] [breathe 2-2 swell] [5s] End.")
    total = ms_to_frames(timeline.length)
    whole = np.asarray(mix.duck(0, total)).ravel()
    assert np.abs(np.diff(whole)).max() < 1e-4
    assert whole.max() <= 1.0
    parts = [np.broadcast_to(np.ravel(mix.duck(at, 4_410)), 4_410) for at in range(0, total, 4_410)]
    assert np.allclose(np.concatenate(parts)[:total], whole, atol=1e-6)
    coarse = mix.duck_at(np.arange(0, total, 441))
    assert np.allclose(coarse, whole[::441], atol=1e-5)


def test_without_swell_the_bed_stays() -> None:
    timeline, mix = mix_of("Now. [2s] [breathe 3-3 x2] [5s] End.")
    assert timeline.breaths == ()
    assert np.ptp(np.asarray(mix.duck(0, ms_to_frames(timeline.length)))) == 0


def test_beats_know_how_long_they_are() -> None:
    (part,) = routine("[count 8 every 4s]").parts()
    assert isinstance(part, Beats)
    assert part.length == 32_000
