"""What the coach answers, in the routine's language: the time that is left, and a reminder."""

from __future__ import annotations

from audiocoach.phrases import find_phrases
from audiocoach.routine import Cue, Place, Routine
from audiocoach.units import MINUTE, SECOND, Ms

_EXACT = 20
"""Minutes up to which each has a phrase; beyond, every fifth has one."""
_COARSE = 5
_LITTLE: Ms = 45 * SECOND
"""Less than this is no longer about a minute."""


class Answers:
    """The words for a routine; ``None`` in a language that has no phrases."""

    def __init__(self, routine: Routine) -> None:
        self._phrases = find_phrases(routine.language)
        self._place = Place(routine.path, 1)

    def time_left(self, left: Ms) -> Cue | None:
        """How much of the routine is left, about."""
        if self._phrases is None:
            return None
        minutes = _minutes(left)
        if minutes > 1:
            number = self._phrases.number(minutes)
            return self._cue(self._phrases.minutes_left.format(minutes=number))
        little = left < _LITTLE
        return self._cue(self._phrases.moments_left if little else self._phrases.minute_left)

    def reminder(self) -> Cue | None:
        """That it goes on when the listener is ready."""
        return self._cue(self._phrases.when_ready) if self._phrases else None

    def likely(self, left: Ms) -> list[Cue]:
        """All that may be answered while ``left`` goes by, in the order in which it may be."""
        times = [*range(left, 0, -MINUTE // 2), 0]
        cues = [self.reminder(), *(self.time_left(time) for time in times)]
        return list(dict.fromkeys(cue for cue in cues if cue is not None))

    def _cue(self, text: str) -> Cue:
        return Cue(text, text, self._place)


def _minutes(left: Ms) -> int:
    minutes = round(left / MINUTE)
    return minutes if minutes <= _EXACT else round(minutes / _COARSE) * _COARSE
