"""Small exports for tests: the whole way, with a voice of tones."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from audiocoach import render
from audiocoach.clips import ClipCache
from audiocoach.routine import Routine
from audiocoach.script import load
from audiocoach.speech import Speaker
from audiocoach.testing import ToneVoice
from audiocoach.timeline import Timeline

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
