"""A WAV file: the mix as it is."""

from __future__ import annotations

import struct
from typing import IO

from audiocoach.embedded import CHUNK
from audiocoach.errors import OutputError
from audiocoach.segments import AudioSegment
from audiocoach.units import RATE, Frames

_LONGEST: Frames = (2**32 - 64) // 4
"""A WAV file holds 4 GiB at most: 6 h 45 min."""
_FRAME = 4
"""Bytes in a frame."""
_HEAD = 44
"""Bytes before the sound, so that the simplest player finds it where it expects it."""


class WavSink:
    """Writes 16-bit stereo at ``RATE`` to ``file``, which must be seekable.

    ``timeline``, as ``embedded.to_json`` gives it, follows the sound in a chunk of its own.
    """

    def __init__(self, file: IO[bytes], frames: Frames, timeline: bytes = b"") -> None:
        self._extra = _chunk(CHUNK, timeline) if timeline else b""
        if frames > _LONGEST - -(-len(self._extra) // _FRAME):
            raise OutputError("a WAV file holds no more than 6 h 45 min; export to .mp3 instead")
        self._file = file
        self._announced = frames
        self._written: Frames = 0
        self._start = file.tell()
        file.write(self._header(frames))

    def write(self, block: AudioSegment) -> None:
        """Append a block."""
        self._file.write(block.raw_data)
        self._written += len(block.raw_data) // _FRAME

    def close(self) -> None:
        """Write the timeline, and the right length into the header."""
        self._file.write(self._extra)
        if self._written != self._announced:
            self._file.seek(self._start)
            self._file.write(self._header(self._written))
            self._file.seek(0, 2)

    def _header(self, frames: Frames) -> bytes:
        """The form, its format, and the head of the sound (Microsoft and IBM, RIFF, 1991)."""
        size = frames * _FRAME
        return struct.pack(
            "<4sI4s4sIHHIIHH4sI",
            b"RIFF",
            _HEAD - 8 + size + len(self._extra),
            b"WAVE",
            b"fmt ",
            16,
            1,  # PCM
            2,
            RATE,
            RATE * _FRAME,
            _FRAME,
            16,
            b"data",
            size,
        )


def _chunk(name: bytes, data: bytes) -> bytes:
    """A chunk, filled up to an even number of bytes."""
    return struct.pack("<4sI", name, len(data)) + data + bytes(len(data) % 2)
