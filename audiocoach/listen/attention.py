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
_BREATH_S = 0.8
"""Between the wake word and what is said with it, at most."""

# What it takes, as logarithms of odds: chosen with voices that nothing was learnt from, see
# ``benchmarks/commanding_bounds.py``.
_WAKE_ALONE = 1.5
"""For the wake word: to await a command."""
_WAKE_WITH = -1.0
"""With a command in the same breath,"""
_PHRASE_WITH = 0.0
"""for that command,"""
_BOTH = 4.0
"""and for the two together."""
_LEAD_WITH = 0.7
"""Between that command and the next likely one: another than was asked for would be worse than
none."""
_AFTER = 2.5
"""For a command that is awaited,"""
_LEAD_AFTER = 1.0
"""and between that and the next likely one."""
_WAKE_BEFORE = -1.5
"""For the wake word in what was said just before: many rest after it, and then that is an utterance
of its own. It counts as said in the same breath."""
_ALIKE = 2.0
"""What the coach says itself is like a command if it lacks no more than this to be taken for it:
the way through the room to the microphone can only make it less like."""
SOUNDS = 1e-3
"""RMS of the loudspeaker's signal from which on it may hold words: -60 dBFS."""


_NOTHING = (0, -np.inf)


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
        self._before = _NOTHING
        """The end of what may have been the wake word, and how likely it was."""

    def hear(self, utterance: Utterance) -> Said | None:
        """What was said with an utterance, if anything."""
        before = self._wake_before(utterance)
        found = self._recogniser.evidence(utterance.sound)
        wake, found = found.wake, _after(found, before)
        *_, second, best = np.argsort(found.phrases)
        lead = float(found.phrases[best] - found.phrases[second])
        if self._is_asked(found, best, lead) and not self._is_own(utterance, best, before):
            self._awaited_since, self._before = None, _NOTHING
            phrase = self._phrases[best]
            return Said(phrase.command, f"{WAKE}, {phrase.words}")
        own = wake <= _WAKE_BEFORE or self._is_own(utterance)
        self._before = _NOTHING if own else (utterance.end, wake)
        if own or wake <= _WAKE_ALONE:
            return None
        self._awaited_since = utterance.end
        return Said(Command.ATTEND, WAKE)

    def _wake_before(self, utterance: Utterance) -> float:
        """How likely the wake word was said just before."""
        end, wake = self._before
        return wake if utterance.begin - end < _BREATH_S * RATE else -np.inf

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

    def _is_own(
        self, utterance: Utterance, phrase: int | None = None, before: float = -np.inf
    ) -> bool:
        """Whether the coach says it: a phrase, which the wake word was before, or that word."""
        played = self._own(utterance.begin, utterance.end)
        if not len(played) or float(np.sqrt(np.mean(played**2))) < SOUNDS:
            return False
        own = self._recogniser.evidence(played[: round(LONGEST_S * RATE)])
        if phrase is None:
            return own.wake + _ALIKE > _WAKE_ALONE
        return self._is_asked(_after(own, before), phrase, np.inf, _ALIKE)


def _after(found: Evidence, wake: float) -> Evidence:
    """The same in one breath with what was said before."""
    return Evidence(max(found.wake, wake), found.phrases)
