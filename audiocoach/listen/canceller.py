"""The echo canceller: takes out of the microphone what the loudspeaker has put in.

A partitioned-block frequency-domain adaptive filter whose step sizes are those of a Kalman
filter: G. Enzner and P. Vary, "Frequency-domain adaptive Kalman filter for acoustic echo control
in hands-free telephones", Signal Processing 86 (2006); with partitions, F. Kuech et al.,
"State-space architecture of the partitioned-block-based acoustic echo controller", ICASSP 2014.
It needs no detector of double talk: where somebody speaks, its steps become small by themselves.
And it only subtracts, so that a voice stays as it is; ``benchmarks/README.md`` has what that is
worth against a canceller that also suppresses.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

BLOCK = 256
"""Samples that are taken at once: 16 ms at 16 kHz."""

PARTS = 20
"""Blocks of echo that are modelled: 320 ms, of a room that rings for 0.4 s."""

_STAY = 0.998
"""How much the way stays as it is from block to block (the state transition). The clocks of
loudspeaker and microphone are seldom the same: at 33 parts in a million, as PulseAudio made them
in a test, 30 dB less echo with this and 10 dB with 0.9998."""
_FORGET = 0.8
"""Of the spectrum of all that is no echo, from block to block."""
_FLOOR = 1e-9

Wave = NDArray[np.float64]


class EchoCanceller:
    """Learns the way from loudspeaker to microphone, and subtracts what comes along it."""

    def __init__(self, block: int = BLOCK, parts: int = PARTS) -> None:
        self._block = block
        bins = block + 1
        self._far = np.zeros((parts, bins), complex)
        """Spectra of the last blocks of the loudspeaker, the newest first."""
        self._before = np.zeros(block)
        self._filter = np.zeros((parts, bins), complex)
        self._unsure = np.ones((parts, bins))
        """Variance of the error of each weight."""
        self._rest = np.zeros(bins)
        """Power spectrum of what is no echo."""

    def push(self, far: Wave, near: Wave) -> tuple[Wave, Wave]:
        """A block of the loudspeaker and one of the microphone -> what is left, and the echo."""
        size = self._block
        self._far[1:] = self._far[:-1]
        self._far[0] = np.fft.rfft(np.concatenate([self._before, far]))
        self._before = far.copy()  # it may be a view of what goes on
        echo = np.fft.irfft((self._far * self._filter).sum(axis=0))[size:]
        left = near - echo
        error = np.fft.rfft(np.concatenate([np.zeros(size), left]))
        self._rest = _FORGET * self._rest + (1 - _FORGET) * np.abs(error) ** 2
        power = np.abs(self._far) ** 2
        # Half of a window of two blocks is zero: so the halves (Kuech et al., equation 24).
        doubt = 0.5 * (power * self._unsure).sum(axis=0) + self._rest + _FLOOR
        step = self._unsure / doubt
        change = np.fft.irfft(step * np.conj(self._far) * error, axis=1)
        change[:, size:] = 0.0
        self._filter += np.fft.rfft(change, axis=1)
        self._unsure = _STAY**2 * (1 - 0.5 * step * power) * self._unsure
        self._unsure += (1 - _STAY**2) * np.abs(self._filter) ** 2
        return left, echo

    def forget(self) -> None:
        """Begin anew: the way has become another."""
        self._filter[:] = 0.0
        self._unsure[:] = 1.0
