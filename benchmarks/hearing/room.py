"""A room between a phone and a listener: reverberation, and the sounds that two people make.

The room: 4.5 m x 4.0 m x 2.5 m, a furnished bedroom with a reverberation time of 0.4 s. The
phone lies on a chest of drawers, the listener's head is 3.0 m away. The phone radiates into
the half-space over the wood (directivity factor Q = 2), so that the direct sound lies

    20 log10(r_c / r) = -10.9 dB,  r_c = 0.057 sqrt(Q V / T) = 0.86 m

under the reverberant sound (H. Kuttruff, Room Acoustics, 5th ed., equations 5.39 and 5.44).
The first and second reflections come from the image sources of the room (J. B. Allen and
D. A. Berkley, JASA 65, 1979), the rest is noise that decays by 60 dB in the reverberation time.

Everything is drawn from a seed; sound is mono, shape ``(n,)``, at ``RATE``.
"""

from __future__ import annotations

import itertools
import math

import numpy as np
from numpy.typing import NDArray

from audiocoach.loudness import fast_size, gated_loudness, hop_energies, step_energies
from audiocoach.synth.circular import generator, noise
from audiocoach.units import RATE, Db, db_to_gain

Mono = NDArray[np.float32]

NOISE_LEVEL: Db = -40.0
"""LUFS of the noise as it is made."""
REVERBERATION_S = 0.4
DISTANCE_M = 3.0
SIZE_M = (4.5, 4.0, 2.5)
_PHONE_M = (0.6, 1.0, 0.8)
_HEAD_M = (3.2, 2.49, 0.9)
_DIRECTIVITY = 2.0
_SPEED = 343.0
"""Of sound, in metres a second, at 20 degrees."""
_MIXED_S = 0.012
"""From here on the noise stands for all further reflections: ``2 sqrt(V)`` ms, V in cubic metres
(J.-D. Polack, Applied Acoustics 38, 1993: about ``sqrt(V)``)."""
_PINK = [(40.0 * 2**octave, -3.0 * octave) for octave in range(9)]
_BREATH = [(80.0, -30.0), (300.0, -6.0), (600.0, 0.0), (1800.0, 0.0), (5000.0, -12.0), (12e3, -30)]
"""Breath through the nose and the open mouth."""
_CLOTH = [(300.0, -24.0), (2000.0, -3.0), (5000.0, 0.0), (9000.0, -6.0), (16e3, -20.0)]
_RUSTLES = 1.2
"""A second, on average, of 60 to 350 ms."""
_BREATHS_S = (4.2, 5.3)
"""The two people's breaths."""


def direct_to_reverberant() -> Db:
    """Of the room, at the listener."""
    volume = math.prod(SIZE_M)
    critical = 0.057 * math.sqrt(_DIRECTIVITY * volume / REVERBERATION_S)
    return 20 * math.log10(critical / DISTANCE_M)


def impulse(seed: int) -> NDArray[np.float64]:
    """The room's answer to a click: the direct sound is 1 and comes at once."""
    rng = generator(seed)
    frames = round(1.5 * REVERBERATION_S * RATE)
    late = np.zeros(frames)
    at = np.arange(frames) / RATE
    decay = 10 ** (-3 * at / REVERBERATION_S)
    begun = at >= _MIXED_S
    late[begun] = (rng.random(frames) - 0.5)[begun] * decay[begun]
    early = _reflections(frames)
    # Early reflections are as strong as the decay that they stand for: nothing in the room
    # knows of the moment where one model takes over from the other.
    power = (decay**2 / 12)[~begun].sum()
    early *= math.sqrt(power / (early**2).sum())
    late += early
    late *= db_to_gain(-direct_to_reverberant()) / math.sqrt((late**2).sum())
    late[0] += 1.0
    return late


def _reflections(frames: int) -> NDArray[np.float64]:
    """Those of the first and second order that come before the rest is mixed."""
    volume = math.prod(SIZE_M)
    (x, y, z) = SIZE_M
    surface = 2 * (x * y + y * z + x * z)
    absorbed = 1 - math.exp(-0.161 * volume / (surface * REVERBERATION_S))  # C. F. Eyring, 1930
    kept = math.sqrt(1 - absorbed)
    direct = math.dist(_PHONE_M, _HEAD_M)
    found = np.zeros(frames)
    axes = [list(_images(side, place)) for side, place in zip(SIZE_M, _PHONE_M, strict=True)]
    for image in itertools.product(*axes):
        order = sum(bounces for _, bounces in image)
        away = math.dist([place for place, _ in image], _HEAD_M)
        late = (away - direct) / _SPEED
        if 1 <= order <= 2 and late < _MIXED_S:
            found[round(late * RATE)] += kept**order * direct / away
    return found


def _images(side: float, place: float) -> list[tuple[float, int]]:
    """Along one axis: where a source and its images are, and over how many walls."""
    return [
        (place, 0),
        (-place, 1),
        (2 * side - place, 1),
        (2 * side + place, 2),
        (place - 2 * side, 2),
    ]


def in_room(sound: Mono, answer: NDArray[np.float64]) -> Mono:
    """What arrives of a sound, with the room ringing on after it."""
    count = len(sound) + len(answer) - 1
    size = fast_size(count)
    spectrum = np.fft.rfft(sound, size) * np.fft.rfft(answer, size)
    return np.fft.irfft(spectrum, size)[:count].astype(np.float32)


def room_noise(frames: int, seed: int) -> Mono:
    """The room while somebody is massaged: a hum from outside, two who breathe, cloth.

    Each of the three is equally loud over the whole; together they are at ``NOISE_LEVEL``.
    """
    rng = generator(seed)
    at = np.arange(frames) / RATE
    breath = np.zeros(frames)
    for period in _BREATHS_S:
        turn = 2 * np.pi * (at / period + rng.random())
        # In through the nose, out through the mouth, and a rest between two breaths.
        swell = np.maximum(0.0, np.sin(turn)) ** 2 + 0.5 * np.maximum(0.0, np.sin(turn + 2.2)) ** 3
        breath += noise(rng, frames, _BREATH) * swell
    cloth = np.zeros(frames)
    count = round(frames / RATE * _RUSTLES)
    for start, length, softer in rng.random((count, 3)):
        width = round(RATE * (0.06 + 0.29 * length))
        begin = int(start * max(1, frames - width))
        shape = np.hanning(min(width, frames)) * db_to_gain(-12 * softer)
        cloth[begin : begin + len(shape)] += shape
    parts = [noise(rng, frames, _PINK), breath, noise(rng, frames, _CLOTH) * cloth]
    whole = sum((part * db_to_gain(-level(part)) for part in parts), np.zeros(frames))
    return np.asarray(whole * db_to_gain(NOISE_LEVEL - level(whole)), dtype=np.float32)


def level(sound: NDArray[np.floating]) -> Db:
    """LUFS of one channel over its whole length, without a gate: for noise."""
    energies = hop_energies(np.asarray(sound, np.float32)[:, None])
    return -0.691 + 10 * math.log10(energies.sum() / len(sound))


def loudness(sound: NDArray[np.floating]) -> Db:
    """LUFS of one channel while something sounds (ITU-R BS.1770-4): for speech."""
    return gated_loudness(step_energies(hop_energies(np.asarray(sound, np.float32)[:, None])))
