"""``audiocoach measure``: what a file sounds like, in numbers, and whether that is good enough."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from audiocoach.cli.export import shown_progress
from audiocoach.cli.options import (
    RoutineName,
    ambience_option,
    choices_option,
    length_option,
    voice_option,
)
from audiocoach.cli.show import picture_name
from audiocoach.errors import NotFoundError
from audiocoach.presets import PRESETS, Preset
from audiocoach.presets import preset as find_preset
from audiocoach.units import Ms

if TYPE_CHECKING:
    from audiocoach.measure.bounds import Bounds
    from audiocoach.measure.whole import Measured
    from audiocoach.render import Progress

_BROKEN = 1
"""The exit code where a bound is broken."""


@click.command(short_help="Measure a file or a routine, and judge it.")
@click.argument("sound", metavar="FILE|ROUTINE", type=RoutineName())
@click.option(
    "--preset",
    type=click.Choice(tuple(PRESETS)),
    help="Judge it by this preset; else by the one that the file tells, or phone.",
)
@click.option("--accessible", is_flag=True, help="Words must be 20 LU over the bed (W3C G56).")
@voice_option
@ambience_option
@choices_option
@length_option
@click.option("--json", "as_json", is_flag=True, help="Print all of it as JSON.")
@click.option(
    "--plot",
    type=click.Path(path_type=Path, dir_okay=False),
    callback=picture_name,
    metavar="FILE",
    help="Also draw it: .svg, or .png with the extra 'picture'.",
)
@click.pass_context
def measure(
    ctx: click.Context,
    *,
    sound: str,
    preset: str | None,
    accessible: bool,
    voice: str,
    ambience: str | None,
    choices: tuple[tuple[str, str], ...],
    length: int | None,
    as_json: bool,
    plot: Path | None,
) -> None:
    """Measure FILE, or ROUTINE as it would be exported, and judge it by a preset.

    Loudness, its range, true peak; for each cue whether it is there, whole, in its place and
    clear of the bed; clicks, clipping, digital silence, a bed that is heard to repeat; what a
    phone's loudspeaker leaves of it. Files that audiocoach exported tell their timeline; of
    other files what needs no timeline is measured. docs/measure.md lists the bounds.

    --voice, --ambience, --set and --length are for a ROUTINE.

    Exit code 1 where a bound is broken.

    \b
    audiocoach measure back-massage.mp3
    audiocoach measure back-massage --plot back-massage.png
    audiocoach measure talk.mp3 --preset headphones --json
    """  # noqa: D301
    from audiocoach import library
    from audiocoach.measure import report
    from audiocoach.measure.bounds import DEFAULT, bounds
    from audiocoach.measure.verdict import judge
    from audiocoach.measure.whole import measure as measure_file

    file = Path(sound)
    with shown_progress() as progress:
        if file.is_file() and file.suffix.lower() != ".md":
            found = measure_file(file, None, progress)
        elif file.suffix and file.suffix.lower() != ".md":
            raise NotFoundError(f"no file at {sound}")
        else:
            found = _as_exported(
                library.find_routine(sound),
                dict(choices),
                voice,
                find_preset(preset or DEFAULT, accessible=accessible),
                progress,
                ambience=ambience,
                length=length,
            )
    told = found.told
    name = preset or (told.preset if told else "") or DEFAULT
    allowed = bounds(name, accessible=accessible or bool(told and told.accessible))
    broken = judge(found, allowed)
    if plot is not None:
        faults = [(each.at_ms, each.what) for each in broken if each.at_ms is not None]
        _draw(found, faults, allowed, plot)
    if as_json:
        told_all = {"file": sound, **report.to_json(found, allowed, name, broken)}
        click.echo(json.dumps(told_all, ensure_ascii=False, indent=1))
    else:
        click.echo(f"{sound}: " + "\n".join(report.to_lines(found, allowed, name, broken)))
    if broken:
        ctx.exit(_BROKEN)


def _as_exported(
    routine: Path,
    choices: dict[str, str],
    voice: str,
    preset: Preset,
    progress: Progress,
    **asked: Any,
) -> Measured:
    """A routine exported as 'audiocoach export' does, and measured; nothing is left behind."""
    from audiocoach import render
    from audiocoach.measure.stems import StemMeter
    from audiocoach.measure.whole import measure as measure_file
    from audiocoach.script import load

    loaded = load(routine, choices)
    stems = StemMeter()
    with tempfile.TemporaryDirectory(prefix="audiocoach-") as folder:
        target = Path(folder) / f"{routine.stem}.mp3"
        with render.open_speaker(loaded, voice, preset.tone) as speaker:
            render.export(
                loaded, speaker, target, preset=preset, stems=stems, progress=progress, **asked
            )
        return measure_file(target, stems.energies(), progress)


def _draw(found: Measured, faults: list[tuple[Ms, str]], allowed: Bounds, target: Path) -> None:
    """Write the picture to ``target``."""
    from audiocoach import picture
    from audiocoach.measure.plot import draw
    from audiocoach.sinks.files import whole_file

    drawn = draw(found, allowed, faults)
    png = target.suffix.lower() == ".png"
    data = picture.to_png(drawn) if png else drawn.encode()
    with whole_file(target) as file:
        file.write(data)
