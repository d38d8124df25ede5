"""Music: few notes, slow and without a beat, over a chord that changes unnoticed."""

from __future__ import annotations

import numpy as np

from audiocoach.synth.circular import TICK, Curve, Wave, drift, generator, stereo
from audiocoach.synth.tones import Tones, reverberated, ring, steadied
from audiocoach.units import RATE, Frames, db_to_gain

_SCALE_HZ = (220.0, 247.5, 275.0, 330.0, 371.25, 440.0, 495.0, 550.0, 660.0, 742.5)
"""A3 to F sharp 5 of A major's pentatonic, just: any of its notes sound well together."""

_PARTIALS: tuple[tuple[float, float, float], ...] = (
    (1.0, 0.0, 1.0),
    (2.0, -7.0, 0.75),
    (3.0, -15.0, 0.55),
    (4.0, -23.0, 0.4),
    (5.0, -31.0, 0.3),
)
"""``(ratio, dB, part of the decay)`` of a note."""
_GAP_S = (4.0, 10.0)
"""From one note to the next."""
_RISE_S = (0.12, 0.45)
_DECAY_S = (7.0, 11.0)
"""To fall by 60 dB."""
_ANSWER = 0.3
"""How likely a second, softer note follows while the first still rings."""

_PAD: tuple[tuple[float, float, float], ...] = (
    (110.0, -9.0, 0.25),
    (165.0, -8.0, 0.4),
    (220.0, -6.0, 0.3),
    (247.5, -10.0, 1.0),
    (275.0, -10.0, 1.0),
    (330.0, -5.0, 0.4),
    (371.25, -12.0, 1.0),
    (440.0, -4.0, 0.4),
    (495.0, -10.0, 1.0),
    (660.0, -8.0, 0.5),
)
"""``(Hz, dB, how far it comes and goes)``: root and fifth stay, what colours them wanders."""
_PAD_DB = -6.0
"""Against a note at its loudest."""
_AIR: Curve = [(150, -30), (400, -4), (700, 0), (1200, -9), (4000, -26), (12000, -46)]
_AIR_DB = -34.0
_ROOM: Curve = [(120, -12), (350, 0), (900, -2), (2500, -14), (8000, -36)]


def _walk(rng: np.random.Generator, count: int) -> list[int]:
    """``count`` notes of the scale: a step or two up or down, at times a leap; none twice in a row.

    After the last comes the first, so these two differ as well.
    """
    top = len(_SCALE_HZ) - 1
    notes = [top // 2]
    while len(notes) < count:
        size = (1, 1, 2, 2, 3, 4)[int(rng.random() * 6)]
        step = size if rng.random() < 0.5 else -size
        to = notes[-1] + step if 0 <= notes[-1] + step <= top else notes[-1] - step
        if len(notes) < count - 1 or to != notes[0]:
            notes.append(to)
    return notes


def _melody(rng: np.random.Generator, seconds: float) -> tuple[list[float], list[int]]:
    """When which note of the scale begins."""
    low, high = _GAP_S
    count = round(2.0 * seconds / (low + high))
    gaps = np.array([low + (high - low) * rng.random() for _ in range(count)])
    times = (np.cumsum(gaps) - gaps[0]) * (seconds / gaps.sum())
    return times.tolist(), _walk(rng, count)


def _strengths(rng: np.random.Generator, ticks: int) -> Wave:
    """How strong each partial of each note is, at every tick."""
    strengths = np.zeros((len(_SCALE_HZ), len(_PARTIALS), ticks))

    def play(note: int, time: float, force: float) -> None:
        rise = _RISE_S[0] + (_RISE_S[1] - _RISE_S[0]) * rng.random()
        decay = _DECAY_S[0] + (_DECAY_S[1] - _DECAY_S[0]) * rng.random()
        for partial, (_, level, part) in enumerate(_PARTIALS):
            ring(
                strengths[note, partial],
                round(time * RATE / TICK),
                rise_s=rise,
                decay_s=decay * part,
                level=force ** (1.0 + 0.3 * partial) * db_to_gain(level),
            )

    times, notes = _melody(rng, ticks * TICK / RATE)
    for begins, which in zip(times, notes, strict=True):
        force = 0.65 + 0.35 * rng.random()
        play(which, begins, force)
        if rng.random() < _ANSWER:
            other = which + 2 if which + 2 < len(_SCALE_HZ) else which - 2
            play(other, begins + 0.7 + 1.1 * rng.random(), 0.6 * force)
    return strengths


def music(frames: Frames, seed: int) -> Wave:
    """A loop of shape ``(frames, 2)``: a walk over the scale in a large room, over a soft chord."""
    rng = generator(seed)
    strengths = _strengths(rng, frames // TICK)
    tones = Tones(frames)
    for note, hertz in enumerate(_SCALE_HZ):
        place = 0.8 * (2.0 * note / (len(_SCALE_HZ) - 1) - 1.0) * (-1.0) ** note
        for partial, (ratio, _, _) in enumerate(_PARTIALS):
            tones.add(hertz * ratio, strengths[note, partial], rng.random(), place)
    for hertz, level, wander in _PAD:
        swell = np.maximum(0.0, 1.0 + 1.6 * wander * drift(rng, frames, (2, 3, 5, 7)))
        for ratio, fall in ((1.0, 0.0), (2.0, -10.0), (3.0, -19.0)):
            for twin, share in ((-1, 1.0), (1, 0.4)):
                loud = db_to_gain(_PAD_DB + level + fall) * share * swell
                beat = twin * (0.03 + 0.12 * rng.random()) * ratio
                tones.add(hertz * ratio + beat, loud, rng.random(), 0.7 * twin)
    sound = reverberated(rng, tones.sound(), decay_s=4.5, curve=_ROOM, wet=0.8)
    sound = steadied(sound, 0.7)
    return np.asarray(sound + stereo(rng, frames, _AIR, 0.45) * db_to_gain(_AIR_DB))
