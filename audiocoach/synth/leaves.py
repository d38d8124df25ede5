"""Leaves: rain on broad leaves, and what drips from them."""

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

_WOOD: Curve = [(70, -30), (180, -9), (400, 0), (750, -2), (1400, -13), (4000, -28), (12000, -44)]
"""The rain in the wood around."""
_CANOPY: Curve = [(1500, -40), (4500, -8), (6500, 0), (9000, -2), (13000, -14), (17000, -32)]
"""The hush of a thousand leaves overhead."""

_SHOWER: Curve = [(0.04, -14), (0.12, 0), (0.4, -3), (1.5, -16)]
"""How fast the patter grows and falls off."""

_PATTER_PER_S = 70
_PATTER_HZ = (380.0, 900.0)
"""A leaf that is hit bends and thuds."""
_TICK_HZ = (4600.0, 7800.0)
"""Its skin answers with a tick."""
_DRIPS_PER_S = 1.1
_DRIP_HZ = (260.0, 430.0)
_PATTER_DB = -1.5
"""The level of patter and drips, against the wood's."""


def _tap(
    rng: np.random.Generator, band: tuple[float, float], periods: float, rise_s: float
) -> Wave:
    """A damped sine within ``band`` Hz that dies away in about ``periods``, softly begun."""
    low, high = band
    hertz = low * (high / low) ** rng.random()
    decay_s = periods * (0.6 + 0.8 * rng.random()) / hertz
    time = np.arange(round((7.0 * decay_s + 5.0 * rise_s) * RATE)) / RATE
    swell = 1.0 - np.exp(-time / rise_s)
    turn = hertz * time + rng.random()
    return np.asarray(np.sin(2.0 * np.pi * turn) * np.exp(-time / decay_s) * swell * swell)


def _patter(rng: np.random.Generator, frames: Frames) -> Wave:
    """Drops on leaves, most of them faint, and now and then a heavy one from a leaf above."""
    patter = np.zeros((frames, 2))
    shower = np.exp(0.45 * restless(rng, frames, _SHOWER))
    for at in moments(rng, _PATTER_PER_S * frames // RATE, shower):
        strength = 0.12 + 0.5 * rng.random() ** 2.5
        place = 2.0 * rng.random() - 1.0
        add_wrapped(patter, placed(strength * _tap(rng, _PATTER_HZ, 2.6, 0.0012), place), int(at))
        tick = 0.22 * strength * _tap(rng, _TICK_HZ, 7.0, 0.0004)
        add_wrapped(patter, placed(tick, place), int(at))
    for at in moments(rng, round(_DRIPS_PER_S * frames / RATE), np.ones(len(shower))):
        drip = (0.2 + 0.3 * rng.random()) * _tap(rng, _DRIP_HZ, 4.0, 0.002)
        add_wrapped(patter, placed(drip, 1.6 * rng.random() - 0.8), int(at))
    return patter


def leaves(frames: Frames, seed: int) -> Wave:
    """A loop of shape ``(frames, 2)``: patter on leaves over two noises that hardly move."""
    rng = generator(seed)
    patter = _patter(rng, frames)
    bed = patter * (db_to_gain(_PATTER_DB) / np.sqrt(np.mean(patter * patter)))
    for curve, level in ((_WOOD, 0.0), (_CANOPY, -12.0)):
        moved = level + 1.0 * drift(rng, frames, (3, 4, 7, 11))
        bed += stereo(rng, frames, curve, 0.45) * gain(moved)[:, None]
    return tamed(bed, 7.5)
