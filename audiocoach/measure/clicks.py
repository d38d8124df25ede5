"""Clicks: places where the curve breaks for less than a few milliseconds.

What sounds by itself, a plosive, a drop of rain, the pulses of a voice, comes in company: within
40 ms there is more of its kind, or it goes on. A click stands alone in both of two derivatives
of the curve, the second and the fourth, which leave little of all that has no edge. So each
0.7 ms is held against the highest of its neighbours, not against their mean. (The idea of holding
a residual against its surroundings: P. Esquef et al., "Detection of clicks in audio signals
using warped linear prediction", DSP 2002; that of the second difference: D. Y. Lee et al.,
"Pop-click noise detection using inter-frame correlation", 2012.)
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from audiocoach.units import RATE, Db, Frames, Ms, db_to_gain

_CELL: Frames = 30
"""0.68 ms; a second holds a whole number of them."""
_GAP = 6
"""Cells to either side that belong to a click: an encoder smears it."""
_REACH = 59
"""Cells beyond the gap, to either side, whose highest it is held against: 40 ms."""
_CONTEXT = _GAP + _REACH
_FLOOR = db_to_gain(-80.0)
"""Of the derivatives; what is under it counts as this much."""
_SECOND: Db = 9.0
_FOURTH: Db = 13.0
"""Over all neighbours, from which it is a click. In 40 minutes of speech by two engines over beds,
most of it coded as MP3, the highest of the fourth was 10.6 dB."""
_APART: Ms = 100
"""Clicks closer than this are one."""


@dataclass(frozen=True, slots=True)
class Click:
    """A click, and how far it stands out from what is around."""

    at_ms: Ms
    over: Db


class ClickMeter:
    """Takes blocks of ``stream.BLOCK`` frames, the last may be shorter."""

    def __init__(self) -> None:
        self._past = np.zeros((4, 2), np.float32)
        self._second = np.zeros((2 * _CONTEXT, 2), np.float32)
        self._fourth = np.zeros((2 * _CONTEXT, 2), np.float32)
        self._cell = -2 * _CONTEXT
        """The cell of the sound with which both begin."""
        self._clicks: list[Click] = []

    def push(self, block: NDArray[np.float32]) -> None:
        """Take the next frames, shape ``(n, 2)``."""
        sound = np.concatenate([self._past, block])
        self._past = sound[-4:]
        self._look(_cells(np.diff(sound[2:], 2, axis=0)), _cells(np.diff(sound, 4, axis=0)))

    def clicks(self) -> tuple[Click, ...]:
        """All clicks, once all of the sound was pushed."""
        rest = np.zeros((_CONTEXT, 2), np.float32)
        self._look(rest, rest)
        return tuple(self._clicks)

    def _look(self, second: NDArray[np.float32], fourth: NDArray[np.float32]) -> None:
        self._second = np.concatenate([self._second, second])
        self._fourth = np.concatenate([self._fourth, fourth])
        over = np.minimum(_over(self._second) - _SECOND, _over(self._fourth) - _FOURTH)
        for at in np.flatnonzero(over.max(axis=1, initial=-1.0) >= 0):
            self._add((self._cell + _CONTEXT + int(at)) * _CELL, float(over[at].max()) + _FOURTH)
        done = len(self._second) - 2 * _CONTEXT
        self._second, self._fourth = self._second[done:], self._fourth[done:]
        self._cell += done

    def _add(self, frame: Frames, over: Db) -> None:
        click = Click(max(0, frame) * 1000 // RATE, round(over, 1))
        last = self._clicks[-1] if self._clicks else None
        if last is None or click.at_ms - last.at_ms >= _APART:
            self._clicks.append(click)
        elif click.over > last.over:
            self._clicks[-1] = click


def _cells(bends: NDArray[np.float32]) -> NDArray[np.float32]:
    """The highest of each cell, the last filled up; shape ``(cells, 2)``."""
    padded = np.pad(np.abs(bends), ((0, -len(bends) % _CELL), (0, 0)))
    return np.asarray(padded.reshape(-1, _CELL, 2).max(axis=1))


def _over(cells: NDArray[np.float32]) -> NDArray[np.float32]:
    """Decibels of each cell over the highest of its neighbours; without the ends."""
    views = _running_max(cells, _REACH)
    count = len(cells) - 2 * _CONTEXT
    around = np.maximum(views[:count], views[_CONTEXT + _GAP + 1 :][:count])
    own = cells[_CONTEXT : _CONTEXT + count]
    return np.asarray(20 * np.log10(np.maximum(own, 1e-9) / np.maximum(around, _FLOOR)))


def _running_max(cells: NDArray[np.float32], width: int) -> NDArray[np.float32]:
    """The highest of each ``width`` cells in a row, in a few strides of growing length."""
    done = 1
    while done < width:
        stride = min(done, width - done)
        cells = np.maximum(cells[:-stride], cells[stride:])
        done += stride
    return cells
