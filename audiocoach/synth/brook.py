"""Brook: water over stones, close by."""

from __future__ import annotations

import numpy as np

from audiocoach.synth.circular import (
    Curve,
    Wave,
    add_wrapped,
    drift,
    gain,
    generator,
    moments,
    placed,
    restless,
    stereo,
    tamed,
)
from audiocoach.units import RATE, Frames, db_to_gain

_FLOW: Curve = [(80, -30), (200, -9), (400, 0), (700, -1), (1200, -10), (2500, -22), (8000, -42)]
"""The water that runs past: many bubbles that are none alone."""
_SPRAY: Curve = [(1500, -40), (4500, -6), (6500, 0), (9000, -3), (14000, -20)]
"""Fine drops, over the frequencies of speech."""

_SPOTS: tuple[tuple[float, float, float, int], ...] = (
    (4.0, 7.5, -0.7, 13),
    (3.0, 6.0, 0.5, 17),
    (3.6, 8.0, 0.05, 12),
    (2.2, 4.6, -0.25, 15),
    (1.6, 3.2, 0.85, 9),
    (0.5, 0.65, -0.9, 12),
)
"""Where water falls: the smallest and the largest bubble (radius in mm), the place, and how
many there are in a second."""

_BABBLE: Curve = [(0.08, -18), (0.3, -3), (1.0, 0), (3.0, -3), (8.0, -18)]
"""How fast a spot grows lively and calm again."""
_RISE_S = 0.0015
_BUBBLES_DB = 0.0
"""The level of all bubbles together, against the flow's."""


def _bubble(rng: np.random.Generator, smallest_mm: float, largest_mm: float) -> Wave:
    """One bubble: it rings at 3 m/s over its radius and dies away the faster the smaller it is.

    Pitch (Minnaert 1933), damping, and the rise of the pitch
    while it comes up: K. van den Doel, "Physically based models for liquid sounds" (ACM
    TAP 2/4, 2005), section 3.
    """
    radius = smallest_mm * (largest_mm / smallest_mm) ** rng.random() / 1000.0
    damping = 0.13 / radius + 0.0072 * radius**-1.5
    rising = 0.1 * damping * rng.random() ** 3
    time = np.arange(round(7.0 / damping * RATE)) / RATE
    turn = 3.0 / radius * time * (1.0 + 0.5 * rising * time) + rng.random()
    swell = 1.0 - np.exp(-time / _RISE_S)
    strength = (1000.0 * radius / 4.0) ** 0.7 * (0.15 + 0.85 * rng.random() ** 2)
    return np.asarray(
        np.sin(2.0 * np.pi * turn) * np.exp(-damping * time) * swell * swell * strength
    )


def brook(frames: Frames, seed: int) -> Wave:
    """A loop of shape ``(frames, 2)``: bubbles at six spots, over the murmur of the whole."""
    rng = generator(seed)
    bubbles = np.zeros((frames, 2))
    for smallest, largest, place, per_s in _SPOTS:
        lively = np.exp(1.0 * restless(rng, frames, _BABBLE))
        for at in moments(rng, per_s * frames // RATE, lively):
            near = place + 0.2 * (2.0 * rng.random() - 1.0)
            add_wrapped(bubbles, placed(_bubble(rng, smallest, largest), near), int(at))
    bed = bubbles * (db_to_gain(_BUBBLES_DB) / np.sqrt(np.mean(bubbles * bubbles)))
    for curve, level in ((_FLOW, -3.5), (_SPRAY, -18.0)):
        moved = level + 0.7 * drift(rng, frames, (3, 5, 8, 13))
        bed += stereo(rng, frames, curve, 0.45) * gain(moved)[:, None]
    return tamed(bed, 7.5)
