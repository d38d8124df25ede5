"""A cover: the title, the length and a calm picture; square, readable as a thumbnail.

The same title and length give the same picture. Its colours and its shapes come from the
title, so that covers can be told apart from afar.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterator
from typing import NamedTuple

from audiocoach.lettering import breakable, right_to_left, width, wrap, xml_escaped
from audiocoach.units import HOUR, MINUTE, Ms

SIZE = 1_400
"""Pixels of a side: the least that directories of podcasts take."""
_MARGIN = 110
_FONT = "'Helvetica Neue', Helvetica, Arial, 'Liberation Sans', 'DejaVu Sans', sans-serif"
_LETTERS = ((190, 3), (160, 4), (132, 5), (104, 6), (84, 7))
"""Size of the title and how many lines it may take, the largest first."""
_INK = "#fbf7ee"


class _Palette(NamedTuple):
    """Every colour behind words is dark enough for them: contrast over 7 to 1."""

    top: str
    bottom: str
    disc: str
    hills: tuple[str, str, str]


_PALETTES = (
    _Palette("#123438", "#1f4b4a", "#e8b878", ("#2b6a66", "#1d5150", "#133a3b")),
    _Palette("#1f2547", "#36406b", "#f0cfa0", ("#4c5a92", "#37426f", "#252d50")),
    _Palette("#3a1f36", "#56314f", "#f1bfa0", ("#7a4b74", "#593355", "#3f223c")),
    _Palette("#1d3320", "#33502f", "#ecd58f", ("#567a4a", "#3c5c36", "#284227")),
    _Palette("#41241a", "#5c3a26", "#f3c98c", ("#8a5a3a", "#66402a", "#472a1c")),
    _Palette("#1c2e3d", "#30495c", "#f0dcb4", ("#4c7186", "#365467", "#24394a")),
)


def draw(title: str, length: Ms) -> str:
    """The cover as an SVG document, ``SIZE`` pixels wide and high."""
    seed = hashlib.sha256(title.encode("utf-8", "replace")).digest()
    colours = _PALETTES[seed[0] % len(_PALETTES)]
    name = xml_escaped(title)
    body = "\n".join((*_scene(seed, colours), *_words(title, length)))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{SIZE}" height="{SIZE}" '
        f'viewBox="0 0 {SIZE} {SIZE}" role="img" aria-label="{name}">\n<title>{name}</title>\n'
        f'<defs><linearGradient id="sky" x2="0" y2="1"><stop stop-color="{colours.top}"/>'
        f'<stop offset="1" stop-color="{colours.bottom}"/></linearGradient></defs>\n'
        f'<rect width="{SIZE}" height="{SIZE}" fill="url(#sky)"/>\n{body}\n</svg>\n'
    )


def to_png(cover: str, size: int = SIZE) -> bytes:
    """A cover as PNG, ``size`` pixels wide; its letters are those of this machine's fonts.

    Raises ``OutputError`` where the extra ``picture`` is not installed.
    """
    from audiocoach.picture import rendered

    return rendered(cover, width=size)


def length_in_words(length: Ms) -> str:
    """For the eye: ``"31 min"``, ``"1 h 05 min"``, ``"40 s"``."""
    if length < MINUTE:
        return f"{max(1, round(length / 1_000))} s"
    minutes = round(length / MINUTE)
    hours, rest = divmod(minutes, HOUR // MINUTE)
    return f"{hours} h {rest:02} min" if hours else f"{minutes} min"


def _scene(seed: bytes, colours: _Palette) -> Iterator[str]:
    """A disc low in the sky, with rings around it, behind three lines of hills."""
    x = 820 + seed[1] % 5 * 70
    y = 900 + seed[2] % 4 * 20
    for radius, opacity in ((430, 0.05), (330, 0.07), (240, 0.1)):
        yield (
            f'<circle cx="{x}" cy="{y}" r="{radius}" fill="{colours.disc}" '
            f'fill-opacity="{opacity}"/>'
        )
    yield f'<circle cx="{x}" cy="{y}" r="160" fill="{colours.disc}"/>'
    for number, colour in enumerate(colours.hills):
        base = 985 + 125 * number
        hill = _hill(base, seed[3 + 2 * number], seed[4 + 2 * number])
        yield f'<path d="{hill}" fill="{colour}"/>'


def _hill(base: int, first: int, second: int) -> str:
    """A smooth line from edge to edge, closed at the bottom."""
    waves = 1.0 + first % 64 / 64
    phase = second / 256 * 2 * math.pi
    step = SIZE // 20
    heights = [
        base + 46 * math.sin(phase + waves * 2 * math.pi * at / SIZE)
        for at in range(0, SIZE + 1, step)
    ]
    points = " ".join(f"L{at * step} {height:.1f}" for at, height in enumerate(heights))
    return f"M0 {SIZE} {points} L{SIZE} {SIZE} Z"


def _words(title: str, length: Ms) -> Iterator[str]:
    """The title above, the length below."""
    text = " ".join(title.split())
    x, anchor = (SIZE - _MARGIN, "end") if right_to_left(text) else (_MARGIN, "start")
    size, lines = _title(text)
    for number, line in enumerate(lines):
        y = _MARGIN + round(size * (0.82 + 1.12 * number))
        yield _text(x, y, size, line, anchor, weight=700)
    yield _text(_MARGIN, SIZE - _MARGIN, 120, length_in_words(length), "start", weight=600)
    yield _text(SIZE - _MARGIN, SIZE - _MARGIN, 54, "audiocoach", "end", weight=400)


def _title(text: str) -> tuple[int, list[str]]:
    """How large the title is written, and its lines."""
    for size, most in _LETTERS:
        room = (SIZE - 2 * _MARGIN) / (size * 1.06)
        lines = wrap(text, room)
        whole = all(width(word) <= room or breakable(word) for word in text.split())
        if len(lines) <= most and (whole or size == _LETTERS[-1][0]):
            return size, lines
    size, most = _LETTERS[-1]
    lines = wrap(text, (SIZE - 2 * _MARGIN) / (size * 1.06) - 1)[:most]
    return size, [*lines[:-1], lines[-1] + "\N{HORIZONTAL ELLIPSIS}"]


def _text(x: int, y: int, size: int, text: str, anchor: str, *, weight: int) -> str:
    return (
        f'<text x="{x}" y="{y}" font-family="{_FONT}" font-size="{size}" font-weight="{weight}" '
        f'text-anchor="{anchor}" fill="{_INK}">{xml_escaped(text)}</text>'
    )
