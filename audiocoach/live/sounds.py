"""The sound of a live session: bed, words, bells and answers, put together without a jump."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from audiocoach.ambience import Ambience
from audiocoach.clips import Clip
from audiocoach.live.plan import Key
from audiocoach.live.sounding import ONE, Gain, Glide, Sounding, alone
from audiocoach.live.status import Earcon
from audiocoach.mix import Stereo, bed_gain, fade
from audiocoach.presets import Levels
from audiocoach.routine import Cue
from audiocoach.timeline import PlacedCue, PlacedSound
from audiocoach.units import Db, Frames, Ms, db_to_gain, ms_to_frames

VOLUMES = (5, 6, 8, 10, 13, 16, 20, 25, 32, 40, 50, 63, 80, 100, 125, 160, 200)
"""Percent, in steps of 2 dB (the preferred numbers R10 of ISO 3)."""

_TURN: Ms = 80
"""A new volume is reached in this time."""
_QUIT: Ms = 1_500
"""Everything fades in this time when the listener leaves."""
_ATTENDING: Db = -9.0
"""The bed while a command is awaited or answered, against the bed between cues."""
_ATTEND, _IGNORE = 250, 900
"""The bed sinks and rises in these times then."""
_GATHER: Ms = 250
"""An answer begins so long after it was asked for: the bed has sunk."""
_GAP: Ms = 300
"""Between an answer and words of the routine, at least."""
_FOREVER: Ms = 1 << 40


class Sounds:
    """What is heard, for whoever says where the timeline is.

    ``marks`` holds each sound of the routine by name, ``earcons`` what answers the listener,
    at the level at which it shall be heard. ``trim`` is added to everything, as in ``Mix``.
    """

    def __init__(
        self,
        bed: Ambience,
        marks: Mapping[str, Stereo],
        earcons: Mapping[Earcon, Stereo],
        levels: Levels,
        *,
        trim: Db,
        volume: int,
    ) -> None:
        self.volume = volume
        """Percent."""
        self.bed_volume = 100
        """Percent, of the bed alone."""
        self.voice_volume = 100
        """Percent, of what is said alone."""
        self.attends = False
        """A command is awaited."""
        self.played: Frames = 0
        """Since the session began."""
        self.silent: Frames = 0
        """Since everything had faded."""
        self._bed, self._marks, self._earcons = bed, marks, earcons
        self._levels, self._trim = levels, trim
        self._bed_gain = bed_gain(bed, levels, trim)
        self._sounding: list[Sounding] = []
        self._answer: Sounding | None = None
        self._gap: Frames = 0
        """After an answer, until words may begin."""
        self._rung: list[tuple[Stereo, Frames]] = []
        """The earcons that are heard, and how much of each was."""
        self._ducking = Glide(1.0, levels.release, levels.attack)
        self._attention = Glide(1.0, _IGNORE, _ATTEND)
        self._loudness = Glide(volume / 100, _TURN, _TURN)
        self._bed_loudness = Glide(1.0, _TURN, _TURN)
        self._voice_loudness = Glide(1.0, _TURN, _TURN)
        self._fading = Glide(1.0, _QUIT, _QUIT)

    # What sounds

    def begin(
        self, key: Key, placed: PlacedCue | PlacedSound, at: Frames, clip: Clip | None
    ) -> None:
        """Let a cue, with its clip, or a sound be heard: from its frame ``at`` on."""
        mix = alone(placed, clip, self._marks, self._levels, self._trim)
        self._sounding.append(Sounding(placed, mix, at, key))

    def answer(self, cue: Cue, clip: Clip) -> None:
        """Say something that is no part of the timeline."""
        self.stop_answer()
        placed = PlacedCue(0, clip.length, cue, 0)
        mix = alone(placed, clip, self._marks, self._levels, self._trim)
        self._answer = Sounding(placed, mix, -ms_to_frames(_GATHER))
        self._sounding.append(self._answer)
        self._gap = ms_to_frames(_GAP)

    def ring(self, earcon: Earcon) -> None:
        """Let an earcon be heard."""
        if earcon in self._earcons:
            self._rung.append((self._earcons[earcon], 0))

    @property
    def speaking(self) -> Frames:
        """For so long something is being said, and no words may begin."""
        rests = [
            sounding.left for sounding in self._sounding if sounding.is_cue and not sounding.dropped
        ]
        return max(rests, default=0) + self._gap

    @property
    def said(self) -> Key | None:
        """The cue that is being said, if one is."""
        said = (sounding for sounding in self._sounding if sounding.is_cue and sounding.key)
        return next((sounding.key for sounding in said if not sounding.dropped), None)

    def hold(self) -> Key | None:
        """Fade and stand still, as in a pause; the cue that this cuts."""
        self.stop_answer()
        cut = self.said
        for sounding in self._sounding:
            if sounding.is_cue:
                sounding.dropped = True
            sounding.stop()
        return cut

    def go_on(self) -> None:
        """Bells ring on."""
        for sounding in self._sounding:
            sounding.go_on()

    def drop(self, *, bells: bool) -> None:
        """Fade what is said, and ``bells`` too; else they ring on."""
        for sounding in self._sounding:
            if sounding.is_cue or bells:
                sounding.dropped = True
                sounding.stop()
            else:
                sounding.go_on()

    def stop_answer(self) -> None:
        """Fade what is being answered."""
        if self._answer is not None:
            self._answer.dropped = True
            self._answer.stop()
            self._answer = None

    def turn(self, *, louder: bool) -> bool:
        """The next volume; whether there is one."""
        before, self.volume = self.volume, _turned(self.volume, louder=louder)
        return self.volume != before

    def set_volume(self, percent: int) -> None:
        """Be so loud, as far as ``VOLUMES`` go."""
        self.volume = max(VOLUMES[0], min(percent, VOLUMES[-1]))

    def turn_bed(self, *, louder: bool) -> bool:
        """The next volume of the bed alone; whether there is one."""
        before, self.bed_volume = self.bed_volume, _turned(self.bed_volume, louder=louder)
        return self.bed_volume != before

    def turn_voice(self, *, louder: bool) -> bool:
        """The next volume of what is said alone; whether there is one."""
        before, self.voice_volume = self.voice_volume, _turned(self.voice_volume, louder=louder)
        return self.voice_volume != before

    def turn_to(self, bed: str, frames: Frames) -> None:
        """Another bed begins in some frames."""
        self._bed.turn(bed, self._bed.position + frames)

    # The sound itself

    def fill(self, out: Stereo, room: Gain, falling: Gain, presence: Gain) -> None:
        """Fill ``out``.

        ``room`` is the gain that words leave the bed, ``falling`` the fade at the end,
        ``presence`` that of everything.
        """
        duck = self._ducking.follow(room, len(out))
        attends = self.attends or (self._answer is not None and not self._answer.over)
        low = np.float32(db_to_gain(_ATTENDING)) if attends else ONE
        below = np.minimum(duck, self._attention.follow(low, len(out)))
        volume = self._bed_loudness.follow(np.float32(self.bed_volume / 100), len(out))
        np.multiply(self._bed.read(len(out)), self._bed_gain * (below * volume), out=out)
        voice = self._voice_loudness.follow(np.float32(self.voice_volume / 100), len(out))
        for sounding in self._sounding:
            sounding.add(out, voice if sounding.is_cue else duck)
        self._sounding = [sounding for sounding in self._sounding if not sounding.over]
        if self._answer is None:
            self._gap = max(0, self._gap - len(out))
        elif self._answer.over:
            self._answer = None
        self._add_rung(out)
        out *= self._gain(falling, len(out)) * presence
        self.played += len(out)

    def _gain(self, falling: Gain, count: Frames) -> Gain:
        """The volume, and the fades at both ends."""
        gain = self._loudness.follow(np.float32(self.volume / 100), count)
        rising = fade(self._levels, _FOREVER, self.played, count)
        gain = gain * self._fading.follow(falling, count)
        if self._fading.rests_at(0.0):
            self.silent += count
        return gain if rising is None else gain * rising

    def _add_rung(self, out: Stereo) -> None:
        still = []
        for sound, begun in self._rung:
            part = sound[begun : begun + len(out)]
            out[: len(part)] += part
            if begun + len(part) < len(sound):
                still.append((sound, begun + len(part)))
        self._rung = still


def falling(levels: Levels, length: Ms, now: Frames, count: Frames) -> Gain:
    """The slow fade at the end of a timeline of that length."""
    begun = ms_to_frames(levels.fade_in)
    fading = fade(levels, length, max(now, begun), count)
    return ONE if fading is None else fading


def _turned(volume: int, *, louder: bool) -> int:
    if louder:
        return min((v for v in VOLUMES if v > volume), default=volume)
    return max((v for v in VOLUMES if v < volume), default=volume)
