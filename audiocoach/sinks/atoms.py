"""The tags of MP4 files, as iTunes began them and every player since reads them."""

from __future__ import annotations

from typing import IO

from audiocoach import __version__
from audiocoach.embedded import OWNER
from audiocoach.sinks.about import ARTIST, GENRE, About
from audiocoach.sinks.tags import replay_gain

_OWN = "----:com.apple.iTunes:"
_AUDIOBOOK = 2
"""The kind of media by which a library of books finds an ``.m4b``."""
_SHORT = 255
"""Bytes in ``desc``; the whole stands in ``ldes``."""


def tag(file: IO[bytes], about: About, *, book: bool = False) -> None:
    """Put what ``about`` says into a finished MP4 file; chapters and length are left alone."""
    from mutagen.mp4 import MP4, AtomDataType, MP4Cover, MP4FreeForm

    file.seek(0)
    mp4 = MP4(fileobj=file)
    if mp4.tags is None:
        mp4.add_tags()
    told = {
        "\xa9nam": about.title,
        "\xa9ART": ARTIST,
        "aART": ARTIST,
        "\xa9alb": about.album,
        "\xa9gen": GENRE,
        "\xa9day": about.date.isoformat(),
        "\xa9too": f"audiocoach {__version__}",
        "\xa9cmt": about.summary,
        "desc": about.summary.encode()[:_SHORT].decode(errors="ignore"),
        "ldes": about.summary,
        "\xa9lyr": about.transcript,
    }
    mp4.tags.clear()
    for name, value in told.items():
        if value:
            mp4.tags[name] = [value]
    if about.track:
        mp4.tags["trkn"] = [(about.track, about.tracks)]
    if book:
        mp4.tags["stik"] = [_AUDIOBOOK]
    for name, value in {"LANGUAGE": about.language, **replay_gain(about)}.items():
        mp4.tags[_OWN + name.lower()] = [MP4FreeForm(value.encode(), AtomDataType.UTF8)]
    if about.embedded:
        mp4.tags[f"----:{OWNER}:timeline"] = [MP4FreeForm(about.embedded, AtomDataType.UTF8)]
    if about.cover:
        mp4.tags["covr"] = [MP4Cover(about.cover, MP4Cover.FORMAT_PNG)]
    file.seek(0)
    mp4.save(fileobj=file, padding=lambda _: 0)
    file.seek(0, 2)
