"""Attention: from utterances to commands, and no further.

"Coach, pause" in one breath is a command. After "coach", or where only that was clear, a command
is awaited for a while. What is unclear is passed over, and so is what the coach says itself.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from audiocoach.listen.activity import Utterance
from audiocoach.listen.recogniser import LONGEST_S, RATE, Evidence, Mono, Recogniser
from audiocoach.listen.words import WAKE, Phrase
from audiocoach.live.status import Command

AWAITED_S = 5.0
"""A command is awaited for so long after the wake word."""

# What it takes, in nats: chosen on what the voices for tuning said, see ``benchmarks/README.md``.
_WAKE_ALONE = 4.5
"""For the wake word: to await a command."""
_WAKE_WITH = 1.5
"""With a command in the same breath,"""
_PHRASE_WITH = 4.0
"""for that command,"""
_BOTH = 9.0
"""and for the two together."""
_LEAD_WITH = 2.0
"""Between that command and the next likely one: another than was asked for would be worse than
none."""
_AFTER = 3.5
"""For a command that is awaited,"""
_LEAD_AFTER = 0.7
"""and between that and the next likely one."""
_ALIKE = 1.5
"""What the coach says itself is like a command if it lacks no more than this to be taken for it:
the way through the room to the microphone can only make it less like."""
_SOUNDS = 1e-3
"""RMS of the loudspeaker's signal from which on it may hold words: -60 dBFS."""


@dataclass(frozen=True, slots=True)
class Said:
    """What was made out."""

    command: Command
    """``ATTEND`` for the wake word alone, ``IGNORE`` where nothing more came of it."""
    words: str
    """The wake word and the phrase; empty for ``IGNORE``."""


class Attention:
    """Hears utterances one after the other."""

    def __init__(
        self,
        recogniser: Recogniser,
        phrases: Sequence[Phrase],
        own: Callable[[int, int], Mono],
    ) -> None:
        """``own`` tells what the loudspeaker played between two samples of the microphone."""
        self._recogniser, self._phrases, self._own = recogniser, phrases, own
        self._awaited_since: int | None = None
        """The end of the wake word, while a command is awaited."""

    def hear(self, utterance: Utterance) -> Said | None:
        """What was said with an utterance, if anything."""
        found = self._recogniser.evidence(utterance.sound)
        *_, second, best = np.argsort(found.phrases)
        lead = float(found.phrases[best] - found.phrases[second])
        if self._is_asked(found, best, lead) and not self._is_own(utterance, best):
            self._awaited_since = None
            phrase = self._phrases[best]
            return Said(phrase.command, f"{WAKE}, {phrase.words}")
        if found.wake > _WAKE_ALONE and not self._is_own(utterance):
            self._awaited_since = utterance.end
            return Said(Command.ATTEND, WAKE)
        return None

    def wait(self, now: int, *, speaking: bool) -> Said | None:
        """At sample ``now``: whether a command was awaited for too long."""
        since = self._awaited_since
        if since is None or speaking or now - since < AWAITED_S * RATE:
            return None
        self._awaited_since = None
        return Said(Command.IGNORE, "")

    def _is_asked(self, found: Evidence, phrase: int, lead: float, less: float = 0.0) -> bool:
        """Whether a phrase is said that leads by so much; ``less`` is taken off what it takes."""
        wake, likely = found.wake + less, float(found.phrases[phrase]) + less
        if self._awaited_since is not None and likely > _AFTER and lead > _LEAD_AFTER:
            return True
        together = wake > _WAKE_WITH and likely > _PHRASE_WITH and found.wake + likely > _BOTH
        return together and lead > _LEAD_WITH

    def _is_own(self, utterance: Utterance, phrase: int | None = None) -> bool:
        """Whether the coach says it: a phrase, or the wake word."""
        played = self._own(utterance.begin, utterance.end)
        if not len(played) or float(np.sqrt(np.mean(played**2))) < _SOUNDS:
            return False
        own = self._recogniser.evidence(played[: round(LONGEST_S * RATE)])
        if phrase is None:
            return own.wake + _ALIKE > _WAKE_ALONE
        return self._is_asked(own, phrase, np.inf, _ALIKE)
