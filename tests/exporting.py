"""Small exports for tests: the whole way, with a voice of tones."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import av
import numpy as np

from audiocoach import render
from audiocoach.clips import ClipCache
from audiocoach.routine import Routine
from audiocoach.script import load
from audiocoach.segments import segment
from audiocoach.sinks.about import DATE, About
from audiocoach.sinks.formats import FORMATS, find
from audiocoach.speech import Speaker
from audiocoach.testing import ToneVoice
from audiocoach.timeline import Timeline
from audiocoach.units import RATE, db_to_gain

KINDS = [name for name in FORMATS if name != "m4b"]
"""Without the one that differs from its sibling in two bytes and a tag."""

NASTY = 'He said “go” & "stop" <b>; 🎧👩🏽‍🚀 — עיסוי גב 100 %; a\\b'
"""Quotes, emoji, a script that runs from right to left, and what markup would stumble over."""

NASTY_IN_MARKDOWN = NASTY.replace("\\", "\\\\").replace("<", "\\<")

SCRIPT = f"""\
---
title: 'Ruhe: {NASTY}'
summary: "{"Ein langer Text mit Ümläuten und 🎧. " * 25}"
language: de-DE
ambience: ocean
---

# Ankommen

!["bell"]

Setz dich hin. [1s] Lass die Schultern sinken.

# {NASTY_IN_MARKDOWN}

Atme ein und aus. [for 9s]
- 3s left: Noch ein letztes Mal.

# Ende

{NASTY_IN_MARKDOWN} [2s]
"""


@dataclass(frozen=True, slots=True)
class Small:
    path: Path
    files: tuple[Path, ...]
    timeline: Timeline
    routine: Routine
    speaker: Speaker


def export(folder: Path, name: str, script: str = SCRIPT, **options: Any) -> Small:
    folder.mkdir(exist_ok=True)
    source = folder / "ruhe.md"
    source.write_text(script, encoding="utf-8")
    routine = load(source, {})
    voice = options.pop("voice", None) or ToneVoice()
    speaker = Speaker(voice, ClipCache(folder / "cache"))
    done = render.export(routine, speaker, folder / name, **options)
    return Small(done.path, done.files, done.timeline, routine, speaker)


def decode(path: Path) -> np.ndarray:
    """At 44.1 kHz, whatever the file has."""
    with av.open(str(path), "r") as container:
        resampler = av.AudioResampler(format="fltp", layout="stereo", rate=RATE)
        frames = [*container.decode(audio=0), None]
        parts = [part.to_ndarray() for frame in frames for part in resampler.resample(frame)]
    return np.concatenate(parts, axis=1).T


def sound(frames: int, seed: int = 3) -> np.ndarray:
    rng = np.random.default_rng(seed)
    at = np.arange(frames) / RATE
    wave = 0.2 * np.sin(2 * np.pi * 330 * at * (1 + 0.1 * at)) + 0.02 * rng.standard_normal(frames)
    return np.stack([wave, 0.7 * wave], axis=1).astype(np.float32)


def written(path: Path, samples: np.ndarray, about: About, bitrate: int | None = None) -> Path:
    form = find(path)
    bitrate = form.checked(bitrate)
    with path.open("w+b") as file:
        sink = form.make(file, about, bitrate)
        for at in range(0, len(samples), 10_000):
            scale = 32767 * db_to_gain(form.gain(bitrate))
            sink.write(segment(samples[at : at + 10_000], scale))
        sink.close()
    return path


def blank(frames: int, **changed: object) -> About:
    fields = {
        "title": "t",
        "album": "a",
        "summary": "",
        "language": "eng",
        "length": frames * 1000 // RATE,
        "date": DATE,
        "chapters": (),
        "cues": (),
    }
    return About(**(fields | changed))  # type: ignore[arg-type]
