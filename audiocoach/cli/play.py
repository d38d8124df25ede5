"""``audiocoach play``: a routine, heard now."""

from __future__ import annotations

import contextlib
import signal
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from functools import partial
from types import FrameType
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
from audiocoach.cli.hands import Hands, keys_option
from audiocoach.cli.options import (
    accessible_option,
    ambience_option,
    choices_option,
    length_option,
    preset_option,
    routine_argument,
    voice_option,
)
from audiocoach.errors import NotFoundError
from audiocoach.presets import PHONE, Preset
from audiocoach.presets import preset as find_preset

if TYPE_CHECKING:
    from audiocoach.cli.keys import Keys
    from audiocoach.cli.screen import Screen
    from audiocoach.live import Command, Session
    from audiocoach.routine import Routine
    from audiocoach.sinks.steady import SteadyOutput

_LOOK_S = 0.1
"""The screen is looked after this often."""
_LONGEST_FADE_S = 3.0
_TWICE_S = 0.5
_FASTEST = 1e6
_HELP = "?"
"""The key that shows what the others do."""


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
    q or Ctrl-C   fade out and leave
    ?             show all keys

    Where the coach waits, any other key goes on, and a click. Media keys, headsets, pedals and
    the mouse: docs/play.md.

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
    )
    if begin is not None:
        beginning = begin_from(loaded, begin)
    else:
        beginning = resumed(left, loaded) if resume else Beginning()
    kept = Kept(bookmarks, asked(given))
    try:
        perform(loaded, setting, beginning=beginning, kept=kept if speed is None else None)
    finally:
        if kept.left and not kept.left.finished:
            click.echo(how_to_go_on(routine, kept.left, loaded))


@dataclass(frozen=True, slots=True)
class Setting:
    """How a routine is played, as somebody has asked for it."""

    voice: str = "auto"
    ambience: str | None = None
    length: int | None = None
    preset: Preset = PHONE
    device: str | None = None
    speed: float | None = None
    volume: int = 100
    keys: Mapping[str, Command] = field(default_factory=dict)
    plain: bool = False
    start_in: int = 0
    fade_out: int | None = None


def check_speed(speed: float | None, device: str | None) -> None:
    """Raise ``click.UsageError`` for a speed at which nobody could listen."""
    if speed is not None and (device or "").lower() != "null":
        raise click.UsageError("--speed is for a rehearsal; add --device null")


def perform(
    loaded: Routine,
    setting: Setting,
    *,
    beginning: Beginning | None = None,
    kept: Kept | None = None,
    enough: Callable[[], bool] = lambda: False,
) -> bool:
    """Play a routine until it ends, or the listener leaves.

    ``enough`` is asked again and again whether to leave before that. The result is whether
    the listener has left.
    """
    from audiocoach import library, render
    from audiocoach.cli.keys import is_terminal, open_keys
    from audiocoach.cli.screen import About, open_screen
    from audiocoach.live import Session
    from audiocoach.live.apart import SpeakerApart
    from audiocoach.live.bookmarks import Keeper
    from audiocoach.live.earcons import load_earcons
    from audiocoach.master import estimate
    from audiocoach.remote import open_remote
    from audiocoach.sinks.device import open_output
    from audiocoach.sinks.steady import SteadyOutput
    from audiocoach.timeline import estimated_length, schedule

    beginning = beginning or Beginning()
    with ExitStack() as stack:
        speed = 1.0 if setting.speed is None else setting.speed
        output = SteadyOutput(lambda lost: open_output(setting.device, speed, lost=lost))
        stack.callback(output.close)
        speaker = SpeakerApart(loaded, setting.voice, library.cache_folder(), setting.preset.tone)
        marks = render.load_marks(loaded)
        cue_length = partial(estimated_length, pace=loaded.pace)
        fitted = render.fitted(loaded, cue_length, render.mark_lengths(marks), setting.length)
        timeline = schedule(fitted.routine, cue_length, render.mark_lengths(marks), fitted.spacing)
        master = estimate(timeline, marks, setting.preset.levels)
        levels, spacing = master.levels, fitted.spacing
        if setting.fade_out is not None:
            levels = replace(levels, fade_out=setting.fade_out)
            spacing = replace(spacing, tail=setting.fade_out)
        session = Session(
            fitted.routine,
            speaker.open,
            render.open_bed(loaded, setting.ambience, setting.preset.bed_tone, at_once=True),
            marks,
            levels=levels,
            trim=master.trim,
            spacing=spacing,
            volume=setting.volume,
            interactive=is_terminal(),
            begin=beginning.where,
            tempo=beginning.tempo,
            start_in=setting.start_in,
            earcons=load_earcons(levels, master.trim),
        )
        stack.callback(session.close)
        stack.callback(speaker.close)  # first, so that nothing has to be awaited
        if kept:
            keeper = Keeper(kept.bookmarks, loaded, session.status, kept.asked)
            stack.callback(kept.close, keeper)
            keeper.start()
        with _leaving_on_interrupt(session):
            output.start(session)
            hands = Hands(setting.keys)
            with (
                open_remote(session, loaded.title),
                open_keys() as keys,
                open_screen(
                    About(loaded.title, session.chapters, keys is not None), plain=setting.plain
                ) as screen,
            ):
                cut = _watch(session, output, keys, hands=hands, screen=screen, enough=enough)
        if session.error is not None:
            raise session.error
    if output.underruns:
        click.echo(
            f"audiocoach: gaps in the sound: {output.underruns}; this computer was busy with "
            "something else",
            err=True,
        )
    return session.left and not cut


def _watch(
    session: Session,
    output: SteadyOutput,
    keys: Keys | None,
    *,
    hands: Hands,
    screen: Screen,
    enough: Callable[[], bool],
) -> bool:
    """Pass keys on and keep the screen true, until all was heard; whether it was ``enough``."""
    from audiocoach.live import Command

    cut = False
    try:
        while not output.finished(0 if keys else _LOOK_S):
            key = keys.read(_LOOK_S) if keys else None
            if key == _HELP:
                screen.help()
            elif key and (command := hands.command(key, session.status().state)):
                session.do(command)
            screen.show(session.status(), session.heard())
            if not cut and not session.left and enough():
                cut = True
                session.do(Command.QUIT)
    except SystemExit:
        # The process shall end: as if the listener had left, but not for long.
        session.do(Command.QUIT)
        deadline = time.monotonic() + _LONGEST_FADE_S
        while not output.finished(_LOOK_S) and time.monotonic() < deadline:
            pass
        raise
    screen.show(session.status(), session.heard())
    return cut


@contextlib.contextmanager
def _leaving_on_interrupt(session: Session) -> Iterator[None]:
    """Ctrl-C fades out; a second one ends at once."""
    from audiocoach.live import Command

    asked: float | None = None

    def leave(number: int, frame: FrameType | None) -> None:
        nonlocal asked
        del number, frame
        # One press may arrive twice, through the terminal and through who started this.
        if asked is not None and time.monotonic() - asked > _TWICE_S:
            raise KeyboardInterrupt
        asked = asked or time.monotonic()
        session.do(Command.QUIT)

    before = signal.signal(signal.SIGINT, leave)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
