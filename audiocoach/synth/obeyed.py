"""Obeyed: one soft note, which closes what ``attend`` has opened."""

from __future__ import annotations

from audiocoach.synth.circular import Wave
from audiocoach.synth.earcons import bar, struck
from audiocoach.units import Frames


def obeyed(frames: Frames, seed: int) -> Wave:  # noqa: ARG001 - nothing is left to chance
    """A5 over E5; shape ``(frames, 2)``."""
    return struck(frames, (0.0, bar(880.0)), (0.0, bar(660.0, -9.0)))
