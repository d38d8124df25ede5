"""LAME through its own interface in C, where the library that lameenc brings shows it.

lameenc's Python interface has no way to turn the bit reservoir off. The extension that it is
made of holds all of LAME, and on Linux and macOS its functions can be called
(``lame.h`` of LAME 3.100). Each call lets other threads run.
"""

from __future__ import annotations

import ctypes
import weakref
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from audiocoach.stretches import FRAME, edges, size
from audiocoach.units import RATE, Frames

LOOK_AHEAD: Frames = FRAME
"""Beyond its end, LAME wants some more of the sound before it gives a frame: 224, rounded up."""

_ROOM = 7200
"""Bytes that a call may need beyond 5/4 of its frames (``lame.h``)."""


class LameError(Exception):
    """LAME cannot be called like that here, or refused."""


@lru_cache(maxsize=1)
def library() -> Any:
    """LAME's functions; raises ``LameError`` where they cannot be called."""
    import lameenc

    pointer, number = ctypes.c_void_p, ctypes.c_int
    try:
        found = ctypes.CDLL(lameenc.__file__)
        found.lame_init.restype = pointer
        found.get_lame_version.restype = ctypes.c_char_p
        for name in _SETTINGS:
            getattr(found, f"lame_set_{name}").argtypes = (pointer, number)
        found.lame_init_params.argtypes = (pointer,)
        encode = found.lame_encode_buffer_interleaved_ieee_float
        encode.argtypes = (pointer, pointer, number, ctypes.c_char_p, number)
        found.lame_close.argtypes = (pointer,)
    except (OSError, AttributeError) as error:
        raise LameError(str(error)) from error
    return found


_SETTINGS = (
    "in_samplerate", "out_samplerate", "num_channels", "brate", "quality", "bWriteVbrTag",
    "disable_reservoir",
)  # fmt: skip


def version() -> str:
    """LAME's version; raises ``LameError``."""
    return str(library().get_lame_version().decode("ascii", "replace"))


class Lame:
    """An encoder of two channels at a constant bit rate, whose frames stand by themselves."""

    def __init__(self, bitrate: int, quality: int) -> None:
        """``bitrate`` in kbit/s; ``quality`` as of ``-q``. Raises ``LameError``."""
        self._library = library()
        self._flags = self._library.lame_init()
        if not self._flags:
            raise LameError("LAME does not start")
        weakref.finalize(self, self._library.lame_close, self._flags)
        for name, value in zip(_SETTINGS, (RATE, RATE, 2, bitrate, quality, 0, 1), strict=True):
            if getattr(self._library, f"lame_set_{name}")(self._flags, value) < 0:
                raise LameError(f"LAME refuses {name} {value}")
        if self._library.lame_init_params(self._flags) < 0:
            raise LameError(f"LAME refuses {bitrate} kbit/s")

    def encode(self, sound: NDArray[np.float32]) -> bytes:
        """The frames that are whole after ``sound``, shape ``(n, 2)``; raises ``LameError``."""
        sound = np.ascontiguousarray(sound, dtype=np.float32)
        room = len(sound) * 5 // 4 + _ROOM
        out = ctypes.create_string_buffer(room)
        count = self._library.lame_encode_buffer_interleaved_ieee_float(
            self._flags, sound.ctypes.data, len(sound), out, room
        )
        if count < 0:
            raise LameError(f"LAME fails with {count}")
        return out.raw[:count]


def frames(data: bytes, bitrate: int, skipped: int, count: int) -> bytes:
    """``count`` frames of a stream that began with it, after the first ``skipped``.

    Raises ``LameError`` where one of them is not of ``bitrate``, or needs bytes of the frame
    before it (ISO 11172-3, 2.4.1.3 and 2.4.1.7).
    """
    at = edges(bitrate, skipped, skipped + count)
    start, end = int(at[0]), int(at[-1])
    if len(data) < end:
        raise LameError(f"LAME gave {len(data)} bytes for {end}")
    heads = np.frombuffer(data, np.uint8)[at[:-1, None] + np.arange(6)]
    padding = np.diff(at) - size(bitrate, 1)
    others = (
        (heads[:, 0] != 0xFF)
        | (heads[:, 1] != _MPEG_1_LAYER_III)
        | (heads[:, 2] >> 4 != _INDEX[bitrate])
    )
    if others.any():
        raise LameError(f"LAME gave something else as frame {skipped + int(others.argmax())}")
    leaning = (heads[:, 2] >> 1 & 1 != padding) | (heads[:, 4] != 0) | (heads[:, 5] >> 7 != 0)
    if leaning.any():
        raise LameError(f"frame {skipped + int(leaning.argmax())} does not stand by itself")
    return data[start:end]


_MPEG_1_LAYER_III = 0xFB
"""The second byte of a header: no checksum follows."""
_INDEX = {64: 5, 80: 6, 96: 7, 112: 8, 128: 9, 160: 10, 192: 11, 224: 12, 256: 13, 320: 14}
"""Of each bit rate in a header (ISO 11172-3, 2.4.2.3)."""
