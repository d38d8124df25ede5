"""What names an export: another name wherever anything that is heard would differ."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import fields, is_dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from audiocoach import __version__
from audiocoach.presets import PHONE, Preset
from audiocoach.routine import Place, Routine
from audiocoach.units import Ms

if TYPE_CHECKING:
    from audiocoach.soundbank import SoundInfo


def file_digest(path: Path) -> str:
    """SHA-256 of a file's bytes. Raises ``OSError``."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def digest(
    routine: Routine,
    voice: str | Sequence[str],
    *,
    ambience: str | None = None,
    length: Ms | None = None,
    preset: Preset = PHONE,
) -> str:
    """Names an export: another one where anything that is heard would differ.

    What the script says, the voice that says it (by its key; several where words ask for
    others), the sounds by their bytes, the settings, and the program that makes it; not where
    in the script a line stands. Raises ``NotFoundError`` or ``ScriptError`` where a sound is
    not there.
    """
    sounds = [file_digest(info.path) for info in sounds_of(routine, ambience)]
    heard = [voice, ambience, length, sounds, program()]
    return value_digest([_plain(routine), _plain(preset), heard])


def routine_digest(routine: Routine) -> str:
    """Names what a script says; not where in it a line stands, nor where it lies."""
    return value_digest(_plain(routine))


def value_digest(value: Any) -> str:
    """Names what JSON can hold."""
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()[:32]


def sounds_of(routine: Routine, ambience: str | None = None) -> list[SoundInfo]:
    """Each sound that is heard once, then those of the beds, in the order they are asked for.

    ``ambience`` stands for the beds of the script. Raises as ``digest`` does.
    """
    from audiocoach.layers import NONE, parse_layers
    from audiocoach.render import find_sounds
    from audiocoach.soundbank import find_bed

    found = list(find_sounds(routine).values())
    steps = [step for chapter in routine.chapters for step in chapter.steps]
    asked = [routine.ambience, *(step.backdrop.layers for step in steps if step.backdrop)]
    base = Path(routine.path).parent if ambience is None else None
    for text in dict.fromkeys(asked if ambience is None else [ambience]):
        names = [layer.name for layer in parse_layers(text)]
        found += [find_bed(name, base) for name in names if name != NONE]
    return found


@cache
def program() -> str:
    """The version and the code: what another program made is not used again."""
    root = Path(__file__).parent
    code = hashlib.sha256()
    for path in sorted(root.rglob("*.py")):
        code.update(path.relative_to(root).as_posix().encode() + b"\0" + path.read_bytes())
    return f"{__version__} {code.hexdigest()}"


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
