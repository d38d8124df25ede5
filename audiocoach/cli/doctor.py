"""``audiocoach doctor``: does everything work on this machine."""

from __future__ import annotations

import json
import platform
import sys
from dataclasses import asdict

import click

from audiocoach import __version__


@click.command(short_help="Try everything that this machine has.")
@click.option("--json", "as_json", is_flag=True, help="Print it as JSON.")
def doctor(*, as_json: bool) -> None:
    """Try what audiocoach needs, for real, and say what to do where something does not work.

    Each voice speaks, the loudspeaker plays a moment of silence, each format is written and
    read, the cache is written, the microphone is opened. Nothing is kept, nothing is heard,
    nothing leaves the machine.

    Exit code 1 where something fails that should work; what is only missing (an extra, a
    microphone) does not count.
    """
    from audiocoach.doctor import Finding, examine

    found: list[Finding] = []
    if not as_json:
        click.echo(f"audiocoach {__version__}, Python {platform.python_version()}, {sys.platform}")
    for each in examine():
        found.append(each)
        if not as_json:
            click.echo(f"{each.state:<8} {each.name:<16} {each.told}")
            if each.remedy and each.state != "ok":
                click.echo(f"{'':<25} {each.remedy}")
    failed = [each.name for each in found if each.state == "failed"]
    if as_json:
        told = {
            "version": __version__,
            "python": platform.python_version(),
            "platform": sys.platform,
            "findings": [asdict(each) for each in found],
        }
        click.echo(json.dumps(told, ensure_ascii=False, indent=2))
    elif failed:
        click.echo(f"\nNot all is well: {', '.join(failed)}")
    else:
        click.echo("\nAll is well.")
    if failed:
        sys.exit(1)
