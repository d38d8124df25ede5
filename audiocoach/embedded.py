"""The timeline that travels inside an exported file, so that the file can tell what it holds.

It is JSON, the same in every container: an MP3 carries it in an ID3 frame ``PRIV`` of the
owner ``OWNER``, a WAV in a chunk ``CHUNK``. Players pass over both. What is read comes from
outside and is bounded in every way.
"""

from __future__ import annotations

import json
import re
import struct
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeGuard, TypeVar

from audiocoach import __version__
from audiocoach.errors import SoundError
from audiocoach.routine import Routine
from audiocoach.timeline import Timeline
from audiocoach.units import HOUR, Ms

OWNER = "audiocoach"
CHUNK = b"acts"
"""The four letters of the chunk in a WAV file."""

_FORMAT = 1
_LARGEST = 1 << 25
"""Bytes of JSON; the longest script that can be written makes less."""
_MOST = 100_000
"""Chapters, cues or sounds."""
_LONGEST: Ms = 1000 * HOUR
_LONGEST_TEXT = 10_000
_UNSEEN = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
"""Control characters, which a terminal would obey, and halves of characters."""


@dataclass(frozen=True, slots=True)
class EmbeddedChapter:
    """A chapter and its span."""

    start_ms: Ms
    end_ms: Ms
    title: str


@dataclass(frozen=True, slots=True)
class EmbeddedCue:
    """Words and when they are said."""

    start_ms: Ms
    end_ms: Ms
    text: str


@dataclass(frozen=True, slots=True)
class EmbeddedSound:
    """A bell or another sound that is heard once."""

    start_ms: Ms
    end_ms: Ms
    name: str


@dataclass(frozen=True, slots=True)
class Embedded:
    """What a file says of itself; every tuple is in order of ``start_ms``."""

    title: str
    language: str
    """A BCP 47 tag."""
    preset: str
    """The name of the preset by which it was mixed."""
    length_ms: Ms
    chapters: tuple[EmbeddedChapter, ...] = ()
    cues: tuple[EmbeddedCue, ...] = ()
    sounds: tuple[EmbeddedSound, ...] = ()
    beds: tuple[str, ...] = ()
    """The names of what sounds between the words."""
    accessible: bool = False
    """Whether it was mixed for ears that find words in noise hard to follow."""
    program: str = ""
    """The version of audiocoach that wrote it."""


def describe(
    routine: Routine,
    timeline: Timeline,
    *,
    preset: str = "phone",
    accessible: bool = False,
    beds: Iterable[str] = (),
) -> Embedded:
    """What a file with this timeline shall say of itself.

    ``beds`` are the names of what was asked for as ambience; a folder is left out of them.
    """
    return Embedded(
        title=_clean(routine.title),
        language=_clean(routine.language),
        preset=preset,
        length_ms=timeline.length,
        chapters=tuple(
            EmbeddedChapter(chapter.start, chapter.end, _clean(chapter.title))
            for chapter in timeline.chapters
        ),
        cues=tuple(EmbeddedCue(cue.start, cue.end, _clean(cue.cue.text)) for cue in timeline.cues),
        sounds=tuple(
            EmbeddedSound(sound.start, sound.end, _clean(re.split(r"[/\\]", sound.sound.name)[-1]))
            for sound in timeline.sounds
        ),
        beds=tuple(_clean(re.split(r"[/\\]", bed)[-1]) for bed in beds),
        accessible=accessible,
        program=__version__,
    )


def to_json(embedded: Embedded) -> bytes:
    """The same bytes for the same timeline, UTF-8."""
    told = {
        "audiocoach": _FORMAT,
        "program": embedded.program,
        "title": embedded.title,
        "language": embedded.language,
        "preset": embedded.preset,
        "accessible": embedded.accessible,
        "length_ms": embedded.length_ms,
        "beds": embedded.beds,
        "chapters": [(each.start_ms, each.end_ms, each.title) for each in embedded.chapters],
        "cues": [(each.start_ms, each.end_ms, each.text) for each in embedded.cues],
        "sounds": [(each.start_ms, each.end_ms, each.name) for each in embedded.sounds],
    }
    return json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode()


def from_json(data: bytes) -> Embedded:
    """The timeline in ``data``. Raises ``ValueError`` that says what is wrong with it."""
    if len(data) > _LARGEST:
        raise ValueError(f"{len(data)} bytes of timeline are too many")
    try:
        told = json.loads(data.decode())
    except RecursionError as error:
        raise ValueError("its timeline is no JSON that was written here") from error
    except ValueError as error:
        raise ValueError(f"its timeline is no JSON ({error})") from error
    if not isinstance(told, dict) or not _whole(told.get("audiocoach"), 1, 1 << 31):
        raise ValueError("its timeline is not one of audiocoach's")
    if told["audiocoach"] > _FORMAT:
        raise ValueError(
            f"its timeline is of format {told['audiocoach']}, newer than the {_FORMAT} that this "
            "version reads; update audiocoach"
        )
    length = told.get("length_ms")
    if not _whole(length, 0, _LONGEST):
        raise ValueError("its timeline does not say how long it is")
    beds = told.get("beds", [])
    if not isinstance(beds, list) or len(beds) > _MOST:
        raise ValueError('"beds" in its timeline is no list')
    return Embedded(
        title=_text(told, "title"),
        language=_text(told, "language"),
        preset=_text(told, "preset"),
        length_ms=length,
        chapters=_spans(told, "chapters", length, EmbeddedChapter),
        cues=_spans(told, "cues", length, EmbeddedCue),
        sounds=_spans(told, "sounds", _LONGEST, EmbeddedSound),
        beds=tuple(_text({"beds": bed}, "beds") for bed in beds),
        accessible=told.get("accessible") is True,
        program=_text(told, "program"),
    )


def read(path: Path) -> Embedded | None:
    """What the file at ``path`` says of itself; ``None`` where it says nothing.

    Raises ``SoundError`` where it cannot be read or what it says is damaged.
    """
    try:
        with path.open("rb") as file:
            magic = file.read(12)
        data = _riff_chunk(path) if magic[:4] == b"RIFF" else _id3_frame(path, magic)
        return None if data is None else from_json(data)
    except OSError as error:
        raise SoundError(f"{path}: cannot be read ({error.strerror or error})") from error
    except ValueError as error:
        raise SoundError(f"{path}: {error}; export it again") from error


def _riff_chunk(path: Path) -> bytes | None:
    """The data of the chunk ``CHUNK``, or ``None``."""
    with path.open("rb") as file:
        size = file.seek(0, 2)
        at = 12
        while at + 8 <= size:
            file.seek(at)
            name, count = struct.unpack("<4sI", file.read(8))
            if name == CHUNK:
                if count > min(_LARGEST, size - at - 8):
                    raise ValueError("its timeline is cut short")
                return file.read(count)
            at += 8 + count + count % 2
    return None


def _id3_frame(path: Path, magic: bytes) -> bytes | None:
    """The data of the frame ``PRIV`` of ``OWNER``, or ``None``."""
    if magic[:3] != b"ID3":
        return None
    from mutagen import MutagenError
    from mutagen.id3 import ID3

    try:
        frames = ID3(path).getall("PRIV")
    except MutagenError as error:
        raise ValueError(f"its tags are damaged ({error})") from error
    return next((bytes(frame.data) for frame in frames if frame.owner == OWNER), None)


_Span = TypeVar("_Span", EmbeddedChapter, EmbeddedCue, EmbeddedSound)


def _spans(told: Mapping[str, Any], name: str, last: Ms, kind: type[_Span]) -> tuple[_Span, ...]:
    """``[[start, end, text], ...]``, in order and none after ``last``."""
    listed = told.get(name, [])
    if not isinstance(listed, list) or len(listed) > _MOST:
        raise ValueError(f'"{name}" in its timeline is no list')
    spans: list[_Span] = []
    least = 0
    for number, entry in enumerate(listed, 1):
        start, end, text = entry if isinstance(entry, list) and len(entry) == 3 else (None,) * 3
        if not (_whole(start, least, last) and _whole(end, start, last)):
            raise ValueError(f'entry {number} of "{name}" in its timeline is damaged')
        least = start
        spans.append(kind(start, end, _text({name: text}, name)))
    return tuple(spans)


def _text(told: Mapping[str, Any], name: str) -> str:
    text = told.get(name, "")
    if not isinstance(text, str) or len(text) > _LONGEST_TEXT:
        raise ValueError(f'a text of "{name}" in its timeline is damaged')
    return _clean(text)


def _clean(text: str) -> str:
    return _UNSEEN.sub(" ", text)


def _whole(value: object, least: int, most: int) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool) and least <= value <= most
