"""The master: how loud bed and whole will be, reckoned from the timeline before any mixing.

Loudness in the sense of BS.1770 is that of what passes a gate 10 LU under the mean of
all. Where words are many, a bed lies under that gate and does not count. Where they are
few the mean is low, and a bed at its usual level passes: the whole then measures as
little more than its bed, and to bring it to its loudness speech would have to be pushed
by 5 dB. So the bed is lowered there, as little as needed, until speech alone counts; then
every routine is as loud as every other, and its words are, too.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from audiocoach.clips import CLIP_LOUDNESS
from audiocoach.duck import breath_curve, duck_curve
from audiocoach.loudness import (
    HOP,
    STEP,
    gated_loudness,
    hop_energies,
    loudness_range,
    mean_loudness,
    mean_power,
    step_energies,
)
from audiocoach.mix import fade_at
from audiocoach.presets import Levels
from audiocoach.synth import LEVEL
from audiocoach.timeline import PlacedCue, Timeline
from audiocoach.units import RATE, Db, Ms, db_to_gain, frames_to_ms, ms_to_frames

Steps = NDArray[np.float64]
"""Energy of each 100 ms, as ``loudness.step_energies`` gives it."""

_SEARCHED: Db = 0.5
"""Levels of the bed are tried this far apart."""
_TRIM_STEP: Db = 0.4
_DUCK_STEP: Db = 0.5
"""Where one of them moves, every frame of an export is another one."""
_OCCASIONAL = 20
"""Steps: W3C G56 leaves out sounds under words that last no more than two seconds."""


class Backdrop(Protocol):
    """What is needed of an ``Ambience``; see there."""

    @property
    def loudness(self) -> Db:
        """LUFS of what is read."""

    def step_energies(self, steps: int) -> Steps:
        """Of the first ``steps`` steps of what is read."""


@dataclass(frozen=True, slots=True)
class Master:
    """How a routine is mixed, and what it will measure."""

    levels: Levels
    """Those of the preset; but the bed, and its duck, may be lower."""
    trim: Db
    """Added to everything."""
    loudness: Db
    """LUFS of the whole."""
    range: Db
    """Its loudness range, in LU (EBU Tech 3342)."""


def plan(
    timeline: Timeline,
    energies: Callable[[PlacedCue], NDArray[Any]],
    marks: Mapping[str, NDArray[np.float32]],
    bed: Backdrop,
    levels: Levels,
) -> Master:
    """The master of a timeline.

    ``energies`` gives the hop energies of a cue's clip; ``marks`` holds each sound by name.
    The bed is as loud as it may be, at most at ``levels.bed``, such that the trim is no
    more than ``levels.push`` over the least with which the whole comes to its loudness.
    Energies of sounds that do not resemble each other add up. Trim and duck are rounded, so
    that a small change of a script seldom changes them.
    """
    rung = {name: hop_energies(mark) for name, mark in marks.items()}
    return _planned(_Parts(timeline, energies, rung, bed, levels), levels)


def _planned(parts: _Parts, levels: Levels) -> Master:
    count = round((levels.bed - levels.bed_least) / _SEARCHED) + 1
    tried = [parts.levels_for(levels.bed - _SEARCHED * number) for number in range(count)]
    needs = [levels.programme - gated_loudness(parts.whole(each)) for each in tried]
    most = min(needs) + levels.push
    chosen, need = next(pair for pair in zip(tried, needs, strict=True) if pair[1] <= most)
    trim = min(round(_TRIM_STEP * round(need / _TRIM_STEP), 1), levels.most_trim)
    whole = parts.whole(chosen)
    return Master(chosen, trim, gated_loudness(whole) + trim, loudness_range(whole))


def estimate(
    timeline: Timeline, marks: Mapping[str, NDArray[np.float32]], levels: Levels
) -> Master:
    """The master of a timeline whose words are not spoken yet, under any bed.

    What is heard live begins before that is known. Then words count as even, and the bed
    as if it were always as loud as the loudest moments of most beds.
    """
    rung = {name: _rung(mark) for name, mark in marks.items()}
    bed = _Steady(LEVEL + _SWELLS)
    return _planned(_Parts(timeline, _estimated_energies, rung, bed, levels), levels)


_SWELLS: Db = 2.0
"""Many beds rise by so much over their loudness."""


@dataclass(frozen=True, slots=True)
class _Steady:
    """A bed that is always as loud as that."""

    moment: Db
    loudness: Db = LEVEL

    def step_energies(self, steps: int) -> Steps:
        """See ``Backdrop``."""
        return np.full(steps, STEP * mean_power(self.moment))


def _estimated_energies(cue: PlacedCue) -> NDArray[np.float64]:
    hops = (cue.end - cue.start) // frames_to_ms(HOP)
    return np.full(max(1, hops), HOP * mean_power(CLIP_LOUDNESS))


def _rung(mark: NDArray[np.float32]) -> NDArray[np.float64]:
    """The energies of a mark's hops, unweighted: that takes a hundredth of the time."""
    powers = np.einsum("ij,ij->i", mark, mark)
    return np.add.reduceat(powers, np.arange(0, len(mark), HOP)).astype(np.float64)


class _Parts:
    """The energies of what a timeline is mixed from, before the bed has its level."""

    def __init__(
        self,
        timeline: Timeline,
        energies: Callable[[PlacedCue], NDArray[Any]],
        rung: Mapping[str, NDArray[np.float64]],
        bed: Backdrop,
        levels: Levels,
    ) -> None:
        steps = ms_to_frames(timeline.length) // STEP + 1
        middles = np.arange(steps) * STEP + STEP // 2
        self._given = levels
        self._depth = duck_curve(timeline.cues, levels).at(middles)
        self._fades = fade_at(levels, timeline.length, middles) ** 2
        swell = levels.swell * breath_curve(timeline.breaths, levels).at(middles)
        level = levels.programme - bed.loudness + swell
        self._bed = bed.step_energies(steps) * 10 ** (level / 10)
        self._speech = np.zeros(steps)
        self._marks = np.zeros(steps)
        self._room = np.inf
        """Speech over a bed that is as loud as speech, in dB, at the cue where it is least."""
        speech = levels.programme - CLIP_LOUDNESS
        for cue in timeline.cues:
            spoken = energies(cue)
            _add(self._speech, cue.start, spoken, speech)
            loudness = gated_loudness(step_energies(spoken)) + speech
            self._room = min(self._room, loudness - self._loudest_under(cue))
        for sound in timeline.sounds:
            gain = levels.programme + levels.mark - LEVEL
            _add(self._marks, sound.start, rung[sound.sound.name], gain)

    def levels_for(self, bed: Db) -> Levels:
        """The levels with the bed at ``bed``, ducked as far as the words ask for."""
        given = self._given
        deepest = _DUCK_STEP * np.floor((self._room - bed - given.clear) / _DUCK_STEP)
        return replace(given, bed=bed, duck=float(min(given.duck, deepest)))

    def whole(self, levels: Levels) -> Steps:
        """The energies of everything, without a trim."""
        duck = 10 ** (levels.duck * self._depth / 10)
        bed = db_to_gain(levels.bed) ** 2 * self._bed
        return (self._speech + (self._marks + bed) * duck) * self._fades

    def _loudest_under(self, cue: PlacedCue) -> Db:
        """LUFS of the loudest two seconds of the bed under a cue, if it were as loud as speech."""
        first, last = (ms_to_frames(time) // STEP for time in (cue.start, cue.end))
        under = self._bed[first : last + 1]
        width = min(len(under), _OCCASIONAL)
        sums = np.convolve(under, np.ones(width), mode="valid")
        return mean_loudness(float(sums.max()), width)


def _add(steps: Steps, start: Ms, hops: NDArray[Any], gain: Db) -> None:
    """Add what begins at ``start`` to the steps in which each of its hops lies."""
    at = (start + frames_to_ms(HOP) * np.arange(len(hops))) * RATE // 1000 // STEP
    inside = at < len(steps)
    np.add.at(steps, at[inside], hops[inside] * db_to_gain(gain) ** 2)
