"""Fire: a fireplace that has burnt for a while."""

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

_ROAR: Curve = [(40, -20), (80, -3), (160, 0), (300, -5), (600, -16), (1500, -34), (6000, -58)]
"""The draught in the chimney."""
_FLAMES: Curve = [(120, -26), (300, -5), (520, 0), (850, -4), (1500, -17), (4000, -34), (9000, -48)]
"""Flames that flap."""
_HISS: Curve = [(2500, -32), (4800, -6), (6500, 0), (9000, -2), (13000, -14), (17000, -34)]
"""Sap and steam."""

_FLICKER: Curve = [(0.3, -14), (1.2, -2), (3.0, 0), (6.0, -4), (14.0, -20)]
"""Flames flap some times in a second."""
_MOOD: Curve = [(0.03, -12), (0.1, 0), (0.4, -2), (1.5, -10), (5.0, -26)]
"""How fast wood grows lively and calm again."""

_CRACKLES_PER_S = 14
_BODY_HZ = (420.0, 950.0)
_SNAP_HZ = (4600.0, 8200.0)
_POPS_PER_S = 0.35
_POP_HZ = (210.0, 420.0)
_CRACKLES_DB = -7.0
"""The level of crackles and pops together, against the flames'."""


def _burst(
    rng: np.random.Generator, band: tuple[float, float], decay_s: float, rise_s: float
) -> Wave:
    """Three damped sines within ``band`` Hz: wood that gives way, in ``decay_s`` or so."""
    low, high = band
    decay_s *= 0.5 + rng.random()
    time = np.arange(round((7.0 * decay_s + 5.0 * rise_s) * RATE)) / RATE
    sound = np.zeros(len(time))
    for _ in range(3):
        turn = low * (high / low) ** rng.random() * time + rng.random()
        sound += np.sin(2.0 * np.pi * turn)
    swell = 1.0 - np.exp(-time / rise_s)
    return np.asarray(sound * np.exp(-time / decay_s) * swell * swell)


def _crackles(rng: np.random.Generator, frames: Frames) -> Wave:
    """Crackles that come in flurries, few of them strong, and soft pops between."""
    crackles = np.zeros((frames, 2))
    mood = np.exp(1.1 * restless(rng, frames, _MOOD))
    for at in moments(rng, _CRACKLES_PER_S * frames // RATE, mood):
        strength = 0.1 / (0.25 + rng.random())
        place = 1.4 * rng.random() - 0.7
        body = _burst(rng, _BODY_HZ, 0.007, 0.0014)
        snap = _burst(rng, _SNAP_HZ, 0.004, 0.001)
        add_wrapped(crackles, placed(strength * body, place), int(at))
        add_wrapped(crackles, placed(0.2 * strength * snap, place), int(at))
    for at in moments(rng, round(_POPS_PER_S * frames / RATE), mood):
        pop = (0.15 + 0.2 * rng.random()) * _burst(rng, _POP_HZ, 0.02, 0.003)
        add_wrapped(crackles, placed(pop, 1.0 * rng.random() - 0.5), int(at))
    return crackles


def fire(frames: Frames, seed: int) -> Wave:
    """A loop of shape ``(frames, 2)``: roar, flames and hiss, and crackles over them."""
    rng = generator(seed)
    crackles = _crackles(rng, frames)
    bed = crackles * (db_to_gain(_CRACKLES_DB) / np.sqrt(np.mean(crackles * crackles)))
    for curve, level, flicker in ((_ROAR, -1.0, 0.6), (_FLAMES, 0.0, 1.6), (_HISS, -16.0, 0.8)):
        moved = (
            level + drift(rng, frames, (3, 5, 8, 12)) + flicker * restless(rng, frames, _FLICKER)
        )
        bed += stereo(rng, frames, curve, 0.45) * gain(moved)[:, None]
    return tamed(bed, 7.5)
