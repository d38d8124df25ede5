"""Speaking ahead: what a live session needs next is made ready behind its back.

One thread speaks the cues, from the step that is wanted on. Another schedules the
routine again as lengths become known, and holds the clips of the steps around the one
that is heard. A reader takes what is there and never waits for either.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import partial
from typing import Protocol

from audiocoach.ambience import bed_starts
from audiocoach.clips import Clip
from audiocoach.mix import Mix, Stereo
from audiocoach.presets import Levels
from audiocoach.routine import Cue, Routine
from audiocoach.speech import Spoken
from audiocoach.timeline import (
    PlacedCue,
    PlacedSound,
    Spacing,
    Timeline,
    estimated_length,
    schedule,
)
from audiocoach.units import Frames, Ms, frames_to_ms, ms_to_frames


class Speaking(Protocol):
    """What is needed of a ``Speaker``; see there."""

    def speak(
        self, cues: Iterable[Cue], *, stop: Callable[[], bool] | None = None
    ) -> Iterable[Spoken]:
        """Speak every distinct text of ``cues``."""

    def clip(self, cue: Cue) -> Clip:
        """The clip of a cue that was spoken."""


SpeakerSource = Callable[[], AbstractContextManager[Speaking]]
"""Opens a speaker; may take its time, and raise any ``AudiocoachError``."""

_BEHIND, _AHEAD = 1, 3
"""Steps around the wanted one whose clips are held."""
_REST_S = 0.3
"""The routine is scheduled again this often at most, if nobody waits for it."""
_LONGEST_CLOSE_S = 3.0
"""A voice may be in the middle of a cue when the session ends."""


@dataclass(frozen=True, slots=True)
class PlannedStep:
    """A step as a live session plays it; times in frames from the routine's start."""

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


@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """A routine in time, as far as its lengths are known; guessed beyond."""

    timeline: Timeline
    mix: Mix
    """Of the whole timeline; for its ducks alone."""
    steps: tuple[PlannedStep, ...]

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


class Ahead:
    """Keeps a plan and the clips around one step, in two threads of its own.

    ``plan`` and ``clips`` may be asked at any time, by one reader; they cost nothing.
    """

    def __init__(
        self,
        routine: Routine,
        open_speaker: SpeakerSource,
        marks: Mapping[str, Stereo],
        levels: Levels,
        spacing: Spacing | None = None,
    ) -> None:
        self._routine = routine
        self._open_speaker = open_speaker
        self._sound_lengths = {name: frames_to_ms(len(mark)) for name, mark in marks.items()}
        self._levels = levels
        self._spacing = spacing or Spacing()
        self._lengths: dict[str, Ms] = {}
        """Of every text that was spoken."""
        self._clips: Mapping[str, Clip] = {}
        """By spoken text; replaced, never changed."""
        self._wanted = 0
        self._error: BaseException | None = None
        self._news = threading.Event()
        """A length, or a wish."""
        self._opened = threading.Event()
        self._stopped = threading.Event()
        self._speaker: Speaking | None = None
        self._threads = [
            threading.Thread(target=self._guarded, args=(work,), name=name, daemon=True)
            for name, work in (("speaking", self._speak), ("preparing", self._prepare))
        ]
        self._plan = self._planned({})
        self._counted = 0
        """How many lengths the plan was made from."""

    @property
    def plan(self) -> Plan:
        """The newest plan. What it says of a step that is known never changes."""
        return self._plan

    @property
    def error(self) -> BaseException | None:
        """What went wrong, if anything did; then nothing more is spoken."""
        return self._error

    def start(self) -> None:
        """Begin to speak."""
        for thread in self._threads:
            thread.start()

    def want(self, step: int) -> None:
        """From now on, ``step`` and what follows it comes first."""
        self._wanted = max(0, step)
        self._news.set()

    def clips(self, step: PlannedStep) -> dict[str, Clip] | None:
        """The clips of a step by spoken text; ``None`` as long as one of them is missing."""
        if not step.known:
            return None
        clips = self._clips
        try:
            return {placed.cue.spoken: clips[placed.cue.spoken] for placed in step.cues}
        except KeyError:
            return None

    def close(self) -> None:
        """Stop speaking; free the voice."""
        self._stopped.set()
        self._opened.set()
        self._news.set()
        for thread in self._threads:
            if thread.is_alive():
                thread.join(_LONGEST_CLOSE_S)

    def _guarded(self, work: Callable[[], None]) -> None:
        try:
            work()
        except BaseException as error:  # noqa: BLE001 - whatever it is, the session reports it
            if not self._stopped.is_set():
                self._error = error

    def _speak(self) -> None:
        with self._open_speaker() as speaker:
            self._speaker = speaker
            self._opened.set()
            while not self._stopped.is_set():
                first = self._wanted
                cues = self._missing(first)
                if not cues:
                    break
                for known in speaker.speak(cues, stop=partial(self._elsewhere, first)):
                    self._lengths[known.text] = known.length
                    self._news.set()
            self._stopped.wait()

    def _missing(self, first: int) -> list[Cue]:
        """The cues that have no clip, from step ``first`` on, then those before it."""
        steps = self._plan.steps
        cues = [placed.cue for step in (*steps[first:], *steps[:first]) for placed in step.cues]
        return [cue for cue in cues if cue.spoken not in self._lengths]

    def _elsewhere(self, first: int) -> bool:
        """Whether to stop speaking what was put in order from step ``first`` on."""
        wanted = self._wanted
        skipped = self._plan.steps[min(first, wanted) : max(first, wanted)]
        astray = any(not self._complete(step, self._lengths) for step in skipped)
        return astray or self._stopped.is_set()

    @staticmethod
    def _complete(step: PlannedStep, lengths: Mapping[str, Ms]) -> bool:
        return all(placed.cue.spoken in lengths for placed in step.cues)

    def _prepare(self) -> None:
        self._opened.wait()
        planned_at = 0.0
        rest = _REST_S
        while not self._stopped.is_set():
            late = time.monotonic() - planned_at >= rest
            fresh = len(self._lengths) > self._counted
            if fresh and (late or self._waited_for()):
                began = time.monotonic()
                lengths = dict(self._lengths)
                self._plan, self._counted = self._planned(lengths), len(lengths)
                planned_at = time.monotonic()
                rest = max(_REST_S, 20 * (planned_at - began))
            self._hold_clips()
            stale = len(self._lengths) > self._counted
            self._news.wait(rest if stale else None)
            self._news.clear()

    def _near(self) -> range:
        steps = len(self._plan.steps)
        wanted = min(self._wanted, steps - 1)
        return range(max(0, wanted - _BEHIND), min(steps, wanted + _AHEAD + 1))

    def _waited_for(self) -> bool:
        """Whether a step that is heard soon has become whole since it was planned."""
        steps = (self._plan.steps[at] for at in self._near())
        return any(not step.known and self._complete(step, self._lengths) for step in steps)

    def _hold_clips(self) -> None:
        """Hold the clips around the wanted step, those of the wanted step first."""
        speaker = self._speaker
        if speaker is None:
            return
        steps = self._plan.steps
        near = sorted(self._near(), key=lambda at: (at < self._wanted, at))
        held: dict[str, Clip] = {}
        for step in (steps[at] for at in near if steps[at].known):
            missing = False
            for cue in (placed.cue for placed in step.cues):
                clip = self._clips.get(cue.spoken) or held.get(cue.spoken)
                missing = missing or clip is None
                held[cue.spoken] = clip or speaker.clip(cue)
            if missing:
                self._clips = {**self._clips, **held}
        self._clips = held

    def _planned(self, lengths: Mapping[str, Ms]) -> Plan:
        pace = self._routine.pace

        def length(cue: Cue) -> Ms:
            known = lengths.get(cue.spoken)
            return estimated_length(cue, pace) if known is None else known

        timeline = schedule(self._routine, length, self._sound_lengths, self._spacing)
        mix = Mix(timeline, _no_clip, {}, self._levels)
        return Plan(timeline, mix, self._steps(timeline, lengths))

    def _steps(self, timeline: Timeline, lengths: Mapping[str, Ms]) -> tuple[PlannedStep, ...]:
        cues: list[list[PlacedCue]] = [[] for _ in timeline.steps]
        for cue in timeline.cues:
            cues[cue.step].append(cue)
        sounds: list[list[PlacedSound]] = [[] for _ in timeline.steps]
        for sound in timeline.sounds:
            sounds[sound.step].append(sound)
        beds = [step.step.backdrop for step in timeline.steps]
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
            result.append(
                PlannedStep(
                    ms_to_frames(placed.start),
                    ms_to_frames(words_end),
                    ms_to_frames(max(words_end, following - self._levels.attack)),
                    tuple(cues[at]),
                    tuple(sounds[at]),
                    placed.step.hold is not None and placed.step.hold.until_done,
                    all(cue.cue.spoken in lengths for cue in cues[at]),
                    placed.chapter,
                    words,
                    coming,
                    bed.layers if (bed := beds[at]) else self._routine.ambience,
                    ms_to_frames(beds_from[at]),
                )
            )
            first = at > 0 and timeline.steps[at - 1].chapter != placed.chapter
            coming = timeline.chapters[placed.chapter].title if first else words or coming
        return tuple(reversed(result))


def _no_clip(cue: Cue) -> Clip:
    raise AssertionError(cue)
