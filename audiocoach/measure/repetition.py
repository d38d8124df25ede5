"""Whether the bed goes round in a loop so short that the ear finds out.

Listeners without training hear that noise repeats itself up to a period of 20 s (C. Kaernbach,
"The memory of noise", Experimental Psychology 51, 2004). What is compared is the level of some
bands every 50 ms, without its slow course, in which the ducks lie, and without the words.
"""

from __future__ import annotations

from array import array
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from audiocoach.loudness import STEP
from audiocoach.units import RATE, Db, Frames, Ms

STEP_MS: Ms = 50
"""From one level to the next."""
_HALF: Frames = STEP // 2
_EDGES_HZ = (120, 250, 400, 630, 1_000, 1_600, 2_500, 4_000, 6_300, 10_000)
"""Between them lie the bands."""
_COURSE = 61
"""Steps over which a level's slow course is taken from it."""
_FLOOR: Db = -100.0
_SHORTEST = 10
"""Steps, half a second; what comes again sooner is a rhythm, not a loop."""
_PAIRS = 100
"""Steps, 5 s of them, that must be heard twice at least for anything to be said."""
_LIKE = 0.35
"""From this correlation on, the same is heard again."""
_SPREAD = 0.25
"""Decibels that the levels must move by, or there is nothing to recognise."""


@dataclass(frozen=True, slots=True)
class Repetition:
    """The bed, found again."""

    period_ms: Ms
    strength: float
    """The correlation of the levels one period apart: 1 is a loop alone, less where layers of
    other lengths lie over it."""


class RepetitionMeter:
    """Takes blocks of ``stream.BLOCK`` frames, the last may be shorter."""

    def __init__(self) -> None:
        self._levels = array("f")
        self._past = np.zeros(_HALF, np.float32)
        self._window = np.hanning(STEP).astype(np.float32)
        bins = np.array(_EDGES_HZ) * STEP // RATE
        self._starts, self._end = bins[:-1], int(bins[-1])

    def push(self, block: NDArray[np.float32]) -> None:
        """Take the next frames, shape ``(n, 2)``."""
        halves = np.concatenate([self._past, (block[:, 0] + block[:, 1]) * np.float32(0.5)])
        halves = halves[: len(halves) // _HALF * _HALF].reshape(-1, _HALF)
        self._past = halves[-1]
        middle = np.concatenate([halves[:-1], halves[1:]], axis=1)
        powers = np.square(np.abs(np.fft.rfft(middle * self._window, axis=1)))[:, : self._end]
        bands = np.add.reduceat(powers, self._starts, axis=1) / STEP**2
        levels = 10 * np.log10(np.maximum(bands, 10 ** (_FLOOR / 10)))
        self._levels.frombytes(levels.astype(np.float32).tobytes())

    def find(self, heard: NDArray[np.bool_] | None = None) -> Repetition | None:
        """The shortest period after which the bed comes again; ``None`` where it does not.

        ``heard`` tells for each 50 ms whether only the bed is heard.
        """
        levels = np.asarray(self._levels, dtype=np.float64).reshape(-1, len(self._starts))
        mask = np.ones(len(levels))
        if heard is not None:
            mask *= np.resize(heard, len(levels))
            mask[1:] *= mask[:-1]  # a level is taken from the 50 ms before too
        if len(levels) < 2 * _PAIRS or mask.sum() < _PAIRS:
            return None
        likeness = _likeness(_moves(levels, mask), mask)
        return _first_peak(likeness)


def _moves(levels: NDArray[np.float64], mask: NDArray[np.float64]) -> NDArray[np.float64]:
    """How the levels move against each other, without their slow course; 0 where masked.

    Bands that stand still are left out.
    """
    weights = np.maximum(_smooth(mask), 1e-9)
    course = np.stack([_smooth(band * mask) for band in levels.T], axis=1) / weights[:, None]
    moves = np.clip(levels - course, -12, 12)
    moves = (moves - moves.mean(axis=1, keepdims=True)) * mask[:, None]  # a duck moves all alike
    spread = np.sqrt(np.square(moves).sum(axis=0) / mask.sum())
    scaled = moves / np.maximum(spread, 1e-9)
    return np.asarray(scaled[:, spread > _SPREAD])


def _smooth(values: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.convolve(values, np.ones(_COURSE) / _COURSE, mode="same")


def _likeness(moves: NDArray[np.float64], mask: NDArray[np.float64]) -> NDArray[np.float64]:
    """The correlation of the sound with itself at each lag, in steps; 0 where too little is."""
    count = len(mask)
    size = 1 << (2 * count - 1).bit_length()

    def correlated(a: NDArray[np.float64], b: NDArray[np.float64]) -> NDArray[np.float64]:
        product = np.conj(np.fft.rfft(a, size)) * np.fft.rfft(b, size)
        return np.asarray(np.fft.irfft(product, size)[:count])

    pairs = correlated(mask, mask)
    total = np.zeros(count)
    bands = moves.shape[1]
    for band in moves.T:
        power = band * band
        norm = np.sqrt(np.maximum(correlated(power, mask) * correlated(mask, power), 1e-9))
        total += correlated(band, band) / norm / max(1, bands)
    total[pairs < _PAIRS] = 0
    total[:_SHORTEST] = 0
    return total


def _first_peak(likeness: NDArray[np.float64]) -> Repetition | None:
    """The shortest lag that is nearly as good as the best."""
    best = float(likeness.max(initial=0.0))
    if best < _LIKE:
        return None
    lag = int(np.flatnonzero(likeness > max(_LIKE, 0.5 * best))[0])
    lag += int(likeness[lag : lag + _SHORTEST].argmax())
    return Repetition(lag * STEP_MS, round(float(likeness[lag]), 2))
