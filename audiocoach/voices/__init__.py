"""The voices: one protocol, one adapter a file for each speech engine.

An adapter is imported only when its engine is used: engines are slow to load.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

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
    """``piper`` or ``pyttsx3``."""
    language: str
    """A BCP 47 tag, for instance ``en-US``."""
    description: str
    """A few words for a person who chooses."""


class Voice(Protocol):
    """A voice that is ready to speak.

    ``speak`` may be called from ``parallel`` threads at once. It returns all of the
    text or raises ``SpeechError``: never a part of it, never silence. ``close`` may
    be called twice.
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

    def speak(self, text: str) -> Speech:
        """Speak ``text`` (plain words, no markup); raises ``SpeechError``."""

    def close(self) -> None:
        """Free the engine."""
