"""How wide text is, near enough to lay it out where no font can be asked."""

from __future__ import annotations

import re
import unicodedata
from html import escape

_WIDTHS = {
    **dict.fromkeys("ijl'|", 0.23),
    **dict.fromkeys(" .,:;!ftI/\\[]", 0.28),
    **dict.fromkeys("r-()`{}*", 0.36),
    **dict.fromkeys("mM%", 0.86),
    **dict.fromkeys("wW@", 0.95),
}
"""Of a letter of Helvetica and its kin, as a share of its size."""
_NARROW, _CAPITAL, _SQUARE = 0.56, 0.72, 1.05
"""Of all others; the last in scripts whose letters fill a square, and of emoji."""
_SAFE = 1.06
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What an XML document cannot hold, escaped or not (XML 1.0, section 2.2)."""


def width(text: str) -> float:
    """In sizes of a letter; rather too much than too little."""
    return sum(map(_width, text))


def wrap(text: str, room: float) -> list[str]:
    """Text in lines no wider than ``room`` sizes of a letter, broken between words if it can be."""
    lines: list[str] = []
    line, left = "", room
    for word in text.split():
        if line and width(f" {word}") > left:
            lines.append(line)
            line, left = "", room
        rest = f" {word}" if line else word
        while not line and width(rest) > room and len(rest) > 1:
            fits = _fitting(rest, room)
            lines.append(rest[:fits])
            rest = rest[fits:]
        line += rest
        left -= width(rest)
    return [*lines, line] if line else lines


def xml_escaped(text: str) -> str:
    """Text for XML, in an element or in a quoted attribute."""
    return escape(_NOT_XML.sub("", text))


def _fitting(text: str, room: float) -> int:
    """How many characters fit, one at least."""
    left = room
    for at, char in enumerate(text):
        left -= _width(char)
        if left < 0:
            return max(1, at)
    return len(text)


def _width(char: str) -> float:
    if char in _WIDTHS:
        return _WIDTHS[char] * _SAFE
    if unicodedata.combining(char):
        return 0.0
    if unicodedata.east_asian_width(char) in ("W", "F"):
        return _SQUARE
    return (_CAPITAL if char.isupper() else _NARROW) * _SAFE
