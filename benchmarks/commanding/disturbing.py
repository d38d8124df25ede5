"""How it is heard: another size of head, another room, another microphone, noise and echo."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import numpy as np
import soxr
from numpy.typing import NDArray

from audiocoach.listen.recogniser import RATE, Mono
from audiocoach.units import db_to_gain
from commanding.scene import loud_rms, noise, through_room

Wave = NDArray[np.float64]

_NOISE_S, _NOISES, _NOISE_SEED = 60, 8, 3000
"""Seeds of other noise than that of any scene."""
_LONGEST_S = 3.0
"""Of an utterance, as ``listen/activity.py`` cuts it,"""
_BEFORE_S, _AFTER_S = (0.3, 1.3), (0.0, 0.4)
"""and what is in it before and after what was said,"""
_TALK_BEFORE = 0.25
"""which may be something else that was said: so often,"""
_PAUSE_S = (0.15, 0.6)
"""and so long before."""
_REST_S = (0.05, 0.8)
"""Between the wake word and what is said with it, where both are utterances by themselves."""
_OCTAVES_HZ = (50, 200, 500, 1000, 2000, 4000, 8000)


class Disturbance:
    """Disturbs sounds at random, within what a room at home may do. ``phone``: what plays."""

    def __init__(self, seed: int, phone: Mono, talk: Sequence[Mono]) -> None:
        self._chance = np.random.default_rng(seed)
        self._phone, self._talk = phone, talk
        self._noises = _noises()

    def said(self, *sounds: Mono) -> Mono:
        """A saying, of one part or more, as an utterance from the microphone."""
        ratio = self._between(0.87, 1.15)
        voice = self._cut(sounds[0], ratio)
        for sound in sounds[1:]:
            rest = np.zeros(int(self._between(*_REST_S) * RATE))
            voice = np.concatenate([voice, rest, self._cut(sound, ratio)])
        voice = self._microphone(np.pad(voice, (160, 3200)))
        room = self._room()
        voice = through_room(voice, room)
        voice = voice[: len(voice) - int(self._between(0, 2000))]
        before, after = (int(self._between(*span) * RATE) for span in (_BEFORE_S, _AFTER_S))
        whole = np.pad(voice / loud_rms(voice), (before, after))
        if self._chance.random() < _TALK_BEFORE:
            pause = int(self._between(*_PAUSE_S) * RATE)
            self._add_talk(whole[: max(0, before - pause)], room)
        whole += self._background(len(whole)) * db_to_gain(-self._between(3, 25))
        if self._chance.random() < 0.5:
            echo = through_room(self._piece(self._phone, len(whole)), self._room())[: len(whole)]
            whole += _even(echo) * db_to_gain(-self._between(4, 28))
        if self._chance.random() < 0.1:
            whole = np.clip(whole, -2, 2)
        return self._level(whole)

    def unsaid(self) -> Mono:
        """A piece of what plays, and noise."""
        length = int(self._between(0.5, _LONGEST_S) * RATE)
        whole = _even(self._piece(self._phone, length))
        whole += self._background(length) * db_to_gain(-self._between(-5, 20))
        return self._level(whole)

    def _between(self, least: float, most: float) -> float:
        return float(self._chance.uniform(least, most))

    def _cut(self, sound: Mono, ratio: float) -> Wave:
        """From where it begins to where it ends, ``ratio`` times as long."""
        voice = soxr.resample(sound, RATE * ratio, RATE).astype(np.float64)
        loud = np.flatnonzero(np.abs(voice) > np.abs(voice).max() / 50)
        return np.asarray(voice[loud[0] : loud[-1]] / loud_rms(voice))

    def _add_talk(self, part: Wave, room: Wave) -> None:
        """The end of what somebody says, into ``part``."""
        talk = self._cut(self._talk[int(self._chance.integers(len(self._talk)))], 1.0)
        heard = through_room(talk, room)[: len(talk)][-len(part) :] if len(part) else part
        part[len(part) - len(heard) :] += heard * db_to_gain(self._between(-12, 3))

    def _level(self, whole: Wave) -> Mono:
        heard = whole[-int(_LONGEST_S * RATE) :] * db_to_gain(-self._between(20, 40))
        return heard.astype(np.float32)

    def _room(self) -> Wave:
        """Reverberation of 0.15 to 0.7 s, its energy 1."""
        seconds = self._between(0.15, 0.7)
        time = np.arange(int(seconds * RATE)) / RATE
        ring = self._chance.standard_normal(len(time)) * np.exp(-6.9 * time / seconds)
        ring[: int(self._between(0.002, 0.012) * RATE)] = 0.0
        ring /= np.sqrt((ring**2).sum())
        ring[0] = db_to_gain(self._between(-6, 10))
        return np.asarray(ring / np.sqrt((ring**2).sum()))

    def _microphone(self, sound: Wave) -> Wave:
        """Up to 5 dB more or less in each octave or two."""
        hertz = np.maximum(np.fft.rfftfreq(len(sound), 1 / RATE), _OCTAVES_HZ[0])
        decibels = self._chance.uniform(-5, 5, len(_OCTAVES_HZ))
        gain = np.interp(np.log2(hertz), np.log2(_OCTAVES_HZ), decibels)
        return np.asarray(np.fft.irfft(np.fft.rfft(sound) * 10 ** (gain / 20), len(sound)))

    def _background(self, length: int) -> Wave:
        kind = self._chance.random()
        if kind < 0.6:
            return _even(self._piece(self._noises[int(self._chance.integers(_NOISES))], length))
        if kind < 0.75:
            walk = np.cumsum(self._chance.standard_normal(length))
            walk -= np.convolve(walk, np.ones(400) / 400, "same")
            return _even(_even(walk) + 0.3 * self._chance.standard_normal(length))
        talk = np.zeros(length)
        for _ in range(self._chance.integers(1, 4)):
            words = np.resize(self._talk[int(self._chance.integers(len(self._talk)))], length)
            talk += np.roll(words, int(self._chance.integers(length)))
        return _even(through_room(talk, self._room())[:length])

    def _piece(self, sound: Mono | Wave, length: int) -> Wave:
        begin = self._chance.integers(len(sound) - length)
        return sound[begin : begin + length].astype(np.float64)


@cache
def _noises() -> list[Wave]:
    return [noise(_NOISE_S * RATE, _NOISE_SEED + one) for one in range(_NOISES)]


def _even(sound: Wave) -> Wave:
    """RMS 1."""
    return np.asarray(sound / (np.sqrt((sound**2).mean()) + 1e-9))
