"""Files for sharing: exported into the cache folder, and used again while nothing changed."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
from dataclasses import fields, is_dataclass
from functools import cache
from pathlib import Path
from typing import Any

from audiocoach import __version__, library, render
from audiocoach.errors import SoundError
from audiocoach.presets import PHONE, Preset
from audiocoach.routine import Place, Routine
from audiocoach.speech import Speaker
from audiocoach.units import Ms

_MOST = 24
"""Files that are kept; those that were shared longest ago make room."""


def export(
    routine: Routine,
    speaker: Speaker,
    *,
    ambience: str | None = None,
    length: Ms | None = None,
    preset: Preset = PHONE,
    progress: render.Progress = lambda _what, _done, _of: None,
) -> Path:
    """An MP3 of the routine in the cache folder; made only if it is not there.

    Raises what ``render.export`` raises.
    """
    from audiocoach import embedded

    folder = library.cache_folder() / "shared"
    name = digest(routine, speaker.voice_key, ambience=ambience, length=length, preset=preset)
    target = folder / f"{name}.mp3"
    with contextlib.suppress(OSError, SoundError):
        if embedded.read(target) is not None:
            os.utime(target)
            return target
    with contextlib.suppress(OSError):
        folder.mkdir(parents=True, exist_ok=True)
    render.export(
        routine,
        speaker,
        target,
        ambience=ambience,
        length=length,
        preset=preset,
        progress=progress,
    )
    _make_room(folder, target)
    return target


def digest(
    routine: Routine,
    voice: str,
    *,
    ambience: str | None = None,
    length: Ms | None = None,
    preset: Preset = PHONE,
) -> str:
    """Names an export: another one where anything that is heard would differ.

    What the script says, the voice that says it, the sounds by their bytes, the settings,
    and the program that makes it; not where in the script a line stands. Raises
    ``NotFoundError`` or ``ScriptError`` where a sound is not there.
    """
    heard = [voice, ambience, length, _sounds(routine, ambience), _program()]
    told = json.dumps([_plain(routine), _plain(preset), heard], ensure_ascii=True)
    return hashlib.sha256(told.encode()).hexdigest()[:32]


def _plain(value: Any) -> Any:
    """A frozen value as JSON, without the places it was written at."""
    if isinstance(value, Place):
        return None
    if isinstance(value, tuple):
        return [_plain(each) for each in value]
    if is_dataclass(value):
        shown = [field.name for field in fields(value) if field.name != "path"]
        return [type(value).__name__, *(_plain(getattr(value, name)) for name in shown)]
    return value


def _sounds(routine: Routine, ambience: str | None) -> list[str]:
    """The bytes of the beds and of each sound, as digests."""
    from audiocoach.layers import NONE, parse_layers
    from audiocoach.soundbank import find_bed

    found = list(render.find_sounds(routine).values())
    steps = [step for chapter in routine.chapters for step in chapter.steps]
    asked = [routine.ambience, *(step.backdrop.layers for step in steps if step.backdrop)]
    base = Path(routine.path).parent if ambience is None else None
    for text in dict.fromkeys(asked if ambience is None else [ambience]):
        names = [layer.name for layer in parse_layers(text)]
        found += [find_bed(name, base) for name in names if name != NONE]
    return [hashlib.sha256(info.path.read_bytes()).hexdigest() for info in found]


@cache
def _program() -> str:
    """The version and the code: what another program made is not used again."""
    root = Path(render.__file__).parent
    code = hashlib.sha256()
    for path in sorted(root.rglob("*.py")):
        code.update(path.relative_to(root).as_posix().encode() + b"\0" + path.read_bytes())
    return f"{__version__} {code.hexdigest()}"


def _make_room(folder: Path, newest: Path) -> None:
    """Only so many are kept; one that is in use elsewhere stays where that is not allowed."""
    with contextlib.suppress(OSError):
        kept = sorted(
            (path for path in folder.glob("*.mp3") if path != newest),
            key=lambda path: path.stat().st_mtime,
        )
        for path in kept[: max(0, len(kept) + 1 - _MOST)]:
            path.unlink()
