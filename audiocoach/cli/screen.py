"""What is shown while a routine is played: a calm screen, or plain lines where there is none."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Protocol

import click

from audiocoach.live.status import Heard, State, Status
from audiocoach.units import SECOND, clock

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

_MARGIN = 2
_WIDEST = 76
"""Columns of text, also on a wide terminal: long lines are hard to read from afar."""

_TOLD = {
    State.PAUSED: "Paused.",
    State.WAITING_FOR_LISTENER: "Waiting for you.",
    State.WAITING_FOR_SPEECH: "The voice is getting ready ...",
    State.WAITING_FOR_DEVICE: "The loudspeaker is gone.",
    State.LEAVING: "Good-bye ...",
}
_ASKED = {
    State.PAUSED: "Press space to go on.",
    State.WAITING_FOR_LISTENER: "Press space when you are done.",
    State.WAITING_FOR_DEVICE: "It goes on when that, or another one, is there.",
}


_ABOVE = (
    *("gap", "title", "gap after title", "chapter", "gap after chapter"),
    *("words", "gap after words", "coming"),
)
_BELOW = ("told", "gap after told", "bar", "gap after bar", "help")
"""What stands at the top and at the bottom of the terminal, in order."""


class Screen(Protocol):
    """Shows where a session is."""

    def show(self, status: Status, heard: Iterable[Heard]) -> None:
        """Show ``status``; ``heard`` is what began since the last call."""


@contextlib.contextmanager
def open_screen(title: str, *, keys: bool) -> Iterator[Screen]:
    """A screen on a terminal, else plain lines on standard output.

    ``keys``: the listener can press some. A terminal is as it was before when the block
    ends.
    """
    if not sys.stdout.isatty() or os.environ.get("TERM", "").lower() in ("dumb", "unknown"):
        yield _Lines(keys=keys)
        return
    from rich.console import Console
    from rich.live import Live

    console = Console(highlight=False)
    with Live(console=console, screen=True, auto_refresh=False) as live:

        def draw(text: Text) -> None:
            live.update(text, refresh=True)

        yield _Terminal(console, draw, title, keys=keys)


class _Lines:
    """A line for each chapter and each cue, and for each time when somebody waits."""

    def __init__(self, *, keys: bool) -> None:
        self._keys = keys
        self._state = State.PLAYING

    def show(self, status: Status, heard: Iterable[Heard]) -> None:
        for thing in heard:
            text = f"# {thing.text}" if thing.chapter else thing.text
            _print(f"{clock(thing.position)}  {text}")
        if self._keys and status.state is not self._state and status.state in _TOLD:
            told = (_TOLD[status.state], _ASKED.get(status.state, ""))
            _print(f"{clock(status.position)}  ({' '.join(told).strip()})")
        self._state = status.state


def _print(line: str) -> None:
    """On standard output, whatever characters it knows."""
    encoding = sys.stdout.encoding or "utf-8"
    click.echo(line.encode(encoding, "replace").decode(encoding))
    sys.stdout.flush()


class _Terminal:
    """The whole terminal; drawn again only when something on it changes."""

    def __init__(
        self, console: Console, draw: Callable[[Text], None], title: str, *, keys: bool
    ) -> None:
        self._console, self._draw, self._title, self._keys = console, draw, title, keys
        self._drawn: object = None

    def show(self, status: Status, heard: Iterable[Heard]) -> None:
        del heard
        size = self._console.size
        seen = (size, replace(status, position=0, left=status.left // SECOND))
        if seen != self._drawn:
            self._drawn = seen
            self._draw(view(self._console, status, self._title, keys=self._keys))


def view(console: Console, status: Status, title: str, *, keys: bool) -> Text:
    """The screen as text that fills ``console`` exactly, whatever its size."""
    from rich.text import Text

    width, height = console.size
    columns = max(1, min(width - 2 * _MARGIN, _WIDEST))

    def wrapped(text: str, style: str = "") -> list[Text]:
        return list(Text(text, style, overflow="fold").wrap(console, columns)) if text else []

    words = wrapped(status.words, "bold")
    told = wrapped(" ".join((_TOLD.get(status.state, ""), _ASKED.get(status.state, ""))).strip())
    # What is needed least comes last: it is left out where the terminal is too low for it.
    order: list[tuple[str, list[Text]]] = [
        ("words", words),
        ("bar", [_bar(status, columns, ascii_only=console.options.ascii_only)]),
        ("told", told or [Text()]),
        ("chapter", wrapped(status.chapter, "cyan")),
        ("coming", wrapped(f"Next: {status.coming}" if status.coming else "", "dim")),
        ("gap after words", [Text()]),
        ("gap after chapter", [Text()]),
        ("help", _help(status, columns, ascii_only=console.options.ascii_only) if keys else []),
        ("gap after bar", [Text()]),
        ("gap after told", [Text()]),
        ("title", wrapped(title, "dim")),
        ("gap after title", [Text()]),
        ("gap", [Text()]),
    ]
    shown: dict[str, list[Text]] = {}
    left = height
    for name, part in order:
        shown[name] = part[: max(0, left)] if name == "words" else part if len(part) <= left else []
        left -= len(shown[name])
    lines = [line for name in _ABOVE for line in shown[name]]
    lines += [Text()] * left
    lines += [line for name in _BELOW for line in shown[name]]
    for line in lines:
        line.truncate(columns, overflow="crop")
    margin = " " * min(_MARGIN, max(0, width - 1))
    return Text("\n", no_wrap=True, overflow="crop").join(
        Text(margin).append_text(line) for line in lines
    )


def _bar(status: Status, columns: int, *, ascii_only: bool) -> Text:
    """How much of the routine was heard, and the time that is left."""
    from rich.text import Text

    label = f" {clock(status.left)} left"
    length = max(0, columns - len(label))
    heard = length * status.position // max(1, status.position + status.left)
    full, empty = "=-" if ascii_only else "━─"
    return Text.assemble((full * heard, "cyan"), (empty * (length - heard), "dim"), label)


def _help(status: Status, columns: int, *, ascii_only: bool) -> list[Text]:
    """The keys and what they do, in as many lines as they need."""
    from rich.text import Text

    waits = status.state in (State.PAUSED, State.WAITING_FOR_LISTENER)
    parts = (
        f"space {'go on' if waits else 'pause'}",
        "left/right step" if ascii_only else "← → step",
        "r repeat",
        f"+ - volume {status.volume} %",
        "q quit",
    )
    lines = [""]
    for part in parts:
        longer = f"{lines[-1]}   {part}" if lines[-1] else part
        if len(longer) <= columns or not lines[-1]:
            lines[-1] = longer
        else:
            lines.append(part)
    return [Text(line, "dim") for line in lines]
