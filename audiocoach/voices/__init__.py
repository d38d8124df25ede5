"""The voices: one protocol, one adapter a file for each speech engine.

An adapter is imported only when its engine is used: engines are slow to load.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from audiocoach.units import Ms

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Speech:
    """What an engine spoke, as it came."""

    samples: NDArray[np.float32]
    """One channel, shape ``(n,)``, full scale at +/- 1.0."""
    rate: int
    """Samples in a second."""


@dataclass(frozen=True, slots=True)
class VoiceInfo:
    """One voice that this machine has."""

    name: str
    """What ``--voice`` takes: lower case, unique over all engines."""
    engine: str
    """``piper``, ``kokoro`` or ``pyttsx3``."""
    language: str
    """A BCP 47 tag, for instance ``en-US``."""
    description: str
    """A few words for a person who chooses."""
    rate: int = 0
    """Samples in a second; 0 where the engine tells only by speaking."""


@dataclass(frozen=True, slots=True)
class Manner:
    """How words are said, against the voice's own way."""

    rate: float = 1.0
    """Times its speed."""
    pitch: int = 0
    """Steps above its pitch, -2 to 2."""


@dataclass(frozen=True, slots=True)
class Phrase:
    """Words that are said in one go and in one manner."""

    parts: tuple[tuple[str, str], ...]
    """Words with the spaces around them, each with its sounds in the International Phonetic
    Alphabet where these are asked for, else with nothing."""
    manner: Manner = Manner()

    @property
    def text(self) -> str:
        """The words alone."""
        return "".join(words for words, _ in self.parts)


class Voice(Protocol):
    """A voice that is ready to speak.

    ``speak`` and ``speak_phrase`` may be called from ``parallel`` threads at once. They
    return all of the text or raise ``SpeechError``: never a part of it, never silence.
    ``close`` may be called twice.
    """

    @property
    def info(self) -> VoiceInfo:
        """What the voice is."""

    @property
    def key(self) -> str:
        """Names all that changes the sound: engine, its version, voice, settings."""

    @property
    def parallel(self) -> int:
        """How many threads may speak at once."""

    @property
    def rest(self) -> Ms:
        """Silence between two sentences."""

    def speak(self, text: str) -> Speech:
        """Speak ``text`` (plain words, no markup); raises ``SpeechError``."""

    def speak_phrase(self, phrase: Phrase) -> Speech:
        """Speak a phrase; what it ``lacks`` is said as usual. Raises ``SpeechError``."""

    def lacks(self, phrase: Phrase) -> frozenset[str]:
        """What of the phrase the voice cannot do: ``pitch``, ``ipa``."""

    def close(self) -> None:
        """Free the engine."""
