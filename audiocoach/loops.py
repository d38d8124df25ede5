"""Loops out of streams: what a stream of blocks needs to end where it began.

Blocks are those of ``decode``. Nothing is held back for longer than an overlap, so the
first block comes out long before the last has gone in.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

from audiocoach.decode import Block
from audiocoach.loudness import fast_size
from audiocoach.units import RATE, Frames, db_to_gain

Fade = tuple[NDArray[np.float32], NDArray[np.float32]]
"""The gains of what goes and of what comes, of shape ``(n, 1)``."""

CROSSFADE: Frames = 3 * RATE
"""A user's sound runs into its own beginning over this, or over a quarter of it if shorter."""

_QUIET = np.float32(db_to_gain(-66.0))
"""Below this peak, the start and the end of a sound are silence."""


_HELD: Frames = 30 * RATE
"""Of a silence that may be the last, or go over."""

_SLACK: Frames = RATE // 20
"""The end of a loop may go earlier by this, to where it runs into its beginning best: 50 ms,
a period of the lowest sound that can be heard."""
_ALIKE = 0.3
"""Where the likeness that is won there is less, it stays as long as it is."""


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
    """``blocks`` without silence at either end; nothing at all if all is silence.

    What is silent for longer than can be held becomes digital silence.
    """
    held: list[Block] = []
    count = longer = 0
    started = False
    for block in blocks:
        peaks = np.maximum(np.abs(block[:, 0]), np.abs(block[:, 1]))
        loud = np.flatnonzero(peaks > _QUIET)
        if len(loud) == 0:
            if started and count < _HELD:
                held.append(block)
                count += len(block)
            else:
                longer += len(block)
            continue
        end = int(loud[-1]) + 1
        yield from held
        for at in range(0, longer if started else 0, _HELD):
            yield np.zeros((min(_HELD, longer - at), 2), dtype=np.float32)
        yield block[0 if started else int(loud[0]) : end]
        started = True
        held, count, longer = [block[end:]], len(block) - end, 0


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
    return _looped(blocks, len(fade[0]), 0, lambda end, head: end * fade[0] + head * fade[1])


def _looped(
    blocks: Iterator[Block], overlap: Frames, slack: Frames, join: Callable[[Block, Block], Block]
) -> Iterator[Block]:
    """``join`` makes the loop's end of the last ``overlap + slack`` frames and of the first."""
    first = gather(blocks, overlap)
    head = first[:overlap]
    held = deque([first[overlap:]])
    count = len(held[0])
    for block in blocks:
        held.append(block)
        count += len(block)
        while count - len(held[0]) >= overlap + slack:
            count -= len(held[0])
            yield held.popleft()
    last = np.concatenate(held)
    end = max(0, len(last) - overlap - slack)
    yield last[:end]
    yield join(last[end:], head)


def crossfaded(blocks: Iterator[Block]) -> Iterator[Block]:
    """Any sound of more than a few frames as a loop."""
    first = gather(blocks, 4 * CROSSFADE)

    def stream() -> Iterator[Block]:
        yield first
        yield from blocks

    return _looped(stream(), min(CROSSFADE, len(first) // 4), _SLACK, _joined)


def _joined(end: Block, head: Block) -> Block:
    """``end`` running into ``head``, with equal power however alike both are.

    For a likeness ``r`` (1: the same, 0: nothing in common) the gains are those of equal
    power over ``sqrt(1 + r sin 2x)``: M. Fink, M. Holters, U. Zölzer, "Signal-Matched
    Power-Complementary Cross-Fading and Dry-Wet Mixing", DAFx-16, 2016.
    """
    overlap = len(head)
    if not overlap:
        return end
    likeness = _likeness(end, head)
    at = len(end) - overlap
    best = int(np.argmax(likeness))
    if likeness[best] > likeness[at] + _ALIKE:
        at = best
    alike = float(np.clip(likeness[at], 0, 1))
    go, come = (gain.astype(np.float64) for gain in equal_power_fade(overlap))
    power = np.sqrt(1 + 2 * alike * go * come)
    faded = end[at : at + overlap] * (go / power) + head * (come / power)
    return np.concatenate([end[:at], faded.astype(np.float32)])


def _likeness(end: Block, head: Block) -> NDArray[np.float64]:
    """How alike ``head`` and ``end`` are in the middle of the overlap, for each place of it."""
    overlap = len(head)
    places = len(end) - overlap + 1
    go, come = equal_power_fade(overlap)
    weight = (go * come).astype(np.float64)
    size = fast_size(len(end) + overlap)
    shape = np.conj(np.fft.rfft(weight[:, 0], size))
    product, power = np.zeros(places), np.zeros(places)
    for channel in range(end.shape[1]):
        tail = end[:, channel].astype(np.float64)
        part = np.conj(np.fft.rfft(head[:, channel] * weight[:, 0], size))
        product += np.fft.irfft(np.fft.rfft(tail, size) * part, size)[:places]
        power += np.fft.irfft(np.fft.rfft(tail * tail, size) * shape, size)[:places]
    there = float((head.astype(np.float64) ** 2 * weight).sum())
    return np.asarray(product / np.sqrt(np.maximum(power, 0) * there + 1e-20))
