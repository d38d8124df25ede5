"""A live session, heard without a device: its sound is collected and examined."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from listening import Listener, all_known, heard, levels, occurrences, roughness, wait_for
from numpy.typing import NDArray

from audiocoach.ambience import Ambience
from audiocoach.clips import Clip, ClipCache
from audiocoach.dither import to_16_bits
from audiocoach.errors import NotFoundError, SpeechError
from audiocoach.limiter import LATENCY
from audiocoach.live import VOLUMES, Command, Session, State
from audiocoach.mix import Mix, blocks
from audiocoach.presets import Levels
from audiocoach.routine import (
    Anchor,
    Break,
    Chapter,
    Cue,
    Hold,
    Pace,
    Part,
    Place,
    Routine,
    Sound,
    Step,
    TimedCue,
)
from audiocoach.soundbank import Bed
from audiocoach.speech import Speaker
from audiocoach.testing import ToneVoice
from audiocoach.timeline import schedule
from audiocoach.units import RATE, frames_to_ms
from audiocoach.voices import Speech

HUM_HZ = 30
"""The bed of these tests: lower than any speech, so that both can be told apart."""
TRIM = 0.3
HERE = Place("test.md", 1)


def cue(text: str) -> Cue:
    return Cue(text, text, HERE)


def step(*parts: Part, hold: Hold | None = None, timed: tuple[TimedCue, ...] = ()) -> Step:
    return Step(parts, hold, timed, HERE)


def routine(*chapters: tuple[Step, ...]) -> Routine:
    titles = ("First things", "Second things", "Third things")
    made = tuple(
        Chapter(title, steps, HERE) for title, steps in zip(titles, chapters, strict=False)
    )
    return Routine("Test", "", "en-US", "hum", Pace.CALM, (), made, "test.md")


WELCOME, WARM, SLOWLY, GLIDE, HALFWAY, WASH, BYE = (
    *("Welcome to all of this.", "Warm your hands a little.", "Slowly now."),
    *("Glide both hands upwards.", "Halfway through.", "Wash your hands.", "That is all."),
)
ROUTINE = routine(
    (
        step(cue(WELCOME)),
        step(Sound("bell", HERE), cue(WARM), Break(1_500, HERE), cue(SLOWLY)),
    ),
    (
        step(
            cue(GLIDE),
            hold=Hold(9_000, until_done=False, place=HERE),
            timed=(TimedCue(Anchor.HALF, 0, ((cue(HALFWAY),),), HERE),),
        ),
        step(cue(WASH), hold=Hold(3_000, until_done=True, place=HERE)),
        step(cue(BYE)),
    ),
)
WORDS = [WELCOME, WARM, SLOWLY, GLIDE, HALFWAY, WASH, BYE]


def hum() -> Ambience:
    time_s = np.arange(2 * RATE) / RATE
    wave = 0.2 * np.sin(2 * np.pi * HUM_HZ * time_s)
    return Ambience.of(
        Bed("hum", iter([np.stack([wave, wave], axis=1).astype(np.float32)]), loudness=-23.0)
    )


def bell() -> dict[str, NDArray[np.float32]]:
    time_s = np.arange(3 * RATE) / RATE
    wave = 0.2 * np.exp(-time_s) * np.sin(2 * np.pi * 700 * time_s) * np.minimum(1, time_s * 200)
    return {"bell": np.stack([wave, wave], axis=1).astype(np.float32)}


class Steady(ToneVoice):
    """A voice that says nothing but one long, even tone."""

    hertz = 600

    def speak(self, text: str) -> Speech:
        time_s = np.arange(6 * RATE) / RATE
        return Speech((0.3 * np.sin(2 * np.pi * self.hertz * time_s)).astype(np.float32), RATE)


class Slow(ToneVoice):
    """A voice that speaks when it is let."""

    def __init__(self) -> None:
        super().__init__(parallel=1)
        self.turns = threading.Semaphore(0)

    def speak(self, text: str) -> Speech:
        self.turns.acquire()
        return super().speak(text)

    def close(self) -> None:
        self.turns.release(1_000)
        super().close()


Start = Callable[..., Listener]


@pytest.fixture
def speaker(tmp_path: Path) -> Speaker:
    return Speaker(ToneVoice(), ClipCache(tmp_path))


@pytest.fixture
def slow() -> Iterator[Slow]:
    voice = Slow()
    yield voice
    voice.close()


@pytest.fixture
def start(speaker: Speaker) -> Iterator[Start]:
    """Begins a session; by default one in which everything is spoken already."""
    sessions: list[Session] = []

    def started(
        played: Routine = ROUTINE,
        by: Speaker = speaker,
        *,
        ready: bool = True,
        interactive: bool = True,
        volume: int = 100,
    ) -> Listener:
        session = Session(
            played,
            lambda: nullcontext(by),
            hum(),
            bell(),
            trim=TRIM,
            interactive=interactive,
            volume=volume,
        )
        sessions.append(session)
        listener = Listener(session)
        listener.hear(0.02)
        if ready:
            wait_for(all_known(session))
        return listener

    yield started
    for session in sessions:
        session.close()


def clips(speaker: Speaker, words: list[str]) -> dict[str, Clip]:
    return {text: speaker.clip(cue(text)) for text in words}


def bed_over_time(sound: NDArray[np.float32]) -> NDArray[np.complex128]:
    """Level and phase of the hum in each fifth of a second, if it was never interrupted.

    Relative to an even hum at its level between cues: 1 where it is that.
    """
    mono = sound[LATENCY:, 0].astype(np.float64)
    gain = 10 ** ((Levels().programme + Levels().bed + 23 + TRIM) / 20) * 0.2
    size = RATE // 5
    turned = mono * 2j * np.exp(-2j * np.pi * HUM_HZ * np.arange(len(mono)) / RATE) / gain
    whole = turned[: len(turned) // size * size].reshape(-1, size)
    return np.asarray((whole * np.hanning(size)).sum(axis=1) / np.hanning(size).sum())


def assert_bed_unbroken(sound: NDArray[np.float32], start_s: float = 3.0) -> None:
    """The same hum from ``start_s`` on: no part of it missing, none shifted, none too loud."""
    bed = bed_over_time(sound)[round(start_s * 5) :]
    ducked = 10 ** (Levels().duck / 20)
    assert np.abs(bed).min() > 0.93 * ducked
    assert np.abs(bed).max() < 1.07
    assert np.abs(np.angle(bed)).max() < 0.15
    assert np.abs(np.diff(np.abs(bed))).max() < 0.25  # it makes room slowly


def assert_no_click(sound: NDArray[np.float32], plain: NDArray[np.float32]) -> None:
    """Nothing sharper than what is in the words themselves."""
    assert roughness(sound) <= 1.02 * roughness(plain)


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> NDArray[np.float32]:
    """The routine as it sounds when nobody does anything."""
    by = Speaker(ToneVoice(), ClipCache(tmp_path_factory.mktemp("clips")))
    session = Session(ROUTINE, lambda: nullcontext(by), hum(), bell(), trim=TRIM, interactive=False)
    listener = Listener(session)
    listener.hear(0.02)
    wait_for(all_known(session))
    listener.until_end()
    session.close()
    return listener.sound


def test_it_sounds_as_the_export_does(plain: NDArray[np.float32], speaker: Speaker) -> None:
    for _ in speaker.speak(ROUTINE.cues()):
        pass
    marks = bell()
    lengths = {name: frames_to_ms(len(mark)) for name, mark in marks.items()}
    timeline = schedule(ROUTINE, speaker.length, lengths)
    mix = Mix(timeline, speaker.clip, marks, Levels(), TRIM)
    exported = b"".join(block.raw_data for block in blocks(timeline, mix, hum(), Levels(), TRIM))
    wanted = np.frombuffer(exported, dtype="<i2").reshape(-1, 2).astype(np.int32)
    live = plain[LATENCY:]
    assert np.abs(to_16_bits(live[: len(wanted)], 32767, 0) - wanted).max() <= 1
    assert not live[len(wanted) :].any()


def test_every_cue_is_heard_once_in_order_while_it_is_still_being_spoken(
    start: Start, speaker: Speaker
) -> None:
    listener = start(ready=False, interactive=False)
    listener.until_end()
    assert heard(listener.sound[:, 0], clips(speaker, WORDS)) == WORDS
    assert listener.session.error is None


def test_it_tells_what_is_heard(start: Start) -> None:
    listener = start(interactive=False)
    session = listener.session
    assert session.status().coming == WELCOME
    listener.until(lambda: session.status().words == WELCOME)
    status = session.status()
    assert (status.state, status.chapter, status.coming) == (
        *(State.PLAYING, "First things"),
        WARM,
    )
    left = status.left
    listener.hear(1.0)
    assert session.status().left == pytest.approx(left - 1_000, abs=30)
    listener.until(lambda: session.status().words == SLOWLY)
    assert session.status().coming == "Second things"
    listener.until(lambda: session.status().words == BYE)
    assert session.status().coming == ""
    listener.until_end()
    assert (session.status().state, session.status().left) == (State.ENDED, 0)
    told = [(thing.text, thing.chapter) for thing in session.heard()]
    assert told == [
        ("First things", True),
        *((text, False) for text in (WELCOME, WARM, SLOWLY)),
        ("Second things", True),
        *((text, False) for text in (GLIDE, HALFWAY, WASH, BYE)),
    ]


def test_a_pause_has_no_words_and_an_unbroken_bed(
    start: Start, speaker: Speaker, plain: NDArray[np.float32]
) -> None:
    listener = start(interactive=False)
    listener.until_words(WARM)
    listener.hear(0.7)
    listener.session.do(Command.TOGGLE)
    listener.hear(0.1)  # the words fade
    assert listener.session.status().state is State.PAUSED
    pause = listener.hear(5.0)
    left = listener.session.status().left
    # What is there besides the hum is at most what a 16-bit file would round away.
    rest = np.diff(pause[RATE // 2 :, 0], 2)
    assert np.abs(rest).max() < 1e-4
    assert np.abs(bed_over_time(listener.sound))[-5:].min() > 0.98  # no longer ducked
    listener.session.do(Command.TOGGLE)
    listener.until_end()
    assert left > 20_000
    assert heard(listener.sound[:, 0], clips(speaker, WORDS)) == WORDS
    assert_bed_unbroken(listener.sound[: -9 * RATE])
    assert_no_click(listener.sound, plain)


def test_words_that_a_pause_cut_begin_again(start: Start, speaker: Speaker) -> None:
    listener = start()
    listener.until_words(GLIDE)
    listener.hear(0.6)  # a third of them
    cut = listener.now
    listener.session.do(Command.PAUSE)
    listener.session.do(Command.PAUSE)
    listener.hear(1.0)
    listener.session.do(Command.RESUME)
    resumed = listener.now
    listener.hear(6.0)
    (at,) = occurrences(listener.sound[:, 0], speaker.clip(cue(GLIDE)))
    assert resumed < at < resumed + 1.0
    assert cut < resumed


def test_a_pause_between_words_repeats_nothing(start: Start, speaker: Speaker) -> None:
    listener = start(interactive=False)
    listener.until_words(WARM)
    listener.hear(speaker.length(cue(WARM)) / 1000 + 0.5)
    listener.session.do(Command.PAUSE)
    listener.hear(2.0)
    listener.session.do(Command.RESUME)
    listener.until_words(GLIDE)
    said = heard(listener.sound[:, 0], clips(speaker, [WELCOME, WARM, SLOWLY]))
    assert said == [WELCOME, WARM, SLOWLY]


def test_what_was_said_before_the_cut_words_is_not_said_again(
    start: Start, speaker: Speaker
) -> None:
    listener = start(routine((step(cue("Now."), cue(GLIDE)),)))
    listener.until_words(GLIDE)
    listener.hear(0.3)
    listener.session.do(Command.PAUSE)
    listener.hear(1.0)
    listener.session.do(Command.RESUME)
    listener.hear(4.0)
    assert heard(listener.sound[:, 0], clips(speaker, ["Now.", GLIDE])) == ["Now.", GLIDE]


def tone_levels(sound: NDArray[np.float32], hertz: float) -> NDArray[np.float64]:
    """How loud a tone is every 5 ms."""
    size = RATE // 100
    phases = np.exp(-2j * np.pi * hertz * np.arange(len(sound)) / RATE)
    turned = np.convolve(sound[:, 0] * phases, np.hanning(size) / np.hanning(size).sum(), "valid")
    return np.asarray(np.abs(turned)[:: size // 2])


@pytest.mark.parametrize("command", [Command.PAUSE, Command.NEXT, Command.REPEAT])
def test_words_that_are_cut_fade_in_a_moment(
    start: Start, tmp_path: Path, command: Command
) -> None:
    listener = start(ROUTINE, Speaker(Steady(), ClipCache(tmp_path / "steady")))
    listener.until_words(WELCOME)
    listener.hear(1.0)
    before = tone_levels(listener.hear(0.1), Steady.hertz).mean()
    listener.session.do(command)
    after = tone_levels(listener.hear(0.4), Steady.hertz) / before
    fading = (after > 0.03) & (after < 0.97)
    assert 5 <= np.count_nonzero(fading) <= 12  # times 5 ms
    assert after[30:].max() < 0.01


def test_a_bell_that_a_pause_cut_rings_on(start: Start) -> None:
    listener = start()
    for _ in range(2):
        listener.session.do(Command.NEXT)
    listener.hear(2.0)  # the bell rings before the words begin
    ringing = tone_levels(listener.hear(0.1), 700).mean()
    listener.session.do(Command.PAUSE)
    assert tone_levels(listener.hear(1.0), 700)[30:].max() < 0.01 * ringing
    listener.session.do(Command.RESUME)
    again = tone_levels(listener.hear(0.3), 700) / ringing
    assert again[-10:].mean() == pytest.approx(0.85, abs=0.15)
    assert 5 <= np.count_nonzero((again > 0.03) & (again < 0.7)) <= 12


def test_next_previous_and_repeat(
    start: Start, speaker: Speaker, plain: NDArray[np.float32]
) -> None:
    listener = start()
    listener.until_words(WELCOME)
    listener.hear(0.8)
    for command, words in (
        (Command.NEXT, WARM),
        (Command.NEXT, GLIDE),
        (Command.PREVIOUS, WARM),
        (Command.REPEAT, WARM),
        (Command.PREVIOUS, WELCOME),
        (Command.PREVIOUS, WELCOME),
    ):
        before = listener.now
        listener.session.do(command)
        listener.hear(0.02)
        assert listener.session.status().words == words
        listener.until_words(words)
        assert listener.now - before < 4.5  # a bell comes before some
        listener.hear(0.6)
    assert heard(listener.sound[:, 0], clips(speaker, WORDS)) == []
    listener.session.do(Command.REPEAT)
    listener.hear(3.0)
    assert heard(listener.sound[:, 0], clips(speaker, WORDS)) == [WELCOME]
    assert_bed_unbroken(listener.sound)
    assert_no_click(listener.sound, plain)


def test_several_steps_at_once(start: Start) -> None:
    listener = start()
    for _ in range(3):
        listener.session.do(Command.NEXT)
    listener.hear(0.02)
    assert listener.session.status().words == GLIDE
    assert listener.session.status().chapter == "Second things"
    for _ in range(9):
        listener.session.do(Command.NEXT)
    listener.hear(0.02)
    left = listener.session.status().left
    assert left == pytest.approx(8_000, abs=50)  # the slow end
    listener.session.do(Command.NEXT)
    listener.hear(1.0)
    assert listener.session.status().left < left - 900
    listener.session.do(Command.PREVIOUS)
    listener.until_words(BYE)
    listener.until_end()


@pytest.mark.parametrize("command", [Command.DONE, Command.TOGGLE, Command.NEXT])
def test_a_step_until_done_waits_and_goes_on(
    start: Start, speaker: Speaker, command: Command
) -> None:
    listener = start()
    for _ in range(4):
        listener.session.do(Command.NEXT)
    listener.until(lambda: listener.session.status().state is State.WAITING_FOR_LISTENER)
    assert listener.session.status().words == WASH
    waited = listener.hear(25.0)
    assert listener.session.status().state is State.WAITING_FOR_LISTENER
    assert heard(waited[:, 0], clips(speaker, WORDS)) == []
    asked = listener.now
    listener.session.do(command)
    listener.until_words(BYE)
    assert 0.5 < listener.now - asked < 1.0  # time for the bed to sink
    assert_bed_unbroken(listener.sound)


def test_done_before_the_last_word_goes_on_too(start: Start) -> None:
    listener = start()
    for _ in range(4):
        listener.session.do(Command.NEXT)
    listener.until_words(WASH)
    listener.hear(0.4)
    listener.session.do(Command.DONE)
    listener.hear(0.1)
    assert listener.session.status().words == BYE


def test_done_means_nothing_elsewhere(start: Start) -> None:
    listener = start()
    listener.until_words(WELCOME)
    listener.session.do(Command.DONE)
    listener.hear(0.5)
    assert listener.session.status().words == WELCOME
    assert listener.session.status().state is State.PLAYING


def test_a_bell_rings_on_when_a_step_is_done(start: Start) -> None:
    ringing = routine(
        (
            step(cue(WASH), Sound("bell", HERE), hold=Hold(60_000, until_done=True, place=HERE)),
            step(cue(BYE)),
        )
    )

    def rung(command: Command) -> float:
        listener = start(ringing)
        listener.until(lambda: listener.session.status().state is State.WAITING_FOR_LISTENER)
        listener.session.do(command)
        listener.hear(0.1)
        after = listener.hear(0.3)[:, 0].astype(np.float64)
        tone = np.exp(-2j * np.pi * 700 * np.arange(len(after)) / RATE)
        return abs(complex((after * tone).mean()))

    assert rung(Command.DONE) > 30 * rung(Command.NEXT)


def test_the_timeline_waits_for_a_slow_voice(start: Start, slow: Slow, tmp_path: Path) -> None:
    by = Speaker(slow, ClipCache(tmp_path / "slow"))
    listener = start(ROUTINE, by, ready=False, interactive=False)
    session = listener.session
    listener.hear(6.0)
    assert session.status().state is State.WAITING_FOR_SPEECH
    assert session.status().words == ""
    for _ in WORDS:
        slow.turns.release()
        listener.hear(4.0)
    listener.until_end()
    assert heard(listener.sound[:, 0], clips(by, WORDS)) == WORDS
    assert_bed_unbroken(listener.sound[: -9 * RATE])


def test_a_step_that_is_wanted_is_spoken_first(start: Start, slow: Slow, tmp_path: Path) -> None:
    by = Speaker(slow, ClipCache(tmp_path / "slow"))
    listener = start(ROUTINE, by, ready=False, interactive=False)
    for _ in range(5):
        listener.session.do(Command.NEXT)
    listener.hear(0.1)
    slow.turns.release(3)  # the first two may be on their way already
    wait_for(lambda: len(slow.spoken) == 3)
    assert BYE in slow.spoken
    slow.turns.release(len(WORDS))
    listener.until_words(BYE)
    wait_for(lambda: len(slow.spoken) == len(WORDS))
    assert sorted(slow.spoken) == sorted(WORDS)


def test_a_cue_that_cannot_be_spoken_ends_the_session_softly(
    start: Start, tmp_path: Path, plain: NDArray[np.float32]
) -> None:
    by = Speaker(ToneVoice(fails=[HALFWAY]), ClipCache(tmp_path / "failing"))
    listener = start(ROUTINE, by, ready=False)
    listener.until_end()
    assert isinstance(listener.session.error, SpeechError)
    assert HALFWAY in str(listener.session.error)
    assert "test.md:1" in str(listener.session.error)
    assert_no_click(listener.sound, plain)


def test_a_voice_that_is_not_there_ends_the_session() -> None:
    def no_voice() -> nullcontext[Speaker]:
        raise NotFoundError('no voice is called "nobody"')

    session = Session(ROUTINE, no_voice, hum(), bell())
    listener = Listener(session)
    listener.hear(0.02)
    wait_for(lambda: session.error is not None)
    listener.until_end()
    assert isinstance(session.error, NotFoundError)
    session.close()


@pytest.mark.parametrize("paused", [False, True])
def test_leaving_fades_everything(
    start: Start, plain: NDArray[np.float32], *, paused: bool
) -> None:
    listener = start()
    listener.until_words(WELCOME)
    listener.hear(0.5)
    if paused:
        listener.session.do(Command.PAUSE)
        listener.hear(3.0)
    listener.session.do(Command.QUIT)
    asked = listener.now
    listener.hear(0.1)
    assert listener.session.status().state is State.LEAVING
    listener.session.do(Command.NEXT)  # nothing brings it back
    listener.until_end()
    assert 1.5 <= listener.now - asked < 1.7
    assert_no_click(listener.sound, plain)
    assert np.abs(listener.sound[-64:]).max() < 1e-4
    assert not listener.hear(1.0).any()
    assert listener.session.heard() == []
    assert listener.session.error is None


def test_the_volume_goes_in_steps_of_two_decibels(start: Start) -> None:
    listener = start(volume=80)

    def level() -> float:
        listener.hear(0.5)
        return float(levels(listener.hear(0.4)[:, 0], 0.2).mean())

    listener.session.do(Command.PAUSE)
    listener.hear(3.0)
    before = level()
    listener.session.do(Command.LOUDER)
    louder = level()
    assert listener.session.status().volume == 100
    assert 20 * np.log10(louder / before) == pytest.approx(2.0, abs=0.1)
    for _ in range(3):
        listener.session.do(Command.QUIETER)
    assert 20 * np.log10(level() / louder) == pytest.approx(-6.0, abs=0.1)
    for _ in VOLUMES:
        listener.session.do(Command.QUIETER)
    level()
    assert listener.session.status().volume == VOLUMES[0]
    for _ in VOLUMES:
        listener.session.do(Command.LOUDER)
    listener.hear(1.0)
    assert listener.session.status().volume == VOLUMES[-1]
    even = roughness(listener.sound[: 3 * RATE])
    assert roughness(listener.sound) < 4 * even
    listener.session.do(Command.RESUME)
    listener.hear(20.0)
    assert np.abs(listener.sound).max() < 10 ** (Levels().ceiling / 20)


@pytest.mark.parametrize("seed", range(3))
def test_whatever_is_pressed_nothing_clicks_and_the_bed_goes_on(
    start: Start, plain: NDArray[np.float32], seed: int
) -> None:
    chance = random.Random(seed)  # noqa: S311 - no secret
    listener = start()
    listener.hear(3.0)
    pressed = [
        *(Command.TOGGLE, Command.NEXT, Command.PREVIOUS, Command.REPEAT, Command.DONE),
        *(Command.PAUSE, Command.RESUME),
    ]
    for _ in range(60):
        listener.session.do(chance.choice(pressed))
        listener.hear(chance.choice([0.02, 0.1, 0.7, 2.0]))
        if listener.session.status().left < 10_000:
            for _ in range(3):
                listener.session.do(Command.PREVIOUS)
    assert_bed_unbroken(listener.sound)
    assert_no_click(listener.sound, plain)


def test_it_can_be_asked_and_told_from_other_threads(start: Start) -> None:
    listener = start()
    stop = threading.Event()

    def meddle() -> None:
        while not stop.is_set():
            listener.session.do(Command.REPEAT)
            assert listener.session.status().chapter
            time.sleep(0.001)

    threads = [threading.Thread(target=meddle) for _ in range(3)]
    for thread in threads:
        thread.start()
    listener.hear(10.0)
    stop.set()
    for thread in threads:
        thread.join()
    assert_bed_unbroken(listener.sound)


def test_words_that_a_lost_output_cut_begin_again_when_it_is_back(
    start: Start, speaker: Speaker, plain: NDArray[np.float32]
) -> None:
    listener = start(interactive=False)
    session = listener.session
    listener.until_words(WARM)
    listener.hear(0.7)
    session.lost()
    listener.hear(0.5)
    position = session.status().position
    session.do(Command.TOGGLE)  # nobody can want a pause now
    assert not listener.hear(3.0)[RATE:].any()  # for nobody
    assert session.status().state is State.WAITING_FOR_DEVICE
    assert session.status().position == position
    session.found()
    back = listener.hear(1.6)
    assert session.status().state is State.PLAYING
    bed = np.abs(bed_over_time(back))
    assert bed[0] < 0.2
    assert bed[-1] > 0.3  # it rises
    listener.until_end()
    assert heard(listener.sound[:, 0], clips(speaker, WORDS)) == WORDS
    assert_no_click(listener.sound, plain)


@pytest.mark.parametrize("words", [WARM, SLOWLY])
def test_words_that_ended_just_before_the_output_was_lost_are_said_again(
    start: Start, speaker: Speaker, words: str
) -> None:
    listener = start(interactive=False)
    listener.until_words(words)
    listener.hear(speaker.length(cue(words)) / 1000 + 0.2)
    listener.session.lost()
    listener.hear(1.0)
    listener.session.found()
    listener.until_end()
    again = [text for text in WORDS for _ in range(1 + (text == words))]
    assert heard(listener.sound[:, 0], clips(speaker, WORDS)) == again


def test_words_that_ended_long_before_the_output_was_lost_are_not_said_again(
    start: Start, speaker: Speaker
) -> None:
    listener = start(interactive=False)
    listener.until_words(WARM)
    listener.hear(speaker.length(cue(WARM)) / 1000 + 0.8)
    listener.session.lost()
    listener.hear(1.0)
    listener.session.found()
    listener.until_end()
    assert heard(listener.sound[:, 0], clips(speaker, WORDS)) == WORDS


def test_a_pause_outlasts_a_lost_output(start: Start, speaker: Speaker) -> None:
    listener = start(interactive=False)
    listener.until_words(WARM)
    listener.hear(0.6)
    for change in (
        partial(listener.session.do, Command.PAUSE),
        *(listener.session.lost, listener.session.lost, listener.session.found),
    ):
        change()
        listener.hear(0.5)
    assert listener.session.status().state is State.PAUSED
    listener.session.do(Command.RESUME)
    listener.until_end()
    assert heard(listener.sound[:, 0], clips(speaker, WORDS)) == WORDS


def test_one_can_leave_while_the_output_is_lost(start: Start) -> None:
    listener = start()
    listener.hear(3.0)
    listener.session.lost()
    listener.session.do(Command.QUIT)
    listener.until(lambda: listener.session.ended, 5.0)


def test_it_tells_how_long_this_step_lasts(start: Start) -> None:
    listener = start()
    session = listener.session
    listener.until_words(GLIDE)
    left = session.status().step_left
    assert left == pytest.approx(9_000, abs=50)
    listener.hear(2.0)
    assert session.status().step_left == pytest.approx(left - 2_000, abs=30)
    listener.until(lambda: session.status().state is State.WAITING_FOR_LISTENER)
    assert session.status().step_left == 0
