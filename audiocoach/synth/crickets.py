"""Crickets: a mild night, with crickets in the grass around."""

from __future__ import annotations

import numpy as np

from audiocoach.synth.circular import (
    Curve,
    Wave,
    add_wrapped,
    drift,
    gain,
    generator,
    placed,
    restless,
    stereo,
)
from audiocoach.synth.tones import reverberated
from audiocoach.units import RATE, Frames, db_to_gain

_NIGHT: Curve = [(60, -26), (140, -8), (300, 0), (600, -1), (900, -8), (1600, -22), (6000, -46)]
"""Air, and the far side of the valley."""
_GRASS: Curve = [(2500, -36), (5000, -8), (7000, 0), (9500, -5), (14000, -22)]

_HERTZ = (4550.0, 5350.0)
"""Field crickets sing at 4 to 5 kHz; these a little higher, to leave speech alone."""
_NEAR, _FAR = 3, 12
_CHIRPS_PER_S = (1.7, 2.6)
_PULSE_S = 0.017
_PULSES_PER_S = 34.0
_JITTER = 0.05
"""A cricket keeps its time within this part of it."""
_BOUTS: Curve = [(0.01, -10), (0.03, 0), (0.08, -2), (0.3, -20)]
"""How often one falls silent and begins again."""
_CRICKETS_DB = -9.0
"""Their level together, against the night's."""
_OPEN: Curve = [(500, -20), (2500, -3), (4500, 0), (6000, -2), (12000, -20)]
"""What answers from grass and trees."""


def _chirp(hertz: float, pulses: int, push: float) -> Wave:
    """``pulses`` strokes of the wings, each louder than the one before and a little falling."""
    length = round(_PULSE_S * RATE)
    time = np.arange(length) / RATE
    part = np.arange(length) / length
    swell = np.sin(np.pi * part**0.8) ** 2
    turn = hertz * time * (1.0 + 0.012 - 0.012 * part)
    stroke = np.sin(2.0 * np.pi * turn) * swell
    chirp = np.zeros(round((pulses - 1) / _PULSES_PER_S * RATE) + length)
    for pulse in range(pulses):
        at = round(pulse / _PULSES_PER_S * RATE)
        chirp[at : at + length] += stroke * (1.0 - 0.5 * (1.0 - pulse / pulses) * push)
    return chirp


def _song(rng: np.random.Generator, frames: Frames, bed: Wave, level: float, place: float) -> None:
    """Add one cricket, which chirps in bouts all over the loop."""
    low, high = _HERTZ
    hertz = low * (high / low) ** rng.random()
    slow, fast = _CHIRPS_PER_S
    gap_s = 1.0 / (slow + (fast - slow) * rng.random())
    pulses = 3 if rng.random() < 0.6 else 4
    bouts = restless(rng, frames, _BOUTS)
    breath = restless(rng, frames, [(0.05, 0), (0.2, -6), (1.0, -30)])
    at = rng.random() * gap_s
    while at < frames / RATE - 0.6 * gap_s:
        tick = int(at * 100) % len(bouts)
        strength = level * min(1.0, max(0.0, 1.2 + 1.3 * bouts[tick]))
        chirp = _chirp(hertz * (1.0 + 0.003 * (rng.random() - 0.5)), pulses, rng.random())
        if strength > 0.05 * level:
            add_wrapped(bed, placed(strength * chirp, place), int(at * RATE))
        wait = 1.0 + 0.06 * breath[tick] + 2.0 * _JITTER * (rng.random() - 0.5)
        at += gap_s * wait


def crickets(frames: Frames, seed: int) -> Wave:
    """A loop of shape ``(frames, 2)``: near crickets and far ones, each with its own time."""
    rng = generator(seed)
    near, far = np.zeros((frames, 2)), np.zeros((frames, 2))
    for count in range(_NEAR):
        _song(rng, frames, near, 0.55 + 0.45 * rng.random(), 2.0 * count / (_NEAR - 1) - 1.0)
    for _ in range(_FAR):
        _song(rng, frames, far, 0.08 + 0.12 * rng.random(), 2.0 * rng.random() - 1.0)
    choir = reverberated(rng, near, decay_s=0.4, curve=_OPEN, wet=0.35)
    choir += reverberated(rng, far, decay_s=1.1, curve=_OPEN, wet=1.2)
    bed = choir * (db_to_gain(_CRICKETS_DB) / np.sqrt(np.mean(choir * choir)))
    for curve, level in ((_NIGHT, 0.0), (_GRASS, -25.0)):
        moved = level + 1.2 * drift(rng, frames, (2, 3, 5, 9))
        bed += stereo(rng, frames, curve, 0.45) * gain(moved)[:, None]
    return np.asarray(bed)
