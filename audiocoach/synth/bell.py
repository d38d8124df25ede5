"""Bell: small, soft and clear; tuned to the drone."""

from __future__ import annotations

from audiocoach.synth.circular import Wave
from audiocoach.synth.strike import Mode, strike
from audiocoach.units import Frames

_MODES = (
    Mode(330.0, -14.0, 6.5, 0.35, 0.2),
    Mode(660.0, 0.0, 6.0, 0.5, 0.3),
    Mode(1320.0, -9.0, 4.0, 0.9, -0.3),
    Mode(1760.0, -19.0, 2.6, 1.3, 0.4),
    Mode(2640.0, -24.0, 1.6, 1.7, -0.4),
    Mode(3510.0, -31.0, 0.9),
)
"""E5 with its hum an octave below, and quiet overtones that are soon gone."""


def bell(frames: Frames, seed: int) -> Wave:  # noqa: ARG001 - a bell leaves nothing to chance
    """One stroke, of shape ``(frames, 2)``."""
    return strike(frames, _MODES, rise_s=0.008, fade_s=1.2)
