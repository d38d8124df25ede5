"""Ocean: slow swells on a beach, from some way off."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from audiocoach.synth.circular import Curve, Wave, drift, gain, generator, mid_side, noise, turns
from audiocoach.units import Frames

_ROAR: Curve = [(40, -30), (80, -7), (160, 0), (320, -2), (640, -9), (1250, -20), (5000, -50)]
"""The far sea: it hardly moves."""
_WASH: Curve = [(100, -24), (250, -4), (500, 0), (900, -3), (1800, -13), (5000, -24), (12000, -46)]
"""The body of a wave."""
_HISS: Curve = [(900, -40), (2500, -14), (4500, -2), (6500, 0), (10000, -5), (16000, -22)]
"""Foam, over the frequencies of speech."""

_NEAR, _FAR = 13, 21
"""Waves in the loop: of the near train one in 9.8 s, of the far train one in 6.1 s."""
_RISE = (0.26, 0.46)
"""The part of its time for which a wave rises."""
_SIZE = (0.6, 1.15)
"""How high waves are."""


def _come(rng: np.random.Generator, frames: Frames, waves: int) -> Wave:
    """How many of ``waves`` have come, at every ``TICK``; no two of them equally long."""
    angle = turns(frames, waves)
    for cycles in (1, 2, 3, 5, 7):
        angle += 0.5 * np.cos(turns(frames, cycles) + 2.0 * np.pi * rng.random())
    return angle / (2.0 * np.pi)


def _between(rng: np.random.Generator, count: int, ends: tuple[float, float]) -> Wave:
    return np.asarray(ends[0] + (ends[1] - ends[0]) * rng.random(count))


@dataclass(frozen=True, slots=True)
class _Train:
    """Waves one after the other, each with a size and a rise of its own."""

    come: Wave
    """How many have come, at every ``TICK``."""
    rises: Wave
    sizes: Wave

    @classmethod
    def of(cls, rng: np.random.Generator, frames: Frames, waves: int) -> _Train:
        come = _come(rng, frames, waves)
        return cls(come, _between(rng, waves, _RISE), _between(rng, waves, _SIZE))

    def height(self, late: Wave) -> Wave:
        """0 in the trough to about 1 at the crest, mostly rising faster than falling.

        ``late`` is in waves.
        """
        at = self.come - late
        wave = np.floor(at).astype(np.int64) % len(self.sizes)
        phase, rise = at % 1.0, self.rises[wave]
        bent = np.where(phase < rise, phase / rise, 1.0 + (phase - rise) / (1.0 - rise))
        return np.asarray(self.sizes[wave] * (0.5 - 0.5 * np.cos(np.pi * bent)))


def ocean(frames: Frames, seed: int) -> Wave:
    """A loop of shape ``(frames, 2)``.

    Four noises with levels that follow the waves, so that none ever goes silent: the roar
    of the far sea, the wash of far and near waves, and foam, which comes late and stays.
    A wave reaches one ear a moment before the other.
    """
    rng = generator(seed)
    near, far = _Train.of(rng, frames, _NEAR), _Train.of(rng, frames, _FAR)
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
            levels = level + depth * (train.height(late + side) - 0.44)
            bed[:, ear] += layer[:, ear] * gain(levels)
    return bed
