"""Clipping: tops that were cut off, where they still show and where an encoder rounded them.

Where samples are as they were cut, a top is a run of equal ones that the sound comes to at a
slope: the round top of a soft deep wave is flat for as long, and is come to ever more slowly. An
encoder makes waves of it,
but the voice is still near its highest far too often: a voice that was not cut is over 85 % of
its peak in one of fifteen of those moments in which it is over half of that; cut at half of
its height, in one of four.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from audiocoach.embedded import EmbeddedCue
from audiocoach.measure.stream import highest
from audiocoach.units import RATE, Frames, Ms, ms_to_frames

_FULL = 0.9999
_FULL_RUN: Frames = 3
_FLAT = 1e-4
_FLAT_FROM = 0.1
_FLAT_RUN: Frames = 12
_SLOPE = 10 * _FLAT
_STEADY = 0.6
"""As many samples that differ by less than ``_FLAT`` are a cut top where the sound comes to them
at a slope: where one of the two steps before is at least ``_SLOPE``, and so much of the fifth.
Voices that were not cut have tops as flat, which they come to by steps of up to 0.0008."""
_LONG_RUN: Frames = 96
"""So many are one however it comes to them: no wave over 20 Hz is flat for as long."""
_LOOK = _LONG_RUN + 6
"""Frames back that are looked at."""
_BINS = 640
_HIGHEST = 1.6
_RARE = 2_000
"""The peak is what is passed by one in so many samples."""
_NEAR, _HALF = 0.85, 0.425
_CROWDED = 0.13
_APART: Ms = 500
"""Cut tops closer than this are told once."""


@dataclass(frozen=True, slots=True)
class Clipped:
    """Where tops are cut off."""

    at_ms: Ms
    cue: str | None
    """The words, where it is a whole cue that is cut."""


class ClippingMeter:
    """Takes blocks of ``stream.BLOCK`` frames, the last may be shorter."""

    def __init__(self, cues: Iterable[EmbeddedCue] = ()) -> None:
        self._waiting = sorted(cues, key=lambda cue: cue.start_ms)
        self._sounding: list[tuple[EmbeddedCue, NDArray[np.int64]]] = []
        self._past = np.zeros((_LOOK, 2), np.float32)
        self._now: Frames = 0
        self._runs: list[Ms] = []
        self._cues: list[EmbeddedCue] = []

    def push(self, block: NDArray[np.float32]) -> None:
        """Take the next frames, shape ``(n, 2)``."""
        sound = np.concatenate([self._past, block])
        self._look_for_runs(sound)
        self._past = sound[-_LOOK:]
        end = self._now + len(block)
        while self._waiting and ms_to_frames(self._waiting[0].start_ms) < end:
            self._sounding.append((self._waiting.pop(0), np.zeros(_BINS, np.int64)))
        for cue, histogram in self._sounding:
            start = max(0, ms_to_frames(cue.start_ms) - self._now)
            part = highest(block[start : max(0, ms_to_frames(cue.end_ms) - self._now)])
            bins = np.minimum(part * (_BINS / _HIGHEST), _BINS - 1).astype(np.int64)
            np.add(histogram, np.bincount(bins, minlength=_BINS), out=histogram)
            if ms_to_frames(cue.end_ms) <= end and crowded(histogram) > _CROWDED:
                self._cues.append(cue)
        self._sounding = [each for each in self._sounding if ms_to_frames(each[0].end_ms) > end]
        self._now = end

    def clipped(self) -> tuple[Clipped, ...]:
        """All of it, once all of the sound was pushed."""
        found = [Clipped(cue.start_ms, cue.text) for cue in self._cues]
        for at in self._runs:
            inside = any(cue.start_ms <= at <= cue.end_ms for cue in self._cues)
            if not inside and (not found or at - found[-1].at_ms >= _APART or found[-1].cue):
                found.append(Clipped(at, None))
        return tuple(sorted(found, key=lambda clipped: clipped.at_ms))

    def _look_for_runs(self, sound: NDArray[np.float32]) -> None:
        ends = _run_ends(np.abs(sound) >= _FULL, _FULL_RUN)
        ends = np.concatenate([ends, *(_cut_ends(channel) for channel in sound.T)])
        for end in np.unique(ends).tolist():
            at = (self._now - _LOOK + end) * 1000 // RATE
            if not self._runs or at > self._runs[-1]:
                self._runs.append(max(0, at))


def _run_ends(true: NDArray[np.bool_], length: Frames) -> NDArray[np.int64]:
    """Where ``length`` frames in a row are true in one of the channels."""
    if not true.any():
        return np.zeros(0, np.int64)
    total = np.cumsum(np.pad(true, ((1, 0), (0, 0))), axis=0)
    return np.flatnonzero(((total[length:] - total[:-length]) == length).any(axis=1)) + length


def _cut_ends(channel: NDArray[np.float32]) -> NDArray[np.int64]:
    """Where one channel has been flat for long enough to be cut there."""
    steps = np.abs(np.diff(channel, prepend=channel[:1]))
    flat = ((steps < _FLAT) & (np.abs(channel) > _FLAT_FROM))[:, None]
    ends = _run_ends(flat, _FLAT_RUN)
    last, second, fifth = (steps[np.maximum(0, ends - _FLAT_RUN - back)] for back in (1, 2, 5))
    slope = np.maximum(last, second)
    cut = ends[(slope >= _SLOPE) & (slope >= _STEADY * fifth)]
    return np.concatenate([cut, _run_ends(flat, _LONG_RUN)])


def crowded(histogram: NDArray[np.int64]) -> float:
    """How many of the samples over half of the peak are near it, from 0 to 1."""
    above = np.cumsum(histogram[::-1])[::-1]
    rare = max(3, int(above[0]) // _RARE)
    peak = int(np.flatnonzero(above >= rare)[-1]) if above[0] >= rare else 0
    if peak < _BINS * _FLAT_FROM / _HIGHEST:
        return 0.0
    return float(above[round(_NEAR * peak)] / above[round(_HALF * peak)])
