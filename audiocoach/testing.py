"""The fakes: stand-ins for what is slow, loud or not there, for tests of any stage."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from audiocoach.errors import NotFoundError, SpeechError
from audiocoach.routine import Pace
from audiocoach.units import Db, Ms, db_to_gain
from audiocoach.voices import Phrase, Speech, VoiceInfo


class ToneVoice:
    """A voice of tones: the same text gives the same samples, another text others.

    Each letter is a burst of its own pitch, spaces and punctuation are silence, and the
    whole is ``character_ms`` long for each character of the text. It begins and ends
    with sound, as trimmed speech does. Nothing is synthesised ahead; ``spoken`` holds
    the texts in the order they were asked for, the failed ones too.
    """

    def __init__(
        self,
        name: str = "tone",
        *,
        rate: int = 22_050,
        character_ms: Ms = 70,
        parallel: int = 2,
        level: Db = -12.0,
        fails: Iterable[str] = (),
        hangs: Iterable[str] = (),
        silent: Iterable[str] = (),
        language: str = "en-US",
    ) -> None:
        """Texts in ``fails`` raise, in ``hangs`` wait for ``close``, in ``silent`` are silence.

        ``level`` is the peak of the bursts, in dBFS.
        """
        self.info = VoiceInfo(name, "tone", language, "tones, for tests", rate)
        self.key = f"tone {name} rate={rate} character={character_ms} level={level}"
        self.parallel = parallel
        self.rate = rate
        self.rest: Ms = 400
        self.spoken: list[str] = []
        self.phrases: list[Phrase] = []
        """Those of ``spoken`` that were asked for in a manner of their own."""
        self.closed = False
        self._character_ms = character_ms
        self._gain = db_to_gain(level)
        self._fails = frozenset(fails)
        self._hangs = frozenset(hangs)
        self._silent = frozenset(silent)
        self._lock = threading.Lock()
        self._released = threading.Event()

    def speak(self, text: str) -> Speech:
        """The tones of ``text``; raises ``SpeechError`` where told to, or for no letters."""
        with self._lock:
            self.spoken.append(text)
        if text in self._hangs:
            self._released.wait()
        if text in self._fails or text in self._hangs or not any(map(str.isalnum, text)):
            raise SpeechError(f'the cue "{text}" could not be spoken by the voice "tone"')
        words = text.strip()
        if text in self._silent:
            return Speech(np.zeros(self._frames(len(words)), np.float32), self.rate)
        return Speech(self._tones(words), self.rate)

    def speak_phrase(self, phrase: Phrase) -> Speech:
        """As ``speak``: the manner is kept in ``phrases`` and does not sound."""
        self.phrases.append(phrase)
        return self.speak(phrase.text)

    def lacks(self, phrase: Phrase) -> frozenset[str]:
        """Nothing: it is asked for all there is."""
        del phrase
        return frozenset()

    def close(self) -> None:
        """Let what hangs go on."""
        self.closed = True
        self._released.set()

    def _frames(self, characters: int) -> int:
        return characters * self._character_ms * self.rate // 1000

    def _tones(self, words: str) -> NDArray[np.float32]:
        seed = int.from_bytes(hashlib.sha256(words.encode()).digest()[:8], "big")
        pitches = np.random.default_rng(seed).uniform(150.0, 3000.0, len(words))
        samples = np.zeros(self._frames(len(words)), np.float32)
        for index, (char, pitch) in enumerate(zip(words, pitches, strict=True)):
            start, end = self._frames(index), self._frames(index + 1)
            if char.isalnum() or index in (0, len(words) - 1):
                time_s = np.arange(end - start) / self.rate
                # A quick attack and a slower decay, as of a syllable: 5 ms and the rest.
                shape = np.minimum(1.0, time_s / 0.005) * np.linspace(1.0, 0.1, end - start)
                burst = np.sin(2 * np.pi * pitch * time_s) + 0.4 * np.sin(np.pi * pitch * time_s)
                samples[start:end] = burst * shape * self._gain / 1.4
        return samples


def open_tone(name: str, language: str, pace: Pace) -> ToneVoice:
    """Stands for ``catalogue.open_voice``: ``tone`` speaks all that is asked, ``tone-de`` German.

    Raises ``NotFoundError`` for every other name.
    """
    del pace
    kind, _, spoken = name.partition("-")
    if kind != "tone":
        raise NotFoundError(f'no voice is called "{name}"; there is tone')
    return ToneVoice(name, language=spoken or language)


def use_tones() -> None:
    """From now on this process has no other voices than those of ``open_tone``."""
    from audiocoach.voices import catalogue

    catalogue.open_voice = open_tone
