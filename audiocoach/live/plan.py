"""The plan of a live session: the timeline as it is now, taken apart into steps."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TypeAlias, TypeVar

from audiocoach.ambience import bed_starts
from audiocoach.clips import Clip
from audiocoach.live.status import Times
from audiocoach.mix import Mix
from audiocoach.presets import Levels
from audiocoach.routine import Anchor, Cue, Routine, Sound, Step
from audiocoach.timeline import (
    PlacedCue,
    PlacedSound,
    Spacing,
    Timeline,
    estimated_length,
    schedule,
)
from audiocoach.units import Frames, Ms, ms_to_frames

Key: TypeAlias = tuple[Cue | Sound, int]
"""Names what begins in a step, however its times change: the n-th of its kind there, from 0."""


_Placed = TypeVar("_Placed", PlacedCue, PlacedSound)


@dataclass(frozen=True, slots=True)
class PlannedStep:
    """A step as a live session plays it; times in frames from the routine's start."""

    step: Step
    """As the listener wants it by now."""
    start: Frames
    words_end: Frames
    """From here on, none of its cues is heard and no sound begins."""
    gate: Frames
    """Where the next step may begin: far enough before it for the bed to sink."""
    cues: tuple[PlacedCue, ...]
    sounds: tuple[PlacedSound, ...]
    until_done: bool
    known: bool
    """Every cue was spoken, so that all of this is exact and stays so."""
    chapter: int
    """Index into ``Plan.chapters``."""
    words: str
    """Its first words."""
    coming: str
    """The first words of the next step, or the title of the next chapter."""
    ambience: str
    """The bed under it."""
    bed_from: Frames
    """Where that begins, when the step before has run out."""

    begins: tuple[tuple[Key, PlacedCue | PlacedSound, Frames], ...]
    """All that begins in it and at which offset: sounds, then cues, each in order."""


@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """A routine in time, as far as its lengths are known; guessed beyond."""

    timeline: Timeline
    mix: Mix
    """Of the whole timeline; for its ducks alone."""
    steps: tuple[PlannedStep, ...]
    times: tuple[Times, ...] = ()
    """Of the steps whose times the listener has changed."""

    @property
    def chapters(self) -> tuple[str, ...]:
        """The titles."""
        return tuple(chapter.title for chapter in self.timeline.chapters)

    @property
    def end(self) -> Frames:
        """Where the last step ends and the slow end begins."""
        return ms_to_frames(self.timeline.steps[-1].end)

    @property
    def length(self) -> Frames:
        """The end of everything."""
        return ms_to_frames(self.timeline.length)


def make_plan(
    routine: Routine,
    lengths: Mapping[str, Ms],
    sound_lengths: Mapping[str, Ms],
    levels: Levels,
    spacing: Spacing,
) -> Plan:
    """Schedule a routine; ``lengths`` are those of the cues that were spoken already."""

    def length(cue: Cue) -> Ms:
        known = lengths.get(cue.spoken)
        return estimated_length(cue, routine.pace) if known is None else known

    timeline = schedule(routine, length, sound_lengths, spacing)
    mix = Mix(timeline, no_clip, {}, levels)
    return Plan(timeline, mix, _steps(routine, timeline, lengths, levels))


def numbered(
    things: Iterable[PlacedCue | PlacedSound],
) -> Iterator[tuple[Key, PlacedCue | PlacedSound]]:
    """Each of ``things``, which are those of one step in order, with its name."""
    times: Counter[Cue | Sound] = Counter()
    for placed in things:
        thing = placed.cue if isinstance(placed, PlacedCue) else placed.sound
        yield (thing, times[thing]), placed
        times[thing] += 1


def left_cues(step: Step) -> frozenset[Cue]:
    """What is said so long before the end of a step: it is true again where that moves."""
    return frozenset(
        part
        for timed in step.timed
        if timed.anchor is Anchor.LEFT
        for text in timed.texts
        for part in text
        if isinstance(part, Cue)
    )


def no_clip(cue: Cue) -> Clip:
    """The source of clips of a mix that adds no words."""
    raise AssertionError(cue)


def _steps(
    routine: Routine, timeline: Timeline, lengths: Mapping[str, Ms], levels: Levels
) -> tuple[PlannedStep, ...]:
    cues = _by_step(timeline.cues, len(timeline.steps))
    sounds = _by_step(timeline.sounds, len(timeline.steps))
    beds_from = bed_starts(timeline)
    result: list[PlannedStep] = []
    coming = ""
    for at in reversed(range(len(timeline.steps))):
        placed = timeline.steps[at]
        last = at + 1 == len(timeline.steps)
        following = placed.end if last else timeline.steps[at + 1].start
        words_end = max(
            [placed.start, *(cue.end for cue in cues[at]), *(s.start + 1 for s in sounds[at])]
        )
        words = cues[at][0].cue.text if cues[at] else ""
        bed = placed.step.backdrop
        start = ms_to_frames(placed.start)
        begins = numbered((*sounds[at], *cues[at]))
        result.append(
            PlannedStep(
                placed.step,
                start,
                ms_to_frames(words_end),
                ms_to_frames(max(words_end, following - levels.attack)),
                tuple(cues[at]),
                tuple(sounds[at]),
                placed.step.hold is not None and placed.step.hold.until_done,
                all(cue.cue.spoken in lengths for cue in cues[at]),
                placed.chapter,
                words,
                coming,
                bed.layers if bed else routine.ambience,
                ms_to_frames(beds_from[at]),
                tuple((key, thing, ms_to_frames(thing.start) - start) for key, thing in begins),
            )
        )
        first = at > 0 and timeline.steps[at - 1].chapter != placed.chapter
        coming = timeline.chapters[placed.chapter].title if first else words or coming
    return tuple(reversed(result))


def _by_step(placed: Iterable[_Placed], steps: int) -> list[list[_Placed]]:
    found: list[list[_Placed]] = [[] for _ in range(steps)]
    for thing in placed:
        found[thing.step].append(thing)
    return found
