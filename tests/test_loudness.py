from __future__ import annotations

import meters
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from audiocoach.limiter import LATENCY, Limiter, limit
from audiocoach.loudness import (
    SILENCE,
    hop_energies,
    integrated_loudness,
    k_weighting,
    loudness_range,
    step_energies,
    true_peak,
)
from audiocoach.units import RATE


def tone(hertz: float, seconds: float, level: float) -> NDArray[np.float32]:
    """A sine of peak ``level`` dBFS on both channels."""
    at = np.arange(round(seconds * RATE)) / RATE
    wave = 10 ** (level / 20) * np.sin(2 * np.pi * hertz * at)
    return np.stack([wave, wave], axis=1).astype(np.float32)


def noise(seconds: float, level: float, seed: int = 1) -> NDArray[np.float32]:
    wave = np.random.default_rng(seed).standard_normal((round(seconds * RATE), 2))
    return (wave * 10 ** (level / 20)).astype(np.float32)


def test_the_weighting_is_that_of_the_standard() -> None:
    """BS.1770-4, Annex 1, tables 1 and 2 (48 kHz)."""
    shelf, highpass = k_weighting(48_000)
    assert shelf[0] == pytest.approx(
        (1.53512485958697, -2.69169618940638, 1.19839281085285), abs=1e-8
    )
    assert shelf[1] == pytest.approx((1, -1.69065929318241, 0.73248077421585), abs=1e-8)
    assert highpass[1] == pytest.approx((1, -1.99004745483398, 0.99007225036621), abs=1e-8)


def test_the_tone_of_the_standard_reads_what_it_must() -> None:
    """EBU Tech 3341, case 1: 1 kHz at -23 dBFS on both channels reads -23 LUFS."""
    assert integrated_loudness(tone(1_000, 20, -23)) == pytest.approx(-23.0, abs=0.05)


def test_gates_leave_out_pauses_as_the_standard_asks() -> None:
    """EBU Tech 3341, case 3: -36, -23, -36 dBFS reads -23 LUFS."""
    sound = np.concatenate([tone(1_000, 10, -36), tone(1_000, 60, -23), tone(1_000, 10, -36)])
    assert integrated_loudness(sound) == pytest.approx(-23.0, abs=0.1)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_loudness_and_peak_agree_with_another_meter(seed: int) -> None:
    parts = [noise(2, level, seed) for level in (-20, -50, -26)]
    beep = tone(5_000, 1.5, -6)
    beep *= np.hanning(len(beep)).astype(np.float32)[:, None]  # an abrupt end rings in any meter
    sound = np.concatenate([*parts, beep, np.zeros((RATE, 2), np.float32)])
    other = meters.measure(sound)
    assert integrated_loudness(sound) == pytest.approx(other.integrated, abs=0.1)
    assert true_peak(sound) == pytest.approx(other.true_peak, abs=0.1)


def test_a_peak_between_samples_is_seen() -> None:
    """BS.1770-4, Annex 2: a sine at a quarter of the rate, sampled beside its peaks."""
    at = np.arange(RATE)
    wave = np.sin(np.pi / 2 * at + np.pi / 4).astype(np.float32)
    assert 20 * np.log10(np.abs(wave).max()) == pytest.approx(-3.01, abs=0.01)
    assert true_peak(wave[2_000:-2_000, None]) == pytest.approx(0.0, abs=0.4)


def test_a_long_sound_has_the_peak_of_its_loudest_part() -> None:
    """Measured in pieces, whose edges must not ring."""
    sound = tone(430, 4, -3)
    assert true_peak(sound) == pytest.approx(-3.0, abs=0.05)


def test_silence_has_no_loudness() -> None:
    silence = np.zeros((RATE, 2), np.float32)
    assert integrated_loudness(silence) == SILENCE
    assert true_peak(silence) == SILENCE
    assert integrated_loudness(silence[:0]) == SILENCE


def range_of(sound: NDArray[np.float32]) -> float:
    return loudness_range(step_energies(hop_energies(sound)))


@pytest.mark.parametrize(
    ("levels", "wanted"),
    [((-20, -30), 10), ((-20, -15), 5), ((-40, -20), 20), ((-50, -35, -20, -35, -50), 15)],
)
def test_the_range_is_that_of_the_standard(levels: tuple[int, ...], wanted: int) -> None:
    """EBU Tech 3342, table 1: 1 kHz at levels of 20 s each, within 1 LU."""
    sound = np.concatenate([tone(1_000, 20, level) for level in levels])
    assert range_of(sound) == pytest.approx(wanted, abs=1)
    assert range_of(sound) == pytest.approx(meters.measure(sound).range, abs=0.3)


def test_the_range_of_words_over_noise_agrees_with_another_meter() -> None:
    sound = noise(40, -48)
    for start in (3, 9, 14, 22, 31):
        sound[start * RATE :][: 2 * RATE] += noise(2, -20 - start / 5, start)
    assert range_of(sound) > 5
    assert range_of(sound) == pytest.approx(meters.measure(sound).range, abs=0.2)


def test_silence_has_no_range() -> None:
    assert range_of(np.zeros((5 * RATE, 2), np.float32)) == 0
    assert range_of(tone(1_000, 2, -20)) == 0


def test_a_loop_is_measured_as_it_is_heard() -> None:
    loop = noise(3, -25)
    heard = np.concatenate([loop] * 5)
    assert integrated_loudness(loop, circular=True) == pytest.approx(
        integrated_loudness(heard), abs=0.02
    )


@given(st.integers(0, 1_000), st.floats(-25, 6), st.floats(-12, -1))
@settings(max_examples=30, deadline=None)
def test_nothing_passes_the_ceiling(seed: int, level: float, ceiling: float) -> None:
    rng = np.random.default_rng(seed)
    sound = noise(0.4, level - 12, seed)
    sound[rng.integers(0, len(sound), 5)] *= 4
    limited = limit(sound, ceiling)
    assert limited.shape == sound.shape
    assert true_peak(limited) <= ceiling + 0.1


def test_what_is_under_the_ceiling_passes_untouched() -> None:
    sound = tone(300, 1, -6)
    np.testing.assert_array_equal(limit(sound, -3), sound)


@given(st.lists(st.integers(1, 400), min_size=1, max_size=30))
@settings(max_examples=20, deadline=None)
def test_the_stream_is_limited_as_the_whole_is(sixteens: list[int]) -> None:
    blocks = [16 * count for count in sixteens]
    sound = noise(sum(blocks) / RATE, -8)[: sum(blocks)]
    whole = limit(sound, -6)
    limiter = Limiter(-6)
    parts, at = [], 0
    for count in blocks:
        parts.append(limiter.push(sound[at : at + count]))
        at += count
    parts.append(limiter.push(np.zeros((LATENCY, 2), np.float32)))
    np.testing.assert_allclose(np.concatenate(parts)[LATENCY:], whole, atol=1e-6)


def test_limiting_does_not_click() -> None:
    """A pure tone that is limited for a while stays a tone: no energy far away from it."""
    sound = tone(440, 2, -9)
    sound[RATE // 2 : RATE] *= 2
    limited = limit(sound, -6)[RATE // 2 + 2_000 : RATE - 2_000, 0]
    spectrum = np.abs(np.fft.rfft(limited * np.hanning(len(limited))))
    hertz = np.fft.rfftfreq(len(limited), 1 / RATE)
    assert 20 * np.log10(spectrum[hertz > 2_000].max() / spectrum.max()) < -90
