"""``audiocoach preview``: hear one place of a script, and again whenever it is saved."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from audiocoach.cli.beginning import Beginning
from audiocoach.cli.hands import keys_option
from audiocoach.cli.options import (
    accessible_option,
    ambience_option,
    choices_option,
    preset_option,
    routine_argument,
    voice_option,
)
from audiocoach.cli.performing import Setting, perform
from audiocoach.cli.play import (
    check_speed,
    device_option,
    plain_option,
    speed_option,
    volume_option,
)
from audiocoach.cli.watching import Watched, load_all
from audiocoach.errors import AudiocoachError, DeviceError, NotFoundError
from audiocoach.presets import preset as find_preset

if TYPE_CHECKING:
    from audiocoach.live import Command
    from audiocoach.routine import Routine


@click.command(short_help="Hear one place of a script, again whenever you save it.")
@routine_argument
@click.option("--step", type=click.IntRange(min=1), metavar="N", help="Begin with step N.")
@click.option(
    "--from",
    "line",
    type=click.IntRange(min=1),
    metavar="LINE",
    help="Begin with what stands in this line of the script.",
)
@click.option("--watch", is_flag=True, help="Play it again whenever the file is saved.")
@voice_option
@ambience_option
@choices_option
@preset_option
@accessible_option
@device_option
@speed_option
@volume_option
@keys_option
@plain_option
def preview(
    *,
    routine: str,
    step: int | None,
    line: int | None,
    watch: bool,
    voice: str,
    ambience: str | None,
    choices: tuple[tuple[str, str], ...],
    preset: str,
    accessible: bool,
    device: str | None,
    speed: float | None,
    volume: int,
    keys: dict[str, Command],
    plain: bool,
) -> None:
    """Play ROUTINE from one of its steps on, to hear how it sounds while you write it.

    Steps are counted as they are played, loops and all: 'audiocoach show --format csv' has
    their numbers. With --watch it begins again there whenever the script, or one that it
    includes, is saved; only words that have changed are spoken anew. The keys are those of
    'audiocoach play'.

    \b
    audiocoach preview my-routine.md --from 40
    audiocoach preview my-routine.md --step 12 --watch
    """  # noqa: D301
    from audiocoach import library
    from audiocoach.live import Where

    check_speed(speed, device)
    if step is not None and line is not None:
        raise click.UsageError("give --step or --from, not both")
    path = library.find_routine(routine)
    chosen = find_preset(preset, accessible=accessible)
    setting = Setting(voice, ambience, None, chosen, device, speed, volume, keys, plain)
    while True:
        watched = Watched([path])
        try:
            loaded, others = load_all(path, dict(choices))
            watched.add(others)
            first = find_step(loaded, path, step, line)
            left = perform(
                loaded,
                setting,
                beginning=Beginning(Where(first) if first else None),
                enough=watched.changed if watch else lambda: False,
            )
        except DeviceError:
            raise
        except AudiocoachError as error:
            if not watch:
                raise
            click.echo(f"{error}\n", err=True)
            left = False
        if left or not watch:
            return
        if not watched.wait(f"Save {path} to hear it again; Ctrl-C ends."):
            return


def find_step(routine: Routine, path: Path, step: int | None, line: int | None) -> int:
    """The index of a step by its number, or of the one that stands in a line or after it.

    Raises ``NotFoundError`` where there is none.
    """
    from audiocoach.render import script_lines

    steps = [each for chapter in routine.chapters for each in chapter.steps]
    if step is not None:
        if step > len(steps):
            raise NotFoundError(f"there is no step {step}: {path} has {len(steps)} steps")
        return step - 1
    if line is None:
        return 0
    lines = script_lines(path)
    begins = line
    # A paragraph and its list go on to the next empty line or block.
    while (
        1 < begins <= len(lines) and not _parts(lines[begins - 1]) and not _parts(lines[begins - 2])
    ):
        begins -= 1
    begins = line if begins > len(lines) else begins
    later = [
        (each.place.line, index)
        for index, each in enumerate(steps)
        if each.place.line >= begins and each.place.path == str(path)
    ]
    if not later:
        raise NotFoundError(f"there is no step in line {line} of {path} or after it")
    return min(later)[1]


def _parts(line: str) -> bool:
    """Whether a line stands between steps."""
    return not line.strip() or line.lstrip().startswith((":::", "#", ">", "<!--"))
