"""``audiocoach share``: a page, a feed and the files for the phone, for a while."""

from __future__ import annotations

import re
import secrets
import shutil
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from audiocoach.cli.export import shown_progress
from audiocoach.cli.options import (
    LengthParameter,
    RoutineName,
    accessible_option,
    ambience_option,
    choices_option,
    length_option,
    preset_option,
    voice_option,
)
from audiocoach.errors import NotFoundError, OutputError
from audiocoach.units import SECOND, format_duration

if TYPE_CHECKING:
    from audiocoach.presets import Preset
    from audiocoach.routine import Routine
    from audiocoach.share.items import Item

_SECRET_BYTES = 24
"""192 bits: more than anybody guesses."""
_SHOWN = 5
"""Titles that are named in the line that tells what is open."""
_EXIT_TERMINATED = 143
_NAME = re.compile(
    r"(?=.{1,253}$)[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*", re.IGNORECASE
)
"""What a host may be called (RFC 1123, section 2.1)."""


class _Address(click.ParamType):  # type: ignore[type-arg]  # generic since click 8.4
    """An IPv4 or IPv6 address of this machine, or a name that it has in the network."""

    name = "address"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        try:
            address = ip_address(str(value))
        except ValueError:
            if _NAME.fullmatch(str(value)):
                return str(value).lower()
            self.fail(
                f'"{value}" is no address and no name; write it like 192.168.1.20', param, ctx
            )
        if address.is_unspecified or address.is_multicast or "%" in str(value):
            self.fail(f'"{value}" is not the address of one network of this machine', param, ctx)
        return str(address)


@click.command(short_help="Open a page for the phone: scan its code and listen.")
@click.argument("routines", nargs=-1, type=RoutineName(), metavar="[ROUTINE|FILE]...")
@click.option("--lan", is_flag=True, help="Open it to the local network, not to this machine only.")
@click.option(
    "--address",
    type=_Address(),
    metavar="ADDRESS",
    help="Open it at this address of the machine, or a name that it has, instead of the one "
    "--lan finds.",
)
@click.option(
    "--certificate",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Speak HTTPS with this certificate, in PEM; with --key. Then the screen can stay on.",
)
@click.option(
    "--key", type=click.Path(path_type=Path), metavar="FILE", help="The certificate's key, in PEM."
)
@click.option(
    "--port",
    type=click.IntRange(1, 65535),
    metavar="PORT",
    help="[default: 8765, or one that is free]",
)
@click.option(
    "--for",
    "idle",
    type=LengthParameter(),
    default="1h",
    show_default=True,
    metavar="LENGTH",
    help="End when nobody asked for anything for so long.",
)
@voice_option
@ambience_option
@choices_option
@length_option
@preset_option
@accessible_option
def share(
    *,
    routines: tuple[str, ...],
    lan: bool,
    address: str | None,
    certificate: Path | None,
    key: Path | None,
    port: int | None,
    idle: int,
    voice: str,
    ambience: str | None,
    choices: tuple[tuple[str, str], ...],
    length: int | None,
    preset: str,
    accessible: bool,
) -> None:
    """Open a page with routines, for a phone: scan the code and listen.

    Each ROUTINE is exported if it is not yet, or not as it is now; each FILE is a sound file.
    Without any: the exported files of this folder. The page has a player, the words as they are
    said, a file to keep, and a feed for podcast players. Whoever has the address can listen,
    nobody else. Ctrl-C ends it.

    \b
    audiocoach share back-massage --lan
    audiocoach share back-massage.mp3 --lan --for 20m
    audiocoach share hand-massage foot-massage --length 15m --lan
    audiocoach share wind-down --address pc.example --certificate pc.pem --key pc.key
    """  # noqa: D301
    if lan and address:
        raise click.UsageError("--lan finds an address; with --address it has nothing to do")
    if bool(certificate) != bool(key):
        raise click.UsageError("--certificate and --key belong together")
    _needs_the_extra()
    from audiocoach.presets import preset as find_preset
    from audiocoach.share import address as addresses
    from audiocoach.share.answers import Site
    from audiocoach.share.items import make_items
    from audiocoach.share.server import Door
    from audiocoach.share.site import make_table
    from audiocoach.share.tls import context

    if lan:
        address = addresses.lan_address()
    at = addresses.resolve(address) if address else ["127.0.0.1", "::1"]
    name = address or at[0]
    tls = context(certificate, key, name) if certificate and key else None
    for each in addresses.listen(at, port):  # what cannot be opened is told before the export
        each.close()
    scripts = _scripts(routines, choices)
    settings = _Settings(voice, ambience, length, find_preset(preset, accessible=accessible))
    items = make_items(_files(routines, scripts, settings))
    sockets = addresses.listen(at, port)
    port = sockets[0].getsockname()[1]
    secret = secrets.token_urlsafe(_SECRET_BYTES)
    base = f"{'https' if tls else 'http'}://{addresses.at(name, port)}/{secret}/"
    table = make_table(items, base)
    hosts = addresses.hosts([name, *at], port)
    site = Site(secret, hosts, table.resources, moved=table.moved)
    door = Door(
        site,
        idle_s=idle / SECOND,
        opened=lambda: _tell(items, base + table.start, at[0], idle),
        tls=tls,
    )
    site.visited = door.visited
    try:
        ending = door.open(sockets)
    finally:
        table.close()
    told = f"nobody came for {format_duration(idle)}; " if ending == "idle" else ""
    click.echo(f"{told}closed", err=True)
    if ending == "terminated":
        sys.exit(_EXIT_TERMINATED)


def _needs_the_extra() -> None:
    try:
        import psutil
        import segno
        import starlette
        import uvicorn
    except ImportError:
        raise OutputError("share needs the extra: pip install 'audiocoach[share]'") from None
    del psutil, segno, starlette, uvicorn


def _scripts(routines: Sequence[str], choices: Sequence[tuple[str, str]]) -> dict[str, Routine]:
    """Those that are no sound files; all are read before the first is exported."""
    from audiocoach import library
    from audiocoach.script import load
    from audiocoach.share.items import is_sound

    for name in routines:
        if is_sound(Path(name)) and not Path(name).is_file():
            raise NotFoundError(f"no file at {name}")
    named = [name for name in dict.fromkeys(routines) if not is_sound(Path(name))]
    return {name: load(library.find_routine(name), dict(choices)) for name in named}


@dataclass(frozen=True, slots=True)
class _Settings:
    """How routines are exported."""

    voice: str
    ambience: str | None
    length: int | None
    preset: Preset


def _files(
    routines: Sequence[str], scripts: Mapping[str, Routine], settings: _Settings
) -> list[tuple[Path, str]]:
    """The sound file of each, and what its address is made of; routines become files here."""
    from audiocoach import render
    from audiocoach.share import exports
    from audiocoach.share.items import exported_here

    if not routines:
        found = exported_here(Path())
        if not found:
            raise NotFoundError(
                "there is no exported file in this folder; name what to share, for instance: "
                "audiocoach share back-massage"
            )
        return [(path, path.stem) for path in found]
    files = []
    for name in dict.fromkeys(routines):
        if name not in scripts:
            files.append((Path(name), Path(name).stem))
            continue
        routine = scripts[name]
        with (
            shown_progress() as progress,
            render.open_speaker(routine, settings.voice, settings.preset.tone) as speaker,
        ):
            path = exports.export(
                routine,
                speaker,
                ambience=settings.ambience,
                length=settings.length,
                preset=settings.preset,
                progress=progress,
            )
        files.append((path, Path(routine.path).stem))
    return files


def _tell(items: Sequence[Item], url: str, address: str, idle: int) -> None:
    """The code, the address, and in one line what is open, to whom and for how long."""
    from audiocoach.share.code import qr_lines

    if sys.stdout.isatty():
        code = qr_lines(url)
        if shutil.get_terminal_size().columns >= len(code) * 2:
            click.echo("\n".join(code), color=True)
        else:
            click.echo("(a wider window would show its QR code)")
    click.echo(url)
    titles = ", ".join(item.told.title for item in items[:_SHOWN])
    more = f" and {len(items) - _SHOWN} more" if len(items) > _SHOWN else ""
    there = ip_address(address)
    if there.is_loopback:
        whom = "this machine only"
    elif not there.is_global:
        whom = "whoever has this address in the local network"
    else:
        whom = "whoever has this address and reaches this machine, from anywhere"
    click.echo(
        f"Open to {whom}: {titles}{more}. It closes with Ctrl-C, or when nobody came for "
        f"{format_duration(idle)}."
    )
