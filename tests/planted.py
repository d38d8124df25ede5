"""A real routine, its bed and its words apart, and faults to plant in it."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import meters
import mutagen.id3
import numpy as np
import pytest

from audiocoach import embedded, render
from audiocoach.embedded import OWNER, Embedded, to_json
from audiocoach.errors import NotFoundError
from audiocoach.measure.stems import StemEnergies, StemMeter
from audiocoach.presets import PHONE
from audiocoach.script import load
from audiocoach.segments import segment
from audiocoach.sinks.mp3 import Mp3Sink, makeup
from audiocoach.sinks.wav import WavSink
from audiocoach.units import RATE, db_to_gain, ms_to_frames

Sound: TypeAlias = Any
"""An array of shape ``(n, 2)``."""

SCRIPT = """\
---
title: A short pause
ambience: {bed}
---

# Sit down

!["bell"]

Sit down and let your shoulders sink. [9s]

# Breathe

Breathe in, slowly, through the nose. [4s] And breathe out again, for as long as you like. [8s]

Turn your head gently to the left side, then back to the middle again. [3s]

That is all. Take your time to come back. [2s]
"""


@dataclass(frozen=True, slots=True)
class Rendered:
    path: Path
    told: Embedded
    bed: Sound
    """With the bells in it."""
    words: Sound
    energies: StemEnergies

    @property
    def sound(self) -> Sound:
        return self.bed + self.words

    def span(self, cue: int) -> slice:
        """The frames of a cue."""
        told = self.told.cues[cue]
        return slice(ms_to_frames(told.start_ms), ms_to_frames(told.end_ms))

    def pause(self) -> int:
        """A frame in the middle of the longest pause between two cues, in milliseconds."""
        cues = self.told.cues
        gaps = [(b.start_ms - a.end_ms, a.end_ms) for a, b in itertools.pairwise(cues)]
        length, start = max(gaps)
        return start + length // 2


def rendered(folder: Path, bed: str = "ocean", name: str = "clean.wav") -> Rendered:
    """Exported with the system's voice; skips where there is none."""
    source = folder / "pause.md"
    source.write_text(SCRIPT.format(bed=bed), encoding="utf-8")
    routine = load(source, {})
    words: list[Sound] = []
    meter = StemMeter()

    def stems(below: Sound, above: Sound) -> None:
        words.append(above)
        meter(below, above)

    try:
        with render.open_speaker(routine, "pyttsx3", PHONE.tone) as speaker:
            done = render.export(routine, speaker, folder / name, stems=stems)
    except NotFoundError as error:
        pytest.skip(f"no system voice here: {error}")
    told = embedded.read(done.path)
    assert told is not None
    whole = meters.decode(done.path)
    spoken = np.concatenate(words)[: len(whole)]
    return Rendered(done.path, told, whole - spoken, spoken, meter.energies())


def write(path: Path, sound: Sound, told: Embedded | None) -> Path:
    """A WAV or an MP3 that says of itself what ``told`` says."""
    data = to_json(told) if told else b""
    mp3 = path.suffix == ".mp3"
    with path.open("w+b") as file:
        sink = Mp3Sink(file, 128, b"") if mp3 else WavSink(file, len(sound), data)
        scale = 32767 * db_to_gain(makeup(128) if mp3 else 0.0)
        for at in range(0, len(sound), RATE):
            sink.write(segment(sound[at : at + RATE].astype(np.float32), scale))
        sink.close()
    if mp3 and told:
        tags = mutagen.id3.ID3()
        tags.add(mutagen.id3.PRIV(owner=OWNER, data=data))
        tags.save(path, v2_version=3)
    return path


def click(clean: Rendered) -> Sound:
    sound = clean.sound.copy()
    sound[ms_to_frames(clean.pause())] += 0.2
    return sound


def click_under_words(clean: Rendered) -> Sound:
    sound = clean.sound.copy()
    span = clean.span(2)
    sound[(span.start + span.stop) // 2] += 0.7
    return sound


def seam(clean: Rendered) -> Sound:
    """A loop that was cut where it happened to be: the bed jumps back by a second."""
    bed = clean.bed.copy()
    at = ms_to_frames(clean.pause()) - RATE // 4
    jumps = np.abs(bed[at : at + RATE // 2] - bed[at - RATE : at - RATE // 2]).min(axis=1)
    at += int(jumps.argmax())
    old = bed[at - RATE : at].copy()
    fade = np.clip((np.arange(RATE) - RATE // 2) / (RATE // 2), 0, 1)[:, None]
    bed[at : at + RATE] = old * (1 - fade) + bed[at : at + RATE] * fade
    return bed + clean.words


def clipped_cue(clean: Rendered) -> Sound:
    words = clean.words.copy()
    span = clean.span(1)
    top = float(np.abs(words[span]).max())
    words[span] = np.clip(words[span] * 3, -top, top) * 0.6
    return clean.bed + words


def shifted(clean: Rendered, by_ms: int) -> Sound:
    words = clean.words.copy()
    span = clean.span(1)
    said = words[span].copy()
    words[span] = 0
    at = span.start + RATE * by_ms // 1000
    words[at : at + len(said)] += said
    return clean.bed + words


def early_cue(clean: Rendered) -> Sound:
    return shifted(clean, -350)


def late_cue(clean: Rendered) -> Sound:
    return shifted(clean, 350)


def lost_cue(clean: Rendered) -> Sound:
    words = clean.words.copy()
    words[clean.span(1)] = 0
    return clean.bed + words


def cut_cue(clean: Rendered) -> Sound:
    words = clean.words.copy()
    span = clean.span(3)
    words[span.stop - round(1.2 * RATE) : span.stop] = 0
    return clean.bed + words


def headless_cue(clean: Rendered) -> Sound:
    words = clean.words.copy()
    span = clean.span(3)
    words[span.start : span.start + RATE // 2] = 0
    return clean.bed + words


def soft_cue(clean: Rendered) -> Sound:
    words = clean.words.copy()
    words[clean.span(2)] *= 0.4
    return clean.bed + words


def hole(clean: Rendered) -> Sound:
    sound = clean.sound.copy()
    at = ms_to_frames(clean.pause())
    fade = np.linspace(1, 0, 2_000)[:, None]
    sound[at - 2_000 : at] *= fade
    sound[at : at + RATE // 5] = 0
    sound[at + RATE // 5 : at + RATE // 5 + 2_000] *= fade[::-1]
    return sound


def loud_bed(clean: Rendered) -> Sound:
    return clean.bed * np.float32(2.5) + clean.words


def too_loud(clean: Rendered) -> Sound:
    return clean.sound * np.float32(db_to_gain(0.8))


def too_soft(clean: Rendered) -> Sound:
    return clean.sound * np.float32(db_to_gain(-2.0))


def high_peak(clean: Rendered) -> Sound:
    """One syllable that the limiter never saw."""
    words = clean.words.copy()
    span = clean.span(3)
    at = span.start + int(np.abs(words[span, 0]).argmax())
    bump = 1 + (0.999 / float(np.abs(words[at]).max()) - 1) * np.hanning(2_000)[:, None]
    words[at - 1_000 : at + 1_000] *= bump
    return clean.bed + words


def wide_bed(clean: Rendered) -> Sound:
    bed = clean.bed.copy()
    bed[:, 1] *= -1
    return bed + clean.words
