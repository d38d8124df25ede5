"""What a touch means: a key, a click, a pedal, pressed by hands that are busy."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

import click

from audiocoach.cli.commands import by_key
from audiocoach.cli.typed import KEYS
from audiocoach.errors import nearest

if TYPE_CHECKING:
    from audiocoach.live import Command, State

VARIABLE = "AUDIOCOACH_KEYS"
"""The environment variable that assigns keys for good."""
_HELD_S = 0.7
"""A key or a pedal that is held repeats itself faster than this, a trembling hand too."""


class Hands:
    """Turns keys into commands; ``own`` come before the usual ones.

    Where the coach waits, every key without a command of its own goes on. While it speaks,
    such a key does nothing: an elbow on the keyboard stops no massage.
    """

    def __init__(
        self,
        own: Mapping[str, Command] | None = None,
        *,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._commands = by_key() | dict(own or {})
        self._now = now
        self._last = ""
        self._pressed_at = -_HELD_S

    def command(self, key: str, state: State) -> Command | None:
        """What ``key`` asks for while the session does ``state``."""
        from audiocoach.live import Command, State

        command = self._commands.get(key)
        if command is None and state is State.WAITING_FOR_LISTENER:
            command = Command.DONE
        elif command is None and state is State.PAUSED:
            command = Command.RESUME
        now, turns = self._now(), command in (Command.TOGGLE, Command.DONE, Command.RESUME)
        held = key == self._last and now - self._pressed_at < _HELD_S
        self._last, self._pressed_at = key, now
        # What is meant once must not be undone by its repetitions.
        return None if turns and held else command


def _assigned(
    ctx: click.Context, param: click.Parameter, values: tuple[str, ...]
) -> dict[str, Command]:
    """The keys that somebody has assigned; raises ``click.BadParameter``."""
    from audiocoach.live import Command

    commands = {each.value.replace(" ", "-"): each for each in Command}
    for hidden in (Command.ATTEND, Command.IGNORE):
        del commands[hidden.value]
    assigned: dict[str, Command] = {}
    for value in (*os.environ.get(VARIABLE, "").split(), *values):
        key, _, name = value.rpartition("=")
        key = key.lower()
        if len(key) != 1 and key not in KEYS:
            raise click.BadParameter(f'no key is called "{key}"{nearest(key, KEYS)}', ctx, param)
        if name not in commands:
            message = f'nothing is called "{name}"{nearest(name, commands)}'
            raise click.BadParameter(message, ctx, param)
        assigned[key] = commands[name]
    return assigned


keys_option = click.option(
    "--key",
    "keys",
    multiple=True,
    callback=_assigned,
    metavar="KEY=COMMAND",
    help="Let a key, or a pedal that types it, mean this: f13=next. Also in AUDIOCOACH_KEYS.",
)
