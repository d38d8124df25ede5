"""Unable: two low notes close together, downwards and soon gone."""

from __future__ import annotations

from audiocoach.synth.circular import Wave
from audiocoach.synth.earcons import bar, struck
from audiocoach.units import Frames


def unable(frames: Frames, seed: int) -> Wave:  # noqa: ARG001 - nothing is left to chance
    """B4 and A4, 130 ms apart; shape ``(frames, 2)``."""
    return struck(frames, (0.0, bar(495.0, decay=0.6)), (0.13, bar(440.0, -1.0, decay=0.6)))
