"""A live session that waits for the listener."""

from __future__ import annotations

import numpy as np
import pytest
from listening import heard
from sessions import (
    BYE,
    HERE,
    WASH,
    WELCOME,
    WORDS,
    Start,
    assert_bed_unbroken,
    clips,
    cue,
    routine,
    step,
)

from audiocoach.live import Command, State
from audiocoach.routine import (
    Hold,
    Sound,
)
from audiocoach.speech import Speaker
from audiocoach.units import RATE


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
