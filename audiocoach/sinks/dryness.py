"""How often a device ran dry, from when it was given sound.

Nobody tells: a sound system that has nothing left to play is silent and goes on later. But from
then on all is heard so much later, and that can be seen. In the first second it cannot be told from
a device that takes its time to begin, and in the last one nothing comes later.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from audiocoach.units import RATE, Frames

_WINDOW_S = 1.0
"""Within this, a device that was served late has its buffer full again."""
_LEAST_S = 0.03
"""A shorter gap is not told from the unevenness of a device that asks for 25 ms at once."""
_LONGEST_S = 3.0
"""After a longer gap the program was stopped, or the device is another one."""


class Dryness:
    """Compares what a device was given with the time that has gone by."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        """``now`` is the clock, in seconds."""
        self.times = 0
        """How often it ran dry."""
        self._now = now
        self._given: Frames = 0
        self._window_end: float | None = None
        self._window = 0
        self._least = self._before = float("inf")
        """The least lag in this window, and in the one before."""

    def gave(self, frames: Frames) -> None:
        """The device was given so many frames, now."""
        now = self._now()
        self._given += frames
        if self._window_end is None:
            self._window_end = now + _WINDOW_S
        elif now >= self._window_end:
            # The first window holds the beginning, in which a buffer may still be filled.
            if self._window > 1 and _LEAST_S < self._least - self._before < _LONGEST_S:
                self.times += 1
            self._window += 1
            self._window_end = now + _WINDOW_S
            self._before, self._least = self._least, float("inf")
        self._least = min(self._least, now - self._given / RATE)
