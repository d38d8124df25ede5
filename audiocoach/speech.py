"""Speech: the distinct texts of a routine become clips, each spoken once and kept on disk."""

from __future__ import annotations

import json
import logging
import time
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import astuple, dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from audiocoach.clips import Clip, ClipCache, Stretch, clip_key, join_clip, make_clip
from audiocoach.errors import SpeechError
from audiocoach.presets import PHONE, Tone
from audiocoach.routine import Cue
from audiocoach.units import Frames, Ms
from audiocoach.voices import Manner, Voice
from audiocoach.voices.cast import Cast
from audiocoach.voices.spans import Part
from audiocoach.voices.spoken import quote

_log = logging.getLogger(__name__)

_IN_MEMORY = 16
"""Clips that are held at once: those that sound now and some that come."""


@dataclass(frozen=True, slots=True)
class Spoken:
    """A cue text that has a clip."""

    text: str
    length: Ms
    key: str = ""
    """The name of its clip in the cache."""


@dataclass(frozen=True, slots=True, eq=False)
class Known:
    """What is kept of a clip that is not held."""

    length: Ms
    frames: Frames
    energies: NDArray[np.float32]
    """See ``Clip``."""
    content: str
    """Another clip of the same key, spoken again, has another one."""


class Speaker:
    """Speaks the cues of a routine with one voice, or more where asked, through the cache."""

    def __init__(self, voice: Voice | Cast, cache: ClipCache, tone: Tone = PHONE.tone) -> None:
        self._cast = voice if isinstance(voice, Cast) else Cast(voice)
        self._voice = self._cast.voice
        self._cache = cache
        self._tone = tone
        self._known: dict[str, Known] = {}
        self._keys: dict[Cue, str] = {}
        self._load = lru_cache(maxsize=_IN_MEMORY)(self._cached)

    def speak(
        self, cues: Iterable[Cue], *, stop: Callable[[], bool] | None = None
    ) -> Iterator[Spoken]:
        """Speak every distinct text of ``cues``, yielding each as soon as it has a clip.

        Begins with the first cue; what the cache holds costs no speech. ``stop`` is asked
        between cues. Raises ``SpeechError`` that names the cue which could not be spoken.
        """
        distinct = {cue.spoken: cue for cue in reversed(list(cues))}
        missing = []
        for text in reversed(distinct):
            clip = self._cache.get(self._key(distinct[text]))
            if clip is None:
                missing.append(distinct[text])
            else:
                yield self._spoken(distinct[text], clip)
        _log.info("%d texts, of which %d are not in the cache", len(distinct), len(missing))
        if not missing:
            return
        with ThreadPoolExecutor(self.parallel, "speech") as pool:
            futures = {pool.submit(self._speak, cue): cue for cue in missing}
            try:
                for future in as_completed(futures):
                    yield self._spoken(futures[future], future.result())
                    if stop is not None and stop():
                        return
            except (KeyboardInterrupt, SystemExit):
                self._voice.close()  # else the cue that is being spoken would be waited for
                raise
            finally:
                for future in futures:
                    future.cancel()

    def clip(self, cue: Cue) -> Clip:
        """The clip of a cue that was spoken; read again from the disk where needed.

        Spoken anew where the cache lost it. Raises ``SpeechError``.
        """
        return self._load(cue)

    def length(self, cue: Cue) -> Ms:
        """The length of a cue's clip; raises ``KeyError`` before it was spoken."""
        return self._known[cue.spoken].length

    def known(self, cue: Cue) -> Known:
        """What is known of a cue's clip; raises ``KeyError`` before it was spoken."""
        return self._known[cue.spoken]

    def has(self, cue: Cue) -> bool:
        """Whether the cue was spoken."""
        return cue.spoken in self._known

    def parts(self, cue: Cue) -> list[Part]:
        """Who says which words of a cue, and how."""
        return self._cast.parts(cue)

    @property
    def parallel(self) -> int:
        """How many threads speak at once."""
        return max(1, self._voice.parallel)

    @property
    def voice_key(self) -> str:
        """Names the routine's own voice and how it was set."""
        return self._voice.key

    def close(self) -> None:
        """Close the voices."""
        self._cast.close()

    def _spoken(self, cue: Cue, clip: Clip) -> Spoken:
        known = self._learnt(cue, clip)
        return Spoken(cue.spoken, known.length, self._key(cue))

    def _learnt(self, cue: Cue, clip: Clip) -> Known:
        content = f"{self._key(cue)} {zlib.crc32(clip.samples.data):08x}"
        known = Known(clip.length, len(clip.samples), clip.energies.copy(), content)
        self._known[cue.spoken] = known
        return known

    def _key(self, cue: Cue) -> str:
        """Names a clip by what the engines get: another cue of the same words shares it."""
        if cue not in self._keys:
            self._keys[cue] = self._new_key(cue)
        return self._keys[cue]

    def _new_key(self, cue: Cue) -> str:
        parts = self._cast.parts(cue)
        if usual := _usual(parts):
            return clip_key(*usual, self._tone)
        described = [
            (part.phrase.parts, astuple(part.phrase.manner), part.gain, part.gap, part.voice.key)
            for part in parts
        ]
        return clip_key("in parts", json.dumps(described), self._tone)

    def _cached(self, cue: Cue) -> Clip:
        clip = self._cache.get(self._key(cue))
        if clip is None:
            clip = self._speak(cue)
            self._learnt(cue, clip)
        return clip

    def _speak(self, cue: Cue) -> Clip:
        began = time.monotonic()
        try:
            clip = self._made(self._cast.parts(cue))
        except SpeechError as error:
            raise SpeechError(
                f"{cue.place}: the cue {quote(cue.text)} is missing: {error}"
            ) from error
        if clip is None:
            raise SpeechError(
                f"{cue.place}: the cue {quote(cue.text)} is missing: "
                f"the voice {self._voice.info.name} gave only silence for it"
            )
        took = time.monotonic() - began
        _log.debug('%s: spoke %d ms in %.2f s: "%s"', cue.place, clip.length, took, cue.spoken)
        return self._cache.put(self._key(cue), clip)

    def _made(self, parts: Sequence[Part]) -> Clip | None:
        if _usual(parts):
            return make_clip(parts[0].voice.speak(parts[0].phrase.text), self._tone)
        return join_clip(
            [
                Stretch(part.voice.speak_phrase(part.phrase), part.voice.key, part.gain, part.gap)
                for part in parts
            ],
            self._tone,
        )


def _usual(parts: Sequence[Part]) -> tuple[str, str] | None:
    """The voice's key and the words, where they are all there is."""
    if len(parts) > 1 or parts[0].gain or parts[0].phrase.manner != Manner():
        return None
    if any(ipa for _, ipa in parts[0].phrase.parts):
        return None
    return parts[0].voice.key, parts[0].phrase.text
