"""What a file says of itself, the same in every format, all of it from the timeline."""

from __future__ import annotations

import datetime as dt
import os
import re
from bisect import bisect_right
from dataclasses import dataclass, replace

from audiocoach.errors import OutputError
from audiocoach.routine import Routine
from audiocoach.timeline import Timeline
from audiocoach.units import Db, Ms, db_to_gain

ARTIST = "audiocoach"
GENRE = "Speech"
"""Genre 101 of ID3."""

DATE = dt.date(2026, 1, 1)
"""What a file is dated, so that the same input gives the same bytes, whenever it is made."""

REFERENCE: Db = -18.0
"""LUFS to which ReplayGain brings a file (ReplayGain 2.0 specification)."""

PEAK = db_to_gain(-1.0)
"""What no decoded file passes, full scale at 1.0: the peak that ReplayGain is told."""

_LANGUAGES = {
    "ar": "ara",
    "cs": "ces",
    "da": "dan",
    "de": "deu",
    "el": "ell",
    "en": "eng",
    "es": "spa",
    "fi": "fin",
    "fr": "fra",
    "he": "heb",
    "hu": "hun",
    "it": "ita",
    "ja": "jpn",
    "ko": "kor",
    "nb": "nob",
    "nl": "nld",
    "no": "nor",
    "pl": "pol",
    "pt": "por",
    "ro": "ron",
    "ru": "rus",
    "sv": "swe",
    "tr": "tur",
    "uk": "ukr",
    "zh": "zho",
}
"""ISO 639-1 -> ISO 639-2, which ID3 and MP4 want."""

_UNSEEN = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff\u2028\u2029]+")
"""Control characters, among them those that end a text or a line, and halves of characters."""


@dataclass(frozen=True, slots=True)
class Span:
    """A chapter with its title, or a cue with its words."""

    start: Ms
    end: Ms
    text: str


@dataclass(frozen=True, slots=True)
class About:
    """What a file says of itself. No text holds control characters or line ends."""

    title: str
    album: str
    summary: str
    language: str
    """ISO 639-2, for instance ``eng``; ``und`` where it is not known."""
    length: Ms
    date: dt.date
    chapters: tuple[Span, ...]
    """One after the other, the first from 0, the last to the end; may be none."""
    cues: tuple[Span, ...]
    cover: bytes = b""
    """A PNG."""
    gain: Db | None = None
    """What brings the file to ``REFERENCE``; ``None`` where that is not known."""
    embedded: bytes = b""
    """The timeline for the program itself, as ``embedded.to_json`` gives it."""
    track: int = 0
    """From 1 where the file is one of several; 0 where it is not."""
    tracks: int = 0

    @property
    def transcript(self) -> str:
        """All that is said: a line for each cue, under the title of its chapter."""
        if len(self.chapters) < 2:
            return "\n".join(cue.text for cue in self.cues)
        starts = [chapter.start for chapter in self.chapters]
        lines = [[chapter.text] for chapter in self.chapters]
        for cue in self.cues:
            lines[max(0, bisect_right(starts, cue.start) - 1)].append(cue.text)
        return "\n\n".join("\n".join(part) for part in lines)

    def part(self, index: int) -> About:
        """The same for a file that holds one chapter alone."""
        chapter = self.chapters[index]
        cues = tuple(
            Span(cue.start - chapter.start, cue.end - chapter.start, cue.text)
            for cue in self.cues
            if chapter.start <= cue.start < chapter.end
        )
        return replace(
            self,
            title=chapter.text,
            album=self.title,
            length=chapter.end - chapter.start,
            chapters=(),
            cues=cues,
            embedded=b"",
            track=index + 1,
            tracks=len(self.chapters),
        )


def about(
    routine: Routine,
    timeline: Timeline,
    *,
    cover: bytes = b"",
    loudness: Db | None = None,
    embedded: bytes = b"",
) -> About:
    """What a file with this timeline says of itself; ``loudness`` is in LUFS."""
    return About(
        title=clean(routine.title),
        album=ARTIST,
        summary=clean(routine.summary),
        language=_LANGUAGES.get(routine.language.partition("-")[0].lower(), "und"),
        length=timeline.length,
        date=date(),
        chapters=tuple(Span(each.start, each.end, clean(each.title)) for each in timeline.chapters),
        cues=tuple(Span(each.start, each.end, clean(each.cue.text)) for each in timeline.cues),
        cover=cover,
        gain=None if loudness is None else REFERENCE - loudness,
        embedded=embedded,
    )


def clean(text: str) -> str:
    """A text that no format stumbles over: control characters become spaces."""
    return _UNSEEN.sub(" ", text).strip()


def date() -> dt.date:
    """``DATE``, or the day that ``SOURCE_DATE_EPOCH`` names (reproducible-builds.org).

    Raises ``OutputError`` where that is no number of seconds.
    """
    told = os.environ.get("SOURCE_DATE_EPOCH")
    if told is None:
        return DATE
    try:
        return dt.datetime.fromtimestamp(int(told), dt.UTC).date()
    except (ValueError, OverflowError, OSError):
        raise OutputError(
            f'SOURCE_DATE_EPOCH is "{told}", which is no number of seconds since 1970'
        ) from None
