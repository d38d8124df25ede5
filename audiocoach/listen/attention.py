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
_FAINT_S = 0.7
"""After it, what has come since is heard once, though nothing was found that was loud enough."""

# What it takes, as logarithms of odds: chosen with voices that nothing was learnt from, see
# ``benchmarks/commanding_bounds.py``.
_WAKE_ALONE = 1.5
"""For the wake word: to await a command."""
_WAKE_WITH = -1.0
"""With a command in the same breath,"""
_PHRASE_WITH = 0.0
"""for that command,"""
_BOTH = 3.0
"""and for the two together."""
_LEAD_WITH = 0.7
"""Between that command and the next likely one: another than was asked for would be worse than
none."""
_AFTER = 2.5
"""For a command that is awaited,"""
_LEAD_AFTER = 1.0
"""and between that and the next likely one."""
_ALIKE = 2.0
"""What the coach says itself is like a command if it lacks no more than this to be taken for it:
the way through the room to the microphone can only make it less like."""
SOUNDS = 1e-3
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
        self._woken: Utterance | None = None
        """That of the wake word, until what follows is heard."""
        self._heard_to = 0
        """The end of the last command: nothing up to it is heard again."""

    def hear(self, utterance: Utterance) -> Said | None:
        """What was said with an utterance, if anything."""
        self._woken = None
        found = self._recogniser.evidence(utterance.since(self._heard_to))
        *_, second, best = np.argsort(found.phrases)
        lead = float(found.phrases[best] - found.phrases[second])
        if self._is_asked(found, best, lead) and not self._is_own(utterance, best):
            self._awaited_since, self._heard_to = None, utterance.end
            phrase = self._phrases[best]
            return Said(phrase.command, f"{WAKE}, {phrase.words}")
        if not self._is_called(utterance, found) or self._is_own(utterance):
            return None
        self._awaited_since, self._woken = utterance.end, utterance
        return Said(Command.ATTEND, WAKE)

    def woken(self, now: int) -> Utterance | None:
        """The wake word, if nothing was found after it up to sample ``now``.

        Then it is time to hear what has come since, which may be too faint to be found.
        """
        woken = self._woken
        return woken if woken and now - woken.end >= _FAINT_S * RATE else None

    def _is_called(self, utterance: Utterance, found: Evidence) -> bool:
        """Whether the wake word is said; another time, where a command is awaited already."""
        if self._awaited_since is not None and found.wake > _WAKE_ALONE:
            found = self._recogniser.evidence(utterance.since(utterance.begin))
        return found.wake > _WAKE_ALONE

    def wait(self, now: int, *, speaking: bool) -> Said | None:
        """At sample ``now``: whether a command was awaited for too long.

        What is being said then may be one, but not if it goes on: that is a voice in the next
        room, or rain that has become louder.
        """
        since = self._awaited_since
        longest = AWAITED_S + (LONGEST_S if speaking else 0.0)
        if since is None or now - since < longest * RATE:
            return None
        self._awaited_since = None
        return Said(Command.IGNORE, "")

    def _is_asked(self, found: Evidence, phrase: int, lead: float) -> bool:
        """Whether a phrase is said, that leads by so much."""
        likely = float(found.phrases[phrase])
        if self._awaited_since is not None and likely > _AFTER and lead > _LEAD_AFTER:
            return True
        together = found.wake > _WAKE_WITH and likely > _PHRASE_WITH
        return together and found.wake + likely > _BOTH and lead > _LEAD_WITH

    def _is_own(self, utterance: Utterance, phrase: int | None = None) -> bool:
        """Whether the coach says it: a phrase, or the wake word."""
        played = self._own(max(utterance.heard_from, self._heard_to), utterance.end)
        if not len(played) or float(np.sqrt(np.mean(played**2))) < SOUNDS:
            return False
        most = round(LONGEST_S * RATE)
        parts = [played] if len(played) <= most else [played[:most], played[-most:]]
        own = [self._recogniser.evidence(part) for part in parts]
        if phrase is None:
            return max(one.wake for one in own) + _ALIKE > _WAKE_ALONE
        return float(max(one.phrases[phrase] for one in own)) + _ALIKE > _PHRASE_WITH
