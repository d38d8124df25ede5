"""How long and how loud a loop is: measured as it streams by, and kept on disk.

A user's file may last for hours. It is measured once, as a whole, without ever holding
it; what was found is kept in the cache folder under a name made of the file's content.
"""

from __future__ import annotations

import contextlib
import hashlib
import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from audiocoach.cache import write_whole
from audiocoach.decode import Block, probe
from audiocoach.loudness import HOP, STEP, gated_loudness, hop_energies, step_energies
from audiocoach.presets import BedTone
from audiocoach.tone import bed_toned
from audiocoach.units import RATE, Db, Frames

_CONTEXT: Frames = 25 * HOP
"""The weighting needs what was heard before; longer than its response."""
_PIECE: Frames = 240 * HOP
"""With the context and the weighting's tail, a little under 2^17 frames."""
_PLACES, _PLACE = 8, 2 * RATE
"""An estimate hears so many places, each for so long."""

_FORMAT = 2
"""Part of each key: raised when the same file would be looped or measured otherwise."""
_MAGIC = b"audiocoach bed\n"
_DIGEST = 32
_HEADER = struct.Struct("<Qdd")
_SAMPLES, _SAMPLE = 64, 1 << 16
"""A file is known by its size, its date, and so many parts of so many bytes."""


@dataclass(frozen=True, slots=True, eq=False)
class Measured:
    """A loop."""

    frames: Frames
    loudness: Db
    """LUFS, integrated over the loop."""
    energies: NDArray[np.float32]
    """K-weighted, of each step of 100 ms; the last step goes on into the beginning."""
    peak: float
    """The highest sample, full scale at 1."""


def measure(loop: Iterable[Block]) -> Measured:
    """Measure a loop that is given once, as blocks, and lasts for half a second at least."""
    hops: list[NDArray[np.float64]] = []
    before = head = last = np.zeros((0, 2), dtype=np.float32)
    frames = 0
    peak = 0.0
    for piece in _pieces(loop):
        peak = max(peak, float(piece.max(initial=0.0)), -float(piece.min(initial=0.0)))
        head = head if frames else piece[: _CONTEXT + STEP].copy()
        frames += len(piece)
        if len(piece) < _PIECE:
            last = piece
            break
        hops.append(_after(before, piece))
        before = piece[-_CONTEXT:]
    end = np.concatenate([before, last])[-_CONTEXT:]
    if frames % STEP or len(last):
        last = np.concatenate([last, head[: -frames % STEP]])
        hops.append(_after(before, last))
    every = np.concatenate(hops)
    beginning = _after(end, head[:_CONTEXT])
    every[: len(beginning)] = beginning  # what comes before it is the end
    energies = step_energies(every)
    loudness = gated_loudness(np.concatenate([energies, energies[:3]]))
    return Measured(frames, loudness, energies.astype(np.float32), peak)


def _after(before: Block, sound: Block) -> NDArray[np.float64]:
    """The energies of the hops of ``sound``, weighted with what was heard ``before``."""
    return hop_energies(np.concatenate([before, sound]))[len(before) // HOP :]


def _pieces(loop: Iterable[Block]) -> Iterator[Block]:
    """The same sound in pieces of ``_PIECE`` frames, and a shorter one at the end."""
    held: list[Block] = []
    count = 0
    for block in loop:
        held.append(block)
        count += len(block)
        if count >= _PIECE:
            sound = np.concatenate(held)
            for at in range(0, count - _PIECE + 1, _PIECE):
                yield sound[at : at + _PIECE]
            held = [sound[count - count % _PIECE :]]
            count %= _PIECE
    yield np.concatenate([np.zeros((0, 2), dtype=np.float32), *held])


def estimate_loudness(path: Path, tone: BedTone | None = None) -> Db:
    """The loudness in LUFS of the file at ``path``, from a few places of it; with its tone.

    Costs a fraction of a second however long the file is. Raises ``SoundError``.
    """
    steps = [np.zeros(0)]
    for sound in probe(path, _PLACES, _PLACE):
        heard = np.concatenate(list(bed_toned(iter([sound]), tone))) if tone else sound
        steps.append(step_energies(hop_energies(heard)))
    return gated_loudness(np.concatenate(steps))


class MeasuredCache:
    """What was measured, on disk; one small file for each loop.

    An entry is written beside its place and renamed when whole. Nothing is raised: what
    cannot be read or written is measured again.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder / "beds"

    def get(self, path: Path, tone: BedTone | None) -> Measured | None:
        """What is known of the file at ``path`` as it is now, in a tone."""
        with contextlib.suppress(OSError, struct.error, ValueError):
            data = self._entry(path, tone).read_bytes()
            start = len(_MAGIC) + _DIGEST
            if data[:start] == _MAGIC + _digest(data[start:]):
                frames, loudness, peak = _HEADER.unpack_from(data, start)
                energies = np.frombuffer(data[start + _HEADER.size :], dtype="<f4")
                if len(energies) == -(-frames // STEP) > 0:
                    return Measured(frames, loudness, energies, peak)
        return None

    def put(self, path: Path, tone: BedTone | None, measured: Measured) -> None:
        """Keep what was measured."""
        body = _HEADER.pack(measured.frames, measured.loudness, measured.peak)
        body += measured.energies.astype("<f4").tobytes()
        with contextlib.suppress(OSError):
            write_whole(self._entry(path, tone), _MAGIC + _digest(body) + body)

    def _entry(self, path: Path, tone: BedTone | None) -> Path:
        return self._folder / f"{content_key(path, repr(tone))}.bed"


def _digest(data: bytes) -> bytes:
    return hashlib.blake2b(data, digest_size=_DIGEST).digest()


def content_key(path: Path, made: str) -> str:
    """``made``: what was made of the sound before it was measured."""
    found = path.stat()
    known = f"{_FORMAT} {made} {found.st_size} {found.st_mtime_ns}"
    key = hashlib.blake2b(known.encode(), digest_size=20)
    with path.open("rb") as file:
        for part in range(_SAMPLES):
            file.seek(part * max(_SAMPLE, (found.st_size - _SAMPLE) // (_SAMPLES - 1)))
            key.update(file.read(_SAMPLE))
    return key.hexdigest()
