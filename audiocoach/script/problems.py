"""Collects what is wrong in a script, so that all of it is reported in one go."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence

from audiocoach.errors import Problem, ScriptError
from audiocoach.routine import Place
from audiocoach.script.limits import MAX_PROBLEMS

_LONGEST_QUOTE = 40
_LONGEST_SOURCE = 1_000
"""Characters of a source line that a problem shows; a caret says nothing under a longer one."""


class Problems:
    """The problems of one script, and its lines to show them on."""

    def __init__(self, path: str, lines: Sequence[str]) -> None:
        self.path = path
        self.lines = tuple(lines)
        """Without line ends; without characters that a terminal would obey."""
        self._found: dict[tuple[Place, str], Problem] = {}
        self._unlisted = 0

    def __bool__(self) -> bool:
        return bool(self._found)

    def __len__(self) -> int:
        return len(self._found) + self._unlisted

    def place(self, line: int, column: int = 1) -> Place:
        """Line and column from 1."""
        return Place(self.path, line, column)

    def find(self, word: str, place: Place) -> Place:
        """Where ``word`` stands alone at or after ``place`` in its line; else ``place``."""
        alone = re.compile(rf"(?<![\w-]){re.escape(word)}(?![\w-])")
        match = alone.search(self.lines[place.line - 1], place.column - 1)
        return self.place(place.line, match.start() + 1) if match else place

    def add(self, place: Place, message: str, width: int = 1) -> None:
        """Remember one problem; the same one twice is one."""
        if (place, message) in self._found:
            return
        if len(self._found) >= MAX_PROBLEMS:
            self._unlisted += 1
            return
        source = self.lines[place.line - 1] if place.line <= len(self.lines) else ""
        self._found[place, message] = Problem(
            place.path,
            place.line,
            place.column,
            message,
            source if len(source) <= _LONGEST_SOURCE else "",
            max(1, width),
        )

    def error(self) -> ScriptError:
        """All that was found, as one error."""
        found = list(self._found.values())
        if self._unlisted:
            last = max(found)
            found.append(
                Problem(last.path, last.line, last.column, f"and {self._unlisted} problems more")
            )
        return ScriptError(found)

    def check(self) -> None:
        """Raise ``ScriptError`` if anything was found."""
        if self._found:
            raise self.error()


class Stretch:
    """Source text over one or more lines that knows the place of every character."""

    def __init__(self, path: str, pieces: Sequence[tuple[int, int, str]]) -> None:
        self._path = path
        self._pieces = pieces
        self._starts: list[int] = []
        start = 0
        for _, _, text in pieces:
            self._starts.append(start)
            start += len(text) + 1
        self.text = "\n".join(text for _, _, text in pieces)
        """The pieces ``(line, column, text)``, joined by line ends."""

    def place(self, offset: int = 0) -> Place:
        """Where the character at ``offset`` of ``text`` stands in the file."""
        index = bisect_right(self._starts, offset) - 1
        line, column, _ = self._pieces[index]
        return Place(self._path, line, column + offset - self._starts[index])


def quoted(text: str) -> str:
    """``text`` in quotes for a message, on one line and not endless."""
    flat = " ".join(text.split())
    return f'"{flat if len(flat) <= _LONGEST_QUOTE else flat[: _LONGEST_QUOTE - 3] + "..."}"'
