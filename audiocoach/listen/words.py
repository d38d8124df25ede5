"""The words: what can be said to the coach, and what each asks for."""

from __future__ import annotations

from dataclasses import dataclass

from audiocoach.live.status import Command

WAKE = "coach"
"""Every command begins with it, or follows it."""

WAKE_USUAL = -13.2
"""As ``Phrase.usual``, of the wake word."""


@dataclass(frozen=True, slots=True)
class Phrase:
    """What is said after the wake word."""

    words: str
    command: Command
    usual: float
    """Natural logarithm of the probability that the recogniser gives to it, after the wake word,
    in sounds in which nobody says it: the median over 350 utterances of the voices for tuning of
    ``benchmarks/commanding/speakers.py``, moved by 2 at most where that told 252 commands apart
    better (a multinomial logistic regression, with these as its only weights)."""


PHRASES: tuple[Phrase, ...] = (
    Phrase("pause", Command.PAUSE, -12.7),
    Phrase("continue", Command.RESUME, -13.0),
    Phrase("next", Command.NEXT, -13.6),
    Phrase("back", Command.PREVIOUS, -12.5),
    Phrase("repeat", Command.REPEAT, -13.1),
    Phrase("slower", Command.SLOWER, -15.5),
    Phrase("faster", Command.FASTER, -14.8),
    Phrase("longer", Command.LONGER, -15.1),
    Phrase("shorter", Command.SHORTER, -16.7),
    Phrase("louder", Command.LOUDER, -14.6),
    Phrase("quieter", Command.QUIETER, -16.2),
    Phrase("how long", Command.HOW_LONG, -15.3),
    Phrase("stop", Command.QUIT, -9.6),
    Phrase("done", Command.DONE, -12.8),
)
