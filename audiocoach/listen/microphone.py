"""Microphones, through miniaudio."""

from __future__ import annotations

import contextlib
import queue
import time
from collections.abc import Generator
from typing import Any, Protocol

import numpy as np

from audiocoach.errors import DeviceError
from audiocoach.listen.canceller import BLOCK, Wave
from audiocoach.listen.recogniser import RATE
from audiocoach.sinks.systems import Choice, inputs, named, quiet_libraries, sound_systems
from audiocoach.units import Ms

_PERIOD: Ms = 32
_LONGEST_QUEUE = 30 * RATE * 2
"""Bytes that wait at most, where nobody reads: 30 s."""
_LONGEST_SILENCE_S = 3.0
"""A microphone that brings nothing for so long is lost."""
_ADVICE = "leave out --listen to play without it"


class Microphone(Protocol):
    """Where sound comes in."""

    @property
    def name(self) -> str:
        """What the listener knows it by."""

    def start(self) -> None:
        """Begin; raises ``DeviceError``."""

    def read(self, timeout_s: float) -> Wave | None:
        """The next ``BLOCK`` samples at ``RATE``, or ``None`` if they do not come in time.

        Raises ``DeviceError`` when it is lost.
        """

    def close(self) -> None:
        """Stop; may be called twice."""


def open_microphone(name: str | None) -> Microphone:
    """The system's microphone, or the first one whose name contains ``name``.

    Raises ``DeviceError`` if there is none, ``NotFoundError`` that names those that are here
    if none has that name.
    """
    backends = sound_systems()
    import miniaudio

    with quiet_libraries():
        # A sound system without a microphone may say so only when one is opened, or record
        # silence for ever: so those that list one come first, and others are not tried.
        known = {backend: inputs(backend) for backend in backends}
        choices = [
            Choice(backend, "the microphone", None) for backend in backends if known[backend]
        ]
        if name is not None:
            choices = named(
                name, [one for all_ in known.values() for one in all_], what="microphone"
            )
        failures = []
        for choice in choices:
            try:
                return DeviceMicrophone(choice.name, _capture_device(choice))
            except miniaudio.MiniaudioError as error:
                failures.append(f"{choice.backend.name}: {error.args[0]}")
    tried = f" ({', '.join(failures)})" if failures else ""
    raise DeviceError(f"there is no microphone to listen with{tried}; {_ADVICE}")


def _capture_device(choice: Choice) -> Any:
    import miniaudio

    return miniaudio.CaptureDevice(
        input_format=miniaudio.SampleFormat.SIGNED16,
        nchannels=1,
        sample_rate=RATE,
        buffersize_msec=_PERIOD,  # of one period, whatever its name says
        callback_periods=4,
        device_id=choice.id,
        backends=[choice.backend],
        app_name="audiocoach",
    )


class DeviceMicrophone:
    """A microphone. Its callback puts what comes into a queue and never waits."""

    def __init__(self, name: str, device: Any) -> None:
        """``device`` is an open ``miniaudio.CaptureDevice``."""
        self.name = name
        self._device = device
        self._parts: queue.SimpleQueue[bytes] = queue.SimpleQueue()
        self._rest = b""
        self._heard_at = 0.0
        self._lost = False
        self._stopped = False

    def start(self) -> None:
        """See ``Microphone``."""
        import miniaudio

        callback = self._callback()
        next(callback)
        self._heard_at = time.monotonic()
        self._device.stop_callback = self._on_stop
        try:
            with quiet_libraries():
                self._device.start(callback)
        except miniaudio.MiniaudioError as error:
            raise DeviceError(f"{self.name} cannot be started ({error}); {_ADVICE}") from error

    def read(self, timeout_s: float) -> Wave | None:
        """See ``Microphone``."""
        while len(self._rest) < 2 * BLOCK:
            try:
                self._rest += self._parts.get(timeout=timeout_s)
                self._heard_at = time.monotonic()
            except queue.Empty:
                if self._lost or time.monotonic() - self._heard_at > _LONGEST_SILENCE_S:
                    raise DeviceError(f"{self.name} was lost") from None
                return None
        data, self._rest = self._rest[: 2 * BLOCK], self._rest[2 * BLOCK :]
        return np.frombuffer(data, "<i2").astype(np.float64) / 32768

    def close(self) -> None:
        """See ``Microphone``."""
        self._stopped = True
        self._device.stop_callback = None
        if not self._lost:  # else it could take half a minute; the end of the program does it
            self._device.close()

    def _on_stop(self) -> None:
        self._lost = not self._stopped

    def _callback(self) -> Generator[None, bytes, None]:
        while True:
            data = yield
            self._parts.put(bytes(data))
            if self._parts.qsize() > _LONGEST_QUEUE // (2 * RATE * _PERIOD // 1000):
                with contextlib.suppress(queue.Empty):
                    self._parts.get_nowait()
