"""Clicks: edges that stand alone, and that no voice and no bed makes (see ``edges.py``)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from audiocoach.edges import CELL, CONTEXT, bends, over
from audiocoach.units import RATE, Db, Frames, Ms

_SECOND: Db = 9.0
_FOURTH: Db = 13.0
"""Over all neighbours, from which it is a click. In 40 minutes of speech by two engines over beds,
most of it coded as MP3, the highest of the fourth was 10.6 dB."""
_APART: Ms = 100
"""Clicks closer than this are one."""


@dataclass(frozen=True, slots=True)
class Click:
    """A click, and how far it stands out from what is around."""

    at_ms: Ms
    over: Db


class ClickMeter:
    """Takes blocks of ``stream.BLOCK`` frames, the last may be shorter."""

    def __init__(self) -> None:
        self._past = np.zeros((4, 2), np.float32)
        self._second = np.zeros((2 * CONTEXT, 2), np.float32)
        self._fourth = np.zeros((2 * CONTEXT, 2), np.float32)
        self._cell = -2 * CONTEXT
        """The cell of the sound with which both begin."""
        self._clicks: list[Click] = []

    def push(self, block: NDArray[np.float32]) -> None:
        """Take the next frames, shape ``(n, 2)``."""
        sound = np.concatenate([self._past, block])
        self._past = sound[-4:]
        self._look(bends(sound[2:], 2), bends(sound, 4))

    def clicks(self) -> tuple[Click, ...]:
        """All clicks, once all of the sound was pushed."""
        rest = np.zeros((CONTEXT, 2), np.float32)
        self._look(rest, rest)
        return tuple(self._clicks)

    def _look(self, second: NDArray[np.float32], fourth: NDArray[np.float32]) -> None:
        self._second = np.concatenate([self._second, second])
        self._fourth = np.concatenate([self._fourth, fourth])
        standing = np.minimum(over(self._second) - _SECOND, over(self._fourth) - _FOURTH)
        for at in np.flatnonzero(standing.max(axis=1, initial=-1.0) >= 0):
            self._add((self._cell + CONTEXT + int(at)) * CELL, float(standing[at].max()) + _FOURTH)
        done = len(self._second) - 2 * CONTEXT
        self._second, self._fourth = self._second[done:], self._fourth[done:]
        self._cell += done

    def _add(self, frame: Frames, standing: Db) -> None:
        click = Click(max(0, frame) * 1000 // RATE, round(standing, 1))
        last = self._clicks[-1] if self._clicks else None
        if last is None or click.at_ms - last.at_ms >= _APART:
            self._clicks.append(click)
        elif click.over > last.over:
            self._clicks[-1] = click
