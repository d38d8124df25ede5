"""A file as blocks of one second, whatever blocks its decoder gives.

Every meter sees the same blocks of the same file, so nothing that is found depends on how the
file happened to be cut.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from audiocoach.decode import Block, decode
from audiocoach.units import RATE, Frames

BLOCK: Frames = RATE
"""Frames in a block; the last of a file may be shorter. Whole steps and hops fit in."""


def read(path: Path) -> Iterator[Block]:
    """The sound in ``path``, however long; raises ``SoundError`` as ``decode`` does."""
    return evenly(decode(path, bounded=False))


def highest(block: Block) -> NDArray[np.float32]:
    """The higher of both channels of each frame, without its sign; shape ``(n,)``."""
    return np.asarray(np.maximum(np.abs(block[:, 0]), np.abs(block[:, 1])))


def evenly(blocks: Iterable[Block]) -> Iterator[Block]:
    """The same sound in blocks of ``BLOCK`` frames."""
    held: list[Block] = []
    count = 0
    for block in blocks:
        held.append(block)
        count += len(block)
        if count >= BLOCK:
            sound = np.concatenate(held)
            whole = count // BLOCK * BLOCK
            for at in range(0, whole, BLOCK):
                yield sound[at : at + BLOCK]
            held, count = [sound[whole:]], count - whole
    if count:
        yield np.concatenate(held)
