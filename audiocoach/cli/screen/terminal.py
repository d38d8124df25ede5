"""The terminal that the screen is drawn on: taken, drawn again, and given back."""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING

from audiocoach.cli.screen.whole import essence, view
from audiocoach.cli.screen.words import About
from audiocoach.live.status import Heard, Status

if TYPE_CHECKING:
    from rich.console import Console
    from rich.live import Live

_MOUSE_ON, _MOUSE_OFF = "\x1b[?1000h\x1b[?1006h", "\x1b[?1006l\x1b[?1000l"
"""Clicks and the wheel are told, with numbers (xterm's modes 1000 and 1006)."""
_STOPPED_S = 2.0
"""Who was not asked to draw for this long was stopped; another may have used the terminal."""


@contextlib.contextmanager
def open_terminal(about: About) -> Iterator[Terminal]:
    """Take the terminal, and its mouse where there are keys, until the block ends."""
    from rich.console import Console
    from rich.live import Live

    console = Console(highlight=False)
    live = Live(console=console, screen=True, auto_refresh=False)
    mouse = about.keys and sys.platform != "win32" and not console.legacy_windows
    live.start()
    try:
        terminal = Terminal(console, live, about, mouse=mouse)
        terminal.take()
        yield terminal
    finally:
        # The terminal may be gone, and then there is nothing to give back.
        with contextlib.suppress(OSError):
            if mouse:
                _send(console, _MOUSE_OFF)
        with contextlib.suppress(OSError):
            live.stop()


def _send(console: Console, codes: str) -> None:
    console.file.write(codes)
    console.file.flush()


class Terminal:
    """The whole terminal; drawn again only when something on it changes."""

    def __init__(
        self,
        console: Console,
        live: Live,
        about: About,
        *,
        mouse: bool = False,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._console, self._live, self._about = console, live, about
        self._mouse, self._now = mouse, now
        self._all_keys = False
        self._drawn: object = None
        self._shown_at = now()

    def take(self) -> None:
        """Take the mouse too."""
        if self._mouse:
            _send(self._console, _MOUSE_ON)

    def show(self, status: Status, heard: Iterable[Heard]) -> None:
        """See ``Screen``."""
        del heard
        now = self._now()
        if now - self._shown_at > _STOPPED_S:
            self._take_again()
        self._shown_at = now
        seen = (self._console.size, essence(status), self._all_keys)
        if seen != self._drawn:
            self._drawn = seen
            screen = view(self._console, status, self._about, all_keys=self._all_keys)
            self._live.update(screen, refresh=True)

    def help(self) -> None:
        """See ``Screen``."""
        self._all_keys = not self._all_keys

    def _take_again(self) -> None:
        from rich.control import Control

        self._console.control(Control.alt_screen(enable=True), Control.show_cursor(show=False))
        self.take()
        self._drawn = None
