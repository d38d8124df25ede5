"""The mix: timeline, clips and bed become blocks of sound, flat in memory.

``Mix`` answers for any stretch of a timeline what is heard there besides the bed, and
how loud the bed is. The bed itself is read on and on, whatever the timeline does, so a
live player can stop the one while the other goes on. ``blocks`` runs both together.
"""

from __future__ import annotations

import bisect
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from audiocoach.clips import CLIP_LOUDNESS, Clip
from audiocoach.errors import RenderError
from audiocoach.limiter import LATENCY, Limiter
from audiocoach.loudness import HOP, STEP, gated_loudness
from audiocoach.routine import Cue, Phase
from audiocoach.segments import AudioSegment, segment
from audiocoach.soundbank import Bed
from audiocoach.synth import LEVEL
from audiocoach.timeline import PlacedBreath, PlacedCue, PlacedSound, Timeline
from audiocoach.units import RATE, Db, Frames, Ms, db_to_gain, frames_to_ms, ms_to_frames

ClipSource = Callable[[Cue], Clip]
"""Gives the clip of a cue that was spoken."""

Stereo = NDArray[np.float32]
"""Sound of shape ``(frames, 2)``, full scale at +/- 1.0, at ``RATE``."""


@dataclass(frozen=True, slots=True)
class Levels:
    """How loud the parts of a mix are, and how the bed makes room for words.

    Speech lies 21 dB over the ducked bed: recognisers and listeners lose words below
    18 dB on a phone in a room, and Torcoli et al. (JAES 67/12, 2019) ask for 15 LU.
    """

    programme: Db = -16.0
    """LUFS of the whole (AES TD1008, speech on mobile devices: -16 to -20)."""
    ceiling: Db = -1.7
    """dBTP before the encoder, whose error then stays under -1 dBTP."""
    bed: Db = -16.5
    """The bed between cues, against speech. Louder, and the relative gate of BS.1770 no longer
    leaves it out: speech would have to be pushed by 3 dB to bring the whole to its loudness."""
    duck: Db = -4.5
    """The bed under a cue, against the bed between cues."""
    most_trim: Db = 1.5
    """A routine with so few words that it would need more stays under ``programme``: its
    speech is as loud as that of any other."""
    mark: Db = -5.0
    """Bells and bowls at their loudest, against speech."""
    attack: Ms = 700
    """The bed sinks in this time before a cue."""
    hold: Ms = 400
    """The bed stays down for this long after a cue."""
    release: Ms = 1_600
    """The bed rises in this time."""
    swell: Db = -6.0
    """The bed after an out-breath, against the bed after an in-breath: it falls and comes back
    and is never louder than without, so that words stay as clear."""
    fade_in: Ms = 2_500
    fade_out: Ms = 7_000


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
        self._duck_times, self._duck_depths = _duck_curve(timeline.cues, levels)
        self._breath_times, self._breath_depths = _breath_curve(timeline.breaths, levels)
        self._speech_gain = np.float32(db_to_gain(levels.programme - CLIP_LOUDNESS + trim) / 32767)
        self._mark_gain = np.float32(db_to_gain(levels.programme + levels.mark - LEVEL + trim))

    def add_speech(self, out: Stereo, start: Frames) -> None:
        """Add the cues that sound from ``start`` on to ``out``."""
        for cue in self._cues.between(start, start + len(out)):
            clip = self._clips(cue.cue)
            if clip.length != cue.end - cue.start:
                raise RenderError(
                    f'{cue.cue.place}: the clip of "{cue.cue.text}" is not the one that was '
                    "scheduled; run the command again"
                )
            offset = ms_to_frames(cue.start) - start
            self._mixed[cue] += _add(out, clip.samples[:, None], offset, self._speech_gain)

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
            out += room * self.duck(start, len(out))

    def duck_at(self, frames: NDArray[np.int64]) -> NDArray[np.float64]:
        """The gain of the bed at each of some moments."""
        duck = np.interp(frames, self._duck_times, self._duck_depths)
        breath = np.interp(frames, self._breath_times, self._breath_depths)
        level = self._levels.duck * _eased(duck) + self._levels.swell * _eased(breath)
        return np.asarray(10 ** (level / 20))

    def duck(self, start: Frames, count: Frames) -> NDArray[np.float32] | np.float32:
        """The gain with which the bed makes room for words, and swells with the breath.

        One number, or one for each frame, ``(n, 1)``.
        """
        duck = _stretch(self._duck_times, self._duck_depths, start, count)
        breath = _stretch(self._breath_times, self._breath_depths, start, count)
        level = self._levels.duck * duck + self._levels.swell * breath
        if isinstance(level, float):
            return np.float32(db_to_gain(level))
        gains: NDArray[np.float32] = np.exp((np.log(10) / 20 * level).astype(np.float32))[:, None]
        return gains


def _stretch(
    times: list[Frames], depths: list[float], start: Frames, count: Frames
) -> NDArray[np.float64] | float:
    """A curve between ``times``, smoothed: one number where it does not move, or ``(n,)``."""
    first = bisect.bisect_right(times, start)
    last = bisect.bisect_right(times, start + count)
    if first == last and depths[first - 1] == depths[first]:
        return depths[first]  # 0 or 1, where the smoothing changes nothing
    near = slice(max(0, first - 1), last + 1)
    return _eased(np.interp(np.arange(start, start + count), times[near], depths[near]))


def _eased(depth: NDArray[np.float64]) -> NDArray[np.float64]:
    """A straight ramp made smooth at both ends, so that no level ever bends sharply."""
    return depth * depth * (3 - 2 * depth)


_Placed = TypeVar("_Placed", PlacedCue, PlacedSound)


class _Spans(Generic[_Placed]):
    """Placed things in order of start, found by time."""

    def __init__(self, placed: tuple[_Placed, ...]) -> None:
        self._placed: tuple[_Placed, ...] = placed
        self._starts = [ms_to_frames(thing.start) for thing in placed]
        self._longest = max((ms_to_frames(thing.end - thing.start) for thing in placed), default=0)

    def between(self, start: Frames, end: Frames) -> Iterator[_Placed]:
        """Those that sound from frame ``start`` up to ``end``."""
        first = bisect.bisect_left(self._starts, start - self._longest - 1)
        last = bisect.bisect_left(self._starts, end)
        for thing in self._placed[first:last]:
            if ms_to_frames(thing.end) > start:
                yield thing


def _add(out: Stereo, sound: NDArray[Any], offset: Frames, gain: np.float32) -> Frames:
    """Add ``sound`` times ``gain`` to ``out`` from frame ``offset`` on, which may be negative.

    The result is how many frames of it were added.
    """
    begin, end = max(0, offset), min(len(out), offset + len(sound))
    if begin >= end:
        return 0
    out[begin:end] += sound[begin - offset : end - offset] * gain
    return end - begin


def _duck_curve(cues: tuple[PlacedCue, ...], levels: Levels) -> tuple[list[Frames], list[float]]:
    """Times and depths (0 none, 1 full) between which the duck is drawn.

    Cues so close that the bed could not rise between them share one duck.
    """
    times: list[Ms] = [-(1 << 60)]
    depths = [0.0]
    for cue in cues:
        if times[-1] + levels.attack > cue.start - levels.attack:
            times[-2:], depths[-2:] = [], []
        else:
            times += [cue.start - levels.attack, cue.start]
            depths += [0.0, 1.0]
        times += [cue.end + levels.hold, cue.end + levels.hold + levels.release]
        depths += [1.0, 0.0]
    times.append(1 << 60)
    depths.append(0.0)
    return [ms_to_frames(time) for time in times], depths


def _breath_curve(
    breaths: tuple[PlacedBreath, ...], levels: Levels
) -> tuple[list[Frames], list[float]]:
    """Times and depths (1 at the end of an out-breath) between which the swell is drawn.

    The bed sinks before the first in-breath and comes back after the last breath.
    """
    times: list[Ms] = [-(1 << 60)]
    depths = [0.0]
    lean = levels.release

    def move(end: Ms, depth: float) -> None:
        times.append(end)
        depths.append(depth)

    for at, breath in enumerate(breaths):
        begins = 1.0 if breath.phase is Phase.IN else 0.0
        if at == 0 or breath.start > breaths[at - 1].end:
            if at and breath.start - times[-1] > 2 * lean:
                move(times[-1] + lean, 0.0)
            if times[-1] < breath.start - lean:
                move(breath.start - lean, depths[-1])
            move(breath.start, begins)
        level = {Phase.IN: 0.0, Phase.OUT: 1.0, Phase.HOLD: depths[-1]}[breath.phase]
        move(breath.end, level)
    if breaths:
        move(times[-1] + lean, 0.0)
    move(1 << 60, 0.0)
    return [ms_to_frames(time) for time in times], depths


def fade(levels: Levels, length: Ms, start: Frames, count: Frames) -> NDArray[np.float32] | None:
    """The slow fades at both ends, shape ``(n, 1)``; ``None`` where there is no fade."""
    total = ms_to_frames(length)
    rise, fall = ms_to_frames(levels.fade_in), ms_to_frames(levels.fade_out)
    if start >= rise and start + count <= total - fall:
        return None
    at = np.arange(start, start + count, dtype=np.float32)
    inward = np.clip(at / rise, 0, 1)
    outward = np.clip((total - at) / fall, 0, 1)
    return np.asarray((np.sin(np.pi / 2 * inward) * outward * outward)[:, None], dtype=np.float32)


def bed_gain(bed: Bed, levels: Levels, trim: Db) -> np.float32:
    """What brings a bed to its level between cues."""
    return np.float32(db_to_gain(levels.programme + levels.bed - bed.loudness + trim))


def programme_trim(timeline: Timeline, clips: ClipSource, bed: Bed, levels: Levels) -> Db:
    """The gain that brings the whole to ``levels.programme``, without mixing it.

    Reckoned from the K-weighted energies of the clips and of the loop, which add up
    because they do not resemble each other. Rounded to 0.1 dB, so that a small change
    of a script seldom changes it.
    """
    steps = ms_to_frames(timeline.length) // STEP + 1
    speech = np.zeros(steps)
    hop_ms = frames_to_ms(HOP)
    for cue in timeline.cues:
        energies = clips(cue.cue).energies
        at = (cue.start + hop_ms * np.arange(len(energies))) * RATE // 1000 // STEP
        np.add.at(speech, np.minimum(at, steps - 1), energies)
    speech *= db_to_gain(levels.programme - CLIP_LOUDNESS) ** 2
    mix = Mix(timeline, clips, {}, levels)
    ducks = mix.duck_at(np.arange(steps) * STEP + STEP // 2)
    loop = bed.step_energies(steps) * float(bed_gain(bed, levels, 0.0)) ** 2
    found = gated_loudness(speech + loop * ducks**2)
    return round(min(levels.programme - found, levels.most_trim), 1)


def blocks(
    timeline: Timeline, mix: Mix, bed: Bed, levels: Levels, trim: Db, *, output_gain: Db = 0.0
) -> Iterator[AudioSegment]:
    """The whole timeline as pydub segments of ``BLOCK`` frames (the last may be shorter).

    44.1 kHz, two channels, 16 bit. ``output_gain`` makes up for what an encoder takes.
    """
    total = ms_to_frames(timeline.length)
    gain = bed_gain(bed, levels, trim)
    scale = 32767 * db_to_gain(output_gain)
    limiter = Limiter(levels.ceiling)

    def mixed(start: Frames, count: Frames) -> Stereo:
        out = bed.read(count) * (gain * mix.duck(start, count))
        mix.add_marks(out, start)
        mix.add_speech(out, start)
        faded = fade(levels, timeline.length, start, count)
        return out if faded is None else out * faded

    limiter.push(mixed(0, LATENCY))
    for start in range(0, total, BLOCK):
        limited = limiter.push(mixed(start + LATENCY, BLOCK))
        yield segment(limited[: total - start], scale)


BLOCK: Frames = 16 * 1024
"""Frames in a block of an export: 0.37 s."""
