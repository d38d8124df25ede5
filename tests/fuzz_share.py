"""Coverage-guided fuzzing of what answers requests in ``share``.

    python tests/fuzz_share.py -max_total_time=60

Any bytes on a connection are answered as HTTP or not at all: never with an exception, never
with what is shared unless the secret is in the request. What is found becomes a test.
"""

from __future__ import annotations

import asyncio
import re
from typing import Any

import atheris

with atheris.instrument_imports(include=["audiocoach", "h11"]):
    from audiocoach.share.answers import Held, Resource, Site
    from audiocoach.share.guard import Limits, guarded

from fuzzing import fuzz
from uvicorn.config import Config
from uvicorn.server import ServerState

_KEY = "abcdefgh"
_SHARED = b"what is shared " * 8_000
_STATUS = re.compile(rb"HTTP/1\.1 (200|206|304|307|400|404|405|412|414|416|421|431) ")

_LOOP = asyncio.new_event_loop()
_SITE = Site(
    _KEY,
    frozenset({"localhost:80"}),
    {"a.mp3": Resource(Held(_SHARED), "audio/mpeg")},
    moved={"/": "a.mp3"},
)
_CONFIG = Config(_SITE, log_config=None, log_level="critical", lifespan="off", ws="none")
_FAULTS: list[object] = []


class _Peer:
    def setsockopt(self, *_: object) -> None:
        """Whatever is asked."""

    def getpeername(self) -> tuple[str, int]:
        return ("127.0.0.1", 5_000)

    getsockname = getpeername
    family = 2


class _Wire(asyncio.Transport):
    """A connection to nobody: what is sent is kept."""

    def __init__(self) -> None:
        super().__init__({"socket": _Peer(), "peername": ("127.0.0.1", 5_000)})
        self.sent = b""
        self.closed = False

    def write(self, data: Any) -> None:
        self.sent += bytes(data)

    def is_closing(self) -> bool:
        return self.closed

    def close(self) -> None:
        self.closed = True

    abort = close

    def get_write_buffer_size(self) -> int:
        return 0

    def pause_reading(self) -> None:
        """Nothing more comes."""

    def resume_reading(self) -> None:
        """Nothing more comes."""

    def set_protocol(self, protocol: asyncio.BaseProtocol) -> None:
        """It stays the one that it is."""

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        """There are none."""


async def _talk(data: bytes) -> bytes:
    state = ServerState()
    wire = _Wire()
    made: Any = guarded(Limits())
    protocol = made(_CONFIG, state, {}, _LOOP)
    protocol.connection_made(wire)
    half = len(data) // 2
    for part in (data[:half], data[half:]):
        if part and not wire.closed:
            protocol.data_received(part)
    while state.tasks:
        await asyncio.wait(set(state.tasks), timeout=10)
    protocol.connection_lost(None)
    return wire.sent


def one_input(data: bytes) -> None:
    """Send all of it over one connection."""
    _FAULTS.clear()
    sent = _LOOP.run_until_complete(_talk(data))
    assert not _FAULTS, _FAULTS
    assert not sent or _STATUS.match(sent), sent[:200]
    assert b"Internal Server Error" not in sent
    if _KEY.encode() not in data:
        assert _SHARED[:15] not in sent
        assert _KEY.encode() not in sent


def examples() -> list[bytes]:
    """Requests as players make them."""
    head = f"GET /{_KEY}/a.mp3 HTTP/1.1\r\nHost: localhost:80\r\n"
    return [
        f"{head}{more}\r\n".encode()
        for more in (
            "",
            "Range: bytes=0-5\r\n",
            'Range: bytes=-5\r\nIf-Range: "x"\r\n',
            'If-None-Match: W/"a", *\r\nConnection: close\r\n',
            "Transfer-Encoding: chunked\r\n\r\n5\r\nabcde\r\n0\r\n",
            "Upgrade: websocket\r\nConnection: Upgrade\r\n",
        )
    ] + [b"HEAD / HTTP/1.0\r\n\r\n", b"GET /%2e%2e/ HTTP/1.1\r\nHost: localhost:80\r\n\r\n"]


if __name__ == "__main__":
    _CONFIG.load()
    _LOOP.set_exception_handler(lambda _loop, context: _FAULTS.append(context))
    fuzz(one_input, examples())
