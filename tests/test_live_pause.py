"""A live session that is paused: no words, and the bed goes on."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from listening import heard, occurrences
from numpy.typing import NDArray
from sessions import (
    GLIDE,
    ROUTINE,
    SLOWLY,
    WARM,
    WELCOME,
    WORDS,
    Start,
    Steady,
    assert_bed_unbroken,
    assert_no_click,
    bed_over_time,
    clips,
    cue,
    routine,
    step,
    tone_levels,
)

from audiocoach.clips import ClipCache
from audiocoach.live import Command, State
from audiocoach.speech import Speaker
from audiocoach.units import RATE


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
