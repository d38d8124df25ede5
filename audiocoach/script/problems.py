"""Collects what is wrong in a script, so that all of it is reported in one go."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from audiocoach.errors import Problem, ScriptError
from audiocoach.routine import Place
from audiocoach.script.limits import MAX_PROBLEMS

_LONGEST_QUOTE = 40
_LONGEST_SOURCE = 1_000
"""Characters of a source line that a problem shows; a caret says nothing under a longer one."""


class Problems:
    """The problems of one script, and its lines to show them on."""

    def __init__(
        self, path: str, lines: Sequence[str], others: Mapping[str, Sequence[str]] | None = None
    ) -> None:
        """``others``: the lines of the scripts that it includes, by path."""
        self.path = path
        self._others = others or {}
        self.lines = tuple(lines)
        """Without line ends; without characters that a terminal would obey."""
        self._found: dict[tuple[Place, str], Problem] = {}

    def __len__(self) -> int:
        return len(self._found)

    def place(self, line: int, column: int = 1) -> Place:
        """Line and column from 1."""
        return Place(self.path, line, column)

    def find(self, word: str, place: Place) -> Place:
        """Where ``word`` stands alone at or after ``place`` in its line; else ``place``."""
        alone = re.compile(rf"(?<![\w-]){re.escape(word)}(?![\w-])")
        match = alone.search(self.lines[place.line - 1], place.column - 1)
        return self.place(place.line, match.start() + 1) if match else place

    def add(self, place: Place, message: str, width: int = 1) -> None:
        """Remember one problem; the same one twice is one.

        Raises ``ScriptError`` when there are so many that to go on would help nobody.
        """
        lines = self._others.get(place.path, self.lines)
        source = lines[place.line - 1] if place.line <= len(lines) else ""
        self._found[place, message] = Problem(
            place.path,
            place.line,
            place.column,
            message,
            source if len(source) <= _LONGEST_SOURCE else "",
            max(1, width),
        )
        if len(self._found) > MAX_PROBLEMS:
            last = max(self._found.values())
            self._found[place, message] = replace(
                last, message="there are more problems than these", source=""
            )
            self.check()

    def adopt(self, problems: Iterable[Problem]) -> None:
        """Remember the problems of a script that this one includes."""
        for problem in problems:
            place = Place(problem.path, problem.line, problem.column)
            self._found.setdefault((place, problem.message), problem)

    def check(self) -> None:
        """Raise ``ScriptError`` with all that was found, if anything was."""
        if self._found:
            raise ScriptError(list(self._found.values()))


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
