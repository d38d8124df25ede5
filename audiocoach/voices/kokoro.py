"""The studio voices: Kokoro-82M, one ONNX model that speaks with the style of each voice.

The model takes sounds, not words: eSpeak's, which Piper brings, written as those that the
model learnt. It runs in ONNX Runtime itself; what packages around it add (sentences,
trimming, joining) is done here for all neural voices in one way.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from weakref import WeakValueDictionary

from audiocoach.routine import Pace
from audiocoach.units import Ms
from audiocoach.voices import Manner, Phrase, Speech, VoiceInfo, piper
from audiocoach.voices.known import KOKORO_RATE, KOKORO_VOICE_SIZE
from audiocoach.voices.kokoro_sounds import SOUNDS, learnt, sentences
from audiocoach.voices.neural import (
    as_espeak,
    in_one,
    sayable,
    speech_of,
    split,
)
from audiocoach.voices.spoken import REVISION, clean, plain

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

INSTALL = 'pip install "audiocoach[kokoro]"'


@dataclass(frozen=True, slots=True)
class _Manner:
    """How a pace sounds; measured as Piper's, with ``af_heart``."""

    speed: float
    """What the model takes: times its own speed."""
    rest: Ms
    """Silence between two sentences, as a rule; ``sentences.rest_between`` has it grow."""


_MANNERS = {
    Pace.CALM: _Manner(0.85, 900),
    Pace.NORMAL: _Manner(0.95, 500),
    Pace.BRISK: _Manner(1.1, 300),
}
"""Calm is 149 words a minute with its rests, on cues of which Piper's joe says 130. Slower than
0.85, sentences begin with a sound too many: a recogniser hears "You welcome" for "Welcome"
(3 errors in 148 words at 0.8, none at 0.85). So more of the calm is in the rests."""

_STYLES = 510
"""The model takes as many sounds at once, and has a style for each count of them."""

_LONGEST_PIECE = 200
"""Sounds, about 12 s of calm speech. Memory grows with what is spoken at once: 0.33 GB for 5 s,
0.42 GB for 10 s (measured, the whole process)."""


@dataclass(frozen=True, slots=True)
class KokoroModel:
    """A Kokoro voice on the disk."""

    info: VoiceInfo
    model: Path
    """The ``.onnx`` file, for all voices."""
    style: Path
    """510 rows of 256 numbers, float32, little endian."""


def installed() -> bool:
    """Whether Kokoro can be used; nothing is imported."""
    return piper.installed()


class KokoroVoice:
    """A Kokoro voice; the model is loaded when it first speaks."""

    parallel = 2
    """As Piper's: two threads share one session that uses one thread for each."""

    def __init__(self, model: KokoroModel, pace: Pace) -> None:
        self.info = model.info
        self._model = model
        self._manner = _MANNERS[pace]
        self._lock = threading.Lock()
        self._engine: _Engine | None = None
        self._closed = False
        files = f"{_digest(model.model)} {_digest(model.style)}"
        manner = f"speed={self._manner.speed} rest={self._manner.rest}"
        version = piper.package_version()
        self.key = f"kokoro {version} {model.style.stem} {files} {manner} r{REVISION}"

    @property
    def rest(self) -> Ms:
        """As its pace has it."""
        return self._manner.rest

    def speak(self, text: str) -> Speech:
        """Speak ``text``; raises ``SpeechError`` if that is not whole."""
        words = plain(text, self.info.name)
        return self._speak(words, [(words, "")], Manner())

    def speak_phrase(self, phrase: Phrase) -> Speech:
        """Speak a phrase, with the sounds that it gives for its words; ``SpeechError``."""
        words = plain(phrase.text, self.info.name)
        if "ipa" in self.lacks(phrase) or not any(ipa for _, ipa in phrase.parts):
            return self._speak(words, [(words, "")], phrase.manner)
        parts = [(clean(text), ipa) for text, ipa in phrase.parts]
        return self._speak(words, parts, phrase.manner)

    def lacks(self, phrase: Phrase) -> frozenset[str]:
        """Kokoro has one pitch, and the sounds that it was trained on."""
        lacking = {"pitch"} if phrase.manner.pitch else set()
        for ipa in (ipa for _, ipa in phrase.parts if ipa):
            sounds = learnt(as_espeak(ipa), self.info.language)
            if not (sounds and all(sound in SOUNDS for sound in sounds)):
                lacking.add("ipa")
        return frozenset(lacking)

    def close(self) -> None:
        """Free the model, once nothing speaks any more."""
        with self._lock:
            self._closed = True
            self._engine = None

    def _speak(self, words: str, parts: Sequence[tuple[str, str]], manner: Manner) -> Speech:
        where = f"Kokoro, {self._model.model}"
        return speech_of(
            lambda: self._said(parts, manner.rate), words, KOKORO_RATE, self.info, where
        )

    def _said(self, parts: Sequence[tuple[str, str]], rate: float) -> NDArray[np.float32]:
        engine = self._load()
        speed = self._manner.speed * rate
        spelt = sentences(parts, self.info.language)
        sayables = [sentence for sentence in spelt if sayable(sentence, SOUNDS)]

        def sounds(sentence: str) -> Iterator[NDArray[np.float32]]:
            for piece in split(sentence, _LONGEST_PIECE):
                yield engine.sound([SOUNDS[sound] for sound in piece if sound in SOUNDS], speed)

        return in_one(map(sounds, sayables), KOKORO_RATE, self._manner.rest)

    def _load(self) -> _Engine:
        with self._lock:
            if self._closed:
                raise RuntimeError("it is closed")
            if self._engine is None:
                self._engine = _Engine(self._model)
            return self._engine


class _Engine:
    """One session of ONNX Runtime, and the styles of one voice."""

    def __init__(self, model: KokoroModel) -> None:
        import numpy as np

        self._session = _session(model.model)
        self._tokens = self._session.get_inputs()[0].name
        """``tokens``, or ``input_ids`` in other exports."""
        if (size := model.style.stat().st_size) != KOKORO_VOICE_SIZE:
            raise ValueError(f"{model.style} has {size} bytes, not {KOKORO_VOICE_SIZE}")
        self._styles = np.fromfile(model.style, "<f4").reshape(_STYLES, 1, -1)

    def sound(self, tokens: Sequence[int], speed: float) -> NDArray[np.float32]:
        """The sound of at most 510 tokens, 24 kHz, one channel."""
        import numpy as np

        given = {
            self._tokens: np.array([[0, *tokens, 0]], np.int64),
            "style": self._styles[min(len(tokens), _STYLES) - 1],
            "speed": np.array([speed], np.float32),
        }
        return np.asarray(self._session.run(None, given)[0], np.float32).reshape(-1)


_sessions: WeakValueDictionary[Path, Any] = WeakValueDictionary()
"""By the model's file, so that voices which speak together share it."""

_sessions_lock = threading.Lock()


def _session(path: Path) -> Any:
    import onnxruntime

    with _sessions_lock:
        if (session := _sessions.get(path)) is not None:
            return session
        onnxruntime.set_default_logger_severity(3)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        options.execution_mode = onnxruntime.ExecutionMode.ORT_SEQUENTIAL
        session = onnxruntime.InferenceSession(
            str(path), sess_options=options, providers=["CPUExecutionProvider"]
        )
        _sessions[path] = session
        return session


def _digest(path: Path) -> str:
    """Names a file by its size and a sample of its content."""
    size = path.stat().st_size
    digest = hashlib.blake2b(size.to_bytes(8, "big"), digest_size=12)
    with path.open("rb") as file:
        for part in range(64):
            file.seek(size * part // 64)
            digest.update(file.read(16_384))
    return digest.hexdigest()
