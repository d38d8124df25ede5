"""``say-as``: words that are spoken otherwise than they are written."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from audiocoach.script.includes import included_documents
from audiocoach.script.tree import Document

Respell = Callable[[str], str]


def respellers(document: Document) -> dict[str, Respell]:
    """By the path of a script: what respells its words. The outermost script goes first."""
    own = dict(document.front.say_as)
    found = {document.path: _respeller(document.front.say_as)}
    for other in included_documents(document):
        both = {**dict(other.front.say_as), **own}
        found[other.path] = _respeller(tuple(both.items()))
    return found


def _respeller(say_as: Sequence[tuple[str, str]]) -> Respell:
    """Replaces whole words, in any case."""
    if not say_as:
        return str
    longest_first = sorted(say_as, key=lambda pair: -len(pair[0]))
    words = "|".join(f"({re.escape(word)})" for word, _ in longest_first)
    pattern = re.compile(rf"(?<!\w)(?:{words})(?!\w)", re.IGNORECASE)
    spoken = [spelling for _, spelling in longest_first]

    def respell(text: str) -> str:
        return pattern.sub(lambda match: spoken[(match.lastindex or 1) - 1], text)

    return respell
