"""The voices of the system through pyttsx3: SAPI 5, macOS speech, eSpeak NG.

pyttsx3 hangs or ends its process on some systems (its issues 126 and 194), so it runs in
a worker process with a deadline for each cue; after a failure there is a new process and
a second try.
"""

from __future__ import annotations

import sys
import threading
import wave
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from audiocoach.errors import NotFoundError, SpeechError
from audiocoach.routine import Pace
from audiocoach.units import SECOND, Ms
from audiocoach.voices import Manner, Phrase, Speech, VoiceInfo, language, listings
from audiocoach.voices.process import Worker, WorkerError
from audiocoach.voices.sentences import joined, pieces, sentences, trimmed
from audiocoach.voices.spoken import REVISION, defect, plain, quote

COMMAND = (sys.executable, "-P", "-m", "audiocoach.voices.worker")

_START_TIME: Ms = 60 * SECOND
"""On Windows the first start ever writes the wrappers for SAPI."""

_CUE_TIME: Ms = 10 * SECOND
_CHARACTER_TIME: Ms = 100

_RATES = {Pace.CALM: 120, Pace.NORMAL: 145, Pace.BRISK: 170}
"""What pyttsx3 calls words per minute. With eSpeak NG, the cues of a massage come to about 110,
165 and 196 words a minute, their pauses included (en-us, measured)."""

_WORD_GAPS = {Pace.CALM: 3, Pace.NORMAL: 0, Pace.BRISK: 0}
"""A pause after each word, eSpeak NG's alone: in 10 ms at its usual speed. A room blurs words
that run into each other: of 400 words through a phone and a room, a recogniser got 114 wrong at
a rate of 130 with these pauses, 133 at 115 without, which takes as long."""

_PITCH = 42
"""eSpeak's scale, 0 to 100; 50 is its default."""

_PITCH_STEP = 12
_ESPEAK_RATE = 22_050
"""Samples in a second, of every voice of eSpeak NG that is no MBROLA voice."""

_SLOWEST = 80
"""eSpeak NG speaks no slower, whatever it is told (``espeak_RATE_MINIMUM``)."""

_LONGEST = 800
"""Characters in a sentence. eSpeak NG reads a clause into as many bytes (``N_TR_SOURCE``), and
ends its process in a sentence of commas from some 3,300 on (1.52, seen)."""

_RESTS: dict[Pace, Ms] = {Pace.CALM: 600, Pace.NORMAL: 450, Pace.BRISK: 350}

_SUFFIX = ".aiff" if sys.platform == "darwin" else ".wav"
"""macOS writes AIFF, whatever the name says."""

_RESERVED = ("auto", "pyttsx3")


@dataclass(frozen=True, slots=True)
class _Listed:
    """A voice as the driver knows it."""

    id: str
    info: VoiceInfo
    is_default: bool


class SystemEngine:
    """pyttsx3 in its worker process, and the voices that it has."""

    def __init__(
        self,
        command: Sequence[str] = COMMAND,
        start_time: Ms = _START_TIME,
        cue_time: Ms = _CUE_TIME,
    ) -> None:
        """Start it, now or at the first words.

        Raises ``NotFoundError`` if this system has no engine that works.
        """
        self._worker = Worker(command, {"do": "voices"}, start_time)
        self._cue_time = cue_time
        try:
            listing = _listing(self._worker, command)
            self._version = str(listing["version"])
            self._listed = _listed(listing)
            self._pitched = listing["driver"] == "espeak"
        except (WorkerError, KeyError, TypeError) as error:
            self._worker.close()
            raise NotFoundError(
                f"the voices of this system cannot be used (pyttsx3): {error}; "
                'install a neural voice: pip install "audiocoach[neural]"'
            ) from error

    @property
    def voices(self) -> list[VoiceInfo]:
        """Every voice, in the driver's order."""
        return [listed.info for listed in self._listed]

    def best(self, wanted: str) -> VoiceInfo | None:
        """The voice that speaks the language ``wanted`` best, if one does."""
        fits = [
            (language.agreement(wanted, listed.info.language), _quality(listed), listed.info)
            for listed in self._listed
        ]
        agreement, _, info = max(fits, key=lambda fit: fit[:2], default=(0, 0, None))
        return info if agreement else None

    def voice(self, name: str, pace: Pace) -> SystemVoice:
        """The voice called ``name``, one of ``voices``; it owns the engine from now on."""
        listed = next(listed for listed in self._listed if listed.info.name == name)
        return SystemVoice(
            listed, pace, self._worker, self._version, self._cue_time, pitched=self._pitched
        )

    def close(self) -> None:
        """End the process."""
        self._worker.close()


def _listing(worker: Worker, command: Sequence[str]) -> dict[str, Any]:
    """What pyttsx3 says of its voices; its process starts where that is not known."""
    listing = listings.kept(command)
    if listing is None:
        listing = worker.start()
        listings.keep(command, listing)
    return listing


def _quality(listed: _Listed) -> int:
    """Between voices of one language: the user's choice, then what is no novelty."""
    if listed.is_default:
        return 3
    if any(word in listed.id for word in ("premium", "enhanced")):
        return 2
    return 0 if "speech.synthesis.voice" in listed.id else 1  # macOS: Zarvox, Bad News, ...


def _listed(listing: dict[str, Any]) -> list[_Listed]:
    """The driver's voices with names: short, lower case, each used once."""
    taken = set(_RESERVED)
    found = []
    for voice in listing["voices"]:
        spoken = language.tag(voice["language"] or "und")
        names = _names(voice, spoken, by_language=listing["driver"] == "espeak")
        name = next(name for name in names if name not in taken)
        taken.add(name)
        rate = _ESPEAK_RATE if listing["driver"] == "espeak" else 0
        info = VoiceInfo(name, "pyttsx3", spoken, voice["name"] or name, rate)
        found.append(_Listed(voice["id"], info, voice["id"] == listing["default"]))
    return found


def _names(voice: dict[str, str], spoken: str, *, by_language: bool) -> Iterable[str]:
    """Names for a voice, the best first, without end.

    eSpeak's ``gmw/en-us`` is known by its language, what SAPI calls ``Microsoft Zira
    Desktop - English (United States)`` by ``zira``.
    """
    if by_language:
        names = [spoken, voice["id"].rpartition("/")[2]]
    else:
        words = voice["name"].partition(" - ")[0].partition("(")[0].split()
        names = [" ".join(word for word in words if word not in ("Microsoft", "Desktop"))]
        names.append(f"{names[0]} {spoken}")
    slugs = ["-".join(name.lower().split()) or spoken.lower() for name in names]
    yield from slugs
    number = 2
    while True:
        yield f"{slugs[0]}-{number}"
        number += 1


class SystemVoice:
    """One voice of the system; ``SystemEngine.voice`` opens it."""

    parallel = 2
    """One speaks, while what was spoken before is made a clip."""

    def __init__(
        self,
        listed: _Listed,
        pace: Pace,
        worker: Worker,
        version: str,
        cue_time: Ms,
        *,
        pitched: bool,
    ) -> None:
        """``pitched``: the driver takes a pitch."""
        rate, gap = _RATES[pace], _WORD_GAPS[pace]
        self.rest = _RESTS[pace]
        self._rate = rate
        self._pitched = pitched
        self.info = listed.info
        self.key = f"pyttsx3 {version} {listed.id} rate={rate} pitch={_PITCH} gap={gap} r{REVISION}"
        self._request = {
            "do": "speak",
            "voice": listed.id,
            "rate": rate,
            "pitch": _PITCH,
            "gap": gap,
        }
        self._worker = worker
        self._cue_time = cue_time
        self._lock = threading.Lock()
        self._spoken = 0

    def speak(self, text: str) -> Speech:
        """Speak ``text``; after a failure once more, in a new process; ``SpeechError``."""
        return self._speak(text, Manner())

    def speak_phrase(self, phrase: Phrase) -> Speech:
        """As ``speak``, at the phrase's own rate and pitch."""
        return self._speak(phrase.text, phrase.manner)

    def lacks(self, phrase: Phrase) -> frozenset[str]:
        """pyttsx3 takes words alone; of its drivers, eSpeak's has a pitch."""
        pitch = {"pitch"} if phrase.manner.pitch and not self._pitched else set()
        return frozenset(pitch | ({"ipa"} if any(ipa for _, ipa in phrase.parts) else set()))

    def _speak(self, text: str, manner: Manner) -> Speech:
        words = plain(text, self.info.name)
        with self._lock:
            try:
                return self._try(words, manner)
            except WorkerError:
                self._worker.stop()
            if self._worker.closed:
                raise SpeechError(f'the voice "{self.info.name}" was closed at {quote(text)}')
            try:
                return self._try(words, manner)
            except WorkerError as error:
                self._worker.stop()
                raise SpeechError(
                    f'the cue {quote(text)} could not be spoken by the voice "{self.info.name}" '
                    f"(pyttsx3), twice: {error}; try another voice, or "
                    'pip install "audiocoach[neural]"'
                ) from error

    def _try(self, words: str, manner: Manner) -> Speech:
        """All of a cue, sentence by sentence, with the rests between them."""
        parts = [part for said in sentences(words) for part in pieces(said, _LONGEST)]
        spoken = [self._sentence(part, manner) for part in parts]
        (rate, *_) = {speech.rate for speech in spoken}
        if len(spoken) == 1:
            return spoken[0]
        heard = [trimmed(speech.samples, speech.rate) for speech in spoken]
        return Speech(joined(heard, rate, self.rest), rate)

    def _sentence(self, words: str, manner: Manner) -> Speech:
        self._spoken += 1
        file = f"{self._spoken}{_SUFFIX}"
        path = self._worker.folder / file
        deadline = self._cue_time + _CHARACTER_TIME * len(words)
        rate = max(_SLOWEST, round(self._rate * manner.rate))
        pitch = _PITCH + _PITCH_STEP * manner.pitch
        request = {**self._request, "rate": rate, "pitch": pitch, "text": words, "file": file}
        try:
            self._worker.ask(request, deadline)
            speech = _read(path)
        finally:
            path.unlink(missing_ok=True)
        if problem := defect(speech.samples, speech.rate, words):
            raise WorkerError(problem)
        return speech

    def close(self) -> None:
        """End the process and remove its files, also in the middle of a cue."""
        self._worker.close()


def _read(path: Path) -> Speech:
    """The sound that a driver wrote: 16 bit WAV, or whatever PyAV reads."""
    import numpy as np

    try:
        with wave.open(str(path), "rb") as sound:
            if sound.getsampwidth() == 2:
                frames = np.frombuffer(sound.readframes(sound.getnframes()), dtype="<i2")
                channels = frames.reshape(-1, sound.getnchannels()).astype(np.float32)
                return Speech(channels.mean(axis=1) / np.float32(32768), sound.getframerate())
    except FileNotFoundError as error:
        raise WorkerError("it wrote no sound") from error
    except (wave.Error, EOFError):
        pass  # not WAV
    except (OSError, ValueError) as error:
        raise WorkerError(f"what it wrote cannot be read: {error}") from error
    return _decode(path)


def _decode(path: Path) -> Speech:
    import av
    import numpy as np

    try:
        with av.open(str(path)) as container:
            stream = container.streams.audio[0]
            rate = int(stream.rate)
            mono = av.AudioResampler(format="flt", layout="mono", rate=rate)
            blocks = [block for frame in container.decode(stream) for block in mono.resample(frame)]
            blocks += mono.resample(None)
            parts = [block.to_ndarray().reshape(-1) for block in blocks]
    except (av.FFmpegError, IndexError, ValueError) as error:
        raise WorkerError(f"what it wrote is no sound: {error}") from error
    return Speech(np.concatenate([np.zeros(0, np.float32), *parts]), rate)
