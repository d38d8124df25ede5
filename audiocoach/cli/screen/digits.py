"""Digits of blocks, to be read from across a room."""

from __future__ import annotations

_ROWS = 5
_DRAWN = {
    "0": ("###", "# #", "# #", "# #", "###"),
    "1": (" # ", "## ", " # ", " # ", "###"),
    "2": ("###", "  #", "###", "#  ", "###"),
    "3": ("###", "  #", "###", "  #", "###"),
    "4": ("# #", "# #", "###", "  #", "  #"),
    "5": ("###", "#  ", "###", "  #", "###"),
    "6": ("###", "#  ", "###", "# #", "###"),
    "7": ("###", "  #", "  #", "  #", "  #"),
    "8": ("###", "# #", "###", "# #", "###"),
    "9": ("###", "# #", "###", "  #", "###"),
    ":": (" ", "#", " ", "#", " "),
}
_HALVES = {("#", "#"): "█", ("#", " "): "▀", (" ", "#"): "▄", (" ", " "): " "}


def small(time: str) -> list[str]:
    """A time like ``1:05`` in three lines; a character holds two dots."""
    rows = [*_dots(time), " " * len(_dots(time)[0])]
    return [
        "".join(_HALVES[pair] for pair in zip(upper, lower, strict=True))
        for upper, lower in zip(rows[::2], rows[1::2], strict=True)
    ]


def large(time: str, scale: int = 1, dot: str = "█") -> list[str]:
    """The same in ``5 * scale`` lines; a dot is twice as many characters wide as it is high."""
    rows = (
        "".join((dot if char == "#" else " ") * 2 * scale for char in row) for row in _dots(time)
    )
    return [row for row in rows for _ in range(scale)]


def _dots(time: str) -> list[str]:
    return [" ".join(_DRAWN[char][row] for char in time) for row in range(_ROWS)]
