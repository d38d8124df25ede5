"""The cues of a routine as they reach an ear: cut out of the real export, over the air.

An export is what ``audiocoach export --preset phone`` writes, as WAV: voice chain, duck,
limiter and all. Only the level of the bed is moved, for the curve.
"""

from __future__ import annotations

import json
import tempfile
import wave
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from audiocoach import render
from audiocoach.measure.phone import through_phone
from audiocoach.presets import PHONE, Preset
from audiocoach.routine import Routine
from audiocoach.speech import Speaker
from audiocoach.units import RATE, Db, db_to_gain
from hearing.room import NOISE_LEVEL, Mono, impulse, in_room, loudness, room_noise

NO_BED: Db = 90.0
"""As a ratio of speech to bed: there is none."""
NOISE_BELOW: Db = 15.0
"""Of the room, under the speech that reaches the listener."""
_AROUND_S = 0.3
"""That is heard before and after the words."""


@dataclass(frozen=True, slots=True, eq=False)
class Said:
    """A cue as it is exported."""

    text: str
    sound: NDArray[np.float32]
    """Shape ``(n, 2)``."""


@dataclass(frozen=True, slots=True)
class Air:
    """A way through the air: a phone, and perhaps a room."""

    name: str
    seed: int | None = None
    """Of the room; ``None``: the ear is at the phone."""

    def carry(self, said: Sequence[Said], voice_level: Db) -> Iterator[Mono]:
        """Each cue as it arrives. ``voice_level`` is that of the voice alone behind the phone."""
        answer = None if self.seed is None else impulse(self.seed)
        for number, cue in enumerate(said):
            heard = through_phone(cue.sound)
            if answer is not None and self.seed is not None:
                heard = in_room(heard, answer)
                noise = room_noise(len(heard), self.seed * 10_000 + number)
                heard += noise * db_to_gain(voice_level - NOISE_BELOW - NOISE_LEVEL)
            yield heard


def voice_level(said: Sequence[Said], air: Air) -> Db:
    """LUFS of the voice where the listener is; ``said`` without a bed."""
    answer = None if air.seed is None else impulse(air.seed)
    arrived = (through_phone(cue.sound) for cue in said)
    return loudness(
        np.concatenate([heard if answer is None else in_room(heard, answer) for heard in arrived])
    )


def at_ratio(preset: Preset, ratio: Db) -> Preset:
    """The preset with the bed so far under speech, whatever it would do by itself."""
    levels = replace(
        preset.levels, bed=-ratio, bed_least=-ratio, duck=0.0, clear=-NO_BED, most_trim=0.0
    )
    return replace(preset, levels=levels)


def said(routine: Routine, speaker: Speaker, ambience: str, preset: Preset = PHONE) -> list[Said]:
    """The cues of a routine, each distinct text once, cut out of an export."""
    with tempfile.TemporaryDirectory(prefix="audiocoach-") as name:
        target, cues = Path(name) / "routine.wav", Path(name) / "cues.json"
        render.export(routine, speaker, target, ambience=ambience, cues=cues, preset=preset)
        entries = json.loads(cues.read_text(encoding="utf-8"))
        first = {entry["text"]: entry for entry in reversed(entries)}
        with wave.open(str(target)) as file:
            return [
                Said(text, _cut(file, entry["start"], entry["end"]))
                for text, entry in sorted(first.items(), key=lambda item: item[1]["start"])
            ]


def bed_of(bare: Sequence[Said], mixed: Sequence[Said]) -> Iterator[NDArray[np.float32]]:
    """What lies under each cue: the export with a bed less the one without.

    At a ratio at which the limiter has nothing to do, the mix is a sum, so this can be added
    again at any level: one export stands for a whole curve.
    """
    for alone, cue in zip(bare, mixed, strict=True):
        yield cue.sound - alone.sound


def _cut(file: wave.Wave_read, start_s: float, end_s: float) -> NDArray[np.float32]:
    start = max(0, round((start_s - _AROUND_S) * RATE))
    file.setpos(start)
    data = file.readframes(round((end_s + _AROUND_S) * RATE) - start)
    return np.frombuffer(data, "<i2").reshape(-1, 2).astype(np.float32) / np.float32(32768)
