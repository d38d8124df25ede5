"""What is shared: each routine or file, with all that belongs to it."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from audiocoach import embedded
from audiocoach.embedded import Embedded
from audiocoach.errors import NotFoundError, SoundError

MEDIA_TYPES = {
    ".mp3": "audio/mpeg",
    ".m4a": "audio/mp4",
    ".m4b": "audio/mp4",
    ".ogg": "audio/ogg",
    ".opus": "audio/ogg",
    ".flac": "audio/flac",
    ".wav": "audio/wav",
}
"""Of the files that can be shared, by suffix."""


@dataclass(frozen=True, slots=True)
class Item:
    """One thing to hear."""

    slug: str
    """Its name in addresses: ASCII letters, digits and hyphens."""
    path: Path
    media_type: str
    told: Embedded
    """Its title, chapters and words."""
    digest: str
    """Of its bytes, in hexadecimal: what is another sound has another one."""
    size: int
    """In bytes."""

    @property
    def file_name(self) -> str:
        """The last part of its address."""
        return self.slug + self.path.suffix.lower()

    @property
    def save_name(self) -> str:
        """What it is called when it is kept: its title as far as file systems take it."""
        title = re.sub(r'[\x00-\x1f\x7f<>:"/\\|?*]+', " ", self.told.title).strip(" .")
        return (title[:80].strip() or self.slug) + self.path.suffix.lower()


def make_items(paths: Iterable[tuple[Path, str]]) -> list[Item]:
    """An item for each file; the second of a pair is what its address is made of.

    Raises ``NotFoundError`` for what is no file or of no kind that players know, and
    ``SoundError`` for what cannot be read.
    """
    items: list[Item] = []
    for path, name in paths:
        taken = {item.slug for item in items}
        items.append(_item(path, _free(_slug(name), taken)))
    return items


def is_sound(path: Path) -> bool:
    """Whether a name is that of a file to hear."""
    return path.suffix.lower() in MEDIA_TYPES


def exported_here(folder: Path) -> list[Path]:
    """The files in a folder that audiocoach wrote, by name."""
    found = []
    for path in sorted(folder.iterdir()):
        if is_sound(path) and path.is_file() and not path.name.startswith("."):
            try:
                told = embedded.read(path)
            except SoundError:
                continue
            if told is not None:
                found.append(path)
    return found


def _item(path: Path, slug: str) -> Item:
    if not path.is_file():
        raise NotFoundError(f"no file at {path}")
    if not is_sound(path):
        raise NotFoundError(f"{path} is none of {', '.join(MEDIA_TYPES)}")
    told = embedded.read(path)
    try:
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
            size = file.tell()
    except OSError as error:
        raise SoundError(f"{path}: cannot be read ({error.strerror or error})") from error
    if told is None:
        told = Embedded(path.stem, "en", "", _length_of(path))
    return Item(slug, path, MEDIA_TYPES[path.suffix.lower()], told, digest[:32], size)


def _length_of(path: Path) -> int:
    """The length of a file that does not tell of itself, in milliseconds.

    Raises ``SoundError`` where it is no sound.
    """
    from mutagen import File, MutagenError

    try:
        opened = File(path)
    except MutagenError as error:
        raise SoundError(f"{path}: cannot be read as sound ({error})") from error
    if opened is None or opened.info is None:
        raise SoundError(f"{path}: cannot be read as sound")
    return round(float(opened.info.length) * 1000)


def _slug(name: str) -> str:
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", plain.lower()).strip("-")[:48].strip("-") or "routine"


def _free(slug: str, taken: set[str]) -> str:
    number = 1
    while (name := slug if number == 1 else f"{slug}-{number}") in taken:
        number += 1
    return name
