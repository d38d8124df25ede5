"""What a terminal sends, as names of keys.

A small letter or a sign is its own name. The others are ``space``, ``enter``, ``tab``,
``backspace``, ``escape``, ``left``, ``right``, ``up``, ``down``, ``home``, ``end``,
``pageup``, ``pagedown``, ``insert``, ``delete``, ``f1`` to ``f24``, ``ctrl-c``; of a mouse
``click``, ``wheel-up``, ``wheel-down``; and ``other`` for a key that has no name here.

The sequences are those of xterm (https://invisible-island.net/xterm/ctlseqs/ctlseqs.html),
of the Linux console and, for F13 and higher, of kitty.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

_SEQUENCE = re.compile(
    r"\x1b(?:\[\[[A-E]"  # F1 to F5 of the Linux console
    r"|\[M[\s\S]{3}"  # a mouse, in the old way
    r"|\[[0-?]*[ -/]*[@-~]"
    r"|O[A-Za-z]"
    r"|[\s\S])?"
)
UNFINISHED = re.compile(r"\x1b(?:\[[0-?]*[ -/]*|\[\[|\[M[\s\S]{0,2}|O)?\Z")
"""The end of a text that may go on with the rest of a key."""
_MOUSE = re.compile(r"\x1b\[<(\d+);\d+;\d+([Mm])")
_NOBODY = re.compile(r"\x1b\[(?:[IO]|20[01]~|[0-?]*[Rcnty])")
"""The focus, the ends of a pasted text, answers to questions: no keys."""

_NAMES = {
    " ": "space",
    "\r": "enter",
    "\n": "enter",
    "\t": "tab",
    "\x7f": "backspace",
    "\x08": "backspace",
    "\x03": "ctrl-c",
}
_FUNCTION = (11, 12, 13, 14, 15, 17, 18, 19, 20, 21, 23, 24, 25, 26, 28, 29, 31, 32, 33, 34)
"""The numbers of F1 to F20, with holes between them as on the keyboard of a VT220."""


def _sequences() -> dict[str, str]:
    """The name of each key that sends several characters."""
    letters = {"A": "up", "B": "down", "C": "right", "D": "left", "H": "home", "F": "end"}
    numbers = {1: "home", 2: "insert", 3: "delete", 4: "end", 5: "pageup", 6: "pagedown"}
    numbers |= {7: "home", 8: "end"}
    found = {"\x1b": "escape"}
    for letter, name in letters.items():
        found |= {f"\x1b[{letter}": name, f"\x1bO{letter}": name}
    found |= {f"\x1b[{number}~": name for number, name in numbers.items()}
    found |= {f"\x1b[{number}~": f"f{at}" for at, number in enumerate(_FUNCTION, 1)}
    # With Shift they count on from F13.
    found |= {f"\x1b[{number};2~": f"f{at}" for at, number in enumerate(_FUNCTION[:12], 13)}
    for at, letter in enumerate("PQRS", 1):
        found |= {f"\x1bO{letter}": f"f{at}", f"\x1b[1;2{letter}": f"f{at + 12}"}
    found |= {f"\x1b[[{letter}": f"f{at}" for at, letter in enumerate("ABCDE", 1)}
    found |= {f"\x1b[{57_363 + number}u": f"f{number}" for number in range(13, 25)}  # kitty
    return found


_SEQUENCES = _sequences()
_WHEEL, _MOVED = 64, 32

KEYS = frozenset(
    {
        *_NAMES.values(),
        *_SEQUENCES.values(),
        *("click", "wheel-up", "wheel-down"),
    }
)
"""Every name that is longer than a sign, but ``other``."""


def names(text: str) -> Iterator[str]:
    """The keys in what a POSIX terminal sent."""
    while text:
        if text[0] == "\x1b":
            match = _SEQUENCE.match(text)
            sequence = match.group() if match else text
            name = _named(sequence)
            text = text[len(sequence) :]
        else:
            char, text = text[0], text[1:]
            name = _NAMES.get(char) or (char.lower() if char.isprintable() else None)
        if name:
            yield name


def _named(sequence: str) -> str | None:
    if match := _MOUSE.fullmatch(sequence):
        return _mouse(int(match[1]), pressed=match[2] == "M")
    if sequence.startswith("\x1b[M") and len(sequence) == 6:
        button = ord(sequence[3]) - 32
        return _mouse(button, pressed=button & 3 != 3 or button >= _WHEEL)
    if name := _SEQUENCES.get(sequence):
        return name
    return None if _NOBODY.fullmatch(sequence) else "other"


def _mouse(button: int, *, pressed: bool) -> str | None:
    """A press of any button is a click; moving and letting go is nothing."""
    if not pressed or button & _MOVED:
        return None
    if button & _WHEEL:
        return {0: "wheel-up", 1: "wheel-down"}.get(button & 3)
    return "click"
