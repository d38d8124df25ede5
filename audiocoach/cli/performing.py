"""A routine performed for somebody: sound, keys, screen and media keys together, to its end."""

from __future__ import annotations

import contextlib
import signal
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from functools import partial
from types import FrameType
from typing import TYPE_CHECKING

import click

from audiocoach.cli.beginning import Beginning, Kept
from audiocoach.cli.hands import Hands
from audiocoach.cli.listening import Ears, open_ears
from audiocoach.presets import PHONE, Preset

if TYPE_CHECKING:
    from audiocoach.cli.keys import Keys
    from audiocoach.cli.screen import Screen
    from audiocoach.live import Command, Session
    from audiocoach.live.status import Earcon
    from audiocoach.mix import Stereo
    from audiocoach.routine import Routine
    from audiocoach.sinks.steady import SteadyOutput

_LOOK_S = 0.1
"""The screen is looked after this often."""
_LONGEST_FADE_S = 3.0
_TWICE_S = 0.5
_HELP = "?"
"""The key that shows what the others do."""


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
    listen: bool = False
    microphone: str | None = None


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
        ears = stack.enter_context(open_ears(listen=setting.listen, microphone=setting.microphone))
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
        earcons: dict[Earcon, Stereo] = {}
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
            times=beginning.times,
            start_in=setting.start_in,
            earcons=earcons,
        )
        stack.callback(session.close)
        stack.callback(speaker.close)  # first, so that nothing has to be awaited
        if kept:
            keeper = Keeper(kept.bookmarks, loaded, session.status, kept.asked)
            stack.callback(kept.close, keeper)
            keeper.start()
        with _leaving_on_interrupt(session):
            ears.start(session)
            output.start(session)
            # Nobody has asked for anything before the first sound.
            earcons |= load_earcons(levels, master.trim)
            hands = Hands(setting.keys)
            with (
                open_remote(session, loaded.title),
                open_keys() as keys,
                open_screen(
                    About(loaded.title, session.chapters, keys is not None), plain=setting.plain
                ) as screen,
            ):
                cut = _watch(
                    session, output, keys, hands=hands, ears=ears, screen=screen, enough=enough
                )
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
    ears: Ears,
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
            screen.show(session.status(), [*session.heard(), *ears.heard()])
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
    screen.show(session.status(), [*session.heard(), *ears.heard()])
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
