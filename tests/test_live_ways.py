"""A live session in which the listener goes to other places."""

from __future__ import annotations

import random
from functools import partial

import numpy as np
import pytest
from listening import heard, occurrences
from numpy.typing import NDArray
from sessions import (
    BYE,
    GLIDE,
    HERE,
    WARM,
    WASH,
    WELCOME,
    WORDS,
    Start,
    assert_bed_unbroken,
    assert_no_click,
    clips,
    cue,
    routine,
    step,
)

from audiocoach.live import Command, State
from audiocoach.presets import Levels
from audiocoach.routine import Anchor, Break, Hold, TimedCue
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


def test_a_chapter_on_and_back_and_by_its_number(
    start: Start, speaker: Speaker, plain: NDArray[np.float32]
) -> None:
    listener = start()
    session = listener.session
    listener.until_words(WELCOME)
    listener.hear(0.8)
    ways = (
        (partial(session.do, Command.NEXT_CHAPTER), GLIDE),
        (partial(session.do, Command.PREVIOUS_CHAPTER), WELCOME),
        (partial(session.do, Command.PREVIOUS_CHAPTER), WELCOME),  # there is none before it
        (partial(session.go_to_chapter, 1), GLIDE),
        (partial(session.go_to_chapter, 0), WELCOME),
        (partial(session.go_to_chapter, 99), GLIDE),  # the last one
    )
    for go, words in ways:
        before = listener.now
        go()
        listener.until_words(words)
        assert listener.now - before < 1.5
        listener.hear(0.6)
    listener.hear(4.0)
    assert heard(listener.sound[:, 0], clips(speaker, WORDS)) == [GLIDE]  # the others were cut
    assert_bed_unbroken(listener.sound)
    assert_no_click(listener.sound, plain)


EARLY, LATE = "Slow and even.", "One last stroke."
LONG = routine(
    (
        step(
            cue(GLIDE),
            hold=Hold(60_000, until_done=False, place=HERE),
            timed=(
                TimedCue(Anchor.AT, 20_000, ((cue(EARLY),),), HERE),
                TimedCue(Anchor.LEFT, 10_000, ((cue(LATE),),), HERE),
            ),
        ),
        step(cue(WASH), Break(9_000, HERE), hold=Hold(3_000, until_done=True, place=HERE)),
        step(cue(BYE), Break(30_000, HERE)),
    )
)
RUN_UP = Levels().attack / 1000
"""It is gone to a place from so long before it, so that the bed can sink."""


def test_fifteen_seconds_on_and_back(start: Start, speaker: Speaker) -> None:
    listener = start(LONG)
    session = listener.session
    listener.until_words(EARLY)  # 20 s
    listener.hear(5.0)
    session.do(Command.SKIP_BACK)  # to 10 s
    listener.until_words(EARLY)
    listener.hear(5.0)
    session.do(Command.SKIP_AHEAD)  # to 40 s
    listener.until_words(LATE)
    listener.hear(3.0)
    found = clips(speaker, [GLIDE, EARLY, LATE])
    times = {text: occurrences(listener.sound[:, 0], clip) for text, clip in found.items()}
    (begun,), (early, again), (late,) = times[GLIDE], times[EARLY], times[LATE]
    assert early - begun == pytest.approx(20, abs=0.1)
    assert again - early == pytest.approx(5 + 10 + RUN_UP, abs=0.1)
    assert late - again == pytest.approx(5 + 10 + RUN_UP, abs=0.1)
    assert_bed_unbroken(listener.sound)


def test_words_in_the_middle_of_which_a_skip_ends_begin_again(
    start: Start, speaker: Speaker
) -> None:
    listener = start(LONG)
    session = listener.session
    listener.until_words(EARLY)
    listener.hear(15.6)  # 0.6 s into them, and 15 s more
    session.do(Command.SKIP_BACK)
    listener.hear(4.0)
    assert len(occurrences(listener.sound[:, 0], speaker.clip(cue(EARLY)))) == 2


def test_a_skip_goes_past_no_step_that_waits(start: Start, speaker: Speaker) -> None:
    listener = start(LONG)
    session = listener.session
    listener.until_words(GLIDE)
    listener.hear(4.0)
    for _ in range(6):
        session.do(Command.SKIP_AHEAD)
    listener.hear(20.0)
    assert session.status().state is State.WAITING_FOR_LISTENER
    session.do(Command.SKIP_BACK)
    listener.hear(0.1)
    assert session.status().state is State.PLAYING
    for _ in range(3):
        session.do(Command.SKIP_AHEAD)
    listener.hear(3.0)
    assert session.status().state is State.WAITING_FOR_LISTENER
    assert heard(listener.sound[:, 0], clips(speaker, [BYE])) == []
    session.do(Command.SKIP_AHEAD)  # who waits and wants to go on is done
    listener.until_words(BYE)
    listener.hear(3.0)
    assert heard(listener.sound[:, 0], clips(speaker, [BYE])) == [BYE]
    assert_bed_unbroken(listener.sound)


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
