"""Opens the door, keeps it open for a while, closes it."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import signal
import socket
import ssl
import sys
import time
from collections.abc import Callable, Generator, Sequence
from types import FrameType
from typing import Literal

from starlette.types import ASGIApp
from uvicorn import Config, Server

from audiocoach.share.guard import Limits, guarded

Ending = Literal["idle", "interrupted", "terminated", "stopped"]
"""Why it ended: nobody came, Ctrl-C, a signal to end, the program itself."""


class Door(Server):
    """A server that ends when nobody came for a while, or when told to."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        idle_s: float,
        limits: Limits | None = None,
        now: Callable[[], float] = time.monotonic,
        opened: Callable[[], None] = lambda: None,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        """``opened`` is called when clients can come; with ``tls`` it speaks HTTPS."""
        limits = limits or Limits()
        super().__init__(
            Config(
                app,
                loop="asyncio",
                http=guarded(limits),
                ws="none",
                lifespan="off",
                interface="asgi3",
                log_config=None,
                log_level="critical",
                access_log=False,
                proxy_headers=False,
                server_header=False,
                backlog=limits.connections,
                timeout_keep_alive=limits.keep_alive_s,
                timeout_graceful_shutdown=2,
                h11_max_incomplete_event_size=limits.head_bytes,
            )
        )
        self._idle_s = idle_s
        self._shake_s = limits.head_s
        self._tls = tls
        self._now = now
        self._opened = opened
        self._last = now()
        self.ending: Ending = "stopped"

    def visited(self) -> None:
        """Somebody who was asked in is here: the idle time begins anew."""
        self._last = self._now()

    def open(self, sockets: Sequence[socket.socket]) -> Ending:
        """Serve on sockets that listen, until the end; they are closed then.

        On the main thread, signals mean what they meant before when this returns.
        """
        try:
            asyncio.run(self.serve(list(sockets)))
        finally:
            for each in sockets:
                each.close()
        return self.ending

    def stop(self) -> None:
        """End soon; may be called from any thread."""
        self.should_exit = True

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to listen."""
        loop = asyncio.get_running_loop()
        self.config.ssl = self._tls
        if self._tls:  # else a client may take a minute to shake hands
            loop.create_server = functools.partial(  # type: ignore[method-assign]
                loop.create_server, ssl_handshake_timeout=self._shake_s
            )
        await super().startup(sockets)
        loop.set_exception_handler(lambda _loop, _context: None)
        self._last = self._now()
        self._opened()

    async def on_tick(self, counter: int) -> bool:
        """Ten times a second: whether it is time to end."""
        if self._now() - self._last > self._idle_s:
            self.ending = "idle"
            return True
        return await super().on_tick(counter)

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        """Ctrl-C and requests to end are a usual end here, so none is raised again."""

        def end(number: int, frame: FrameType | None) -> None:
            del frame
            self.ending = "interrupted" if number == signal.SIGINT else "terminated"
            self.should_exit = True

        numbers = [signal.SIGINT, signal.SIGTERM]
        if sys.platform == "win32":
            numbers.append(signal.SIGBREAK)
        before = {}
        with contextlib.suppress(ValueError):  # not on the main thread: nothing to catch
            before = {number: signal.signal(number, end) for number in numbers}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)
