"""Ears for tests: what is heard in a recording, and a listener for live sessions."""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from audiocoach.clips import Clip
from audiocoach.live import Session, State
from audiocoach.units import RATE

BLOCK = 896
"""Frames that a device output reads at once."""


def occurrences(sound: NDArray[np.floating], clip: Clip, likeness: float = 0.8) -> list[float]:
    """When ``clip`` is heard, in seconds: where it correlates with ``sound``, shape ``(n,)``."""
    long, short = (_edged(signal) for signal in (sound, clip.samples / 32767))
    if len(long) <= len(short):
        return []
    size = 1 << (len(long) + len(short) - 1).bit_length()
    spectrum = np.fft.rfft(long, size) * np.conj(np.fft.rfft(short, size))
    products = np.fft.irfft(spectrum, size)[: len(long) - len(short)]
    energy = np.concatenate([[0.0], np.cumsum(long**2)])
    there = energy[len(short) : len(short) + len(products)] - energy[: len(products)]
    alike = products / np.sqrt(np.maximum(there, 1e-9) * np.sum(short**2))
    found = []
    while len(alike) and alike.max() > likeness:
        at = int(alike.argmax())
        found.append(at / RATE)
        alike[max(0, at - len(short) // 2) : at + len(short) // 2] = 0
    return sorted(found)


def heard(sound: NDArray[np.floating], clips: dict[str, Clip]) -> list[str]:
    """Which of ``clips`` are heard wholly, in order, as often as they are."""
    times = [(at, text) for text, clip in clips.items() for at in occurrences(sound, clip)]
    return [text for _, text in sorted(times)]


def _edged(signal: NDArray[np.floating]) -> NDArray[np.float64]:
    """What is lowest, the bed perhaps, counts for little."""
    return np.diff(np.asarray(signal, dtype=np.float64))


def roughness(sound: NDArray[np.floating]) -> float:
    """The sharpest bend from one frame to the next: large where there is a click."""
    return float(np.abs(np.diff(sound, 2, axis=0)).max())


def levels(sound: NDArray[np.floating], seconds: float = 0.02) -> NDArray[np.float64]:
    """RMS of each stretch of a sound of shape ``(n,)``."""
    size = round(seconds * RATE)
    parts = sound[: len(sound) // size * size].reshape(-1, size).astype(np.float64)
    return np.asarray(np.sqrt(np.mean(parts**2, axis=1)))


class Listener:
    """Reads a session faster than it would be heard, and keeps what it heard."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self._blocks: list[NDArray[np.float32]] = []

    @property
    def sound(self) -> NDArray[np.float32]:
        """All of it, shape ``(n, 2)``."""
        return np.concatenate(self._blocks)

    @property
    def now(self) -> float:
        """Seconds that were heard."""
        return sum(map(len, self._blocks)) / RATE

    def hear(self, seconds: float, block: int = BLOCK) -> NDArray[np.float32]:
        """Listen for so long, in blocks of so many frames; returns what was heard in that time."""
        first = len(self._blocks)
        for _ in range(max(1, round(seconds * RATE / block))):
            self._block(block)
        return np.concatenate(self._blocks[first:])

    def until(self, reached: Callable[[], bool], limit_s: float = 300.0) -> None:
        """Listen until something is reached; fails if it is not in ``limit_s`` of sound."""
        end = self.now + limit_s
        while not reached():
            self._block()
            assert self.now < end, self.session.status()

    def until_words(self, words: str) -> None:
        """Listen until ``words`` begin."""
        self.until(lambda: any(thing.text == words for thing in self.session.heard()))

    def until_end(self) -> None:
        self.until(lambda: self.session.ended)

    def _block(self, frames: int = BLOCK) -> None:
        self._blocks.append(self.session.read(frames))
        if self.session.status().state is State.WAITING_FOR_SPEECH:
            time.sleep(0.002)


def wait_for(reached: Callable[[], bool], limit_s: float = 30.0) -> None:
    """Wait in real time."""
    end = time.monotonic() + limit_s
    while not reached():
        assert time.monotonic() < end
        time.sleep(0.01)


def all_known(session: Session) -> Callable[[], bool]:
    """Whether everything was spoken and planned."""
    return lambda: all(step.known for step in session._ahead.plan.steps)
