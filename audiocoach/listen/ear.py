"""The ear: what the microphone hears and what the loudspeaker plays go in, commands come out."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from audiocoach.listen.activity import Activity
from audiocoach.listen.attention import Attention, Said
from audiocoach.listen.canceller import BLOCK, PARTS, EchoCanceller, Wave
from audiocoach.listen.delay import LONGEST, DelayFinder
from audiocoach.listen.recogniser import RATE, Mono, Recogniser
from audiocoach.listen.words import PHRASES, Phrase

_EARLY = 2 * BLOCK
"""So much before the delay that was found, the canceller begins to look for echo."""
_LATE = (PARTS - 8) * BLOCK
"""And so much after its beginning the delay may lie, for the room to fit in behind it."""
_SAME = RATE // 200
"""A delay that is found twice within this is believed."""
_PLAYED = 8 * RATE
_MARGIN = RATE // 4
"""What the coach says itself is looked for so much around what was heard."""
_WORSE = 2.0
"""A canceller that makes it so much louder has lost its way."""


class Ear:
    """Takes blocks of ``BLOCK`` samples of both, at ``RATE``; knows no threads and no devices."""

    def __init__(self, recogniser: Recogniser, phrases: Sequence[Phrase] = PHRASES) -> None:
        self._played = np.zeros(_PLAYED)
        self._finder = DelayFinder()
        self._canceller = EchoCanceller()
        self._activity = Activity()
        self._attention = Attention(recogniser, phrases, self._own)
        self._now = 0
        self._found: int | None = None
        """The delay that was found last."""
        self._skip = 0
        """Samples by which the canceller takes the loudspeaker later."""
        self._powers = [0.0, 0.0]
        """Of the microphone and of what is left, smoothed."""

    @property
    def delay(self) -> int | None:
        """From loudspeaker to microphone in samples, once it was found."""
        return self._found

    @property
    def level(self) -> float:
        """How loud it is now, in the band of speech, without the echo: a power."""
        return self._activity.level

    @property
    def reduction(self) -> float:
        """How much less power there is without the echo, at present (ERLE, as a factor)."""
        near, left = self._powers
        return near / left if left > 0 else 1.0

    def push(self, far: Wave, near: Wave) -> list[Said]:
        """The next block of the loudspeaker and of the microphone."""
        self._now += BLOCK
        self._played[:-BLOCK] = self._played[BLOCK:]
        self._played[-BLOCK:] = far
        self._align(self._finder.push(far, near))
        first = _PLAYED - self._skip - BLOCK
        left, echo = self._canceller.push(self._played[first : first + BLOCK], near)
        self._watch(near, left)
        utterance = self._activity.push(left, echo)
        if not (utterance or self._activity.speaking) and (
            woken := self._attention.woken(self._now)
        ):
            utterance = self._activity.since(woken)
        said = [self._attention.hear(utterance)] if utterance else []
        said.append(self._attention.wait(self._now, speaking=self._activity.speaking))
        return [one for one in said if one]

    def _align(self, delay: int | None) -> None:
        """Let the canceller look where the echo is."""
        if delay is None:
            return
        before, self._found = self._found, delay
        if before is None or abs(delay - before) > _SAME:
            return
        skip = max(0, delay - _EARLY)
        # The echo may move a little within the filter; only beyond that it has to begin anew.
        if not min(_EARLY // 2, delay - skip) <= delay - self._skip <= _LATE:
            self._skip = skip
            self._canceller.forget()

    def _watch(self, near: Wave, left: Wave) -> None:
        for at, block in enumerate((near, left)):
            self._powers[at] = 0.95 * self._powers[at] + 0.05 * float(np.mean(block**2))
        if self._powers[1] > _WORSE * self._powers[0]:
            self._canceller.forget()
            self._powers[1] = self._powers[0]

    def _own(self, begin: int, end: int) -> Mono:
        """What was played and can have been heard between two samples of the microphone."""
        delays = (0, LONGEST // 4) if self._found is None else (self._found, self._found)
        first = begin - delays[1] - _MARGIN - self._now + _PLAYED
        last = end - delays[0] + _MARGIN - self._now + _PLAYED
        return self._played[max(0, first) : max(0, min(last, _PLAYED))].astype(np.float32)
