"""What ``audiocoach list`` tells of a routine, and how it is laid out."""

from __future__ import annotations

import shutil
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from audiocoach import library
from audiocoach.errors import AudiocoachError, NotFoundError, nearest
from audiocoach.units import Ms


@dataclass(frozen=True, slots=True)
class Listed:
    """A routine that can be named."""

    file: library.RoutineFile
    title: str = ""
    """Empty for a script with errors."""
    summary: str = "has errors: see audiocoach check"
    tags: tuple[str, ...] = ()
    length: Ms | None = None
    """Estimated, with the first of every choice."""

    def as_json(self) -> dict[str, Any]:
        """The fields under the names that ``--format json`` promises."""
        return {
            "name": self.file.name,
            "path": str(self.file.path),
            "builtin": self.file.builtin,
            "title": self.title,
            "summary": self.summary,
            "tags": list(self.tags),
            "length_ms": self.length,
        }


def listed() -> list[Listed]:
    """Every routine that can be named, in order of name."""
    return [_read(file) for file in library.routines()]


def _read(file: library.RoutineFile) -> Listed:
    from audiocoach import render
    from audiocoach.script import load

    try:
        routine = load(file.path, {})
        length = render.estimate(routine).length
    except AudiocoachError:
        return Listed(file)
    return Listed(file, routine.title, routine.summary, routine.tags, length)


def with_tags(entries: Sequence[Listed], tags: Sequence[str]) -> list[Listed]:
    """Those of ``entries`` that have every one of ``tags``; upper and lower case are alike.

    Raises ``NotFoundError`` for a tag that none of them has.
    """
    known = all_tags(entries)
    for tag in tags:
        if tag.casefold() not in {other.casefold() for other in known}:
            raise NotFoundError(f'no routine has the tag "{tag}"{nearest(tag, known)}')
    wanted = {tag.casefold() for tag in tags}
    return [entry for entry in entries if wanted <= {tag.casefold() for tag in entry.tags}]


def all_tags(entries: Sequence[Listed]) -> list[str]:
    """Every tag once, the frequent ones first."""
    every = [tag for entry in entries for tag in entry.tags]
    return sorted(set(every), key=lambda tag: (-every.count(tag), tag))


def page(entries: Sequence[Listed]) -> str:
    """Some lines for each: name, length and tags; below them what it is for."""
    names = max((len(entry.file.name) for entry in entries), default=0)
    times = max((len(_about(entry.length)) for entry in entries), default=0)
    lines: list[str] = []
    for entry in entries:
        head = f"{entry.file.name:<{names}}  {_about(entry.length):>{times}}  "
        tags = ", ".join(entry.tags)
        what = f"{entry.title}. {entry.summary}" if entry.title else entry.summary
        if tags and _columns() >= len(head) + _LEAST_TAGS:
            lines.append(wrapped(tags, head, " " * len(head)))
        else:
            lines += [head.rstrip(), *filter(None, [wrapped(tags, "    ", "    ")])]
        lines.append(wrapped(what, "    ", "    "))
    return "\n".join(lines)


_LEAST_TAGS = 30
"""Columns beside name and length under which the tags get lines of their own."""


def wrapped(text: str, first: str, others: str) -> str:
    """``text`` in lines that fit the terminal."""
    return textwrap.fill(
        text, _columns(), initial_indent=first, subsequent_indent=others, break_on_hyphens=False
    )


def _columns() -> int:
    """Those of the terminal; longer lines than 100 are hard to read."""
    return min(100, max(40, shutil.get_terminal_size().columns))


def _about(length: Ms | None) -> str:
    """``about 12 min``, or ``about 40 s`` for what is short."""
    if length is None:
        return ""
    seconds = length / 1000
    return f"about {round(seconds / 60)} min" if seconds >= 90 else f"about {round(seconds)} s"
