"""More or less time for a step while it is heard, and for all that comes. Pure.

Words stay as they are, and whatever is still to be said is said: a step never gets so short
that something in it would have to be said earlier than now.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from audiocoach.fit import HeldStep
from audiocoach.live.plan import numbered
from audiocoach.live.status import Times
from audiocoach.routine import Anchor, Beats, Break, Chapter, Cue, Hold, Part, Phase, Routine, Step
from audiocoach.timeline import CueLength, Spacing, Timeline, schedule
from audiocoach.units import SECOND, Ms

TEMPOS = (25, 32, 40, 50, 63, 80, 100, 125, 160, 200, 250, 320, 400)
"""Percent of the written breaks and working times: the preferred numbers R10 of ISO 3, between
the bounds of ``fit``."""

_SOON: Ms = SECOND
"""What moves is not said earlier than this from now: time to make the new plan."""
_TRIES = 60
_FEW_TRIES = 8


class Retimed:
    """The steps of a routine as a listener wants them by now; counted over all chapters."""

    def __init__(
        self, routine: Routine, sound_lengths: Mapping[str, Ms], spacing: Spacing, tempo: int = 100
    ) -> None:
        """``tempo`` is in percent of the written times, for all of it."""
        self._written = routine
        self._steps = [step for chapter in routine.chapters for step in chapter.steps]
        self._as_written = tuple(self._steps)
        self._tempo = tempo
        self._tempos = [100] * len(self._steps)
        self._own: set[int] = set()
        """Steps that have other times than their tempo gives them."""
        self._sound_lengths = sound_lengths
        self._bare = replace(spacing, lead_in=0, step_gap=0, chapter_gap=0, tail=0)

    @property
    def routine(self) -> Routine:
        """The routine with the steps of now."""
        steps = iter(self._steps)
        chapters = tuple(
            replace(chapter, steps=tuple(next(steps) for _ in chapter.steps))
            for chapter in self._written.chapters
        )
        return replace(self._written, chapters=chapters)

    @property
    def times(self) -> tuple[Times, ...]:
        """Of the steps whose times are their own, to be restored later."""
        return tuple(_times(at, self._steps[at]) for at in sorted(self._own))

    def restore(self, times: Iterable[Times]) -> None:
        """Give steps the times that they had; a step that these do not fit stays as it is."""
        for each in times:
            if 0 <= each.step < len(self._steps):
                before = self._steps[each.step]
                restored = _restored(before, each)
                self._steps[each.step] = restored
                if restored != before:
                    self._own.add(each.step)

    def pace(self, at: int, cue_length: CueLength) -> bool:
        """Give the steps from ``at`` on the tempo of now; whether any of them changes."""
        late = [n for n in range(at, len(self._steps)) if self._tempos[n] != self._tempo]
        for number in late:
            self._steps[number] = self._paced(self._as_written[number], self._tempo, cue_length)
            self._tempos[number] = self._tempo
            self._own.discard(number)
        return bool(late)

    def change_tempo(self, tempo: int, at: int, elapsed: Ms, cue_length: CueLength) -> bool:
        """Give what is left of step ``at``, of which ``elapsed`` was heard, and all after it."""
        before, self._tempo = self._tempo, tempo
        if 0 <= at < len(self._steps):
            step = self._steps[at]
            self._steps[at] = self._rest_paced(step, elapsed, tempo / before, cue_length)
            self._tempos[at] = tempo
            self._own.add(at)
        self.pace(max(0, at + 1), cue_length)
        return True

    def change(self, at: int, elapsed: Ms, more: Ms, cue_length: CueLength) -> bool:
        """Make step ``at`` longer by ``more``, or shorter; whether that was possible."""
        if not 0 <= at < len(self._steps):
            return False
        step = self._steps[at]
        hold = step.hold
        if hold is None:
            changed = self._with_parts(step, elapsed, more, cue_length)
        elif hold.until_done:
            changed = replace(step, hold=replace(hold, length=max(0, hold.length + more)))
        else:
            changed = self._held(step, hold, hold.length + more, elapsed, cue_length)
        self._steps[at] = changed
        if changed != step:
            self._own.add(at)
        return changed != step

    def _alone(self, step: Step, cue_length: CueLength) -> Timeline:
        """A step on a timeline of its own."""
        chapter = Chapter("", (step,), step.place)
        routine = replace(self._written, chapters=(chapter,))
        return schedule(routine, cue_length, self._sound_lengths, self._bare)

    def _held_step(self, step: Step, hold: Hold, cue_length: CueLength) -> HeldStep:
        return HeldStep(step, hold, lambda alone: self._alone(alone, cue_length))

    # A step from its beginning on

    def _paced(self, step: Step, tempo: int, cue_length: CueLength) -> Step:
        hold = step.hold
        if hold is None or hold.until_done:
            scaled = tuple(_scaled_break(part, tempo) for part in step.parts)
            if hold is not None and not hold.protected:
                hold = replace(hold, length=hold.length * tempo // 100)
            return replace(step, parts=scaled, hold=hold)
        held = self._held_step(step, hold, cue_length)
        working = hold.length - held.words
        if hold.protected or working <= 0:
            return step
        wanted = _bounded(hold, held.words + working * tempo // 100)
        less = max(0, hold.length - wanted)
        for tried in range(_FEW_TRIES):
            length = wanted + less * tried // _FEW_TRIES
            if length > hold.length or held.holds(length):
                return replace(step, hold=replace(hold, length=length))
        return step

    # A step that is being heard

    def _rest_paced(self, step: Step, elapsed: Ms, ratio: float, cue_length: CueLength) -> Step:
        hold = step.hold
        if hold is None or hold.until_done:
            begins = self._begins(step, cue_length)
            parts = list(step.parts)
            for at, part in enumerate(parts):
                if isinstance(part, Break) and not part.protected:
                    rest = max(0, min(part.length, begins[at] + part.length - elapsed))
                    parts[at] = replace(part, length=part.length + round(rest * (ratio - 1)))
            return replace(step, parts=tuple(parts))
        if hold.protected:
            return step
        lead = self._held_step(step, hold, cue_length).lead
        rest = max(0, min(hold.length, lead + hold.length - elapsed))
        wanted = _bounded(hold, hold.length + round(rest * (ratio - 1)))
        return self._held(step, hold, wanted, elapsed, cue_length)

    def _held(self, step: Step, hold: Hold, wanted: Ms, elapsed: Ms, cue_length: CueLength) -> Step:
        """With a hold of that length, or of the nearest that leaves time for what is to come."""
        less = hold.length - wanted
        before = self._alone(step, cue_length)
        for length in range(wanted, hold.length, max(SECOND, less // _TRIES)):
            tried = replace(step, hold=replace(hold, length=max(0, length)))
            if self._keeps(step, before, self._alone(tried, cue_length), elapsed):
                return tried
        return replace(step, hold=replace(hold, length=wanted)) if less < 0 else step

    @staticmethod
    def _keeps(step: Step, before: Timeline, after: Timeline, elapsed: Ms) -> bool:
        """Whether nothing that is still to be said moves to where it could not be."""
        starts = {key: thing.start for key, thing in numbered((*before.sounds, *before.cues))}
        taken = _said_in_turn(step)
        for key, thing in numbered((*after.sounds, *after.cues)):
            start = starts.get(key, elapsed)
            moved = thing.start != start and start > elapsed and key[0] not in taken
            if moved and thing.start < elapsed + _SOON:
                return False
        return after.steps[0].end >= elapsed + _SOON

    def _begins(self, step: Step, cue_length: CueLength) -> list[Ms]:
        """When each part of a step begins, and at last when all of them end."""
        begins: list[Ms] = [0]
        for count in range(1, len(step.parts) + 1):
            first = replace(step, parts=step.parts[:count], hold=None, timed=())
            begins.append(self._alone(first, cue_length).steps[0].end)
        return begins

    def _with_parts(self, step: Step, elapsed: Ms, more: Ms, cue_length: CueLength) -> Step:
        """The break or the beats that are heard or come next take more time, or less."""
        begins = self._begins(step, cue_length)
        parts = list(step.parts)
        for at, part in enumerate(parts):
            if begins[at + 1] <= elapsed:
                continue
            heard = max(0, elapsed - begins[at])
            if isinstance(part, Break):
                length = max(min(part.length, heard), part.length + more)
                parts[at] = replace(part, length=length)
                return replace(step, parts=tuple(parts))
            if isinstance(part, Beats):
                parts[at] = _more_beats(part, heard, more)
                return replace(step, parts=tuple(parts))
        if more > 0:
            parts.append(Break(more, step.place))
        return replace(step, parts=tuple(parts))


def _times(at: int, step: Step) -> Times:
    parts = (
        part.length
        if isinstance(part, Break)
        else len(part.beats)
        if isinstance(part, Beats)
        else None
        for part in step.parts
    )
    return Times(at, step.hold.length if step.hold else None, tuple(parts))


def _restored(step: Step, times: Times) -> Step:
    """A step with times that were kept; as it is where they are those of another one."""
    parts: list[Part] = list(step.parts)
    if len(times.parts) == len(parts) + 1:  # a break that the listener has added
        parts.append(Break(0, step.place))
    if len(times.parts) != len(parts) or (step.hold is None) != (times.hold is None):
        return step
    for at, (part, kept) in enumerate(zip(parts, times.parts, strict=True)):
        if isinstance(part, Break) and kept is not None:
            parts[at] = replace(part, length=kept)
        elif isinstance(part, Beats) and kept:
            parts[at] = _counted(part, kept)
        elif kept is not None:
            return step
    hold = step.hold
    if hold is not None and times.hold is not None:
        hold = replace(hold, length=times.hold)
    return replace(step, parts=tuple(parts), hold=hold)


def _scaled_break(part: Part, tempo: int) -> Part:
    if isinstance(part, Break) and not part.protected:
        return replace(part, length=part.length * tempo // 100)
    return part


def _bounded(hold: Hold, length: Ms) -> Ms:
    """Within the bounds that the script gives, if it does."""
    if hold.shortest is None or hold.longest is None:
        return length
    return max(hold.shortest, min(hold.longest, length))


def _said_in_turn(step: Step) -> frozenset[object]:
    """What is said again and again, as often as there is time for it."""
    return frozenset(
        part
        for timed in step.timed
        if timed.anchor is Anchor.EVERY
        for text in timed.texts
        for part in text
        if isinstance(part, Cue)
    )


def _rounds(part: Beats) -> list[int]:
    """Where its breaths begin; a count has one beginning."""
    return [at for at, beat in enumerate(part.beats) if beat.phase is Phase.IN] or [0]


def _counted(part: Beats, count: int) -> Beats:
    """The first so many beats; the last breath or count again where there are fewer."""
    last = part.beats[_rounds(part)[-1] :]
    times = max(0, -(-(count - len(part.beats)) // len(last)))
    return replace(part, beats=(part.beats + last * times)[:count])


def _more_beats(part: Beats, heard: Ms, more: Ms) -> Beats:
    """So many whole breaths or counts more that they last about ``more``; or less."""
    beats = part.beats
    starts = _rounds(part)
    last = beats[starts[-1] :]
    length = sum(beat.length for beat in last)
    times = max(1, round(abs(more) / length))
    if more > 0:
        return replace(part, beats=beats + last * times)
    ends = [sum(beat.length for beat in beats[:at]) for at in starts]
    kept = [at for at, end in zip(starts, ends, strict=True) if at and end >= heard]
    if not kept:
        return part
    return replace(part, beats=beats[: kept[max(0, len(kept) - times)]])
