"""What live sound is played on, and the output that plays to nowhere.

An output pulls: one thread of its own reads the source in short blocks, so that what
the listener asks for is heard at once.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from audiocoach.units import RATE, Frames

BLOCK: Frames = 896
"""Frames that are read at once: 20 ms; a multiple of 16, for the limiter."""

_FAST = 4.0
"""From this speed on, longer blocks are read."""
_LATE_S = 1.0
"""When it is late by more than this, the process or the computer has slept: no reason to hurry."""
_IDLE_S = 0.01
"""Between two blocks, where the source waits for something that takes real time."""


class Source(Protocol):
    """What an output plays."""

    @property
    def ended(self) -> bool:
        """Whether all of it was read."""

    @property
    def idle(self) -> bool:
        """Whether it waits for something that takes its time, however fast it is read."""

    def read(self, frames: Frames) -> NDArray[np.float32]:
        """The next ``frames`` frames, shape ``(frames, 2)``, full scale at +/- 1.0."""


class Output(Protocol):
    """Plays one source, once."""

    @property
    def name(self) -> str:
        """What the listener knows it by."""

    @property
    def underruns(self) -> int:
        """How often there was a gap in the sound because a block came too late."""

    def start(self, source: Source) -> None:
        """Begin to play; returns at once."""

    def finished(self, timeout_s: float) -> bool:
        """Wait until all was heard, but no longer than ``timeout_s``.

        Raises ``DeviceError`` when the device is lost, and what the source raised.
        """

    def close(self) -> None:
        """Stop; may be called twice."""


class NullOutput:
    """Plays to nowhere, at ``speed`` times real time; 0 is as fast as it can."""

    name = "nowhere"
    underruns = 0

    def __init__(
        self,
        speed: float = 1.0,
        *,
        now: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """``now`` and ``sleep`` are the clock, in seconds."""
        self._speed = speed or math.inf
        self._now, self._sleep = now, sleep
        self._block = BLOCK if self._speed < _FAST else 8 * BLOCK
        self._finished = threading.Event()
        self._stopped = False
        self._error: BaseException | None = None
        self._thread: threading.Thread | None = None

    def start(self, source: Source) -> None:
        """Begin to play."""
        self._thread = threading.Thread(
            target=self._play, args=(source,), name="feeding", daemon=True
        )
        self._thread.start()

    def finished(self, timeout_s: float) -> bool:
        """See ``Output``."""
        finished = self._finished.wait(timeout_s)
        if self._error is not None:
            raise self._error
        return finished

    def close(self) -> None:
        """Stop."""
        self._stopped = True
        if self._thread is not None:
            self._thread.join(1.0)

    def _play(self, source: Source) -> None:
        try:
            began = self._now()
            played: Frames = 0
            while not (source.ended or self._stopped):
                source.read(self._block)
                played += self._block
                ahead = played / RATE / self._speed - (self._now() - began)
                if source.idle and self._speed == math.inf:
                    self._sleep(_IDLE_S)
                elif ahead > 0:
                    self._sleep(ahead)
                elif ahead < -_LATE_S:
                    began -= ahead
        except BaseException as error:  # noqa: BLE001 - whatever it is, finished() raises it
            self._error = error
        self._finished.set()
