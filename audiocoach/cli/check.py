"""``audiocoach check``: what is wrong in a script, and what will sound otherwise than meant."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from audiocoach.cli.options import format_option, voice_option
from audiocoach.errors import LengthError, Problem, ScriptError

if TYPE_CHECKING:
    from audiocoach.routine import Routine, Span


@click.command(short_help="Find every mistake in a script.")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@format_option("text", "json", "github")
@click.option("--strict", is_flag=True, help="Exit code 1 on warnings too.")
@voice_option
def check(files: tuple[Path, ...], form: str, voice: str, *, strict: bool) -> None:
    """Check scripts: every error of each FILE, with its place, for every choice it offers.

    Warnings tell what is not wrong but hardly meant: a cue that had to move, a step that
    grew, a minute without a word, a value that changes nothing, words that the voice cannot
    say as they ask. Lengths of speech are estimated. Exit code 1 on errors.

    \b
    audiocoach check my-routine.md
    audiocoach check --strict --format github scripts/*.md
    """  # noqa: D301
    from audiocoach import library

    found: list[Problem] = []
    for file in files:
        path = file if file.is_file() else library.find_routine(str(file))
        problems = script_problems(path, voice)
        found += problems
        if form == "text":
            click.echo("\n".join(map(str, problems)) if problems else f"{path}: no problems")
        elif form == "github":
            for problem in problems:
                click.echo(_annotation(problem))
    if form == "json":
        click.echo(json.dumps([asdict(problem) for problem in found], ensure_ascii=False, indent=2))
    if any(strict or problem.severity == "error" for problem in found):
        raise click.exceptions.Exit(1)


def script_problems(path: Path, voice: str) -> list[Problem]:
    """All errors of the script at ``path``, or else all warnings, in order of line.

    ``voice`` is asked what it cannot do, where words ask something of it.

    Raises ``NotFoundError`` and ``AudiocoachError`` where there is nothing to read.
    """
    from audiocoach import render
    from audiocoach.review import Review
    from audiocoach.script import combinations, load_every, read

    errors: dict[Problem, None] = {}
    try:
        routines = load_every(path)
    except ScriptError as error:
        return list(error.problems)
    document = read(path)
    review = Review(document)
    spans: dict[Span, Routine] = {}
    for choices, routine in zip(combinations(document), routines, strict=True):
        errors |= dict.fromkeys(_bed_problems(routine))
        spans |= {span: routine for cue in routine.cues() for span in cue.spans}
        try:
            review.add(choices, routine, render.estimate(routine))
        except ScriptError as error:
            errors |= dict.fromkeys(error.problems)
        except LengthError as error:
            errors[_at_key(path, "length", str(error).removeprefix(f"{path}: "))] = None
    if errors:
        return sorted(errors)
    warnings = review.warnings()
    found = [
        *warnings.always,
        *(render.voice_notices(spans, next(iter(spans.values())), voice) if spans else ()),
        *(
            replace(notice, message=f"{notice.message} (when {_told(choices)})")
            for notice, choices in warnings.sometimes
        ),
    ]
    return sorted(
        Problem(
            notice.place.path,
            notice.place.line,
            notice.place.column,
            notice.message,
            _line(document.lines, notice.place.line) if notice.place.path == document.path else "",
            severity="warning",
        )
        for notice in found
    )


def _line(lines: Sequence[str], number: int) -> str:
    return lines[number - 1] if number <= len(lines) else ""


def _told(choices: Mapping[str, str]) -> str:
    return ", ".join(f"{name} is {value}" for name, value in choices.items())


def _bed_problems(routine: Routine) -> Iterator[Problem]:
    from audiocoach import render

    for place, message in render.missing_beds(routine):
        if place:
            yield render.problem_at(place, message)
        else:
            yield _at_key(Path(routine.path), "ambience", message)


def _at_key(path: Path, key: str, message: str) -> Problem:
    """A problem at the line of the front matter that begins with ``key``."""
    from audiocoach import render
    from audiocoach.routine import Place

    lines = render.script_lines(path)
    line = next((at for at, text in enumerate(lines, 1) if text.startswith(key)), 1)
    return render.problem_at(Place(str(path), line), message)


def _annotation(problem: Problem) -> str:
    """A workflow command of GitHub Actions, which shows the problem beside its line.

    Its characters are escaped as in actions/toolkit, ``packages/core/src/command.ts``.
    """

    def data(text: str) -> str:
        return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")

    def value(text: str) -> str:
        return data(text).replace(":", "%3A").replace(",", "%2C")

    return (
        f"::{problem.severity} file={value(Path(problem.path).as_posix())},line={problem.line},"
        f"col={problem.column},title=audiocoach::{data(problem.message)}"
    )
