"""Where in a TOML file a key or a value stands: ``tomllib`` tells only of syntax errors."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from audiocoach.errors import Problem

Key = tuple[str | int, ...]
"""``("exclude", 1, "voice")``: names, and positions in lists from 0."""

_NAME = r"""[A-Za-z0-9_-]+|"[^"\n]*"|'[^'\n]*'"""
_TABLE = re.compile(rf"\s*(\[\[?)\s*((?:{_NAME})(?:\s*\.\s*(?:{_NAME}))*)\s*\]\]?\s*(?:#.*)?")
_ENTRY = re.compile(rf"\s*((?:{_NAME})(?:\s*\.\s*(?:{_NAME}))*)\s*=(?!=)")
_PART = re.compile(_NAME)


@dataclass(frozen=True, slots=True)
class _Found:
    line: int
    """From 1."""
    column: int
    width: int


class Places:
    """The places of a file's keys, found line by line; good enough to point at."""

    def __init__(self, path: str, text: str) -> None:
        self._path = path
        self._lines = re.split(r"\r\n?|\n", text)
        self._keys: dict[Key, _Found] = {}
        self._scan()

    def problem(self, key: Key, message: str, value: str | None = None) -> Problem:
        """A problem with what stands at ``key``, or with ``value`` behind it."""
        at = next((key[:end] for end in range(len(key), 0, -1) if key[:end] in self._keys), None)
        found = self._keys[at] if at else _Found(1, 1, 1)
        if at and value is not None:
            found = self._value(found, value)
        told = f"{key_text(key)}: {message}" if key else message
        source = self._lines[found.line - 1]
        return Problem(self._path, found.line, found.column, told, source, found.width)

    def at_line(self, line: int, column: int, message: str) -> Problem:
        """A problem whose place is known."""
        source = self._lines[line - 1] if 0 < line <= len(self._lines) else ""
        return Problem(self._path, line, column, message, source)

    def _scan(self) -> None:
        table: Key = ()
        counts: dict[Key, int] = {}
        for number, line in enumerate(self._lines, 1):
            if match := _TABLE.fullmatch(line):
                table = _names(match[2])
                if match[1] == "[[":
                    counts[table] = counts.get(table, -1) + 1
                    table = (*table, counts[table])
                self._keys.setdefault(table, _Found(number, match.start(2) + 1, len(match[2])))
            elif match := _ENTRY.match(line):
                found = _Found(number, match.start(1) + 1, len(match[1]))
                self._keys.setdefault((*table, *_names(match[1])), found)

    def _value(self, key: _Found, value: str) -> _Found:
        """Where ``value`` stands in quotes, from its key to the next one."""
        later = [found.line for found in self._keys.values() if found.line > key.line]
        for line in range(key.line, min(later, default=len(self._lines) + 1)):
            for quote in "\"'":
                column = self._lines[line - 1].find(f"{quote}{value}{quote}")
                if column >= 0:
                    return _Found(line, column + 1, len(value) + 2)
        return key


def key_text(key: Sequence[str | int]) -> str:
    """``("exclude", 1, "voice")`` -> ``exclude[2].voice``: people count from 1."""
    text = "".join(f"[{part + 1}]" if isinstance(part, int) else f".{part}" for part in key)
    return text.removeprefix(".")


def _names(dotted: str) -> Key:
    return tuple(match[0].strip("\"'") for match in _PART.finditer(dotted))
