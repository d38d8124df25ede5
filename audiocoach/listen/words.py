"""The words: what can be said to the coach, and what each asks for."""

from __future__ import annotations

from dataclasses import dataclass

from audiocoach.live.status import Command

WAKE = "coach"
"""Every command begins with it, or follows it."""


@dataclass(frozen=True, slots=True)
class Phrase:
    """What is said after the wake word."""

    words: str
    command: Command


PHRASES: tuple[Phrase, ...] = (
    Phrase("pause", Command.PAUSE),
    Phrase("continue", Command.RESUME),
    Phrase("next", Command.NEXT),
    Phrase("back", Command.PREVIOUS),
    Phrase("repeat", Command.REPEAT),
    Phrase("slower", Command.SLOWER),
    Phrase("faster", Command.FASTER),
    Phrase("longer", Command.LONGER),
    Phrase("shorter", Command.SHORTER),
    Phrase("louder", Command.LOUDER),
    Phrase("quieter", Command.QUIETER),
    Phrase("how long", Command.HOW_LONG),
    Phrase("stop", Command.QUIT),
    Phrase("done", Command.DONE),
)
