"""A live session and its voice, which may be slow, or fail."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path

import numpy as np
from listening import Listener, heard, wait_for
from numpy.typing import NDArray
from sessions import (
    BYE,
    HALFWAY,
    ROUTINE,
    WORDS,
    Slow,
    Start,
    assert_bed_unbroken,
    assert_no_click,
    bell,
    clips,
    hum,
)

from audiocoach.clips import ClipCache
from audiocoach.errors import NotFoundError, SpeechError
from audiocoach.live import Command, Session, State
from audiocoach.speech import Speaker
from audiocoach.testing import ToneVoice
from audiocoach.units import RATE


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
