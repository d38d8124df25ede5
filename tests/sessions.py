"""Sessions for tests, heard without a device: their sound is collected and examined."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from listening import Listener, all_known, roughness, wait_for
from numpy.typing import NDArray

from audiocoach.ambience import Ambience
from audiocoach.bed import Bed
from audiocoach.clips import Clip, ClipCache
from audiocoach.limiter import LATENCY
from audiocoach.live import Session
from audiocoach.presets import Levels
from audiocoach.routine import (
    Anchor,
    Break,
    Chapter,
    Cue,
    Hold,
    Pace,
    Part,
    Place,
    Routine,
    Sound,
    Step,
    TimedCue,
)
from audiocoach.speech import Speaker
from audiocoach.testing import ToneVoice
from audiocoach.units import RATE
from audiocoach.voices import Speech

HUM_HZ = 30
"""The bed of these tests: lower than any speech, so that both can be told apart."""
TRIM = 0.3
HERE = Place("test.md", 1)


def cue(text: str) -> Cue:
    return Cue(text, text, HERE)


def step(*parts: Part, hold: Hold | None = None, timed: tuple[TimedCue, ...] = ()) -> Step:
    return Step(parts, hold, timed, HERE)


def routine(*chapters: tuple[Step, ...]) -> Routine:
    titles = ("First things", "Second things", "Third things")
    made = tuple(
        Chapter(title, steps, HERE) for title, steps in zip(titles, chapters, strict=False)
    )
    return Routine("Test", "", "en-US", "hum", Pace.CALM, (), made, "test.md")


WELCOME, WARM, SLOWLY, GLIDE, HALFWAY, WASH, BYE = (
    *("Welcome to all of this.", "Warm your hands a little.", "Slowly now."),
    *("Glide both hands upwards.", "Halfway through.", "Wash your hands.", "That is all."),
)
ROUTINE = routine(
    (
        step(cue(WELCOME)),
        step(Sound("bell", HERE), cue(WARM), Break(1_500, HERE), cue(SLOWLY)),
    ),
    (
        step(
            cue(GLIDE),
            hold=Hold(9_000, until_done=False, place=HERE),
            timed=(TimedCue(Anchor.HALF, 0, ((cue(HALFWAY),),), HERE),),
        ),
        step(cue(WASH), hold=Hold(3_000, until_done=True, place=HERE)),
        step(cue(BYE)),
    ),
)
WORDS = [WELCOME, WARM, SLOWLY, GLIDE, HALFWAY, WASH, BYE]


def hum() -> Ambience:
    time_s = np.arange(2 * RATE) / RATE
    wave = 0.2 * np.sin(2 * np.pi * HUM_HZ * time_s)
    return Ambience.of(
        Bed("hum", iter([np.stack([wave, wave], axis=1).astype(np.float32)]), loudness=-23.0)
    )


def bell() -> dict[str, NDArray[np.float32]]:
    time_s = np.arange(3 * RATE) / RATE
    wave = 0.2 * np.exp(-time_s) * np.sin(2 * np.pi * 700 * time_s) * np.minimum(1, time_s * 200)
    return {"bell": np.stack([wave, wave], axis=1).astype(np.float32)}


class Steady(ToneVoice):
    """A voice that says nothing but one long, even tone."""

    hertz = 600

    def speak(self, text: str) -> Speech:
        time_s = np.arange(6 * RATE) / RATE
        return Speech((0.3 * np.sin(2 * np.pi * self.hertz * time_s)).astype(np.float32), RATE)


class Slow(ToneVoice):
    """A voice that speaks when it is let."""

    def __init__(self) -> None:
        super().__init__(parallel=1)
        self.turns = threading.Semaphore(0)

    def speak(self, text: str) -> Speech:
        self.turns.acquire()
        return super().speak(text)

    def close(self) -> None:
        self.turns.release(1_000)
        super().close()


Start = Callable[..., Listener]


@pytest.fixture
def speaker(tmp_path: Path) -> Speaker:
    return Speaker(ToneVoice(), ClipCache(tmp_path))


@pytest.fixture
def slow() -> Iterator[Slow]:
    voice = Slow()
    yield voice
    voice.close()


@pytest.fixture
def start(speaker: Speaker) -> Iterator[Start]:
    """Begins a session; by default one in which everything is spoken already."""
    sessions: list[Session] = []

    def started(
        played: Routine = ROUTINE,
        by: Speaker = speaker,
        *,
        ready: bool = True,
        interactive: bool = True,
        volume: int = 100,
        **asked: Any,
    ) -> Listener:
        session = Session(
            played,
            lambda: nullcontext(by),
            hum(),
            bell(),
            trim=TRIM,
            interactive=interactive,
            volume=volume,
            **asked,
        )
        sessions.append(session)
        listener = Listener(session)
        listener.hear(0.02)
        if ready:
            wait_for(all_known(session))
        return listener

    yield started
    for session in sessions:
        session.close()


def clips(speaker: Speaker, words: list[str]) -> dict[str, Clip]:
    return {text: speaker.clip(cue(text)) for text in words}


def bed_over_time(sound: NDArray[np.float32]) -> NDArray[np.complex128]:
    """Level and phase of the hum in each fifth of a second, if it was never interrupted.

    Relative to an even hum at its level between cues: 1 where it is that.
    """
    mono = sound[LATENCY:, 0].astype(np.float64)
    gain = 10 ** ((Levels().programme + Levels().bed + 23 + TRIM) / 20) * 0.2
    size = RATE // 5
    turned = mono * 2j * np.exp(-2j * np.pi * HUM_HZ * np.arange(len(mono)) / RATE) / gain
    whole = turned[: len(turned) // size * size].reshape(-1, size)
    return np.asarray((whole * np.hanning(size)).sum(axis=1) / np.hanning(size).sum())


def assert_bed_unbroken(sound: NDArray[np.float32], start_s: float = 3.0) -> None:
    """The same hum from ``start_s`` on: no part of it missing, none shifted, none too loud."""
    bed = bed_over_time(sound)[round(start_s * 5) :]
    ducked = 10 ** (Levels().duck / 20)
    assert np.abs(bed).min() > 0.93 * ducked
    assert np.abs(bed).max() < 1.07
    assert np.abs(np.angle(bed)).max() < 0.15
    assert np.abs(np.diff(np.abs(bed))).max() < 0.25  # it makes room slowly


def assert_no_click(sound: NDArray[np.float32], plain: NDArray[np.float32]) -> None:
    """Nothing sharper than what is in the words themselves."""
    assert roughness(sound) <= 1.02 * roughness(plain)


@pytest.fixture(scope="session")
def plain(tmp_path_factory: pytest.TempPathFactory) -> NDArray[np.float32]:
    """The routine as it sounds when nobody does anything."""
    by = Speaker(ToneVoice(), ClipCache(tmp_path_factory.mktemp("clips")))
    session = Session(ROUTINE, lambda: nullcontext(by), hum(), bell(), trim=TRIM, interactive=False)
    listener = Listener(session)
    listener.hear(0.02)
    wait_for(all_known(session))
    listener.until_end()
    session.close()
    return listener.sound


def tone_levels(sound: NDArray[np.float32], hertz: float) -> NDArray[np.float64]:
    """How loud a tone is every 5 ms."""
    size = RATE // 100
    phases = np.exp(-2j * np.pi * hertz * np.arange(len(sound)) / RATE)
    turned = np.convolve(sound[:, 0] * phases, np.hanning(size) / np.hanning(size).sum(), "valid")
    return np.asarray(np.abs(turned)[:: size // 2])
