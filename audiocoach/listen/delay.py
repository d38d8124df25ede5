"""The delay from the program to the microphone: buffers, Bluetooth, the air.

The generalised cross-correlation with phase transform (C. H. Knapp and G. C. Carter, IEEE
Transactions on Acoustics, Speech and Signal Processing 24, 1976) has one sharp peak there,
whatever is played; the bed is enough.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from audiocoach.listen.recogniser import RATE

LONGEST = 2 * RATE
"""Samples. Bluetooth headphones take 0.2 to 0.4 s, an AirPlay loudspeaker 2 s."""

_HEARD = 4 * RATE
"""So much of the microphone is compared at once."""
_FIRST = 2 * RATE
"""Nothing is told from less."""
_EVERY = RATE // 2
_KEEP = 0.75
"""Of the last correlation, in the next one."""
_SHARP = 14.0
"""The peak stands out by so many standard deviations of the whole: by 130 where the echo is all
there is, by 15 and more where somebody speaks 20 dB louder, by 9 at most by chance."""


class DelayFinder:
    """Watches both sounds and tells the delay between them."""

    def __init__(self) -> None:
        self._far = np.zeros(LONGEST + _HEARD)
        self._near = np.zeros(_HEARD)
        self._since = _EVERY - _FIRST
        self._cross = np.zeros(0, complex)

    def push(self, far: NDArray[np.float64], near: NDArray[np.float64]) -> int | None:
        """The next samples of both, as many of each; the delay in samples, where one is heard.

        It is looked for every half second, so most calls have nothing to tell.
        """
        for kept, new in ((self._far, far), (self._near, near)):
            kept[: -len(new)] = kept[len(new) :]
            kept[-len(new) :] = new
        self._since += len(near)
        if self._since < _EVERY:
            return None
        self._since = 0
        return self._look()

    def _look(self) -> int | None:
        size = 1 << (LONGEST + _HEARD - 1).bit_length()
        cross = np.fft.rfft(self._near, size) * np.conj(np.fft.rfft(self._far, size))
        strength = np.abs(cross)
        if strength.max() == 0.0:
            return None
        # Bins where there is next to nothing say nothing of the delay.
        cross /= strength + 1e-3 * strength.mean()
        self._cross = cross if not len(self._cross) else _KEEP * self._cross + (1 - _KEEP) * cross
        found = np.fft.irfft(self._cross, size)
        # near[i] is far[i + LONGEST - delay]: the peak lies at -(LONGEST - delay).
        lags = np.concatenate([found[-LONGEST:], found[:1]])
        peak = int(np.abs(lags).argmax())
        if abs(lags[peak]) < _SHARP * lags.std():
            return None
        return peak
