"""Drone: a warm open chord that beats slowly."""

from __future__ import annotations

import numpy as np

from audiocoach.synth.circular import Curve, Wave, generator, mid_side, noise
from audiocoach.units import RATE, Frames, db_to_gain

_ROOT_HZ = 110.0
"""A2. The bell and the bowl are tuned to it."""

_PARTIALS: tuple[tuple[float, float], ...] = (
    (0.5, -12.0),
    (1.0, -2.0),
    (1.5, -5.0),
    (2.0, 0.0),
    (3.0, -3.0),
    (4.0, -2.0),
    (4.5, -13.0),
    (5.0, -7.0),
    (6.0, -6.0),
    (8.0, -12.0),
    (9.0, -20.0),
    (10.0, -19.0),
    (12.0, -21.0),
)
"""``(ratio to the root, dB)``: root, fifth, octaves, a soft third and ninth; all just."""

_SPREAD_CENTS = 0.9
"""Each partial is a cloud of sines this far about its pitch (standard deviation): that far
apart, they beat in several seconds."""
_CORE = 2.4
"""The steady sine in the middle of a cloud, against the cloud's RMS: how little it beats."""
_AIR: Curve = [(100, -40), (300, -6), (600, 0), (1200, -6), (4000, -22), (12000, -50)]
_AIR_DB = -30.0


def _voices(rng: np.random.Generator, frames: Frames, core: float) -> Wave:
    """One channel of the chord: every line falls on a whole number of periods in the loop."""
    spectrum = np.zeros(frames // 2 + 1, dtype=np.complex128)
    bin_hz = RATE / frames
    for ratio, level in _PARTIALS:
        centre = round(ratio * _ROOT_HZ / bin_hz)
        spread_hz = max(0.12, centre * bin_hz * (2.0 ** (_SPREAD_CENTS / 1200.0) - 1.0))
        reach = max(2, round(3.0 * spread_hz / bin_hz))
        offsets = np.arange(-reach, reach + 1)
        weights = np.exp(-0.5 * (offsets * bin_hz / spread_hz) ** 2)
        weights[reach] = 0.0
        weights /= np.sqrt(np.sum(weights**2))
        weights[reach] = core
        phases = 2.0 * np.pi * rng.random(len(offsets))
        lines = weights * (np.cos(phases) + 1j * np.sin(phases))
        spectrum[centre + offsets] += lines * db_to_gain(level)
    chord = np.fft.irfft(spectrum, frames)
    return np.asarray(chord / np.sqrt(np.mean(chord * chord)))


def drone(frames: Frames, seed: int) -> Wave:
    """A loop of shape ``(frames, 2)``: the chord, and a breath of air about it."""
    rng = generator(seed)
    chord = mid_side(_voices(rng, frames, _CORE), _voices(rng, frames, 0.0), 0.42)
    air = mid_side(noise(rng, frames, _AIR), noise(rng, frames, _AIR), 0.48)
    return np.asarray(chord + air * db_to_gain(_AIR_DB))
