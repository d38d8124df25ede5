"""What the beds are made of: noise, movement and drops on a circle.

Everything here is periodic over the length of the loop, so that its end runs on into
its beginning: noise is shaped over the whole loop in the frequency domain, movement
has whole numbers of periods, and what rings past the end goes on at the beginning.

Sound is float64 at ``RATE``: shape ``(n,)`` for one channel, ``(n, 2)`` for left and right.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from audiocoach.units import RATE, Db, Frames

Wave: TypeAlias = NDArray[np.float64]

TICK: Frames = RATE // 100
"""Slow movement is reckoned at every tick of 10 ms; a loop is a whole number of ticks."""

Curve: TypeAlias = Sequence[tuple[float, Db]]
"""A frequency response: ``(Hz, dB)`` points, straight lines between them over log frequency."""


def generator(seed: int) -> np.random.Generator:
    """The source of chance. Only ``random()`` is drawn from it.

    Those are the raw bits of PCG64 scaled, which NumPy promises to keep; the methods
    for other distributions may change between its versions (NEP 19).
    """
    return np.random.Generator(np.random.PCG64(seed))


def response(curve: Curve, hertz: Wave) -> Wave:
    """The amplitude factors of ``curve`` at ``hertz``; the curve's ends go on level; 0 at 0 Hz."""
    at = np.log2(np.maximum(hertz, 1e-3))
    points = [math.log2(hz) for hz, _ in curve]
    factors = np.asarray(10.0 ** (np.interp(at, points, [level for _, level in curve]) / 20.0))
    factors[hertz == 0.0] = 0.0
    return factors


def noise(rng: np.random.Generator, frames: Frames, curve: Curve, rate: int = RATE) -> Wave:
    """Noise of one channel with the spectrum of ``curve`` and an RMS of 1."""
    spectrum = np.fft.rfft(rng.random(frames) - 0.5)
    spectrum *= response(curve, np.arange(len(spectrum), dtype=np.float64) * (rate / frames))
    shaped = np.asarray(np.fft.irfft(spectrum, frames), dtype=np.float64)
    return np.asarray(shaped / np.sqrt(np.mean(shaped * shaped)))


def stereo(rng: np.random.Generator, frames: Frames, curve: Curve, width: float) -> Wave:
    """Noise of two channels, each with the spectrum of ``curve``; see ``mid_side``."""
    return mid_side(noise(rng, frames, curve), noise(rng, frames, curve), width)


def restless(rng: np.random.Generator, frames: Frames, curve: Curve) -> Wave:
    """Movement without a period, at every ``TICK``: noise of RMS 1, as fast as ``curve`` says."""
    return noise(rng, frames // TICK, curve, RATE // TICK)


def turns(frames: Frames, cycles: float = 1.0) -> Wave:
    """The angle in radians of what turns ``cycles`` times in the loop, at every ``TICK``."""
    count = frames // TICK
    return np.arange(count, dtype=np.float64) * (2.0 * np.pi * cycles / count)


def drift(rng: np.random.Generator, frames: Frames, cycles: Sequence[int]) -> Wave:
    """Slow movement without a rhythm the ear finds, at every ``TICK``, within +/- 1.

    The mean of sines with each number of ``cycles`` in the loop.
    """
    total = np.zeros(frames // TICK)
    for count in cycles:
        total += np.cos(turns(frames, count) + 2.0 * np.pi * rng.random())
    return total / len(cycles)


def gain(levels: Wave) -> Wave:
    """Levels in dB at every ``TICK`` of a loop -> amplitude factors for every frame of it."""
    factors = 10.0 ** (levels / 20.0)
    onwards = np.append(factors[1:], factors[0]) - factors
    steps = np.arange(TICK) / TICK
    return np.asarray((factors[:, None] + onwards[:, None] * steps).ravel())


def tamed(sound: Wave, most: Db) -> Wave:
    """A loop of shape ``(n, 2)`` in which no ``TICK`` is louder than the whole by over ``most``.

    The gain sinks some 30 ms before what is too loud and comes back after it.
    """
    power = np.mean(sound.reshape(-1, TICK * 2) ** 2, axis=1)
    over = np.maximum(0.0, 10.0 * np.log10(power / power.mean()) - most)
    wide = np.max([np.roll(over, by) for by in range(-2, 3)], axis=0)
    smooth = np.mean([np.roll(wide, by) for by in range(-1, 2)], axis=0)
    return np.asarray(sound * gain(-smooth)[:, None])


def mid_side(mid: Wave, side: Wave, width: float) -> Wave:
    """Left and right from what they share and what they differ in.

    ``mid`` and ``side`` are independent and equally strong. Folded to mono the sound
    loses ``10 log10(1 + width^2)`` dB: 0.83 dB at 0.46.
    """
    return np.stack([mid + width * side, mid - width * side], axis=1)


def moments(rng: np.random.Generator, count: int, rate: Wave) -> NDArray[np.int64]:
    """``count`` frames of the loop, by chance: more of them where ``rate`` is higher.

    ``rate`` is given at every ``TICK``. They are not in order.
    """
    passed = np.concatenate([[0.0], np.cumsum(rate)])
    drawn = rng.random(count) * passed[-1]
    at = np.interp(drawn, passed, np.arange(len(passed)) * float(TICK))
    return np.asarray(np.minimum(at.astype(np.int64), len(rate) * TICK - 1))


def placed(sound: Wave, place: float) -> Wave:
    """One channel ``(n,)`` -> ``(n, 2)``, equally strong at every ``place`` from -1 to 1.

    Folded to mono, what comes from an end loses 1.6 dB, what comes from the middle nothing.
    """
    angle = np.pi * (0.25 + 0.19 * place)
    return np.asarray(sound[:, None] * np.array([np.cos(angle), np.sin(angle)]))


def add_wrapped(loop: Wave, sound: Wave, at: Frames) -> None:
    """Add ``sound`` to ``loop`` from frame ``at`` on; what passes the end goes on at 0."""
    room = len(loop) - at
    if len(sound) <= room:
        loop[at : at + len(sound)] += sound
    else:
        loop[at:] += sound[:room]
        loop[: len(sound) - room] += sound[room:]
