"""Files for sharing: exported into the cache folder, and used again while nothing changed."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

from audiocoach import library, render
from audiocoach.errors import SoundError
from audiocoach.identity import digest
from audiocoach.presets import PHONE, Preset
from audiocoach.routine import Routine
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


def _make_room(folder: Path, newest: Path) -> None:
    """Only so many are kept; one that is in use elsewhere stays where that is not allowed."""
    with contextlib.suppress(OSError):
        kept = sorted(
            (path for path in folder.glob("*.mp3") if path != newest),
            key=lambda path: path.stat().st_mtime,
        )
        for path in kept[: max(0, len(kept) + 1 - _MOST)]:
            path.unlink()
