"""What the coach says of its own accord, in each language: one JSON file for each.

A new language is one more file: ``pt.json`` beside the others, with the same keys.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

_FOLDER = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Phrases:
    """The phrases of one language; ``{...}`` stands for what is filled in."""

    name: str
    """The language, as those call it who speak it."""
    halfway: str
    time_left: str
    """With ``{time}``: how many seconds, in words."""
    last_ten_seconds: str
    minutes_left: str
    """Of the whole routine, asked for by the listener; with ``{minutes}``, in words."""
    minute_left: str
    moments_left: str
    """The same for less than a minute."""
    when_ready: str
    """Said now and then where the coach waits for the listener."""
    round: str
    """With ``{round}`` and ``{rounds}``, in words."""
    next: str
    """With ``{next}``: a title."""
    breathe_in: str
    hold: str
    breathe_out: str
    numbers: tuple[str, ...]
    """0 to 60 in words."""

    def number(self, number: int) -> str:
        """In words as far as there are any, then in digits."""
        return self.numbers[number] if number < len(self.numbers) else str(number)


def languages() -> tuple[str, ...]:
    """The languages that have phrases: ``en`` and so on."""
    return tuple(sorted(path.stem for path in _FOLDER.glob("*.json")))


def find_phrases(language: str) -> Phrases | None:
    """The phrases of a BCP 47 tag, for instance ``de-AT``; ``None`` where there are none."""
    primary = language.partition("-")[0].lower()
    return _read(primary) if primary in languages() else None


@cache
def _read(language: str) -> Phrases:
    text = (_FOLDER / f"{language}.json").read_text(encoding="utf-8")
    values: dict[str, Any] = {key.replace("-", "_"): v for key, v in json.loads(text).items()}
    return Phrases(**{**values, "numbers": tuple(values["numbers"])})
