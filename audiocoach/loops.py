"""Loops out of streams: what a stream of blocks needs to end where it began.

Blocks are those of ``decode``. Nothing is held back for longer than an overlap, so the
first block comes out long before the last has gone in.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from audiocoach.decode import Block
from audiocoach.units import RATE, Frames, db_to_gain

Fade = tuple[NDArray[np.float32], NDArray[np.float32]]
"""The gains of what goes and of what comes, of shape ``(n, 1)``."""

CROSSFADE: Frames = 3 * RATE
"""A user's sound runs into its own beginning over this, or over a quarter of it if shorter."""

_QUIET = np.float32(db_to_gain(-66.0))
"""Below this peak, the start and the end of a sound are silence."""


def same_fade(frames: Frames) -> Fade:
    """From one sound to the same sound: the gains add up to 1."""
    come = 0.5 - 0.5 * np.cos(np.pi * (np.arange(frames) + 0.5) / max(1, frames))
    return _column(1.0 - come), _column(come)


def equal_power_fade(frames: Frames) -> Fade:
    """From one sound to another: the squares of the gains add up to 1."""
    angle = np.pi / 2 * (np.arange(frames) + 0.5) / max(1, frames)
    return _column(np.cos(angle)), _column(np.sin(angle))


def _column(gains: NDArray[np.float64]) -> NDArray[np.float32]:
    return gains.astype(np.float32)[:, None]


def trimmed(blocks: Iterator[Block]) -> Iterator[Block]:
    """``blocks`` without silence at either end; nothing at all if all is silence."""
    held: list[Block] = []
    started = False
    for block in blocks:
        loud = np.flatnonzero(np.abs(block).max(axis=1) > _QUIET)
        if len(loud) == 0:
            if started:
                held.append(block)
            continue
        end = int(loud[-1]) + 1
        yield from held
        yield block[0 if started else int(loud[0]) : end]
        started = True
        held = [block[end:]]


def cut(blocks: Iterator[Block], start: Frames, frames: Frames) -> Iterator[Block]:
    """``frames`` frames of ``blocks`` from ``start`` on, or as many as there are."""
    at = 0
    for block in blocks:
        part = block[max(0, start - at) : start + frames - at]
        if len(part):
            yield part
        at += len(block)
        if at >= start + frames:
            return


def gather(blocks: Iterator[Block], frames: Frames) -> Block:
    """The next ``frames`` frames, or more by a part of a block, or all that are left."""
    parts = [np.zeros((0, 2), dtype=np.float32)]
    count = 0
    for block in blocks:
        parts.append(block)
        count += len(block)
        if count >= frames:
            break
    return np.concatenate(parts)


def looped(blocks: Iterator[Block], fade: Fade) -> Iterator[Block]:
    """A loop shorter than ``blocks`` by the length of ``fade``.

    It begins after the first so many frames; its end fades into them.
    """
    overlap = len(fade[0])
    first = gather(blocks, overlap)
    head = first[:overlap]
    held = deque([first[overlap:]])
    count = len(held[0])
    for block in blocks:
        held.append(block)
        count += len(block)
        while count - len(held[0]) >= overlap:
            count -= len(held[0])
            yield held.popleft()
    last = np.concatenate(held)
    yield last[: len(last) - overlap]
    yield last[len(last) - overlap :] * fade[0] + head * fade[1]


def crossfaded(blocks: Iterator[Block]) -> Iterator[Block]:
    """Any sound of more than a few frames as a loop."""
    first = gather(blocks, 4 * CROSSFADE)

    def stream() -> Iterator[Block]:
        yield first
        yield from blocks

    return looped(stream(), equal_power_fade(min(CROSSFADE, len(first) // 4)))
