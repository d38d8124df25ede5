"""Finds what is asked for by name: routines and sounds, built in or the user's own."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import platformdirs

from audiocoach.errors import NotFoundError, nearest

_PACKAGE = Path(__file__).parent


def data_folder(kind: str) -> Path:
    """``scripts`` or ``sounds`` as they travel with the program.

    An installed wheel holds them inside the package, a checkout beside it.
    """
    installed = _PACKAGE / "data" / kind
    return installed if installed.is_dir() else _PACKAGE.parent / kind


def user_folder(kind: str) -> Path:
    """The user's own ``scripts``; need not exist."""
    return platformdirs.user_data_path("audiocoach", appauthor=False) / kind


def cache_folder() -> Path:
    """Where spoken clips are kept; need not exist."""
    return platformdirs.user_cache_path("audiocoach", appauthor=False)


def state_folder() -> Path:
    """Where it is kept how far each routine was played; need not exist."""
    return platformdirs.user_state_path("audiocoach", appauthor=False)


def log_file() -> Path:
    """Where the last runs are told; need not exist."""
    return platformdirs.user_log_path("audiocoach", appauthor=False) / "audiocoach.log"


@dataclass(frozen=True, slots=True)
class RoutineFile:
    """A script that can be named on the command line."""

    name: str
    path: Path
    builtin: bool


def routines() -> list[RoutineFile]:
    """Every routine known by name; the user's own hides a built-in one of that name."""
    found: dict[str, RoutineFile] = {}
    for folder, builtin in ((data_folder("scripts"), True), (user_folder("scripts"), False)):
        for path in sorted(folder.glob("*.md")):
            found[path.stem] = RoutineFile(path.stem, path, builtin)
    return sorted(found.values(), key=lambda file: file.name)


def find_routine(name: str) -> Path:
    """The script called ``name``: a path to a file, else the stem of a known routine.

    Raises ``NotFoundError`` that names the nearest.
    """
    path = Path(name)
    if path.suffix == ".md" or len(path.parts) > 1 or (path.is_file() and path.suffix):
        if path.is_file():
            return path
        raise NotFoundError(f"no script at {name}")
    known = {file.name: file.path for file in routines()}
    if name in known:
        return known[name]
    raise NotFoundError(f'no routine is called "{name}"{nearest(name, known)}')
