"""Fits a routine to a length: breaks and working times stretch or shrink, words do not.

Pure, like the timeline. What is written once has one length, however often a loop says
it: both sides of a ``for`` loop, and all rounds of a ``repeat``, keep equal times.

Each written length ``w`` becomes ``k * w`` with one factor ``k`` for the whole routine;
of a step that lasts some time, ``w`` is its working time, which is what the words leave.
``k`` stays between ``LEAST`` and ``MOST``, but a range of lengths is bounded by itself
alone, and no working time falls under what the cues in it need: none of them moves that
did not move before, none is said before another one that it followed, and the step never
grows for one. A break inside a step that lasts
some time is part of that time and stays, as does every silence that nobody wrote.
What whole milliseconds leave over goes into the ambience at the end.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TypeAlias

from audiocoach.errors import LengthError
from audiocoach.routine import (
    Anchor,
    Beats,
    Break,
    Chapter,
    Cue,
    Hold,
    Part,
    Place,
    Routine,
    Step,
    TimedCue,
)
from audiocoach.timeline import CueLength, Spacing, Timeline, schedule
from audiocoach.units import SECOND, Ms, format_duration

LEAST, MOST = 0.25, 4.0
"""Times what is written: beyond, a routine is no longer what its author tried out."""

_UNIT = 10**9
"""Factors are whole numbers of this part, so that every machine finds the same."""
_GRAIN: Ms = 100
"""Lengths of a step with cues in its working time are tried in steps of this."""
_NEAR: Ms = 2 * SECOND
"""What is left over is given to a step as far as this, if it cannot take all of it."""
_TRIES = 1_000
"""Lengths of such a step that are looked at, at most."""
_BARE = Spacing(lead_in=0, step_gap=0, chapter_gap=0, tail=0)

_Written: TypeAlias = Break | Hold


@dataclass(frozen=True, slots=True)
class Fitted:
    """A routine that lasts as long as was asked for, if scheduled with this spacing."""

    routine: Routine
    spacing: Spacing


def fit(
    routine: Routine,
    cue_length: CueLength,
    sound_lengths: Mapping[str, Ms],
    target: Ms,
    spacing: Spacing | None = None,
) -> Fitted:
    """Make ``routine`` last exactly ``target``; the other arguments are those of ``schedule``.

    Raises ``LengthError`` that names the shortest and the longest possible.
    """
    spacing = spacing or Spacing()

    def scheduled(fitted: Routine) -> Timeline:
        return schedule(fitted, cue_length, sound_lengths, spacing)

    if scheduled(routine).length == target:
        return Fitted(routine, spacing)
    spans = _spans(routine, cue_length, sound_lengths, spacing)
    tightest = scheduled(_with(routine, {written: span.low for written, span in spans.items()}))
    shortest = tightest.length
    longest = shortest + sum(span.count * (span.high - span.low) for span in spans.values())
    if not shortest <= target <= longest:
        raise LengthError(
            f"{routine.path}: the routine cannot last {format_duration(target)}; "
            f"the shortest possible is {format_duration(-(-shortest // SECOND) * SECOND)} "
            f"({_reason(tightest)}), "
            f"the longest {format_duration(longest // SECOND * SECOND)}"
        )
    lengths = _share(spans, target - shortest)
    fitted = _with(routine, lengths)
    over = target - scheduled(fitted).length
    return Fitted(fitted, replace(spacing, tail=spacing.tail + over))


def _reason(timeline: Timeline) -> str:
    """What takes the time that cannot be taken away: words and beats, and what is protected."""
    said = [0] * len(timeline.steps)
    marked: Counter[tuple[int, Place]] = Counter()
    kept = 0
    for cue in timeline.cues:
        said[cue.step] += cue.end - cue.start
        marked[cue.step, cue.cue.place] += cue.end - cue.start
    for at, placed in enumerate(timeline.steps):
        parts, hold = placed.step.parts, placed.step.hold
        for paced in (part for part in parts if isinstance(part, Beats)):
            said[at] += paced.length - marked[at, paced.place]  # its words are part of it
        kept += sum(part.length for part in parts if isinstance(part, Break) and part.protected)
        if hold is not None and hold.protected:
            kept += hold.length if hold.until_done else max(0, hold.length - said[at])
    reason = f"its words alone take {format_duration(round(sum(said), -3))}"
    return reason + (f", what is protected {format_duration(round(kept, -3))}" if kept else "")


class _Span:
    """One written length, and what it may become."""

    def __init__(self, base: Ms, working: Ms, low: Ms, high: Ms) -> None:
        """It lasts ``base + k * working``, within ``low`` and ``high``."""
        self.count = 0
        """How often it stands in the routine."""
        self.low, self.high = low, high
        self.grain: Ms = 1
        self._base, self._working = base, working

    @property
    def top(self) -> int:
        """A factor from which on nothing gets longer, in ``_UNIT``."""
        return (self.high - self._base) * _UNIT // self._working + _UNIT

    def at(self, factor: int) -> Ms:
        """Its length; grows with ``factor``."""
        wanted = self._base + self._working * factor // _UNIT
        return max(self.low, min(self.high, wanted))

    def allows(self, length: Ms) -> bool:
        """Whether it may last ``length``, which is not under ``low``."""
        return length <= self.high


class _HeldSpan(_Span):
    """A step with cues in its working time: some lengths would move them, or the end."""

    def __init__(self, base: Ms, working: Ms, low: Ms, high: Ms, steps: list[HeldStep]) -> None:
        super().__init__(base, working, low, high)
        self._steps = steps
        self._known: dict[Ms, bool] = {}
        self.grain = max(1, -(-(high - low) // _TRIES // _GRAIN)) * _GRAIN
        self.low = -(-low // self.grain) * self.grain
        self.high = high // self.grain * self.grain
        while self.low <= self.high and not self.allows(self.low):
            self.low += self.grain

    def at(self, factor: int) -> Ms:
        length = super().at(factor) // self.grain * self.grain
        while length > self.low and not self.allows(length):
            length -= self.grain
        return max(length, self.low)

    def allows(self, length: Ms) -> bool:
        if length not in self._known:
            self._known[length] = length <= self.high and all(
                step.holds(length) for step in self._steps
            )
        return self._known[length]


class HeldStep:
    """A step that lasts some time, on a timeline of its own."""

    def __init__(self, step: Step, hold: Hold, alone: Callable[[Step], Timeline]) -> None:
        """``alone`` schedules one step and nothing else."""
        self._step, self._hold, self._alone = step, hold, alone
        said, _ = self._scheduled(replace(step, hold=None, timed=()))
        plenty = said + hold.length
        end, _ = self._scheduled(self._lasting(plenty, ()))
        self.lead = end - plenty
        """From the step's start to its first word."""
        self.words: Ms = said - self.lead
        """From its first word to the end of its last, breaks between them included."""
        self._fixed = [timed for timed in step.timed if timed.anchor is not Anchor.EVERY]
        """The cues that have one time."""
        self._order = self._ordered(hold.length)
        self._moving = self._moved(hold.length) if step.timed else frozenset()
        """The cues that collide as the step is written."""

    def holds(self, length: Ms) -> bool:
        """Whether all is said in ``length``, in the same order, and no more of its cues move."""
        if self._ordered(length) != self._order:
            return False
        end, _ = self._scheduled(self._lasting(length, self._step.timed))
        return end <= self.lead + length and self._moved(length) <= self._moving

    def _lasting(self, length: Ms, timed: tuple[TimedCue, ...]) -> Step:
        return replace(self._step, hold=replace(self._hold, length=length), timed=timed)

    def _moved(self, length: Ms) -> frozenset[object]:
        """Which cues move, of those that have one time."""
        _, moved = self._scheduled(self._lasting(length, self._step.timed))
        return moved & {timed.place for timed in self._fixed}

    def _ordered(self, length: Ms) -> list[int]:
        """Those in the order in which they are said."""

        def time(index: int) -> Ms:
            timed = self._fixed[index]
            match timed.anchor:
                case Anchor.HALF:
                    return length // 2
                case Anchor.LEFT:
                    return length - timed.time
                case _:
                    return timed.time

        return sorted(range(len(self._fixed)), key=time)

    def _scheduled(self, step: Step) -> tuple[Ms, frozenset[object]]:
        """When the step ends, and the places of what is told about it."""
        timeline = self._alone(step)
        return timeline.steps[0].end, frozenset(notice.place for notice in timeline.notices)


def _spans(
    routine: Routine, cue_length: CueLength, sound_lengths: Mapping[str, Ms], spacing: Spacing
) -> dict[_Written, _Span]:
    """Whatever may become longer or shorter, by what is written."""
    bare = replace(_BARE, cue_gap=spacing.cue_gap, ring=spacing.ring)

    def alone(step: Step) -> Timeline:
        chapter = Chapter("", (step,), step.place)
        return schedule(replace(routine, chapters=(chapter,)), cue_length, sound_lengths, bare)

    spans: dict[_Written, _Span] = {}
    counts: dict[_Written, int] = {}
    held: dict[Hold, dict[object, Step]] = {}
    for step in (step for chapter in routine.chapters for step in chapter.steps):
        for written in _stretchable(step):
            counts[written] = counts.get(written, 0) + 1
            if isinstance(written, Hold) and not written.until_done:
                # Steps that take the same time to say are one.
                key = _lengths(step, cue_length)
                held.setdefault(written, {}).setdefault(key, _with_longest(step, cue_length))
            else:
                spans[written] = _Span(0, written.length, *_bounds(0, written.length))
    for hold, steps in held.items():
        found = [HeldStep(step, hold, alone) for step in steps.values()]
        timed = any(step.timed for step in steps.values())
        if (span := _held_span(hold, found, timed=timed)) is not None:
            spans[hold] = span
    for written, span in spans.items():
        span.count = counts[written]
    return spans


def _held_span(hold: Hold, steps: list[HeldStep], *, timed: bool) -> _Span | None:
    """``None`` where the words leave nothing to stretch."""
    words = max(step.words for step in steps)
    base, working = words, hold.length - words
    low, high = _bounds(base, working)
    if hold.shortest is not None and hold.longest is not None:
        low, high = max(hold.shortest, words), hold.longest
    if working <= 0 or low > high:
        return None
    span = _HeldSpan(base, working, low, high, steps) if timed else _Span(base, working, low, high)
    return span if span.low <= span.high else None


def _bounds(base: Ms, working: Ms) -> tuple[Ms, Ms]:
    return base + math.ceil(working * LEAST), base + math.floor(working * MOST)


def _stretchable(step: Step) -> list[_Written]:
    hold = step.hold
    if hold is not None and not hold.until_done:
        return [] if hold.protected else [hold]
    found: list[_Written] = [part for part in step.parts if isinstance(part, Break)]
    return [written for written in [*found, *([hold] if hold else [])] if not written.protected]


def _lengths(step: Step, cue_length: CueLength) -> object:
    """What a step takes to say; equal for steps that fit into the same time."""

    def key(parts: tuple[Part, ...]) -> tuple[object, ...]:
        return tuple(cue_length(part) if isinstance(part, Cue) else part for part in parts)

    return key(step.parts), tuple(
        (timed.anchor, timed.time, tuple(key(text) for text in timed.texts)) for timed in step.timed
    )


def _with_longest(step: Step, cue_length: CueLength) -> Step:
    """With the longest text of each ``every`` list alone: any of them may be its last."""

    def length(parts: tuple[Part, ...]) -> Ms:
        return sum(
            cue_length(part) if isinstance(part, Cue) else getattr(part, "length", SECOND)
            for part in parts
        )

    return replace(
        step,
        timed=tuple(replace(timed, texts=(max(timed.texts, key=length),)) for timed in step.timed),
    )


def _share(spans: Mapping[_Written, _Span], budget: Ms) -> dict[_Written, Ms]:
    """Lengths for all spans that take ``budget`` together beyond their shortest, or nearly so.

    One factor for all; a span that would jump over what is left, because the lengths
    between move its cues, stays, and the others go on.
    """

    def spent(lengths: Mapping[_Written, Ms]) -> Ms:
        return sum(spans[w].count * (length - spans[w].low) for w, length in lengths.items())

    lengths = {written: span.low for written, span in spans.items()}
    free = dict(spans)
    lowest, top = 0, max((span.top for span in spans.values()), default=0)
    while free:
        below, above = lowest, top
        while above - below > 1:
            middle = (below + above) // 2
            tried = lengths | {written: span.at(middle) for written, span in free.items()}
            below, above = (middle, above) if spent(tried) <= budget else (below, middle)
        lengths |= {written: span.at(below) for written, span in free.items()}
        stuck = [w for w, span in free.items() if span.at(above) - lengths[w] > span.grain]
        if not stuck:
            break
        for written in stuck:
            del free[written]
        lowest = below
    rest = budget - spent(lengths)
    for written, span in sorted(spans.items(), key=lambda entry: -entry[1].count):
        most = min(span.grain, rest // span.count)
        for more in range(most, max(0, most - _NEAR), -_GRAIN):
            if span.allows(lengths[written] + more):
                lengths[written] += more
                rest -= span.count * more
                break
    return lengths


def _with(routine: Routine, lengths: Mapping[_Written, Ms]) -> Routine:
    """The routine with other lengths."""

    def part(old: Part) -> Part:
        return replace(old, length=lengths[old]) if isinstance(old, Break) else old

    def step(old: Step) -> Step:
        changed = {written for written in _stretchable(old) if written in lengths}
        if not changed:
            return old
        parts = tuple(part(p) if p in changed else p for p in old.parts)
        hold = old.hold
        if hold is not None and hold in changed:
            hold = replace(hold, length=lengths[hold])
        return replace(old, parts=parts, hold=hold)

    return replace(
        routine,
        chapters=tuple(
            replace(chapter, steps=tuple(step(old) for old in chapter.steps))
            for chapter in routine.chapters
        ),
    )
