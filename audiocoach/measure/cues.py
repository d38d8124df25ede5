"""Each cue as it is heard: there, whole, in its place, as loud as the others and over the bed.

A file is one sound; where the words are is told by its timeline. The bed under a cue is taken
for what is heard right before and after it, where the duck holds it down. All of it comes from
hop energies of 10 ms, K-weighted.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from audiocoach.embedded import Embedded, EmbeddedCue
from audiocoach.loudness import HOP, gated_loudness, step_energies
from audiocoach.measure.levels import HOP_MS, Hops, Levels, mean_loudness
from audiocoach.measure.stems import StemEnergies
from audiocoach.units import Db, Ms

_BEFORE = (12, 1)
"""Hops before a cue in which the bed is down: the duck arrives with the first word."""
_AFTER = (2, 38)
"""Hops after a cue in which the bed is held down."""
_LEAST = 5
"""Hops of bed that must be heard."""
_AROUND = 150
"""Hops around a cue in which stray words are looked for."""
_EDGE = 4
"""Hops that a cue may seem to pass its ends by: the meter's own blur."""
_STRAY: Db = -6.0
"""Against the cues' usual loudness: so loud are words, and no bed."""
_STRAY_HOPS = 6
_SOUND: Db = -20.0
"""Against the same: words begin and end here, or 8 dB over the bed where that is more."""
_OVER_FLOOR: Db = 8.0
_LOST: Db = -10.0
"""Against the same: nobody speaks."""
LATE: Ms = 200
"""The first sound of a word may be this late: the softest consonant came 90 ms after its start."""
SHORT: Ms = 700
"""The last may be this early: a soft ending hid 480 ms under the bed."""


class State(StrEnum):
    """What became of a cue."""

    THERE = "there"
    LOST = "lost"
    EARLY = "early"
    LATE = "late"
    NO_START = "its beginning is missing"
    NO_END = "cut short"


@dataclass(frozen=True, slots=True)
class FoundCue:
    """A cue of the timeline, as it is in the sound."""

    start_ms: Ms
    end_ms: Ms
    text: str
    state: State
    off_ms: Ms
    """How far it is shifted, or how much of it is missing, about."""
    loudness: Db
    """LUFS, gated within the cue."""
    over_bed: Db | None
    """LU; ``None`` where no bed is heard by itself close by."""
    over_bed_phone: Db | None
    """The same through a phone."""


def find_cues(
    told: Embedded, levels: Levels, stems: StemEnergies | None = None
) -> tuple[FoundCue, ...]:
    """What became of each cue of the timeline; with ``stems``, the bed under it is known."""
    hops = levels.stereo
    spans = [(cue.start_ms // HOP_MS, -(-cue.end_ms // HOP_MS)) for cue in told.cues]
    loudness = [gated_loudness(step_energies(hops[start:end])) for start, end in spans]
    usual = float(np.median(loudness)) if loudness else 0.0
    seeker = _Seeker(hops, spans, ringing(told, len(hops)), usual)
    exact = stems.over_bed(told.cues) if stems else None
    found = []
    for index, cue in enumerate(told.cues):
        state, off = seeker.state(index, loudness[index])
        bed = seeker.bed(index)
        found.append(
            FoundCue(
                cue.start_ms,
                cue.end_ms,
                cue.text,
                state,
                off,
                loudness[index],
                exact[index] if exact else _over(loudness[index], hops, bed),
                _over(
                    gated_loudness(step_energies(levels.phone[slice(*spans[index])])),
                    levels.phone,
                    bed,
                ),
            )
        )
    return tuple(found)


def spread(cues: Sequence[FoundCue]) -> Db | None:
    """By how many LU the loudness of the cues differs, but for one in ten at either end."""
    there = [cue.loudness for cue in cues if cue.state is not State.LOST]
    if not there:
        return None
    low, high = np.percentile(there, [10, 90])
    return float(high - low)


def longest_gap(told: Embedded) -> tuple[Ms, Ms]:
    """The longest time without a word, from the start to the end of all."""
    ends = [0, *(cue.end_ms for cue in told.cues)]
    starts = [*(cue.start_ms for cue in told.cues), told.length_ms]
    return max(zip(ends, starts, strict=True), key=lambda gap: gap[1] - gap[0])


def ringing(told: Embedded, hops: int) -> NDArray[np.bool_]:
    """In which hops a bell is heard."""
    ring = np.zeros(hops, bool)
    for sound in told.sounds:
        ring[sound.start_ms // HOP_MS : -(-sound.end_ms // HOP_MS)] = True
    return ring


def speaking(cues: Sequence[EmbeddedCue], hops: int) -> NDArray[np.bool_]:
    """In which hops words are said."""
    words = np.zeros(hops, bool)
    for cue in cues:
        words[cue.start_ms // HOP_MS : -(-cue.end_ms // HOP_MS)] = True
    return words


def _over(loudness: Db, hops: Hops, bed: NDArray[np.int64]) -> Db | None:
    """The words alone over the bed alone; both are heard together while they are said."""
    if len(bed) < _LEAST:
        return None
    below = mean_loudness(hops[bed])
    words = 10 ** (loudness / 10) - 10 ** (below / 10)
    return 10 * math.log10(max(words, 1e-9)) - below


class _Seeker:
    """Looks for cues where they should be and beside it."""

    def __init__(
        self, hops: Hops, spans: list[tuple[int, int]], ring: NDArray[np.bool_], usual: Db
    ) -> None:
        self._hops = hops
        self._spans = spans
        self._ring = ring
        self._usual = usual
        self._smooth = np.convolve(hops, np.ones(3) / 3, mode="same")
        self._stray = _power(usual + _STRAY)

    def bed(self, index: int) -> NDArray[np.int64]:
        """The hops around a cue in which the bed is down and heard alone."""
        start, end = self._spans[index]
        before = self._between(index, start - _BEFORE[0], start - _BEFORE[1])
        after = self._between(index, end + _AFTER[0], end + _AFTER[1])
        hops = np.concatenate([before, after])
        return np.asarray(hops[self._smooth[hops] < self._stray])

    def state(self, index: int, loudness: Db) -> tuple[State, Ms]:
        """What became of a cue, and by how much."""
        start, end = self._spans[index]
        before = self._between(index, start - _AROUND, start - _EDGE)
        after = self._between(index, end + _EDGE, end + _AROUND)
        early = before[self._smooth[before] > self._stray]
        late = after[self._smooth[after] > self._stray]
        if len(early) >= _STRAY_HOPS or len(late) >= _STRAY_HOPS:
            if len(early) > len(late):
                return State.EARLY, (start - int(early[0])) * HOP_MS
            return State.LATE, (int(late[-1]) - end) * HOP_MS
        if loudness < self._usual + _LOST:
            return State.LOST, (end - start) * HOP_MS
        threshold = self._threshold(before, after)
        state, off = self._ends(start, end, threshold)
        if state is State.NO_START and (self._smooth[after] > threshold).sum() >= _LEAST:
            return State.LATE, off  # what is missing here comes after
        if state is State.NO_END and (self._smooth[before] > threshold).sum() >= _LEAST:
            return State.EARLY, off
        return state, off

    def _ends(self, start: int, end: int, threshold: float) -> tuple[State, Ms]:
        """Whether a cue that is said begins and ends with its words."""
        sounding = np.flatnonzero(self._smooth[start:end] > threshold)
        if len(sounding) == 0:
            return State.THERE, 0  # drowned by the bed, which is told by itself
        first, last = int(sounding[0]) * HOP_MS, (end - start - int(sounding[-1]) - 1) * HOP_MS
        if first > LATE:
            return State.NO_START, first
        if last > SHORT:
            return State.NO_END, last
        return State.THERE, 0

    def _threshold(self, before: NDArray[np.int64], after: NDArray[np.int64]) -> float:
        """The energy from which on a hop holds words."""
        near = np.concatenate([before, after])
        floor = float(np.percentile(self._hops[near], 30)) if len(near) >= _LEAST else 0.0
        return float(max(floor * 10 ** (_OVER_FLOOR / 10), _power(self._usual + _SOUND)))

    def _between(self, index: int, first: int, last: int) -> NDArray[np.int64]:
        """The hops from ``first`` up to ``last`` without other cues and bells."""
        least = self._spans[index - 1][1] + _AFTER[0] if index else 0
        more = index + 1 < len(self._spans)
        most = self._spans[index + 1][0] - _BEFORE[1] if more else len(self._hops)
        hops = np.arange(max(first, least, 0), max(0, min(last, most, len(self._hops))))
        return hops[~self._ring[hops]]


def _power(loudness: Db) -> float:
    """The energy of a hop of that loudness."""
    return float(10 ** ((loudness + 0.691) / 10)) * HOP
