"""The live session: what is heard, and what the listener does to it.

A session is read from like a file of sound that never blocks. It knows nothing of
devices, keys or screens: one thread reads, any thread gives commands and looks at the
status. The bed goes on whatever the timeline does.
"""

from __future__ import annotations

import queue
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import TypeAlias

import numpy as np

from audiocoach.ambience import Ambience
from audiocoach.limiter import Limiter
from audiocoach.live.ahead import Ahead, SpeakerSource
from audiocoach.live.answers import Answers
from audiocoach.live.performance import Performance
from audiocoach.live.playhead import Playhead
from audiocoach.live.retime import TEMPOS
from audiocoach.live.sounds import Sounds
from audiocoach.live.status import Command, Earcon, Heard, State, Status, Times, Where
from audiocoach.mix import Stereo
from audiocoach.presets import Levels
from audiocoach.routine import Routine
from audiocoach.timeline import Spacing
from audiocoach.units import MINUTE, Db, Frames, Ms, frames_to_ms

_SKIP: Ms = 15_000


class Session:
    """A routine that is being heard.

    ``open_speaker`` is called in the background, once the first sound was read; ``marks``
    holds each sound of the routine by name. ``trim`` is added to everything, as in ``Mix``.
    Without ``interactive``, a step that lasts until the listener is done takes its exported
    time. ``earcons`` answer the listener, at the level at which they shall be heard; one
    that is not there is silent. ``begin`` is where to begin, ``start_in`` how long the bed
    is heard alone before the first word, ``tempo`` one of ``TEMPOS``, ``times`` those of steps
    that have others.

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
        begin: Where | None = None,
        start_in: Ms = 0,
        tempo: int = 100,
        times: Iterable[Times] = (),
        earcons: Mapping[Earcon, Stereo] | None = None,
    ) -> None:
        self.tap: Callable[[Stereo], None] | None = None
        levels = levels or Levels()
        self._ahead = Ahead(routine, open_speaker, marks, levels, spacing, tempo=tempo, times=times)
        self._head = Playhead(self._ahead, levels.attack, interactive=interactive)
        if begin:
            self._head.begin_at(begin, levels.fade_in)
        plan = self._head.plan
        bed.begin((self._head.step or plan.steps[0]).ambience)
        self._sounds = Sounds(
            *(bed, marks, {} if earcons is None else earcons, levels), trim=trim, volume=volume
        )
        answers = Answers(routine)
        self._ahead.answers = answers.likely(frames_to_ms(plan.end))
        self._performance = Performance(
            *(self._ahead, self._head, self._sounds, answers, levels), start_in=start_in
        )
        self.chapters = plan.chapters
        """The titles."""
        self._tempo = tempo
        self._limiter = Limiter(levels.ceiling)
        self._wishes: queue.SimpleQueue[Callable[[], object]] = queue.SimpleQueue()
        self._deeds = self._table()
        self._status = self._performance.status(tempo)
        self._started = False

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
        return self._performance.leaving

    def do(self, command: Command, *, confirm: bool = False) -> None:
        """Obey at the next read; from any thread.

        ``confirm``: an earcon tells whether it was obeyed.
        """
        self._wishes.put(partial(self._answer_to, command, confirm=confirm))

    def go_to_chapter(self, number: int) -> None:
        """Go to a chapter, an index into ``chapters``, at the next read; from any thread."""
        self._wishes.put(partial(self._go, partial(self._head.go_to_chapter, number)))

    def skip(self, time: Ms) -> None:
        """Go on, or back where ``time`` is negative, at the next read; from any thread."""
        self._wishes.put(partial(self._go, partial(self._head.skip, time)))

    def set_volume(self, percent: int) -> None:
        """Be so loud, as far as ``VOLUMES`` go, from the next read on; from any thread."""
        self._wishes.put(partial(self._sounds.set_volume, percent))

    def confirm(self, earcon: Earcon) -> None:
        """Let an earcon be heard from the next read on; from any thread."""
        self._wishes.put(partial(self._sounds.ring, earcon))

    def lost(self) -> None:
        """Stand still from the next read on: the output is lost; from any thread."""
        self._wishes.put(self._performance.lose)

    def found(self) -> None:
        """Go on from the next read on: there is an output again; from any thread."""
        self._wishes.put(self._performance.find)

    def status(self) -> Status:
        """The state after the last read; from any thread."""
        return self._status

    def heard(self) -> list[Heard]:
        """What began to be heard since this was asked last; for one thread."""
        heard = self._performance.heard
        return [heard.popleft() for _ in range(len(heard))]

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
        if self._ahead.error is not None:
            self._performance.leave()
        for _ in range(self._wishes.qsize()):
            self._wishes.get()()
        out = np.empty((frames, 2), dtype=np.float32)
        filled = 0
        while filled < frames:
            filled += self._performance.fill(out[filled:])
        self._status = self._performance.status(self._tempo)
        if not self._started:
            self._started = True
            self._ahead.start()
        limited = self._limiter.push(out)
        if self.tap is not None:
            self.tap(limited)
        return limited

    # What the listener wants

    def _answer_to(self, command: Command, *, confirm: bool) -> None:
        told = self._tell if confirm else _tell_nobody
        obeyed = False if self.left else self._deeds[command](told)
        if obeyed is not None:
            told(obeyed)
        if command is not Command.IGNORE:
            self._performance.be_patient()

    def _tell(self, obeyed: bool) -> None:
        """From any thread."""
        self.confirm(Earcon.OBEYED if obeyed else Earcon.UNABLE)

    def _table(self) -> dict[Command, _Deed]:
        """What each command does."""
        head, sounds = self._head, self._sounds

        def way(go: Callable[[], None]) -> _Deed:
            return lambda _: self._go(go)

        def plain(do: Callable[..., bool], **how: bool) -> _Deed:
            return lambda _: do(**how)

        return {
            Command.TOGGLE: plain(self._toggle),
            Command.PAUSE: plain(self._pause),
            Command.RESUME: plain(self._resume),
            Command.NEXT: way(head.next),
            Command.PREVIOUS: way(head.previous),
            Command.REPEAT: way(head.repeat),
            Command.NEXT_CHAPTER: way(partial(self._turn_chapter, 1)),
            Command.PREVIOUS_CHAPTER: way(partial(self._turn_chapter, -1)),
            Command.SKIP_AHEAD: way(partial(head.skip, _SKIP)),
            Command.SKIP_BACK: way(partial(head.skip, -_SKIP)),
            Command.DONE: plain(self._done),
            Command.LONGER: partial(self._change_step, longer=True),
            Command.SHORTER: partial(self._change_step, longer=False),
            Command.SLOWER: partial(self._change_tempo, slower=True),
            Command.FASTER: partial(self._change_tempo, slower=False),
            Command.HOW_LONG: plain(self._tell_time_left),
            Command.LOUDER: plain(sounds.turn, louder=True),
            Command.QUIETER: plain(sounds.turn, louder=False),
            Command.BED_LOUDER: plain(sounds.turn_bed, louder=True),
            Command.BED_QUIETER: plain(sounds.turn_bed, louder=False),
            Command.VOICE_LOUDER: plain(sounds.turn_voice, louder=True),
            Command.VOICE_QUIETER: plain(sounds.turn_voice, louder=False),
            Command.ATTEND: plain(self._attend, attends=True),
            Command.IGNORE: plain(self._attend, attends=False),
            Command.QUIT: plain(self._leave),
        }

    def _toggle(self) -> bool:
        if self._performance.lost:
            return False
        if self._performance.paused:
            return self._resume()
        return self._done() if self._head.waits_for_listener else self._pause()

    def _pause(self) -> bool:
        if self._performance.paused:
            return False
        self._performance.pause()
        return True

    def _resume(self) -> bool:
        if not self._performance.paused:
            return False
        self._performance.resume()
        return True

    def _done(self) -> bool:
        if self._performance.begin():
            return True
        return self._head.until_done and self._go(self._head.next, done=True)

    def _go(self, way: Callable[[], None], *, done: bool = False) -> bool:
        if self.left:
            return False
        self._performance.go(way, done=done)
        if self._tempo != _AS_WRITTEN:
            at = max(0, self._head.at)
            self._ahead.change(lambda steps, length: steps.pace(at, length), _tell_nobody)
        return True

    def _turn_chapter(self, by: int) -> None:
        self._head.go_to_chapter(self._performance.chapter + by)

    def _change_step(self, told: _Told, *, longer: bool) -> bool | None:
        if self._head.until_done:
            return longer  # it has all the time there is
        more = MINUTE if longer else -MINUTE
        at, elapsed = self._head.at, self._head.elapsed
        self._ahead.change(lambda steps, length: steps.change(at, elapsed, more, length), told)
        return None

    def _change_tempo(self, told: _Told, *, slower: bool) -> bool | None:
        others = [tempo for tempo in TEMPOS if tempo != self._tempo]
        coming = [tempo for tempo in others if (tempo > self._tempo) is slower]
        if not coming:
            return False
        self._tempo = tempo = min(coming) if slower else max(coming)
        at, elapsed = self._head.at, self._head.elapsed
        self._ahead.change(
            lambda steps, length: steps.change_tempo(tempo, at, elapsed, length), told
        )
        return None

    def _tell_time_left(self) -> bool:
        left = frames_to_ms(max(0, self._head.plan.end - self._head.now))
        return self._performance.ask(self._performance.answers.time_left(left))

    def _attend(self, *, attends: bool) -> bool:
        self._sounds.attends = attends
        if attends:
            self._sounds.ring(Earcon.ATTEND)
        return True

    def _leave(self) -> bool:
        self._performance.leave()
        return True


_Told: TypeAlias = Callable[[bool], None]
"""Hears whether a command was obeyed."""
_Deed: TypeAlias = Callable[[_Told], bool | None]
"""Does what a command asks for, if there is anything to do; ``None`` where it tells later."""

_IDLE = {
    *(State.PAUSED, State.WAITING_FOR_LISTENER),
    *(State.WAITING_FOR_SPEECH, State.WAITING_FOR_DEVICE),
}
_AS_WRITTEN = 100


def _tell_nobody(obeyed: bool) -> None:
    del obeyed
