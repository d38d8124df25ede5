"""A routine that is spoken to: the real program, a real sound server, the real recogniser.

The microphone is a room: what the program plays comes back as an echo, and commands are said
over it.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import time
import wave
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import soxr
from listening import levels, wait_for
from playing import Server

from audiocoach.listen import PHRASES, Phrase, installed
from audiocoach.listen.activity import Utterance
from audiocoach.listen.attention import Attention
from audiocoach.listen.recogniser import RATE, Mono, Whisper
from audiocoach.routine import Pace
from audiocoach.units import RATE as FULL_RATE
from audiocoach.voices import Voice
from audiocoach.voices.catalogue import available, open_voice

pytestmark = pytest.mark.skipif(not installed(), reason="the extra listen is not installed")

SCRIPT = """\
---
title: Room
ambience: rain
---

# One

The coach says: stop the music, pause, next, and go on with both hands, slowly and evenly. [4s]

Long slow strokes along the back, from the waist up to the shoulders, and down the sides. [120s]

This is never said in this test, because somebody wanted a pause long before.
"""


@pytest.fixture(scope="module")
def speaker() -> Iterator[Voice]:
    if "joe" not in {info.name for info in available()}:
        pytest.skip("Piper with the voice joe is missing")
    opened = open_voice("joe", "en-US", Pace.BRISK)
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def recogniser() -> Whisper:
    return Whisper(PHRASES)


def said(speaker: Voice, text: str) -> Mono:
    speech = speaker.speak(text)
    sound = soxr.resample(speech.samples, speech.rate, RATE)
    around = np.zeros(RATE // 4, np.float32)
    return np.concatenate([around, sound / np.abs(sound).max() * 0.5, around])


@pytest.mark.parametrize("phrase", PHRASES, ids=lambda phrase: phrase.words)
def test_each_command_is_told_from_the_others_in_one_breath_and_alone(
    speaker: Voice, recogniser: Whisper, phrase: Phrase
) -> None:
    index = PHRASES.index(phrase)
    together = recogniser.evidence(said(speaker, f"Coach, {phrase.words}."))
    assert int(together.phrases.argmax()) == index
    assert together.wake > 3
    alone = recogniser.evidence(said(speaker, f"{phrase.words.capitalize()}."))
    assert int(alone.phrases.argmax()) == index
    assert alone.wake < 3


@pytest.mark.parametrize(
    "text", ["The weather is nice today.", "Now both hands, slowly.", "A little more oil, please."]
)
def test_other_talk_is_no_command(speaker: Voice, recogniser: Whisper, text: str) -> None:
    sound = said(speaker, text)
    attention = Attention(recogniser, PHRASES, lambda begin, end: sound[:0])
    assert attention.hear(Utterance(0, len(sound), sound)) is None


class Room:
    """A sound server whose microphone hears the loudspeaker, and what is said."""

    def __init__(self, server: Server, folder: Path) -> None:
        self._server, self._folder = server, folder
        server.ask("load-module", "module-null-sink", "sink_name=room", "channels=1")
        master = ("source_name=microphone", "master=room.monitor", "channels=1")
        server.ask("load-module", "module-remap-source", *master)
        server.ask("set-default-sink", "nobody")
        server.ask("set-default-source", "microphone")
        # The server moves whatever records from a default source along to the next one.
        stay = ("source_dont_move=true", "sink_dont_move=true")
        echo = ("source=nobody.monitor", "sink=room", "latency_msec=40", *stay)
        server.ask("load-module", "module-loopback", *echo)

    def say(self, sound: Mono) -> None:
        path = self._folder / "said.wav"
        with wave.open(str(path), "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(RATE)
            file.writeframes((sound * 32767).astype("<i2").tobytes())
        command = ["paplay", "--device=room", "--latency-msec=40", str(path)]
        subprocess.run(command, env=self._server.environment, check=True)


@pytest.mark.quiet
def test_pause_is_heard_over_the_coach_who_never_obeys_himself_and_listens_up(
    server: Server, speaker: Voice, tmp_path: Path
) -> None:
    room = Room(server, tmp_path)
    script, printed = tmp_path / "room.md", tmp_path / "printed"
    script.write_text(SCRIPT)
    server.record()
    with printed.open("wb") as file:
        program = subprocess.Popen(
            [sys.executable, "-m", "audiocoach", "play", str(script), "--listen"],
            env={**server.environment, "HOME": os.environ["HOME"]},
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=file,
        )

    def told(text: str, limit_s: float) -> bool:
        with contextlib.suppress(AssertionError):
            wait_for(lambda: text in printed.read_text(), limit_s)
        return text in printed.read_text()

    def say_until(text: str, answer: str) -> None:
        for _ in range(4):  # as a person would, again where it was not heard
            room.say(said(speaker, text))
            if told(answer, 12):
                return
        pytest.fail(printed.read_text())

    try:
        if not told("Long slow strokes", 120):
            pytest.fail(printed.read_text())
        assert "heard" not in printed.read_text()  # his own "stop", "pause" and "next"
        say_until("Coach, pause.", 'heard: "coach, pause"')
        time.sleep(1.5)  # the last word fades, and the command is confirmed
        before = len(server.recorded())
        time.sleep(3)
        after = server.recorded()[before:]
        # The bed alone: even, and without a gap.
        loud = levels(after, 0.2)
        assert loud.max() < 4 * np.median(loud)
        assert levels(after).min() > 0
        assert len(after) > 2 * FULL_RATE
        usual = np.median(loud)
        for _ in range(4):
            before = len(server.recorded())
            room.say(said(speaker, "Coach."))
            time.sleep(7.5)
            loud = levels(server.recorded()[before:], 0.2)
            if np.any(sunk := loud < 0.5 * usual):
                break
        # While a command is awaited the bed makes room for it, for five seconds.
        assert 3.5 < 0.2 * np.sum(sunk) < 6.5
        assert np.median(loud[-4:]) > 0.7 * usual
        say_until("Coach, stop.", 'heard: "coach, stop"')
        assert program.wait(30) == 0
        assert "never said" not in printed.read_text()
    finally:
        program.kill()
        program.wait()
