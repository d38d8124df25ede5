"""The bed and the words of a render, each by itself: what is under a cue is known exactly."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from audiocoach.embedded import EmbeddedCue
from audiocoach.loudness import gated_loudness, step_energies
from audiocoach.measure.levels import HOP_MS, Energies, Hops, mean_loudness
from audiocoach.measure.stream import BLOCK
from audiocoach.units import Db


@dataclass(frozen=True, slots=True, eq=False)
class StemEnergies:
    """The energies of both, hop by hop."""

    bed: Hops
    words: Hops

    def over_bed(self, cues: Sequence[EmbeddedCue]) -> list[Db]:
        """LU of each cue over what of the bed sounds while it is said."""
        spans = [(cue.start_ms // HOP_MS, -(-cue.end_ms // HOP_MS)) for cue in cues]
        return [
            gated_loudness(step_energies(self.words[start:end]))
            - mean_loudness(self.bed[start:end])
            for start, end in spans
        ]


class StemMeter:
    """A ``mix.Stems`` that measures both."""

    def __init__(self) -> None:
        self._held = np.zeros((0, 4), np.float32)
        self._energies = tuple(Energies() for _ in range(4))

    def __call__(self, bed: NDArray[np.float32], words: NDArray[np.float32]) -> None:
        """Take the next frames of both, shape ``(n, 2)``."""
        self._held = np.concatenate([self._held, np.concatenate([bed, words], axis=1)])
        whole = len(self._held) // BLOCK * BLOCK
        for at in range(0, whole, BLOCK):
            self._push(self._held[at : at + BLOCK])
        self._held = self._held[whole:]

    def energies(self) -> StemEnergies:
        """What was found, once all was rendered."""
        self._push(self._held)
        self._held = self._held[:0]
        left, right, words_left, words_right = (each.all() for each in self._energies)
        return StemEnergies(left + right, words_left + words_right)

    def _push(self, block: NDArray[np.float32]) -> None:
        for channel, energies in enumerate(self._energies):
            energies.push(block[:, channel])
