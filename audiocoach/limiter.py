"""A look-ahead true-peak limiter that works in the stream.

It lowers the gain smoothly before a peak arrives and lets it rise slowly after, so
that nothing passes the ceiling and nothing is clipped. Where there is no such peak
the sound passes through it bit for bit.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from audiocoach.loudness import peak_envelope
from audiocoach.units import RATE, Db, Frames, db_to_gain

_GRID: Frames = 16
"""Gains are reckoned for each 0.36 ms and drawn as straight lines between."""
_REACH = 14
"""Grid points to either side over which a gain is smoothed: 5 ms."""
_RELEASE_S = 0.12
"""The time constant with which the gain rises again."""
_RISE = 1 - math.exp(-_GRID / RATE / _RELEASE_S)
_SUSPECT = 0.7
"""Samples below this part of the ceiling have no true peak over it (3 dB between samples)."""
_CONTEXT: Frames = 32
"""Frames beyond a block that its true peaks depend on; a multiple of the grid."""

LATENCY: Frames = (2 * _REACH + 1) * _GRID + _CONTEXT
"""Frames by which the limiter delays."""

REST: Frames = 2 * RATE
"""After so long without a peak its gain is 1 again, whatever it was: ``ln(1e6)`` time constants
and both its reaches are 1.7 s."""


def unlimited(ceiling: Db) -> float:
    """A sound whose samples are all below this, full scale at 1, passes a limiter bit for bit."""
    return _SUSPECT * db_to_gain(ceiling)


class Limiter:
    """Limits a stream of blocks of shape ``(n, channels)`` to a ceiling in dBTP.

    ``push`` returns as many frames as it was given, ``LATENCY`` frames late; the very
    first are silence. A block's length must be a multiple of 16 frames, except in the
    last push.
    """

    def __init__(self, ceiling: Db, channels: int = 2) -> None:
        self._ceiling = db_to_gain(ceiling)
        self._held = np.zeros((LATENCY, channels), dtype=np.float32)
        """Frames that are in but not out."""
        self._targets = np.ones(4 * _REACH + 3)
        """Wanted gains of the grid points around the frames that come out next."""
        self._released = np.ones(2 * _REACH + 1)
        """The last gains after release, before smoothing."""
        window = np.hanning(2 * _REACH + 3)[1:-1]
        self._window = window / window.sum()
        self._last = 1.0
        """The gain at the last grid point that came out."""

    def push(self, block: NDArray[np.float32]) -> NDArray[np.float32]:
        """Take the next frames, return the frames ``LATENCY`` earlier."""
        count = len(block)
        frames = np.concatenate([self._held, block])
        self._held = frames[count:]
        out = frames[:count]
        points = -(-count // _GRID)
        targets = self._wanted(frames, points)
        self._targets, reached = targets[points:], targets
        if self._last == 1.0 and float(reached.min()) == 1.0 and float(self._released.min()) == 1.0:
            return out
        gains = self._gains(reached, points)
        lines = np.concatenate([[self._last], gains])
        self._last = float(gains[-1]) if gains[-1] < 1 - 1e-9 else 1.0
        steps = np.arange(1, _GRID + 1) / _GRID
        curve = (lines[:-1, None] + np.diff(lines)[:, None] * steps).ravel()[:count]
        gain = curve.astype(np.float32)
        limited = np.empty_like(out)
        for channel in range(out.shape[1]):  # numpy would take six times as long over pairs
            np.multiply(out[:, channel], gain, out=limited[:, channel])
        return limited

    def _wanted(self, frames: NDArray[np.float32], points: int) -> NDArray[np.float64]:
        """The kept targets and those of the ``points`` new grid points."""
        start = len(frames) - points * _GRID - 2 * _CONTEXT
        fresh = frames[max(0, start) :]
        new = np.ones(points)
        suspect = _SUSPECT * self._ceiling
        if max(float(fresh.max(initial=0.0)), -float(fresh.min(initial=0.0))) > suspect:
            peaks = peak_envelope(fresh, _GRID, above=suspect)
            skipped = _CONTEXT // _GRID
            peaks = peaks[skipped : skipped + points]
            new[: len(peaks)] = self._ceiling / np.maximum(peaks, self._ceiling)
        return np.concatenate([self._targets, new])

    def _gains(self, targets: NDArray[np.float64], points: int) -> NDArray[np.float64]:
        """Smoothed gains of the next ``points`` grid points that come out."""
        width = 2 * _REACH + 3
        views = np.lib.stride_tricks.sliding_window_view(targets, width)
        lowest = views.min(axis=1)[-points:]
        released = np.empty(points)
        gain = float(self._released[-1])
        for at, low in enumerate(lowest.tolist()):
            gain = min(low, gain + (1 - gain) * _RISE)
            if gain > 1 - 1e-6:
                gain = 1.0
            released[at] = gain
        line = np.concatenate([self._released, released])
        self._released = line[points:]
        return np.convolve(line, self._window, mode="valid")[-points:]


def limit(samples: NDArray[np.float32], ceiling: Db) -> NDArray[np.float32]:
    """Limit a whole sound of shape ``(n, channels)``; the result has the same shape."""
    limiter = Limiter(ceiling, samples.shape[1])
    padding = np.zeros((-len(samples) % _GRID + LATENCY, samples.shape[1]), dtype=np.float32)
    out = limiter.push(np.concatenate([samples, padding]))
    return out[LATENCY : LATENCY + len(samples)]
