"""Neural voices through Piper: one ONNX model a voice, spoken in this process.

What Piper does by itself is kept (sentences, phonemes); the rest is done here: its
sentences come with up to 0.7 s of silence before them, so each is trimmed and the rest
between two is set by the pace.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import logging
import re
import threading
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from audiocoach.errors import NotFoundError, SpeechError
from audiocoach.routine import Pace
from audiocoach.units import Db, Ms
from audiocoach.voices import Manner, Phrase, Speech, VoiceInfo, language
from audiocoach.voices.spoken import REVISION, clean, defect, plain, quote

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
    """Silence between two sentences."""


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

_SOUNDS = ("Ll", "Lu", "Lo", "Nd")
"""Unicode categories of phonemes; stress, length and punctuation have others."""

_MOST_LACKING = 0.1

_SILENCE: Db = -55.0
"""Below a sentence's loudest 10 ms; the silence of the voices measured is at -80."""

_FRAME_MS: Ms = 10
_BEFORE_MS, _AFTER_MS, _FADE_MS = 20, 40, 5
_LOUDEST_PEAK = 0.98

_phonemizer_lock = threading.Lock()
"""Piper's eSpeak is one for the whole process, with one current language."""


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
    try:
        version("piper-tts")  # there are other packages called piper
    except PackageNotFoundError:
        return False
    return importlib.util.find_spec("onnxruntime") is not None


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
            f"piper {version('piper-tts')} {model.path.name} {_digest(model)} {manner} r{REVISION}"
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
            f"[[{_sounds(ipa)}]]" if ipa else clean(words).replace("[", " ").replace("]", " ")
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
        for sounds in (_sounds(ipa) for _, ipa in phrase.parts if ipa):
            if not (sounds and espeak and all(sound in known for sound in sounds)):
                lacking.add("ipa")
        return frozenset(lacking)

    def _speak(self, text: str, marked: str, manner: Manner) -> Speech:
        """Speak ``marked``: ``text``, with phonemes in double brackets for some words."""
        import numpy as np

        words = text
        try:
            engine = self._load()
            pieces = list(self._pieces(engine, marked, manner.rate))
        except Exception as error:  # piper and onnxruntime raise what they like
            raise SpeechError(
                f'the cue {quote(text)} could not be spoken by the voice "{self.info.name}" '
                f"(Piper, {self._model.path}): {error or repr(error)}"
            ) from error
        samples = np.concatenate([np.zeros(0, np.float32), *pieces])
        if problem := defect(samples, engine.config.sample_rate, words):
            raise SpeechError(
                f'the cue {quote(text)} could not be spoken by the voice "{self.info.name}" '
                f"(Piper): {problem}; write it in words of the language {self.info.language}"
            )
        samples *= min(1.0, _LOUDEST_PEAK / float(np.abs(samples).max()))
        return Speech(samples, engine.config.sample_rate)

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

    def _pieces(self, engine: _Engine, words: str, speed: float) -> Iterator[NDArray[np.float32]]:
        """The speech, sentence by sentence, with the rests between them."""
        import numpy as np
        from piper.config import SynthesisConfig

        rate = engine.config.sample_rate
        manner = SynthesisConfig(
            length_scale=engine.config.length_scale * self._manner.length_scale / speed,
            noise_scale=engine.config.noise_scale,
            noise_w_scale=engine.config.noise_w_scale * _RHYTHM,
        )
        with _phonemizer_lock:
            sentences = [said for said in engine.phonemize(words) if _sayable(engine, said)]
        for index, sentence in enumerate(sentences):
            if index:
                yield np.zeros(rate * self._manner.rest // 1000, np.float32)
            for piece in _split(sentence):
                # Not `synthesize`: it clips, or brings each sentence to a level of its own.
                sound = engine.phoneme_ids_to_audio(engine.phonemes_to_ids(piece), manner)
                yield _trimmed(np.asarray(sound, np.float32).reshape(-1), rate)


_AFTER_SOUNDS = re.compile(r"\]\]([.,;:!?]+)")
_STRESS = re.compile(r"([ˈˌ])([^aeiouyæɑɒɐəɛɜɪʊʌɔøœɨʉɚɝᵻˈˌ ]*)(?=[aeiouyæɑɒɐəɛɜɪʊʌɔøœɨʉɚɝᵻ])")


def _sounds(ipa: str) -> str:
    """``ipa`` as eSpeak writes it, which the voices learnt: stress right before the vowel."""
    text = unicodedata.normalize("NFD", ipa).translate(_IPA)
    return _STRESS.sub(r"\2\1", " ".join(text.split()))


_IPA = str.maketrans({"'": "ˈ", ",": "ˌ", ":": "ː", "g": "ɡ", ".": None, "͡": None, "͜": None}) | (
    str.maketrans("", "", "[]/‿")
)
"""Signs of the alphabet that eSpeak writes in another way, or not."""


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


def _sayable(engine: _Engine, sentence: Sequence[str]) -> bool:
    """Whether ``sentence`` is more than punctuation.

    Piper leaves out every phoneme that the voice does not have; raises ``ValueError``
    where so many are missing that words would be lost.
    """
    sounds = [sound for sound in sentence if unicodedata.category(sound[0]) in _SOUNDS]
    lacking = [sound for sound in sounds if sound not in engine.config.phoneme_id_map]
    if len(lacking) > len(sounds) * _MOST_LACKING:
        raise ValueError("the voice has no sound for " + " ".join(sorted(set(lacking))))
    return bool(sounds)


def _split(sentence: list[str]) -> Iterator[list[str]]:
    """``sentence`` in pieces that fit into memory, cut after a clause, else after a word."""
    rest = sentence
    while len(rest) > _LONGEST_PIECE:
        window = rest[:_LONGEST_PIECE]
        spaces = [at for at in range(1, len(window)) if window[at] == " "]
        clauses = [at for at in spaces if window[at - 1] in ",;:" and at > _LONGEST_PIECE // 4]
        cut = (clauses or spaces or [_LONGEST_PIECE - 1])[-1] + 1
        yield rest[:cut]
        rest = rest[cut:]
    if rest:
        yield rest


def _trimmed(sound: NDArray[np.float32], rate: int) -> NDArray[np.float32]:
    """``sound`` without the silence at its ends, faded in and out over 5 ms."""
    import numpy as np

    frame = rate * _FRAME_MS // 1000
    count = len(sound) // frame
    if not count:
        return sound
    powers = np.square(sound[: count * frame].reshape(count, frame)).mean(axis=1)
    heard = np.flatnonzero(powers > powers.max() * 10 ** (_SILENCE / 10))
    if not len(heard):
        return sound
    start = max(0, int(heard[0]) * frame - rate * _BEFORE_MS // 1000)
    end = (int(heard[-1]) + 1) * frame + rate * _AFTER_MS // 1000
    kept = sound[start:end].copy()
    fade = np.linspace(0.0, 1.0, min(len(kept), rate * _FADE_MS // 1000), dtype=np.float32)
    kept[: len(fade)] *= fade
    kept[len(kept) - len(fade) :] *= fade[::-1]
    return kept


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
