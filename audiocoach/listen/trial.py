"""A trial of the microphone, without a routine."""

from __future__ import annotations

import contextlib
import math
import queue
import time
from collections.abc import Iterator
from dataclasses import dataclass

from audiocoach.listen.attention import Said
from audiocoach.listen.listener import Listener
from audiocoach.listen.microphone import open_microphone
from audiocoach.listen.recogniser import Whisper, check_installed
from audiocoach.listen.words import PHRASES
from audiocoach.units import Db

_EVERY_S = 1.0
_LEAST = 1e-8


@dataclass(frozen=True, slots=True)
class Moment:
    """A second of the trial, or what was heard in it."""

    level: Db
    """The loudest in it, in the band of speech, against full scale."""
    words: str
    """What was understood, or nothing."""


def try_microphone(name: str | None, seconds: float) -> Iterator[Moment]:
    """Listen for ``seconds``: a moment each second, and one for each thing that is understood.

    Raises ``NotFoundError`` without the extra ``listen`` or a microphone of that name, and
    ``DeviceError`` where there is none or it is lost.
    """
    check_installed()
    opened = open_microphone(name)
    heard: queue.SimpleQueue[Said] = queue.SimpleQueue()
    with contextlib.closing(opened):
        listener = Listener(opened, Whisper(PHRASES), heard.put)
        with contextlib.closing(listener):
            listener.start()
            end = time.monotonic() + seconds
            while (now := time.monotonic()) < end:
                words, level = "", 0.0
                until = min(end, now + _EVERY_S)
                while not words and time.monotonic() < until:
                    level = max(level, listener.level)
                    with contextlib.suppress(queue.Empty):
                        words = heard.get(timeout=0.02).words
                if listener.error:
                    raise listener.error
                yield Moment(10 * math.log10(max(level, _LEAST)), words)
