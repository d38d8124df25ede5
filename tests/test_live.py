"""A live session, heard without a device: what it sounds like, and what it tells."""

from __future__ import annotations

import threading
import time

import numpy as np
import pytest
from listening import heard, levels, roughness
from numpy.typing import NDArray
from sessions import (
    BYE,
    GLIDE,
    HALFWAY,
    ROUTINE,
    SLOWLY,
    TRIM,
    WARM,
    WASH,
    WELCOME,
    WORDS,
    Start,
    assert_bed_unbroken,
    assert_no_click,
    bell,
    clips,
    hum,
)

from audiocoach.dither import to_16_bits
from audiocoach.limiter import LATENCY
from audiocoach.live import VOLUMES, Command, State
from audiocoach.mix import Mix, Whole, blocks
from audiocoach.presets import Levels
from audiocoach.speech import Speaker
from audiocoach.timeline import schedule
from audiocoach.units import RATE, frames_to_ms


def test_it_sounds_as_the_export_does(plain: NDArray[np.float32], speaker: Speaker) -> None:
    for _ in speaker.speak(ROUTINE.cues()):
        pass
    marks = bell()
    lengths = {name: frames_to_ms(len(mark)) for name, mark in marks.items()}
    timeline = schedule(ROUTINE, speaker.length, lengths)
    mix = Mix(timeline, speaker.clip, marks, Levels(), TRIM)
    whole = Whole(timeline, mix, hum(), Levels(), TRIM)
    exported = b"".join(block.raw_data for block in blocks(whole))
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


def test_it_goes_on_by_any_time_and_is_as_loud_as_asked(start: Start) -> None:
    listener = start()
    session = listener.session
    listener.until_words(GLIDE)
    before = session.status().position
    session.skip(4_000)
    session.set_volume(37)
    listener.hear(0.02)
    assert session.status().position == pytest.approx(before + 4_000, abs=800)  # the run-up
    assert session.status().volume == 37
    session.set_volume(0)
    listener.hear(0.02)
    assert session.status().volume == 5
