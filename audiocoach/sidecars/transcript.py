"""All that is said, in Markdown: to read, to search, to print."""

from __future__ import annotations

import re
from collections.abc import Iterator

from audiocoach.embedded import Embedded, EmbeddedChapter, EmbeddedCue
from audiocoach.units import clock


def to_transcript(told: Embedded) -> str:
    """A heading for each chapter, a list item for each cue with its time."""
    lines = [f"# {_literal(told.title)}", "", f"{clock(told.length_ms)} long."]
    for chapter, cues in by_chapter(told):
        if chapter is not None:
            lines += ["", f"## {_literal(chapter.title)}"]
        lines += [""] if cues else []
        lines += [f"- {clock(cue.start_ms)} {_literal(cue.text)}" for cue in cues]
    return "\n".join(lines) + "\n"


def by_chapter(told: Embedded) -> Iterator[tuple[EmbeddedChapter | None, list[EmbeddedCue]]]:
    """Each chapter with the cues that begin in it; those before the first come first."""
    before = told.chapters[0].start_ms if told.chapters else told.length_ms + 1
    if early := [cue for cue in told.cues if cue.start_ms < before]:
        yield None, early
    at = len(early)
    for number, chapter in enumerate(told.chapters, 1):
        until = at
        more = number < len(told.chapters)
        end = told.chapters[number].start_ms if more else None
        while until < len(told.cues) and (end is None or told.cues[until].start_ms < end):
            until += 1
        yield chapter, list(told.cues[at:until])
        at = until


def _literal(text: str) -> str:
    """Text that Markdown shows as it is (CommonMark, section 2.4)."""
    return re.sub(r"[\\`*_\[\]<>#|~&]", r"\\\g<0>", " ".join(text.split())) or "-"
