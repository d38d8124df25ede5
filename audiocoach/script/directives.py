"""Reads the lines that begin with ``:::``.

A new directive is one more line in ``_DIRECTIVES`` and the function that reads it.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from enum import Enum, auto
from typing import TypeAlias

from audiocoach.errors import nearest
from audiocoach.routine import Place
from audiocoach.script.limits import MAX_ENTRIES, MAX_LINE, MAX_REPEAT, MAX_VALUE
from audiocoach.script.names import RESERVED, can_be_spoken, is_name, is_sound
from audiocoach.script.problems import Problems, quoted
from audiocoach.script.tree import For, If, Include, Name, Repeat


class Line(Enum):
    """A ``:::`` line that opens no block."""

    CLOSE = auto()
    ELSE = auto()
    LEAF = auto()
    """One that is wrong, and takes no closing line."""
    BROKEN = auto()
    """One that is wrong, but would open a block."""


Opener: TypeAlias = Repeat | For | If | Include

_COLONS = 3
_MARKUP = re.compile(r"[\\\[\]{}*_<>&`~|#]")


def read_directive(text: str, place: Place, problems: Problems) -> Opener | Line:
    """A line without the white space around it; blocks are still empty."""
    words = text.lstrip(":")
    colons = len(text) - len(words)
    word, _, rest = " ".join(words.split()).partition(" ")
    if len(text) > MAX_LINE:
        problems.add(place, f"this line is too long; the most is {MAX_LINE} characters")
        return Line.BROKEN if word else Line.LEAF
    if colons != _COLONS:
        problems.add(place, "a block is opened and closed with three colons", colons)
    if word not in _DIRECTIVES:
        line, wrong = _read_other(word, rest)
        if wrong:
            problems.add(place, wrong, len(text))
        return line
    try:
        return _DIRECTIVES[word](rest, place)
    except ValueError as error:
        problems.add(place, str(error), len(text))
        return Line.BROKEN


def _read_other(word: str, rest: str) -> tuple[Line, str]:
    """A line that opens no block, and what is wrong with it."""
    if not word:
        return Line.CLOSE, ""
    if word == "else":
        return Line.ELSE, "::: else takes nothing; write ::: if below it" if rest else ""
    if word == "end":
        return Line.CLOSE, "a block is closed by ::: alone"
    return Line.BROKEN, f"{quoted(word)} is no word for a block{nearest(word, _WORDS)}"


def _read_repeat(text: str, place: Place) -> Repeat:
    if re.fullmatch(r"[0-9]{1,9}", text) is None:
        raise ValueError("how often is not said; write ::: repeat 3")
    if not 1 <= int(text) <= MAX_REPEAT:
        raise ValueError(f"{text} rounds are not possible; write 1 to {MAX_REPEAT}")
    return Repeat(int(text), (), place)


def _read_for(text: str, place: Place) -> For:
    match = re.fullmatch(r"(?P<name>\S+) in (?P<values>.+)", text)
    if match is None:
        raise ValueError("this loop is not complete; write ::: for side in right, left")
    values = tuple(value.strip() for value in match["values"].split(","))
    if len(values) > MAX_ENTRIES:
        raise ValueError(f"these are {len(values)} values; the most is {MAX_ENTRIES}")
    for value in values:
        _check_value(value)
    return For(_new_name(match["name"]), values, (), place)


def _read_if(text: str, place: Place) -> If:
    match = re.fullmatch(r"(?P<name>\S+) is (?P<negated>not )?(?P<value>.+)", text)
    if match is None:
        raise ValueError("this condition is not complete; write ::: if position is chair")
    return If(match["name"], match["value"], match["negated"] is not None, (), (), place)


def _read_include(text: str, place: Place) -> Include:
    match = re.fullmatch(r"(?P<name>.+?\.md)(?: with (?P<values>.+))?", text)
    if match is None:
        raise ValueError(
            "this include is not complete; write ::: include stretch.md, or"
            " ::: include stretch.md with side left, rest long"
        )
    if not is_sound(match["name"]):
        raise ValueError(
            f"{quoted(match['name'])} is no script that can be included: it takes the path of a"
            " file inside the script's own folder, with /"
        )
    given: dict[str, str | Name] = {}
    for entry in (match["values"] or "").split(",") if match["values"] else ():
        name, _, value = entry.strip().partition(" ")
        if _new_name(name) in given:
            raise ValueError(f'"{name}" stands here twice')
        given[name] = _given_value(name, value, place)
    if len(given) > MAX_ENTRIES:
        raise ValueError(f"these are {len(given)} names; the most is {MAX_ENTRIES}")
    return Include(match["name"], tuple(given.items()), place)


def _given_value(name: str, value: str, place: Place) -> str | Name:
    if value.startswith("{") and value.endswith("}") and is_name(value[1:-1]):
        return Name(value[1:-1], place)
    if not value:
        raise ValueError(f'what "{name}" stands for is not said; write: with side left')
    _check_value(value)
    return value


def _check_value(value: str) -> None:
    if _MARKUP.search(value) or not can_be_spoken(value) or len(value) > MAX_VALUE:
        raise ValueError(
            f"{quoted(value)} is no value; write plain words, with a comma between two"
        )


def _new_name(name: str) -> str:
    if not is_name(name):
        raise ValueError(f"{quoted(name)} is no name; write letters, digits, - or _")
    if name in RESERVED:
        raise ValueError(f'"{name}" is a name of the language itself; take another')
    return name


_DIRECTIVES: dict[str, Callable[[str, Place], Opener]] = {
    "repeat": _read_repeat,
    "for": _read_for,
    "if": _read_if,
    "include": _read_include,
}
_WORDS = (*_DIRECTIVES, "else")
