"""The cover of a routine: its title, its length, and water under a low sun; as PNG.

Drawn without a font and without anything but numpy and zlib. The same title and length
give the same picture, another title another tint.
"""

from __future__ import annotations

import colorsys
import hashlib
import itertools
import json
import struct
import zlib

import numpy as np
from numpy.typing import NDArray

from audiocoach import strokes
from audiocoach.cache import Entries
from audiocoach.library import cache_folder
from audiocoach.units import HOUR, MINUTE, Ms

SIDE = 1_400
"""Pixels: the least that Apple's podcast directory takes, and enough for a lock screen."""
_MARGIN = 112
_HORIZON = 860
_LOWEST = 690
"""The last line of a title stands no lower, to keep clear of the sun."""
_WAVES = (
    (860, 16.0, 1.15, 0.3),
    (985, 24.0, 0.85, 1.9),
    (1_120, 30.0, 0.7, 4.1),
    (1_255, 34.0, 0.55, 5.2),
)
"""Of each wave: where it lies, how high it is, how many there are in the picture, its phase."""
_SUN = (1_040, 852, 128)
"""Its middle, across and down, and its radius."""
_SIZES = (9.5, 8.5, 7.5, 6.5, 5.8)
"""Pixels for a unit of ``strokes``, largest first; at the last a letter of a thumbnail of 120
pixels is 7 pixels high."""
_LEADING = 23.0
_MOST_LINES = 4
_FORMAT = 1
"""Part of each key: raised when the same title would be drawn otherwise."""
_PEN = 2.1
"""Breadth of the pen in units of ``strokes``."""
_SHADES = np.float32(6)
"""Of the rims of letters: fewer make a smaller file, more are not seen."""
_LEVEL = 9
"""zlib's; another version of zlib may write other bytes for the same picture."""

_Plane = NDArray[np.float32]
"""One number for each pixel, shape ``(SIDE, SIDE)``."""


def cover(title: str, length: Ms, side: int = SIDE) -> bytes:
    """The picture as PNG, ``side`` pixels wide and high (``SIDE`` divided by a whole number).

    A title with letters other than Latin ones is left out rather than misspelt, the length
    and the picture stay. Emoji are left out of a title.
    """
    hue = _hue(title)
    picture = _water(hue)
    written = strokes.drawable(title)
    if written:
        size, rows = _wrapped(written)
        top = _MARGIN + 14 * size
        ink = _ink(rows, size, _MARGIN, top)
        picture += ink[:, :, None] * (_colour(hue, 0.97, 0.5) - picture)
    ink = _ink([length_text(length)], 6.5, _MARGIN, SIDE - _MARGIN)
    picture += ink[:, :, None] * (_colour(hue, 0.94, 0.5) - picture)
    step = SIDE // side
    if step > 1:
        picture = picture.reshape(side, step, side, step, 3).mean(axis=(1, 3))
    return _png(np.rint(picture * 255).astype(np.uint8))


def kept_cover(title: str, length: Ms) -> bytes:
    """The same, drawn once and kept in the cache."""
    made_of = [_FORMAT, title, length_text(length), np.__version__, zlib.ZLIB_RUNTIME_VERSION]
    key = hashlib.blake2b(json.dumps(made_of).encode(), digest_size=20).hexdigest()
    entries = Entries(cache_folder() / "covers", "png", needed=False)
    kept = entries.get(key)
    if kept is not None:
        return bytes(kept)
    picture = cover(title, length)
    entries.put(key, picture)
    return picture


def length_text(length: Ms) -> str:
    """A length as it stands on a cover: ``24 min``, ``1 h 05 min``; rounded, at least a minute."""
    minutes = max(1, round(length / MINUTE))
    hours, rest = divmod(minutes, HOUR // MINUTE)
    return f"{hours} h {rest:02} min" if hours else f"{rest} min"


def _hue(title: str) -> float:
    """0 to 1; greens, blues and violets to rose, the calm side of the circle."""
    number = int.from_bytes(hashlib.sha256(title.encode()).digest()[:2], "big")
    return 0.40 + 0.52 * number / 65_536


def _colour(hue: float, lightness: float, saturation: float) -> NDArray[np.float32]:
    return np.array(colorsys.hls_to_rgb(hue % 1, lightness, saturation), np.float32)


def _water(hue: float) -> NDArray[np.float32]:
    """The picture without words, shape ``(SIDE, SIDE, 3)``, 0 to 1."""
    down = np.arange(SIDE, dtype=np.float32)[:, None]
    across = np.arange(SIDE, dtype=np.float32)[None, :]
    night, dusk = _colour(hue, 0.20, 0.42), _colour(hue + 0.03, 0.52, 0.42)
    part = np.minimum(down / _HORIZON, 1)[:, :, None] ** np.float32(1.5)
    picture = np.repeat(night + part * (dusk - night), SIDE, axis=1)
    top, left, wide = _SUN[1] - _SUN[2] - 1, _SUN[0] - _SUN[2] - 1, 2 * _SUN[2] + 3
    around = picture[top : top + wide, left : left + wide]
    far = np.hypot(across[:, :wide] + (left - _SUN[0]), down[:wide] + (top - _SUN[1]))
    sun = np.clip(_SUN[2] + 0.5 - far, 0, 1)[:, :, None].astype(np.float32)
    around += sun * (_colour(hue + 0.08, 0.86, 0.6) - around)
    for number, (level, height, count, phase) in enumerate(_WAVES):
        colour = _colour(hue - 0.01 * number, 0.40 - 0.07 * number, 0.40)
        turn = 2 * np.pi * count * across / SIDE + phase
        edge = level + height * (np.sin(turn) + 0.25 * np.sin(2 * turn + 1))
        low, high = int(level - 1.3 * height), int(level + 1.3 * height)
        covered = np.clip(down[low:high] - edge + 0.5, 0, 1)[:, :, None].astype(np.float32)
        picture[low:high] += covered * (colour - picture[low:high])
        picture[high:] = colour
    return np.asarray(picture, dtype=np.float32)


def _wrapped(title: str) -> tuple[float, list[str]]:
    """The largest size at which a title fits, and its lines; a longer one ends in dots."""
    room = SIDE - 2 * _MARGIN
    for size in _SIZES:
        rows = _rows(title, room / size)
        fits = all(strokes.width(row) * size <= room for row in rows)
        most = min(_MOST_LINES, 1 + int((_LOWEST - _MARGIN - 14 * size) / (_LEADING * size)))
        if fits and len(rows) <= most:
            return size, rows
    rows = rows[:_MOST_LINES]
    for at, row in enumerate(rows):
        cut = at == len(rows) - 1 or strokes.width(row) * size > room
        while cut and row and strokes.width(f"{row}…") * size > room:
            row = row[:-1].rstrip()  # noqa: PLW2901  # shortened until it fits
        rows[at] = f"{row.rstrip(' .,:;-–')}…" if cut else row
    return size, rows


def _rows(title: str, room: float) -> list[str]:
    rows: list[str] = []
    for word in title.split():
        if rows and strokes.width(f"{rows[-1]} {word}") <= room:
            rows[-1] += f" {word}"
        else:
            rows.append(word)
    return rows


def _ink(rows: list[str], size: float, left: float, top: float) -> _Plane:
    """How much of each pixel the pen covers; the first row stands on ``top``."""
    half = np.float32(_PEN * size / 2)
    far = np.full((SIDE, SIDE), half + 1, np.float32)
    for number, row in enumerate(rows):
        foot = top + number * _LEADING * size
        for way in strokes.lines(row):
            points = np.stack([left + way[:, 0] * size, foot - way[:, 1] * size], 1)
            for start, end in itertools.pairwise(points):
                _stroke(far, start, end, float(half))
    covered = np.clip(half + np.float32(0.5) - far, 0, 1)
    return np.asarray(np.rint(covered * _SHADES) / _SHADES, dtype=np.float32)


def _stroke(far: _Plane, start: strokes.Line, end: strokes.Line, half: float) -> None:
    """Note in ``far`` how far each pixel is from a straight stroke, where that is near."""
    low = np.maximum(np.floor(np.minimum(start, end) - half - 1).astype(int), 0)
    high = np.minimum(np.ceil(np.maximum(start, end) + half + 2).astype(int), SIDE)
    x = np.arange(low[0], high[0], dtype=np.float32)[None, :] - np.float32(start[0])
    y = np.arange(low[1], high[1], dtype=np.float32)[:, None] - np.float32(start[1])
    way = (end - start).astype(np.float32)
    along = np.clip((x * way[0] + y * way[1]) / max(float(way @ way), 1e-9), 0, 1)
    near = np.hypot(x - along * way[0], y - along * way[1])
    part = far[low[1] : high[1], low[0] : high[0]]
    np.minimum(part, near, out=part)


def _png(pixels: NDArray[np.uint8]) -> bytes:
    """8-bit RGB, unfiltered, which packs flat colours best (PNG 3rd ed., sections 5 and 9)."""
    height, wide, _ = pixels.shape
    rows = np.concatenate(
        [np.zeros((height, 1), np.uint8), pixels.reshape(height, wide * 3)], axis=1
    )
    packer = zlib.compressobj(_LEVEL, zlib.DEFLATED, 15, 9)
    packed = packer.compress(rows.tobytes()) + packer.flush()

    def chunk(name: bytes, data: bytes) -> bytes:
        crc = zlib.crc32(name + data)
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", crc)

    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", struct.pack(">IIBBBBB", wide, height, 8, 2, 0, 0, 0))
        + chunk(b"IDAT", packed)
        + chunk(b"IEND", b"")
    )
