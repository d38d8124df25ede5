"""``--listen``: a routine that can be spoken to."""

from __future__ import annotations

import contextlib
from collections import deque
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

import click

if TYPE_CHECKING:
    from audiocoach.listen.attention import Said
    from audiocoach.listen.listener import Listener
    from audiocoach.listen.microphone import Microphone
    from audiocoach.listen.recogniser import Recogniser
    from audiocoach.live import Command, Heard, Session, State

_F = TypeVar("_F", bound=Callable[..., Any])

microphone_option = click.option(
    "--microphone",
    metavar="NAME",
    help="The microphone whose name contains NAME. [default: the system's]",
)


def listen_options(command: _F) -> _F:
    """``--listen`` and ``--microphone``."""
    listen = click.option(
        "--listen",
        is_flag=True,
        help='Be spoken to: "coach, next", "coach, pause" (English; the extra listen).',
    )
    return listen(microphone_option(command))


class Ears(Protocol):
    """What listens beside a session."""

    def start(self, session: Session) -> None:
        """Obey what is said from now on."""

    def heard(self) -> list[Heard]:
        """What was understood since this was asked last."""


_ATTENTION = ("attend", "ignore")
"""The commands that have a sound of their own, or none."""


def meant(command: Command, state: State) -> list[Command]:
    """What is to be done where ``command`` was said in that state."""
    from audiocoach.live import Command, State

    if command in (Command.ATTEND, Command.IGNORE):
        return [command]
    if command is Command.RESUME and state is State.WAITING_FOR_LISTENER:
        command = Command.DONE
    return [Command.IGNORE, command]  # the bed comes back, and then it is obeyed


@contextlib.contextmanager
def open_ears(*, listen: bool, microphone: str | None) -> Iterator[Ears]:
    """What listens until the block ends; nothing does unless ``listen``.

    Raises ``NotFoundError`` without the extra or the microphone, ``DeviceError`` where there
    is none: before a routine begins, since hands are busy later.
    """
    if not listen:
        if microphone is not None:
            raise click.UsageError("--microphone goes with --listen")
        yield _Deaf()
        return
    from audiocoach.listen import PHRASES, check_installed
    from audiocoach.listen.microphone import open_microphone
    from audiocoach.listen.recogniser import Whisper

    check_installed()
    opened = open_microphone(microphone)
    with contextlib.closing(opened):
        ears = _Ears(opened, Whisper(PHRASES))
        try:
            yield ears
        finally:
            ears.close()


class _Deaf:
    """Hears nothing."""

    def start(self, session: Session) -> None:
        """Do nothing."""

    def heard(self) -> list[Heard]:
        """Nothing."""
        return []


class _Ears:
    """Hears with a microphone."""

    def __init__(self, microphone: Microphone, recogniser: Recogniser) -> None:
        self._microphone, self._recogniser = microphone, recogniser
        self._listener: Listener | None = None
        self._heard: deque[Heard] = deque(maxlen=1_000)
        self._told = False

    def start(self, session: Session) -> None:
        from audiocoach.listen.listener import Listener

        def obey(said: Said) -> None:
            from audiocoach.live import Heard

            status = session.status()
            if said.words:
                told = f'(heard: "{said.words}")'
                self._heard.append(Heard(status.position, told, chapter=False))
            for command in meant(said.command, status.state):
                session.do(command, confirm=command not in _ATTENTION)

        self._listener = Listener(self._microphone, self._recogniser, obey)
        session.tap = self._listener.tap
        self._listener.start()

    def heard(self) -> list[Heard]:
        """See ``Ears``; a microphone that was lost is told once."""
        if self._listener and self._listener.error and not self._told:
            self._told = True
            click.echo(f"audiocoach: {self._listener.error}; it plays on", err=True)
        return [self._heard.popleft() for _ in range(len(self._heard))]

    def close(self) -> None:
        """Stop listening."""
        if self._listener:
            self._listener.close()
