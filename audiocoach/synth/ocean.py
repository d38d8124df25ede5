"""Ocean: slow swells on a beach, from some way off."""

from __future__ import annotations

import numpy as np

from audiocoach.synth.circular import Curve, Wave, drift, gain, generator, mid_side, noise, turns
from audiocoach.units import Frames

_ROAR: Curve = [(40, -30), (80, -7), (160, 0), (320, -2), (640, -9), (1250, -20), (5000, -50)]
"""The far sea: it hardly moves."""
_WASH: Curve = [(100, -24), (250, -4), (500, 0), (900, -3), (1800, -13), (5000, -24), (12000, -46)]
"""The body of a wave."""
_HISS: Curve = [(900, -40), (2500, -14), (4500, -2), (6500, 0), (10000, -5), (16000, -22)]
"""Foam, over the frequencies of speech."""

_NEAR, _FAR = 9, 14
"""Waves in the loop: of the near train one in 9.3 s, of the far train one in 6 s."""
_RISE = 0.36
"""The part of its time for which a wave rises."""


def _train(rng: np.random.Generator, frames: Frames, waves: int) -> Wave:
    """How far a train of ``waves`` has come, in waves; no two of them equally long."""
    angle = turns(frames, waves)
    for cycles in (1, 2, 3, 5):
        angle += 0.55 * np.cos(turns(frames, cycles) + 2.0 * np.pi * rng.random())
    return angle / (2.0 * np.pi)


def _height(train: Wave, late: Wave) -> Wave:
    """0 in the trough to 1 at the crest, rising faster than it falls; ``late`` in waves."""
    phase = (train - late) % 1.0
    bent = np.where(phase < _RISE, phase / (2 * _RISE), 0.5 + (phase - _RISE) / (2 * (1 - _RISE)))
    return np.asarray(0.5 - 0.5 * np.cos(2.0 * np.pi * bent))


def ocean(frames: Frames, seed: int) -> Wave:
    """A loop of shape ``(frames, 2)``.

    Four noises with levels that follow the waves, so that none ever goes silent: the roar
    of the far sea, the wash of far and near waves, and foam, which comes late and stays.
    A wave reaches one ear a moment before the other.
    """
    rng = generator(seed)
    near, far = _train(rng, frames, _NEAR), _train(rng, frames, _FAR)
    strength = 1.0 + 0.25 * drift(rng, frames, (2, 3, 5))
    pan = 0.03 * drift(rng, frames, (1, 4))
    bed = np.zeros((frames, 2))
    for curve, width, level, depth, late, train in (
        (_ROAR, 0.32, -2.5, 2.0, 0.0, far),
        (_WASH, 0.46, -4.5, 8.5, 0.0, near),
        (_WASH, 0.46, -8.0, 4.0, 0.1, far),
        (_HISS, 0.42, -16.0, 11.0, 0.07, near),
    ):
        layer = mid_side(noise(rng, frames, curve), noise(rng, frames, curve), width)
        for ear, side in enumerate((pan, -pan)):
            levels = level + depth * (strength * _height(train, late + side) - 0.5)
            bed[:, ear] += layer[:, ear] * gain(levels)
    return bed
