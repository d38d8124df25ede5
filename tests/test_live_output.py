"""A live session whose output is lost, and comes back."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest
from listening import heard
from numpy.typing import NDArray
from sessions import SLOWLY, WARM, WORDS, Start, assert_no_click, bed_over_time, clips, cue

from audiocoach.live import Command, State
from audiocoach.speech import Speaker
from audiocoach.units import RATE


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
