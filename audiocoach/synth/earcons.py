"""What the earcons are made of: small bars of wood, struck with felt.

They are heard through words and beds on the loudspeaker of a phone, so that they lie between
400 Hz and 2 kHz; and a recogniser listens while they sound, so that they are short and have
nothing of a voice: no vibrato, no glide, no noise.
"""

from __future__ import annotations

import numpy as np

from audiocoach.synth.circular import Wave
from audiocoach.synth.strike import Mode, strike
from audiocoach.units import RATE, Db, Frames

_RISE_S = 0.012
_BAR: tuple[tuple[float, Db, float], ...] = ((1.0, 0.0, 0.55), (3.93, -22.0, 0.18))
"""``(ratio, dB, seconds to fall by 60 dB)`` of a marimba's bar, whose arch tunes its second mode
to two octaves (N. H. Fletcher and T. D. Rossing, The Physics of Musical Instruments, 19.3)."""


def bar(hertz: float, level: Db = 0.0, decay: float = 1.0) -> tuple[Mode, ...]:
    """The modes of a bar that rings ``decay`` times as long as usual."""
    return tuple(
        Mode(hertz * ratio, level + loud, seconds * decay) for ratio, loud, seconds in _BAR
    )


def struck(frames: Frames, *strokes: tuple[float, tuple[Mode, ...]]) -> Wave:
    """Bars, each struck at its time in seconds; shape ``(frames, 2)``, silent at both ends."""
    sound = np.zeros((frames, 2))
    for at_s, modes in strokes:
        first = round(at_s * RATE)
        sound[first:] += strike(frames - first, modes, rise_s=_RISE_S, fade_s=0.3)
    return sound
