"""The ears of the tests themselves."""

from __future__ import annotations

import numpy as np
import pytest
from listening import heard, heard_in_parts, longest_gap
from numpy.typing import NDArray

from audiocoach.clips import Clip
from audiocoach.units import RATE


def words(seed: int, seconds: float = 2.0) -> Clip:
    noise = np.random.default_rng(seed).uniform(-9_000, 9_000, round(seconds * RATE))
    return Clip(noise.astype(np.int16), np.zeros(1, np.float32))


CLIPS = {"one": words(1), "two": words(2)}


def sound(*parts: NDArray[np.floating] | float) -> NDArray[np.float64]:
    """Parts and, as numbers, seconds of silence."""
    whole = (np.zeros(round(each * RATE)) if isinstance(each, float) else each for each in parts)
    return np.concatenate(list(whole))


def torn(text: str, at_s: float, gap_s: float) -> NDArray[np.float64]:
    samples, at = CLIPS[text].samples / 32767, round(at_s * RATE)
    return sound(samples[:at], gap_s, samples[at:])


@pytest.mark.parametrize("at_s", [0.1, 0.7, 1.0, 1.9])
def test_words_that_a_device_has_torn_in_two_are_heard(at_s: float) -> None:
    recording = sound(1.0, torn("one", at_s, 0.04), 1.0, CLIPS["two"].samples / 32767, 1.0)
    assert heard_in_parts(recording, CLIPS) == ["one", "two"]


@pytest.mark.parametrize("cut", [slice(0, RATE), slice(RATE, None), slice(RATE // 2, -RATE // 2)])
def test_half_of_the_words_are_not_heard(cut: slice) -> None:
    recording = sound(1.0, CLIPS["one"].samples[cut] / 32767, 3.0)
    assert heard(recording, CLIPS) == heard_in_parts(recording, CLIPS) == []


def test_halves_far_apart_are_no_words() -> None:
    assert heard_in_parts(sound(1.0, torn("one", 1.0, 2.0), 1.0), CLIPS) == []


def test_words_that_are_whole_are_heard_as_often_as_they_are() -> None:
    one = CLIPS["one"].samples / 32767
    assert heard_in_parts(sound(0.5, one, 0.1, one, 0.5), CLIPS) == ["one", "one"]


def test_a_gap_is_found_where_it_can_be_told() -> None:
    bed = np.full(RATE, 0.1)
    within = sound(bed, bed, 0.2, bed, bed, bed)
    at_the_ends = sound(bed[: RATE // 2], 0.2, bed, bed, bed, 0.2, bed)
    assert longest_gap(within) == pytest.approx(0.2, abs=0.001)
    assert longest_gap(at_the_ends) < 0.001
