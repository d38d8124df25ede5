"""Voices come and go: an offer is fetched into the user's folder, or removed from it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from audiocoach.errors import FetchError, NotFoundError
from audiocoach.voices import fetch, piper, store
from audiocoach.voices.sources import Offer

Progress = Callable[[str, int, int], None]
"""Is told a file's name, how many of its bytes are here, and how many there are."""


def add(offer: Offer, progress: Progress) -> None:
    """Fetch a voice; it is there when this returns, and not before.

    Raises ``FetchError`` and ``OutputError``; what came until then is kept for another try.
    """
    folder = _folder(offer)
    fetch.check_space(folder, missing_bytes(offer))
    for name, file in offer.files:
        if not fetch.is_whole(folder / name, file):
            fetch.download(file, folder / name, _Told(progress, name, file.size))
    if offer.engine == "piper":
        _move_in(offer)


@dataclass(frozen=True, slots=True)
class _Told:
    """Tells the progress of one file."""

    progress: Progress
    name: str
    size: int

    def __call__(self, done: int) -> None:
        self.progress(self.name, done, self.size)


def _folder(offer: Offer) -> Path:
    return store.arriving(offer.key) if offer.engine == "piper" else store.kokoro_folder()


def _move_in(offer: Offer) -> None:
    arriving = store.arriving(offer.key)
    try:
        (arriving / "MODEL_CARD").write_bytes(offer.card)
        piper.read_model(arriving / f"{offer.key}.onnx", offer.key)
    except (OSError, NotFoundError) as error:
        raise FetchError(f'"{offer.key}" came, but cannot be used: {error}') from error
    store.move_in(offer.key)


def missing_bytes(offer: Offer) -> int:
    """How much of an offer is not here yet."""
    folder = _folder(offer)
    here = 0
    for name, _ in offer.files:
        for path in (folder / name, folder / f"{name}.part"):
            here += path.stat().st_size if path.is_file() else 0
    return max(0, offer.size - here)
