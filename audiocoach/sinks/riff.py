"""What a WAV file says of itself: chunks behind the sound, which players may pass over."""

from __future__ import annotations

import struct
from dataclasses import replace

from audiocoach import __version__
from audiocoach.sinks.about import ARTIST, GENRE, About
from audiocoach.sinks.tags import id3
from audiocoach.units import ms_to_frames


def chunks(about: About) -> bytes:
    """The title and the like, a marker for each chapter, and all of it again as ID3.

    ``LIST INFO``, ``cue`` and ``LIST adtl`` are of Microsoft and IBM, "Multimedia
    Programming Interface and Data Specifications 1.0", 1991, chapter 3; texts are UTF-8. A
    chunk ``id3`` is what players of today read: it holds words and the cover. Chapters stand
    in one place only, or FFmpeg would list them twice, and so does the timeline.
    """
    tag = id3(replace(about, embedded=b""), "PCM", chapters=False)
    return _info(about) + _markers(about) + chunk(b"id3 ", tag)


def chunk(name: bytes, data: bytes) -> bytes:
    """A chunk, filled up to an even number of bytes."""
    return struct.pack("<4sI", name, len(data)) + data + bytes(len(data) % 2)


def _info(about: About) -> bytes:
    texts = {
        b"INAM": about.title,
        b"IPRD": about.album,
        b"IART": ARTIST,
        b"IGNR": GENRE,
        b"ICMT": about.summary,
        b"ICRD": about.date.isoformat(),
        b"ILNG": about.language,
        b"ITRK": str(about.track) if about.track else "",
        b"ISFT": f"audiocoach {__version__}",
    }
    told = b"".join(chunk(name, _text(value)) for name, value in texts.items() if value)
    return chunk(b"LIST", b"INFO" + told)


def _markers(about: About) -> bytes:
    if not about.chapters:
        return b""
    points, labels = [], []
    for number, chapter in enumerate(about.chapters, 1):
        at = ms_to_frames(chapter.start)
        points.append(struct.pack("<II4sIII", number, at, b"data", 0, 0, at))
        labels.append(chunk(b"labl", struct.pack("<I", number) + _text(chapter.text)))
    cue = struct.pack("<I", len(points)) + b"".join(points)
    return chunk(b"cue ", cue) + chunk(b"LIST", b"adtl" + b"".join(labels))


def _text(text: str) -> bytes:
    return text.encode() + b"\0"
