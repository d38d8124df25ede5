"""Which frames of an MP3 are encoded in one go, so that they can be encoded again alone.

A *stretch* is encoded by itself: some frames of what comes before it are encoded too and thrown
away, after which the encoder is where it would be had it begun at the start. Where nothing is
heard but a loop at one level, frames are those of the loop, wherever in the timeline they are.
Where stretches begin depends on what is near alone: what changes elsewhere moves none of them.

Pure: spans of activity come in, frames go out.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from audiocoach.units import RATE, Frames

FRAME: Frames = 1152
"""Samples of each channel in an MP3 frame (MPEG-1, Layer III)."""
PERIOD = 49
"""Frames after which the pattern of padding comes again, at 44.1 kHz and any bit rate: a frame
lasts ``144000 k / 44100`` bytes, ``160 k / 49``."""
WARM_UP = 32
"""Frames before a stretch that are encoded and thrown away. After so many, 996 of 1000 frames
are bit for bit those of an encoder that began at the start; the others differ as little as two
encoders do."""
LOOP_STRETCH = 5 * PERIOD
"""Frames of a loop that are encoded in one go, 6.4 s; every built-in loop is a multiple of it."""

_BEFORE, _AFTER = 4, 8
"""Frames around an activity that are not of the loop alone: an encoder's windows reach so far."""
_NEAR = WARM_UP + 8
"""A gap that is shorter is cheaper to encode than to begin again after it."""
_GRID = 10 * PERIOD
_SHORTEST = 5 * PERIOD
"""What lasts long is cut where the timeline passes a multiple of 12.8 s, but no less than 6.4 s
from an end."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """Frames ``first`` up to ``last``, of the timeline or of the loop."""

    first: int
    last: int
    of_loop: bool = False

    @property
    def start(self) -> Frames:
        """The sample with which the encoder begins; before the loop's beginning it is negative."""
        first = self.first - WARM_UP
        return FRAME * (first if self.of_loop else max(0, first))

    @property
    def blank(self) -> int:
        """Frames of silence before that, which bring the padding to where it must be."""
        return self.start // FRAME % PERIOD

    @property
    def skipped(self) -> int:
        """Frames that are thrown away."""
        return self.blank + self.first - self.start // FRAME


@dataclass(frozen=True, slots=True)
class Piece:
    """Frames ``first`` up to ``last`` of the file, as they stand in a stretch."""

    first: int
    last: int
    stretch: Stretch
    offset: int = 0
    """How many frames of the stretch come before."""


def frames_for(samples: Frames) -> int:
    """How many frames LAME makes of so many samples (``lame_encode_flush`` of LAME 3.100)."""
    padding = FRAME - (samples + FRAME // 2) % FRAME
    if padding < FRAME // 2:
        padding += FRAME
    return (samples + FRAME // 2 + padding) // FRAME


def size(bitrate: int, frames: int) -> int:
    """Bytes of the first ``frames`` frames of a stream (``encoder.c`` of LAME 3.100).

    The first frame has no padding; a frame has one byte of it where the fraction that was left
    over comes to a byte.
    """
    whole, part = divmod(144_000 * bitrate, RATE)
    return frames * whole + (max(0, frames - 1) * part + RATE - 1) // RATE


def edges(bitrate: int, first: int, last: int) -> NDArray[np.int64]:
    """``size`` of every number of frames from ``first`` to ``last``, both included."""
    whole, part = divmod(144_000 * bitrate, RATE)
    frames = np.arange(first, last + 1)
    return np.asarray(frames * whole + (np.maximum(0, frames - 1) * part + RATE - 1) // RATE)


def cut(spans: Iterable[tuple[Frames, Frames]], total: int, loop: int | None) -> Iterator[Piece]:
    """All ``total`` frames of a file, in order.

    ``spans`` are the samples at which more is heard than a bed at one level. ``loop`` is the
    length of the one bed in frames, where it is a loop of whole ``LOOP_STRETCH``; else ``None``.
    """
    if loop is None:
        yield from _active(0, total)
        return
    done = 0
    for first, last in _runs(spans, total):
        yield from _looped(done, first, loop)
        yield from _active(first, last)
        done = last
    yield from _looped(done, total, loop)


def _runs(spans: Iterable[tuple[Frames, Frames]], total: int) -> Iterator[tuple[int, int]]:
    """The spans in frames, those that are near each other as one; they may overlap."""
    first = last = 0
    for start, end in sorted(spans):
        begins = max(0, start // FRAME - _BEFORE)
        ends = min(total, -(-end // FRAME) + _AFTER)
        if begins - last < _NEAR:
            last = max(last, ends)
            continue
        if last > first:
            yield first, last
        first, last = begins, ends
    if total - last < _NEAR:
        last = total
    if last > first:
        yield first, last


def _active(first: int, last: int) -> Iterator[Piece]:
    begin = first
    for at in range(-(-(first + _SHORTEST) // _GRID) * _GRID, last - _SHORTEST + 1, _GRID):
        yield Piece(begin, at, Stretch(begin, at))
        begin = at
    if last > begin:
        yield Piece(begin, last, Stretch(begin, last))


def _looped(first: int, last: int, loop: int) -> Iterator[Piece]:
    while first < last:
        at = first % loop
        begins = at - at % LOOP_STRETCH
        end = min(last, first + begins + LOOP_STRETCH - at)
        yield Piece(first, end, Stretch(begins, begins + LOOP_STRETCH, of_loop=True), at - begins)
        first = end
