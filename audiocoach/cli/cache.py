"""``audiocoach cache``: what is kept to save time, and how it makes room."""

from __future__ import annotations

import json
from typing import Any

import click

from audiocoach.cli.options import format_option

_KINDS = {
    "clip": "spoken cues",
    "mp3": "encoded sound",
    "loop": "decoded loops",
    "bed": "measured sounds",
    "png": "covers",
}


class _Size(click.ParamType):  # type: ignore[type-arg]  # generic since click 8.4
    """``500M``, in bytes."""

    name = "size"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """In bytes."""
        from audiocoach.cache import parse_size

        if isinstance(value, int):
            return value
        try:
            return parse_size(str(value))
        except ValueError as error:
            self.fail(str(error), param, ctx)


@click.group(invoke_without_command=True, short_help="Tell what the cache holds, or make room.")
@format_option("table", "json")
@click.pass_context
def cache(ctx: click.Context, form: str) -> None:
    """Tell what the cache holds: spoken cues, and other things that would take time again.

    It holds 2 GB at most, or what the environment variable AUDIOCOACH_CACHE_SIZE says (500M,
    5G): at the end of each export and each play, what was used longest ago makes room. All of
    it can go at any time; what a running audiocoach uses stays.

    \b
    audiocoach cache
    audiocoach cache prune --to 500M
    audiocoach cache prune --to 0
    """  # noqa: D301
    if ctx.invoked_subcommand:
        return
    from audiocoach import library
    from audiocoach.cache import limit, usage

    folder, most = library.cache_folder(), limit()
    found = usage(folder)
    if form == "json":
        kinds = {
            kind: {"entries": count, "bytes": size} for kind, (count, size) in found.kinds.items()
        }
        told = {
            "folder": str(folder),
            "bytes": found.bytes,
            "limit_bytes": most,
            "entries": found.entries,
            "kinds": kinds,
        }
        click.echo(json.dumps(told, ensure_ascii=False, indent=2))
        return
    for kind, (count, size) in sorted(found.kinds.items(), key=lambda each: -each[1][1]):
        click.echo(f"{_KINDS.get(kind, kind):<16}  {count:>6}  {_megabytes(size):>9}")
    click.echo(f"{folder}: {_megabytes(found.bytes)} of {_megabytes(most)} at most")


@cache.command(short_help="Remove what was used longest ago.")
@click.option(
    "--to",
    "most",
    type=_Size(),
    metavar="SIZE",
    help="Until no more than this is left, e.g. 500M, or 0. [default: the bound]",
)
def prune(most: int | None) -> None:
    """Make room: remove what was used longest ago, and what a killed run left half-written."""
    from audiocoach import cache as entries
    from audiocoach import library

    folder = library.cache_folder()
    wanted = entries.limit() if most is None else most
    done = entries.prune(folder, wanted)
    click.echo(
        f"{done.entries} entries are gone, {_megabytes(done.bytes)} are free again; "
        f"{_megabytes(done.kept)} are left"
    )
    if done.kept > wanted:
        click.echo("what is left is in use, or cannot be removed", err=True)


def _megabytes(size: int) -> str:
    return f"{size / 1e6:.1f} MB"
