"""``audiocoach play``: a routine, heard now."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from audiocoach.cli.beginning import (
    Beginning,
    Kept,
    asked,
    asked_again,
    begin_from,
    bookmarks_of,
    fade_out_option,
    from_option,
    how_to_go_on,
    resume_option,
    resumed,
    start_in_option,
)
from audiocoach.cli.hands import keys_option
from audiocoach.cli.listening import listen_options
from audiocoach.cli.options import (
    accessible_option,
    ambience_option,
    choices_option,
    length_option,
    preset_option,
    routine_argument,
    voice_option,
)
from audiocoach.cli.performing import Setting, perform
from audiocoach.errors import NotFoundError
from audiocoach.presets import preset as find_preset

if TYPE_CHECKING:
    from audiocoach.live import Command

_FASTEST = 1e6


def _speed(ctx: click.Context, param: click.Parameter, value: str | None) -> float | None:
    """A factor; ``max`` is 0."""
    if value is None or value == "max":
        return None if value is None else 0.0
    try:
        speed = float(value)
    except ValueError:
        speed = 0.0
    if not 0 < speed < _FASTEST:
        raise click.BadParameter(
            f'"{value}" is no speed; give a number like 10, or max', ctx, param
        )
    return speed


device_option = click.option(
    "--device",
    metavar="NAME",
    help="The output whose name contains NAME; null plays to nowhere. [default: the system's]",
)

speed_option = click.option(
    "--speed",
    callback=_speed,
    metavar="N",
    help="A rehearsal N times as fast, or max; with --device null only.",
)

volume_option = click.option(
    "--volume",
    type=click.IntRange(1, 200),
    default=100,
    show_default=True,
    metavar="PERCENT",
    help="To begin with; + and - change it.",
)

plain_option = click.option(
    "--plain",
    is_flag=True,
    help="Few lines instead of a screen, for a program that reads them aloud.",
)


@click.command(short_help="Play a routine now, hands free.")
@routine_argument
@voice_option
@ambience_option
@choices_option
@length_option
@preset_option
@accessible_option
@device_option
@speed_option
@volume_option
@keys_option
@plain_option
@resume_option
@from_option
@start_in_option
@fade_out_option
@listen_options
@click.pass_context
def play(
    ctx: click.Context,
    *,
    routine: str,
    voice: str,
    ambience: str | None,
    choices: tuple[tuple[str, str], ...],
    length: int | None,
    preset: str,
    accessible: bool,
    device: str | None,
    speed: float | None,
    volume: int,
    keys: dict[str, Command],
    plain: bool,
    resume: bool,
    begin: str | None,
    start_in: int | None,
    fade_out: int | None,
    listen: bool,
    microphone: str | None,
) -> None:
    """Play ROUTINE now: the sound begins at once, the words as they are spoken.

    ROUTINE is the name of a routine ('audiocoach list') or the path of a script.

    \b
    space         pause, the bed goes on; or go on where the coach waits for you
    enter or d    done, in a step that waits for you
    right, left   the next step, the one before
    n, p          the next chapter, the one before
    . and ,       15 seconds on, 15 seconds back
    r             this step again
    l, k          one more minute in this step, one less
    [ and ]       slower, faster: the working time of all that comes
    t             how long: speaks the time that is left
    + and -       louder, quieter
    0 and 9       the same for the sound behind the voice alone
    8 and 7       the same for the voice alone
    q or Ctrl-C   fade out and leave
    ?             show all keys

    Where the coach waits, any other key goes on, and a click. Media keys, headsets, pedals and
    the mouse: docs/play.md.

    With --listen it hears commands: "coach, pause", and "continue", "next", "back", "repeat",
    "slower", "faster", "longer", "shorter", "louder", "quieter", "how long", "done" or "stop"
    after "coach". They are in English, whatever the routine speaks.

    --length is reckoned once, before the first word is spoken: the end may come some seconds
    earlier or later, and where the coach waits for you it is yours. docs/play.md tells more.

    \b
    audiocoach play back-massage
    audiocoach play back-massage --set position=chair --ambience rain
    audiocoach play back-massage --length 20m --start-in 30s
    audiocoach play back-massage --from "lower back"
    audiocoach play back-massage --resume
    audiocoach play my-stretches.md --device headphones --volume 50
    audiocoach play my-stretches.md --device null --speed max
    """  # noqa: D301
    from audiocoach import library
    from audiocoach.script import load

    check_speed(speed, device)
    if resume and begin is not None:
        raise click.UsageError("give --resume or --from, not both")
    path = library.find_routine(routine)
    bookmarks = bookmarks_of(path)
    left = bookmarks.load() if resume else None
    given: dict[str, Any] = {
        "voice": voice,
        "ambience": ambience,
        "length": length,
        "choices": choices,
        "preset": preset,
        "accessible": accessible,
    }
    again = asked_again(ctx, left) if left else {}
    try:
        loaded = load(path, dict((given | again)["choices"]))
    except NotFoundError:
        if "choices" not in again:
            raise
        del again["choices"]  # the script does not offer them any longer
        loaded = load(path, dict(choices))
    given |= again
    setting = Setting(
        voice=given["voice"],
        ambience=given["ambience"],
        length=given["length"],
        preset=find_preset(given["preset"], accessible=given["accessible"]),
        device=device,
        speed=speed,
        volume=volume,
        keys=keys,
        plain=plain,
        start_in=start_in or 0,
        fade_out=fade_out,
        listen=listen,
        microphone=microphone,
    )
    if begin is not None:
        beginning = begin_from(loaded, begin)
    else:
        beginning = resumed(left, loaded) if resume else Beginning()
    kept = Kept(bookmarks, asked(given))
    try:
        perform(loaded, setting, beginning=beginning, kept=kept if speed is None else None)
    finally:
        stays = kept.left or (left if resume else None)  # as it was, where nothing was said
        if stays and not stays.finished:
            click.echo(how_to_go_on(routine, stays, loaded))


def check_speed(speed: float | None, device: str | None) -> None:
    """Raise ``click.UsageError`` for a speed at which nobody could listen."""
    if speed is not None and (device or "").lower() != "null":
        raise click.UsageError("--speed is for a rehearsal; add --device null")
