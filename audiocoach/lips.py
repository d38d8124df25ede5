"""Lips: the clicks that a mouth makes, made as soft as the consonants around them.

A neural voice has learnt to smack its lips too. Where such an edge stands alone
(``edges.py``), what is sharp about it is lowered until it stands out no further than the
burst of a *p* may. Nothing is taken away: a consonant that is alone like that stays one.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from audiocoach.edges import CELL, CONTEXT, bends, over
from audiocoach.units import Db, Frames, db_to_gain

_SECOND: Db = 2.0
_FOURTH: Db = 6.0
"""Over all neighbours; ``measure`` calls it a click 7 dB from there."""
_PASSES = 4
_REACH: Frames = 2 * CELL
"""To either side of an edge's cell, over which it is lowered: 1.4 ms."""
_SMOOTH: Frames = 41
"""What passes a window of 0.9 ms, under about 2 kHz, is no part of the edge."""


def softened(voice: NDArray[np.float32]) -> NDArray[np.float32]:
    """A voice, one channel of shape ``(n,)``, without edges that stand alone."""
    window = np.hanning(_SMOOTH + 2)[1:-1].astype(np.float32)
    window /= window.sum()
    for _ in range(_PASSES):
        found = _alone(voice)
        if not found:
            break
        voice = voice.copy()
        for cell, level in found:
            _lower(voice, cell, level, window)
    return voice


def _alone(voice: NDArray[np.float32]) -> list[tuple[int, Db]]:
    """The cells with an edge that stands alone, and by how much it stands out too far."""
    around = CONTEXT * CELL
    second, fourth = (
        bends(np.pad(voice, (around + order, around + CELL))[:, None], order) for order in (2, 4)
    )
    excess = np.minimum(over(second) - _SECOND, over(fourth) - _FOURTH)[:, 0]
    return [(int(cell), float(excess[cell])) for cell in np.flatnonzero(excess > 0)]


def _lower(voice: NDArray[np.float32], cell: int, level: Db, window: NDArray[np.float32]) -> None:
    """Lower what is sharp around a cell by ``level``, in place."""
    start, end = max(0, cell * CELL - _REACH), min(len(voice), (cell + 1) * CELL + _REACH)
    first, last = max(0, start - _SMOOTH), min(len(voice), end + _SMOOTH)
    smooth = np.convolve(voice[first:last], window, mode="same")[start - first :][: end - start]
    shape = np.minimum(1, 2 * np.hanning(end - start + 2)[1:-1]).astype(np.float32)
    voice[start:end] -= (voice[start:end] - smooth) * shape * np.float32(1 - db_to_gain(-level))
