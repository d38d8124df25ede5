"""The live session: what is heard, and what the listener does to it.

A session is read from like a file of sound that never blocks. It knows nothing of
devices, keys or screens: one thread reads, any thread gives commands and looks at the
status. The bed goes on whatever the timeline does.
"""

from __future__ import annotations

import queue
from collections import deque
from collections.abc import Callable, Mapping
from functools import partial

import numpy as np

from audiocoach.ambience import Ambience
from audiocoach.limiter import LATENCY, Limiter
from audiocoach.live.ahead import Ahead, SpeakerSource
from audiocoach.live.playhead import Playhead
from audiocoach.live.sounding import NOTHING, ONE, Gain, Glide, Sounding, alone
from audiocoach.live.status import Command, Earcon, Heard, State, Status
from audiocoach.live.unheard import Unheard
from audiocoach.mix import Stereo, bed_gain, fade
from audiocoach.presets import Levels
from audiocoach.routine import Routine
from audiocoach.timeline import PlacedCue, Spacing
from audiocoach.units import Db, Frames, Ms, db_to_gain, frames_to_ms, ms_to_frames

VOLUMES = (5, 6, 8, 10, 13, 16, 20, 25, 32, 40, 50, 63, 80, 100, 125, 160, 200)
"""Percent, in steps of 2 dB (the preferred numbers R10 of ISO 3)."""

_TURN: Ms = 80
"""A new volume is reached in this time."""
_QUIT: Ms = 1_500
"""Everything fades in this time when the listener leaves."""
_SKIP: Ms = 15_000
_ATTENDING: Db = -9.0
"""The bed while a command is awaited, against the bed between cues."""
_ATTEND, _IGNORE = 250, 900
"""The bed sinks and rises in these times then."""
_FOREVER: Ms = 1 << 40


class Session:
    """A routine that is being heard.

    ``open_speaker`` is called in the background, once the first sound was read; ``marks``
    holds each sound of the routine by name. ``trim`` is added to everything, as in ``Mix``.
    Without ``interactive``, a step that lasts until the listener is done takes its exported
    time. ``first`` is the step to begin with, from 0. ``earcons`` answer the listener, at
    the level at which they shall be heard; one that is not there is silent.

    ``tap`` may be set to a function that gets each block as it goes to the device, in the
    thread that reads.
    """

    def __init__(
        self,
        routine: Routine,
        open_speaker: SpeakerSource,
        bed: Ambience,
        marks: Mapping[str, Stereo],
        *,
        levels: Levels | None = None,
        spacing: Spacing | None = None,
        trim: Db = 0.0,
        volume: int = 100,
        interactive: bool = True,
        first: int = 0,
        earcons: Mapping[Earcon, Stereo] | None = None,
    ) -> None:
        self.tap: Callable[[Stereo], None] | None = None
        self._earcons = earcons or {}
        self._levels = levels or Levels()
        self._bed, self._marks, self._trim = bed, marks, trim
        self._bed_gain = bed_gain(bed, self._levels, trim)
        self._ahead = Ahead(routine, open_speaker, marks, self._levels, spacing)
        self._head = Playhead(self._ahead, self._levels.attack, interactive=interactive)
        if first:
            self._head.begin_at(first, self._levels.fade_in)
        bed.begin((self._head.step or self._head.plan.steps[0]).ambience)
        self._wishes: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        self._limiter = Limiter(self._levels.ceiling)
        self._played: Frames = 0
        """Since the session began."""
        self._silent: Frames = 0
        """Since everything had faded."""
        self._sounding: list[Sounding] = []
        self._answering: list[tuple[Stereo, Frames]] = []
        """The earcons that are heard, and how much of each was."""
        self._attends = False
        self._attention = Glide(1.0, _IGNORE, _ATTEND)
        self._paused = False
        self._unheard = Unheard()
        self._leaving = False
        self._volume = volume
        self._ducking = Glide(1.0, self._levels.release, self._levels.attack)
        self._loudness = Glide(volume / 100, _TURN, _TURN)
        self._bed_volume = 100
        self._bed_loudness = Glide(1.0, _TURN, _TURN)
        self._fading = Glide(1.0, _QUIT, _QUIT)
        self._chapter = (self._head.step or self._head.plan.steps[0]).chapter
        self.chapters = self._head.plan.chapters
        """The titles."""
        self._words = ""
        begun = Heard(max(0, self._head.position), self.chapters[self._chapter], chapter=True)
        self._heard = deque([begun], maxlen=10_000)
        self._status = self._snapshot()

    @property
    def ended(self) -> bool:
        """Whether the last sound was read."""
        return self._status.state is State.ENDED

    @property
    def idle(self) -> bool:
        """Whether it waits for something that takes its time, however fast it is read."""
        return self._status.state in _IDLE

    @property
    def error(self) -> BaseException | None:
        """What ended the session before its time; a ``SpeechError`` where a cue is missing."""
        return self._ahead.error

    @property
    def left(self) -> bool:
        """Whether it ends before its time: the listener has left, or it met an error."""
        return self._leaving

    def do(self, command: Command, *, confirm: bool = False) -> None:
        """Obey at the next read; from any thread.

        ``confirm``: an earcon tells whether it was obeyed.
        """
        self._wishes.put(partial(self._answer, command, confirm=confirm))

    def go_to_chapter(self, number: int) -> None:
        """Go to a chapter, an index into ``chapters``, at the next read; from any thread."""
        self._wishes.put(partial(self._go, partial(self._head.go_to_chapter, number)))

    def confirm(self, earcon: Earcon) -> None:
        """Let an earcon be heard from the next read on; from any thread."""
        self._wishes.put(partial(self._play, earcon))

    def lost(self) -> None:
        """Stand still from the next read on: the output is lost; from any thread."""
        self._wishes.put(self._lose)

    def found(self) -> None:
        """Go on from the next read on: there is an output again; from any thread."""
        self._wishes.put(self._find)

    def status(self) -> Status:
        """The state after the last read; from any thread."""
        return self._status

    def heard(self) -> list[Heard]:
        """What began to be heard since this was asked last; for one thread."""
        return [self._heard.popleft() for _ in range(len(self._heard))]

    def close(self) -> None:
        """Stop speaking ahead, and free the voice."""
        self._ahead.close()

    def read(self, frames: Frames) -> Stereo:
        """The next stretch of sound, shape ``(frames, 2)``; silence after the end.

        ``frames`` is a multiple of 16. Always from the same thread.
        """
        if self.ended:
            return np.zeros((frames, 2), dtype=np.float32)
        self._head.follow(self._ahead.plan)
        self._leaving = self._leaving or self._ahead.error is not None
        for _ in range(self._wishes.qsize()):
            self._wishes.get()()
        out = np.empty((frames, 2), dtype=np.float32)
        filled = 0
        while filled < frames:
            filled += self._fill(out[filled:])
        self._status = self._snapshot()
        if self._played == frames:
            self._ahead.start()
        limited = self._limiter.push(out)
        if self.tap is not None:
            self.tap(limited)
        return limited

    # What the listener wants

    def _answer(self, command: Command, *, confirm: bool) -> None:
        obeyed = not self._leaving and self._obey(command)
        if confirm:
            self._play(Earcon.OBEYED if obeyed else Earcon.UNABLE)

    def _play(self, earcon: Earcon) -> None:
        if earcon in self._earcons:
            self._answering.append((self._earcons[earcon], 0))

    def _obey(self, command: Command) -> bool:
        """Whether there was anything to do."""
        match command:
            case Command.TOGGLE | Command.PAUSE | Command.RESUME:
                return self._hold_or_go_on(command)
            case Command.LOUDER | Command.QUIETER:
                before = self._volume
                self._volume = _turned(before, louder=command is Command.LOUDER)
                return self._volume != before
            case Command.BED_LOUDER | Command.BED_QUIETER:
                before = self._bed_volume
                self._bed_volume = _turned(before, louder=command is Command.BED_LOUDER)
                return self._bed_volume != before
            case Command.ATTEND | Command.IGNORE:
                self._attends = command is Command.ATTEND
                if self._attends:
                    self._play(Earcon.ATTEND)
            case Command.QUIT:
                self._leaving = True
            case Command.DONE:
                if not self._head.until_done:
                    return False
                self._go(self._head.next, done=True)
            case _:
                go = self._ways().get(command)
                if go is None:
                    return False
                self._go(go)
        return True

    def _ways(self) -> dict[Command, Callable[[], None]]:
        """The commands that go elsewhere."""
        head, chapter = self._head, self._chapter
        return {
            Command.NEXT: head.next,
            Command.PREVIOUS: head.previous,
            Command.REPEAT: head.repeat,
            Command.NEXT_CHAPTER: partial(head.go_to_chapter, chapter + 1),
            Command.PREVIOUS_CHAPTER: partial(head.go_to_chapter, chapter - 1),
            Command.SKIP_AHEAD: partial(head.skip, _SKIP),
            Command.SKIP_BACK: partial(head.skip, -_SKIP),
        }

    def _hold_or_go_on(self, command: Command) -> bool:
        if self._unheard.lost and command is Command.TOGGLE:
            return False
        if self._paused:
            if command is Command.PAUSE:
                return False
            self._resume()
        elif command is Command.TOGGLE and self._head.waits_for_listener:
            self._go(self._head.next, done=True)
        elif command is Command.RESUME:
            return False
        else:
            self._pause()
        return True

    def _pause(self) -> None:
        """Stop the timeline; words that are cut begin again when it goes on."""
        self._paused = True
        self._cut()

    def _resume(self) -> None:
        self._paused = False
        if not self._unheard.lost:
            self._go_on()

    def _lose(self) -> None:
        self._cut()
        self._unheard.lose(self._played)

    def _find(self) -> None:
        self._unheard.find()
        if not self._paused:
            self._go_on()

    def _cut(self) -> None:
        for sounding in self._sounding:
            if sounding.is_cue and not sounding.dropped:
                self._unheard.cut((self._head.at, sounding.offset))
                sounding.dropped = True
            sounding.stop()

    def _go_on(self) -> None:
        for sounding in self._sounding:
            sounding.go_on()
        if spot := self._unheard.take():
            self._head.back_to(spot[1], spot[0])

    def _go(self, go: Callable[[], None], *, done: bool = False) -> None:
        """Go elsewhere. What is heard fades; a bell rings on where a step was done."""
        if self._leaving:
            return
        for sounding in self._sounding:
            if sounding.is_cue or not done:
                sounding.dropped = True
                sounding.stop()
            else:
                sounding.go_on()
        self._paused = False
        self._unheard.forget()
        go()
        if self._head.step:
            self._words = self._head.step.words

    # The sound

    def _fill(self, out: Stereo) -> Frames:
        """Fill the first frames of ``out``; returns how many."""
        count = 0 if self._paused or self._unheard.lost else self._head.stretch(len(out))
        runs = count > 0
        out = out[:count] if runs else out
        now = self._head.now
        self._open_chapter()
        if coming := self._head.ambience(count):
            self._bed.turn(coming[0], self._bed.position + coming[1])
        if runs:
            self._begin(count)
        room = self._head.plan.mix.duck(now, len(out)) if runs else ONE
        duck = self._ducking.follow(room, len(out))
        awaiting = np.float32(db_to_gain(_ATTENDING)) if self._attends else ONE
        low = np.minimum(duck, self._attention.follow(awaiting, len(out)))
        low = low * self._bed_loudness.follow(np.float32(self._bed_volume / 100), len(out))
        np.multiply(self._bed.read(len(out)), self._bed_gain * low, out=out)
        for sounding in self._sounding:
            sounding.add(out, duck)
        self._sounding = [sounding for sounding in self._sounding if not sounding.over]
        out *= self._gain(now, len(out), runs=runs)
        self._add_answers(out)
        self._played += len(out)
        self._head.advance(count)
        return len(out)

    def _add_answers(self, out: Stereo) -> None:
        """Earcons are as loud as they are, whatever the volume."""
        still = []
        for sound, begun in self._answering:
            part = sound[begun : begun + len(out)]
            out[: len(part)] += part
            if begun + len(part) < len(sound):
                still.append((sound, begun + len(part)))
        self._answering = still

    def _open_chapter(self) -> None:
        step = self._head.step
        if step and step.chapter != self._chapter:
            self._chapter = step.chapter
            title = self.chapters[step.chapter]
            self._heard.append(Heard(self._head.position, title, chapter=True))

    def _begin(self, count: Frames) -> None:
        """Let everything sound that begins in the next ``count`` frames."""
        for placed, offset in self._head.begins(count):
            at = self._head.since(offset)
            cue = placed.cue if isinstance(placed, PlacedCue) else None
            clip = self._head.clip(cue.spoken) if cue else None
            mix = alone(placed, clip, self._marks, self._levels, self._trim)
            self._sounding.append(Sounding(placed, mix, offset, at))
            if cue:
                self._words = cue.text
                end = self._played - at + ms_to_frames(placed.end - placed.start)
                self._unheard.begin((self._head.at, offset), end)
                self._heard.append(Heard(placed.start, cue.text, chapter=False))

    def _gain(self, now: Frames, count: Frames, *, runs: bool) -> Gain:
        """The volume, and the fades at both ends."""
        gain = self._loudness.follow(np.float32(self._volume / 100), count)
        rising = fade(self._levels, _FOREVER, self._played, count)
        falling: Gain | None = None
        if self._leaving or self._head.over:
            falling = NOTHING
        elif runs:
            begun = ms_to_frames(self._levels.fade_in)
            falling = fade(self._levels, self._head.plan.timeline.length, max(now, begun), count)
        gain = gain * self._fading.follow(ONE if falling is None else falling, count)
        gain = gain * self._unheard.gain(count)
        if self._fading.rests_at(0.0):
            self._silent += count
        return gain if rising is None else gain * rising

    # What is told

    def _state(self) -> State:
        if self._silent > LATENCY:
            return State.ENDED
        if self._leaving:
            return State.LEAVING
        if self._unheard.lost:
            return State.WAITING_FOR_DEVICE
        if self._paused:
            return State.PAUSED
        if self._head.waits_for_listener:
            return State.WAITING_FOR_LISTENER
        return State.WAITING_FOR_SPEECH if self._head.waits_for_speech else State.PLAYING

    def _snapshot(self) -> Status:
        position = self._head.position
        return Status(
            state=self._state(),
            chapter=self.chapters[self._chapter],
            words=self._words,
            coming=self._head.coming,
            position=position,
            left=max(0, self._head.plan.timeline.length - position),
            step_left=frames_to_ms(self._head.step_left),
            volume=self._volume,
            bed_volume=self._bed_volume,
            chapter_number=self._chapter,
        )


_IDLE = {
    *(State.PAUSED, State.WAITING_FOR_LISTENER),
    *(State.WAITING_FOR_SPEECH, State.WAITING_FOR_DEVICE),
}


def _turned(volume: int, *, louder: bool) -> int:
    """The next volume in that direction, if there is one."""
    if louder:
        return min((v for v in VOLUMES if v > volume), default=volume)
    return max((v for v in VOLUMES if v < volume), default=volume)
