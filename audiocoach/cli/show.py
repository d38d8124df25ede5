"""``audiocoach show``: what is said when, before anything was spoken."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import click

from audiocoach.cli.options import choices_option, format_option, routine_argument
from audiocoach.units import clock

if TYPE_CHECKING:
    from audiocoach.timeline import Timeline


@click.command(short_help="Show what is said when.")
@routine_argument
@choices_option
@format_option("table", "json")
def show(routine: str, choices: tuple[tuple[str, str], ...], form: str) -> None:
    """Show the timeline of ROUTINE: what is said when, from estimated lengths.

    Needs no voice and makes no sound.

    \b
    audiocoach show back-massage
    audiocoach show back-massage --set position=chair --format json
    """  # noqa: D301
    from audiocoach import library, render
    from audiocoach.script import load

    loaded = load(library.find_routine(routine), dict(choices))
    timeline = render.estimate(loaded)
    if form == "json":
        told = {"title": loaded.title, "estimated": True, **_timeline_json(timeline)}
        click.echo(json.dumps(told, ensure_ascii=False, indent=2))
        return
    click.echo(f"{loaded.title}, about {clock(timeline.length)}")
    click.echo("\n".join(_timeline_lines(timeline)))


def _timeline_lines(timeline: Timeline) -> Iterable[str]:
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


_WORTH_TELLING = 3_000
"""Milliseconds without words that are shown as a pause."""


def _timeline_json(timeline: Timeline) -> dict[str, Any]:
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
