"""Rain: gentle and steady, with soft single drops."""

from __future__ import annotations

import numpy as np

from audiocoach.synth.circular import (
    Curve,
    Wave,
    add_wrapped,
    drift,
    gain,
    generator,
    mid_side,
    noise,
)
from audiocoach.units import RATE, Frames, db_to_gain

_FAR: Curve = [
    (60, -30),
    (150, -10),
    (400, 0),
    (800, -2),
    (1500, -11),
    (2500, -18),
    (4000, -23),
    (12000, -42),
]
"""Rain on everything around: many drops that are none alone."""
_NEAR: Curve = [(800, -40), (2500, -12), (5000, 0), (8000, -2), (12000, -10), (17000, -30)]
"""The fine hiss of drops close by."""

_DROPS_PER_S = 90
_DROP_HZ = (450.0, 3200.0)
_DROP_RISE_S = 0.0012
_DROP_DB = -8.0
"""The level of all drops together, against the far rain's."""


def _drop(rng: np.random.Generator) -> Wave:
    """One soft drop: a damped sine of a few periods, sometimes of more, its pitch rising a little.

    A bubble under a drop rings like that.
    """
    low, high = _DROP_HZ
    hertz = low * (high / low) ** rng.random()
    decay_s = (2.0 + 9.0 * rng.random() ** 3) / hertz
    length_s = 6.5 * decay_s + 6.5 * _DROP_RISE_S
    time = np.arange(round(length_s * RATE)) / RATE
    angle = hertz * (time + 0.15 * time * time / length_s) + rng.random()
    swell = 1.0 - np.exp(-time / _DROP_RISE_S)
    return np.asarray(np.sin(2.0 * np.pi * angle) * np.exp(-time / decay_s) * swell * swell)


def _drops(rng: np.random.Generator, frames: Frames) -> Wave:
    """Drops all over the loop, most of them faint, each at its place between the ears; RMS 1."""
    left, right = np.zeros(frames), np.zeros(frames)
    for _ in range(_DROPS_PER_S * frames // RATE):
        drop = _drop(rng) * (0.06 + 0.94 * rng.random() ** 5)
        at = int(rng.random() * frames)
        place = np.pi * (0.25 + 0.21 * (2.0 * rng.random() - 1.0))
        add_wrapped(left, drop * np.cos(place), at)
        add_wrapped(right, drop * np.sin(place), at)
    drops = np.stack([left, right], axis=1)
    return np.asarray(drops / np.sqrt(np.mean(drops * drops)))


def rain(frames: Frames, seed: int) -> Wave:
    """A loop of shape ``(frames, 2)``: two noises that hardly move, and drops over them."""
    rng = generator(seed)
    bed = _drops(rng, frames) * db_to_gain(_DROP_DB)
    for curve, width, level in ((_FAR, 0.45, 0.0), (_NEAR, 0.42, -13.0)):
        layer = mid_side(noise(rng, frames, curve), noise(rng, frames, curve), width)
        bed += layer * gain(level + 0.8 * drift(rng, frames, (3, 4, 7, 11)))[:, None]
    return bed
