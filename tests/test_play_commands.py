"""``audiocoach play`` on a terminal and a real sound server: commands, and what is heard then."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from listening import levels, occurrences, roughness
from numpy.typing import NDArray
from playing import Server, Terminal, bold

from audiocoach import library
from audiocoach.clips import Clip, ClipCache, clip_key
from audiocoach.presets import Levels
from audiocoach.routine import Pace
from audiocoach.units import RATE
from audiocoach.voices.catalogue import open_voice

VOICE = "pyttsx3"
FIRST = "Sit down, and let both of your shoulders sink."
SECOND = "Glide up slowly with both hands, as wide as you can."
THIRD = "Half of the time is over now."
LAST = "That is all for today, my friend."
SCRIPT = f"""---
title: Short
ambience: rain
---

# One

{FIRST} [20s]

# Two

{SECOND} [for 12s]
- at half: {THIRD}

{LAST} [4s]
"""
RUN_UP = Levels().attack / 1000

pytestmark = pytest.mark.quiet


def spoken_clips() -> dict[str, Clip]:
    """The clips that the command made."""
    voice = open_voice(VOICE, "en-US", Pace.CALM)
    cache = ClipCache(library.cache_folder())
    found = {text: cache.get(clip_key(voice.key, text)) for text in (FIRST, SECOND, THIRD, LAST)}
    voice.close()
    return {text: clip for text, clip in found.items() if clip is not None}


def gain(sound: NDArray[np.float64], at: float, clip: Clip) -> float:
    """How much louder than it was made a clip's beginning is heard, whatever bed is under it."""
    made = np.diff(clip.samples[: RATE * 4 // 5] / 32767)
    heard = np.diff(sound[round(at * RATE) :][: len(made) + 1])
    return float(heard @ made / (made @ made))


def test_a_person_goes_here_and_there_and_asks_for_other_times(
    server: Server, tmp_path: Path, on_terminal: Callable[..., Terminal]
) -> None:
    script = tmp_path / "short.md"
    script.write_text(SCRIPT)
    server.record()
    began = len(server.recorded())
    terminal = on_terminal(server.environment, "play", str(script), "--voice", VOICE)
    terminal.wait_for(bold(FIRST))
    terminal.press("n")  # the next chapter
    terminal.wait_for(bold(SECOND))
    time.sleep(1.2)
    terminal.press(",")  # 15 seconds back: into the break before it
    terminal.wait_for(bold(FIRST))
    time.sleep(2.0)
    before = len(server.recorded())
    terminal.press("9")  # the bed quieter alone
    terminal.press("9")
    terminal.press("9")
    time.sleep(2.0)
    after = len(server.recorded())
    terminal.wait_for(bold(SECOND))
    time.sleep(0.5)
    terminal.press("l")  # a minute more: half is at 36 s
    time.sleep(1.5)
    terminal.press("..")  # 30 seconds on
    terminal.wait_for(bold(THIRD))
    time.sleep(3.5)
    terminal.press("777\x1b[C")  # the voice quieter alone, the next step
    terminal.wait_for(bold(LAST))
    time.sleep(3.5)
    terminal.press("q")
    assert terminal.ended() == 0

    sound = server.recorded()[began:]
    clips = spoken_clips()
    begins = {
        text: occurrences(sound, replace(clip, samples=clip.samples[: RATE * 4 // 5]), 0.7)
        for text, clip in clips.items()
    }
    (first, *more), (third,), (last,) = begins[SECOND], begins[THIRD], begins[LAST]
    assert len(more) == 1
    again = more[0]
    assert again - first == pytest.approx(15 + RUN_UP, abs=0.3)
    assert third - again == pytest.approx(36 - 30 + 2 * RUN_UP, abs=0.3)
    assert last > third + 3.5
    beds = [np.median(levels(sound[at - began - RATE : at - began])) for at in (before, after)]
    assert 20 * np.log10(beds[1] / beds[0]) == pytest.approx(-6.0, abs=1.5)  # rain is uneven
    voices = [gain(sound, at, clips[text]) for at, text in ((third, THIRD), (last, LAST))]
    assert 20 * np.log10(voices[1] / voices[0]) == pytest.approx(-6.0, abs=1.5)
    silent = np.diff(np.flatnonzero(sound != 0)).max() / RATE
    assert silent < 0.1 or "gaps in the sound" in terminal.text  # the bed never stopped
    spoken = max(roughness(clip.samples / 32767) for clip in clips.values())
    assert roughness(sound) <= 1.3 * spoken
