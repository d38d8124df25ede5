"""Loudness and true peak of a stream, and what is left of it in mono and over a phone.

What is kept grows with the length of the sound, by 5 MB for each hour; the sound itself is
never held.
"""

from __future__ import annotations

import math
from array import array
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from audiocoach.loudness import HOP, SILENCE, STEP, hop_energies, peak_envelope
from audiocoach.measure.phone import Phone
from audiocoach.units import Db, Frames, Ms, db_to_gain, frames_to_ms

HOP_MS: Ms = 10
Hops = NDArray[np.float64]
"""K-weighted energy of each hop of 10 ms, summed over both loudspeakers."""

_CONTEXT: Frames = 25 * HOP
"""The K weighting has forgotten what was before this."""
_REACH: Frames = 64
"""Frames to either side that a true peak depends on; see ``peak_envelope``."""
_HALF = np.float32(0.5)
_UNDER_PEAK = db_to_gain(-3.0)
"""A true peak is looked for where a sample comes so close to the highest so far."""


@dataclass(frozen=True, slots=True, eq=False)
class Levels:
    """The energies of a whole sound, hop by hop."""

    stereo: Hops
    mono: Hops
    """What both loudspeakers give of both channels folded into one."""
    phone: Hops
    """The same through ``phone.Phone``."""
    true_peak: Db
    """dBTP; silence is ``SILENCE``."""
    true_peak_at: Ms


class LevelMeter:
    """Takes blocks of ``stream.BLOCK`` frames, the last may be shorter."""

    def __init__(self) -> None:
        self._middle, self._side, self._heard = Energies(), Energies(), Energies()
        self._phone = Phone()
        self._kept = np.zeros((2 * _REACH, 2), np.float32)
        self._at: Frames = -2 * _REACH
        """The frame of the sound at which ``_kept`` begins."""
        self._peak = 0.0
        self._peak_at: Frames = 0

    def push(self, block: NDArray[np.float32]) -> None:
        """Take the next frames, shape ``(n, 2)``."""
        self._middle.push((block[:, 0] + block[:, 1]) * _HALF)
        self._side.push((block[:, 0] - block[:, 1]) * _HALF)
        self._heard.push(self._phone.push(block))
        self._look_for_peak(np.concatenate([self._kept, block]))

    def levels(self) -> Levels:
        """What was found, once all of the sound was pushed."""
        self._look_for_peak(np.concatenate([self._kept, np.zeros((_REACH, 2), np.float32)]))
        mono = 2 * self._middle.all()
        return Levels(
            stereo=mono + 2 * self._side.all(),
            mono=mono,
            phone=2 * self._heard.all(),
            true_peak=max(SILENCE, 20 * math.log10(self._peak)) if self._peak else SILENCE,
            true_peak_at=frames_to_ms(max(0, self._peak_at)),
        )

    def _look_for_peak(self, sound: NDArray[np.float32]) -> None:
        """Look at all of ``sound`` but ``_REACH`` frames at both ends; keep what comes next."""
        end = len(sound) - 2 * _REACH
        own = sound[_REACH : len(sound) - _REACH]
        if len(own) and float(np.abs(own).max()) > self._peak * _UNDER_PEAK:
            peaks = peak_envelope(sound, 1, above=self._peak * _UNDER_PEAK)[_REACH:-_REACH]
            highest = int(peaks.argmax())
            if peaks[highest] > self._peak:
                self._peak, self._peak_at = float(peaks[highest]), self._at + _REACH + highest
        self._kept = sound[end:]
        self._at += end


class Energies:
    """The hop energies of one channel of a stream, pushed in whole hops but for the last."""

    def __init__(self) -> None:
        self._past = np.zeros(_CONTEXT, np.float32)
        self._hops = array("f")

    def push(self, channel: NDArray[np.float32]) -> None:
        """Take the next frames, shape ``(n,)``."""
        sound = np.concatenate([self._past, channel])
        self._past = sound[-_CONTEXT:]
        if channel.any():
            found = hop_energies(sound[:, None])[_CONTEXT // HOP :]
        else:
            found = np.zeros(-(-len(channel) // HOP))
        self._hops.frombytes(found.astype(np.float32).tobytes())

    def all(self) -> Hops:
        """What was found so far."""
        return np.asarray(self._hops, dtype=np.float64)


def mean_loudness(hops: Hops) -> Db:
    """LUFS of some hops together, without a gate; ``SILENCE`` where they are."""
    power = float(hops.mean()) / HOP if len(hops) else 0.0
    return max(SILENCE, -0.691 + 10 * math.log10(power)) if power > 0 else SILENCE


def running(steps: NDArray[np.float64], count: int) -> NDArray[np.float64]:
    """LUFS of each ``count`` steps in a row: momentary for 4, short-term for 30.

    EBU Tech 3341, section 2.2. One value for each place where so many fit; where the sound is
    shorter, one for all of it with silence after.
    """
    padded = np.pad(steps, (0, max(0, count - len(steps))))
    total = np.concatenate([[0.0], np.cumsum(padded)])
    power = np.maximum((total[count:] - total[:-count]) / (count * STEP), 0)
    return np.asarray(np.maximum(SILENCE, -0.691 + 10 * np.log10(np.maximum(power, 1e-12))))
