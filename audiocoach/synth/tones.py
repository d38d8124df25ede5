"""Tones on a circle: sines whose strength moves slowly, and a room for them to ring in."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from audiocoach.synth.circular import TICK, Curve, Wave, gain, noise
from audiocoach.units import RATE, Frames

_SLOW_HZ = 0.12
"""A change of level is slow up to about here: ``steadied``."""


def ring(strength: Wave, at: int, *, rise_s: float, decay_s: float, level: float) -> None:
    """Add to ``strength``, given at every ``TICK`` of a loop, what begins at tick ``at``.

    It rises smoothly over ``rise_s`` and falls by 60 dB in ``decay_s``.
    """
    time = np.arange(round((rise_s + 1.2 * decay_s) * RATE / TICK)) * (TICK / RATE)
    swell = 0.5 - 0.5 * np.cos(np.pi * np.minimum(time / rise_s, 1.0))
    fall = 10.0 ** (-3.0 * np.maximum(time - 0.5 * rise_s, 0.0) / decay_s)
    np.add.at(strength, (at + np.arange(len(time))) % len(strength), level * swell * fall)


def steadied(sound: Wave, part: float) -> Wave:
    """A loop of shape ``(n, 2)`` with slow changes of its level undone by ``part`` of them.

    Slower than some 3 s: a stroke still stands out, but those that meet do not pile up,
    and where many have died away it does not sink.
    """
    power = np.mean(sound.reshape(-1, TICK * 2) ** 2, axis=1)
    lines = np.fft.rfft(power)
    hertz = np.arange(len(lines)) * (RATE / TICK / len(power))
    slow = np.fft.irfft(lines * np.exp(-0.5 * (hertz / _SLOW_HZ) ** 2), len(power))
    return sound * gain(-10.0 * part * np.log10(slow / slow.mean()))[:, None]


@dataclass(slots=True)
class Tones:
    """A loop of ``frames`` frames that is made in the frequency domain, so without a seam."""

    frames: Frames
    spectrum: NDArray[np.complex128] = field(init=False)
    """Of left and right; shape ``(2, frames // 2 + 1)``."""

    def __post_init__(self) -> None:
        self.spectrum = np.zeros((2, self.frames // 2 + 1), dtype=np.complex128)

    def add(self, hertz: float, strength: Wave, turn: float, place: float) -> None:
        """Add a sine of ``hertz``, as strong as ``strength`` says at every ``TICK``.

        It begins at ``turn`` of a full turn; ``place`` is that of ``circular.placed``.
        """
        lines = np.fft.fft(strength)
        count = len(lines)
        offsets = np.arange(count) - count // 2
        centre = round(hertz * self.frames / RATE)
        lines = np.fft.fftshift(lines) * (np.exp(2j * np.pi * turn) * TICK / 2)
        angle = np.pi * (0.25 + 0.19 * place)
        for channel, share in enumerate((np.cos(angle), np.sin(angle))):
            self.spectrum[channel, centre + offsets] += lines * share

    def sound(self) -> Wave:
        """The loop, of shape ``(frames, 2)``."""
        return np.asarray(np.fft.irfft(self.spectrum, self.frames, axis=1).T)


def reverberated(
    rng: np.random.Generator, sound: Wave, *, decay_s: float, curve: Curve, wet: float
) -> Wave:
    """A loop of shape ``(n, 2)`` with ``wet`` times as much of a room as of itself.

    The room answers with noise of the spectrum of ``curve`` that falls by 60 dB in
    ``decay_s``, a little different in each ear; it answers after the end at the beginning.
    """
    frames = len(sound)
    length = round(decay_s * RATE)
    time = np.arange(length) / RATE
    shape = (1.0 - np.exp(-time / 0.03)) * 10.0 ** (-3.0 * time / decay_s)
    middle, side = (noise(rng, length, curve) * shape for _ in range(2))
    sent = np.fft.rfft(sound.mean(axis=1))
    out = sound.copy()
    for channel, sign in enumerate((1.0, -1.0)):
        answer = middle + 0.42 * sign * side
        answer /= np.sqrt(np.sum(answer * answer))
        out[:, channel] += wet * np.fft.irfft(sent * np.fft.rfft(answer, frames), frames)
    return out
