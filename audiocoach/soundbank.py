"""The sound bank: finds the sounds in ``sounds/`` and a user's own, and decodes them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np

from audiocoach import loops
from audiocoach.decode import Block, decode
from audiocoach.errors import NotFoundError, SoundError, nearest
from audiocoach.library import data_folder
from audiocoach.loudness import loudest_moment
from audiocoach.presets import BedTone
from audiocoach.synth import LEVEL, MANIFEST, Kind
from audiocoach.tone import bed_toned
from audiocoach.units import RATE, Db, Frames, Ms, clock, db_to_gain, frames_to_ms

_SEAM: Frames = 1024
"""Over this, the end of a decoded loop becomes what its file holds before the start: the
same sound, but with that error of the encoder which runs on into the start."""
_LONGEST_MARK: Frames = 60 * RATE
_MARK_RISE, _MARK_FALL = RATE // 1000, RATE // 50
"""A user's mark fades in over 1 ms and out over 20 ms, in case it was cut from something."""
_MARK_PEAK = db_to_gain(-6.0)


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
    toned: tuple[tuple[BedTone, Db], ...] = ()
    """LUFS of the loop in some tones."""

    @property
    def length(self) -> Ms:
        """0 for a user's file: nobody has read it yet."""
        return frames_to_ms(self.frames or 0)


def sounds() -> list[SoundInfo]:
    """The beds and marks of the bank, from its manifest; nothing is decoded. ``SoundError``."""
    return _listed(("bed", "mark"))


def _listed(kinds: tuple[Kind, ...]) -> list[SoundInfo]:
    folder = data_folder("sounds")
    try:
        manifest = json.loads((folder / MANIFEST).read_bytes())
        return [_info(folder, entry) for entry in manifest["sounds"] if entry["kind"] in kinds]
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
        toned=tuple(
            (BedTone(**known["tone"]), float(known["loudness"])) for known in entry.get("toned", ())
        ),
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
    there = False
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
        there = path.exists()
        beside = {other.name for other in path.parent.iterdir()} if Path(name).suffix else set()
    except (OSError, RuntimeError, ValueError):
        beside = set()  # no such folder, a loop of links, a name that no file can have
    if Path(name).suffix or len(Path(name).parts) > 1:
        if there:
            raise NotFoundError(f'"{name}" is no sound file, but a folder or a device')
        hint = nearest(Path(name).name, sorted(beside)) if beside else ""
        hint = hint if hint.startswith("; did") else ""
        raise NotFoundError(f'there is no sound file "{name}"{hint}')
    raise NotFoundError(f'no sound is called "{name}"{nearest(name, offered)}')


def find_bed(name: str, base: Path | None) -> SoundInfo:
    """As ``find_sound``, of what can lie under everything."""
    offered = [*named("bed"), "none"]
    info = _find(name, base, offered)
    if info.kind == "mark":
        raise NotFoundError(f'"{name}" sounds once; as a bed there is {", ".join(offered)}')
    return info


def named(kind: Literal["bed", "mark"]) -> list[str]:
    """The names of the bank's beds, or of its marks."""
    return [info.name for info in sounds() if info.kind == kind]


@dataclass(frozen=True, slots=True)
class Loop:
    """The loop of a bed, decoded each time that it is asked for."""

    info: SoundInfo
    tone: BedTone | None = None

    def __iter__(self) -> Iterator[Block]:
        info, tone = self.info, self.tone
        blocks = decode(info.path)
        if info.frames is None:
            blocks = loops.trimmed(blocks)
            return loops.crossfaded(bed_toned(blocks, tone) if tone else blocks)
        blocks = bed_toned(blocks, tone, trusted=True) if tone else blocks
        lead = min(_SEAM, info.start)
        blocks = loops.cut(blocks, info.start - lead, info.frames + lead)
        return loops.looped(blocks, loops.same_fade(lead))


def earcons() -> list[SoundInfo]:
    """The sounds that answer the listener, for ``load_mark``; a script cannot ask for them."""
    return _listed(("earcon",))


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
