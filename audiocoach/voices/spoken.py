"""What goes into every engine, and what has to come out of it."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING

from audiocoach.errors import SpeechError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

REVISION = 3
"""Part of every voice's ``key``: count it up when ``plain``, a rest or a check changes the
sound."""

QUIETEST_PEAK = 0.003
"""-50 dBFS: what never gets louder than that is silence, not speech."""

SHORTEST_MS_PER_LETTER = 15
"""A quarter of what the fastest pace needs: shorter speech has lost words."""

LONGEST_MS, LONGEST_MS_PER_CHARACTER = 5_000, 1_000
"""Far more than the slowest way to spell: what is longer is an engine that has lost its way."""

_LONGEST_QUOTE = 80
_MARKUP = str.maketrans({"<": " ", ">": " "})
_JOINERS = "\u200c\u200d"
_LATIN_1_END = 0x100


def quote(text: str) -> str:
    """``text`` on one line, in quotation marks, as short as a message needs it."""
    line = " ".join(text.split())
    return f'"{line if len(line) <= _LONGEST_QUOTE else line[: _LONGEST_QUOTE - 1] + "…"}"'


def plain(text: str, voice: str) -> str:
    """``text`` on one line, without what an engine would take for a command or cannot say.

    Markup is not interpreted, whatever the engine: SAPI reads a text that begins with
    ``<`` as XML, Piper and macOS read ``[[...]]`` as phonemes and commands. Pictures
    (emoji) go: engines read out their long names, or nothing. Raises ``SpeechError``
    that names ``voice`` if neither a letter nor a digit is left.
    """
    words = " ".join(clean(text).split())
    if not any(char.isalnum() for char in words):
        raise SpeechError(
            f'the cue {quote(text)} has no word that the voice "{voice}" could speak; '
            "write it in words"
        )
    return words


def clean(text: str) -> str:
    """As ``plain``, with white space as it is and without a check."""
    whole = unicodedata.normalize("NFC", text).translate(_MARKUP)
    whole = whole.replace("[[", " ").replace("]]", " ")
    return "".join(_kept(before, char) for before, char in zip(" " + whole, whole, strict=False))


def _kept(before: str, char: str) -> str:
    """What of ``char`` is spoken after ``before``: itself, a space or nothing."""
    category = unicodedata.category(char)
    if category in ("Cc", "Cn", "Co", "Cs"):
        return " "
    if category == "Cf":
        return char if char in _JOINERS and unicodedata.category(before)[0] in "LM" else ""
    if category in ("So", "Sk"):  # the degree sign and its Latin-1 neighbours are words
        return char if ord(char) < _LATIN_1_END else " "
    if category == "Me" or "VARIATION SELECTOR" in unicodedata.name(char, ""):
        return ""
    return char


def defect(samples: NDArray[np.float32], rate: int, words: str) -> str:
    """What is wrong with the speech of ``words``, one channel at ``rate`` Hz; else nothing."""
    length_ms = len(samples) * 1000 // rate
    if not len(samples):
        return "no sound came"
    if not float(abs(samples).max()) >= QUIETEST_PEAK:
        return f"{length_ms} ms of silence came"
    if length_ms < SHORTEST_MS_PER_LETTER * sum(char.isalnum() for char in words):
        return f"only {length_ms} ms of speech came: words are missing"
    if length_ms > LONGEST_MS + LONGEST_MS_PER_CHARACTER * len(words):
        return f"{length_ms} ms of sound came: these words do not last so long"
    return ""
