"""What is shown while a routine is played: a calm screen, or plain lines."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterable, Iterator
from typing import Protocol

from audiocoach.cli.screen.lines import PlainLines, Transcript
from audiocoach.cli.screen.words import About
from audiocoach.live.status import Heard, Status

__all__ = ["About", "Screen", "open_screen"]


class Screen(Protocol):
    """Shows where a session is."""

    def show(self, status: Status, heard: Iterable[Heard]) -> None:
        """Show ``status``; ``heard`` is what began since the last call."""

    def help(self) -> None:
        """Show what the keys do, or no longer."""


@contextlib.contextmanager
def open_screen(about: About, *, plain: bool = False) -> Iterator[Screen]:
    """The whole terminal; without one, a transcript on standard output.

    ``plain``: lines for who reads with the ears or the fingers. A terminal is as it was
    before when the block ends, however it ends.
    """
    if plain:
        yield PlainLines(about)
    elif not sys.stdout.isatty() or os.environ.get("TERM", "").lower() in ("dumb", "unknown"):
        yield Transcript(about)
    else:
        from audiocoach.cli.screen.terminal import open_terminal

        with open_terminal(about) as screen:
            yield screen
