"""What is measured of a bed: a loop of shape ``(n, 2)``, as it is heard again and again."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from waves import Sound

from audiocoach.loudness import HOP, integrated_loudness, k_weighting
from audiocoach.units import RATE

Values = NDArray[np.float64]

THIRDS_HZ = (
    160,
    200,
    250,
    315,
    400,
    500,
    630,
    800,
    1000,
    1250,
    1600,
    2000,
    2500,
    3150,
    4000,
    5000,
    6300,
    8000,
)
PHONE_HZ = 400.0
"""Under this a phone's loudspeaker gives next to nothing."""
SPEECH_DB = (
    32.41,
    34.48,
    34.75,
    33.98,
    34.59,
    34.27,
    32.06,
    28.30,
    25.01,
    23.00,
    20.15,
    17.32,
    13.18,
    11.55,
    9.33,
    5.31,
    2.59,
    1.13,
)
"""The spectrum of speech in each third octave, dB in 1 Hz (ANSI S3.5-1997, table 3, normal)."""


def k_power(hertz: Values) -> Values:
    """The power gain of the K weighting at ``hertz``."""
    z1 = np.exp(-2j * np.pi * hertz / RATE)
    gain = np.ones(len(hertz))
    for b, a in k_weighting(RATE):
        gain *= np.abs((b[0] + b[1] * z1 + b[2] * z1**2) / (a[0] + a[1] * z1 + a[2] * z1**2)) ** 2
    return gain


def powers(loop: Sound) -> tuple[Values, Values]:
    """``(hertz, power)`` of every line of the loop, both channels together."""
    power = np.zeros(len(loop) // 2 + 1, dtype=np.float64)
    for channel in loop.T:
        power += np.abs(np.fft.rfft(channel)) ** 2
    return np.arange(len(power), dtype=np.float64) * (RATE / len(loop)), power


def thirds(hertz: Values, power: Values) -> Values:
    """The power in each third octave (IEC 61260-1, base 2 band edges)."""
    edges = np.array(THIRDS_HZ) * 2 ** (-1 / 6), np.array(THIRDS_HZ) * 2 ** (1 / 6)
    total = np.concatenate([[0.0], np.cumsum(power)])
    low, high = (np.searchsorted(hertz, edge) for edge in edges)
    return np.asarray(total[high] - total[low])


@dataclass(frozen=True)
class Spectrum:
    """What is asked of all lines of a loop."""

    thirds: Values
    """The power in each third octave."""
    weighted: float
    """The K-weighted power of all."""
    on_phone: float
    """What is left of that under a Butterworth high-pass of 4th order at 400 Hz."""


def spectrum(loop: Sound) -> Spectrum:
    """See ``Spectrum``; takes a second or two."""
    hertz, power = powers(loop)
    weighted = power * k_power(hertz)
    ratio = (np.maximum(hertz, 1e-9) / PHONE_HZ) ** 8
    return Spectrum(
        thirds(hertz, power),
        float(weighted.sum()),
        float(np.sum(weighted * ratio / (1 + ratio))),
    )


def speech_over(bed: Spectrum, ratio: float) -> dict[int, float]:
    """How many dB speech lies over the bed in each third octave from 1 to 4 kHz.

    Speech of the standard's long-term spectrum, ``ratio`` LU louder than the bed.
    """
    return _speech_over(bed.thirds / bed.weighted, ratio)


def _speech_over(bed: Values, ratio: float) -> dict[int, float]:
    """``bed`` is its power in each third octave, its K-weighted total being 1."""
    centres = np.array(THIRDS_HZ, dtype=np.float64)
    speech = 10 ** (np.array(SPEECH_DB) / 10) * centres * (2 ** (1 / 6) - 2 ** (-1 / 6))
    speech /= np.sum(speech * k_power(centres))
    over = ratio + 10 * np.log10(speech / np.maximum(bed, 1e-12))
    return {hz: float(db) for hz, db in zip(THIRDS_HZ, over, strict=True) if 1000 <= hz <= 4000}


def speech_over_moments(loop: Sound, bed: Spectrum, ratio: float, part: float) -> dict[int, float]:
    """The same where the bed is strong: what ``part`` per cent of moments of 93 ms stay over."""
    size = 4096
    lines = np.arange(size // 2 + 1, dtype=np.float64) * (RATE / size)
    window = np.hanning(size)
    found = []
    for start in range(0, len(loop) - size, size // 2):
        piece = np.abs(np.fft.rfft(loop[start : start + size] * window[:, None], axis=0)) ** 2
        found.append(thirds(lines, piece.sum(axis=1)))
    bands = np.array(found)
    bands *= bed.thirds / np.maximum(bands.mean(axis=0), 1e-30)
    strong = np.percentile(bands, part, axis=0)
    return _speech_over(strong / bed.weighted, ratio)


def phone_loss(bed: Spectrum) -> float:
    """LU that are lost under the high-pass."""
    return float(10 * np.log10(bed.weighted / bed.on_phone))


def mono_loss(loop: Sound, full: float) -> float:
    """LU that are lost where both channels are played as their mean; ``full`` is its loudness."""
    mono = np.repeat(loop.mean(axis=1, keepdims=True), 2, axis=1)
    return full - integrated_loudness(mono, circular=True)


@cache
def _filters(size: int, edges: tuple[float, ...]) -> NDArray[np.bool_]:
    lines = np.arange(size // 2 + 1) * (RATE / size)
    return np.array([(lines >= low) & (lines < high) for low, high in pairwise(edges)])


def band_levels(loop: Sound, hop: int, size: int, edges: tuple[float, ...]) -> Values:
    """The level in dB of each band at every hop of the loop; shape ``(hops, bands)``."""
    mono = loop.astype(np.float64).mean(axis=1)
    around = np.concatenate([mono[-size // 2 :], mono, mono[: size // 2]])
    window = np.hanning(size)
    masks = _filters(size, edges).T.astype(np.float64)
    out = []
    for start in range(0, len(loop) // hop, 2000):
        at = np.arange(start, min(start + 2000, len(loop) // hop)) * hop
        pieces = around[at[:, None] + np.arange(size)] * window
        out.append(np.abs(np.fft.rfft(pieces)) ** 2 @ masks)
    return np.asarray(10 * np.log10(np.concatenate(out) + 1e-14))


_EDGES = (90.0, 180.0, 355.0, 500.0, 710.0, 1000.0, 1400.0, 2800.0, 4400.0, 5600.0, 8000.0)
_SLOW_S = 20.0
_AT = 1764
"""25 looks a second."""


def _movement(loop: Sound) -> Values:
    """How each band moves, without what is slower than the ear compares."""
    levels = band_levels(loop, _AT, 4096, _EDGES)
    levels = np.maximum(levels, levels.max() - 60.0)
    spectrum = np.fft.rfft(levels, axis=0)
    spectrum[: 1 + int(len(levels) * _AT / RATE / _SLOW_S)] = 0
    moved = np.fft.irfft(spectrum, len(levels), axis=0)
    # A band that hardly moves is heard as noise: what is under 1 dB counts for less.
    return np.asarray(moved / np.maximum(moved.std(axis=0), 1.0))


def recurrence(loop: Sound) -> tuple[float, float]:
    """How alike the loop is to itself some time later, at most, and that time in seconds.

    The autocorrelation of how its bands move, from 2 s to half of the loop; 1 is a copy.
    """
    moved = _movement(loop)
    spectrum = np.abs(np.fft.rfft(moved, axis=0)) ** 2
    alike = np.fft.irfft(spectrum.sum(axis=1), len(moved))
    lags = np.arange(len(moved)) * _AT / RATE
    heard = (lags >= 2.0) & (np.arange(len(lags)) <= len(lags) // 2)
    best = int(np.argmax(np.where(heard, alike, -1e9)))
    return float(alike[best] / alike[0]), float(lags[best])


def twins(loop: Sound, seconds: float = 5.0) -> tuple[float, float, float]:
    """How alike the two most similar stretches of ``seconds`` are, and when they begin."""
    moved = _movement(loop)
    count = round(seconds * RATE / _AT)
    size = len(moved)
    energy = np.sum(moved**2, axis=1)
    ends = np.concatenate([[0.0], np.cumsum(np.concatenate([energy, energy[:count]]))])
    norm = np.sqrt(ends[count : count + size] - ends[:size])
    best = (0.0, 0.0, 0.0)
    spectrum = np.fft.rfft(moved, axis=0)
    for start in range(0, size, 25):
        piece = np.zeros_like(moved)
        piece[:count] = moved[(start + np.arange(count)) % size]
        product = np.fft.irfft(np.sum(spectrum * np.conj(np.fft.rfft(piece, axis=0)), axis=1), size)
        alike = product / (norm * norm[start])
        away = (np.arange(size) - start + size) % size
        alike[(away < 2 * 25) | (away > size - 2 * 25)] = 0
        at = int(np.argmax(alike))
        if alike[at] > best[0]:
            best = (float(alike[at]), start * _AT / RATE, at * _AT / RATE)
    return best


def flux(loop: Sound) -> Values:
    """How much the bands change, in dB, from the 23 ms before each 11.6 ms to those after."""
    levels = band_levels(loop, 512, 1024, _EDGES)
    levels = np.maximum(levels, levels.max() - 70.0)
    return np.asarray(np.abs(np.roll(levels, -1, axis=0) - np.roll(levels, 1, axis=0)).mean(axis=1))


def moments_over(hops: Values) -> Values:
    """Loudness of each 10 ms against the whole loop's, in LU; ``hops`` are its energies."""
    return np.asarray(10 * np.log10(np.maximum(hops, 1e-14) / hops.mean()))


def bends(loop: Sound) -> float:
    """How far the sharpest bend of the wave stands out from those within 100 ms around it."""
    worst = 0.0
    for channel in loop.T:
        wave = np.abs(np.diff(np.concatenate([channel, channel[:2]]).astype(np.float64), n=2))
        hops = wave[: len(wave) // HOP * HOP].reshape(-1, HOP)
        power = np.mean(hops**2, axis=1)
        usual = np.sqrt(
            np.convolve(
                np.concatenate([power[-10:], power, power[:10]]), np.ones(21) / 21, mode="valid"
            )
        )
        worst = max(worst, float((hops.max(axis=1) / usual).max()))
    return worst
