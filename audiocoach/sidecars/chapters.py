"""Chapters as Podcasting 2.0 wants them: JSON Chapters Format, version 1.2."""

from __future__ import annotations

import json

from audiocoach.embedded import Embedded
from audiocoach.units import SECOND, Ms

TYPE = "application/json+chapters"
"""The media type that the format asks for."""


def to_chapters(told: Embedded) -> str:
    """One chapter for each of the routine's; seconds, in order of ``startTime``."""
    chapters = [
        {
            "startTime": _seconds(chapter.start_ms),
            "endTime": _seconds(chapter.end_ms),
            "title": chapter.title,
        }
        for chapter in told.chapters
    ]
    document = {
        "version": "1.2.0",
        "author": "audiocoach",
        "title": told.title,
        "chapters": chapters,
    }
    return json.dumps(document, ensure_ascii=False, indent=1) + "\n"


def _seconds(time: Ms) -> float:
    whole, rest = divmod(time, SECOND)
    return whole if rest == 0 else time / SECOND
