"""Where a session is in its plan, and what lets it go on there."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping

from audiocoach.clips import Clip
from audiocoach.live.ahead import Ahead
from audiocoach.live.plan import Key, Plan, PlannedStep, left_cues
from audiocoach.live.status import Where
from audiocoach.timeline import PlacedCue, PlacedSound
from audiocoach.units import Frames, Ms, frames_to_ms, ms_to_frames

_SLACK: Frames = 2
"""By so much the beginnings and ends of words are rounded."""


class Playhead:
    """A step and an offset inside it: true also when the steps before it turn out longer.

    It stops before a step whose clips are not ready, and after one that waits for the
    listener, if ``interactive``.
    """

    def __init__(self, ahead: Ahead, run_up: Ms, *, interactive: bool) -> None:
        self._ahead = ahead
        self._interactive = interactive
        self._run_up = ms_to_frames(run_up)
        """A step is entered this long before its start, so that the bed can sink."""
        self._plan = ahead.plan
        self._at = -1
        """-1 before the first step, ``len(plan.steps)`` after the last."""
        self._offset: Frames = 0
        """Of what is heard next, from the step's start; negative in its run-up."""
        self._not_before: Frames = 0
        """What begins before this offset was heard already, or is skipped."""
        self._heard: set[Key] = set()
        """What was heard of the step before its times changed."""
        self._begin_with: Where | None = None
        """Where in the step to begin, once its clips are ready."""
        self._clips: Mapping[str, Clip] | None = {}
        """Of the step; ``None`` as long as they are not ready."""

    # Where it is

    @property
    def plan(self) -> Plan:
        """The plan it moves in."""
        return self._plan

    @property
    def at(self) -> int:
        """The index of the step it is in: -1 before the first, their number after the last."""
        return self._at

    @property
    def step(self) -> PlannedStep | None:
        """The step it is in; ``None`` before the first and after the last."""
        return self._plan.steps[self._at] if 0 <= self._at < len(self._plan.steps) else None

    @property
    def elapsed(self) -> Ms:
        """From the step's start."""
        return frames_to_ms(self._offset)

    def where(self, unsaid: Key | None) -> Where:
        """From where the routine can be gone on with.

        ``unsaid``: the words that are being said or were cut, which begin again then.
        """
        if self._begin_with is not None:
            return self._begin_with
        step = self.step
        if step is None:
            return Where(max(0, self._at))
        now = max(self._offset, self._not_before)
        offset, said = now, 0
        for key, placed, begins in step.begins:
            if not isinstance(placed, PlacedCue):
                continue
            if begins < now or (self._heard and key in self._heard):
                if key == unsaid:
                    offset = min(offset, begins)
                else:
                    said += 1
        return Where(self._at, max(0, frames_to_ms(offset)), said)

    @property
    def now(self) -> Frames:
        """The frame of the timeline that is heard next."""
        return self._start(self._at) + self._offset

    @property
    def position(self) -> Ms:
        """The same in time."""
        return frames_to_ms(self.now)

    @property
    def over(self) -> bool:
        """Whether all of the timeline was heard."""
        return self.after_all and self.now >= self._plan.length

    @property
    def after_all(self) -> bool:
        """Whether it is after the last step."""
        return self._at == len(self._plan.steps)

    @property
    def until_done(self) -> bool:
        """Whether it is in a step that the listener ends."""
        return self._interactive and self.step is not None and self.step.until_done

    @property
    def waits_for_listener(self) -> bool:
        """Whether such a step has said all it has to say."""
        step = self.step
        if step is None or self._clips is None or not self.until_done:
            return False
        return self._offset >= step.words_end - step.start

    @property
    def waits_for_speech(self) -> bool:
        """Whether it stands before a step whose words are not spoken yet."""
        return self._clips is None and self._offset >= -self._run_up

    @property
    def step_left(self) -> Frames:
        """Until the next step begins, or the end; 0 where the listener ends this one."""
        if self.until_done:
            return 0
        following = self._plan.length if self.after_all else self._start(self._at + 1)
        return max(0, following - self.now)

    @property
    def coming(self) -> str:
        """The first words of the next step, or the title of the next chapter."""
        if self._at < 0:
            return self._plan.steps[0].words
        return self.step.coming if self.step else ""

    def ambience(self, count: Frames) -> tuple[str, Frames] | None:
        """The bed that is heard or begins in the next ``count`` frames, and in how many of them.

        That of the next step begins with its chapter, unless the listener is waited for.
        ``None``: whatever was heard before goes on.
        """
        nearest = self._at + (0 if self.until_done else 1)
        for step in reversed(self._plan.steps[max(0, self._at) : nearest + 1]):
            begins = step.bed_from - self.now
            if begins < max(1, count):
                return step.ambience, max(0, begins)
        return None

    def clip(self, spoken: str) -> Clip:
        """A clip of the step it is in; raises ``KeyError`` if there is none."""
        return (self._clips or {})[spoken]

    # Going elsewhere

    def follow(self, plan: Plan) -> None:
        """Move to the same place in a newer plan, in which the step may have other times.

        What was heard is not said again, unless it tells how much time is left. What should
        have been said already is said next.
        """
        if plan is self._plan:
            return
        before = self.step
        self._plan = plan
        after = self.step
        if before is None or after is None or after.step is before.step:
            return
        now = max(self._offset, self._not_before)
        heard = self._heard | {key for key, _, offset in before.begins if offset < now}
        left = left_cues(after.step)
        self._heard = {
            key
            for key, _, offset in after.begins
            if key in heard and (key[0] not in left or offset < now + self._run_up)
        }
        missed = [
            offset for key, _, offset in after.begins if key not in self._heard and offset < now
        ]
        self._offset = min([self._offset, *missed])
        self._not_before = self._offset
        self._clips = None

    def begin_at(self, where: Where, lead: Ms) -> None:
        """Begin elsewhere than with the first step, ``lead`` before that place."""
        self._enter(min(where.step, len(self._plan.steps) - 1), -ms_to_frames(lead))
        self._begin_with = where

    def next(self) -> None:
        """Go to the next step, or to the end; that one is not left."""
        if not self.after_all:
            self._go(self._at + 1)

    def previous(self) -> None:
        """Go to the step before this one."""
        self._go(self._at - 1)

    def repeat(self) -> None:
        """Go to the beginning of this step, or of the last one that was heard."""
        self._go(min(self._at, len(self._plan.steps) - 1))

    def go_to_chapter(self, number: int) -> None:
        """Go to the first step of a chapter, or of the nearest one that there is."""
        number = max(0, min(number, len(self._plan.chapters) - 1))
        self._go(next(at for at, step in enumerate(self._plan.steps) if step.chapter == number))

    def skip(self, time: Ms) -> None:
        """Go on or back by a time, but not past a step that waits for the listener.

        Words in the middle of which that would be begin again.
        """
        ahead = time > 0
        if ahead and self.waits_for_listener:
            self.next()
            return
        steps = self._plan.steps
        target = max(0, min(self.now + ms_to_frames(time), self._plan.length))
        at = bisect_right(steps, target, key=lambda step: step.start) - 1
        if at == len(steps) - 1 and target >= self._plan.end:
            at += 1
        if ahead and self._interactive:
            waiting = (n for n in range(max(0, self._at), at) if steps[n].until_done)
            at = next(waiting, at)
        offset = target - self._start(at)
        if 0 <= at < len(steps):
            offset = self._between_words(at, offset, ahead=ahead)
        self._enter(at, offset)
        if 0 <= at < len(steps):
            self.back_to(offset)

    def _between_words(self, at: int, offset: Frames, *, ahead: bool) -> Frames:
        """The offset in a step, or where the words begin that it would cut."""
        step = self._plan.steps[at]
        if self._interactive and step.until_done:
            offset = min(offset, step.words_end - step.start)
        for cue in step.cues:
            begins, ends = (ms_to_frames(t) - step.start for t in (cue.start, cue.end))
            if begins < offset < ends:
                heard = at == self._at and self._offset >= begins
                return ends if ahead and heard else begins
        return offset

    def back_to(self, offset: Frames) -> None:
        """Go to just before an offset inside the step."""
        self._offset = offset - self._run_up
        self._not_before = offset

    def say_again(self, at: int, cue: Key) -> None:
        """Go to just before a cue in a step, unless it comes anyway."""
        if not 0 <= at < len(self._plan.steps):
            return
        offset = next((o for key, _, o in self._plan.steps[at].begins if key == cue), None)
        if at != self._at:
            self._enter(at, offset or 0)
        self._heard.discard(cue)
        if offset is not None and offset <= max(self._offset, self._not_before):
            self.back_to(offset)

    # Going on

    def stretch(self, most: Frames, speaking: Frames = 0) -> Frames:
        """How many frames it runs on now, at most ``most``; 0 where it stands.

        ``speaking``: for so many frames something is being said, and no words begin.
        """
        while True:
            ready = self._has_clips()
            left = (self._limit if ready else self._start(self._at) - self._run_up) - self.now
            if left > 0:
                return min(most, left, self._until_words(speaking))
            if not ready or self.after_all or self.until_done:
                return 0
            self._enter(self._at + 1, min(0, self.now - self._start(self._at + 1)))

    def begins(self, count: Frames) -> Iterator[tuple[Key, PlacedCue | PlacedSound, Frames]]:
        """What begins in the next ``count`` frames, and at which offset."""
        if self.step is None:
            return
        for key, placed, offset in self.step.begins:
            due = max(self._offset, self._not_before) <= offset < self._offset + count
            if due and (not self._heard or key not in self._heard):
                yield key, placed, offset

    def since(self, offset: Frames) -> Frames:
        """Frames from an offset inside the step to what is heard next."""
        return self._offset - offset

    def advance(self, count: Frames) -> None:
        """Let ``count`` frames, no more than ``stretch`` said, go by."""
        self._offset += count

    @property
    def _limit(self) -> Frames:
        """Up to where the step's own time runs."""
        if self._at < 0:
            return self._plan.steps[0].start - self._run_up
        return self._plan.length if self.after_all else self._plan.steps[self._at].gate

    def _until_words(self, speaking: Frames) -> Frames:
        """Frames until words begin, if they begin while something else is being said."""
        if speaking > _SLACK:
            for _, placed, offset in self.begins(speaking - _SLACK):
                if isinstance(placed, PlacedCue):
                    return offset - self._offset
        return self._plan.length

    def _start(self, at: int) -> Frames:
        """Where a step starts, in the plan of now."""
        if at < 0:
            return 0
        return self._plan.steps[at].start if at < len(self._plan.steps) else self._plan.end

    def _go(self, at: int) -> None:
        at = max(0, min(at, len(self._plan.steps)))
        self._enter(at, 0 if at == len(self._plan.steps) else -self._run_up)

    def _enter(self, at: int, offset: Frames) -> None:
        self._at, self._offset, self._not_before = at, offset, offset
        self._heard, self._begin_with = set(), None
        self._clips = None
        self._ahead.want(at)

    def _has_clips(self) -> bool:
        if self._clips is None:
            self._clips = self._ahead.clips(self.step) if self.step else {}
            if self._clips is not None and self._begin_with and self.step:
                self._begin_in(self.step, self._begin_with)
        return self._clips is not None

    def _begin_in(self, step: PlannedStep, where: Where) -> None:
        """Begin in the middle of a step: with the first words that were not said before."""
        last = (step.words_end if self.until_done else step.gate) - step.start
        offset = min(ms_to_frames(where.offset), last)
        for number, cue in enumerate(step.cues):
            begins = ms_to_frames(cue.start) - step.start
            if number < where.said:
                self._heard |= {key for key, placed, _ in step.begins if placed is cue}
            else:
                offset = min(offset, begins)
        self._begin_with = None
        self._offset += offset
        self._not_before = offset
