"""The commands that tell what there is: ``list``, ``sounds``."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import click

from audiocoach.cli.options import format_option
from audiocoach.cli.routines import all_tags, listed, page, with_tags, wrapped
from audiocoach.units import clock


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
