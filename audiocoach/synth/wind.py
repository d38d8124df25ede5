"""Wind: gusts that come and go in the crowns of trees."""

from __future__ import annotations

import numpy as np

from audiocoach.synth.circular import Curve, Wave, gain, generator, noise, placed, restless, stereo
from audiocoach.units import Frames

_AIR: Curve = [(50, -24), (110, -5), (220, 0), (450, -3), (900, -13), (2000, -28), (8000, -52)]
"""The wind itself, all around."""
_BOUGHS: Curve = [(150, -26), (350, -5), (600, 0), (950, -4), (1700, -16), (4000, -30), (9000, -46)]
"""Twigs and branches in it."""
_LEAVES: Curve = [(1500, -34), (3200, -14), (4800, -3), (6500, 0), (9000, -4), (14000, -18)]
"""The rustle, over the frequencies of speech."""

_GUSTS: Curve = [(0.012, -14), (0.03, -2), (0.07, 0), (0.15, -5), (0.4, -20)]
"""Gusts take some 6 to 30 seconds."""
_EDDIES: Curve = [(0.2, -16), (0.6, 0), (1.5, -3), (4.0, -14), (9.0, -24)]
"""What is restless within a gust, in each tree for itself."""
_TREES: tuple[tuple[float, float], ...] = ((-0.9, -0.8), (-0.2, 0.0), (0.45, 0.5), (0.95, 1.1))
"""The place of each, and by how many seconds a gust reaches it later."""


def _soft(level: Wave, reach: float) -> Wave:
    """``level`` bent to stay within ``reach`` of 0: no gust is a storm, no lull is silence."""
    return np.asarray(reach * np.tanh(level / reach))


def wind(frames: Frames, seed: int) -> Wave:
    """A loop of shape ``(frames, 2)``.

    The air moves a little with the gusts, the four trees more, and their leaves most: a
    gust is brighter than a lull. It passes from the left to the right.
    """
    rng = generator(seed)
    gusts = restless(rng, frames, _GUSTS)
    bed = stereo(rng, frames, _AIR, 0.45) * gain(-1.5 + _soft(2.8 * gusts, 4.0))[:, None]
    for place, late_s in _TREES:
        here = np.roll(gusts, round(late_s * 100)) + 0.4 * restless(rng, frames, _GUSTS)
        eddies = restless(rng, frames, _EDDIES)
        boughs = -6.5 + _soft(4.4 * here + 0.9 * eddies, 6.0)
        leaves = -22.0 + _soft(5.0 * here + 1.2 * eddies, 7.0)
        bed += placed(noise(rng, frames, _BOUGHS) * gain(boughs), place)
        bed += placed(noise(rng, frames, _LEAVES) * gain(leaves), place)
    return bed
