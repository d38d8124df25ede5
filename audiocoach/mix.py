"""The mix: timeline, clips and bed become blocks of sound, flat in memory.

``Mix`` answers for any stretch of a timeline what is heard there besides the bed, and
how loud the bed is. The bed itself is read on and on, whatever the timeline does, so a
live player can stop the one while the other goes on. ``blocks`` runs both together.
"""

from __future__ import annotations

import bisect
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from audiocoach.ambience import Ambience
from audiocoach.clips import CLIP_LOUDNESS, Clip
from audiocoach.duck import breath_curve, duck_curve
from audiocoach.errors import RenderError
from audiocoach.limiter import LATENCY, Limiter
from audiocoach.limiter import REST as LIMITER_REST
from audiocoach.presets import Levels
from audiocoach.routine import Cue
from audiocoach.segments import AudioSegment, segment
from audiocoach.synth import LEVEL
from audiocoach.timeline import PlacedCue, PlacedSound, Timeline
from audiocoach.units import Db, Frames, Ms, db_to_gain, frames_to_ms, ms_to_frames

ClipSource = Callable[[Cue], Clip]
"""Gives the clip of a cue that was spoken."""

Stereo = NDArray[np.float32]
"""Sound of shape ``(frames, 2)``, full scale at +/- 1.0, at ``RATE``."""

Stems = Callable[[Stereo, Stereo], None]
"""Told the bed and the words of a mix, each by itself, in order, as they are put together."""


class Mix:
    """What a timeline sounds like, for any stretch of it.

    ``marks`` holds each sound of the timeline by name, at -23 LUFS. ``trim`` is added to
    everything.
    """

    def __init__(
        self,
        timeline: Timeline,
        clips: ClipSource,
        marks: Mapping[str, Stereo],
        levels: Levels,
        trim: Db = 0.0,
    ) -> None:
        self._clips = clips
        self._marks = marks
        self._levels = levels
        self._cues = _Spans(timeline.cues)
        self._mixed = dict.fromkeys(timeline.cues, 0)
        self._sounds = _Spans(timeline.sounds)
        self._duck = duck_curve(timeline.cues, levels)
        self._breath = breath_curve(timeline.breaths, levels)
        self._speech_gain = np.float32(db_to_gain(levels.programme - CLIP_LOUDNESS + trim) / 32767)
        self._mark_gain = np.float32(db_to_gain(levels.programme + levels.mark - LEVEL + trim))

    def add_speech(self, out: Stereo, start: Frames, *, counted: bool = True) -> None:
        """Add the cues that sound from ``start`` on to ``out``.

        ``counted``: ``missing`` counts what was added; else whoever adds it tells ``count``.
        """
        for cue in self._cues.between(start, start + len(out)):
            clip = self._clips(cue.cue)
            if clip.length != cue.end - cue.start:
                raise RenderError(
                    f'{cue.cue.place}: the clip of "{cue.cue.text}" is not the one that was '
                    "scheduled; run the command again"
                )
            offset = ms_to_frames(cue.start) - start
            added = _add(out, clip.samples[:, None], offset, self._speech_gain)
            self._mixed[cue] += added if counted else 0

    def count(self, start: Frames, end: Frames, frames: Callable[[Cue], Frames]) -> None:
        """Take for added what of the cues lies from ``start`` up to ``end``.

        ``frames`` is how long each clip is.
        """
        for cue in self._cues.between(start, end):
            begin = ms_to_frames(cue.start)
            inside = min(end, begin + frames(cue.cue)) - max(start, begin)
            self._mixed[cue] += max(0, inside)

    def uncount(self) -> None:
        """Begin again: nothing was added yet."""
        self._mixed = dict.fromkeys(self._mixed, 0)

    def missing(self) -> list[PlacedCue]:
        """The cues that have not wholly been added yet; after a whole render there is none."""
        return [
            cue
            for cue, frames in self._mixed.items()
            if frames_to_ms(frames) != cue.end - cue.start
        ]

    def add_marks(self, out: Stereo, start: Frames) -> None:
        """Add the sounds from the bank that sound from ``start`` on, ducked under words."""
        for sound in self._sounds.between(start, start + len(out)):
            room = np.zeros_like(out)
            mark = self._marks[sound.sound.name]
            _add(room, mark, ms_to_frames(sound.start) - start, self._mark_gain)
            out += shaped(room, self.duck(start, len(out)))

    def duck_at(self, frames: NDArray[np.int64]) -> NDArray[np.float64]:
        """The gain of the bed at each of some moments."""
        duck, breath = self._duck.at(frames), self._breath.at(frames)
        level = self._levels.duck * duck + self._levels.swell * breath
        return np.asarray(10 ** (level / 20))

    def duck(self, start: Frames, count: Frames) -> NDArray[np.float32] | np.float32:
        """The gain with which the bed makes room for words, and swells with the breath.

        One number, or one for each frame, ``(n, 1)``.
        """
        duck, breath = self._duck.stretch(start, count), self._breath.stretch(start, count)
        level = self._levels.duck * duck + self._levels.swell * breath
        still = isinstance(level, float)
        # One number or many, it is reckoned in the same way: whoever cuts elsewhere gets the same.
        levels = np.full(1, level) if still else np.asarray(level)
        gains: NDArray[np.float32] = np.exp((np.log(10) / 20 * levels).astype(np.float32))[:, None]
        return np.float32(gains[0, 0]) if still else gains

    def active(self) -> Iterator[tuple[Frames, Frames]]:
        """When more is heard than a bed at its one level, but for the fades; in no order.

        Where nothing sounds any more, the limiter has come to rest.
        """
        yield from self._duck.moved()
        yield from self._breath.moved()
        spans = [(thing.start, thing.end) for thing in self._cues.placed]
        spans += [(thing.start, thing.end) for thing in self._sounds.placed]
        for start, end in spans:
            yield ms_to_frames(start), ms_to_frames(end) + LIMITER_REST

    def sounds_between(self, start: Frames, end: Frames) -> bool:
        """Whether a cue or a mark sounds from ``start`` up to ``end``."""
        found = (*self._cues.between(start, end), *self._sounds.between(start, end))
        return len(found) > 0

    def described(
        self, start: Frames, end: Frames, clip: Callable[[Cue], str], mark: Callable[[str], str]
    ) -> list[Any]:
        """All that what is heard from ``start`` up to ``end`` depends on, but for bed and fades.

        ``clip`` and ``mark`` name the content of a cue's clip and of a mark.
        """
        return [
            float(self._speech_gain),
            float(self._mark_gain),
            [self._levels.duck, *self._duck.described(start, end)],
            [self._levels.swell, *self._breath.described(start, end)],
            [
                [ms_to_frames(cue.start) - start, clip(cue.cue)]
                for cue in self._cues.between(start, end)
            ],
            [
                [ms_to_frames(sound.start) - start, mark(sound.sound.name)]
                for sound in self._sounds.between(start, end)
            ],
        ]


_Placed = TypeVar("_Placed", PlacedCue, PlacedSound)


class _Spans(Generic[_Placed]):
    """Placed things in order of start, found by time."""

    def __init__(self, placed: tuple[_Placed, ...]) -> None:
        self.placed: tuple[_Placed, ...] = placed
        self._starts = [ms_to_frames(thing.start) for thing in placed]
        self._longest = max((ms_to_frames(thing.end - thing.start) for thing in placed), default=0)

    def between(self, start: Frames, end: Frames) -> Iterator[_Placed]:
        """Those that sound from frame ``start`` up to ``end``."""
        first = bisect.bisect_left(self._starts, start - self._longest - 1)
        last = bisect.bisect_left(self._starts, end)
        for thing in self.placed[first:last]:
            if ms_to_frames(thing.end) > start:
                yield thing


def _add(out: Stereo, sound: NDArray[Any], offset: Frames, gain: np.float32) -> Frames:
    """Add ``sound`` times ``gain`` to ``out`` from frame ``offset`` on, which may be negative.

    The result is how many frames of it were added.
    """
    begin, end = max(0, offset), min(len(out), offset + len(sound))
    if begin >= end:
        return 0
    part = sound[begin - offset : end - offset] * gain
    for channel in range(out.shape[1]):
        out[begin:end, channel] += part[:, channel % part.shape[1]]
    return end - begin


def shaped(sound: Stereo, gain: NDArray[np.float32] | np.float32) -> Stereo:
    """``sound`` times one number, or one for each frame, ``(n, 1)``.

    A channel at a time: numpy takes six times as long to spread a gain over pairs.
    """
    if np.ndim(gain) == 0:
        return sound * gain
    out = np.empty_like(sound)
    for channel in range(sound.shape[1]):
        np.multiply(sound[:, channel], np.asarray(gain)[:, 0], out=out[:, channel])
    return out


def fade(levels: Levels, length: Ms, start: Frames, count: Frames) -> NDArray[np.float32] | None:
    """The slow fades at both ends, shape ``(n, 1)``; ``None`` where there is no fade."""
    total = ms_to_frames(length)
    rise, fall = ms_to_frames(levels.fade_in), ms_to_frames(levels.fade_out)
    if start >= rise and start + count <= total - fall:
        return None
    # whole numbers: a float32 cannot count frames after 6 minutes
    gains = fade_at(levels, length, np.arange(start, start + count))
    return np.asarray(gains[:, None], dtype=np.float32)


def fade_at(levels: Levels, length: Ms, frames: NDArray[np.int64]) -> NDArray[np.float64]:
    """The gain of the slow fades at both ends, at each of some frames."""
    inward = np.clip(frames / ms_to_frames(levels.fade_in), 0, 1)
    outward = np.clip((ms_to_frames(length) - frames) / ms_to_frames(levels.fade_out), 0, 1)
    return np.asarray(np.sin(np.pi / 2 * inward) * outward * outward)


def bed_gain(bed: Ambience, levels: Levels, trim: Db) -> np.float32:
    """What brings a bed to its level between cues."""
    return np.float32(db_to_gain(levels.programme + levels.bed - bed.loudness + trim))


class Whole:
    """All that is heard: timeline, clips and bed together."""

    def __init__(
        self, timeline: Timeline, mix: Mix, bed: Ambience, levels: Levels, trim: Db
    ) -> None:
        self.timeline, self.mix, self.bed, self.levels = timeline, mix, bed, levels
        self.bed_gain = bed_gain(bed, levels, trim)

    def over(
        self, bed: Stereo, start: Frames, stems: Stems | None = None, *, counted: bool = True
    ) -> Stereo:
        """What is heard from ``start`` on over what was read of the bed, before the limiter.

        ``counted``: see ``Mix.add_speech``.
        """
        out = shaped(bed, self.bed_gain * self.mix.duck(start, len(bed)))
        faded = fade(self.levels, self.timeline.length, start, len(out))
        below = out.copy() if stems else out
        self.mix.add_marks(out, start)
        rung = out.copy() if stems else out
        self.mix.add_speech(out, start, counted=counted)
        if stems:
            shape = np.float32(1.0) if faded is None else faded
            stems(below * shape, (out - rung) * shape)
        return out if faded is None else shaped(out, faded)


def blocks(
    whole: Whole, *, output_gain: Db = 0.0, stems: Stems | None = None
) -> Iterator[AudioSegment]:
    """The whole timeline as pydub segments of ``BLOCK`` frames (the last may be shorter).

    44.1 kHz, two channels, 16 bit. ``output_gain`` makes up for what an encoder takes.
    ``stems`` hears the parts before the limiter, for somewhat longer than the timeline.
    """
    total = ms_to_frames(whole.timeline.length)
    scale = 32767 * db_to_gain(output_gain)
    limiter = Limiter(whole.levels.ceiling)
    limiter.push(whole.over(whole.bed.read(LATENCY), 0, stems))
    for start in range(0, total, BLOCK):
        limited = limiter.push(whole.over(whole.bed.read(BLOCK), start + LATENCY, stems))
        yield segment(limited[: total - start], scale, start)


BLOCK: Frames = 16 * 1024
"""Frames in a block of an export: 0.37 s."""
