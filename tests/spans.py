"""What the tests of spans share: a cue from its text, and what needs which engine."""

from __future__ import annotations

import sys

import numpy as np
import pytest

from audiocoach.clips import Clip, _loudness
from audiocoach.routine import Cue
from audiocoach.script import expand, parse
from audiocoach.voices.catalogue import available

NAMES = {info.name for info in available()}
needs_piper = pytest.mark.skipif("joe" not in NAMES, reason="Piper with the voice joe is missing")
needs_espeak = pytest.mark.skipif(
    sys.platform != "linux" or "en-us" not in NAMES, reason="no eSpeak NG for pyttsx3"
)


def cue(text: str) -> Cue:
    (found,) = expand(parse(text, "x.md"), {}).cues()
    return found


def loudness(clip: Clip | None, begin: float = 0.0, end: float = 1.0) -> float:
    assert clip is not None
    samples = clip.samples[round(len(clip.samples) * begin) : round(len(clip.samples) * end)]
    return _loudness(samples.astype(np.float32) / np.float32(32767))
