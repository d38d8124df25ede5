"""Gains that never jump, and the cues and bells that sound under them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from audiocoach.clips import Clip
from audiocoach.live.plan import Key
from audiocoach.mix import Mix, Stereo
from audiocoach.presets import Levels
from audiocoach.timeline import PlacedCue, PlacedSound, Timeline
from audiocoach.units import Db, Frames, Ms, ms_to_frames

_CUT: Ms = 50
"""Words and bells that are cut off fade in this time."""
_JUMP = 1e-3
"""A curve of gains that moves by more than this from one frame to the next has jumped."""

Gain: TypeAlias = NDArray[np.float32] | np.float32
"""One gain for all frames, or one for each, shape ``(n, 1)``."""

ONE, NOTHING = np.float32(1), np.float32(0)


class Glide:
    """A gain that follows a curve; where the curve jumps, it glides over to it."""

    def __init__(self, gain: float, rise: Ms, fall: Ms) -> None:
        self._rise, self._fall = ms_to_frames(rise), ms_to_frames(fall)
        self._gain = self._curve = gain
        self._before = gain
        """The gain when the curve jumped."""
        self._left: Frames = 0
        """Until the gain is on the curve again."""
        self._length: Frames = 1
        """Of the whole way there."""

    def rests_at(self, gain: float) -> bool:
        """Whether the gain is ``gain`` and does not move."""
        return self._left == 0 and self._gain == gain

    def follow(self, curve: Gain, count: Frames) -> Gain:
        """The gain for the next ``count`` frames, in which the curve is ``curve``."""
        first, last = (float(curve.flat[0]), float(curve.flat[-1]))
        if abs(first - self._curve) > _JUMP:
            self._before = self._gain
            self._left = self._length = self._rise if first > self._gain else self._fall
        self._curve = self._gain = last
        if self._left == 0:
            return curve
        part = np.clip((self._left - np.arange(1, count + 1)) / self._length, 0, 1)
        share = (part * part * (3 - 2 * part)).astype(np.float32)[:, None]
        self._left = max(0, self._left - count)
        # Never beyond both of them, whatever the curve does meanwhile.
        gains = curve + (np.float32(self._before) - curve) * share
        self._gain = float(gains[-1, 0])
        return gains


class Sounding:
    """A cue or a bell that is heard."""

    def __init__(
        self,
        placed: PlacedCue | PlacedSound,
        mix: Mix,
        at: Frames,
        key: Key | None = None,
    ) -> None:
        self.is_cue = isinstance(placed, PlacedCue)
        self.key = key
        """Names it in its step; ``None`` for an answer."""
        self.dropped = False
        """It ends once it is silent."""
        self._mix = mix
        self._at = at
        """Frames of it that were heard; negative before it begins."""
        self._length = ms_to_frames(placed.end - placed.start)
        self._glide = Glide(1.0, _CUT, _CUT)
        self._wanted = ONE

    @property
    def over(self) -> bool:
        """Whether nothing more of it will be heard."""
        return self._at >= self._length or (self.dropped and self._glide.rests_at(0.0))

    @property
    def left(self) -> Frames:
        """Frames of it that were not heard yet, and those before it begins."""
        return self._length - self._at

    def stop(self) -> None:
        """Fade out and stand still."""
        self._wanted = NOTHING

    def go_on(self) -> None:
        """Fade in from where it stands, unless it was dropped."""
        if not self.dropped:
            self._wanted = ONE

    def add(self, out: Stereo, gain: Gain) -> None:
        """Add what is heard of it next: words so loud, a bell with so much room for words."""
        if self._glide.rests_at(0.0) and self._wanted == 0:
            return
        alone = np.zeros_like(out)
        if self.is_cue:
            self._mix.add_speech(alone, self._at)
        else:
            self._mix.add_marks(alone, self._at)
        alone *= gain
        alone *= self._glide.follow(self._wanted, len(out))
        out += alone
        self._at += len(out)


def alone(
    placed: PlacedCue | PlacedSound,
    clip: Clip | None,
    marks: Mapping[str, Stereo],
    levels: Levels,
    trim: Db,
) -> Mix:
    """A mix of one cue, which is ``clip``, or of one sound: it runs on a clock of its own."""
    length = clip.length if clip else placed.end - placed.start
    placed = replace(placed, start=0, end=length)
    cues = (placed,) if isinstance(placed, PlacedCue) else ()
    sounds = (placed,) if isinstance(placed, PlacedSound) else ()
    clips = {cue.cue: clip for cue in cues if clip}
    return Mix(Timeline(length, (), (), cues, sounds, ()), clips.__getitem__, marks, levels, trim)
