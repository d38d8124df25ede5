"""A routine as numbered files, one for each chapter, and a playlist of them."""

from __future__ import annotations

import re
import unicodedata
from pathlib import Path
from typing import IO

from audiocoach.segments import AudioSegment
from audiocoach.sinks import Sink
from audiocoach.sinks.about import About
from audiocoach.sinks.files import WholeFiles
from audiocoach.sinks.formats import Format
from audiocoach.units import RATE, Ms, ms_to_frames

_FRAME = 4
"""Bytes in a frame."""
_FORBIDDEN = re.compile(r'[<>:"/\\|?*\x00-\x1f\x7f]+')
"""What Windows and the file systems of phones and car radios do not take in a name."""
_LONGEST = 60
"""Characters of a title in a file's name."""


class SplitSink:
    """Writes each chapter to a file of its own; joined without a gap they are the whole.

    The files lie beside ``target`` and are called after it, ``back 01 Arriving.mp3``, the
    playlist ``back.m3u8``.
    """

    def __init__(
        self, files: WholeFiles, target: Path, form: Format, about: About, bitrate: int | None
    ) -> None:
        self._files = files
        self._form = form
        self._about = about
        self._bitrate = bitrate
        self._ends = [ms_to_frames(chapter.end) * _FRAME for chapter in about.chapters]
        self._written = 0
        self._current: tuple[Sink, IO[bytes]] | None = None
        self._list = files.open(target.with_suffix(".m3u8"))
        self.playlist = target.with_suffix(".m3u8")
        digits = max(2, len(str(len(about.chapters))))
        self.paths = [
            target.with_name(
                file_name(f"{target.stem} {number:0{digits}}", chapter.text, form.name)
            )
            for number, chapter in enumerate(about.chapters, 1)
        ]
        """The files of the chapters, in order."""
        starts = [0, *self._ends]
        self.planned = [
            (path, about.part(at), (starts[at + 1] - starts[at]) // _FRAME)
            for at, path in enumerate(self.paths)
        ]
        """What each shall say of itself, and how many frames it shall hold."""
        self._part = 0

    def write(self, block: AudioSegment) -> None:
        """Take the next block; it may hold the end of a chapter and the begin of the next."""
        data = block.raw_data
        while data:
            room = self._ends[self._part] - self._written
            piece, data = data[:room], data[room:]
            if piece:
                self._sink().write(
                    AudioSegment(data=piece, sample_width=2, frame_rate=RATE, channels=2)
                )
                self._written += len(piece)
            if self._written == self._ends[self._part] and self._part + 1 < len(self._ends):
                self._finish()
                self._part += 1

    def close(self) -> None:
        """Finish the last chapter and write the playlist."""
        self._finish()
        lengths = [chapter.end - chapter.start for chapter in self._about.chapters]
        titles = [chapter.text for chapter in self._about.chapters]
        entries = list(zip(self.paths, titles, lengths, strict=True))
        self._list.write(playlist(self._about.title, entries).encode())

    def _sink(self) -> Sink:
        if self._current is None:
            file = self._files.open(self.paths[self._part])
            sink = self._form.make(file, self._about.part(self._part), self._bitrate)
            self._current = (sink, file)
        return self._current[0]

    def _finish(self) -> None:
        self._sink().close()
        if self._current is not None:
            self._files.finish(self._current[1])
            self._current = None


def playlist(title: str, entries: list[tuple[Path, str, Ms]]) -> str:
    """An extended M3U8 of files beside it: each with its title and length.

    UTF-8 without a byte order mark (RFC 8216, section 4.1); a name that would be read as a
    comment or an address is written as a path.
    """
    lines = ["#EXTM3U", f"#PLAYLIST:{title}"]
    for path, name, length in entries:
        plain = not path.name.startswith("#") and "://" not in path.name
        lines.append(f"#EXTINF:{length / 1000:.3f},{name}")
        lines.append(path.name if plain else f"./{path.name}")
    return "\n".join(lines) + "\n"


def file_name(head: str, title: str, suffix: str) -> str:
    """``head title.suffix``, with what a file system may not take left out of the title."""
    kept = _FORBIDDEN.sub(" ", unicodedata.normalize("NFC", title))
    kept = " ".join(kept.split())[:_LONGEST].strip(" .")
    while len(kept.encode()) > 2 * _LONGEST:
        kept = kept[:-1].rstrip(" .")
    return f"{head} {kept}.{suffix}" if kept else f"{head}.{suffix}"
