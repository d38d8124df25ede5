"""``say-as``: words that the voice says wrong, spelt for it in another way."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence


def respeller(say_as: Sequence[tuple[str, str]]) -> Callable[[str], str]:
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
