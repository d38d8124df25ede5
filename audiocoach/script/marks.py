"""What stands in square brackets: ``[5s]``, ``[for 60s]``, ``[until done, 40s]``.

A new mark is one more line in ``_MARKS`` and the function that reads it.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TypeAlias

from audiocoach.errors import nearest
from audiocoach.routine import Break, Hold, Place
from audiocoach.script.limits import MAX_LENGTH
from audiocoach.script.modifiers import is_modifier
from audiocoach.script.problems import Problems, quoted
from audiocoach.units import Ms, format_duration, parse_duration

Mark: TypeAlias = Break | Hold

STRENGTHS: dict[str, Ms] = {
    "x-weak": 200,
    "weak": 400,
    "medium": 700,
    "strong": 1_200,
    "x-strong": 2_000,
}
"""Breaks by strength, as SSML 1.1 orders them (section 3.2.3): a medium one is what a calm
speaker leaves between two sentences."""

FORMS = ("[5s]", "[for 60s]", "[until done, 40s]")

_LATER: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"(for )?[\d.]+m?[hms]\S*!"), "a protected length"),
    (re.compile(r"for \S+\.\.\S+"), "a range of lengths"),
    (re.compile(r"count\b.*"), "counting"),
    (re.compile(r"breathe\b.*"), "paced breathing"),
)
"""Marks that are planned, so that their error can say so."""


def read_mark(inner: str, place: Place, width: int, problems: Problems) -> Mark | None:
    """The mark with ``inner`` between its brackets; ``None`` where that is a problem."""
    text = " ".join(inner.split())
    for pattern, what in _LATER:
        if pattern.fullmatch(text):
            problems.add(place, f"[{text}] is {what}, which is not supported yet", width)
            return None
    try:
        for pattern, make in _MARKS:
            if match := pattern.fullmatch(text):
                return make(match["length"], place)
    except ValueError as error:
        problems.add(place, f"in [{text}]: {error}", width)
        return None
    if is_modifier(text):
        problems.add(place, f"[{text}] stands right behind its words: (words)[{text}]", width)
        return None
    near = nearest(f"[{text}]", FORMS)
    problems.add(
        place,
        f"[{quoted(text)[1:-1]}] is no mark{near}; write \\[ for the bracket itself",
        width,
    )
    return None


def is_mark(inner: str) -> bool:
    """Whether ``inner``, between brackets, is a mark that stands by itself."""
    text = " ".join(inner.split())
    return any(pattern.fullmatch(text) for pattern, _ in (*_MARKS, *_LATER))


def read_length(text: str) -> Ms:
    """A duration of more than nothing; raises ``ValueError`` that says what is wrong."""
    try:
        length = parse_duration(text)
    except ValueError:
        raise ValueError(
            f"{quoted(text)} is no length of time; write it like 5s, 1m30s or 500ms"
        ) from None
    if length > MAX_LENGTH:
        raise ValueError(f"{text} is too long; the most is {format_duration(MAX_LENGTH)}")
    if length == 0:
        raise ValueError(f"{text} is no time at all; write a length or delete it")
    return length


def _break(length: str, place: Place) -> Break:
    return Break(read_length(length), place)


def _strength(strength: str, place: Place) -> Break | None:
    """A break of Speech Markdown, by strength or by length; ``None`` for the strength none."""
    if strength == "none":
        return None
    if strength[:1].isdigit():
        return _break(strength, place)
    if strength not in STRENGTHS:
        known = ("none", *STRENGTHS)
        raise ValueError(f"{quoted(strength)} is no strength{nearest(strength, known)}")
    return Break(STRENGTHS[strength], place)


def _hold_for(length: str, place: Place) -> Hold:
    return Hold(read_length(length), until_done=False, place=place)


def _hold_until_done(length: str, place: Place) -> Hold:
    return Hold(read_length(length), until_done=True, place=place)


_MARKS: tuple[tuple[re.Pattern[str], Callable[[str, Place], Mark | None]], ...] = (
    (re.compile(r"""break: ?(?P<quote>["'])(?P<length>[^"']*)(?P=quote)"""), _strength),
    (re.compile(r"(?P<length>\d[\d.a-z]*)"), _break),
    (re.compile(r"for (?P<length>\d[\d.a-z]*)"), _hold_for),
    (re.compile(r"until done, ?(?P<length>\d[\d.a-z]*)"), _hold_until_done),
)
