"""Attend: two soft notes, a fourth upwards, as a question; tuned to the drone."""

from __future__ import annotations

from audiocoach.synth.circular import Wave
from audiocoach.synth.earcons import bar, struck
from audiocoach.units import Frames


def attend(frames: Frames, seed: int) -> Wave:  # noqa: ARG001 - nothing is left to chance
    """E5 and A5, 110 ms apart; shape ``(frames, 2)``."""
    return struck(frames, (0.0, bar(660.0, -2.0)), (0.11, bar(880.0)))
