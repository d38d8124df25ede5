"""ID3 tags: what a player of MP3 shows of a routine."""

from __future__ import annotations

import io
from typing import Any

from audiocoach import __version__
from audiocoach.embedded import OWNER
from audiocoach.sinks.about import ARTIST, GENRE, PEAK, About

_NO_OFFSET = 0xFFFFFFFF
"""A chapter given by its times alone (ID3v2 Chapter Frame Addendum, section 3.1)."""

_MOST_ENTRIES = 255
"""In a table of contents: their number is one byte (the same, section 3.2)."""

_HEADER = 10
"""Bytes before the frames of a tag, and before what a frame holds (ID3v2.3.0, 3.1 and 3.3)."""
_LATE = (b"CTOC", b"CHAP", b"USLT", b"SYLT", b"PRIV", b"APIC")
"""The order of what follows the plain texts."""

_MILLISECONDS = 2
"""The unit of ``SYLT`` (ID3v2.3.0, section 4.10)."""
_LYRICS = 1
"""The content of ``SYLT`` that players show; 2 would be a transcription of text."""


def id3(about: About, encoder: str = "LAME", *, chapters: bool = True) -> bytes:
    """A whole ID3v2.3 tag: what ``about`` says, each chapter, each cue with its time.

    Version 2.3 is what Windows before 10 and many car radios read, and everything newer
    reads it too; docs/files.md has the sources. What is embedded travels in a private frame
    that players pass over (ID3v2.3.0, section 4.28). ``chapters`` may be left out, where
    they stand elsewhere.
    """
    from mutagen import id3 as frames

    tags = frames.ID3()
    for name, value in _texts(about, encoder).items():
        if value:
            tags.add(_text(name, value))
    if about.summary:
        tags.add(
            frames.COMM(
                encoding=_encoding(about.summary),
                lang=about.language,
                desc="",
                text=[about.summary],
            )
        )
    for name, value in replay_gain(about).items():
        tags.add(frames.TXXX(encoding=_encoding(value), desc=name, text=[value]))
    for frame in [*(_chapters(about) if chapters else []), *_words(about)]:
        tags.add(frame)
    if about.cover:
        tags.add(
            frames.APIC(
                encoding=frames.Encoding.LATIN1,
                mime="image/png",
                type=frames.PictureType.COVER_FRONT,
                desc="",
                data=about.cover,
            )
        )
    if about.embedded:
        tags.add(frames.PRIV(owner=OWNER, data=about.embedded))
    tags.update_to_v23()
    file = io.BytesIO()
    tags.save(file, v1=0, v2_version=3, padding=lambda _: 0)
    return _in_order(file.getvalue())


def _in_order(tag: bytes) -> bytes:
    """The same tag with its chapters by time and its cover at the end.

    mutagen writes frames by their size, and FFmpeg lists chapters as they come.
    """
    frames: list[tuple[int, int, bytes]] = []
    at = _HEADER
    while at < len(tag):
        end = at + _HEADER + int.from_bytes(tag[at + 4 : at + 8], "big")
        frame, name = tag[at:end], tag[at : at + 4]
        start = 0
        if name == b"CHAP":
            times = frame.index(b"\0", _HEADER) + 1
            start = int.from_bytes(frame[times : times + 4], "big")
        frames.append((_LATE.index(name) + 1 if name in _LATE else 0, start, frame))
        at = end
    return tag[:_HEADER] + b"".join(frame for _, _, frame in sorted(frames, key=lambda f: f[:2]))


def replay_gain(about: About) -> dict[str, str]:
    """The tags of ReplayGain 2.0, table 3; none where the gain is not known.

    A chapter in a file of its own carries the gain of the whole, so that the joints stay
    level.
    """
    if about.gain is None:
        return {}
    gain, peak = f"{about.gain:+.2f} dB", f"{PEAK:.6f}"
    kinds = ("TRACK", "ALBUM") if about.track else ("TRACK",)
    return {
        f"REPLAYGAIN_{kind}_{name}": value
        for kind in kinds
        for name, value in (("GAIN", gain), ("PEAK", peak))
    }


def _texts(about: About, encoder: str) -> dict[str, str]:
    return {
        "TIT2": about.title,
        "TALB": about.album,
        "TPE1": ARTIST,
        "TCON": GENRE,
        "TRCK": f"{about.track}/{about.tracks}" if about.track else "",
        "TLAN": about.language,
        "TLEN": str(about.length),
        "TDRC": about.date.isoformat(),  # TYER and TDAT in version 2.3
        "TSSE": f"audiocoach {__version__}, {encoder}",
    }


def _encoding(text: str) -> Any:
    """The plainest that holds ``text``: some car radios read nothing else."""
    from mutagen.id3 import Encoding

    return Encoding.LATIN1 if text.isascii() else Encoding.UTF16


def _text(name: str, value: str) -> Any:
    from mutagen import id3 as frames

    return getattr(frames, name)(encoding=_encoding(value), text=[value])


def _chapters(about: About) -> list[Any]:
    """A ``CHAP`` for each chapter, and the table of contents in as many ``CTOC`` as it takes.

    More than 255 chapters are spread over tables inside the top one (section 3.2).
    """
    from mutagen import id3 as frames

    if not about.chapters:
        return []
    found: list[Any] = [
        frames.CHAP(
            element_id=f"ch{number}",
            start_time=chapter.start,
            end_time=chapter.end,
            start_offset=_NO_OFFSET,
            end_offset=_NO_OFFSET,
            sub_frames=[_text("TIT2", chapter.text)],
        )
        for number, chapter in enumerate(about.chapters, 1)
    ]
    names = [frame.element_id for frame in found]
    while len(names) > _MOST_ENTRIES:
        groups = [names[at : at + _MOST_ENTRIES] for at in range(0, len(names), _MOST_ENTRIES)]
        names = [f"toc {group[0]}-{group[-1]}" for group in groups]
        found += [
            frames.CTOC(
                element_id=name,
                flags=frames.CTOCFlags.ORDERED,
                child_element_ids=group,
                sub_frames=[],
            )
            for name, group in zip(names, groups, strict=True)
        ]
    top = frames.CTOCFlags.TOP_LEVEL | frames.CTOCFlags.ORDERED
    title = [_text("TIT2", about.title)]
    table = frames.CTOC(element_id="toc", flags=top, child_element_ids=names, sub_frames=title)
    return [*found, table]


def _words(about: About) -> list[Any]:
    """All that is said, as one text and as lines with their times."""
    from mutagen import id3 as frames

    if not about.cues:
        return []
    words = about.transcript
    # A new line stands before the words that begin it (ID3v2.3.0, section 4.10).
    lines = [(f"\n{cue.text}" if at else cue.text, cue.start) for at, cue in enumerate(about.cues)]
    encoding = _encoding(words)
    return [
        frames.USLT(encoding=encoding, lang=about.language, desc="", text=words),
        frames.SYLT(
            encoding=encoding,
            lang=about.language,
            format=_MILLISECONDS,
            type=_LYRICS,
            desc="",
            text=lines,
        ),
    ]
