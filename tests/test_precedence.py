"""Precedence for sound: taken where that is allowed, else asked for over a real bus."""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from listening import wait_for
from test_remote import Bus

from audiocoach.sinks import precedence

pytestmark = pytest.mark.skipif(
    not sys.platform.startswith("linux"), reason="nice values of threads are Linux'"
)

OWN = '''
import os, subprocess, sys, threading
from audiocoach.sinks.precedence import sound_first
go = threading.Event()
threading.Thread(target=go.wait, daemon=True).start()
sound_first()
numbers = {thread.native_id for thread in threading.enumerate()}
print(sorted(os.getpriority(os.PRIO_PROCESS, number) for number in numbers))
print({os.sched_getscheduler(number) == os.SCHED_RR for number in numbers})
work = """
import os, numpy
from audiocoach.sinks.precedence import others_first
others_first(10)
numbers = map(int, os.listdir("/proc/self/task"))
print({(os.getpriority(os.PRIO_PROCESS, one), os.sched_getscheduler(one)) for one in numbers})
"""
subprocess.run([sys.executable, "-c", work], check=True)
'''


@pytest.mark.skipif(sys.platform == "win32" or os.geteuid() != 0, reason="needs root")
def test_it_is_taken_for_every_thread_where_that_is_allowed() -> None:
    done = subprocess.run(
        [sys.executable, "-u", "-c", OWN], capture_output=True, text=True, check=True
    )
    own, realtime, speaking = done.stdout.splitlines()
    assert (own, speaking) == ("[-11, -11]", "{(10, 0)}")
    if realtime != "{True}":
        pytest.skip("real time is not given here")


class Kit:
    """What stands for RealtimeKit on a bus: writes down what it is asked for."""

    def __init__(self, *, grants: bool) -> None:
        self.asked: list[tuple[int, int]] = []
        self._grants = grants
        self._ready = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()))
        self._thread.start()
        assert self._ready.wait(10)

    async def _serve(self) -> None:
        from dbus_fast import BusType, Message
        from dbus_fast.aio import MessageBus

        bus = await MessageBus(bus_type=BusType.SYSTEM).connect()

        def answer(message: Message) -> Message | None:
            if message.member != "MakeThreadHighPriority":
                return None
            number, nice = message.body
            self.asked.append((number, nice))
            if self._grants:
                return Message.new_method_return(message)
            return Message.new_error(message, "org.freedesktop.DBus.Error.AccessDenied", "no")

        bus.add_message_handler(answer)
        await bus.request_name("org.freedesktop.RealtimeKit1")
        self._bus, self._loop = bus, asyncio.get_running_loop()
        self._ready.set()
        await bus.wait_for_disconnect()  # type: ignore[no-untyped-call]

    def stop(self) -> None:
        self._loop.call_soon_threadsafe(self._bus.disconnect)
        self._thread.join()


@pytest.fixture
def system_bus(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bus]:
    if shutil.which("dbus-daemon") is None:
        pytest.skip("dbus-daemon is not installed (apt: dbus)")

    def refused(which: int, who: int, priority: int) -> None:
        raise PermissionError(1, "not for everybody")

    monkeypatch.setattr(os, "setpriority", refused)
    bus = Bus(tmp_path)
    monkeypatch.setenv("DBUS_SYSTEM_BUS_ADDRESS", bus.address)
    yield bus
    bus.stop()


def asking() -> bool:
    return any(thread.name == "precedence" for thread in threading.enumerate())


def test_who_may_not_take_it_asks_realtimekit_for_each_thread_also_for_new_ones(
    system_bus: Bus, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(precedence, "_REST_S", 0.2)
    kit = Kit(grants=True)
    go = threading.Event()
    precedence.sound_first()
    wait_for(lambda: (threading.get_native_id(), -11) in kit.asked)
    new = threading.Thread(target=go.wait)
    new.start()
    wait_for(lambda: (new.native_id, -11) in kit.asked)
    wait_for(lambda: not asking())
    assert len(kit.asked) == len(set(kit.asked))
    go.set()
    kit.stop()


def test_where_it_is_refused_it_is_asked_once(system_bus: Bus) -> None:
    kit = Kit(grants=False)
    precedence.sound_first()
    wait_for(lambda: bool(kit.asked) and not asking())
    assert (threading.get_native_id(), -11) in kit.asked
    assert len(kit.asked) == len(set(kit.asked))
    kit.stop()


def test_where_nobody_can_be_asked_nothing_happens(
    system_bus: Bus, monkeypatch: pytest.MonkeyPatch
) -> None:
    precedence.sound_first()  # a bus without RealtimeKit
    wait_for(lambda: not asking())
    monkeypatch.setenv("DBUS_SYSTEM_BUS_ADDRESS", "unix:path=/nowhere/at/all")
    precedence.sound_first()
    wait_for(lambda: not asking())
