"""From floating point to 16 bits, with dither.

Rounding makes an error that follows the sound, and is heard as a rasp where a fade dies
away. Noise of triangular density, two steps wide, makes the error independent of the
sound in its mean and its power (S. P. Lipshitz, R. A. Wannamaker, J. Vanderkooy,
"Quantization and Dither: A Theoretical Survey", JAES 40/5, 1992, section 5).
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from audiocoach.units import Frames

_PERIODS = (65_521, 65_537)
"""Frames: primes, so that the sum of two stored noises comes again after 27 hours only."""


def to_16_bits(sound: NDArray[np.float32], scale: float, start: Frames) -> NDArray[np.int16]:
    """``sound``, shape ``(n, 2)``, times ``scale``, as whole numbers of 16 bits.

    ``scale`` is 32767 for full scale at +/- 1.0; ``start`` is the frame with which ``sound``
    begins. The noise at a frame depends on that frame alone, so that the same sound gives
    the same numbers, however it is cut into blocks.
    """
    scaled = sound * np.float32(scale)
    for noise in _noises():
        _add_cycled(scaled, noise, start)
    np.rint(scaled, out=scaled)
    np.clip(scaled, -32768, 32767, out=scaled)
    return scaled.astype("<i2")


@lru_cache(maxsize=1)
def _noises() -> tuple[NDArray[np.float32], ...]:
    """Even noises of half a step to either side, of the two periods; shape ``(period, 2)``."""
    rng = np.random.Generator(np.random.PCG64(1))
    return tuple(rng.random((period, 2), np.float32) - np.float32(0.5) for period in _PERIODS)


def _add_cycled(out: NDArray[np.float32], noise: NDArray[np.float32], start: Frames) -> None:
    """Add the frames of an endless repetition of ``noise`` from ``start`` on."""
    done, at = 0, start % len(noise)
    while done < len(out):
        count = min(len(out) - done, len(noise) - at)
        out[done : done + count] += noise[at : at + count]
        done, at = done + count, 0
