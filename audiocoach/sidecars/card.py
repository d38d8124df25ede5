"""A card of one page to print and lay beside the mat: chapters, times, what is said."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator
from html import escape
from typing import NamedTuple

from audiocoach.embedded import Embedded
from audiocoach.lettering import wrap
from audiocoach.sidecars.transcript import by_chapter
from audiocoach.units import clock


class _Fit(NamedTuple):
    """A way to lay the card out."""

    size_pt: float
    columns: int
    most: int | None
    """Texts of each chapter; ``None``: all."""


_SIZES = (12.0, 11.0, 10.0, 9.0, 8.0, 7.0, 6.5)
_FITS = (
    *(_Fit(size, 2, None) for size in _SIZES),
    *(_Fit(7.0, 2, most) for most in (40, 32, 24, 20, 16, 12, 10, 8, 6, 5, 4, 3, 2, 1)),
    *(_Fit(size, columns, 0) for size, columns in ((9.0, 2), (7.0, 2), (7.0, 3), (6.5, 4))),
)
"""From the one that reads best to the one that holds most."""
_PAGE_MM = 186.0, 250.0
"""What is left of A4 and of US Letter between the margins."""
_HEAD_MM = 22.0
_GAP_MM = 8.0
_MM = 0.3528
"""Of a point."""
_LINE = 1.31
_LONGEST_TITLE = 150
"""Characters."""

STYLE = (
    """
@page { margin: 12mm; }
* { box-sizing: border-box; margin: 0; padding: 0; }
body { color: #1d2625; background: #fff; max-width: 186mm; margin: 0 auto; line-height: 1.3;
  font-family: "Helvetica Neue", Helvetica, Arial, "DejaVu Sans", sans-serif;
  overflow-wrap: anywhere; }
@media screen { body { padding: 8mm 4mm; } }
header { border-bottom: 1.2pt solid #2f6f73; margin-bottom: 4mm; padding-bottom: 2mm; }
h1 { font-size: 20pt; line-height: 1.15; }
header p { color: #4d5a58; font-size: 10pt; }
main { column-gap: 8mm; column-rule: .5pt solid #cfd8d6; }
section { break-inside: auto; margin-bottom: .7em; }
h2 { font-size: 1.12em; color: #245a5e; }
h2 + ul { break-before: avoid; }
.titles section { margin-bottom: 0; }
time { font-variant-numeric: tabular-nums; color: #4d5a58; font-weight: 400; font-size: .86em; }
ul { list-style: none; }
li { padding-left: .9em; text-indent: -.9em; }
li::before { content: "\\00b7"; display: inline-block; width: .9em; text-indent: 0; }
"""
    + "".join(
        f".s{round(size * 10)} main {{ font-size: {size}pt; }}\n" for size in sorted(set(_SIZES))
    )
    + ".c2 main { columns: 2; }\n.c3 main { columns: 3; }\n.c4 main { columns: 4; }\n"
)

STYLE_HASH = "sha256-" + base64.b64encode(hashlib.sha256(STYLE.encode("utf-8")).digest()).decode(
    "ascii"
)
"""What a Content-Security-Policy needs to know of the style (CSP level 3, section 8.4)."""


def to_card(told: Embedded) -> str:
    """The card as HTML that needs nothing from outside.

    What is said again in a chapter stands there once. What does not fit one page at a size
    that can be read is left out, and the card says so.
    """
    chapters: list[_Chapter] = []
    for chapter, cues in by_chapter(told):
        texts = list(dict.fromkeys(" ".join(cue.text.split()) for cue in cues))
        if chapter is not None:
            chapters.append((clock(chapter.start_ms), _short(chapter.title), texts))
        elif texts:
            chapters.append(("", "", texts))
    title = _short(told.title)
    shown, fit = _fitted(chapters, _lines(title, _PAGE_MM[0] / (20 * _MM)) * 8.2 + _HEAD_MM - 8.2)
    count = len(told.chapters)
    about = f"{clock(told.length_ms)}, {count} chapter{'s' * (count != 1)}"
    if len(shown) < len(chapters):
        about += f"; the first {len(shown)} are here"
    body = "\n".join(_section(*chapter, fit.most) for chapter in shown)
    return (
        f'<!doctype html>\n<html lang="{escape(told.language or "en")}">\n<head>\n'
        '<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta http-equiv="Content-Security-Policy" '
        f"content=\"default-src 'none'; style-src '{STYLE_HASH}'\">\n"
        f"<title>{escape(title)}</title>\n<style>{STYLE}</style>\n</head>\n"
        f'<body class="s{round(fit.size_pt * 10)} c{fit.columns}{" titles" * (fit.most == 0)}">\n'
        f'<header><h1 dir="auto">{escape(title)}</h1><p lang="en">{about}</p></header>\n'
        f"<main>\n{body}\n</main>\n</body>\n</html>\n"
    )


def _short(title: str) -> str:
    """A title in a few lines at most."""
    whole = " ".join(title.split())
    return (
        whole
        if len(whole) <= _LONGEST_TITLE
        else whole[:_LONGEST_TITLE] + "\N{HORIZONTAL ELLIPSIS}"
    )


_Chapter = tuple[str, str, list[str]]
"""When, title, texts."""


def _fitted(chapters: list[_Chapter], head_mm: float) -> tuple[list[_Chapter], _Fit]:
    """As many of the chapters as one page holds, and how they are laid out."""
    for fit in _FITS:
        if _height(chapters, fit) <= _PAGE_MM[1] - head_mm:
            return chapters, fit
    few = chapters
    while len(few) > 1 and _height(few, _FITS[-1]) > _PAGE_MM[1] - head_mm:
        few = few[: len(few) * 9 // 10]
    return few, _FITS[-1]


def _height(chapters: list[_Chapter], fit: _Fit) -> float:
    """Millimetres of a column, estimated and rather too many."""
    line_mm = fit.size_pt * _MM * _LINE
    column_mm = (_PAGE_MM[0] - (fit.columns - 1) * _GAP_MM) / fit.columns
    room = column_mm / (fit.size_pt * _MM) - 1
    lines = 0.0
    for when, title, texts in chapters:
        lines += 1.15 * _lines(f"{when} {title}", room / 1.2)
        if fit.most == 0:
            continue
        lines += 0.7
        kept = texts if fit.most is None else texts[: fit.most]
        lines += sum(_lines(text, room) for text in kept) + (len(kept) < len(texts))
    return (lines / fit.columns + 3) * line_mm


def _lines(text: str, room: float) -> int:
    """Lines that a text takes; ``room`` is in sizes of a letter."""
    return len(wrap(text, room))


def _section(when: str, title: str, texts: list[str], most: int | None) -> str:
    return "".join(_section_parts(when, title, texts, most))


def _section_parts(when: str, title: str, texts: list[str], most: int | None) -> Iterator[str]:
    yield "<section>"
    if when:
        yield f'<h2 dir="auto"><time>{when}</time> {escape(title)}</h2>'
    kept = texts if most is None else texts[:most]
    if kept:
        yield "<ul>" + "".join(f'<li dir="auto">{escape(text)}</li>' for text in kept) + "</ul>"
    if 0 < len(kept) < len(texts):
        yield f'<p lang="en">\N{HORIZONTAL ELLIPSIS} and {len(texts) - len(kept)} more</p>'
    yield "</section>"
