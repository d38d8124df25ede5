"""What a name may look like: of a choice, of a loop, of a sound."""

from __future__ import annotations

import re

from audiocoach.script.limits import MAX_NAME, MAX_TITLE

RESERVED = ("round", "rounds", "next")
"""Names that the language gives itself."""

_NAME = re.compile(r"[^\W\d][\w-]*")
_VALUE = re.compile(r"\w[\w-]*")
_SEGMENT = re.compile(r"[^\\/:*?\"<>|.\s](?:[^\\/:*?\"<>|\n]*[^\\/:*?\"<>|.\s])?")
"""A part of a path that is the same file everywhere and never a way out: no hidden
name, nothing that ends in a dot or a space (Windows drops those: ``..`` with a space)."""
_DEVICES = re.compile(r"(?:con|prn|aux|nul|com\d|lpt\d)(?:\..*)?", re.IGNORECASE)
"""Files that are devices on Windows, in every folder."""


def is_name(text: str) -> bool:
    """A letter, then letters, digits, ``-`` and ``_``."""
    return len(text) <= MAX_NAME and _NAME.fullmatch(text) is not None


def is_value(text: str) -> bool:
    """One word: letters, digits, ``-`` and ``_``."""
    return len(text) <= MAX_NAME and _VALUE.fullmatch(text) is not None


def is_sound(text: str) -> bool:
    """A name in the sound bank, or a path that stays inside the script's own folder."""
    return len(text) <= MAX_TITLE and all(
        _SEGMENT.fullmatch(part) is not None and _DEVICES.fullmatch(part) is None
        for part in text.split("/")
    )


def can_be_spoken(text: str) -> bool:
    """Has a letter or a digit; a voice makes nothing of bare punctuation."""
    return any(char.isalnum() for char in text)
