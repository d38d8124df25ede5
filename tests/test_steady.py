"""An output that outlasts its loudspeaker, with loudspeakers that are none."""

from __future__ import annotations

import threading

import numpy as np
import pytest
from listening import wait_for
from numpy.typing import NDArray

from audiocoach.errors import DeviceError, NotFoundError
from audiocoach.sinks import steady
from audiocoach.sinks.output import BLOCK, Output, Source
from audiocoach.sinks.steady import SteadyOutput


class Music:
    """A source that writes down what happens to it."""

    idle = False

    def __init__(self) -> None:
        self.ended = False
        self.told: list[str] = []

    def read(self, frames: int) -> NDArray[np.float32]:
        if self.told[-1:] != [threading.current_thread().name]:
            self.told.append(threading.current_thread().name)
        return np.zeros((frames, 2), np.float32)

    def lost(self) -> None:
        self.told.append("lost")

    def found(self) -> None:
        self.told.append("found")


class Loudspeaker:
    """Reads one block when it starts."""

    def __init__(self, name: str, *, broken: bool = False) -> None:
        self.name = name
        self.underruns = 1
        self.gone = False
        self.closed = False
        self._broken = broken

    def start(self, source: Source) -> None:
        if self._broken:
            raise DeviceError("cannot be started")
        source.read(BLOCK)

    def finished(self, timeout_s: float) -> bool:
        if self.gone:
            raise DeviceError("lost")
        return False

    def close(self) -> None:
        self.closed = True


class Shop:
    """Has loudspeakers to open, one after the other."""

    def __init__(self, *there: Loudspeaker) -> None:
        self.there = list(there)
        self.asked: list[Output | None] = []

    def open(self, lost: Output | None) -> Output:
        self.asked.append(lost)
        if not self.there:
            raise DeviceError("there is no loudspeaker")
        return self.there.pop(0)


@pytest.fixture(autouse=True)
def _no_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(steady, "_REST_S", 0.01)


def test_what_opening_raises_is_raised_when_it_starts() -> None:
    def unknown(lost: Output | None) -> Output:
        raise NotFoundError("no output is called so")

    output = SteadyOutput(unknown)
    with pytest.raises(NotFoundError, match="called so"):
        output.start(Music())
    output.close()


def test_it_opens_while_other_things_are_made_ready() -> None:
    asked, may = threading.Event(), threading.Event()

    def slowly(lost: Output | None) -> Output:
        asked.set()
        assert may.wait(30)
        return Loudspeaker("slow")

    output = SteadyOutput(slowly)
    assert asked.wait(30)
    may.set()
    output.start(Music())
    assert output.name == "slow"
    output.close()


def test_where_a_loudspeaker_is_lost_the_source_is_read_on_and_heard_from_the_next() -> None:
    first, second = Loudspeaker("headphones"), Loudspeaker("table")
    shop, music = Shop(first), Music()
    output = SteadyOutput(shop.open)
    output.start(music)
    assert not output.finished(0)
    first.gone = True
    assert not output.finished(0)
    assert first.closed
    wait_for(lambda: len(shop.asked) > 3)
    assert not output.finished(0.1)
    assert output.name == "headphones"
    assert music.told == ["MainThread", "lost", "feeding"]
    shop.there.append(second)
    wait_for(lambda: output.finished(0.01) or output.name == "table")
    assert music.told == ["MainThread", "lost", "feeding", "found", "MainThread"]
    assert set(shop.asked) == {None, first}
    assert output.underruns == 2
    output.close()
    assert second.closed


def test_a_source_that_ends_while_nobody_hears_it_has_ended() -> None:
    loudspeaker, music = Loudspeaker("headphones"), Music()
    output = SteadyOutput(Shop(loudspeaker).open)
    output.start(music)
    loudspeaker.gone = True
    output.finished(0)
    music.ended = True
    wait_for(lambda: output.finished(0.05))
    output.close()


def test_a_loudspeaker_is_not_waited_for_longer_than_the_patience_lasts() -> None:
    time_s = 1_000.0
    loudspeaker = Loudspeaker("headphones")
    output = SteadyOutput(Shop(loudspeaker).open, patience_s=600, now=lambda: time_s)
    output.start(Music())
    time_s += 60
    loudspeaker.gone = True
    assert not output.finished(0)
    time_s += 599
    assert not output.finished(0)
    time_s += 2
    with pytest.raises(DeviceError, match=r"headphones was lost.* in 10 minutes"):
        output.finished(0)
    output.close()


def test_loudspeakers_that_do_not_last_are_opened_more_and_more_rarely() -> None:
    time_s = 0.0
    broken = [Loudspeaker(f"broken {n}", broken=True) for n in range(4)]
    first = Loudspeaker("headphones")
    output = SteadyOutput(Shop(first, *broken).open, patience_s=600, now=lambda: time_s)
    music = Music()
    output.start(music)
    time_s = 60.0
    first.gone = True
    for _ in range(4):
        wait_for(lambda: output.finished(0) or not output._opening.done())
        wait_for(output._opening.done)
    wait_for(lambda: output.finished(0) or broken[-1].closed)
    assert music.told.count("lost") == 5
    assert output._rest_s == pytest.approx(0.01 * 2**4)
    time_s = 660.0
    assert not output.finished(0)
    time_s += 1
    with pytest.raises(DeviceError, match="was lost"):
        output.finished(0)
    output.close()
