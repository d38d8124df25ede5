"""A live session in which anything is asked for at any time."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from listening import BLOCK, Listener, all_known, levels, roughness, wait_for
from numpy.typing import NDArray
from sessions import bell, hum

from audiocoach.clips import ClipCache
from audiocoach.live import Command, Earcon, Session, State
from audiocoach.routine import Routine
from audiocoach.script import expand, parse
from audiocoach.speech import Speaker
from audiocoach.testing import ToneVoice
from audiocoach.units import RATE

TEXT = """\
# One

!["bell"] Sit down. [4s]

Glide. [for 20s]
- at 4s: Slow.
- at half: Half.
- 5s left: Last.
- every 7s: Even. / Soft.

# Two

Breathe. [breathe 2-3 x3]

Turn over. [until done, 3s]

# Three

Rest. [3s] And rest.
"""
HELD = "Glide. [for 40s]\n- at 6s: Slow.\n- at half: Half.\n- 10s left: Last.\n\nBye.\n"
ANYTHING = [command for command in Command if command is not Command.QUIT]
TIMES = [
    *(Command.LONGER, Command.SHORTER, Command.SLOWER, Command.FASTER),
    *(Command.PAUSE, Command.RESUME, Command.HOW_LONG, Command.ATTEND),
]
FEW = settings(
    max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def asked(commands: Sequence[Command]) -> st.SearchStrategy[list[tuple[Command, float]]]:
    """What is asked for, and how long one listens after it."""
    waits = st.sampled_from([0.02, 0.1, 0.5, 1.5, 4.0])
    return st.lists(st.tuples(st.sampled_from(commands), waits), min_size=4, max_size=12)


@pytest.fixture(scope="module")
def by(tmp_path_factory: pytest.TempPathFactory) -> Speaker:
    return Speaker(ToneVoice(), ClipCache(tmp_path_factory.mktemp("clips")))


@contextmanager
def listening(routine: Routine, by: Speaker) -> Iterator[Listener]:
    earcons = dict.fromkeys(Earcon, bell()["bell"] * np.float32(0.2))
    session = Session(routine, lambda: nullcontext(by), hum(), bell(), earcons=earcons)
    listener = Listener(session)
    listener.hear(0.02)
    try:
        wait_for(all_known(session))
        listener.hear(3.0)
        yield listener
    finally:
        session.close()


def settle(listener: Listener) -> None:
    """Wait until all times are as they were asked for."""
    ahead = listener.session._ahead
    wait_for(ahead._changes.empty)
    plan = None
    while ahead.plan is not plan:
        plan = ahead.plan
        time.sleep(0.05)
    listener.hear(0.02)
    wait_for(all_known(listener.session))


def to_the_end(listener: Listener) -> list[str]:
    """What begins until the end; the listener is always done at once."""
    session = listener.session
    said: list[str] = []
    while not session.ended:
        if session.status().state is State.WAITING_FOR_LISTENER:
            session.do(Command.DONE)
        listener.hear(0.33, BLOCK * 16)
        said += [thing.text for thing in session.heard() if not thing.chapter]
        assert listener.now < 6_000
    return said


def sharpest_words(by: Speaker) -> float:
    """How sharply the words themselves bend, at the loudest that they are."""
    with listening(expand(parse(TEXT, "x.md"), {}), by) as listener:
        for _ in range(4):
            listener.session.do(Command.LOUDER)
        to_the_end(listener)
        return roughness(listener.sound)


@pytest.fixture(scope="module")
def sharpest(by: Speaker) -> float:
    return sharpest_words(by)


def assert_never_silent(sound: NDArray[np.float32], until_s: float) -> None:
    """Something is heard at every moment, from the first fade to ``until_s``."""
    heard = levels(sound[3 * RATE : round(until_s * RATE), 0], 0.1)
    assert heard.min() > 1e-5


@FEW
@given(wishes=asked(ANYTHING))
def test_whatever_is_asked_it_goes_on_and_says_all_that_comes(
    wishes: list[tuple[Command, float]], by: Speaker, sharpest: float
) -> None:
    with listening(expand(parse(TEXT, "x.md"), {}), by) as listener:
        session = listener.session
        for command, seconds in wishes:
            session.do(command, confirm=len(command.value) % 2 == 0)
            listener.hear(seconds)
            if session.ended:
                break
        else:
            session.do(Command.RESUME)
            listener.hear(0.02)
            session.do(Command.REPEAT)
            listener.hear(0.02)
            settle(listener)
            at = session.status().where.step
            comes = [cue.cue.text for step in session._ahead.plan.steps[at:] for cue in step.cues]
            session.heard()
            assert to_the_end(listener) == comes
        assert session.error is None
        assert_never_silent(listener.sound, listener.now - 9.0)
        assert roughness(listener.sound) <= 1.05 * sharpest


@FEW
@given(wishes=asked(TIMES))
def test_whatever_times_are_asked_for_nothing_is_lost(
    wishes: list[tuple[Command, float]], by: Speaker
) -> None:
    """Nobody goes elsewhere, so all must be said; the half of a short step may come early."""
    with listening(expand(parse(f"# One\n\n{HELD}", "x.md"), {}), by) as listener:
        session = listener.session
        listener.until_words("Glide.")
        said = ["Glide."]
        for command, seconds in wishes:
            session.do(command)
            listener.hear(seconds)
            said += [thing.text for thing in session.heard() if not thing.chapter]
        session.do(Command.RESUME)
        said += to_the_end(listener)
        assert session.error is None
        counted = Counter(said)
        assert counted.keys() == {"Glide.", "Slow.", "Half.", "Last.", "Bye."}
        assert (said[0], said[-1], counted["Bye."]) == ("Glide.", "Bye.", 1)
        # Words are begun again only where a pause has cut them, or the end has moved away.
        pauses = sum(command is Command.PAUSE for command, _ in wishes)
        assert sum(counted.values()) - len(counted) <= pauses + counted["Last."] - 1


def test_memory_does_not_grow_with_what_is_asked(by: Speaker) -> None:
    import gc

    with listening(expand(parse(TEXT, "x.md"), {}), by) as listener:
        session = listener.session

        def ask(times: int) -> int:
            for number in range(times):
                session.do(ANYTHING[number % len(ANYTHING)], confirm=True)
                session.do(Command.PREVIOUS_CHAPTER)
                session.read(16 * 896)
                session.heard()
            session.do(Command.IGNORE)
            settle(listener)
            for _ in range(30):
                session.read(16 * 896)
            gc.collect()
            return len(gc.get_objects())

        before = ask(200)
        assert ask(400) < before + 2_000
        assert session._wishes.empty()
        assert len(session._sounds._sounding) < 5
        assert len(session._sounds._rung) < 5
