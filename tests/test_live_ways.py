"""A live session in which the listener goes to other places."""

from __future__ import annotations

import random

import numpy as np
import pytest
from listening import heard
from numpy.typing import NDArray
from sessions import (
    BYE,
    GLIDE,
    WARM,
    WELCOME,
    WORDS,
    Start,
    assert_bed_unbroken,
    assert_no_click,
    clips,
)

from audiocoach.live import Command
from audiocoach.speech import Speaker


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
