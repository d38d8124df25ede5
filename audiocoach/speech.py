"""Speech: the distinct texts of a routine become clips, each spoken once and kept on disk."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from functools import lru_cache

from audiocoach.clips import Clip, ClipCache, clip_key, make_clip
from audiocoach.errors import SpeechError
from audiocoach.routine import Cue
from audiocoach.units import Ms
from audiocoach.voices import Voice

_IN_MEMORY = 16
"""Clips that are held at once: those that sound now and some that come."""


@dataclass(frozen=True, slots=True)
class Spoken:
    """A cue text that has a clip."""

    text: str
    length: Ms


class Speaker:
    """Speaks the cues of a routine with one voice, through the cache."""

    def __init__(self, voice: Voice, cache: ClipCache) -> None:
        self._voice = voice
        self._cache = cache
        self._lengths: dict[str, Ms] = {}
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
            clip = self._cache.get(clip_key(self._voice.key, text))
            if clip is None:
                missing.append(distinct[text])
            else:
                yield self._known(text, clip)
        if not missing:
            return
        with ThreadPoolExecutor(max(1, self._voice.parallel), "speech") as pool:
            futures = {pool.submit(self._speak, cue): cue for cue in missing}
            try:
                for future in as_completed(futures):
                    yield self._known(futures[future].spoken, future.result())
                    if stop is not None and stop():
                        return
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
        return self._lengths[cue.spoken]

    def has(self, cue: Cue) -> bool:
        """Whether the cue was spoken."""
        return cue.spoken in self._lengths

    def _known(self, text: str, clip: Clip) -> Spoken:
        self._lengths[text] = clip.length
        return Spoken(text, clip.length)

    def _cached(self, cue: Cue) -> Clip:
        clip = self._cache.get(clip_key(self._voice.key, cue.spoken))
        return clip if clip is not None else self._speak(cue)

    def _speak(self, cue: Cue) -> Clip:
        try:
            clip = make_clip(self._voice.speak(cue.words))
        except SpeechError as error:
            raise SpeechError(f'{cue.place}: the cue "{cue.text}" is missing: {error}') from error
        if clip is None:
            raise SpeechError(
                f'{cue.place}: the cue "{cue.text}" is missing: '
                f"the voice {self._voice.info.name} gave only silence for it"
            )
        self._cache.put(clip_key(self._voice.key, cue.spoken), clip)
        return clip
