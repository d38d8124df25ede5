"""A timeline written down: for the eye, for programs, for spreadsheets, as subtitles."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from typing import Any

from audiocoach.embedded import EmbeddedCue
from audiocoach.sidecars import subtitles
from audiocoach.timeline import Timeline
from audiocoach.units import SECOND, Ms, clock

_WORTH_TELLING: Ms = 3_000
"""Time without words that is shown as a pause."""


def to_lines(timeline: Timeline) -> Iterator[str]:
    """A line for each chapter, cue and sound, and one for each stretch without words."""
    entries = sorted(
        [
            *((cue.start, cue.end, cue.cue.text) for cue in timeline.cues),
            *((sound.start, sound.start, f"({sound.sound.name})") for sound in timeline.sounds),
        ]
    )
    chapters = list(timeline.chapters)
    quiet_since = 0
    for start, end, text in entries:
        while chapters and chapters[0].start <= start:
            yield f"\n{clock(chapters[0].start):>7}  # {chapters[0].title}"
            quiet_since = chapters.pop(0).start
        if start - quiet_since >= _WORTH_TELLING:
            yield f"{'':>7}  ... {round((start - quiet_since) / 1000)} s"
        yield f"{clock(start):>7}  {text}"
        quiet_since = max(end, quiet_since)
    yield f"\n{clock(timeline.length):>7}  end"


def to_json(timeline: Timeline) -> dict[str, Any]:
    """All of it; times in milliseconds, indices from 0."""
    return {
        "length_ms": timeline.length,
        "chapters": [
            {"start_ms": chapter.start, "end_ms": chapter.end, "title": chapter.title}
            for chapter in timeline.chapters
        ],
        "steps": [
            {"start_ms": step.start, "end_ms": step.end, "line": step.step.place.line}
            for step in timeline.steps
        ],
        "cues": [
            {
                "start_ms": cue.start,
                "end_ms": cue.end,
                "text": cue.cue.text,
                "step": cue.step,
                "line": cue.cue.place.line,
            }
            for cue in timeline.cues
        ],
        "sounds": [
            {"start_ms": sound.start, "end_ms": sound.end, "name": sound.sound.name}
            for sound in timeline.sounds
        ],
        "notices": [
            {"line": notice.place.line, "message": notice.message} for notice in timeline.notices
        ],
    }


def to_csv(timeline: Timeline) -> str:
    """A row for each chapter, step, cue and sound, in order of time (RFC 4180).

    Seconds; steps are counted from 1, as ``audiocoach preview --step`` counts them.
    """
    rows: list[tuple[Ms, Ms, int, str, int | str, int | str, str]] = [
        *((each.start, each.end, 0, "chapter", "", "", each.title) for each in timeline.chapters),
        *(
            (each.start, each.end, 1, "step", number, each.step.place.line, "")
            for number, each in enumerate(timeline.steps, 1)
        ),
        *(
            (each.start, each.end, 2, "cue", each.step + 1, each.cue.place.line, each.cue.text)
            for each in timeline.cues
        ),
        *(
            (
                each.start,
                each.end,
                2,
                "sound",
                each.step + 1,
                each.sound.place.line,
                each.sound.name,
            )
            for each in timeline.sounds
        ),
    ]
    rows.sort(key=lambda row: (row[0], row[2]))
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(["start", "end", "kind", "step", "line", "text"])
    for start, end, _, *rest in rows:
        writer.writerow([f"{start / SECOND:.3f}", f"{end / SECOND:.3f}", *rest])
    return out.getvalue()


def to_srt(timeline: Timeline) -> str:
    """The cues as SubRip subtitles."""
    return subtitles.to_srt(EmbeddedCue(cue.start, cue.end, cue.cue.text) for cue in timeline.cues)
