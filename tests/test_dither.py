from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from audiocoach.dither import to_16_bits
from audiocoach.segments import segment
from audiocoach.units import RATE


def tone(level: float, hertz: float = 441.0, seconds: float = 10.0) -> NDArray[np.float32]:
    """A sine of peak ``level`` steps of 16 bits."""
    wave = level / 32767 * np.sin(2 * np.pi * hertz * np.arange(round(seconds * RATE)) / RATE)
    return np.stack([wave, wave], axis=1).astype(np.float32)


@given(st.lists(st.integers(1, 90_000), min_size=1, max_size=6), st.integers(0, 10**10))
def test_the_same_sound_gives_the_same_numbers_in_whatever_blocks(
    sizes: list[int], start: int
) -> None:
    sound = tone(100, seconds=sum(sizes) / RATE)
    ends = list(itertools.accumulate(sizes))
    parts = [
        to_16_bits(sound[begin:end], 32767, start + begin)
        for begin, end in itertools.pairwise([0, *ends])
    ]
    np.testing.assert_array_equal(
        np.concatenate(parts), to_16_bits(sound[: ends[-1]], 32767, start)
    )


def test_the_error_is_a_noise_that_knows_nothing_of_the_sound() -> None:
    """Its power is 1/4 of a step squared, whatever lies under it: 1/12 of rounding, 2/12 added."""
    for level in (0.0, 0.3, 0.5, 1.7, 900.0):
        sound = tone(level)
        error = to_16_bits(sound, 32767, 7).astype(np.float64) - sound * 32767.0
        assert np.mean(error**2) == pytest.approx(0.25, rel=0.01)
        assert abs(np.mean(error)) < 0.005
        assert np.abs(error).max() <= 1.5 + 1e-3
        left, right = error.T
        assert abs(np.corrcoef(left, right)[0, 1]) < 0.01


def test_a_tone_under_one_step_is_heard_and_has_no_overtones() -> None:
    """Without dither it would be silence; with too little, a buzz."""
    sound = tone(0.4)
    assert not np.rint(sound * 32767).any()
    spectrum = np.abs(np.fft.rfft(to_16_bits(sound, 32767, 0)[:, 0])) / len(sound) * 2
    at = round(441 * len(sound) / RATE)
    assert spectrum[at] == pytest.approx(0.4, rel=0.05)
    overtones = [spectrum[at * number] for number in (2, 3, 4, 5, 7, 9)]
    assert max(overtones) < 0.02


def test_what_is_too_loud_is_clipped_and_never_wraps() -> None:
    loud = np.array([[2.0, -2.0], [1.0, -1.0]], np.float32)
    made = to_16_bits(loud, 32767, 0)
    assert made[0].tolist() == [32767, -32768]
    assert (np.abs(made[1].astype(int)) > 32_000).all()


def test_a_segment_is_dithered_where_it_stands() -> None:
    sound = tone(3, seconds=0.1)
    assert segment(sound, 32767, 5).raw_data == to_16_bits(sound, 32767, 5).tobytes()
    assert segment(sound, 32767, 5).raw_data != segment(sound, 32767, 6).raw_data
