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


_LATER_S = 0.5
"""Where a device ran dry, what follows is heard so much later at most."""
_PEAKS, _APART_S = 12, 0.005
"""So many likely places are looked at for words that were torn, so far apart."""


def occurrences(sound: NDArray[np.floating], clip: Clip, likeness: float = 0.8) -> list[float]:
    """When ``clip`` is heard, in seconds: where it correlates with ``sound``, shape ``(n,)``."""
    long, short = (_edged(signal) for signal in (sound, clip.samples / 32767))
    alike = _alike(long, short)
    return [at / RATE for at in _highest(alike, len(short) // 2, likeness)]


def _alike(long: NDArray[np.float64], short: NDArray[np.float64]) -> NDArray[np.float64]:
    """How alike they are, from each sample on: 1 for the same, whatever the level."""
    if len(long) <= len(short):
        return np.zeros(0)
    size = 1 << (len(long) + len(short) - 1).bit_length()
    spectrum = np.fft.rfft(long, size) * np.conj(np.fft.rfft(short, size))
    products = np.fft.irfft(spectrum, size)[: len(long) - len(short)]
    energy = np.concatenate([[0.0], np.cumsum(long**2)])
    there = energy[len(short) : len(short) + len(products)] - energy[: len(products)]
    return np.asarray(products / np.sqrt(np.maximum(there, 1e-9) * np.sum(short**2)))


def _highest(
    alike: NDArray[np.float64], apart: int, least: float, most: int | None = None
) -> list[int]:
    """Where it is highest and over ``least``, each ``apart`` from the others, in order."""
    alike = alike.copy()
    found: list[int] = []
    while len(alike) and alike.max() > least and (most is None or len(found) < most):
        found.append(int(alike.argmax()))
        alike[max(0, found[-1] - apart) : found[-1] + apart] = 0
    return sorted(found)


def heard(sound: NDArray[np.floating], clips: dict[str, Clip]) -> list[str]:
    """Which of ``clips`` are heard wholly, in order, as often as they are."""
    times = [(at, text) for text, clip in clips.items() for at in occurrences(sound, clip)]
    return [text for _, text in sorted(times)]


def heard_in_parts(sound: NDArray[np.floating], clips: dict[str, Clip]) -> list[str]:
    """As ``heard``; what a device that was served late has torn in two is heard as well."""
    times = []
    for text, clip in clips.items():
        whole = occurrences(sound, clip)
        times += [(at, text) for at in whole]
        times += [
            (at, text)
            for at in _torn(_edged(sound), _edged(clip.samples / 32767))
            if all(abs(at - other) > clip.length / 1000 for other in whole)
        ]
    return [text for _, text in sorted(times)]


def _torn(long: NDArray[np.float64], short: NDArray[np.float64]) -> list[float]:
    """When words are heard of which a beginning is at one place and the rest somewhat later."""
    places = _highest(_alike(long, short), round(_APART_S * RATE), 0.1, _PEAKS)
    found: list[float] = []
    for first in places:
        later = [place for place in places if 0 < place - first <= _LATER_S * RATE]
        if found and first / RATE - found[-1] < len(short) / RATE:
            continue
        if any(_alike_in_two(long, short, first, second) > 0.8 for second in later):
            found.append(first / RATE)
    return found


def _alike_in_two(
    long: NDArray[np.float64], short: NDArray[np.float64], first: int, second: int
) -> float:
    """How alike they are if a beginning is at ``first``, the rest at ``second``; cut where best."""
    one, two = long[first : first + len(short)], long[second : second + len(short)]
    product = np.cumsum(one * short) + np.sum(two * short) - np.cumsum(two * short)
    there = np.cumsum(one**2) + np.sum(two**2) - np.cumsum(two**2)
    return float((product / np.sqrt(np.maximum(there, 1e-9) * np.sum(short**2))).max())


def _edged(signal: NDArray[np.floating]) -> NDArray[np.float64]:
    """What is lowest, the bed perhaps, counts for little."""
    return np.diff(np.asarray(signal, dtype=np.float64))


def roughness(sound: NDArray[np.floating]) -> float:
    """The sharpest bend from one frame to the next: large where there is a click."""
    return float(np.abs(np.diff(sound, 2, axis=0)).max())


def longest_gap(sound: NDArray[np.floating]) -> float:
    """The longest silence in a recording of a device, in seconds, where the program can tell it.

    It cannot in the first second of sound, in which the bed comes in, and in the last two.
    """
    sounding = np.flatnonzero(sound != 0)
    first, last = sounding[0] + RATE, sounding[-1] - 2 * RATE
    return float(np.diff(sounding[(sounding > first) & (sounding < last)]).max()) / RATE


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
