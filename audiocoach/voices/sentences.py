"""Sentences: where one ends, and the rest that a person who breathes takes before the next.

Every voice speaks one sentence at a time, and what lies between two is made here: engines
leave the same silence after two words as after twenty, or none.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

from audiocoach.units import Db, Ms

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_LEAST, _EACH_SECOND, _MOST = 0.9, 0.04, 1.3
"""A rest, times the usual one: with each second of the sentences on either side it grows. A
speaker takes more air before a longer sentence, and the longer for it (D. H. Whalen and J. M.
Kinsella-Shaw, Phonetica 54, 1997), and the listener has more to do after it."""

_CLOSING = r"[\"'\u2019\u201d\u00bb)\]]*"
_OPENING = r"[\"'\u2018\u201c\u201e\u00ab(\[\u00bf\u00a1]?"
_END = re.compile(
    rf"[.!?\u2026]+{_CLOSING}\s+(?={_OPENING}[^\W_a-z\u00df-\u00f6\u00f8-\u00ff])"
    r"|[\u3002\uff01\uff1f]+[\u300d\u300f\u201d]?\s*(?=\S)"
)
"""What ends a sentence is followed by a capital letter, a digit, or a script without either."""
_SHORT_FORM = re.compile(
    r"(?:^|[\s(])(?:[^\W\d_]|\w\.\w|dr|mr|mrs|ms|st|no|nr|vs|ca|approx|fig|prof|sra?|mme|mlle)\.$",
    re.IGNORECASE,
)
_PAUSES = (", ", "; ", ": ", " \N{EN DASH} ", "\N{IDEOGRAPHIC COMMA}", "\N{FULLWIDTH COMMA}")
_QUICKEST = 2
"""Letters and digits: less is no sentence, but a number or a sign before one."""

_SILENCE: Db = -55.0
"""Below a sentence's loudest 10 ms; the silence of the voices measured is at -80."""
_FRAME_MS: Ms = 10
_BEFORE_MS, _AFTER_MS, _FADE_MS = 20, 40, 5


def sentences(text: str) -> list[str]:
    """The sentences of a text on one line, in order; joined by spaces they are the text."""
    found: list[str] = []
    begun = 0
    for end in _END.finditer(text):
        said = text[begun : end.end()].strip()
        if not _SHORT_FORM.search(said) and _letters(said) >= _QUICKEST:
            found.append(said)
            begun = end.end()
    last = text[begun:].strip()
    if found and _letters(last) < _QUICKEST:
        return [*found[:-1], f"{found[-1]} {last}".strip()]
    return [*found, last]


def pieces(text: str, longest: int) -> list[str]:
    """A sentence in parts of at most so many characters, cut after a comma or between words.

    Joined by spaces they are the text, but where a single word is longer.
    """
    found = []
    while len(text) > longest:
        head = text[: longest + 1]
        at = max((head.rfind(mark) + 1 for mark in _PAUSES), default=0)
        if at <= longest // 2:
            at = head.rfind(" ")
        at = min(at, longest) if at > 0 else longest
        found.append(text[:at].strip())
        text = text[at:].strip()
    return [*found, text]


def _letters(text: str) -> int:
    return sum(char.isalnum() for char in text)


def rest_between(before_s: float, after_s: float, usual: Ms) -> Ms:
    """The silence between two sentences that last so many seconds."""
    return round(usual * min(_MOST, _LEAST + _EACH_SECOND * (before_s + after_s)))


def joined(spoken: Sequence[NDArray[np.float32]], rate: int, usual: Ms) -> NDArray[np.float32]:
    """Sentences of one channel, one after the other, with the rests between them.

    Each comes without silence at its ends (``trimmed``).
    """
    import numpy as np

    pieces = list(spoken[:1])
    for before, after in pairwise(spoken):
        rest = rest_between(len(before) / rate, len(after) / rate, usual)
        pieces += [np.zeros(rate * rest // 1000, np.float32), after]
    return np.concatenate([np.zeros(0, np.float32), *pieces])


def trimmed(sound: NDArray[np.float32], rate: int) -> NDArray[np.float32]:
    """``sound`` without the silence at its ends, faded in and out over 5 ms."""
    import numpy as np

    frame = rate * _FRAME_MS // 1000
    count = len(sound) // frame
    if not count:
        return sound
    powers = np.square(sound[: count * frame].reshape(count, frame)).mean(axis=1)
    heard = np.flatnonzero(powers > powers.max() * 10 ** (_SILENCE / 10))
    if not len(heard):
        return sound
    start = max(0, int(heard[0]) * frame - rate * _BEFORE_MS // 1000)
    end = (int(heard[-1]) + 1) * frame + rate * _AFTER_MS // 1000
    kept = sound[start:end].copy()
    fade = np.linspace(0.0, 1.0, min(len(kept), rate * _FADE_MS // 1000), dtype=np.float32)
    kept[: len(fade)] *= fade
    kept[len(kept) - len(fade) :] *= fade[::-1]
    return kept
