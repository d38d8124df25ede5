"""Reads the notation in which the docs write down the grammar of scripts."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True)
class Text:
    text: str


@dataclass(frozen=True)
class Chars:
    """One character of ``chars``: of those that are tried."""

    chars: str


@dataclass(frozen=True)
class Rule:
    name: str


@dataclass(frozen=True)
class Row:
    parts: tuple[Part, ...]


@dataclass(frozen=True)
class Either:
    parts: tuple[Part, ...]


@dataclass(frozen=True)
class Times:
    part: Part
    least: int
    most: int


Part: TypeAlias = Text | Chars | Rule | Row | Either | Times

_TOKEN = re.compile(
    r"""\s+ | /\*.*?\*/ | (?P<rule> [a-z-]+(?=\s+::=)) | (?P<name> [a-z-]+) | (?P<define> ::=)
    | '(?P<single> [^']*)' | "(?P<double> [^"]*)" | \#x(?P<code> [0-9A-F]+)
    | \[(?P<chars> [^\]]*)\] | (?P<sign> [()|?*+])""",
    re.VERBOSE | re.DOTALL,
)
_ALPHABET = [chr(code) for code in (10, *range(32, 127))] + list("äßÉ漢…—")
_TIMES = {"?": (0, 1), "*": (0, 2), "+": (1, 3)}


class Reader:
    """EBNF of the XML recommendation, section 6, as far as the page uses it."""

    def __init__(self, text: str) -> None:
        self._tokens = list(self._split(text))
        self.rules: dict[str, Part] = {}
        while self._tokens:
            kind, name = self._tokens.pop(0)
            assert kind == "rule", name
            assert name not in self.rules, name
            assert self._tokens.pop(0)[0] == "define", name
            self.rules[name] = self._either()

    @staticmethod
    def _split(text: str) -> Iterator[tuple[str, str]]:
        position = 0
        while position < len(text):
            match = _TOKEN.match(text, position)
            assert match, text[position : position + 40]
            position = match.end()
            if match.lastgroup:
                yield match.lastgroup, match[match.lastgroup]

    def _next(self) -> tuple[str, str]:
        return self._tokens[0] if self._tokens else ("rule", "")

    def _either(self) -> Part:
        rows = [self._row()]
        while self._next() == ("sign", "|"):
            self._tokens.pop(0)
            rows.append(self._row())
        return rows[0] if len(rows) == 1 else Either(tuple(rows))

    def _row(self) -> Part:
        parts: list[Part] = []
        while self._next()[0] != "rule" and self._next() not in {("sign", ")"), ("sign", "|")}:
            part = self._one()
            if self._next()[0] == "sign" and self._next()[1] in _TIMES:
                part = Times(part, *_TIMES[self._tokens.pop(0)[1]])
            parts.append(part)
        assert parts, self._tokens[:5]
        return parts[0] if len(parts) == 1 else Row(tuple(parts))

    def _one(self) -> Part:
        kind, text = self._tokens.pop(0)
        if kind == "name":
            return Rule(text)
        if kind == "code":
            return Text(chr(int(text, 16)))
        if kind == "chars":
            return Chars(_members(text))
        if kind != "sign":
            return Text(text)
        assert text == "(", text
        inside = self._either()
        assert self._tokens.pop(0) == ("sign", ")")
        return inside


def _members(text: str) -> str:
    """What of the alphabet is between the brackets; where it is nothing, the first."""
    found = re.findall(r"#x([0-9A-F]+)|(.)", text.removeprefix("^"))
    signs = [(chr(int(code, 16)) if code else char, bool(code)) for code, char in found]
    ranges: list[tuple[str, str]] = []
    while signs:
        first = last = signs.pop(0)[0]
        if len(signs) > 1 and signs[0] == ("-", False):
            last = signs[1][0]
            del signs[:2]
        assert first <= last, text
        ranges.append((first, last))
    inside = [char for char in _ALPHABET if any(a <= char <= b for a, b in ranges)]
    if text.startswith("^"):
        inside = [char for char in _ALPHABET if char not in inside]
    return "".join(inside)
