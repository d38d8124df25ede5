"""The sound systems of this machine and their devices, as miniaudio knows them."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from audiocoach.errors import DeviceError, NotFoundError, nearest

_BACKENDS = (
    *("WASAPI", "DSOUND", "WINMM", "COREAUDIO"),
    *("PULSEAUDIO", "ALSA", "JACK", "SNDIO", "AUDIO4", "OSS"),
)
"""miniaudio's names, best first. Its ``NULL`` is left out: it would play to nobody."""


@dataclass(frozen=True, slots=True)
class Choice:
    """A device that can be opened."""

    backend: Any
    name: str
    id: Any
    """miniaudio's; ``None`` for the default one."""


def sound_systems() -> list[Any]:
    """The backends of miniaudio that may be here, best first; raises ``DeviceError`` without it."""
    try:
        import miniaudio
    except ImportError as error:
        raise DeviceError(f"the sound library miniaudio cannot be loaded ({error})") from error
    return [
        getattr(miniaudio.Backend, name)
        for name in _BACKENDS
        if getattr(miniaudio.Backend, name, None) in miniaudio.get_enabled_backends()
    ]


def outputs(backend: Any) -> list[Choice]:
    """Every output that a sound system knows."""
    return _devices(backend, "get_playbacks")


def inputs(backend: Any) -> list[Choice]:
    """Every microphone that a sound system knows, and whatever else can be recorded from."""
    return _devices(backend, "get_captures")


def _devices(backend: Any, which: str) -> list[Choice]:
    import miniaudio

    class Names(miniaudio.Devices):  # type: ignore[misc]
        """Asks nothing more of each: where one cannot answer, the whole list would fail."""

        def _get_info(self, *_args: Any) -> dict[str, Any]:
            return {}

    try:
        found = getattr(Names([backend]), which)()
    except miniaudio.MiniaudioError:
        return []
    return [
        Choice(backend, " ".join(device["name"].split()), device["id"])
        for device in found
        # ALSA's own "null", which is listed as a device like any other.
        if not device["name"].startswith("Discard all samples")
    ]


def named(
    wanted: str, choices: Sequence[Choice], *otherwise: Choice, what: str, also: Sequence[str] = ()
) -> list[Choice]:
    """The first of ``choices`` with that name or, failing that, with that in its name.

    ``otherwise``: those to take after that one, or instead of it. Raises ``NotFoundError``
    that says ``what`` is not there and names those that are, with ``also``.
    """
    for fits in (str.__eq__, str.__contains__):
        for choice in choices:
            if fits(choice.name.lower(), wanted.lower()):
                return [choice, *otherwise]
    if otherwise:
        return list(otherwise)
    names = [*(choice.name for choice in choices), *also]
    raise NotFoundError(f'no {what} is called "{wanted}"{nearest(wanted, names)}')


@contextlib.contextmanager
def quiet_libraries() -> Iterator[None]:
    """Keep what ALSA and JACK print while they look for devices off the screen."""
    try:
        kept = os.dup(2)
    except OSError:  # there is no standard error
        yield
        return
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)
