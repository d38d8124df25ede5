"""What is played, as the canceller needs it: one channel at 16 kHz, block by block.

The microphone's samples are the clock: for each block of them, one block of this is taken. So
the two stay as far apart as they are, whatever comes late meanwhile.
"""

from __future__ import annotations

import queue

import numpy as np
from numpy.typing import NDArray

from audiocoach.listen.canceller import BLOCK, Wave
from audiocoach.listen.recogniser import RATE
from audiocoach.units import RATE as FULL_RATE

_LATE = RATE // (2 * BLOCK)
"""Blocks, half a second: what has come too late for so long comes later from now on. The
microphone has brought more than there was, or there was a real silence: nothing was played."""
_WHOLE = 0.25
"""So many late blocks are forgotten with each one that is in time."""
_CUSHION = 3 * RATE // 20
"""It is that much late then, so that it does not come too late at once. The output takes as long
from here to the air, or ``listener.py`` waits for it."""
_MOST_AHEAD = RATE
"""More than this is never read ahead of the loudspeaker."""
_AHEAD = RATE // 4


class Played:
    """Takes the blocks of a session in one thread, gives them in another."""

    def __init__(self) -> None:
        import soxr

        self._blocks: queue.SimpleQueue[NDArray[np.float32]] = queue.SimpleQueue()
        self._stream = soxr.ResampleStream(FULL_RATE, RATE, 1, dtype="float32", quality="MQ")
        self._ready = np.zeros(0, np.float32)
        self._owed = 0
        """Samples that were silence because they had not come yet."""
        self._late = 0.0
        """Blocks that were not whole, but those of long ago."""

    def put(self, block: NDArray[np.float32]) -> None:
        """A block at the session's rate, shape ``(frames, 2)``; never waits."""
        self._blocks.put(block.mean(axis=1))

    def take(self) -> Wave:
        """The next block at ``RATE``; silence where nothing was played."""
        new = (self._blocks.get() for _ in range(self._blocks.qsize()))
        self._ready = np.concatenate([self._ready, *map(self._stream.resample_chunk, new)])
        if self._late > _LATE and len(self._ready):
            self._late = self._owed = 0
            self._ready = np.concatenate([np.zeros(_CUSHION, np.float32), self._ready])
        late = min(self._owed, len(self._ready))
        self._ready, self._owed = self._ready[late:], self._owed - late
        if len(self._ready) > _MOST_AHEAD:  # the microphone has lost something
            self._ready = self._ready[-_AHEAD:]
        there = min(BLOCK, len(self._ready))
        self._late = self._late + 1 if there < BLOCK else max(0.0, self._late - _WHOLE)
        block = np.zeros(BLOCK)
        block[:there] = self._ready[:there]
        self._ready = self._ready[there:]
        self._owed += BLOCK - there
        return block
