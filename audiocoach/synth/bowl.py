"""Bowl: a singing bowl, struck with felt; tuned to the drone."""

from __future__ import annotations

from audiocoach.synth.circular import Wave
from audiocoach.synth.strike import Mode, strike
from audiocoach.units import Frames

_MODES = (
    Mode(165.0, -3.0, 22.0, 0.45, 0.15),
    Mode(440.0, 0.0, 17.0, 0.7, 0.35),
    Mode(825.0, -8.0, 10.0, 1.1, -0.4),
    Mode(1320.0, -16.0, 5.5, 1.6, 0.4),
    Mode(1914.0, -27.0, 2.5, 2.1, -0.3),
)
"""A bowl's modes lie at about 1 : 2.7 : 5 : 8 : 11.6 of the lowest, here E3: E, A, G sharp, E."""


def bowl(frames: Frames, seed: int) -> Wave:  # noqa: ARG001 - a bowl leaves nothing to chance
    """One stroke, of shape ``(frames, 2)``."""
    return strike(frames, _MODES, rise_s=0.03, fade_s=4.0)
