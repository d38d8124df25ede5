"""A routine told in lines: a transcript for files, and few words for screen readers."""

from __future__ import annotations

import sys
from collections.abc import Iterable

import click

from audiocoach.cli.screen.words import About, key_help, told
from audiocoach.live.status import Heard, State, Status
from audiocoach.units import MINUTE, Ms, clock

_LEFT: tuple[Ms, ...] = (MINUTE, *range(5 * MINUTE, 24 * 60 * MINUTE, 5 * MINUTE))
"""The time that is left is told when it is this."""


class Transcript:
    """A line for each chapter and each cue, and for each time when somebody waits."""

    def __init__(self, about: About) -> None:
        self._keys = about.keys
        self._state = State.PLAYING

    def show(self, status: Status, heard: Iterable[Heard]) -> None:
        """See ``Screen``."""
        for thing in heard:
            text = f"# {thing.text}" if thing.chapter else thing.text
            _print(f"{clock(thing.position)}  {text}")
        if status.state is not self._state:
            self._state = status.state
            line = told(status, keys=self._keys)
            if line and (self._keys or status.state is State.WAITING_FOR_DEVICE):
                _print(f"{clock(status.position)}  ({line})")

    def help(self) -> None:
        """See ``Screen``; whoever reads a transcript has no keys."""


class PlainLines:
    """A line for each thing that happens, and for nothing that is heard anyway.

    A program that reads the screen aloud would talk into the coach's words, so these are
    not told.
    """

    def __init__(self, about: About) -> None:
        self._about = about
        self._state = State.PLAYING
        self._volumes: dict[str, int] = {}
        self._tempo = 100
        self._last: str | None = None
        self._left: Ms | None = None

    def show(self, status: Status, heard: Iterable[Heard]) -> None:
        """See ``Screen``."""
        if self._left is None:
            self._left, self._volumes = status.left, _volumes(status)
            self._tempo = status.tempo
            self._tell(f"{self._about.title}, {clock(status.left)}.")
            if self._about.keys:
                self._tell("Press ? for the keys.")
        for thing in heard:
            if thing.chapter:
                self._tell_chapter(thing.text, status.chapter_number)
        self._tell_state(status)
        self._tell_changes(status)
        self._tell_left(status)

    def help(self) -> None:
        """See ``Screen``."""
        for keys, does in key_help(arrows=False):
            _print(f"{keys}: {does}")

    def _tell_chapter(self, title: str, number: int) -> None:
        chapters = self._about.chapters
        known = title == chapters[number] and len(chapters) > 1
        self._tell(f"Chapter {number + 1} of {len(chapters)}: {title}" if known else title)

    def _tell_state(self, status: Status) -> None:
        if status.state is self._state:
            return
        before, self._state = self._state, status.state
        if line := told(status, keys=self._about.keys):
            self._tell(line)
        elif status.state is State.PLAYING and before is not State.WAITING_FOR_SPEECH:
            self._tell("Going on.")

    def _tell_changes(self, status: Status) -> None:
        before, self._volumes = self._volumes, _volumes(status)
        for what, percent in self._volumes.items():
            if percent != before[what]:
                self._tell(f"{what} {percent} %.")
        if status.tempo != self._tempo:
            self._tempo = status.tempo
            self._tell(f"Breaks and working times {status.tempo} %.")

    def _tell_left(self, status: Status) -> None:
        """The time that is left, as it goes by; not where one has jumped past it."""
        before, self._left = self._left or 0, status.left
        if status.state is not State.PLAYING or before - status.left > 5_000:
            return
        for left in _LEFT:
            if status.left <= left < before:
                minutes = left // MINUTE
                self._tell(f"{minutes} minutes left." if minutes > 1 else "1 minute left.")

    def _tell(self, line: str) -> None:
        if line != self._last:
            _print(line)
        self._last = line


def _volumes(status: Status) -> dict[str, int]:
    return {
        "Volume": status.volume,
        "Volume of the bed": status.bed_volume,
        "Volume of the voice": status.voice_volume,
    }


def _print(line: str) -> None:
    """On standard output, whatever characters it knows."""
    encoding = sys.stdout.encoding or "utf-8"
    click.echo(line.encode(encoding, "replace").decode(encoding))
    sys.stdout.flush()
