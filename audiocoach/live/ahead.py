"""Speaking ahead: what a live session needs next is made ready behind its back.

One thread speaks the cues, from the step that is wanted on. Another schedules the
routine again as lengths become known, and holds the clips of the steps around the one
that is heard. A reader takes what is there and never waits for either.
"""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from functools import partial
from typing import Protocol, TypeAlias

from audiocoach.clips import Clip
from audiocoach.errors import AudiocoachError
from audiocoach.live.plan import Plan, PlannedStep, make_plan
from audiocoach.live.retime import Retimed
from audiocoach.live.status import Times
from audiocoach.mix import Stereo
from audiocoach.presets import Levels
from audiocoach.routine import Cue, Routine
from audiocoach.speech import Spoken
from audiocoach.timeline import CueLength, Spacing, estimated_length
from audiocoach.units import Ms, frames_to_ms


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

Change: TypeAlias = Callable[[Retimed, CueLength], bool]
"""Gives steps more or less time; whether anything changed."""

_BEHIND, _AHEAD = 1, 3
"""Steps around the wanted one whose clips are held."""
_ASKED = 3
"""Clips of answers that are held besides the one that was asked for last."""
_REST_S = 0.3
"""The routine is scheduled again this often at most, if nobody waits for it."""
_LONGEST_CLOSE_S = 3.0
"""A voice may be in the middle of a cue when the session ends."""


class Ahead:
    """Keeps a plan and the clips around one step, in two threads of its own.

    ``plan``, ``clips`` and ``answer`` may be asked at any time, by one reader; they cost
    nothing. ``tempo`` and ``times``: see ``Retimed``. ``answers`` are spoken when there is
    nothing else to say, in this order.
    """

    def __init__(
        self,
        routine: Routine,
        open_speaker: SpeakerSource,
        marks: Mapping[str, Stereo],
        levels: Levels,
        spacing: Spacing | None = None,
        *,
        tempo: int = 100,
        times: Iterable[Times] = (),
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
        self.answers: Sequence[Cue] = ()
        self._asked: tuple[Cue, ...] = ()
        """Answers that are wanted now; replaced, never changed."""
        self._answered: Mapping[str, Clip] = {}
        """Their clips; replaced, never changed."""
        self._mute = False
        """Answers cannot be spoken; the routine can."""
        self._changes: queue.SimpleQueue[tuple[Change, Callable[[bool], None]]]
        self._changes = queue.SimpleQueue()
        self._error: BaseException | None = None
        self._news = threading.Event()
        """A length, a wish or a change."""
        self._work = threading.Event()
        """There may be something to speak."""
        self._stopped = threading.Event()
        self._speaker: Speaking | None = None
        self._threads = [
            threading.Thread(target=self._guarded, args=(work,), name=name, daemon=True)
            for name, work in (("speaking", self._speak), ("preparing", self._prepare))
        ]
        self._retimed = Retimed(routine, self._sound_lengths, self._spacing, tempo)
        self._retimed.pace(0, self._length)
        self._retimed.restore(times)
        self._plan = self._planned({})
        self._counted = 0
        """How many lengths the plan was made from."""

    @property
    def plan(self) -> Plan:
        """The newest plan. What it says inside a step that is known changes only by ``change``."""
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
        self._work.set()

    def change(self, change: Change, told: Callable[[bool], None]) -> None:
        """Change times in the background; then ``told`` hears whether there was anything to do."""
        self._changes.put((change, told))
        self._news.set()

    def ask(self, answer: Cue) -> bool:
        """Speak an answer before everything else; whether that can be."""
        if self._mute:
            return False
        self._asked = (*self._asked[-_ASKED:], answer)
        self._work.set()
        self._news.set()
        return True

    def answer(self, answer: Cue) -> Clip | None:
        """The clip of an answer that was asked for; ``None`` as long as it is not there."""
        return self._answered.get(answer.spoken)

    @property
    def mute(self) -> bool:
        """Whether answers cannot be spoken."""
        return self._mute

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
        self._work.set()
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
            self._news.set()
            while not self._stopped.is_set():
                self._work.clear()
                first, asked = self._wanted, self._asked
                answers = [] if self._mute else self._unspoken(asked)
                cues = answers or self._missing(first)
                if not cues and not self._mute:
                    answers = cues = self._unspoken(self.answers)
                if not cues:
                    self._work.wait()
                    continue
                stop = partial(self._elsewhere, first, asked, idle=cues is answers)
                try:
                    for known in speaker.speak(cues, stop=stop):
                        self._lengths[known.text] = known.length
                        self._news.set()
                except AudiocoachError:
                    if cues is not answers:
                        raise
                    self._mute = True

    def _unspoken(self, cues: Iterable[Cue]) -> list[Cue]:
        return [cue for cue in cues if cue.spoken not in self._lengths]

    def _missing(self, first: int) -> list[Cue]:
        """The cues that have no clip, from step ``first`` on, then those before it."""
        steps = self._plan.steps
        cues = [placed.cue for step in (*steps[first:], *steps[:first]) for placed in step.cues]
        return self._unspoken(cues)

    def _elsewhere(self, first: int, asked: tuple[Cue, ...], *, idle: bool) -> bool:
        """Whether to stop speaking what was put in order from step ``first`` on.

        ``idle``: it is no part of the routine.
        """
        if self._asked is not asked and self._unspoken(self._asked):
            return True
        wanted = self._wanted
        if idle and self._missing(wanted):
            return True
        skipped = self._plan.steps[min(first, wanted) : max(first, wanted)]
        astray = any(not self._complete(step, self._lengths) for step in skipped)
        return astray or self._stopped.is_set()

    @staticmethod
    def _complete(step: PlannedStep, lengths: Mapping[str, Ms]) -> bool:
        return all(placed.cue.spoken in lengths for placed in step.cues)

    def _prepare(self) -> None:
        planned_at = 0.0
        rest = _REST_S
        while not self._stopped.is_set():
            late = time.monotonic() - planned_at >= rest
            fresh = len(self._lengths) > self._counted
            done = self._change()
            if done or (fresh and (late or self._waited_for())):
                began = time.monotonic()
                lengths = dict(self._lengths)
                self._plan, self._counted = self._planned(lengths), len(lengths)
                planned_at = time.monotonic()
                rest = max(_REST_S, 20 * (planned_at - began))
                self._work.set()
            self._hold_clips()
            for told, changed in done:
                told(changed)
            stale = len(self._lengths) > self._counted
            self._news.wait(rest if stale else None)
            self._news.clear()

    def _change(self) -> list[tuple[Callable[[bool], None], bool]]:
        """Make the changes that are wanted; who is to be told what about them."""
        done = []
        for _ in range(self._changes.qsize()):
            change, told = self._changes.get()
            done.append((told, change(self._retimed, self._length)))
        return done

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
        answers = [cue for cue in self._asked if cue.spoken in self._lengths]
        self._answered = {
            cue.spoken: self._answered.get(cue.spoken) or speaker.clip(cue) for cue in answers
        }

    def _planned(self, lengths: Mapping[str, Ms]) -> Plan:
        routine = self._retimed.routine
        plan = make_plan(routine, lengths, self._sound_lengths, self._levels, self._spacing)
        return replace(plan, times=self._retimed.times)

    def _length(self, cue: Cue) -> Ms:
        known = self._lengths.get(cue.spoken)
        return estimated_length(cue, self._routine.pace) if known is None else known
