"""Media keys, headsets and lock screens: what else a session is held and sent on with.

On Linux they arrive over D-Bus, as MPRIS. macOS and Windows have their own ways, for which
there is nothing here yet: keys, mouse and pedals in the terminal work there.
"""

from __future__ import annotations

import contextlib
import logging
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

from audiocoach.live.status import Command, Status
from audiocoach.units import Ms

_log = logging.getLogger(__name__)


class Controlled(Protocol):
    """What is needed of a ``Session``; see there."""

    chapters: tuple[str, ...]

    def do(self, command: Command) -> None:
        """Obey, from any thread."""

    def skip(self, time: Ms) -> None:
        """Go on or back by a time, from any thread."""

    def set_volume(self, percent: int) -> None:
        """Be so loud, from any thread."""

    def status(self) -> Status:
        """The state of now, from any thread."""


@contextlib.contextmanager
def open_remote(session: Controlled, title: str) -> Iterator[None]:
    """Be what media keys speak to, until the block ends; nothing where the system has none.

    ``title`` is the routine's. Never raises: a routine is played without them too.
    """
    address = bus_address()
    if address is None:
        _log.info("no media keys: %s", why_not())
        yield
        return
    from audiocoach.remote.bus import Connection

    connection = Connection(address, session, title)
    connection.start()
    try:
        yield
    finally:
        connection.close()


def bus_address() -> str | None:
    """Of the D-Bus session bus, on which media keys arrive; ``None`` where there is none."""
    if not sys.platform.startswith("linux"):
        return None
    if address := os.environ.get("DBUS_SESSION_BUS_ADDRESS"):
        return None if address.startswith("disabled:") else address
    socket = Path(os.environ.get("XDG_RUNTIME_DIR") or f"/run/user/{os.getuid()}") / "bus"
    return f"unix:path={socket}" if socket.is_socket() else None


def why_not() -> str:
    """Why ``bus_address`` has none."""
    if sys.platform.startswith("linux"):
        return "there is no D-Bus session bus (DBUS_SESSION_BUS_ADDRESS)"
    return f"audiocoach knows no way to them on {sys.platform}"
