"""The sound bank: finds the sounds in ``sounds/`` and a user's own, decodes and loops them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from audiocoach import loops
from audiocoach.decode import Block, decode
from audiocoach.errors import NotFoundError, SoundError, nearest
from audiocoach.library import data_folder
from audiocoach.loudness import (
    HOP,
    STEP,
    gated_loudness,
    hop_energies,
    loudest_moment,
    step_energies,
)
from audiocoach.presets import BedTone
from audiocoach.synth import LEVEL, MANIFEST
from audiocoach.tone import bed_toned
from audiocoach.units import RATE, Db, Frames, Ms, clock, db_to_gain, frames_to_ms

_ROOM_TONE: Db = -70.0
"""RMS over full scale: barely audible, but the channel is never digitally silent."""
_SEAM: Frames = 1024
"""Over this, the end of a decoded loop becomes what its file holds before the start: the
same sound, but with that error of the encoder which runs on into the start."""
_SHORTEST_BED: Frames = RATE
_QUIETEST: Db = -60.0
"""LUFS; brought up from there, a user's file would be hiss."""
_LONGEST_MARK: Frames = 60 * RATE
_MARK_RISE, _MARK_FALL = RATE // 1000, RATE // 50
"""A user's mark fades in over 1 ms and out over 20 ms, in case it was cut from something."""
_MARK_PEAK = db_to_gain(-6.0)
_FULL_SCALE = 32768.0


@dataclass(frozen=True, slots=True)
class SoundInfo:
    """A sound that was found, not opened yet."""

    name: str
    """The name in the bank, or the path as it was asked for."""
    kind: Literal["bed", "mark", "file"]
    """A bed loops, a mark sounds once, a user's file may be either."""
    description: str
    path: Path
    frames: Frames | None = None
    """Length of the loop or mark; unknown for a user's file."""
    start: Frames = 0
    """Where in the decoded file it begins."""
    loudness: Db | None = None
    """LUFS of the loop, or of a mark's loudest 400 ms; unknown for a user's file."""

    @property
    def length(self) -> Ms:
        """0 for a user's file: nobody has read it yet."""
        return frames_to_ms(self.frames or 0)


def sounds() -> list[SoundInfo]:
    """The built-in sounds, from the manifest; nothing is decoded. Raises ``SoundError``."""
    folder = data_folder("sounds")
    try:
        manifest = json.loads((folder / MANIFEST).read_bytes())
        return [_info(folder, entry) for entry in manifest["sounds"]]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise SoundError(
            f"the sound bank at {folder} cannot be read ({error}); install audiocoach again"
        ) from error


def _info(folder: Path, entry: dict[str, Any]) -> SoundInfo:
    return SoundInfo(
        name=str(entry["name"]),
        kind="bed" if entry["kind"] == "bed" else "mark",
        description=str(entry["description"]),
        path=folder / str(entry["file"]),
        frames=int(entry["frames"]),
        start=int(entry["start"]),
        loudness=float(entry["loudness"]),
    )


def find_sound(name: str, base: Path | None) -> SoundInfo:
    """The sound called ``name``: one of the bank, else a file.

    For a script ``base`` is its folder: the path is relative to it, and nothing outside
    it is found, by whatever links. ``None``: any path, as from a command line. Raises
    ``NotFoundError`` that names the nearest.
    """
    return _find(name, base, [info.name for info in sounds()])


def _find(name: str, base: Path | None, offered: list[str]) -> SoundInfo:
    """``offered``: names of the bank that may have been meant."""
    bank = {info.name: info for info in sounds()}
    if name in bank:
        return bank[name]
    try:
        path = Path(name).expanduser() if base is None else (base / name).resolve()
        if base is not None and not path.is_relative_to(base.resolve()):
            raise NotFoundError(
                f'the sound "{name}" is outside the folder of the script; copy it beside the script'
            )
        if path.is_file():
            return SoundInfo(name, "file", "a file", path)
        beside = {other.name for other in path.parent.iterdir()} if Path(name).suffix else set()
    except (OSError, RuntimeError, ValueError):
        beside = set()  # no such folder, a loop of links, a name that no file can have
    if Path(name).suffix or len(Path(name).parts) > 1:
        hint = nearest(Path(name).name, sorted(beside)) if beside else ""
        hint = hint if hint.startswith("; did") else ""
        raise NotFoundError(f'there is no sound file "{name}"{hint}')
    raise NotFoundError(f'no sound is called "{name}"{nearest(name, offered)}')


def find_bed(name: str, base: Path | None) -> SoundInfo:
    """As ``find_sound``, of what can lie under everything."""
    offered = [*_named("bed"), "none"]
    info = _find(name, base, offered)
    if info.kind == "mark":
        raise NotFoundError(f'"{name}" sounds once; as a bed there is {", ".join(offered)}')
    return info


def _named(kind: str) -> list[str]:
    return [info.name for info in sounds() if info.kind == kind]


class Bed:
    """A loop without end and without a seam, read from its beginning on.

    It is decoded as far as it is read, once; then it lies in memory at 16 bits. Reading
    raises ``SoundError`` where the file turns out to be damaged. Not for two threads at
    once.
    """

    def __init__(
        self,
        name: str,
        source: Iterator[Block],
        *,
        frames: Frames | None = None,
        loudness: Db | None = None,
    ) -> None:
        """``source`` gives the loop once; its length and loudness, if they are known."""
        self.name = name
        self._frames = frames
        self._source = source
        self._pcm = np.zeros((0, 2), dtype=np.int16)
        self._decoded: Frames = 0
        """Frames of ``_pcm`` that hold sound."""
        self._whole = False
        self._error: SoundError | None = None
        self._loudness = loudness
        self._energies: NDArray[np.float64] | None = None
        self._position: Frames = 0

    @classmethod
    def open(cls, info: SoundInfo, tone: BedTone | None = None) -> Bed:
        """A bed of the bank or a user's file, in a tone if one is given.

        Raises ``SoundError``, ``NotFoundError``.
        """
        if info.kind == "mark":
            known = ", ".join(_named("bed"))
            raise NotFoundError(f'"{info.name}" sounds once; as a bed there is {known}')
        blocks = decode(info.path)
        if info.frames is None:
            blocks = loops.trimmed(blocks)
            blocks = bed_toned(blocks, tone) if tone else blocks
            bed = cls(info.name, loops.crossfaded(blocks))
            bed._decode_to(_SHORTEST_BED)
            return bed
        blocks = bed_toned(blocks, tone) if tone else blocks
        lead = min(_SEAM, info.start)
        blocks = loops.cut(blocks, info.start - lead, info.frames + lead)
        loop = loops.looped(blocks, loops.same_fade(lead))
        loudness = None if tone else info.loudness
        return cls(info.name, loop, frames=info.frames, loudness=loudness)

    @property
    def position(self) -> Frames:
        """The frame of the loop that is read next."""
        return self._position

    @property
    def frames(self) -> Frames:
        """The length of the loop. A user's file is wholly decoded for it."""
        if self._frames is None:
            self._frames = self._decode_to(None)
        return self._frames

    @property
    def loudness(self) -> Db:
        """LUFS, integrated over the loop. A user's file is wholly decoded for it.

        A room tone counts as a built-in bed, so that nobody brings it up.
        """
        if self._loudness is None:
            steps = self._loop_energies()
            loudness = gated_loudness(np.concatenate([steps, steps[:3]]))
            if loudness < _QUIETEST:
                raise SoundError(
                    f"{self.name}: too quiet for a bed ({loudness:.0f} LUFS); make it louder"
                )
            self._loudness = loudness
        return self._loudness

    def read(self, frames: Frames) -> Block:
        """The next ``frames`` frames at the level at which they are stored; ``(frames, 2)``."""
        out = np.empty((frames, 2), dtype=np.float32)
        done = 0
        while done < frames:
            wanted = self._position + frames - done
            end = min(wanted, self._decode_to(wanted))
            part = self._pcm[self._position : end]
            np.multiply(part, np.float32(1 / _FULL_SCALE), out=out[done : done + len(part)])
            done += len(part)
            self._position = end
            if self._whole and end == self._decoded:
                self._position = 0
        return out

    def seek(self, frame: Frames) -> None:
        """Read on as if ``frame`` frames had been read from the beginning, over all rounds."""
        if frame >= self._decode_to(frame + 1):
            frame %= self.frames
        self._position = frame

    def step_energies(self, steps: int) -> NDArray[np.float64]:
        """K-weighted energies of the first ``steps`` steps of 100 ms, over all rounds.

        See ``loudness.step_energies``. A loop that is no whole number of steps is off by
        less than one.
        """
        return self.energies_at(np.arange(steps) * STEP)

    def energies_at(self, frames: NDArray[np.int64]) -> NDArray[np.float64]:
        """The same of the steps in which some frames lie, counted over all rounds."""
        return np.asarray(self._loop_energies()[frames % self.frames // STEP])

    def _decode_to(self, end: Frames | None) -> Frames:
        """Decode until ``end`` frames are there, or all; returns how many there are."""
        if self._error:
            raise self._error
        try:
            while not self._whole and (end is None or self._decoded < end):
                block = next(self._source, None)
                if block is None:
                    self._finish()
                else:
                    self._append(block)
        except SoundError as error:
            self._error = error
            raise
        return self._decoded

    def _append(self, block: Block) -> None:
        needed = self._decoded + len(block)
        if needed > len(self._pcm):
            room = max(needed, len(self._pcm) * 9 // 8, 90 * RATE)
            self._pcm.resize((room, 2), refcheck=False)
        levels = np.clip(np.rint(block * _FULL_SCALE), -_FULL_SCALE, _FULL_SCALE - 1)
        self._pcm[self._decoded : needed] = levels
        self._decoded = needed

    def _finish(self) -> None:
        if self._decoded == 0:
            raise SoundError(f"{self.name}: there is nothing but silence in it")
        if self._frames is not None and self._decoded != self._frames:
            raise SoundError(f"{self.name}: its file is damaged; install audiocoach again")
        if self._decoded < _SHORTEST_BED:
            raise SoundError(
                f"{self.name}: too short for a bed ({frames_to_ms(self._decoded)} ms); "
                "a few seconds at least make a loop"
            )
        self._whole = True
        self._pcm.resize((self._decoded, 2), refcheck=False)

    def _loop_energies(self) -> NDArray[np.float64]:
        """Step energies of the loop, weighted in pieces: a user's file may be long."""
        if self._energies is None:
            context, piece = 25, 247  # hops; with the weighting's tail, a little under 2^17 frames
            hops = []
            self._decode_to(None)
            whole = -(-self.frames // STEP) * STEP  # the last step goes on into the beginning
            for start in range(0, whole, piece * HOP):
                end = min(start + piece * HOP, whole)
                at = np.arange(start - context * HOP, end) % self.frames
                sound = self._pcm[at].astype(np.float32) / np.float32(_FULL_SCALE)
                hops.append(hop_energies(sound)[context:])
            self._energies = step_energies(np.concatenate(hops))
        return self._energies


def room_tone() -> Bed:
    """What ``none`` sounds like: so soft a noise that only the channel notices it."""
    from audiocoach.synth.circular import generator, mid_side, noise

    rng = generator(0)
    curve = [(50.0, -20.0), (200.0, 0.0), (500.0, -2.0), (4000.0, -16.0), (16000.0, -34.0)]
    frames = 8 * RATE
    tone = mid_side(noise(rng, frames, curve), noise(rng, frames, curve), 0.4)
    tone *= db_to_gain(_ROOM_TONE) / np.sqrt(np.mean(tone * tone))
    return Bed("none", iter([tone.astype(np.float32)]), frames=frames, loudness=LEVEL)


def load_mark(info: SoundInfo) -> Block:
    """A mark of the bank, or a user's file brought to the same level; shape ``(n, 2)``.

    ``LEVEL`` over its loudest 400 ms, or less where its peak would pass -6 dBFS. Raises
    ``SoundError``, ``NotFoundError``.
    """
    if info.kind == "bed":
        known = (other.name for other in sounds() if other.kind == "mark")
        raise NotFoundError(f'"{info.name}" never ends; as a mark there is {", ".join(known)}')
    blocks = decode(info.path)
    if info.frames is not None:
        sound = loops.gather(loops.cut(blocks, info.start, info.frames), info.frames)
        if len(sound) != info.frames:
            raise SoundError(f"{info.name}: its file is damaged; install audiocoach again")
        return sound
    sound = loops.gather(loops.trimmed(blocks), _LONGEST_MARK + 1)
    if len(sound) > _LONGEST_MARK:
        limit = clock(frames_to_ms(_LONGEST_MARK))
        raise SoundError(f"{info.name}: too long for a mark; it may last {limit} at most")
    if len(sound) == 0:
        raise SoundError(f"{info.name}: there is nothing but silence in it")
    rise, fall = min(_MARK_RISE, len(sound)), min(_MARK_FALL, len(sound))
    sound[:rise] *= loops.same_fade(rise)[1]
    sound[-fall:] *= loops.same_fade(fall)[0]
    gain = db_to_gain(LEVEL - loudest_moment(sound))
    return sound * np.float32(min(gain, _MARK_PEAK / float(np.abs(sound).max())))
