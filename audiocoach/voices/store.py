"""The voices that the user has added: a folder for each, in the data folder of the account.

``voices/de_DE-thorsten-medium/`` holds ``de_DE-thorsten-medium.onnx``, ``.onnx.json`` and
``MODEL_CARD``; ``voices/kokoro/`` holds Kokoro's model, which its voices share, and a
``.bin`` for each of them. A folder of a Piper voice is moved there when it is whole, so
that a voice is there or not.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from pathlib import Path

from audiocoach import library
from audiocoach.errors import OutputError

KOKORO_MODEL = "kokoro-v1.0.int8.onnx"

_QUALITIES = ("medium", "high", "low", "x_low")
"""In the order in which they are taken: high costs four times as much as medium and is
hardly better."""


def folder() -> Path:
    """Where added voices lie; need not exist."""
    return library.user_folder("voices")


def piper_folder(key: str) -> Path:
    """Where the voice that the repository calls ``key`` lies."""
    return folder() / key


def kokoro_folder() -> Path:
    """Where Kokoro's model and voices lie."""
    return folder() / "kokoro"


def arriving(name: str) -> Path:
    """Where a voice lies while it comes; on the same disk."""
    return folder() / ".arriving" / name


def piper_files() -> dict[str, Path]:
    """The ``.onnx`` file of every Piper voice that was added, by its key."""
    found = {path.stem: path for path in folder().glob("*/*.onnx") if path.parent.name == path.stem}
    return dict(sorted(found.items(), key=lambda item: (quality_rank(item[0]), item[0])))


def was_added(path: Path) -> bool:
    """Whether ``voices add`` has fetched this Piper voice: it keeps the card beside it."""
    return (path.parent / "MODEL_CARD").is_file()


def kokoro_files() -> dict[str, Path]:
    """The file of every Kokoro voice that was added, by its name."""
    if not (kokoro_folder() / KOKORO_MODEL).is_file():
        return {}
    return {path.stem: path for path in sorted(kokoro_folder().glob("*.bin"))}


def short_name(key: str, taken: Iterable[str]) -> str:
    """What a Piper voice is called: ``thorsten``, ``thorsten-high``, or its key."""
    _, _, rest = key.lower().partition("-")
    name = rest.partition("-")[0]
    used = set(taken)
    return next((each for each in (name, rest) if each and each not in used), key.lower())


def quality_rank(key: str) -> int:
    """Which of several qualities of one voice is meant by its short name: the lowest."""
    quality = key.rpartition("-")[2]
    return _QUALITIES.index(quality) if quality in _QUALITIES else len(_QUALITIES)


def move_in(key: str) -> None:
    """Give a whole Piper voice its place, and take that of a damaged one that was added.

    Raises ``OutputError``.
    """
    if was_added(piper_folder(key) / key):
        _remove(piper_folder(key))
    try:
        arriving(key).replace(piper_folder(key))
    except OSError as error:
        raise OutputError(
            f"the voice cannot be moved to {piper_folder(key)}: {error.strerror or error}"
        ) from error


def remove_piper(key: str) -> int:
    """Remove a Piper voice; how many bytes that frees. Raises ``OutputError``."""
    return _remove(piper_folder(key)) + _remove(arriving(key))


def remove_kokoro(name: str) -> int:
    """Remove a Kokoro voice, and with the last one the model; how many bytes that frees.

    Raises ``OutputError``.
    """
    freed = _remove(kokoro_folder() / f"{name}.bin")
    return freed if kokoro_files() else freed + _remove(kokoro_folder())


def remove_unfinished(name: str) -> int:
    """Remove what came of a Piper voice that is not whole; how many bytes that frees.

    Raises ``OutputError``.
    """
    keys = [path.name for path in arriving("").glob("*")]
    return sum(
        _remove(arriving(key))
        for key in keys
        if name.lower() in (key.lower(), short_name(key, ()), key.lower().partition("-")[2])
    )


def _remove(path: Path) -> int:
    """The bytes that were freed."""
    try:
        if path.is_dir():
            freed = sum(file.stat().st_size for file in path.rglob("*") if file.is_file())
            shutil.rmtree(path)
            return freed
        if path.exists():
            freed = path.stat().st_size
            path.unlink()
            return freed
    except OSError as error:
        raise OutputError(f"{path} cannot be removed: {error.strerror or error}") from error
    return 0
