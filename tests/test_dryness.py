"""How often a device ran dry, told from when it asked for sound."""

from __future__ import annotations

import random

import pytest

from audiocoach.sinks.dryness import Dryness
from audiocoach.units import RATE

PERIOD = 1_102


class Device:
    """A device with a buffer, served by somebody who is late now and then."""

    def __init__(self, buffer: int = 8 * PERIOD, *, drift: float = 0.0) -> None:
        self.time = 0.0
        self.gaps = 0
        self._rate = RATE * (1 + drift)
        self._buffer = buffer
        self._filled = float(buffer)
        self.dryness = Dryness(lambda: self.time)

    def serve(self, late_s: float) -> None:
        """It asks, and gets what it asks for so much later."""
        self._play(PERIOD / self._rate + late_s)
        while self._filled + PERIOD <= self._buffer:
            self._filled += PERIOD
            self.dryness.gave(PERIOD)

    def _play(self, seconds: float) -> None:
        self.time += seconds
        played = seconds * self._rate
        self.gaps += played > self._filled + 0.03 * RATE
        self._filled = max(0.0, self._filled - played)


@pytest.mark.parametrize("drift", [-2e-4, 0.0, 2e-4])
def test_a_device_that_is_served_late_but_never_too_late_did_not_run_dry(drift: float) -> None:
    device = Device(drift=drift)
    chance = random.Random(1)  # noqa: S311 - no secret
    for _ in range(20_000):
        device.serve(chance.choice([0.0, 0.0, 0.01, 0.12]))
    assert device.gaps == device.dryness.times == 0


def test_each_gap_is_counted_once_where_they_are_seconds_apart() -> None:
    device = Device()
    for number in range(2_000):
        device.serve(0.3 if number % 200 == 199 else 0.0)
    assert device.gaps == 10
    assert device.dryness.times in (9, 10)  # the last one may not be seen any more


def test_a_program_that_was_stopped_counts_none() -> None:
    device = Device()
    for number in range(600):
        device.serve(60.0 if number == 300 else 0.0)
    assert device.dryness.times == 0
