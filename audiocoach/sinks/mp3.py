"""An MP3 file by LAME: tags first, then an Info frame, then the stream.

The Info frame tells a player how many samples the encoder added at both ends, so that
the file lasts exactly as long as its timeline and chapters begin where they are said to.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Iterable
from typing import IO

from audiocoach.cache import Body
from audiocoach.errors import OutputError, RenderError
from audiocoach.segments import AudioSegment
from audiocoach.units import RATE, Db, Frames

BITRATES = (64, 80, 96, 112, 128, 160, 192, 224, 256, 320)
"""Constant bit rates in kbit/s (ISO 11172-3, 2.4.2.3) from which speech is good."""

QUALITY = 5
"""LAME's ``-q``: 2 takes twice the time for what a phone's loudspeaker does not give."""

_SCALES = {192: 0.97, 224: 0.98, 256: 1.0, 320: 1.0}
"""What LAME's presets multiply their input by (``presets.c``; measured with 1.9.0 of lameenc)."""
_SCALE_BELOW = 0.95

_FRAME: Frames = 1152
_ENCODER_DELAY: Frames = 576
"""What LAME adds at the start; decoders add 529 of their own."""


def makeup(bitrate: int) -> Db:
    """The gain that undoes what LAME takes from its input at ``bitrate``."""
    return -20 * math.log10(_SCALES.get(bitrate, _SCALE_BELOW))


class Mp3Sink:
    """Encodes to ``file``, which must be seekable, behind ``tags`` (a whole ID3v2 tag)."""

    def __init__(self, file: IO[bytes], bitrate: int, tags: bytes) -> None:
        if bitrate not in BITRATES:
            raise OutputError(
                f"no bit rate of {bitrate} kbit/s; there is {', '.join(map(str, BITRATES))}"
            )
        import lameenc

        self._file = file
        self._bitrate = bitrate
        self._encoder = lameenc.Encoder()
        self._encoder.silence()
        self._encoder.set_bit_rate(bitrate)
        self._encoder.set_in_sample_rate(RATE)
        self._encoder.set_out_sample_rate(RATE)
        self._encoder.set_channels(2)
        self._encoder.set_quality(QUALITY)
        self._frames: Frames = 0
        self._counter = _FrameCounter()
        file.write(tags)
        self._info_at = file.tell()
        file.write(bytes(_frame_size(bitrate)))
        self._start = file.tell()
        self._joined = False

    def write(self, block: AudioSegment) -> None:
        """Encode a block."""
        self._frames += len(block.raw_data) // 4
        self._put(self._encoder.encode(block.raw_data))

    def join(self, pieces: Iterable[Body], count: int, size: int, frames: Frames) -> None:
        """Take all of the stream as it was encoded elsewhere, instead of any block.

        ``count`` frames of MP3, ``size`` bytes in all, that carry ``frames`` frames of sound.
        Raises what ``pieces`` raise; then nothing was taken. Raises ``RenderError`` where they
        are not as long as that.
        """
        header = b""
        try:
            for piece in pieces:
                header = header or bytes(piece[:4])
                self._file.write(piece)
            self._check_joined(size)
        except BaseException:
            self._file.seek(self._start)
            self._file.truncate()
            raise
        self._write_info(header, count, size, frames)
        self._joined = True

    def _check_joined(self, size: int) -> None:
        written = self._file.tell() - self._start
        if written != size:
            raise RenderError(f"the MP3 has {written} bytes instead of {size}; try again")

    def close(self) -> None:
        """Encode what is left and write the Info frame.

        Raises ``RenderError`` where the stream is broken.
        """
        if self._joined:
            return
        self._put(self._encoder.flush())
        counted = self._counter
        if counted.count * _FRAME < self._frames + _ENCODER_DELAY or counted.rest:
            raise RenderError("the MP3 encoder returned a stream that is not whole; try again")
        self._write_info(counted.header, counted.count, counted.bytes, self._frames)

    def _write_info(self, header: bytes, count: int, size: int, frames: Frames) -> None:
        self._file.seek(self._info_at)
        self._file.write(_info_frame(header, self._bitrate, count, size, frames))
        self._file.seek(0, 2)

    def _put(self, data: bytes | bytearray) -> None:
        self._counter.feed(data)
        self._file.write(data)


class _FrameCounter:
    """Counts the frames of an MPEG-1 Layer III stream as it goes by."""

    def __init__(self) -> None:
        self.count = 0
        self.bytes = 0
        self.header = b""
        """Of the first frame."""
        self._next = 0
        """Bytes from here to the next header."""
        self._kept = b""

    @property
    def rest(self) -> int:
        """Bytes that are missing from the last frame."""
        return self._next + len(self._kept)

    def feed(self, data: bytes | bytearray) -> None:
        self.bytes += len(data)
        data = self._kept + bytes(data)
        at = self._next
        while at + 4 <= len(data):
            header = data[at : at + 4]
            if header[0] != 0xFF or header[1] & 0xFE != 0xFA:
                raise RenderError("the MP3 encoder returned a stream that is not whole; try again")
            self.header = self.header or header
            self.count += 1
            at += _frame_size(_header_bitrate(header)) + (header[2] >> 1 & 1)
        self._kept = data[at:]
        self._next = max(0, at - len(data))


_TABLE = (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320)
"""kbit/s by the index in a frame's header: MPEG-1, Layer III (ISO 11172-3, 2.4.2.3)."""


def _header_bitrate(header: bytes) -> int:
    return _TABLE[header[2] >> 4]


def _frame_size(bitrate: int) -> int:
    """Bytes in a frame without padding (ISO 11172-3, 2.4.3.1)."""
    return 144_000 * bitrate // RATE


def _info_frame(header: bytes, bitrate: int, count: int, size: int, frames: Frames) -> bytes:
    """The frame that describes the stream (the Xing header, as LAME extends it).

    See "Mp3 Info Tag rev 1 specifications" by G. Bouvigne. ``count`` frames of MP3 in
    ``size`` bytes carry ``frames`` frames of sound.
    """
    padding = count * _FRAME - _ENCODER_DELAY - frames
    own = _frame_size(bitrate)
    tag = bytearray(own)
    tag[:4] = bytes((header[0], header[1], header[2] & ~2 & 0xFF, header[3]))
    at = 4 + 32
    body = b"Info" + struct.pack(">III", 0b1111, count, own + size)
    body += bytes(256 * percent // 100 for percent in range(100))
    body += struct.pack(">I", 100 - 10 * QUALITY)
    body += b"LAME3.100" + bytes((0x01, 0)) + bytes(8) + bytes((0, min(bitrate, 255)))
    body += (_ENCODER_DELAY << 12 | min(padding, 4095)).to_bytes(3, "big")
    body += bytes((0, 0)) + struct.pack(">HIH", 0, own + size, 0)
    tag[at : at + len(body)] = body
    end = at + len(body)
    tag[end : end + 2] = struct.pack(">H", _crc16(bytes(tag[:end])))
    return bytes(tag)


def _crc16(data: bytes) -> int:
    """CRC-16/ARC, as LAME reckons it over its tag."""
    crc = 0
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0xA001 if crc & 1 else 0)
    return crc
