"""Vorbis comments: what Ogg and FLAC files say of themselves."""

from __future__ import annotations

import base64
import struct
from typing import IO

from audiocoach import __version__
from audiocoach.artwork import SIDE
from audiocoach.embedded import OWNER
from audiocoach.sinks.about import ARTIST, GENRE, REFERENCE, About
from audiocoach.sinks.tags import replay_gain
from audiocoach.units import HOUR, MINUTE, SECOND, Ms

_MOST_CHAPTERS = 999
"""Chapters are numbered with three digits."""
_OPUS_REFERENCE = -23.0
"""LUFS to which ``R128_TRACK_GAIN`` brings a file (RFC 7845, section 5.2.1)."""
_FRONT_COVER = 3
_LARGEST_PAGE = 65_307
"""Bytes in a page of Ogg (RFC 3533, section 6)."""


def comments(about: About, *, opus: bool = False, picture: bool = True) -> dict[str, str]:
    """The comments by name; ``picture`` says whether the cover is one of them.

    Chapters are written as https://wiki.xiph.org/Chapter_Extension has them, from
    ``CHAPTER001`` on, each cue once more as a line of LRC. Opus has a gain of its own.
    """
    told = {
        "TITLE": about.title,
        "ALBUM": about.album,
        "ARTIST": ARTIST,
        "GENRE": GENRE,
        "DATE": about.date.isoformat(),
        "LANGUAGE": about.language,
        "DESCRIPTION": about.summary,
        "ENCODED-BY": f"audiocoach {__version__}",
        "TRACKNUMBER": str(about.track) if about.track else "",
        "TRACKTOTAL": str(about.tracks) if about.track else "",
    }
    for number, chapter in enumerate(about.chapters[:_MOST_CHAPTERS], 1):
        told[f"CHAPTER{number:03}"] = _clock(chapter.start)
        told[f"CHAPTER{number:03}NAME"] = chapter.text
    told["LYRICS"] = about.transcript
    told["SYNCEDLYRICS"] = "\n".join(f"[{_lrc(cue.start)}]{cue.text}" for cue in about.cues)
    if opus and about.gain is not None:
        loudness = REFERENCE - about.gain
        told["R128_TRACK_GAIN"] = str(round(256 * (_OPUS_REFERENCE - loudness)))
    else:
        told |= replay_gain(about)
    if about.embedded:
        told[OWNER.upper()] = about.embedded.decode()
    if about.cover and picture:
        told["METADATA_BLOCK_PICTURE"] = base64.b64encode(flac_picture(about.cover)).decode()
    return {name: value for name, value in told.items() if value}


def flac_picture(png: bytes) -> bytes:
    """A front cover as FLAC frames it (RFC 9639, section 8.8)."""
    mime = b"image/png"
    return b"".join(
        (
            struct.pack(">II", _FRONT_COVER, len(mime)),
            mime,
            struct.pack(">IIIIII", 0, SIDE, SIDE, 24, 0, len(png)),
            png,
        )
    )


def end_at(file: IO[bytes], frames: int) -> None:
    """Let an Ogg stream end after ``frames``: what the encoder added is not played.

    The position of the last page is where the sound ends (RFC 3533, section 6; Vorbis I
    specification, appendix A.2).
    """
    from mutagen.ogg import OggPage

    file.seek(-min(_LARGEST_PAGE, file.seek(0, 2)), 2)
    at = file.tell()
    at += file.read().rindex(b"OggS")
    file.seek(at)
    page = OggPage(file)
    if page.position > frames:
        page.position = frames
        file.seek(at)
        file.write(page.write())  # with the right checksum
    file.seek(0, 2)


def add_picture(file: IO[bytes], png: bytes) -> None:
    """Put a cover into a finished FLAC file."""
    from mutagen.flac import FLAC, Picture

    file.seek(0)
    flac = FLAC(fileobj=file)
    flac.clear_pictures()
    if png:
        flac.add_picture(Picture(flac_picture(png)))
    file.seek(0)
    flac.save(fileobj=file, padding=lambda _: 0)
    file.seek(0, 2)


def _clock(time: Ms) -> str:
    """``HH:MM:SS.mmm``."""
    return f"{time // HOUR:02}:{time // MINUTE % 60:02}:{time // SECOND % 60:02}.{time % SECOND:03}"


def _lrc(time: Ms) -> str:
    """``MM:SS.cc``, rounded down."""
    return f"{time // MINUTE:02}:{time // SECOND % 60:02}.{time % SECOND // 10:02}"
