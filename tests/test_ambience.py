"""Layers and turns: whatever is mixed and however it is read, it is one bed of one loudness."""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from waves import hiss, level, write_wav

from audiocoach.ambience import FADE, Ambience, open_ambience
from audiocoach.bed import Bed
from audiocoach.errors import NotFoundError, SoundError
from audiocoach.loudness import STEP, hop_energies, integrated_loudness, step_energies
from audiocoach.units import RATE

LENGTHS = (RATE, 3 * RATE // 2 + 7, 2 * RATE + 1)
"""Frames of the loops of these tests."""
LOOPS = [hiss(length / RATE, seed)[:length] for seed, length in enumerate(LENGTHS)]
BEDS = {
    "a": [(0, 0.0)],
    "b": [(1, 0.0)],
    "a+b": [(0, 0.0), (1, -6.0)],
    "all": [(2, 3.0), (0, 0.0), (1, -12.0)],
}


def noises(first: str = "a") -> Ambience:
    loops = [loop / np.float32(1 + index) for index, loop in enumerate(LOOPS)]
    sounds = [Bed(str(index), iter([loop])) for index, loop in enumerate(loops)]
    return Ambience(sounds, BEDS, first)


TURNS = st.lists(
    st.tuples(st.integers(0, 3 * FADE), st.sampled_from([*BEDS, "unknown"])), max_size=5
).map(sorted)


def turned(turns: list[tuple[int, str]]) -> Ambience:
    ambience = noises()
    for at, name in turns:
        ambience.turn(name, at)
    return ambience


@given(TURNS, st.lists(st.integers(1, FADE), min_size=1, max_size=5))
@settings(max_examples=20)
def test_it_sounds_the_same_however_it_is_read(
    turns: list[tuple[int, str]], sizes: list[int]
) -> None:
    whole = turned(turns).read(sum(sizes))
    parts = turned(turns)
    for start, end in itertools.pairwise([0, *itertools.accumulate(sizes)]):
        assert np.array_equal(parts.read(end - start), whole[start:end])
    alone = turned(turns)
    for start, end in reversed(list(itertools.pairwise([0, *itertools.accumulate(sizes)]))):
        alone.seek(start)
        assert np.array_equal(alone.read(end - start), whole[start:end])
        assert alone.position == end


@given(TURNS, st.lists(st.integers(1, FADE), min_size=1, max_size=5))
@settings(max_examples=15)
def test_a_turn_that_is_told_when_it_begins_is_one_that_was_known(
    turns: list[tuple[int, str]], sizes: list[int]
) -> None:
    known = turned(turns).read(sum(sizes))
    told = noises()
    left = list(turns)
    heard = []
    for size in sizes:
        end = told.position + size
        while left and left[0][0] < end:
            at, name = left.pop(0)
            heard.append(told.read(at - told.position))
            told.turn(name)
        heard.append(told.read(end - told.position))
    assert np.array_equal(np.concatenate(heard), known)


@given(TURNS)
@settings(max_examples=8)
def test_it_is_always_as_loud(turns: list[tuple[int, str]]) -> None:
    """Of noises that never end: in every half second, within what chance makes of them."""
    sound = turned(turns).read(4 * FADE)
    steps = step_energies(hop_energies(sound))[3:-3]
    windows = np.convolve(steps, np.ones(5), mode="valid")
    levels = 10 * np.log10(windows / windows.mean())
    assert np.abs(levels).max() < 0.6
    assert integrated_loudness(sound) == pytest.approx(-23.0, abs=0.15)


@given(TURNS)
@settings(max_examples=8)
def test_energies_are_those_of_what_is_read(turns: list[tuple[int, str]]) -> None:
    count = 4 * FADE // STEP
    ambience = turned(turns)
    found = ambience.step_energies(count)
    read = step_energies(hop_energies(ambience.read(count * STEP)))
    both = [np.convolve(one, np.ones(10), mode="valid")[::10] for one in (found, read)]
    assert np.abs(10 * np.log10(both[0] / both[1])).max() < 0.6
    assert 10 * np.log10(found.sum() / read.sum()) == pytest.approx(0, abs=0.1)


def loop_at(index: int, begin: int, count: int) -> NDArray[np.float32]:
    return LOOPS[index][np.arange(begin, begin + count) % LENGTHS[index]]


def gain_of(sound: NDArray[np.float32], part: NDArray[np.float32]) -> float:
    """How much of ``part`` is in ``sound``."""
    return float((sound * part).sum() / (part * part).sum())


def test_the_fade_between_two_beds_is_one_of_equal_power() -> None:
    ambience = noises("a")
    at = 10 * RATE
    ambience.turn("b", at)
    sound = ambience.read(at + FADE + RATE)
    full = gain_of(sound[: 5 * RATE], loop_at(0, 0, 5 * RATE))
    new = gain_of(sound[-RATE:], loop_at(1, FADE, RATE))
    for part in (0.25, 0.5, 0.75):
        begin = round(at + part * FADE) - RATE // 20
        stretch = sound[begin : begin + RATE // 10]
        old_gain = gain_of(stretch, loop_at(0, begin, len(stretch))) / full
        new_gain = gain_of(stretch, loop_at(1, begin - at, len(stretch))) / new
        assert old_gain == pytest.approx(np.cos(part * np.pi / 2), abs=0.05)
        assert new_gain == pytest.approx(np.sin(part * np.pi / 2), abs=0.05)
    ends = [at + FADE, at + FADE + RATE]
    assert abs(gain_of(sound[ends[0] : ends[1]], loop_at(0, ends[0], RATE))) < 0.05


def test_the_same_bed_goes_on_as_if_nothing_were() -> None:
    ambience = noises("a+b")
    ambience.turn("a+b", 3 * RATE)
    ambience.turn("unknown", 4 * RATE)
    assert np.array_equal(ambience.read(20 * RATE), noises("a+b").read(20 * RATE))


def test_a_sound_that_both_beds_have_only_changes_its_gain() -> None:
    """It does not swell in the middle, as two fades of one sound would."""
    ambience = noises("a")
    ambience.turn("a+b", RATE)
    sound = ambience.read(RATE + FADE + RATE)
    gains = [gain_of(sound[at : at + RATE], loop_at(0, at, RATE)) for at in range(0, FADE, RATE)]
    assert all(before >= after - 0.02 for before, after in itertools.pairwise(gains))


def test_a_sound_that_comes_back_goes_on_where_it_stopped() -> None:
    ambience = noises("a")
    ambience.turn("b", 10 * RATE)
    ambience.turn("a", 40 * RATE)
    heard = 10 * RATE + FADE
    ambience.seek(40 * RATE + FADE)
    later = ambience.read(RATE)
    full = gain_of(noises("a").read(RATE), loop_at(0, 0, RATE))
    assert gain_of(later, loop_at(0, heard + FADE, RATE)) == pytest.approx(full, rel=0.05)


def test_three_layers_of_the_bank_are_as_loud_as_one() -> None:
    for text in ("rain", "ocean + rain + drone", "rain -20dB + drone +6dB"):
        sound = open_ambience([text], None).read(90 * RATE)
        assert integrated_loudness(sound) == pytest.approx(-23.0, abs=0.4), text


def test_a_gain_is_relative_to_the_other_layers(tmp_path: Path) -> None:
    low, high = (write_wav(tmp_path / f"{hertz}.wav", tone_of(hertz)) for hertz in (441, 2205))
    sound = open_ambience([f'"{low}" + {high} -6dB'], None).read(8 * RATE)[2 * RATE :]
    spectrum = np.abs(np.fft.rfft(sound[: 2 * RATE, 0]))
    weights = [integrated_loudness(tone_of(hertz)) for hertz in (441, 2205)]
    found = 20 * np.log10(spectrum[2 * 2205] / spectrum[2 * 441])
    assert found == pytest.approx(-6.0 + weights[0] - weights[1], abs=0.2)


def tone_of(hertz: float) -> NDArray[np.float32]:
    one = 0.2 * np.sin(2 * np.pi * hertz * np.arange(20 * RATE) / RATE)
    return np.repeat(one[:, None], 2, axis=1).astype(np.float32)


def test_none_is_barely_there_among_others_too() -> None:
    ambience = open_ambience(["none", "rain"], None)
    assert level(ambience.read(RATE)) == pytest.approx(-70.0, abs=1.0)
    ambience.turn("rain")
    ambience.seek(RATE + FADE)
    assert level(ambience.read(30 * RATE)) > -35


def test_the_first_read_decodes_little() -> None:
    ambience = open_ambience(["ocean + rain -6dB", "drone"], None)
    ambience.read(RATE // 4)
    decoded = [sound._decoded for sound in ambience._sounds]
    assert all(0 < frames < RATE for frames in decoded[:2])
    assert decoded[2] == 0


@pytest.mark.parametrize(
    ("text", "kind", "message"),
    [
        ("ocean + raim", NotFoundError, 'no sound is called "raim"; did you mean "rain"?'),
        ("ocean + bell", NotFoundError, '"bell" sounds once; as a bed there is ocean'),
        ("ocean +", SoundError, 'ambience "ocean .": layer 2 has no name'),
        ("ocean + gone.wav", NotFoundError, 'no sound file "gone.wav"'),
        ("{0} + {0}x/../a.wav", SoundError, "is in it twice"),
    ],
)
def test_a_layer_that_is_none_is_told(
    tmp_path: Path, text: str, kind: type[Exception], message: str
) -> None:
    (tmp_path / "a.wavx").mkdir()
    write_wav(tmp_path / "a.wav", hiss(5))
    with pytest.raises(kind, match=message):
        open_ambience([text.format(tmp_path / "a.wav")], None)
