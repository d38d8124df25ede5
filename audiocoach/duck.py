"""The bed's movement, known ahead from the timeline: down for words, along with the breath."""

from __future__ import annotations

import bisect
import itertools
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from audiocoach.presets import Levels
from audiocoach.routine import Phase
from audiocoach.timeline import PlacedBreath, PlacedCue
from audiocoach.units import Frames, Ms, ms_to_frames


class Curve:
    """How far the bed is down (0 not at all, 1 wholly) at any frame of a timeline."""

    def __init__(self, times: list[Frames], depths: list[float]) -> None:
        """Straight between ``times``, then smoothed."""
        self._times = times
        self._depths = depths

    def at(self, frames: NDArray[np.int64]) -> NDArray[np.float64]:
        """The depth at each of some frames."""
        return _eased(np.interp(frames, self._times, self._depths))

    def stretch(self, start: Frames, count: Frames) -> NDArray[np.float64] | float:
        """The depth from ``start`` on: one number where it does not move, or ``(count,)``."""
        first = bisect.bisect_right(self._times, start)
        last = bisect.bisect_right(self._times, start + count)
        if first == last and self._depths[first - 1] == self._depths[first]:
            return self._depths[first]  # 0 or 1, where the smoothing changes nothing
        near = slice(max(0, first - 1), last + 1)
        at = np.arange(start, start + count)
        return _eased(np.interp(at, self._times[near], self._depths[near]))

    def moved(self) -> Iterator[tuple[Frames, Frames]]:
        """When the depth is not 0, in order."""
        points = zip(self._times, self._depths, strict=True)
        for (start, before), (end, after) in itertools.pairwise(points):
            if (before or after) and end > start:
                yield start, end

    def described(self, start: Frames, end: Frames) -> list[tuple[Frames, float]]:
        """The points that the depth from ``start`` up to ``end`` depends on, from ``start`` on."""
        first = max(0, bisect.bisect_right(self._times, start) - 1)
        last = bisect.bisect_left(self._times, end)
        points = list(
            zip(self._times[first : last + 1], self._depths[first : last + 1], strict=True)
        )
        if len(points) > 1 and points[0][1] == points[1][1]:
            points[0] = (start, points[0][1])
        if len(points) > 1 and points[-1][1] == points[-2][1]:
            points[-1] = (end, points[-1][1])
        return [(time - start, depth) for time, depth in points]


def _eased(depth: NDArray[np.float64]) -> NDArray[np.float64]:
    """A straight ramp made smooth at both ends, so that no level ever bends sharply."""
    return depth * depth * (3 - 2 * depth)


def duck_curve(cues: tuple[PlacedCue, ...], levels: Levels) -> Curve:
    """The duck under each cue.

    Cues so close that the bed could not rise, stay for as long as it takes to sink, and
    sink again between them share one duck: it never pumps.
    """
    times: list[Ms] = [-(1 << 60)]
    depths = [0.0]
    for cue in cues:
        if times[-1] + levels.attack > cue.start - levels.attack:
            times[-2:], depths[-2:] = [], []
        else:
            times += [cue.start - levels.attack, cue.start]
            depths += [0.0, 1.0]
        times += [cue.end + levels.hold, cue.end + levels.hold + levels.release]
        depths += [1.0, 0.0]
    times.append(1 << 60)
    depths.append(0.0)
    return Curve([ms_to_frames(time) for time in times], depths)


def breath_curve(breaths: tuple[PlacedBreath, ...], levels: Levels) -> Curve:
    """The swell with each breath: 1 at the end of an out-breath.

    The bed sinks before the first in-breath and comes back after the last breath.
    """
    times: list[Ms] = [-(1 << 60)]
    depths = [0.0]
    lean = levels.release

    def move(end: Ms, depth: float) -> None:
        times.append(end)
        depths.append(depth)

    for at, breath in enumerate(breaths):
        begins = 1.0 if breath.phase is Phase.IN else 0.0
        if at == 0 or breath.start > breaths[at - 1].end:
            if at and breath.start - times[-1] > 2 * lean:
                move(times[-1] + lean, 0.0)
            if times[-1] < breath.start - lean:
                move(breath.start - lean, depths[-1])
            move(breath.start, begins)
        level = {Phase.IN: 0.0, Phase.OUT: 1.0, Phase.HOLD: depths[-1]}[breath.phase]
        move(breath.end, level)
    if breaths:
        move(times[-1] + lean, 0.0)
    move(1 << 60, 0.0)
    return Curve([ms_to_frames(time) for time in times], depths)
