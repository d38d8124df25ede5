"""What the marks are made of: the modes of a struck body, each ringing down by itself."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from audiocoach.synth.circular import Wave
from audiocoach.units import RATE, Db, Frames


@dataclass(frozen=True, slots=True)
class Mode:
    """One way in which a body vibrates, heard as a tone."""

    hertz: float
    level: Db
    decay_s: float
    """The time in which its level falls by 60 dB."""
    beat_hz: float = 0.0
    """A body that is not quite round has two modes this far apart, and they beat."""
    place: float = 0.0
    """-1 left to 1 right; its twin stands opposite."""


def strike(frames: Frames, modes: tuple[Mode, ...], *, rise_s: float, fade_s: float) -> Wave:
    """The sound of ``modes`` struck softly at frame 0; shape ``(frames, 2)``.

    It swells for ``rise_s``; over its last ``fade_s`` it goes smoothly to silence.
    """
    time = np.arange(frames) / RATE
    sound = np.zeros((frames, 2))
    for mode in modes:
        fall = 10.0 ** (mode.level / 20.0 - 3.0 * time / mode.decay_s)
        for twin, share in ((-0.5, 0.78), (0.5, 0.22)) if mode.beat_hz else ((0.0, 1.0),):
            hertz = mode.hertz + twin * mode.beat_hz
            angle = np.pi / 4 * (1.0 + (mode.place if twin <= 0 else -mode.place))
            tone = share * fall * np.sin(2.0 * np.pi * hertz * time)
            sound += tone[:, None] * np.array([np.cos(angle), np.sin(angle)])
    rise, fade = round(rise_s * RATE), round(fade_s * RATE)
    sound[:rise] *= (0.5 - 0.5 * np.cos(np.pi * np.arange(rise) / rise))[:, None]
    sound[-fade:] *= (0.5 + 0.5 * np.cos(np.pi * np.arange(1, fade + 1) / fade))[:, None]
    return sound
