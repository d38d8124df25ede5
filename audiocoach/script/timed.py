"""Reads the list items under a ``[for ...]`` step, such as ``at half: Halfway.``."""

from __future__ import annotations

import re

from audiocoach.routine import Anchor, Backdrop, Hold
from audiocoach.script.inline import Slash, scan
from audiocoach.script.limits import MIN_EVERY
from audiocoach.script.marks import read_length
from audiocoach.script.problems import Problems, Stretch, quoted
from audiocoach.script.speakable import check_speech
from audiocoach.script.tree import Piece, Section, Timed
from audiocoach.units import Ms, format_duration

_HEADS: tuple[tuple[re.Pattern[str], Anchor], ...] = (
    (re.compile(r"at half"), Anchor.HALF),
    (re.compile(r"at (?P<time>\S+)"), Anchor.AT),
    (re.compile(r"(?P<time>\S+) left"), Anchor.LEFT),
    (re.compile(r"every (?P<time>\S+)"), Anchor.EVERY),
)
_EXPECTED = 'a cue begins with its time: "at 20s:", "at half:", "10s left:" or "every 20s:"'


def read_timed(stretch: Stretch, hold: Hold, problems: Problems) -> Timed | None:
    """One item in a step that lasts ``hold``; ``None`` where its time is a problem."""
    head, colon, _ = stretch.text.partition(":")
    texts = _read_texts(stretch, len(head) + 1, problems) if colon else ()
    time = " ".join(head.split())
    place = stretch.place()
    if not colon:
        problems.add(place, f"this has no time; {_EXPECTED}")
        return None
    found = [(match, anchor) for pattern, anchor in _HEADS if (match := pattern.fullmatch(time))]
    if not found:
        problems.add(place, f"{quoted(time)} is no time of a cue; {_EXPECTED}", len(head))
        return None
    match, anchor = found[0]
    if anchor is not Anchor.EVERY and len(texts) > 1:
        problems.add(
            place, 'only an "every" cue takes texts in turn; write \\/ for the slash itself'
        )
    try:
        offset = _read_time(anchor, match, hold.length)
    except ValueError as error:
        problems.add(place, str(error), len(head))
        return None
    return Timed(anchor, offset, texts, place)


def _read_time(anchor: Anchor, match: re.Match[str], hold: Ms) -> Ms:
    """The time of a cue that has room in a step that lasts ``hold``."""
    if anchor is Anchor.HALF:
        return 0
    time = read_length(match["time"])
    beyond = time > hold if anchor is Anchor.LEFT else time >= hold
    if beyond:
        raise ValueError(
            f"{quoted(match.group())} is not inside the step, which lasts {format_duration(hold)}"
        )
    if anchor is Anchor.EVERY and time < MIN_EVERY:
        raise ValueError(
            f"{match['time']} is too often; the shortest is {format_duration(MIN_EVERY)}"
        )
    return time


def _read_texts(stretch: Stretch, start: int, problems: Problems) -> tuple[tuple[Piece, ...], ...]:
    texts: list[list[Piece]] = [[]]
    for item in scan(stretch, problems, start=start, slashes=True):
        if isinstance(item, Slash):
            texts.append([])
        elif isinstance(item, Hold):
            problems.add(item.place, "a cue cannot hold; write [5s] for a break")
        elif isinstance(item, Section):
            problems.add(item.place, 'a cue takes (words)[voice:"..."] instead')
        elif isinstance(item, Backdrop):
            problems.add(item.place, "a cue changes no ambience; put this before a step")
        else:
            texts[-1].append(item)
    if not all(texts):
        problems.add(stretch.place(), "this cue has nothing to say after its time, or beside a /")
    for text in texts:
        check_speech(tuple(text), problems)
    return tuple(tuple(text) for text in texts)
