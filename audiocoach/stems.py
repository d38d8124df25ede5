"""The parts of a mix apart: the voice alone, and the bed with its bells alone.

Each is what ``mix.blocks`` adds to the other, fades and ducking included, so that their
sum is the mix wherever the limiter has nothing to do; each is limited by itself.
"""

from __future__ import annotations

import numpy as np

from audiocoach.ambience import Ambience
from audiocoach.bed import Bed
from audiocoach.mix import Mix, Stereo
from audiocoach.synth import LEVEL
from audiocoach.units import RATE, Frames

VOICE, BED = "voice", "bed"
NAMES = (VOICE, BED)
"""What stands before the suffix of their files: ``back.voice.mp3``."""


class VoiceOnly(Mix):
    """A mix without bells; to be heard over no bed."""

    def add_marks(self, out: Stereo, start: Frames) -> None:
        """Nothing."""


class BedOnly(Mix):
    """A mix without words; the bed makes room for them as ever."""

    def add_speech(self, out: Stereo, start: Frames, *, counted: bool = True) -> None:
        """Nothing."""


def silence() -> Ambience:
    """The bed of a voice that is alone."""
    quiet = np.zeros((RATE, 2), np.float32)
    return Ambience.of(Bed("silence", iter([quiet]), frames=RATE, loudness=LEVEL))
