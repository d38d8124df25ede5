"""Clips: what a voice spoke, made ready for the mix, and the disk cache that keeps them.

A clip is one channel of 16-bit samples at ``RATE``, without silence around it, at
``CLIP_LOUDNESS`` and under ``CLIP_CEILING``: every cue of every voice arrives equally
loud and needs nothing more than to be added to the bed.
"""

from __future__ import annotations

import hashlib
import json
import math
import struct
from collections.abc import Sequence
from dataclasses import astuple, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from audiocoach.cache import Body, Entries
from audiocoach.limiter import limit
from audiocoach.lips import softened
from audiocoach.loudness import (
    HOP,
    gated_loudness,
    hop_energies,
    loudest_short,
    mean_power,
    step_energies,
)
from audiocoach.presets import PHONE, Tone
from audiocoach.tone import voiced
from audiocoach.units import RATE, Db, Frames, Ms, db_to_gain, frames_to_ms, ms_to_frames
from audiocoach.voices import Speech

CLIP_LOUDNESS: Db = -16.0
"""LUFS of each clip as it is heard: the one channel on both loudspeakers."""
CLIP_CEILING: Db = -2.6
"""dBTP of each clip; leaves room for the ducked bed and for the encoder's error."""

_TRIM: Db = -60.0
"""Under the clip's loudest moment: silence, at its ends. Whatever is louder is kept as it is."""
ONSET_S = 0.01
"""From the start of every clip to its first sound, so that words can stand on a beat."""


@dataclass(frozen=True, slots=True)
class _Edge:
    """How one end of what was spoken is cut."""

    keep_s: float
    """Beyond the sound, exactly: where the voice gave less, there is silence."""
    fade_s: float
    """No longer than that, so that no consonant is faded."""


_START, _END = _Edge(ONSET_S, 0.01), _Edge(0.09, 0.05)
"""The ends of a clip."""
_INNER_START, _INNER_END = _Edge(0.01, 0.005), _Edge(0.03, 0.02)
"""The same where other words are near."""
_PASSES = 6
_WORDS: Db = -20.0
"""Against the loudness of all that is said: words have begun."""
_BEFORE_WORDS_S = 0.12
"""No consonant is softer than that for longer: 60 ms were the most in 120 cues of a neural
voice, 90 ms in others."""
_SHORT_TERM_OFF: Db = 0.45
"""The loudest 3 s of a clip are no further from its loudness."""
_FORMAT = 8
"""Part of each key: raised when any of the above changes what is heard."""


@dataclass(frozen=True, slots=True, eq=False)
class Clip:
    """A spoken cue, ready for the mix."""

    samples: NDArray[np.int16]
    """One channel, shape ``(frames,)``."""
    energies: NDArray[np.float32]
    """K-weighted energy of each hop, both loudspeakers together."""

    @property
    def length(self) -> Ms:
        """Rounded up to whole milliseconds."""
        return frames_to_ms(len(self.samples))


def make_clip(speech: Speech, tone: Tone = PHONE.tone) -> Clip | None:
    """Colour, trim, level and limit what a voice spoke; ``None`` where it is silence."""
    trimmed = _trimmed(voiced(_resampled(speech), tone))
    return None if trimmed is None else _clip(_levelled(trimmed, CLIP_LOUDNESS))


@dataclass(frozen=True, slots=True, eq=False)
class Stretch:
    """A part of a clip that was spoken by itself."""

    speech: Speech
    voice: str
    """Who spoke it: what one voice spoke keeps its own dynamics."""
    gain: Db
    gap: Ms
    """Silence before it, from the last sound of the stretch before."""


def join_clip(stretches: Sequence[Stretch], tone: Tone = PHONE.tone) -> Clip | None:
    """One clip of what was spoken in stretches; ``None`` where one of them is silence.

    All voices come to one loudness, then each stretch gets its gain. The clip is at
    ``CLIP_LOUDNESS`` but for what the gains make of it.
    """
    found = [
        _trimmed(
            voiced(_resampled(stretch.speech), tone),
            _INNER_START if at else _START,
            _INNER_END if at < len(stretches) - 1 else _END,
        )
        for at, stretch in enumerate(stretches)
    ]
    sounds = [sound for sound in found if sound is not None]
    if len(sounds) < len(stretches):
        return None
    names = [stretch.voice for stretch in stretches]
    for name in dict.fromkeys(names) if len(set(names)) > 1 else ():
        mine = [at for at, other in enumerate(names) if other == name]
        level = db_to_gain(CLIP_LOUDNESS - _loudness(np.concatenate([sounds[at] for at in mine])))
        for at in mine:
            sounds[at] = sounds[at] * np.float32(level)
    powers = np.array([np.square(sound, dtype=np.float64).sum() for sound in sounds])
    gains = np.array([db_to_gain(stretch.gain) for stretch in stretches])
    more: Db = 10 * math.log10(float((powers * gains**2).sum() / powers.sum()))
    pieces = [np.zeros(0, np.float32)]
    for stretch, sound, gain in zip(stretches, sounds, gains, strict=True):
        pieces += [np.zeros(ms_to_frames(stretch.gap), np.float32), sound * np.float32(gain)]
    return _clip(_levelled(np.concatenate(pieces), CLIP_LOUDNESS + more))


def _clip(signal: NDArray[np.float32]) -> Clip:
    samples = np.rint(signal * np.float32(32767)).astype(np.int16)
    heard = samples.astype(np.float32) / np.float32(32767)
    return Clip(samples, _energies(heard).astype(np.float32))


def _resampled(speech: Speech) -> NDArray[np.float32]:
    if speech.rate == RATE:
        return speech.samples
    import soxr

    return np.asarray(soxr.resample(speech.samples, speech.rate, RATE), dtype=np.float32)


def _trimmed(
    signal: NDArray[np.float32], first: _Edge = _START, last: _Edge = _END
) -> NDArray[np.float32] | None:
    """Without the silence at both ends, faded there; ``None`` where nothing sounds."""
    levels = np.abs(signal)
    loudest = float(levels.max(initial=0.0))
    if loudest < db_to_gain(-60.0):
        return None
    sounding = np.flatnonzero(levels > loudest * db_to_gain(_TRIM))
    sounding = sounding[sounding >= _first_word(signal) - round(_BEFORE_WORDS_S * RATE)]
    start = int(sounding[0]) - round(first.keep_s * RATE)
    end = int(sounding[-1]) + 1 + round(last.keep_s * RATE)
    around = max(0, -start), max(0, end - len(signal))
    kept = np.pad(signal[max(0, start) : end], around)
    rise, fall = (round(edge.fade_s * RATE) for edge in (first, last))
    kept[:rise] *= np.linspace(0, 1, rise, dtype=np.float32)
    kept[len(kept) - fall :] *= np.linspace(1, 0, fall, dtype=np.float32)
    return kept


def _first_word(signal: NDArray[np.float32]) -> Frames:
    """Where words have begun. What comes long before is a breath or a smack of the lips.

    Neural voices have learnt those too.
    """
    energies = _energies(signal)
    heard = np.convolve(energies, np.ones(3) / 3, mode="same")
    words = mean_power(gated_loudness(step_energies(energies)) + _WORDS) * HOP
    return int(np.argmax(heard > words)) * HOP


def _levelled(signal: NDArray[np.float32], loudness: Db) -> NDArray[np.float32]:
    """At ``loudness`` and under ``CLIP_CEILING`` at once, no edge standing alone.

    The limiter costs loudness and more gain costs more limiting, so it is approached
    in a few passes, each from the untouched signal.
    """
    gain: Db = loudness - _loudness(signal)
    signal = softened(signal * np.float32(db_to_gain(gain)))
    gain, limited = 0.0, signal
    for _ in range(_PASSES):
        missing = loudness - _loudness(limited)
        if abs(missing) < 0.05:
            break
        gain += missing
        limited = limit((signal * np.float32(db_to_gain(gain)))[:, None], CLIP_CEILING)[:, 0]
    return limited


def _loudness(signal: NDArray[np.float32]) -> Db:
    """Integrated, and moved as far as its loudest 3 s need, to be near to those of others.

    Rests between short sentences count in 3 s, and do not where loudness is gated; a clip that
    is shorter is heard from its first sound to its last.
    """
    steps = step_energies(_energies(signal))
    integrated = gated_loudness(steps)
    off = loudest_short(steps, len(signal)) - integrated
    return integrated + off - min(max(off, -_SHORT_TERM_OFF), _SHORT_TERM_OFF)


def _energies(signal: NDArray[np.float32]) -> NDArray[np.float64]:
    """Hop energies of one channel as it is heard from two loudspeakers."""
    return 2 * hop_energies(signal[:, None])


def clip_key(voice_key: str, spoken: str, tone: Tone = PHONE.tone) -> str:
    """The name under which the clip of ``spoken`` by a voice in a tone is kept."""
    described = json.dumps([_FORMAT, CLIP_LOUDNESS, CLIP_CEILING, astuple(tone), voice_key, spoken])
    return hashlib.blake2b(described.encode(), digest_size=20).hexdigest()


class ClipCache:
    """Clips on disk, one file each, named by what made them: see ``cache.Entries``."""

    def __init__(self, folder: Path) -> None:
        self._entries = Entries(folder, "clip")

    def path(self, key: str) -> Path:
        """Where the clip of that key is kept, if it is."""
        return self._entries.path(key)

    def get(self, key: str) -> Clip | None:
        """The clip of that key, or ``None``."""
        data = self._entries.get(key)
        clip = None if data is None else _unpacked(data)
        if data is not None and clip is None:
            self._entries.remove(key)
        return clip

    def put(self, key: str, clip: Clip) -> Clip:
        """Keep a clip; returns the one that is kept, which may be another run's.

        No voice speaks twice alike, and a timeline stands on the lengths of its clips. Raises
        ``OutputError`` where there is no room for it anywhere.
        """
        body = _packed(clip)
        kept = self._entries.put(key, body)
        return clip if kept is body else _unpacked(kept) or clip

    def close(self) -> None:
        """Forget the clips that could only be kept for this run."""
        self._entries.close()


_HEADER = struct.Struct("<II")


def _packed(clip: Clip) -> bytes:
    return b"".join(
        (
            _HEADER.pack(len(clip.samples), len(clip.energies)),
            clip.energies.astype("<f4").tobytes(),
            clip.samples.astype("<i2").tobytes(),
        )
    )


def _unpacked(body: Body) -> Clip | None:
    """The clip in a cache entry; ``None`` where there is none in it."""
    if len(body) < _HEADER.size:
        return None
    frames: Frames
    frames, hops = _HEADER.unpack_from(body)
    middle = _HEADER.size + 4 * hops
    if len(body) != middle + 2 * frames:
        return None
    energies = np.frombuffer(body[_HEADER.size : middle], dtype="<f4")
    return Clip(np.frombuffer(body[middle:], dtype="<i2"), energies)
