"""The timeline: when each cue, sound, step and chapter of a routine begins and ends.

Pure: lengths come in as plain numbers, times go out as whole milliseconds from the
start. Two cues never overlap and none is dropped; what had to move or grow is told in
``Timeline.notices``.
"""

from __future__ import annotations

from bisect import bisect_right, insort
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from audiocoach.routine import (
    Anchor,
    Beat,
    Beats,
    Break,
    Chapter,
    Cue,
    Pace,
    Part,
    Phase,
    Place,
    Routine,
    Sound,
    Step,
)
from audiocoach.units import Ms, format_duration

CueLength = Callable[[Cue], Ms]
"""How long a cue lasts: measured on its clip, or estimated."""


@dataclass(frozen=True, slots=True)
class Spacing:
    """The silences that an author need not write."""

    lead_in: Ms = 4_000
    """From the start to the first word. Phones and Bluetooth swallow the first moments."""
    cue_gap: Ms = 300
    """Least time between two cues."""
    step_gap: Ms = 900
    """After a step that ends with its last word; a written time is kept exactly."""
    chapter_gap: Ms = 1_500
    """Between chapters."""
    ring: Ms = 2_500
    """Words after a sound wait this long at most, while it rings on."""
    tail: Ms = 8_000
    """From the end of the last step to the end of the routine."""


@dataclass(frozen=True, slots=True)
class PlacedCue:
    """A cue and when it sounds."""

    start: Ms
    end: Ms
    cue: Cue
    step: int
    """Index into ``Timeline.steps``."""


@dataclass(frozen=True, slots=True)
class PlacedSound:
    """A sound from the bank and when it sounds; words may begin before its end."""

    start: Ms
    end: Ms
    sound: Sound
    step: int


@dataclass(frozen=True, slots=True)
class PlacedBreath:
    """A part of a breath with which the bed swells or falls."""

    start: Ms
    end: Ms
    phase: Phase


@dataclass(frozen=True, slots=True)
class PlacedStep:
    """A step and its span, working time included."""

    start: Ms
    end: Ms
    step: Step
    chapter: int
    """Index into ``Timeline.chapters``."""


@dataclass(frozen=True, slots=True)
class PlacedChapter:
    """A chapter and its span; chapters follow each other without a gap."""

    start: Ms
    end: Ms
    title: str


@dataclass(frozen=True, slots=True)
class Notice:
    """Something that was not possible as written, and what was done instead."""

    place: Place
    message: str


@dataclass(frozen=True, slots=True)
class Timeline:
    """A whole routine in time; every tuple is in order of ``start``."""

    length: Ms
    chapters: tuple[PlacedChapter, ...]
    steps: tuple[PlacedStep, ...]
    cues: tuple[PlacedCue, ...]
    sounds: tuple[PlacedSound, ...]
    notices: tuple[Notice, ...]
    breaths: tuple[PlacedBreath, ...] = ()


def schedule(
    routine: Routine,
    cue_length: CueLength,
    sound_lengths: Mapping[str, Ms],
    spacing: Spacing | None = None,
) -> Timeline:
    """Place everything in ``routine``.

    ``sound_lengths`` holds the length of each sound by its name. A later step never moves
    an earlier one, so a timeline stays true up to the first cue whose length was a guess.
    """
    return _Scheduler(cue_length, sound_lengths, spacing or Spacing()).run(routine)


def estimated_length(cue: Cue, pace: Pace) -> Ms:
    """How long a voice will take for a cue, without speaking it.

    The constants were fitted to the neural voice that the extra ``neural`` brings
    (``benchmarks/estimates.py``).
    """
    start, letter, pause = _ESTIMATE[pace]
    return round(start + letter * len(cue.words) + pause * pauses(cue.words))


def pauses(text: str) -> float:
    """How often a voice rests within a text: at the ends of sentences; a comma counts less."""
    sentences = sum(text.count(mark) for mark in ".!?:;")
    return max(0, sentences - 1) + 0.3 * text.count(",")


_ESTIMATE: dict[Pace, tuple[float, float, float]] = {
    Pace.CALM: (217.0, 66.6, 863.0),
    Pace.NORMAL: (228.0, 54.9, 650.0),
    Pace.BRISK: (205.0, 49.0, 487.0),
}
"""Milliseconds for each cue, each letter of it, and each rest within it."""


class _Scheduler:
    def __init__(
        self, cue_length: CueLength, sound_lengths: Mapping[str, Ms], spacing: Spacing
    ) -> None:
        self._cue_length = cue_length
        self._sound_lengths = sound_lengths
        self._spacing = spacing
        self._chapters: list[PlacedChapter] = []
        self._steps: list[PlacedStep] = []
        self._cues: list[PlacedCue] = []
        self._sounds: list[PlacedSound] = []
        self._breaths: list[PlacedBreath] = []
        self._notices: list[Notice] = []
        self._turns: dict[Place, int] = {}
        """How often each ``every`` list of the script was said, so that it goes on in loops."""

    def run(self, routine: Routine) -> Timeline:
        now = 0
        for chapter in routine.chapters:
            now = self._place_chapter(chapter, now)
        length = now + self._spacing.tail
        last = self._chapters[-1]
        self._chapters[-1] = PlacedChapter(last.start, length, last.title)
        return Timeline(
            length,
            tuple(self._chapters),
            tuple(self._steps),
            tuple(sorted(self._cues, key=lambda cue: cue.start)),
            tuple(sorted(self._sounds, key=lambda sound: sound.start)),
            tuple(dict.fromkeys(self._notices)),
            tuple(sorted(self._breaths, key=lambda breath: breath.start)),
        )

    def _place_chapter(self, chapter: Chapter, start: Ms) -> Ms:
        now = start + (self._spacing.chapter_gap if self._chapters else self._spacing.lead_in)
        index = len(self._chapters)
        for number, step in enumerate(chapter.steps):
            end = self._place_step(step, now)
            self._steps.append(PlacedStep(now, end, step, index))
            timed = step.hold is not None or isinstance(step.parts[-1], Break | Beats)
            more = number + 1 < len(chapter.steps)
            now = end if timed or not more else end + self._spacing.step_gap
        self._chapters.append(PlacedChapter(start, now, chapter.title))
        return now

    def _place_step(self, step: Step, start: Ms) -> Ms:
        """Place all of a step; the result is when it ends."""
        first, end = self._first_word(step.parts, start), self._place_parts(step.parts, start)
        hold = step.hold
        if hold is None:
            return end
        if hold.until_done:
            return end + hold.length
        planned = first + hold.length
        if end > planned:
            self._notices.append(
                Notice(
                    hold.place,
                    f"the words last {format_duration(_tenths(end - first))}, longer than the "
                    f"{format_duration(hold.length)} of the step, which grows",
                )
            )
        last = self._place_timed(step, first, end, planned)
        if last > max(planned, end):
            self._notices.append(
                Notice(
                    hold.place,
                    f"the step grows by {format_duration(_tenths(last - planned))} for its "
                    "last cue",
                )
            )
        return max(planned, end, last)

    def _first_word(self, parts: tuple[Part, ...], start: Ms) -> Ms:
        """When the first cue of a step begins; its start where it has none."""
        for at, part in enumerate(parts):
            if isinstance(part, Cue | Beats):
                return start + self._length(parts[:at]) + self._gap_before(parts, at)
        return start

    def _gap_before(self, parts: tuple[Part, ...], at: int) -> Ms:
        """The gap that keeps a cue from the cue right before it; a beat is long enough."""
        close = at > 0 and isinstance(parts[at], Cue | Beats) and isinstance(parts[at - 1], Cue)
        return self._spacing.cue_gap if close else 0

    def _length(self, parts: tuple[Part, ...]) -> Ms:
        """How long parts take one after the other, up to where words may follow."""
        return sum(
            self._gap_before(parts, at) + self._part_length(part) for at, part in enumerate(parts)
        )

    def _part_length(self, part: Part) -> Ms:
        match part:
            case Cue():
                return self._cue_length(part)
            case Break():
                return part.length
            case Beats():
                return sum(map(self._beat_length, part.beats))
            case Sound():
                return min(self._sound_lengths[part.name], self._spacing.ring)

    def _beat_length(self, beat: Beat) -> Ms:
        """As written, or as long as its words where they take longer."""
        return max(beat.length, self._cue_length(beat.cue) if beat.cue else 0)

    def _place_parts(self, parts: tuple[Part, ...], start: Ms) -> Ms:
        now = start
        step = len(self._steps)
        for at, part in enumerate(parts):
            now += self._gap_before(parts, at)
            end = now + self._part_length(part)
            match part:
                case Cue():
                    self._cues.append(PlacedCue(now, end, part, step))
                case Sound():
                    rings = now + self._sound_lengths[part.name]
                    self._sounds.append(PlacedSound(now, rings, part, step))
                case Beats():
                    self._place_beats(part, now)
                case Break():
                    pass
            now = end
        return now

    def _place_beats(self, part: Beats, start: Ms) -> None:
        now = start
        step = len(self._steps)
        for beat in part.beats:
            end = now + self._beat_length(beat)
            if beat.cue:
                word = PlacedCue(now, now + self._cue_length(beat.cue), beat.cue, step)
                self._cues.append(word)
            if beat.phase and part.swell:
                self._breaths.append(PlacedBreath(now, end, beat.phase))
            now = end
        late = now - start - part.length
        if late:
            self._notices.append(
                Notice(
                    part.place,
                    "some of its words last longer than their beats, which grow: by "
                    f"{format_duration(late)} in all",
                )
            )

    def _place_timed(self, step: Step, first: Ms, spoken: Ms, planned: Ms) -> Ms:
        """Place the timed cues of a step; the result is when the last of them ends.

        Those with one fixed time come first; ``every`` fills what they leave.
        """
        busy: list[tuple[Ms, Ms]] = [(first, spoken)]
        fixed, repeated = [], []
        for timed in step.timed:
            if timed.anchor is Anchor.EVERY:
                turn = self._turns.get(timed.place, 0)
                for time in range(first + timed.time, planned, timed.time):
                    repeated.append((time, timed, timed.texts[turn % len(timed.texts)]))
                    turn += 1
                self._turns[timed.place] = turn
            else:
                time = {
                    Anchor.AT: first + timed.time,
                    Anchor.HALF: first + (planned - first) // 2,
                    Anchor.LEFT: max(first, planned - timed.time),
                }[timed.anchor]
                fixed.append((time, timed, timed.texts[0]))
        last = 0
        for group in (fixed, repeated):
            for wanted, timed, parts in sorted(group, key=lambda entry: entry[0]):
                length = self._length(parts)
                start = self._free(busy, wanted, length)
                if start > wanted:
                    self._notices.append(
                        Notice(
                            timed.place,
                            f"the cue at {format_duration(wanted - first)} would collide; it "
                            f"moves to {format_duration(_tenths(start - first))}",
                        )
                    )
                insort(busy, (start, start + length))
                last = max(last, self._place_parts(parts, start))
        return last

    def _free(self, busy: list[tuple[Ms, Ms]], wanted: Ms, length: Ms) -> Ms:
        """The first moment from ``wanted`` on at which ``length`` is free, with gaps around."""
        gap = self._spacing.cue_gap
        start = wanted
        after = bisect_right(busy, wanted - gap, key=lambda span: span[1])
        for taken_start, taken_end in busy[after:]:
            if taken_start >= start + length + gap:
                break
            start = max(start, taken_end + gap)
        return start


def _tenths(length: Ms) -> Ms:
    return round(length, -2)
