"""Edges: places where the curve of a sound breaks for less than a few milliseconds.

What sounds by itself, a plosive, a drop of rain, the pulses of a voice, comes in company: within
40 ms there is more of its kind, or it goes on. A click stands alone in both of two derivatives
of the curve, the second and the fourth, which leave little of all that has no edge. So each
0.7 ms is held against the highest of its neighbours, not against their mean. (The idea of holding
a residual against its surroundings: P. Esquef et al., "Detection of clicks in audio signals
using warped linear prediction", DSP 2002; that of the second difference: D. Y. Lee et al.,
"Pop-click noise detection using inter-frame correlation", 2012.)

Sound is an array of shape ``(n, channels)``, full scale at +/- 1.0, at ``RATE``.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from audiocoach.units import Frames, db_to_gain

CELL: Frames = 30
"""0.68 ms; a second holds a whole number of them."""
_GAP = 6
"""Cells to either side that belong to a click: an encoder smears it."""
_REACH = 59
"""Cells beyond the gap, to either side, whose highest it is held against: 40 ms."""
CONTEXT = _GAP + _REACH
"""Cells to either side that are looked at."""
_FLOOR = db_to_gain(-80.0)
"""Of the derivatives; what is under it counts as this much."""


def bends(sound: NDArray[np.float32], order: int) -> NDArray[np.float32]:
    """The highest of each cell of a derivative, the last filled up; shape ``(cells, channels)``.

    The derivative begins ``order`` frames after ``sound``.
    """
    curve = np.abs(np.diff(sound, order, axis=0))
    padded = np.pad(curve, ((0, -len(curve) % CELL), (0, 0)))
    return np.asarray(padded.reshape(-1, CELL, sound.shape[1]).max(axis=1))


def over(cells: NDArray[np.float32]) -> NDArray[np.float32]:
    """Decibels of each cell over the highest of its neighbours, but of ``CONTEXT`` at the ends."""
    views = _running_max(cells, _REACH)
    count = len(cells) - 2 * CONTEXT
    around = np.maximum(views[:count], views[CONTEXT + _GAP + 1 :][:count])
    own = cells[CONTEXT : CONTEXT + count]
    return np.asarray(20 * np.log10(np.maximum(own, 1e-9) / np.maximum(around, _FLOOR)))


def _running_max(cells: NDArray[np.float32], width: int) -> NDArray[np.float32]:
    """The highest of each ``width`` cells in a row, in a few strides of growing length."""
    done = 1
    while done < width:
        stride = min(done, width - done)
        cells = np.maximum(cells[:-stride], cells[stride:])
        done += stride
    return cells
