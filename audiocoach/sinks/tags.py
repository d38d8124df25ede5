"""ID3 tags: what a player shows of a routine, all of it from the timeline."""

from __future__ import annotations

import io

from audiocoach import __version__
from audiocoach.embedded import OWNER
from audiocoach.routine import Routine
from audiocoach.timeline import Timeline

_LANGUAGES = {
    "de": "deu",
    "en": "eng",
    "es": "spa",
    "fr": "fra",
    "it": "ita",
    "nl": "nld",
    "pt": "por",
}
"""ISO 639-1 -> ISO 639-2, which ID3 wants."""

_NO_OFFSET = 0xFFFFFFFF
"""A chapter given by its times alone (ID3v2 Chapter Frame Addendum, section 3.1)."""


def id3(routine: Routine, timeline: Timeline, embedded: bytes = b"") -> bytes:
    """A whole ID3v2.3 tag: title, summary, language, length and chapters.

    Version 2.3 is what car radios and old players read. The first chapter begins at 0 and
    the last ends with the file. ``embedded``, as ``embedded.to_json`` gives it, travels in a
    private frame that players pass over (ID3v2.3.0, section 4.28).
    """
    from mutagen import id3 as frames

    utf16 = frames.Encoding.UTF16
    language = _LANGUAGES.get(routine.language.partition("-")[0].lower(), "und")

    def text(name: str, value: str) -> object:
        return getattr(frames, name)(encoding=utf16, text=[value])

    tags = frames.ID3()
    tags.add(text("TIT2", routine.title))
    tags.add(text("TPE1", "audiocoach"))
    tags.add(text("TALB", "audiocoach"))
    tags.add(text("TCON", "Speech"))
    tags.add(text("TLAN", language))
    tags.add(text("TLEN", str(timeline.length)))
    tags.add(text("TSSE", f"audiocoach {__version__}, LAME"))
    if routine.summary:
        tags.add(frames.COMM(encoding=utf16, lang=language, desc="", text=[routine.summary]))
    names = []
    for number, chapter in enumerate(timeline.chapters, 1):
        names.append(f"ch{number}")
        tags.add(
            frames.CHAP(
                element_id=names[-1],
                start_time=chapter.start,
                end_time=chapter.end,
                start_offset=_NO_OFFSET,
                end_offset=_NO_OFFSET,
                sub_frames=[text("TIT2", chapter.title)],
            )
        )
    top_level_ordered = frames.CTOCFlags.TOP_LEVEL | frames.CTOCFlags.ORDERED
    # One table holds 255 entries at most (section 3.2); further chapters stand without it.
    tags.add(
        frames.CTOC(
            element_id="toc",
            flags=top_level_ordered,
            child_element_ids=names[:255],
            sub_frames=[text("TIT2", routine.title)],
        )
    )
    if embedded:
        tags.add(frames.PRIV(owner=OWNER, data=embedded))
    tags.update_to_v23()
    file = io.BytesIO()
    tags.save(file, v1=0, v2_version=3, padding=lambda _: 0)
    return file.getvalue()
