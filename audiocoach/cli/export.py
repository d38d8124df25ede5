"""``audiocoach export``: a routine as a file for the phone."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from audiocoach.cli.options import (
    accessible_option,
    ambience_option,
    choices_option,
    length_option,
    preset_option,
    routine_argument,
    voice_option,
)
from audiocoach.units import clock

if TYPE_CHECKING:
    from audiocoach.render import Progress

_BITRATES = ("64", "80", "96", "112", "128", "160", "192", "224", "256", "320")


@click.command(short_help="Write a routine as an MP3 for the phone.")
@routine_argument
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="What to write: .mp3 or .wav. [default: ROUTINE.mp3 here]",
)
@voice_option
@ambience_option
@choices_option
@length_option
@preset_option
@accessible_option
@click.option(
    "--bitrate",
    type=click.Choice(_BITRATES),
    default="128",
    show_default=True,
    metavar="KBITS",
    help="Of the MP3, in kbit/s: 64 to 320.",
)
@click.option(
    "--cues",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE.json",
    help='Also write each cue as rendered: [{"start": s, "end": s, "text": "..."}].',
)
def export(
    *,
    routine: str,
    output: Path | None,
    voice: str,
    ambience: str | None,
    choices: tuple[tuple[str, str], ...],
    length: int | None,
    preset: str,
    accessible: bool,
    bitrate: str,
    cues: Path | None,
) -> None:
    """Write ROUTINE as an MP3, made to be heard on a phone across a room.

    ROUTINE is the name of a routine ('audiocoach list') or the path of a script. The file
    appears when it is whole; if anything is missing, there is none.

    \b
    audiocoach export back-massage
    audiocoach export back-massage --set position=chair -o chair.mp3
    audiocoach export back-massage --length 20m
    audiocoach export my-stretches.md --ambience rain --voice en-us
    """  # noqa: D301
    from audiocoach import library, render
    from audiocoach.presets import preset as find_preset
    from audiocoach.script import load

    path = library.find_routine(routine)
    loaded = load(path, dict(choices))
    target = output or Path(f"{path.stem}.mp3")
    chosen = find_preset(preset, accessible=accessible)
    with _progress() as progress, render.open_speaker(loaded, voice, chosen.tone) as speaker:
        done = render.export(
            loaded,
            speaker,
            target,
            ambience=ambience,
            length=length,
            preset=chosen,
            bitrate=int(bitrate),
            cues=cues,
            progress=progress,
        )
    click.echo(
        f"{done.path}: {loaded.title}, {clock(done.timeline.length)}, "
        f"{len(done.timeline.chapters)} chapters, {len(done.timeline.cues)} cues, "
        f"{done.path.stat().st_size / 1e6:.1f} MB"
    )


@contextmanager
def _progress() -> Iterator[Progress]:
    """A bar on a terminal; a line for each stage elsewhere. On stderr either way."""
    if not sys.stderr.isatty():
        told: set[str] = set()

        def tell(what: str, done: int, total: int) -> None:
            if what not in told and total > done:
                told.add(what)
                click.echo(f"{what} ...", err=True)

        yield tell
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

    columns = (
        TextColumn("{task.description:<9}"),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f} %"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        tasks: dict[str, TaskID] = {}

        def show(what: str, done: int, total: int) -> None:
            if what not in tasks:
                tasks[what] = bar.add_task(what, total=total)
            bar.update(tasks[what], completed=done)

        yield show
