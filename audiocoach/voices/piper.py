"""Neural voices through Piper: one ONNX model a voice, spoken in this process.

What Piper does by itself is kept (sentences, phonemes); the rest between two sentences is
set by the pace and by their lengths.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import logging
import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from audiocoach.errors import NotFoundError
from audiocoach.routine import Pace
from audiocoach.units import Ms
from audiocoach.voices import Manner, Phrase, Speech, VoiceInfo, language
from audiocoach.voices.neural import (
    as_espeak,
    espeak_lock,
    in_one,
    sayable,
    speech_of,
    split,
    without_ellipses,
)
from audiocoach.voices.spoken import REVISION, clean, plain

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from piper.voice import PiperVoice as _Engine

INSTALL = 'pip install "audiocoach[neural]"'


@dataclass(frozen=True, slots=True)
class _Manner:
    """How a pace sounds.

    Measured with the voice joe on the cues of a massage (5.1 characters a word, its spaces
    included), with the rests. A slow speaker says 3 to 3.5 syllables a second; calm has 3.4.
    """

    length_scale: float
    """Times the voice's own length of every phoneme."""
    rest: Ms
    """Silence between two sentences, as a rule; ``sentences.rest_between`` has it grow."""


_MANNERS = {
    Pace.CALM: _Manner(1.5, 700),  # 143 words a minute, 82 ms a character
    Pace.NORMAL: _Manner(1.25, 450),  # 173, 68 ms
    Pace.BRISK: _Manner(1.05, 300),  # 200, 59 ms
}

_RHYTHM = 0.75
"""Times the voice's own variation of length (``noise_w``): steadier than reading aloud."""

_LONGEST_PIECE = 160
"""Phonemes, about 11 s of calm speech. The model's memory grows with what it speaks at once:
0.3 GB for 7 s, 0.8 GB for 26 s, 3 GB for 121 s (measured)."""


@dataclass(frozen=True, slots=True)
class PiperModel:
    """A Piper voice on the disk."""

    info: VoiceInfo
    path: Path
    """The ``.onnx`` file; its settings are in the ``.onnx.json`` beside it."""
    settings: dict[str, Any]
    """What the ``.onnx.json`` holds."""


def installed() -> bool:
    """Whether Piper can be used; nothing is imported."""
    from importlib.metadata import PackageNotFoundError

    try:
        package_version()
    except PackageNotFoundError:
        return False
    return importlib.util.find_spec("onnxruntime") is not None


def package_version() -> str:
    """Of ``piper-tts``: there are other packages called piper. Raises ``PackageNotFoundError``."""
    from importlib.metadata import version  # takes as long to load as the voices to be found

    return version("piper-tts")


def read_model(path: Path, name: str) -> PiperModel:
    """The voice ``name`` in the file ``path``; raises ``NotFoundError`` if it is not whole."""
    beside = path.with_name(path.name + ".json")
    for file, what in ((path, "voice"), (beside, "settings of the voice")):
        if not file.is_file():
            raise NotFoundError(
                f"no {what} at {file}; a Piper voice is two files, NAME.onnx and NAME.onnx.json"
            )
    try:
        settings = json.loads(beside.read_text(encoding="utf-8"))
        spoken = settings.get("language", {}).get("code") or settings["espeak"]["voice"]
        rate = int(settings["audio"]["sample_rate"])
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise NotFoundError(
            f"{beside} does not hold the settings of a Piper voice ({error!r}); "
            "download it again, with its .onnx file"
        ) from error
    quality = settings["audio"].get("quality")
    about = f"neural, {quality}" if isinstance(quality, str) else "neural"
    info = VoiceInfo(name, "piper", language.tag(spoken), about, rate)
    return PiperModel(info, path, settings)


class PiperVoice:
    """A Piper voice; the model is loaded (0.4 s) when it first speaks."""

    parallel = 2
    """Two threads share one session that uses one thread for each: a second thread within
    a sentence costs twice the CPU for 1.7 times the speed (measured)."""

    def __init__(self, model: PiperModel, pace: Pace) -> None:
        self.info = model.info
        self._model = model
        self._manner = _MANNERS[pace]
        self._lock = threading.Lock()
        self._engine: _Engine | None = None
        self._closed = False
        manner = f"length={self._manner.length_scale} rest={self._manner.rest} rhythm={_RHYTHM}"
        self.key = (
            f"piper {package_version()} {model.path.name} {_digest(model)} {manner} r{REVISION}"
        )

    @property
    def rest(self) -> Ms:
        """As its pace has it."""
        return self._manner.rest

    def speak(self, text: str) -> Speech:
        """Speak ``text``; raises ``SpeechError`` if that is not whole."""
        words = plain(text, self.info.name)
        return self._speak(words, words, Manner())

    def speak_phrase(self, phrase: Phrase) -> Speech:
        """Speak a phrase, with the sounds that it gives for its words; ``SpeechError``."""
        words = plain(phrase.text, self.info.name)
        if "ipa" in self.lacks(phrase) or not any(ipa for _, ipa in phrase.parts):
            return self._speak(words, words, phrase.manner)
        pieces = (
            f"[[{as_espeak(ipa)}]]" if ipa else clean(words).replace("[", " ").replace("]", " ")
            for words, ipa in phrase.parts
        )
        # Piper's eSpeak would lose punctuation that begins a text.
        marked = _AFTER_SOUNDS.sub(r"\1]]", " ".join("".join(pieces).split()))
        return self._speak(words, marked, phrase.manner)

    def lacks(self, phrase: Phrase) -> frozenset[str]:
        """Piper has one pitch; a voice has the sounds that it was trained on."""
        lacking = {"pitch"} if phrase.manner.pitch else set()
        known = self._model.settings.get("phoneme_id_map", {})
        espeak = self._model.settings.get("phoneme_type", "espeak") == "espeak"
        for sounds in (as_espeak(ipa) for _, ipa in phrase.parts if ipa):
            if not (sounds and espeak and all(sound in known for sound in sounds)):
                lacking.add("ipa")
        return frozenset(lacking)

    def _speak(self, text: str, marked: str, manner: Manner) -> Speech:
        """Speak ``marked``: ``text``, with phonemes in double brackets for some words."""
        where = f"Piper, {self._model.path}"
        rate = self._model.info.rate
        return speech_of(lambda: self._said(marked, manner.rate), text, rate, self.info, where)

    def close(self) -> None:
        """Free the model, once nothing speaks any more."""
        with self._lock:
            self._closed = True
            self._engine = None

    def _load(self) -> _Engine:
        with self._lock:
            if self._closed:
                raise RuntimeError("it is closed")
            if self._engine is None:
                self._engine = _load(self._model)
            return self._engine

    def _said(self, words: str, speed: float) -> NDArray[np.float32]:
        """The speech, sentence by sentence, with the rests between them."""
        from piper.config import SynthesisConfig

        engine = self._load()
        config = engine.config
        manner = SynthesisConfig(
            length_scale=config.length_scale * self._manner.length_scale / speed,
            noise_scale=config.noise_scale,
            noise_w_scale=config.noise_w_scale * _RHYTHM,
        )
        with espeak_lock:
            phonemes = engine.phonemize(without_ellipses(words))
        sentences = [said for said in phonemes if sayable(said, config.phoneme_id_map)]

        def sounds(sentence: list[str]) -> Iterator[NDArray[np.float32]]:
            # Not `synthesize`: it clips, or brings each sentence to a level of its own.
            for piece in split(sentence, _LONGEST_PIECE):
                sound: Any = engine.phoneme_ids_to_audio(engine.phonemes_to_ids(piece), manner)
                yield sound

        return in_one(map(sounds, sentences), config.sample_rate, self._manner.rest)


_AFTER_SOUNDS = re.compile(r"\]\]([.,;:!?]+)")


def _load(model: PiperModel) -> _Engine:
    """Piper around one session of our own: ``PiperVoice.load`` takes every core."""
    import onnxruntime
    from piper.config import PiperConfig
    from piper.voice import PiperVoice as Engine

    logging.getLogger("piper").addHandler(logging.NullHandler())  # else it writes to the screen
    onnxruntime.set_default_logger_severity(3)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.execution_mode = onnxruntime.ExecutionMode.ORT_SEQUENTIAL
    session = onnxruntime.InferenceSession(
        str(model.path), sess_options=options, providers=["CPUExecutionProvider"]
    )
    return Engine(
        session=session,
        config=PiperConfig.from_dict(model.settings),
        download_dir=model.path.parent,
    )


def _digest(model: PiperModel) -> str:
    """Names the voice's files by their size and a sample of their content (2 ms, not 80)."""
    digest = hashlib.blake2b(json.dumps(model.settings, sort_keys=True).encode(), digest_size=12)
    size = model.path.stat().st_size
    digest.update(size.to_bytes(8, "big"))
    with model.path.open("rb") as file:
        for part in range(64):
            file.seek(size * part // 64)
            digest.update(file.read(16_384))
    return digest.hexdigest()
