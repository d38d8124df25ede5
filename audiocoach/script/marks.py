"""What stands in square brackets: ``[5s]``, ``[for 60s]``, ``[until done, 40s]``.

A ``!`` after a length protects it: it stays when the routine is fitted to a length.

A new mark is one more line in ``_MARKS`` and the function that reads it.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TypeAlias

from audiocoach.errors import nearest
from audiocoach.routine import Break, Hold, Place
from audiocoach.script.limits import MAX_COUNT, MAX_LENGTH, MIN_BEAT
from audiocoach.script.modifiers import is_modifier
from audiocoach.script.problems import Problems, quoted
from audiocoach.script.tree import Breathe, Count
from audiocoach.units import SECOND, Ms, format_duration, parse_duration

Mark: TypeAlias = Break | Hold | Count | Breathe

STRENGTHS: dict[str, Ms] = {
    "x-weak": 200,
    "weak": 400,
    "medium": 700,
    "strong": 1_200,
    "x-strong": 2_000,
}
"""Breaks by strength, as SSML 1.1 orders them (section 3.2.3): a medium one is what a calm
speaker leaves between two sentences."""

FORMS = ("[5s]", "[for 60s]", "[until done, 40s]", "[count 8 every 4s]", "[breathe 4-7-8 x6]")


def read_mark(inner: str, place: Place, width: int, problems: Problems) -> Mark | None:
    """The mark with ``inner`` between its brackets; ``None`` where that is a problem."""
    text = " ".join(inner.split())
    try:
        for pattern, make in _MARKS:
            if match := pattern.fullmatch(text):
                return make(match, place)
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
    return any(pattern.fullmatch(text) for pattern, _ in _MARKS)


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


def _break(match: re.Match[str], place: Place) -> Break:
    return Break(read_length(match["length"]), place, protected=bool(match["keep"]))


def _strength(match: re.Match[str], place: Place) -> Break | None:
    """A break of Speech Markdown, by strength or by length; ``None`` for the strength none."""
    strength = match["strength"]
    if strength == "none":
        return None
    if timed := re.fullmatch(_LENGTH + _KEEP, strength):
        return _break(timed, place)
    if strength[:1].isdigit():
        return Break(read_length(strength), place)
    if strength not in STRENGTHS:
        known = ("none", *STRENGTHS)
        raise ValueError(f"{quoted(strength)} is no strength{nearest(strength, known)}")
    return Break(STRENGTHS[strength], place)


def _hold_for(match: re.Match[str], place: Place) -> Hold:
    length = read_length(match["length"])
    return Hold(length, until_done=False, place=place, protected=bool(match["keep"]))


def _hold_between(match: re.Match[str], place: Place) -> Hold:
    """Where nothing else is asked for, it lasts the middle."""
    shortest, longest = read_length(match["length"]), read_length(match["longest"])
    if match["keep"]:
        raise ValueError("a range of lengths is there to be used; leave out the !")
    if shortest >= longest:
        raise ValueError("the shorter length comes first; write it like 40s..90s")
    return Hold(
        (shortest + longest) // 2,
        until_done=False,
        place=place,
        shortest=shortest,
        longest=longest,
    )


def _hold_until_done(match: re.Match[str], place: Place) -> Hold:
    length = read_length(match["length"])
    return Hold(length, until_done=True, place=place, protected=bool(match["keep"]))


def _count(match: re.Match[str], place: Place) -> Count:
    count = int(match["count"])
    if not 1 <= count <= MAX_COUNT:
        raise ValueError(f"{count} cannot be counted; write 1 to {MAX_COUNT}")
    every = read_length(match["every"]) if match["every"] else SECOND
    if every < MIN_BEAT:
        raise ValueError(f"{match['every']} is too fast; a beat has {format_duration(MIN_BEAT)}")
    return Count(count, every, bool(match["down"]), place)


def _breathe(match: re.Match[str], place: Place) -> Breathe:
    pattern = tuple(round(float(part) * SECOND) for part in match["pattern"].split("-"))
    if not 2 <= len(pattern) <= 4:
        raise ValueError(
            "a breath has two to four times in seconds: in-out, in-hold-out or in-hold-out-hold"
        )
    ways = (pattern[0], pattern[1 if len(pattern) == 2 else 2])
    if min(ways) < MIN_BEAT or any(0 < part < MIN_BEAT for part in pattern):
        raise ValueError(f"this is too fast; each part has {format_duration(MIN_BEAT)} or more")
    rounds = int(match["rounds"] or 1)
    if not 1 <= rounds <= MAX_COUNT:
        raise ValueError(f"{rounds} breaths are not possible; write x1 to x{MAX_COUNT}")
    return Breathe(pattern, rounds, bool(match["swell"]), place)


_LENGTH = r"(?P<length>\d(?:[\da-z]|\.(?!\.))*)"
_KEEP = r" ?(?P<keep>!)?"
_SECONDS = r"[0-9]{1,3}(?:\.[0-9]{1,3})?"
_MARKS: tuple[tuple[re.Pattern[str], Callable[[re.Match[str], Place], Mark | None]], ...] = (
    (re.compile(r"""break: ?(?P<quote>["'])(?P<strength>[^"']*)(?P=quote)"""), _strength),
    (re.compile(_LENGTH + _KEEP), _break),
    (re.compile(f"for {_LENGTH}{_KEEP}"), _hold_for),
    (re.compile(rf"for {_LENGTH} ?\.\. ?(?P<longest>\d[\d.a-z]*){_KEEP}"), _hold_between),
    (re.compile(f"until done, ?{_LENGTH}{_KEEP}"), _hold_until_done),
    (
        re.compile(
            r"count (?P<down>down )?(?P<count>[0-9]{1,9})(?: every (?P<every>\d[\d.a-z]*))?"
        ),
        _count,
    ),
    (
        re.compile(
            rf"breathe (?P<pattern>{_SECONDS}(?:-{_SECONDS})*)"
            r"(?: ?x ?(?P<rounds>[0-9]{1,9}))?(?P<swell> swell)?"
        ),
        _breathe,
    ),
)
