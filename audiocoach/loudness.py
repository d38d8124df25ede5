"""Loudness and true peak after ITU-R BS.1770-4.

K weighting is done in the frequency domain: it is exact, needs no recursion, and
with ``circular=True`` it measures an endless loop as it is heard. Sound is an array
of shape ``(n, channels)``, full scale at +/- 1.0, at ``RATE``; a channel counts with
weight 1 (left, right). Levels are LUFS, peaks dBTP.

Everything integrated is reckoned from the K-weighted energy of each *hop* of 10 ms.
Energies of sounds that do not resemble each other add up, so the loudness of a mix
follows from those of its parts without ever mixing them.
"""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from audiocoach.units import RATE, Db, Frames

HOP: Frames = RATE // 100
"""Frames in a hop: 10 ms."""

SILENCE: Db = -70.0
"""The absolute gate (BS.1770-4, Annex 1, section 5.6), and what silence measures as."""

_OFFSET: Db = -0.691
"""BS.1770-4, Annex 1, equation 2: undoes the K weighting's gain at 997 Hz."""
_RELATIVE_GATE: Db = -10.0
"""BS.1770-4, Annex 1, section 5.6."""
_BLOCK_STEPS = 4
"""A gating block lasts 400 ms and overlaps by 75 % (section 5.6): it advances by a step."""
_SHORT_STEPS = 30
"""Short-term loudness is that of 3 s (EBU Tech 3341, section 2.2)."""
_RANGE_GATE: Db = -20.0
"""EBU Tech 3342, section 3."""
STEP: Frames = RATE // 10
"""Frames in a step: 100 ms."""
_TAIL: Frames = RATE // 4
"""The weighting's response has died away after this."""

# The two biquads of BS.1770-4, Annex 1, tables 1 and 2, given there for 48 kHz, as the
# analogue prototypes that yield them (B. De Man, "Evaluation of Implementations of the
# EBU R128 Loudness Measurement", AES 145, 2018, section 2), so that they hold for any rate.
_SHELF_HZ, _SHELF_DB, _SHELF_Q = 1681.974450955533, 3.999843853973347, 0.7071752369554196
_HIGHPASS_HZ, _HIGHPASS_Q = 38.13547087602444, 0.5003270373238773

Biquad = tuple[tuple[float, float, float], tuple[float, float, float]]


def k_weighting(rate: int) -> tuple[Biquad, Biquad]:
    """The shelf and the high-pass as ``((b0, b1, b2), (1, a1, a2))`` at ``rate``."""
    k = math.tan(math.pi * _SHELF_HZ / rate)
    vh = 10 ** (_SHELF_DB / 20)
    vb = vh**0.4996667741545416
    a0 = 1 + k / _SHELF_Q + k * k
    shelf: Biquad = (
        (
            (vh + vb * k / _SHELF_Q + k * k) / a0,
            2 * (k * k - vh) / a0,
            (vh - vb * k / _SHELF_Q + k * k) / a0,
        ),
        (1.0, 2 * (k * k - 1) / a0, (1 - k / _SHELF_Q + k * k) / a0),
    )
    k = math.tan(math.pi * _HIGHPASS_HZ / rate)
    a0 = 1 + k / _HIGHPASS_Q + k * k
    highpass: Biquad = (
        (1.0, -2.0, 1.0),
        (1.0, 2 * (k * k - 1) / a0, (1 - k / _HIGHPASS_Q + k * k) / a0),
    )
    return shelf, highpass


@lru_cache(maxsize=8)
def _response(size: int) -> NDArray[np.complex128]:
    """The K weighting at the bins of a real transform of ``size`` points."""
    z1 = np.exp(-2j * np.pi * np.arange(size // 2 + 1) / size)
    response = np.ones(size // 2 + 1, dtype=np.complex128)
    for b, a in k_weighting(RATE):
        response *= (b[0] + (b[1] + b[2] * z1) * z1) / (a[0] + (a[1] + a[2] * z1) * z1)
    return response


def fast_size(count: int) -> int:
    """The smallest ``2^a * {1, 3, 5}`` that is at least ``count``: quick to transform."""
    return min(m << max(0, math.ceil(math.log2(count / m))) for m in (1, 3, 5))


def hop_energies(samples: NDArray[np.float32], *, circular: bool = False) -> NDArray[np.float64]:
    """K-weighted energy of each hop: the sum of squares over its frames and channels.

    ``samples`` has shape ``(n, channels)``; the result has ``ceil(n / HOP)`` values, the
    last hop filled up with silence. ``circular``: the sound is a loop.
    """
    count = len(samples)
    if count == 0:
        return np.zeros(0)
    size = count if circular else fast_size(count + _TAIL)
    hops = -(-count // HOP)
    energies = np.zeros(hops)
    for channel in range(samples.shape[1]):
        spectrum = np.fft.rfft(samples[:, channel], size)
        weighted = np.fft.irfft(spectrum * _response(size), size)[:count]
        squares = np.zeros(hops * HOP)
        squares[:count] = weighted * weighted
        energies += squares.reshape(hops, HOP).sum(axis=1)
    return energies


def step_energies(hops: NDArray[np.float64]) -> NDArray[np.float64]:
    """Hop energies summed to steps of 100 ms, the last filled up with silence."""
    per_step = STEP // HOP
    return np.asarray(np.pad(hops, (0, -len(hops) % per_step)).reshape(-1, per_step).sum(axis=1))


def gated_loudness(steps: NDArray[np.float64]) -> Db:
    """Integrated loudness in LUFS of a sound that is given by its step energies.

    Gated in blocks of 400 ms that overlap by 75 % (BS.1770-4, Annex 1, equations 3 to 7).
    A sound shorter than a block counts as one block filled up with silence. Silence gives
    ``SILENCE``.
    """
    power = _gated(np.pad(steps, (0, max(0, _BLOCK_STEPS - len(steps)))), _BLOCK_STEPS)
    if len(power) == 0:
        return SILENCE
    loud = power[power > power.mean() * 10 ** (_RELATIVE_GATE / 10)]
    return _loudness(float(loud.mean()))


def loudness_range(steps: NDArray[np.float64]) -> Db:
    """Loudness range in LU of a sound that is given by its step energies.

    From the 10th to the 95th of 100 parts of the loudness of 3 s, every 100 ms, of what is
    less than 20 LU under the mean (EBU Tech 3342, section 3). 0 for silence and for sound
    shorter than 3 s.
    """
    power = _gated(steps, _SHORT_STEPS)
    if len(power) == 0:
        return 0.0
    heard = power[power >= power.mean() * 10 ** (_RANGE_GATE / 10)]
    low, high = np.interp([0.10, 0.95], np.linspace(0, 1, len(heard)), np.sort(heard))
    return float(10 * math.log10(high / low))


def loudest_short(steps: NDArray[np.float64], frames: Frames) -> Db:
    """The loudness in LUFS of the loudest 3 s of a sound of ``frames``; of all, if it is shorter.

    The maximum of the short-term loudness (EBU Tech 3341, section 2.2), every 100 ms.
    """
    width = min(_SHORT_STEPS, len(steps))
    total = np.concatenate([[0.0], np.cumsum(steps)])
    energy = float((total[width:] - total[: len(total) - width]).max())
    power = energy / max(1, min(width * STEP, frames))
    return max(SILENCE, _loudness(power)) if power > 0 else SILENCE


def _gated(steps: NDArray[np.float64], width: int) -> NDArray[np.float64]:
    """The mean power of ``width`` steps at a time, every step, where it passes ``SILENCE``."""
    total = np.concatenate([[0.0], np.cumsum(steps)])
    power = (total[width:] - total[:-width]) / (width * STEP)
    return np.asarray(power[power > mean_power(SILENCE)])


def mean_loudness(energy: float, steps: int) -> Db:
    """Loudness in LUFS of an energy that is spread over some steps, without any gate."""
    power = energy / (steps * STEP)
    return max(SILENCE, _loudness(power)) if power > 0 else SILENCE


def mean_power(loudness: Db) -> float:
    """The K-weighted power of both channels together that has a loudness in LUFS."""
    return float(10 ** ((loudness - _OFFSET) / 10))


def integrated_loudness(samples: NDArray[np.float32], *, circular: bool = False) -> Db:
    """Integrated loudness in LUFS of sound of shape ``(n, channels)``; whole in memory."""
    steps = step_energies(hop_energies(samples, circular=circular))
    if circular:
        steps = np.concatenate([steps, steps[: _BLOCK_STEPS - 1]])
    return gated_loudness(steps)


def loudest_moment(samples: NDArray[np.float32]) -> Db:
    """The loudness in LUFS of the loudest 400 ms of sound of shape ``(n, channels)``.

    The maximum of the momentary loudness (EBU Tech 3341, section 2.2), every 100 ms.
    """
    steps = np.pad(step_energies(hop_energies(samples)), (0, _BLOCK_STEPS - 1))
    moments = (gated_loudness(steps[at:][:_BLOCK_STEPS]) for at in range(len(steps)))
    return max(moments, default=SILENCE)


def _loudness(power: float) -> Db:
    return _OFFSET + 10 * math.log10(power)


_TAPS = 24


@lru_cache(maxsize=1)
def _interpolator() -> NDArray[np.float64]:
    """Three filters that read a signal 1/4, 2/4 and 3/4 of a sample later; shape ``(3, taps)``.

    A Kaiser-windowed sinc: flat within 0.05 dB to 0.45 of the rate, which BS.1770-4,
    Annex 2, leaves to the maker (it prescribes four times oversampling at least).
    """
    half = _TAPS // 2
    at = np.arange(-half + 1, half + 1)[None, :] - np.array([0.25, 0.5, 0.75])[:, None]
    window = np.i0(6.0 * np.sqrt(np.clip(1 - (at / half) ** 2, 0, 1))) / np.i0(6.0)
    filters = np.sinc(at) * window
    return np.asarray(filters / filters.sum(axis=1, keepdims=True))


def peak_envelope(
    samples: NDArray[np.float32], hop: Frames, *, above: float = 0.0
) -> NDArray[np.float64]:
    """The true peak around each ``hop`` frames, linear; ``ceil(n / hop)`` values.

    ``samples`` has shape ``(n, channels)``; the highest channel counts (BS.1770-4, Annex 2).
    Where no sample reaches ``above``, the sample peak is taken for the true peak.
    """
    count = len(samples)
    hops = -(-count // hop)
    peaks = np.zeros(hops * hop)
    for channel in range(samples.shape[1]):
        np.maximum(peaks[:count], np.abs(samples[:, channel]), out=peaks[:count])
    for start, end in _loud_parts(peaks, above):
        for channel in range(samples.shape[1]):
            around = samples[max(0, start - _TAPS) : end + _TAPS, channel]
            skipped = start - max(0, start - _TAPS)
            for taps in _interpolator():
                between = np.convolve(around, taps[::-1], mode="full")
                middle = np.abs(between[_TAPS // 2 + skipped :][: min(end, count) - start])
                part = peaks[start : start + len(middle)]
                np.maximum(part, middle, out=part)
    return np.asarray(peaks.reshape(hops, hop).max(axis=1)) if hops else np.zeros(0)


def _loud_parts(peaks: NDArray[np.float64], above: float) -> list[tuple[Frames, Frames]]:
    """Stretches of whole cells in which a sample reaches ``above``, each with both neighbours."""
    cell = 256
    cells = np.pad(peaks, (0, -len(peaks) % cell)).reshape(-1, cell).max(axis=1, initial=0.0)
    loud = np.convolve(cells >= above, np.ones(3), mode="same") > 0 if len(cells) else cells > 0
    edges = np.flatnonzero(np.diff(np.concatenate([[0], loud.astype(int), [0]])))
    return [(int(a) * cell, int(b) * cell) for a, b in edges.reshape(-1, 2)]


def true_peak(samples: NDArray[np.float32]) -> Db:
    """The true peak in dBTP of sound of shape ``(n, channels)``; silence gives ``SILENCE``."""
    context, piece = 64, RATE // 64 * 64
    highest = 0.0
    for at in range(0, len(samples), piece):
        before = min(at, context)
        peaks = peak_envelope(samples[at - before : at + piece + context], 64)
        own = peaks[before // 64 :][: piece // 64]
        highest = max(highest, float(own.max(initial=0.0)))
    return max(SILENCE, 20 * math.log10(highest)) if highest > 0 else SILENCE
