"""Beds: loops without end, read as sound and known by their loudness."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from audiocoach.cache import Entries
from audiocoach.decode import Block
from audiocoach.errors import NotFoundError, SoundError
from audiocoach.library import cache_folder
from audiocoach.loudness import STEP
from audiocoach.measured import (
    Measured,
    MeasuredCache,
    content_key,
    estimate_loudness,
    measure,
)
from audiocoach.presets import BedTone
from audiocoach.soundbank import Loop, SoundInfo, named
from audiocoach.stretches import FRAME, LOOP_STRETCH
from audiocoach.synth import LEVEL
from audiocoach.units import RATE, Db, Frames, db_to_gain, frames_to_ms

_ROOM_TONE: Db = -70.0
"""RMS over full scale: barely audible, but the channel is never digitally silent."""
_SHORTEST_BED: Frames = RATE
_LONGEST_HELD: Frames = 240 * RATE
"""42 MB; a longer loop is decoded again in each round."""
_QUIETEST: Db = -60.0
"""LUFS; brought up from there, a user's file would be hiss."""
_FULL_SCALE = 32768.0


class Bed:
    """A loop without end and without a seam, read from its beginning on.

    It is decoded as far as it is read. A short one then lies in memory at 16 bits; of a long
    one only what is being read, and it is decoded again in each round. Reading raises
    ``SoundError`` where the file turns out to be damaged. Not for two threads at once.
    """

    def __init__(
        self,
        name: str,
        source: Iterable[Block],
        *,
        frames: Frames | None = None,
        loudness: Db | None = None,
        content: str = "",
    ) -> None:
        """``source`` gives the loop each time anew; its length and loudness, if they are known.

        It needs to give only once a loop that is short. ``content`` names what it gives.
        """
        self._content = content
        self._kept = False
        """Whether other runs find it, or it was taken from there."""
        self.name = name
        self._frames = frames
        self._loudness = loudness
        self._source = source
        self._blocks = iter(source)
        self._pcm = np.zeros((0, 2), dtype=np.int16)
        self._start: Frames = 0
        """Where in the loop ``_pcm`` begins; 0 as long as all is held."""
        self._decoded: Frames = 0
        """Up to where in the loop ``_pcm`` holds sound."""
        self._whole = False
        """The end of the loop was reached."""
        self._long = False
        """It is too long to be held."""
        self._error: SoundError | None = None
        self._measured: Measured | None = None
        self._file: Path | None = None
        """A user's file."""
        self._made_of: Path | None = None
        """The file, whoever it is from."""
        self._tone: BedTone | None = None
        self._estimates = False
        self._position: Frames = 0

    @classmethod
    def open(cls, info: SoundInfo, tone: BedTone | None = None, *, at_once: bool = False) -> Bed:
        """A bed of the bank or a user's file, in a tone if one is given.

        Raises ``SoundError``, ``NotFoundError``.
        ``at_once``: the loudness of a user's file may be an estimate, so that it is known
        without decoding all of it.
        """
        if info.kind == "mark":
            known = ", ".join(named("bed"))
            raise NotFoundError(f'"{info.name}" sounds once; as a bed there is {known}')
        loudness = dict(info.toned).get(tone) if tone else info.loudness
        bed = cls(info.name, Loop(info, tone), frames=info.frames, loudness=loudness)
        bed._made_of, bed._tone = info.path, tone
        if info.frames is None:
            bed._file, bed._estimates = info.path, at_once
            bed._measured = _measured_cache().get(info.path, tone)
            if bed._measured:
                bed._frames = bed._measured.frames
            bed._decode_to(_SHORTEST_BED)
        return bed

    @property
    def position(self) -> Frames:
        """The frame of the loop that is read next."""
        return self._position

    @property
    def frames(self) -> Frames:
        """The length of the loop. A user's file is wholly decoded for it, the first time."""
        if self._frames is None:
            self._frames = self._measure().frames
        return self._frames

    @property
    def estimates(self) -> bool:
        """Whether its loudness is estimated from elsewhere, whatever is read meanwhile."""
        return bool(self._estimates and self._file and not (self._measured or self._whole))

    @property
    def loudness(self) -> Db:
        """LUFS, integrated over the loop, or an estimate of it.

        Without an estimate a user's file is wholly decoded for it, the first time. A room
        tone counts as a built-in bed, so that nobody brings it up.
        """
        if self._loudness is None:
            if self.estimates and self._file:
                loudness = estimate_loudness(self._file, self._tone)
            else:
                loudness = self._measure().loudness
            if loudness < _QUIETEST:
                raise SoundError(
                    f"{self.name}: too quiet for a bed ({loudness:.0f} LUFS); make it louder"
                )
            self._loudness = loudness
        return self._loudness

    @property
    def peak(self) -> float:
        """The highest sample of the loop as it is read, full scale at 1."""
        return self._measure().peak

    @property
    def content(self) -> str:
        """Names what is read; empty where that is not known."""
        with contextlib.suppress(OSError):
            if self._made_of and not self._content:
                self._content = content_key(self._made_of, f"{self._tone!r} {self.name}")
        return self._content

    def prepare(self) -> None:
        """Have all of it measured, and what can be held decoded and kept for other runs."""
        fresh = self._measured is None
        self._measure()
        if fresh and self._whole:
            self.hold()

    @property
    def held(self) -> bool:
        """Whether all of it can lie in memory, so that seeking costs nothing."""
        return self.frames <= _LONGEST_HELD

    def hold(self) -> None:
        """Have all of a loop that can be held in memory, and keep it for other runs."""
        if self._kept or not self.held:
            return
        self._kept = True
        key, loops = self.content, Entries(cache_folder() / "beds", "loop", needed=False)
        kept = loops.get(key) if key and not self._whole else None
        if kept is not None and len(kept) == self.frames * self._pcm.itemsize * 2:
            self._pcm = np.frombuffer(kept, "<i2").reshape(-1, 2)
            self._blocks = iter(())
            self._decoded, self._whole = self.frames, True
            return
        self._decode_to(self.frames + 1)
        if key and self._whole:
            loops.put(key, self._pcm.astype("<i2").tobytes())

    def read(self, frames: Frames) -> Block:
        """The next ``frames`` frames at the level at which they are stored; ``(frames, 2)``."""
        out = np.empty((frames, 2), dtype=np.float32)
        done = 0
        while done < frames:
            end = self._position + frames - done
            end = min(end, self._decode_to(end))
            if end <= self._position:  # sought beyond the end of a loop of unknown length
                self._position %= self._decoded
                continue
            part = self._pcm[self._position - self._start : end - self._start]
            np.multiply(part, np.float32(1 / _FULL_SCALE), out=out[done : done + len(part)])
            done += len(part)
            self._position = end
            if self._whole and end == self._decoded:
                self._position = 0
        return out

    def seek(self, frame: Frames) -> None:
        """Read on as if ``frame`` frames had been read from the beginning, over all rounds."""
        known = self._frames or (self._decoded if self._whole else None)
        self._position = frame % known if known else frame

    def step_energies(self, steps: int) -> NDArray[np.float64]:
        """K-weighted energies of the first ``steps`` steps of 100 ms, over all rounds.

        See ``loudness.step_energies``. A loop that is no whole number of steps is off by
        less than one.
        """
        return self.energies_at(np.arange(steps) * STEP)

    def energies_at(self, frames: NDArray[np.int64]) -> NDArray[np.float64]:
        """The same of the steps in which some frames lie, counted over all rounds."""
        return np.asarray(self._measure().energies[frames % self.frames // STEP], dtype=np.float64)

    def _decode_to(self, end: Frames) -> Frames:
        """Decode until the loop is there from ``_position`` up to ``end``, or to its end.

        The result is up to where it is there.
        """
        if self._error:
            raise self._error
        if self._position < self._start:
            self._blocks = iter(self._source)
            self._pcm = self._pcm[:0]
            self._start = self._decoded = 0
            self._whole = False
        try:
            while not self._whole and self._decoded < end:
                block = next(self._blocks, None)
                if block is None:
                    self._finish()
                else:
                    self._append(block)
        except SoundError as error:
            self._error = error
            raise
        return self._decoded

    def _append(self, block: Block) -> None:
        levels = np.clip(np.rint(block * _FULL_SCALE), -_FULL_SCALE, _FULL_SCALE - 1)
        needed = self._decoded + len(block)
        if self._long or needed > _LONGEST_HELD:
            self._long = True
            first = min(max(self._position, self._start), self._decoded)
            kept = self._pcm[first - self._start : self._decoded - self._start]
            self._pcm = np.concatenate([kept, levels.astype(np.int16)])
            self._start = first
        else:
            if needed > len(self._pcm):
                room = max(needed, len(self._pcm) * 9 // 8, 90 * RATE)
                self._pcm.resize((room, 2), refcheck=False)
            self._pcm[self._decoded : needed] = levels
        self._decoded = needed

    def _finish(self) -> None:
        if self._decoded == 0:
            raise SoundError(f"{self.name}: there is nothing but silence in it")
        if self._frames is not None and self._decoded != self._frames:
            if self._file:
                raise SoundError(f"{self.name}: the file has changed while it was read")
            raise SoundError(f"{self.name}: its file is damaged; install audiocoach again")
        if self._decoded < _SHORTEST_BED:
            raise SoundError(
                f"{self.name}: too short for a bed ({frames_to_ms(self._decoded)} ms); "
                "a few seconds at least make a loop"
            )
        self._whole = True
        if not self._long:
            self._pcm = self._pcm[: self._decoded].copy()

    def _measure(self) -> Measured:
        """Measure the loop, in what is held of it or in a pass of its own."""
        if self._measured is None and self._made_of:
            known = _measured_cache().get(self._made_of, self._tone)
            self._measured = known if known and known.frames == (self._frames or 0) else None
        if self._measured is None:
            if not self._long:
                self._decode_to(_LONGEST_HELD + 1)
            self._measured = measure(_levels(self._source) if self._long else self._held())
            if self._made_of:
                _measured_cache().put(self._made_of, self._tone, self._measured)
        return self._measured

    def _held(self) -> Iterator[Block]:
        for at in range(0, self._decoded, RATE):
            part = self._pcm[at : min(at + RATE, self._decoded)]
            yield part.astype(np.float32) / np.float32(_FULL_SCALE)


def _levels(source: Iterable[Block]) -> Iterator[Block]:
    """Sound at its level at 16 bits."""
    for block in source:
        levels = np.clip(np.rint(block * _FULL_SCALE), -_FULL_SCALE, _FULL_SCALE - 1)
        yield levels.astype(np.float32) / np.float32(_FULL_SCALE)


def _measured_cache() -> MeasuredCache:
    return MeasuredCache(cache_folder())


def room_tone() -> Bed:
    """What ``none`` sounds like: so soft a noise that only the channel notices it."""
    from audiocoach.synth.circular import generator, mid_side, noise

    rng = generator(0)
    curve = [(50.0, -20.0), (200.0, 0.0), (500.0, -2.0), (4000.0, -16.0), (16000.0, -34.0)]
    frames = LOOP_STRETCH * FRAME
    tone = mid_side(noise(rng, frames, curve), noise(rng, frames, curve), 0.4)
    tone *= db_to_gain(_ROOM_TONE) / np.sqrt(np.mean(tone * tone))
    sound = [tone.astype(np.float32)]
    return Bed(
        "none", iter(sound), frames=frames, loudness=LEVEL, content=f"room tone {_ROOM_TONE}"
    )
