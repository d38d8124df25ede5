"""A connection to the session bus, in a thread of its own."""

from __future__ import annotations

import asyncio
import logging
import os
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dbus_fast.aio import MessageBus

    from audiocoach.remote import Controlled

_log = logging.getLogger(__name__)

_NAME = "org.mpris.MediaPlayer2.audiocoach"
_PATH = "/org/mpris/MediaPlayer2"
_LOOK_S = 0.1
"""The session is looked at this often."""
_CONNECT_S = 5.0
_CLOSE_S = 1.0


def answers(address: str) -> None:
    """Try a bus; raises what goes wrong, of whatever kind."""

    async def ask() -> None:
        (await _connected(address)).disconnect()

    asyncio.run(ask())


async def _connected(address: str) -> MessageBus:
    from dbus_fast.aio import MessageBus

    bus = MessageBus(bus_address=address, auth_timeout=_CONNECT_S)
    await asyncio.wait_for(bus.connect(), _CONNECT_S)
    return bus


class Connection:
    """Shows a session on the bus, until it is closed or the bus is gone."""

    def __init__(self, address: str, session: Controlled, title: str) -> None:
        self._address, self._session, self._title = address, session, title
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._run, name="media keys", daemon=True)

    def start(self) -> None:
        """Begin in the background."""
        self._thread.start()

    def close(self) -> None:
        """Leave the bus."""
        self._closed.set()
        self._thread.join(_CLOSE_S)

    def _run(self) -> None:
        try:
            asyncio.run(self._serve())
        except Exception as error:  # noqa: BLE001 - whatever it is, the routine goes on without
            _log.info("no media keys: %s: %s", type(error).__name__, error)

    async def _serve(self) -> None:
        from dbus_fast import NameFlag, RequestNameReply

        from audiocoach.remote.mpris import Application, Player

        bus = await _connected(self._address)
        player = Player(self._session, self._title)
        bus.export(_PATH, Application(self._session))
        bus.export(_PATH, player)
        owned = await bus.request_name(_NAME, NameFlag.DO_NOT_QUEUE)
        if owned is not RequestNameReply.PRIMARY_OWNER:  # another routine is being played
            await bus.request_name(f"{_NAME}.instance{os.getpid()}", NameFlag.DO_NOT_QUEUE)
        gone = asyncio.ensure_future(bus.wait_for_disconnect())  # type: ignore[no-untyped-call]
        while not (self._closed.is_set() or gone.done()):
            player.look()
            await asyncio.wait({gone}, timeout=_LOOK_S)
        bus.disconnect()
        await asyncio.wait_for(gone, _CLOSE_S)
