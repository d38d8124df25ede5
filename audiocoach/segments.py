"""pydub's ``AudioSegment`` in the one format of the mix, and nothing else of pydub."""

from __future__ import annotations

import warnings

import numpy as np
from numpy.typing import NDArray

from audiocoach.dither import to_16_bits
from audiocoach.units import RATE, Frames

with warnings.catch_warnings():
    # pydub looks for an ffmpeg program, which is not needed here, and uses the old audioop.
    warnings.simplefilter("ignore")
    from pydub import AudioSegment

__all__ = ["AudioSegment", "segment"]


def segment(sound: NDArray[np.float32], scale: float, start: Frames = 0) -> AudioSegment:
    """A segment of ``sound``, shape ``(n, 2)``, times ``scale``, dithered to 16 bit.

    ``scale`` is 32767 for full scale at +/- 1.0; ``start`` is the frame with which it begins.
    """
    data = to_16_bits(sound, scale, start).tobytes()
    return AudioSegment(data=data, sample_width=2, frame_rate=RATE, channels=2)
