"""A routine as it is performed: where it is, what is heard there, and what it waits for."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from audiocoach.limiter import LATENCY
from audiocoach.live.ahead import Ahead
from audiocoach.live.answers import Answers
from audiocoach.live.plan import Key
from audiocoach.live.playhead import Playhead
from audiocoach.live.sounding import NOTHING, ONE, Gain
from audiocoach.live.sounds import Sounds, falling
from audiocoach.live.status import Earcon, Heard, State, Status, Where
from audiocoach.live.unheard import Unheard
from audiocoach.live.waiting import Countdown, Patience
from audiocoach.mix import Stereo
from audiocoach.presets import Levels
from audiocoach.routine import Cue
from audiocoach.timeline import PlacedCue
from audiocoach.units import MINUTE, Frames, Ms, frames_to_ms, ms_to_frames


class Performance:
    """Lets a playhead go on, and lets be heard what begins there; for one thread.

    ``start_in`` is how long the bed is heard alone before the first word.
    """

    def __init__(
        self,
        ahead: Ahead,
        head: Playhead,
        sounds: Sounds,
        answers: Answers,
        levels: Levels,
        *,
        start_in: Ms,
    ) -> None:
        self.head, self.sounds, self.answers = head, sounds, answers
        self._ahead, self._levels = ahead, levels
        first = head.step or head.plan.steps[0]
        self.chapters = head.plan.chapters
        """The titles."""
        self.chapter = first.chapter
        """Index into ``chapters``."""
        self.paused = False
        self.leaving = False
        """Everything fades, and that is the end."""
        self._left_at: Where | None = None
        self._unheard = Unheard()
        to_words = frames_to_ms(first.start - head.now)
        self._countdown = Countdown(start_in, min(start_in, to_words))
        self._patience: Patience | None = None
        """Where the listener is waited for."""
        self._question: Cue | None = None
        """The answer that is to be said as soon as it can be."""
        self._words = ""
        begun = Heard(max(0, head.position), self.chapters[self.chapter], chapter=True)
        self.heard = deque([begun], maxlen=10_000)
        """What began; whoever looks takes it away."""

    # What the listener wants

    def ask(self, answer: Cue | None) -> bool:
        """Have an answer said as soon as nothing else is."""
        if answer is None or not self._ahead.ask(answer):
            return False
        self.sounds.stop_answer()
        self._question = answer
        return True

    def pause(self) -> None:
        """Stop the timeline; words that are cut begin again when it goes on."""
        self.paused = True
        self._cut()

    def resume(self) -> None:
        """Let the timeline go on."""
        self.paused = False
        if not self.lost:
            self._go_on()

    def lose(self) -> None:
        """The output is lost."""
        self._cut()
        self._unheard.lose(self.sounds.played)

    def find(self) -> None:
        """There is an output again."""
        self._unheard.find()
        if not self.paused:
            self._go_on()

    @property
    def lost(self) -> bool:
        """Whether there is no output, so that nothing is heard."""
        return self._unheard.lost

    def _cut(self) -> None:
        self._question = None
        cut = self.sounds.hold()
        if cut is not None:
            self._unheard.cut((self.head.at, cut))

    def _go_on(self) -> None:
        self.sounds.go_on()
        if spot := self._unheard.take():
            self.head.say_again(*spot)

    def begin(self) -> bool:
        """Wait no longer before the first word; whether that was waited for."""
        waited = not self._countdown.over
        self._countdown.end()
        return waited

    def go(self, way: Callable[[], None], *, done: bool = False) -> None:
        """Go elsewhere. What is heard fades; a bell rings on where a step was done."""
        self.sounds.drop(bells=not done)
        self.paused, self._question = False, None
        self._unheard.forget()
        self._countdown.end()
        way()
        if self.head.step:
            self._words = self.head.step.words

    def leave(self) -> None:
        """Let everything fade; words that this cuts were not said."""
        if not self.leaving:
            self._left_at = self.head.where(self._unsaid)
        self.leaving = True

    def be_patient(self) -> None:
        """The listener was heard: wait anew before a reminder."""
        if self._patience:
            self._patience.again()

    # The sound

    def fill(self, out: Stereo) -> Frames:
        """Fill the first frames of ``out``; returns how many."""
        self._say_answer()
        stands = self.paused or self.lost or not self._countdown.over
        count = 0 if stands else self.head.stretch(len(out), self._speaking)
        runs = count > 0
        out = out[:count] if runs else out
        now = self.head.now
        self._open_chapter()
        if coming := self.head.ambience(count):
            self.sounds.turn_to(*coming)
        if runs:
            self._begin(count)
        room = self.head.plan.mix.duck(now, len(out)) if runs else ONE
        falls = self._falling(now, len(out), runs=runs)
        self.sounds.fill(out, room, falls, self._unheard.gain(len(out)))
        self.head.advance(count)
        self._wait(len(out))
        return len(out)

    @property
    def _speaking(self) -> Frames:
        """For how long no words may begin, because of others."""
        answering = self._question and self._ahead.answer(self._question)
        return self.sounds.speaking + (ms_to_frames(MINUTE) if answering else 0)

    def _say_answer(self) -> None:
        """Say what was asked for, if it is there and nothing else is being said."""
        if self._question is None or self.sounds.speaking:
            return
        clip = self._ahead.answer(self._question)
        if clip is not None:
            self.sounds.answer(self._question, clip)
            self._question = None

    def _wait(self, frames: Frames) -> None:
        """What comes of waiting: bells before the first word, reminders to go on."""
        if self.paused or self.lost:
            return
        if not self._countdown.over:
            if self._countdown.pass_by(frames):
                self.sounds.ring(Earcon.BELL)
        elif not self.head.waits_for_listener:
            self._patience = None
        else:
            if self._patience is None:
                step = self.head.step
                hold = step.step.hold if step else None
                self._patience = Patience(hold.length if hold else 0)
            if self._patience.wait(frames):
                self.sounds.ring(Earcon.BELL)
                self.ask(self.answers.reminder())

    def _open_chapter(self) -> None:
        step = self.head.step
        if step and step.chapter != self.chapter:
            self.chapter = step.chapter
            title = self.chapters[step.chapter]
            self.heard.append(Heard(self.head.position, title, chapter=True))

    def _begin(self, count: Frames) -> None:
        """Let everything sound that begins in the next ``count`` frames."""
        for key, placed, offset in self.head.begins(count):
            at = self.head.since(offset)
            clip = None
            if isinstance(placed, PlacedCue):
                clip = self.head.clip(placed.cue.spoken)
                self._words = placed.cue.text
                end = self.sounds.played - at + ms_to_frames(placed.end - placed.start)
                self._unheard.begin((self.head.at, key), end)
                self.heard.append(Heard(placed.start, placed.cue.text, chapter=False))
            self.sounds.begin(key, placed, at, clip)

    def _falling(self, now: Frames, count: Frames, *, runs: bool) -> Gain:
        """The fade at the end."""
        if self.leaving or self.head.over:
            return NOTHING
        length = self.head.plan.timeline.length
        return falling(self._levels, length, now, count) if runs else ONE

    # What is told

    @property
    def _unsaid(self) -> Key | None:
        """The words of this step that are being said, or were cut."""
        again = self._unheard.again
        return again[1] if again and again[0] == self.head.at else self.sounds.said

    def _state(self) -> State:
        if self.sounds.silent > LATENCY:
            return State.ENDED
        states = {
            State.LEAVING: self.leaving,
            State.WAITING_FOR_DEVICE: self.lost,
            State.PAUSED: self.paused,
            State.STARTING: not self._countdown.over,
            State.WAITING_FOR_LISTENER: self.head.waits_for_listener,
            State.WAITING_FOR_SPEECH: self.head.waits_for_speech,
        }
        return next((state for state, so in states.items() if so), State.PLAYING)

    def status(self, tempo: int) -> Status:
        """Where it is by now; ``tempo`` is told with it."""
        position = self.head.position
        return Status(
            state=self._state(),
            chapter=self.chapters[self.chapter],
            words=self._words,
            coming=self.head.coming,
            position=position,
            left=max(0, self.head.plan.timeline.length - position),
            step_left=frames_to_ms(self.head.step_left),
            volume=self.sounds.volume,
            bed_volume=self.sounds.bed_volume,
            voice_volume=self.sounds.voice_volume,
            chapter_number=self.chapter,
            tempo=tempo,
            starts_in=0 if self._countdown.over else self._countdown.left,
            where=self._left_at or self.head.where(self._unsaid),
            times=self.head.plan.times,
            finished=self.head.after_all,
        )
