"""A scene: the routine plays into the microphone, the room makes noise, somebody speaks.

All at 16 kHz. The loudspeaker is the phone of ``audiocoach measure``, soft clipping and all. Its
sound reaches the microphone through one room, a speaker through another: ``hearing/room.py``,
reverberation of 0.4 s, the loudspeaker and the speaker ``near_m`` metres from the microphone.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soxr
from hearing import room
from numpy.typing import NDArray

from audiocoach.decode import decode
from audiocoach.listen.recogniser import RATE, Mono
from audiocoach.loudness import fast_size
from audiocoach.measure.phone import Phone
from audiocoach.units import RATE as FULL_RATE
from audiocoach.units import Db, db_to_gain

SPOKEN: Db = -32.0
"""RMS of a command where it is loud, at the microphone, against full scale."""
DELAY_S = 0.23
"""Of the loudspeaker, as buffers make it."""


@dataclass(frozen=True, slots=True)
class Setting:
    """How loud everything is against the commands."""

    echo: Db | None
    """Of the routine's words at the microphone; ``None``: nothing plays (headphones)."""
    noise: Db
    """Of the room."""
    near_m: float = 1.0


@dataclass(frozen=True, slots=True, eq=False)
class Scene:
    """What goes into the ear."""

    far: NDArray[np.float64]
    near: NDArray[np.float64]


def routine(name: str, folder: Path) -> tuple[Mono, Mono]:
    """A routine in joe's voice, as it is played and as the phone plays it, at 16 kHz."""
    kept, whole = folder / f"{name}.npz", folder / f"{name}.wav"
    if not kept.exists():
        asked = ("export", name, "--voice", "joe", "-o", str(whole))
        if not whole.exists():
            subprocess.run([sys.executable, "-m", "audiocoach", *asked], check=True)
        phone = _Resampled(Phone().push)
        mono = _Resampled(lambda sound: sound.mean(axis=1))
        for block in decode(whole):
            for part in (phone, mono):
                part.push(block)
        np.savez(kept, far=mono.sound(), phone=phone.sound())
        whole.unlink()
    with np.load(kept) as both:
        return both["far"], both["phone"]


class _Resampled:
    """What is made of a sound, at 16 kHz."""

    def __init__(self, made: Callable[[NDArray[np.float32]], Mono]) -> None:
        self._made = made
        self._stream = soxr.ResampleStream(FULL_RATE, RATE, 1, dtype="float32")
        self._parts: list[Mono] = []

    def push(self, block: NDArray[np.float32]) -> None:
        self._parts.append(self._stream.resample_chunk(self._made(block)))

    def sound(self) -> Mono:
        return np.concatenate([*self._parts, self._stream.resample_chunk(np.zeros(0, "f4"), True)])


def answer(seed: int, metres: float) -> NDArray[np.float64]:
    """The room at 16 kHz, its energy 1, for a source ``metres`` away."""
    whole = room.impulse(seed)
    whole[0] *= room.DISTANCE_M / metres
    short = soxr.resample(whole, FULL_RATE, RATE)
    return np.asarray(short / np.sqrt((short**2).sum()))


def loud_rms(sound: NDArray[np.floating]) -> float:
    """Of a voice where it is loud: over the blocks within 20 dB of the loudest."""
    blocks = sound[: len(sound) // 320 * 320].reshape(-1, 320).astype(np.float64)
    powers = (blocks**2).mean(axis=1)
    return float(np.sqrt(powers[powers > powers.max() / 100].mean()))


def through_room(sound: NDArray[np.floating], way: NDArray[np.float64]) -> NDArray[np.float64]:
    """With the room's ring after it."""
    size = fast_size(len(sound) + len(way))
    whole = np.fft.irfft(np.fft.rfft(sound, size) * np.fft.rfft(way, size), size)
    return np.asarray(whole[: len(sound) + len(way) - 1])


def noise(samples: int, seed: int) -> NDArray[np.float64]:
    """Of the room, RMS 1."""
    piece = min(samples, 60 * RATE)
    made = room.room_noise(piece * FULL_RATE // RATE + 10, seed)
    short = np.resize(soxr.resample(made, FULL_RATE, RATE)[:piece], samples).astype(np.float64)
    return np.asarray(short / np.sqrt((short**2).mean()))


def near_sound(
    phone: Mono,
    setting: Setting,
    spoken: list[tuple[int, Mono]],
    seed: int,
) -> NDArray[np.float64]:
    """What the microphone hears: ``spoken`` at its samples, the routine, the room."""
    near = noise(len(phone), seed) * db_to_gain(SPOKEN + setting.noise)
    if setting.echo is not None:
        echo = through_room(phone, answer(seed, setting.near_m))
        echo *= db_to_gain(SPOKEN + setting.echo) / loud_rms(echo)
        late = round(DELAY_S * RATE)
        near[late:] += echo[: len(near) - late]
    way = answer(seed + 1, setting.near_m)
    for at, sound in spoken:
        heard = through_room(sound, way)
        heard *= db_to_gain(SPOKEN) / loud_rms(heard)
        part = near[at : at + len(heard)]
        part += heard[: len(part)]
    return near
