"""Bowls: singing bowls, struck softly one after the other, over one that is rubbed."""

from __future__ import annotations

import numpy as np

from audiocoach.synth.circular import TICK, Curve, Wave, drift, generator, stereo
from audiocoach.synth.tones import Tones, reverberated, ring, steadied
from audiocoach.units import RATE, Frames, db_to_gain

_BOWLS_HZ = (165.0, 185.625, 247.5, 278.4375, 330.0)
"""E3, F sharp 3, B3, C sharp 4, E4, just to the drone's A."""

_MODES: tuple[tuple[float, float, float, float], ...] = (
    (1.0, -4.0, 45.0, 0.22),
    (8 / 3, 0.0, 34.0, 0.41),
    (16 / 3, -13.0, 15.0, 0.67),
    (8.1, -24.0, 6.0, 0.9),
)
"""``(ratio, dB, seconds to fall by 60 dB, Hz between the mode and its twin)``. Bowls that were
measured ring at about 1 : 2.8 : 5.2 : 8 (O. Inacio et al., "The dynamics of Tibetan singing
bowls", Acta Acustica 92, 2006); these are tuned so that the second mode of each is a note of
the scale too."""

_GAP_S = (3.8, 8.0)
"""From one stroke to the next."""
_RISE_S = (0.12, 0.35)
"""A mallet with thick felt."""
_RUBBED: tuple[tuple[float, float], ...] = ((110.0, -3.0), (220.0, -4.0), (550.0, -14.0))
_RUBBED_DB = -8.0
_AIR: Curve = [(150, -30), (400, -4), (700, 0), (1200, -9), (4000, -26), (12000, -46)]
_AIR_DB = -32.0
"""Against a stroke at its loudest."""
_ROOM: Curve = [(120, -10), (400, 0), (900, -3), (2500, -18), (8000, -40)]


def _strokes(rng: np.random.Generator, seconds: float) -> list[tuple[float, int]]:
    """When which bowl is struck; never one twice in a row, across the seam neither."""
    low, high = _GAP_S
    count = round(2.0 * seconds / (low + high))
    gaps = np.array([low + (high - low) * rng.random() for _ in range(count)])
    times = (np.cumsum(gaps) - gaps[0]) * (seconds / gaps.sum())
    chosen: list[int] = []
    for at in range(count):
        shut = set(chosen[-1:]) | (set(chosen[:1]) if at == count - 1 else set())
        free = [bowl for bowl in range(len(_BOWLS_HZ)) if bowl not in shut]
        chosen.append(free[int(rng.random() * len(free))])
    return list(zip(times.tolist(), chosen, strict=True))


def bowls(frames: Frames, seed: int) -> Wave:
    """A loop of shape ``(frames, 2)``: five bowls, each at its place, in a large room."""
    rng = generator(seed)
    ticks = frames // TICK
    strengths = np.zeros((len(_BOWLS_HZ), len(_MODES), ticks))
    for time, bowl in _strokes(rng, frames / RATE):
        force = 0.6 + 0.4 * rng.random()
        rise = _RISE_S[0] + (_RISE_S[1] - _RISE_S[0]) * rng.random()
        for mode, (_, level, decay, _) in enumerate(_MODES):
            loud = db_to_gain(level) * force ** (1.0 + 0.5 * mode)
            where = round(time * RATE / TICK)
            ring(strengths[bowl, mode], where, rise_s=rise, decay_s=decay, level=loud)
    tones = Tones(frames)
    for bowl, hertz in enumerate(_BOWLS_HZ):
        place = (-1.0, 0.8, 1.0, -0.8, 0.4)[bowl]
        for mode, (ratio, _, _, beat) in enumerate(_MODES):
            for twin, share in ((-0.5, 0.82), (0.5, 0.18)):
                own = hertz * ratio + twin * beat * (0.8 + 0.4 * rng.random())
                side = place if twin < 0 else -place
                tones.add(own, share * strengths[bowl, mode], rng.random(), side)
    for hertz, level in _RUBBED:
        for twin, share in ((-1, 1.0), (1, 0.35)):
            swell = 1.0 + 0.5 * drift(rng, frames, (2, 3, 5, 7, 11))
            loud = db_to_gain(_RUBBED_DB + level) * share * swell
            tones.add(hertz + 0.1 * twin * rng.random(), loud, rng.random(), 1.0 * twin)
    sound = reverberated(rng, tones.sound(), decay_s=3.5, curve=_ROOM, wet=0.5)
    sound = steadied(sound, 0.85)
    return np.asarray(sound + stereo(rng, frames, _AIR, 0.45) * db_to_gain(_AIR_DB))
