"""The last look at a file before it takes its name: all that was planned is in it.

It is read back from the disk, not by what wrote it: the sound is counted frame by frame
without decoding it, chapters, words and timeline come from the tags.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import IO, TYPE_CHECKING

from audiocoach import embedded, stretches
from audiocoach.errors import RenderError, SoundError
from audiocoach.sinks.about import About
from audiocoach.units import RATE, Frames

if TYPE_CHECKING:
    from av.container import InputContainer

_MOST_CHAPTERS = 999
"""What ``comments`` can number."""
_PIECE = 1 << 20
_AT_ONCE = 4096
"""Frames that are looked at together."""
_LONGEST_S = 90_000
"""No routine is so long: 2^32 samples, which FFmpeg reckons for what it does not know, are."""
_MP3_FRAME: Frames = 1152
_KBITS = (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320)
_RATES = (44_100, 48_000, 32_000)
"""MPEG-1 (ISO 11172-3, 2.4.2.3)."""


def check(path: Path, form: str, about: About, frames: Frames, name: Path | None = None) -> None:
    """Raise ``RenderError`` unless ``path`` holds so many frames, and all that it says of itself.

    ``form`` is the name of its format; ``name`` is what the message calls it.
    """
    try:
        found = _defect(path, form, about, frames)
    except (OSError, ValueError, SoundError) as error:
        found = str(error)
    if found:
        raise RenderError(
            f"{name or path}: what was written is not what was planned: {found}; it was removed. "
            "Try again, or on another disk"
        )


def _defect(path: Path, form: str, about: About, frames: Frames) -> str:
    """What is wrong with the file; nothing if nothing is."""
    length, chapters, words = _mp3_says(path) if form == "mp3" else _says(path, form)
    if abs(length - Fraction(frames, RATE)) > Fraction(1, 48_000 if form == "opus" else 10**9):
        return f"it lasts {float(length):.3f} s instead of {frames / RATE:.3f} s"
    planned = [(each.start, each.text) for each in about.chapters[:_MOST_CHAPTERS]]
    if [(round(at), title or "") for at, title in chapters[:_MOST_CHAPTERS]] != planned:
        return f"its {len(chapters)} chapters are not the {len(planned)} of the routine"
    if about.transcript not in (words or [""]):
        return f"not all of its {len(about.cues)} cues are in its words"
    if about.embedded and embedded.read(path) != embedded.from_json(about.embedded):
        return "its timeline is another one"
    return ""


_Says = tuple[Fraction, list[tuple[Fraction, str | None]], list[str]]
"""Seconds of sound; each chapter's start in ms and title; words."""


def _says(path: Path, form: str) -> _Says:
    """What a file says, by FFmpeg's reading."""
    import av

    try:
        with av.open(str(path)) as container:
            length = _length(container)
            if form == "ogg" and length > _LONGEST_S:
                length = _one_page_length(path)
            chapters = [
                (
                    each["start"] * (each["time_base"] or Fraction(1, 1000)) * 1000,
                    each["metadata"].get("title"),
                )
                for each in container.chapters()
            ]
            tags = {**container.metadata, **container.streams.audio[0].metadata}
    except av.FFmpegError as error:
        raise ValueError(f"it cannot be read ({error.strerror or error})") from error
    return length, chapters, [text for key, text in tags.items() if key.lower()[:6] == "lyrics"]


def _mp3_says(path: Path) -> _Says:
    """The same of an MP3, which needs no FFmpeg: that takes longer to load than to read."""
    from mutagen import MutagenError
    from mutagen.id3 import ID3

    try:
        tags = ID3(path)
    except MutagenError as error:
        raise ValueError(f"its tags cannot be read ({error})") from error
    chapters = [
        (Fraction(each.start_time), str(each.sub_frames["TIT2"]) if each.sub_frames else None)
        for each in sorted(tags.getall("CHAP"), key=lambda each: int(each.start_time))
    ]
    return _mp3_length(path), chapters, [str(each) for each in tags.getall("USLT")]


def _length(container: InputContainer) -> Fraction:
    """Seconds of sound, by packets that follow each other without a gap."""
    stream = container.streams.audio[0]
    base = stream.time_base or Fraction(1, RATE)
    stream.codec_context.options = {"err_detect": "crccheck+explode"}
    at: int | None = None
    last = None
    for packet in container.demux(stream):
        if packet.pts is None or packet.duration is None or not packet.size:
            continue
        if at is not None and packet.pts != at:
            raise ValueError(f"sound is missing at {float(at * base):.3f} s")
        at = packet.pts + packet.duration
        last = packet
    if last is not None and stream.codec_context.name == "flac":
        last.decode()  # what a frame of FLAC lacks at its end, only its checksum tells
    return (at or 0) * base


def _one_page_length(path: Path) -> Fraction:
    """Seconds of an Ogg file so short that FFmpeg finds no length for its only page."""
    from mutagen.oggvorbis import OggVorbis

    return Fraction(round(OggVorbis(path).info.length * RATE), RATE)


def _mp3_length(path: Path) -> Fraction:
    """Seconds of sound: the frames of the stream, less what the Info frame says is padding."""
    walk = _mp3_frames(path)
    info = next(walk, b"")
    at = max(info.find(b"Info"), info.find(b"Xing"))
    if at < 0 or len(info) < at + 144:
        raise ValueError("it has no Info frame")
    (told,) = struct.unpack_from(">I", info, at + 8)
    count = told if _is_even(path, info, told) else sum(1 for _ in walk)
    if count != told:
        raise ValueError(f"it has {count} frames of MP3 instead of {told}")
    trimmed = int.from_bytes(info[at + 141 : at + 144], "big")
    return Fraction(count * _MP3_FRAME - (trimmed >> 12) - (trimmed & 0xFFF), RATE)


def _is_even(path: Path, first: bytes, count: int) -> bool:
    """Whether after ``first`` there are ``count`` frames of one bit rate, and nothing else.

    Each header must stand where the one before it says: as ``_mp3_frames`` finds, many at once.
    """
    import numpy as np

    kbits = _KBITS[first[2] >> 4]
    with path.open("rb") as file:
        file.seek(_stream_start(file) + len(first))
        for done in range(0, count, _AT_ONCE):
            edges = stretches.edges(kbits, done, min(done + _AT_ONCE, count))
            edges -= edges[0]
            data = file.read(int(edges[-1]))
            if len(data) < edges[-1]:
                return False
            heads = np.frombuffer(data, np.uint8)[edges[:-1, None] + np.arange(4)]
            sizes = stretches.size(kbits, 1) + (heads[:, 2] >> 1 & 1).astype(int)
            alike = (heads[:, 0] == first[0]) & (heads[:, 1] == first[1])
            alike &= heads[:, 2] & ~np.uint8(2) == first[2] & ~2
            if not (alike & (sizes == np.diff(edges))).all():
                return False
        return not file.read(1)


def _stream_start(file: IO[bytes]) -> int:
    """Where the frames begin, behind the tag."""
    head = file.read(10)
    if head[:3] != b"ID3":
        return 0
    return 10 + (head[6] << 21 | head[7] << 14 | head[8] << 7 | head[9])


def _mp3_frames(path: Path) -> Iterator[bytes]:
    """The first frame of the stream, then the header of each; all of the file is frames."""
    with path.open("rb") as file:
        file.seek(_stream_start(file))
        data, at = file.read(_PIECE), 0
        first = True
        while True:
            if at + 4 > len(data):
                data, at = data[at:] + file.read(_PIECE), 0
                if len(data) < 4:
                    break
            header = data[at : at + 4]
            length = _mp3_frame_size(header)
            if first:
                yield data[at : at + length]
                first = False
            else:
                yield header
            at += length
            if at > len(data):
                more = file.read(_PIECE)
                if at > len(data) + len(more):
                    raise ValueError("its last frame is cut")
                data, at = more, at - len(data)
        if data:
            raise ValueError("something else follows its last frame")


def _mp3_frame_size(header: bytes) -> int:
    """Bytes in a frame with that header (ISO 11172-3, 2.4.3.1)."""
    index, rate = header[2] >> 4, header[2] >> 2 & 3
    if header[0] != 0xFF or header[1] & 0xFE != 0xFA or not 0 < index < 15 or rate == 3:
        raise ValueError("its stream is broken")
    return 144_000 * _KBITS[index] // _RATES[rate] + (header[2] >> 1 & 1)
