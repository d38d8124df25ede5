"""A WAV file: the mix as it is."""

from __future__ import annotations

import wave
from typing import IO

from audiocoach.errors import OutputError
from audiocoach.segments import AudioSegment
from audiocoach.units import RATE, Frames

_LONGEST: Frames = (2**32 - 64) // 4
"""A WAV file holds 4 GiB at most: 6 h 45 min."""


class WavSink:
    """Writes 16-bit stereo at ``RATE`` to ``file``."""

    def __init__(self, file: IO[bytes], frames: Frames) -> None:
        if frames > _LONGEST:
            raise OutputError("a WAV file holds no more than 6 h 45 min; export to .mp3 instead")
        self._wave = wave.open(file, "wb")  # noqa: SIM115  # closed in close()
        self._wave.setnchannels(2)
        self._wave.setsampwidth(2)
        self._wave.setframerate(RATE)
        self._wave.setnframes(frames)

    def write(self, block: AudioSegment) -> None:
        """Append a block."""
        self._wave.writeframesraw(block.raw_data)

    def close(self) -> None:
        """Write the right length into the header."""
        self._wave.close()
