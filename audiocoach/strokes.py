"""Letters drawn with a round pen, for pictures that need no font.

Latin letters, figures and common marks; accents are put together from letter and accent.
Units: a capital letter is 14 high, a small one 10, the pen's middle stands on 0.
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

Line = NDArray[np.float64]
"""Points that the pen passes through, shape ``(n, 2)``, x to the right, y upwards."""

GAP = 4.2
"""Between two letters."""
_OPEN_GAP = 3.0
"""After a letter that leaves room at its right."""
_SPACE = 5.5
_ROUND = "A5,5,5,5,0,360"
_P = "L0,0,0,14,5,14;A5,10.2,4.4,3.8,90,-90;L5,6.4,0,6.4"

_LETTERS = {
    "a": f"{_ROUND};L10,10,10,0",
    "b": f"L0,14,0,0;{_ROUND}",
    "c": "A5,5,5,5,48,312",
    "d": f"{_ROUND};L10,14,10,0",
    "e": "L0,5,10,5;A5,5,5,5,0,312",
    "f": "A5.5,11,3,3,60,180;L2.5,11,2.5,0;L0,10,5.5,10",
    "g": f"{_ROUND};L10,10,10,0;A5,0,5,4.5,205,360",
    "h": "L0,14,0,0;A4.5,5.5,4.5,4.5,0,180;L9,5.5,9,0",
    "\u0131": "L0,10,0,0",
    "\u0237": "L2.5,10,2.5,-1.5;A-0.5,-1.5,3,3,270,360",
    "k": "L0,14,0,0;L8,10,0,4;L3,6.2,8.5,0",
    "l": "L0,14,0,0",
    "m": "L0,10,0,0;A3.75,6.25,3.75,3.75,0,180;L7.5,6.25,7.5,0;"
    "A11.25,6.25,3.75,3.75,0,180;L15,6.25,15,0",
    "n": "L0,10,0,0;A4.5,5.5,4.5,4.5,0,180;L9,5.5,9,0",
    "o": _ROUND,
    "p": f"L0,10,0,-4.5;{_ROUND}",
    "q": f"{_ROUND};L10,10,10,-4.5",
    "r": "L0,10,0,0;A4.5,5.5,4.5,4.5,65,180",
    "s": "A4,7.5,3.6,2.5,30,270;A4,2.5,4,2.5,90,-150",
    "t": "L2.5,13.5,2.5,3;A5.5,3,3,3,180,290;L0,10,6,10",
    "u": "L0,10,0,4.5;A4.5,4.5,4.5,4.5,180,360;L9,10,9,0",
    "v": "L0,10,4.5,0,9,10",
    "w": "L0,10,3.5,0,7,10,10.5,0,14,10",
    "x": "L0,10,8.5,0;L8.5,10,0,0",
    "y": "L0,10,4.5,0;L9,10,2.5,-4.5",
    "z": "L0,10,8,10,0,0,8,0",
    "A": "L0,0,6,14,12,0;L2.1,5,9.9,5",
    "B": "L5.5,0,0,0,0,14,5,14;A5,10.7,3.8,3.3,90,-90;L5,7.4,0,7.4;A5.5,3.7,4.3,3.7,90,-90",
    "C": "A7,7,7,7,45,315",
    "D": "L4.5,0,0,0,0,14,4.5,14;A4.5,7,7,7,90,-90",
    "E": "L9,14,0,14,0,0,9,0;L0,7.2,7.5,7.2",
    "F": "L9,14,0,14,0,0;L0,7.2,7.5,7.2",
    "G": "A7,7,7,7,45,360;L14,7,8,7",
    "H": "L0,0,0,14;L10.5,0,10.5,14;L0,7.2,10.5,7.2",
    "I": "L0,0,0,14",
    "J": "L7,14,7,3.5;A3.5,3.5,3.5,3.5,360,190",
    "K": "L0,0,0,14;L9.5,14,0,5.5;L3.5,8.6,10,0",
    "L": "L0,14,0,0,8,0",
    "M": "L0,0,0,14,6.5,3,13,14,13,0",
    "N": "L0,0,0,14,10.5,0,10.5,14",
    "O": "A7,7,7,7,0,360",
    "P": _P,
    "Q": "A7,7,7,7,0,360;L8.5,4,13.5,-0.5",
    "R": f"{_P};L4.5,6.4,9.5,0",
    "S": "A5,10.5,4.6,3.5,30,270;A5,3.5,5,3.5,90,-150",
    "T": "L0,14,11,14;L5.5,14,5.5,0",
    "U": "L0,14,0,5;A5,5,5,5,180,360;L10,5,10,14",
    "V": "L0,14,6,0,12,14",
    "W": "L0,14,4.5,0,9,14,13.5,0,18,14",
    "X": "L0,14,10.5,0;L10.5,14,0,0",
    "Y": "L0,14,5.5,7,11,14;L5.5,7,5.5,0",
    "Z": "L0,14,10,14,0,0,10,0",
    "0": "A4.8,7,4.8,7,0,360",
    "1": "L0,11,3.5,14,3.5,0",
    "2": "A4.5,9.7,4.5,4.3,170,-30;L8.4,7.55,0,0,9.5,0",
    "3": "A4.3,10.6,3.8,3.4,150,-90;A4.3,3.6,4.6,3.6,90,-150",
    "4": "L7,0,7,14,0,4,9.5,4",
    "5": "L8.5,14,1.5,14,0.7,7.3;A4.5,4.6,4.7,4.6,145,-145",
    "6": "A4.7,4.5,4.7,4.5,0,360;A10,4.5,10,9.7,180,115",
    "7": "L0,14,9,14,3,0",
    "8": "A4.7,10.6,3.9,3.4,0,360;A4.7,3.6,4.7,3.6,0,360",
    "9": "A4.7,9.5,4.7,4.5,0,360;A-0.6,9.5,10,9.7,0,-65",
    "ß": "L0,0,0,10.6;A3.7,10.6,3.7,3.4,180,-75;A4.4,3.7,4.2,3.7,88,-115",
    "ø": f"{_ROUND};L0.5,-0.8,9.5,10.8",
    "Ø": "A7,7,7,7,0,360;L1.5,-0.8,12.5,14.8",
    "ł": "L2,14,2,0;L0,6,4,8.4",
    "Ł": "L2,14,2,0,10,0;L0,6,5,9",
    "đ": f"{_ROUND};L10,14,10,0;L6.5,12,12.5,12",
    "ð": f"{_ROUND};A2,5,8,8,0,70;L2.5,10.5,8,13.5",
    "þ": f"L0,14,0,-4.5;{_ROUND}",
    "Þ": "L0,0,0,14;L0,11,5,11;A5,7.4,4.4,3.6,90,-90;L5,3.8,0,3.8",
    ".": "L0,0.2,0,0.2",
    ",": "L0.6,0.4,-0.4,-2.6",
    ":": "L0,0.2,0,0.2;L0,8,0,8",
    ";": "L0.6,0.4,-0.4,-2.6;L0.4,8,0.4,8",
    "!": "L0,14,0,4.4;L0,0.2,0,0.2",
    "?": "A4,10.3,4,3.7,165,-55;L6.3,7.3,4,5.6,4,4.2;L4,0.2,4,0.2",
    "¡": "L0,10,0,0.2;L0,14,0,14",
    "¿": "A4,3.7,4,3.7,-15,-235;L1.7,6.7,4,8.4,4,9.8;L4,13.8,4,13.8",
    "'": "L0,14,0,11",
    '"': "L0,14,0,11;L3,14,3,11",
    "-": "L0,5.5,5,5.5",
    "–": "L0,5.5,8,5.5",
    "+": "L0,6,8,6;L4,10,4,2",
    "&": "L0,6,8,6;L4,10,4,2",
    "/": "L0,-1,6,15",
    "(": "A6,6,6,10,125,235",
    ")": "A-2.5,6,6,10,-55,55",
    "…": "L0,0.2,0,0.2;L4,0.2,4,0.2;L8,0.2,8,0.2",
}
"""``L`` and points, or ``A`` and the middle, both radii and two angles of an ellipse."""

_ACCENTS = {
    "\u0300": "L-2,2.6,1,0",
    "\u0301": "L-1,0,2,2.6",
    "\u0302": "L-3,0,0,2.4,3,0",
    "\u0303": "A-1.8,0.8,1.8,1,180,0;A1.8,0.8,1.8,1,180,360",
    "\u0304": "L-3,1.2,3,1.2",
    "\u0306": "A0,2.4,2.8,2.2,190,350",
    "\u0307": "L0,1,0,1",
    "\u0308": "L-2.4,1,-2.4,1;L2.4,1,2.4,1",
    "\u030a": "A0,1.6,1.7,1.7,0,360",
    "\u030b": "L-2.6,0,-0.6,2.6;L0.8,0,2.8,2.6",
    "\u030c": "L-3,2.4,0,0,3,2.4",
}
"""Above a letter, from its middle."""
_BELOW = {
    "\u0326": "L0.3,-2,-0.5,-4",
    "\u0327": "L0,0,0,-2;A-0.2,-3.2,1.7,1.3,80,-140",
    "\u0328": "A1.6,-2,1.8,2,110,300",
}
_DOTLESS = {"i": "\u0131", "j": "\u0237"}
_SAME = str.maketrans(
    dict.fromkeys("\u2018\u2019\u02bc", "'")
    | dict.fromkeys("\u201c\u201d\u201e\u00ab\u00bb", '"')
    | dict.fromkeys("\u2010\u2011\u2212\u00b7", "-")
    | {"\u2014": "–", "|": "/", "[": "(", "]": ")"}
    | {"æ": "ae", "Æ": "AE", "œ": "oe", "Œ": "OE", "Đ": "D", "Ð": "D"}
)


def drawable(text: str) -> str | None:
    """``text`` with only what can be drawn; ``None`` if a letter or a figure cannot.

    Pictures and signs that are no letters (emoji, for instance) are left out.
    """
    kept = []
    for char in unicodedata.normalize("NFKD", text.translate(_SAME)):
        if char.isspace():
            kept.append(" ")
        elif char in _LETTERS or char in _ACCENTS or char in _BELOW or char in "ij":
            kept.append(char)
        elif unicodedata.category(char)[0] in "LNM" and char not in "\u200d\ufe0e\ufe0f\u20e3":
            return None
    return " ".join("".join(kept).split())


def width(text: str) -> float:
    """Of a line of drawable text, without the pen's own breadth."""
    return _laid(text)[1]


def lines(text: str) -> tuple[Line, ...]:
    """The pen's ways for drawable text that begins at (0, 0)."""
    return _laid(text)[0]


@lru_cache(maxsize=64)
def _laid(text: str) -> tuple[tuple[Line, ...], float]:
    found: list[Line] = []
    at, middle, top = 0.0, 0.0, 10.0
    for index, char in enumerate(text):
        if char == " ":
            at += _SPACE
            continue
        if char in _ACCENTS or char in _BELOW:
            shift = (middle, top + 2.4) if char in _ACCENTS else (middle, 0.0)
            found += [line + shift for line in _drawn((_ACCENTS | _BELOW)[char])]
            continue
        accented = text[index + 1 : index + 2] in tuple(_ACCENTS)
        glyph = _LETTERS[_DOTLESS.get(char, char)]
        if char in "ij" and not accented:
            dot = 0 if char == "i" else 2.5
            glyph += f";L{dot},13.6,{dot},13.6"
        ways = _drawn(glyph)
        left = min(float(way[:, 0].min()) for way in ways)
        right = max(float(way[:, 0].max()) for way in ways)
        top = 10.0 if char in "ij" else max(float(way[:, 1].max()) for way in ways)
        middle = at + (right - left) / 2
        found += [way + np.array((at - left, 0.0)) for way in ways]
        at += right - left + (_OPEN_GAP if char in "frtT" else GAP)
    return tuple(found), max(0.0, at - GAP)


@lru_cache(maxsize=256)
def _drawn(glyph: str) -> tuple[Line, ...]:
    ways = []
    for stroke in glyph.split(";"):
        numbers = np.array([float(number) for number in stroke[1:].split(",")])
        if stroke[0] == "L":
            ways.append(numbers.reshape(-1, 2))
            continue
        middle_x, middle_y, radius_x, radius_y, first, last = numbers
        turn = np.radians(np.linspace(first, last, 2 + int(abs(last - first) / 12)))
        ways.append(
            np.stack([middle_x + radius_x * np.cos(turn), middle_y + radius_y * np.sin(turn)], 1)
        )
    return tuple(ways)
