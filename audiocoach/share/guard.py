"""Connections in bounds: how many, how long a request may take to be asked, how slow one reads.

What uvicorn leaves open: a client that sends its request a letter at a time, one that takes
what it asked for a byte at a time, one that takes all the places there are.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
import sys
from dataclasses import dataclass
from typing import Any

import h11
from uvicorn.config import Config
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.server import ServerState

_NO_LINGER = struct.pack("hh" if sys.platform == "win32" else "ii", 1, 0)
"""Linger for no time: what the system still has to send is dropped."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What one client, and all together, may take."""

    connections: int = 200
    per_client: int = 144
    """Less than all, so that one address cannot take the places of the others."""
    head_s: float = 10.0
    """From the connection, or from the first byte of a further request, to the end of its head."""
    keep_alive_s: int = 15
    """From an answer to the next request."""
    stalled_s: float = 300.0
    """Without taking anything of an answer; a player that was paused comes back for the rest."""
    head_bytes: int = 16 * 1024


def guarded(limits: Limits) -> type[H11Protocol]:
    """The protocol for uvicorn, with a list of its own of who is connected."""
    places = _Places(limits)

    class Guarded(_Guarded):
        def __init__(
            self,
            config: Config,
            server_state: ServerState,
            app_state: dict[str, Any],
            _loop: asyncio.AbstractEventLoop | None = None,
        ) -> None:
            super().__init__(config, server_state, app_state, _loop)
            self.limits = limits
            self.places = places

    return Guarded


class _Places:
    """Who is connected, by address, the oldest first."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._taken: dict[str, dict[_Guarded, None]] = {}

    def take(self, guest: _Guarded) -> bool:
        """Give a place; where there is none, that of one who asks for nothing now, or none."""
        own = self._taken.setdefault(guest.host, {})
        own[guest] = None
        if len(own) > self._limits.per_client:
            return self._make_room(guest, own)
        if sum(map(len, self._taken.values())) > self._limits.connections:
            return self._make_room(guest, max(self._taken.values(), key=len))
        return True

    def leave(self, guest: _Guarded) -> None:
        """Give the place back; may be called twice."""
        own = self._taken.get(guest.host, {})
        own.pop(guest, None)
        if not own:
            self._taken.pop(guest.host, None)

    def _make_room(self, guest: _Guarded, among: dict[_Guarded, None]) -> bool:
        idle = next((other for other in among if other is not guest and other.is_idle), None)
        (idle or guest).end()
        return idle is not None


class _Guarded(H11Protocol):
    limits: Limits
    places: _Places
    host = ""
    """The address of the client."""
    _head: asyncio.TimerHandle | None = None
    _stall: asyncio.TimerHandle | None = None
    _taken = 0
    """How often the client took so much that more was sent."""

    @property
    def is_idle(self) -> bool:
        """Whether no request is being answered."""
        return self.cycle is None or self.cycle.response_complete

    def end(self) -> None:
        """End the connection at once; nothing of it is left, not even with the system."""
        self.places.leave(self)
        if not self.transport.is_closing() or self.transport.get_write_buffer_size():
            peer = self.transport.get_extra_info("socket")
            with contextlib.suppress(OSError):
                peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NO_LINGER)
        self.transport.abort()

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self.host = self.client[0] if self.client else ""
        if self.places.take(self):
            self._head = self.loop.call_later(self.limits.head_s, self.end)
            self._watch(None)

    def connection_lost(self, exc: Exception | None) -> None:
        self.places.leave(self)
        self._head_is_here()
        if self._stall is not None:
            self._stall.cancel()
        self._unset_keepalive_if_required()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self.transport.is_closing():
            return
        try:
            super().data_received(data)
        except Exception:  # noqa: BLE001 - a request that cannot even be refused
            self.end()
            return
        if self.conn.their_state is not h11.IDLE:
            self._head_is_here()
        elif self._head is None:
            self._head = self.loop.call_later(self.limits.head_s, self.end)

    def resume_writing(self) -> None:
        self._taken += 1
        super().resume_writing()

    def shutdown(self) -> None:
        """What is shared is not shared any more."""
        self.end()

    def _head_is_here(self) -> None:
        if self._head is not None:
            self._head.cancel()
            self._head = None

    def _watch(self, before: tuple[int, int] | None) -> None:
        """End the connection if something waits for the client and it took none of it."""
        waiting = self.transport.get_write_buffer_size()
        now = (waiting, self._taken)
        if waiting and now == before:
            self.end()
            return
        self._stall = self.loop.call_later(self.limits.stalled_s, self._watch, now)
