"""Loudspeakers, through miniaudio."""

from __future__ import annotations

import logging
import os
import queue
import threading
import time
from collections.abc import Generator
from typing import Any

from audiocoach.dither import to_16_bits
from audiocoach.errors import DeviceError
from audiocoach.sinks.dryness import Dryness
from audiocoach.sinks.output import BLOCK, NullOutput, Output, Source
from audiocoach.sinks.precedence import sound_first
from audiocoach.sinks.systems import Choice, named, outputs, quiet_libraries, sound_systems
from audiocoach.units import RATE, Frames, Ms

_log = logging.getLogger(__name__)

NULL = "null"
"""The name of the output that plays to nowhere."""

_QUEUED = 2
"""Blocks that are ready for the device; with the one that is being made, 60 ms."""
_PERIOD: Ms = 25
_PERIODS = 8
"""The device's own buffer: 200 ms, where the sound system lets it be chosen."""
_PULSE_LATENCY: Ms = 190
"""The same of PulseAudio and PipeWire."""
_PREFILLED = _QUEUED + -(-_PERIOD * _PERIODS * RATE // 1000 // BLOCK)
"""Blocks before the device starts: it fills its own buffer at once."""
_WAIT_S = 0.1
"""A device that has sound left in its buffer can wait for a late block so long."""
_AT_ONCE = ("COREAUDIO", "JACK")
"""Where a callback must not wait: it is called when the sound is due, not ahead."""
_LONGEST_SILENCE_S = 3.0
"""A device that asks for nothing for this long is lost."""
_BYTES = 4
"""In a frame: two channels of 16 bits."""

_ADVICE = "'audiocoach export ROUTINE' writes a file instead, for the phone"


def open_output(device: str | None, speed: float = 1.0, *, lost: Output | None = None) -> Output:
    """The default loudspeaker, or the first output whose name contains ``device``.

    ``null`` plays to nowhere, ``speed`` times as fast as real time (0: as fast as it can).
    In place of one that was ``lost`` it takes the default one too, where none has that name
    any more, but of the same sound system: another one could keep it from coming back.
    Raises ``DeviceError`` if there is no loudspeaker, ``NotFoundError`` that names the
    outputs if none has that name.
    """
    if device is not None and device.lower() == NULL:
        return NullOutput(speed)
    backends = sound_systems()
    import miniaudio

    if isinstance(lost, DeviceOutput) and lost.system in backends:
        backends = [lost.system]
    with quiet_libraries():
        choices = [Choice(backend, "the default output", None) for backend in backends]
        if device is not None:
            known = [choice for backend in backends for choice in outputs(backend)]
            choices = named(device, known, *(choices if lost else ()), what="output", also=(NULL,))
        failures = []
        for choice in choices:
            try:
                output = DeviceOutput(choice.name, _playback_device(choice), choice.backend)
            except miniaudio.MiniaudioError as error:
                failures.append(f"{choice.backend.name}: {error.args[0]}")
                continue
            _log.info("output %s through %s", choice.name, choice.backend.name)
            sound_first()
            return output
    tried = ", ".join(failures) or "no sound system is supported here"
    raise DeviceError(f"there is no loudspeaker to play on ({tried}); {_ADVICE}")


def _playback_device(choice: Choice) -> Any:
    import miniaudio

    if choice.backend is miniaudio.Backend.PULSEAUDIO:
        # miniaudio asks for one period, which is too little where the computer is busy; the
        # client library of PulseAudio takes its wish from here.
        os.environ.setdefault("PULSE_LATENCY_MSEC", str(_PULSE_LATENCY))
    return miniaudio.PlaybackDevice(
        output_format=miniaudio.SampleFormat.SIGNED16,
        nchannels=2,
        sample_rate=RATE,
        buffersize_msec=_PERIOD,  # of one period, whatever its name says
        callback_periods=_PERIODS,
        device_id=choice.id,
        backends=[choice.backend],
        app_name="audiocoach",
    )


class DeviceOutput:
    """A loudspeaker. Its callback takes ready blocks from a queue and never waits."""

    def __init__(self, name: str, device: Any, system: Any = None) -> None:
        """``device`` is an open ``miniaudio.PlaybackDevice``, ``system`` its ``Backend``."""
        self.name = name
        self.system = system
        self._late = 0
        """Blocks that came too late."""
        self._device = device
        self._blocks: queue.SimpleQueue[bytes] = queue.SimpleQueue()
        self._room: queue.SimpleQueue[None] = queue.SimpleQueue()
        """Holds one ``None`` for each block that the queue of blocks has room for."""
        self._filled = threading.Event()
        self._fed = False
        """All blocks are in the queue."""
        self._finished = threading.Event()
        self._wait_s = 0.0 if getattr(system, "name", "") in _AT_ONCE else _WAIT_S
        self._dryness = Dryness()
        self._stopped = False
        self._lost = False
        self._error: BaseException | None = None
        self._calls = 0
        self._seen_calls = 0
        self._silent_s = 0.0
        self._asked_at = 0.0
        self._feeder: threading.Thread | None = None

    @property
    def underruns(self) -> int:
        """See ``Output``; also gaps because the device itself was served too late."""
        return self._late + self._dryness.times

    def start(self, source: Source) -> None:
        """Begin to play; returns once the first blocks are with the device."""
        import miniaudio

        for _ in range(_PREFILLED):
            self._room.put(None)
        self._feeder = threading.Thread(
            target=self._feed, args=(source,), name="feeding", daemon=True
        )
        self._feeder.start()
        self._filled.wait()
        self._device.stop_callback = self._on_stop
        callback = self._callback()
        next(callback)
        try:
            with quiet_libraries():
                self._device.start(callback)
        except miniaudio.MiniaudioError as error:
            raise DeviceError(f"{self.name} cannot be started ({error}); {_ADVICE}") from error

    def finished(self, timeout_s: float) -> bool:
        """See ``Output``."""
        finished = self._finished.wait(timeout_s)
        if self._error is not None:
            raise self._error
        if not finished and (self._lost or self._is_silent()):
            self._lost = True
            raise DeviceError(
                f"{self.name} was lost: it was unplugged, or the sound system has stopped; "
                "start again when it is back"
            )
        return finished

    def _is_silent(self) -> bool:
        """Whether the device has not asked for sound for too long, while this was asked."""
        now = time.monotonic()
        # A process that was stopped, or a computer that slept, did not ask.
        asked_s = min(now - self._asked_at, _LONGEST_SILENCE_S / 10)
        self._silent_s = self._silent_s + asked_s if self._calls == self._seen_calls else 0.0
        self._asked_at, self._seen_calls = now, self._calls
        return self._silent_s > _LONGEST_SILENCE_S

    def close(self) -> None:
        """Stop the device and the thread that feeds it."""
        if not self._stopped:
            _log.info("output %s ends, with %d gaps in the sound", self.name, self.underruns)
        self._stopped = True
        self._room.put(None)
        self._blocks.put(b"")  # nobody waits for more
        self._device.stop_callback = None
        if self._lost:  # it could take half a minute
            threading.Thread(target=self._device.close, name="closing", daemon=True).start()
        else:
            self._device.close()
        if self._feeder is not None:
            self._feeder.join(1.0)

    def _on_stop(self) -> None:
        self._lost = not self._stopped

    def _feed(self, source: Source) -> None:
        try:
            made = 0
            while not source.ended:
                self._room.get()
                if self._stopped:
                    break
                self._blocks.put(to_16_bits(source.read(BLOCK), 32767, made * BLOCK).tobytes())
                made += 1
                if made == _PREFILLED:
                    self._filled.set()
        except BaseException as error:  # noqa: BLE001 - whatever it is, finished() raises it
            self._error = error
            self._finished.set()
        self._fed = True
        self._blocks.put(b"")  # nobody waits for more
        self._filled.set()

    def _callback(self) -> Generator[bytes, Frames, None]:
        """Given the frames that the device wants, yields their bytes."""
        rest = b""
        drained: Frames = 0
        surplus = _PREFILLED - _QUEUED
        frames = yield b""
        while True:
            self._calls += 1
            wanted = frames * _BYTES
            fed = self._fed
            latest = time.monotonic() + self._wait_s
            while len(rest) < wanted:
                try:
                    rest += self._block(latest)
                except queue.Empty:
                    break
                if surplus > 0:
                    surplus -= 1
                else:
                    self._room.put(None)
            block, rest = rest[:wanted], rest[wanted:]
            if len(block) < wanted:
                drained += frames
                self._late += not self._fed
                if fed and drained > (_PERIODS + 1) * _PERIOD * RATE // 1000:
                    self._finished.set()
            if not fed:
                self._dryness.gave(frames)
            frames = yield block + bytes(wanted - len(block))

    def _block(self, latest: float) -> bytes:
        """The next block, if it comes by then; raises ``queue.Empty``."""
        left = latest - time.monotonic()
        if left <= 0 or self._fed or self._stopped:
            return self._blocks.get_nowait()
        return self._blocks.get(timeout=left)
