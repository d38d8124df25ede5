"""Digital silence: where a phone or a Bluetooth speaker may close its channel."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from audiocoach.loudness import HOP
from audiocoach.measure.stream import highest
from audiocoach.units import Ms

_HOP_MS: Ms = 10
_LOUDEST = 1.6 / 32768
"""A sample of 16 bits is silent up to its last bit."""
_SHORTEST: Ms = 50


@dataclass(frozen=True, slots=True)
class Stretch:
    """From when to when."""

    start_ms: Ms
    end_ms: Ms


class SilenceMeter:
    """Takes blocks of ``stream.BLOCK`` frames, the last may be shorter."""

    def __init__(self) -> None:
        self._found: list[Stretch] = []
        self._now: Ms = 0
        self._since: Ms | None = None

    def push(self, block: NDArray[np.float32]) -> None:
        """Take the next frames, shape ``(n, 2)``."""
        padded = np.pad(highest(block), (0, -len(block) % HOP))
        loud = padded.reshape(-1, HOP).max(axis=1) > _LOUDEST
        start = self._now
        self._now += len(loud) * _HOP_MS
        known = self._since is not None
        edges = np.flatnonzero(np.diff(np.concatenate([[not known], loud])))
        for edge in edges:
            at = start + int(edge) * _HOP_MS
            if self._since is None:
                self._since = at
            else:
                self._end(at)

    def stretches(self) -> tuple[Stretch, ...]:
        """All silences of 50 ms and more, once all of the sound was pushed."""
        self._end(self._now)
        return tuple(self._found)

    def _end(self, at: Ms) -> None:
        if self._since is not None and at - self._since >= _SHORTEST:
            self._found.append(Stretch(self._since, at))
        self._since = None
