"""Sound before other work: what the operating system is asked for, and what it may refuse.

Sound takes a few percent of a processor, but at once. Where other programs keep every processor
busy, a thread that is treated like theirs comes too late by tenths of a second.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dbus_fast.aio import MessageBus

_log = logging.getLogger(__name__)

NICE = -11
"""Of the threads of this program: what PulseAudio asks for itself (``nice-level``)."""
_REALTIME = 1
"""Of ``SCHED_RR``, where that is allowed (``RLIMIT_RTPRIO``, which desktops give for sound): under
what sound servers take for themselves. A nice value counts only among the programs of one
session where Linux groups those (autogroup)."""
_KIT = "org.freedesktop.RealtimeKit1"
"""RealtimeKit: on a Linux desktop it gives threads precedence for users who may not take it."""
_ASKED = 20
"""Threads for which RealtimeKit is asked at most; it serves 25 of one user."""
_TIMES, _REST_S = 3, 2.0
"""So often it is asked, for threads that are new."""
_PATIENCE_S = 5.0
_ABOVE_NORMAL = 0x8000
"""``ABOVE_NORMAL_PRIORITY_CLASS`` of Windows."""


def sound_first() -> None:
    """Ask for precedence, for every thread that runs by now and those that they start.

    What is not granted stays as it is. Whoever starts a process for work that can wait has to
    say so there: it begins with the same precedence.
    """
    if sys.platform == "win32":
        import ctypes

        with contextlib.suppress(OSError, AttributeError):
            kernel = ctypes.windll.kernel32
            kernel.SetPriorityClass(kernel.GetCurrentProcess(), _ABOVE_NORMAL)
    elif sys.platform.startswith("linux"):
        try:
            for number in _threads():
                _take(number)
        except PermissionError:
            threading.Thread(target=_ask, name="precedence", daemon=True).start()


def _threads() -> set[int]:
    """As the operating system counts them; every thread that ever runs Python."""
    return {thread.native_id for thread in threading.enumerate() if thread.native_id is not None}


def others_first(nice: int) -> None:
    """For a process of its own whose work can wait: what it was started with is given back."""
    if not sys.platform.startswith("linux"):
        with contextlib.suppress(AttributeError, OSError):
            os.setpriority(os.PRIO_PROCESS, 0, nice)
        return
    for task in Path("/proc/self/task").iterdir():  # also those of libraries
        number = int(task.name)
        with contextlib.suppress(OSError):
            os.sched_setscheduler(number, os.SCHED_OTHER, os.sched_param(0))
            os.setpriority(os.PRIO_PROCESS, number, nice)


def _take(number: int) -> None:
    """Raises ``PermissionError`` where that is not for everybody."""
    with contextlib.suppress(ProcessLookupError):  # it has ended
        with contextlib.suppress(PermissionError):
            os.sched_setscheduler(number, os.SCHED_RR, os.sched_param(_REALTIME))
        if os.getpriority(os.PRIO_PROCESS, number) > NICE:
            os.setpriority(os.PRIO_PROCESS, number, NICE)


def _ask() -> None:
    address = os.environ.get("DBUS_SYSTEM_BUS_ADDRESS", "")
    if not address and not Path("/run/dbus/system_bus_socket").is_socket():
        _log.info("no precedence: there is no D-Bus system bus")
        return
    try:
        asyncio.run(_asked())
    except Exception as error:  # noqa: BLE001 - whatever it is, it is heard without precedence
        _log.info("no precedence: %s: %s", type(error).__name__, error)


async def _asked() -> None:
    from dbus_fast import BusType
    from dbus_fast.aio import MessageBus

    bus = MessageBus(bus_type=BusType.SYSTEM, auth_timeout=_PATIENCE_S)
    await asyncio.wait_for(bus.connect(), _PATIENCE_S)
    asked: set[int] = set()
    granted = 0
    for rest in (_REST_S,) * (_TIMES - 1) + (0.0,):
        for number in sorted(_threads() - asked)[: _ASKED - len(asked)]:
            granted += await asyncio.wait_for(_grant(bus, number), _PATIENCE_S)
            asked.add(number)
        if not granted:
            break
        await asyncio.sleep(rest)
    bus.disconnect()
    _log.info("precedence for %d of %d threads, by RealtimeKit", granted, len(asked))


async def _grant(bus: MessageBus, number: int) -> bool:
    """Whether a thread, which may have ended, gets precedence."""
    from dbus_fast import Message, MessageType

    asked = Message(
        destination=_KIT,
        path="/org/freedesktop/RealtimeKit1",
        interface=_KIT,
        member="MakeThreadHighPriority",
        signature="ti",
        body=[number, NICE],
    )
    reply = await bus.call(asked)
    return reply is not None and reply.message_type is MessageType.METHOD_RETURN
