"""A phone across the room, in numbers: what its loudspeaker leaves of a sound.

Both channels become one. A high-pass keeps the cone from moving too far, the amplifier is
soft at its limit, and the loudspeaker is the resonator that it is: a closed box of a
thimbleful, which gives 12 dB less with each octave under its resonance.

Such loudspeakers resonate from 800 Hz (Knowles 2403-260-00001, 11 x 15 mm in 1 cm3) to 1050 Hz
(CUI CDMG13008L-02, 13 mm). The curve lies within what a phone must keep to that is listened to
hands-free (3GPP TS 26.131, release 18, section 6.4.6, table 14): +/- 6 dB from 800 Hz to 4 kHz, not
under -12 dB at 630 Hz and 6.3 kHz, nothing promised under 630 Hz. It is no better than that
where good phones are: table 14a hopes for -12 dB at 400 Hz, here it is -17 dB.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from audiocoach.loudness import fast_size
from audiocoach.units import RATE, Frames

Mono = NDArray[np.float32]
"""Sound of shape ``(n,)``, full scale at +/- 1.0, at ``RATE``."""

_GUARD_HZ, _GUARD_Q = 380.0, 0.7071
"""The high-pass before the amplifier."""
_RESONANCE_HZ, _RESONANCE_Q = 900.0, 1.3
"""Of the loudspeaker in its box."""
_TOP_HZ, _TOP_Q = 9_500.0, 0.7071
"""Where the cone's mass and the slit that the sound leaves through take the highs."""
CLIP = 1.0
"""Where the amplifier is at its end: full scale, as on a phone at full volume. A sine at -6 dBFS
gets 2 % of its third harmonic (the makers above allow 10 % at full power), at -20 dBFS 0.1 %."""

_TAPS: Frames = 1024
"""23 ms; what is cut off of the filters' ringing lies under -200 dB."""
_PIECE: Frames = 15 * 1024
"""Frames that are filtered at once."""

Biquad = tuple[tuple[float, float, float], tuple[float, float, float]]


class Phone:
    """Plays a stream over a phone: mono, its band, its clipping. Nothing is delayed."""

    def __init__(self) -> None:
        self._guard = _Filter(_guard())
        self._speaker = _Filter(_speaker())

    def push(self, block: NDArray[np.float32]) -> Mono:
        """What is heard while ``block``, of shape ``(n, channels)``, is played."""
        mono = block.mean(axis=1, dtype=np.float32)
        driven = np.tanh(self._guard.push(mono) / np.float32(CLIP)) * np.float32(CLIP)
        return self._speaker.push(driven)


def through_phone(sound: NDArray[np.float32]) -> Mono:
    """A whole sound of shape ``(n, channels)`` as a phone's loudspeaker gives it, ``(n,)``.

    A tone of 2 kHz keeps its level.
    """
    phone = Phone()
    parts = [phone.push(sound[at : at + _PIECE]) for at in range(0, len(sound), _PIECE)]
    return np.concatenate(parts) if parts else np.zeros(0, np.float32)


def response_db(hertz: NDArray[np.float64]) -> NDArray[np.float64]:
    """The gain of the phone in dB at some frequencies, for a soft sound."""
    at = np.exp(-2j * np.pi * np.outer(hertz / RATE, np.arange(_TAPS)))
    return np.asarray(20 * np.log10(np.abs((at @ _guard()) * (at @ _speaker()))))


class _Filter:
    """A finite impulse response over a stream."""

    def __init__(self, taps: NDArray[np.float64]) -> None:
        self._taps = taps
        self._past = np.zeros(len(taps) - 1, np.float32)

    def push(self, block: Mono) -> Mono:
        sound = np.concatenate([self._past, block])
        self._past = sound[len(block) :]
        size = fast_size(len(sound))
        spectrum = np.fft.rfft(sound, size) * np.fft.rfft(self._taps, size)
        whole = np.fft.irfft(spectrum, size)
        return whole[len(self._taps) - 1 : len(sound)].astype(np.float32)


@lru_cache(maxsize=1)
def _guard() -> NDArray[np.float64]:
    return _impulse(_highpass(_GUARD_HZ, _GUARD_Q))


@lru_cache(maxsize=1)
def _speaker() -> NDArray[np.float64]:
    """The loudspeaker, at a level that keeps a tone of 2 kHz as it is after both filters."""
    found = _impulse(_highpass(_RESONANCE_HZ, _RESONANCE_Q), _lowpass(_TOP_HZ, _TOP_Q))
    at = np.exp(-2j * np.pi * 2_000 / RATE * np.arange(_TAPS))
    return np.asarray(found / abs((found @ at) * (_guard() @ at)))


def _impulse(*biquads: Biquad) -> NDArray[np.float64]:
    """The impulse response of filters in a row, cut to ``_TAPS``."""
    size = 8 * _TAPS
    z1 = np.exp(-2j * np.pi * np.arange(size // 2 + 1) / size)
    response = np.ones(size // 2 + 1, dtype=np.complex128)
    for b, a in biquads:
        response *= (b[0] + (b[1] + b[2] * z1) * z1) / (a[0] + (a[1] + a[2] * z1) * z1)
    return np.asarray(np.fft.irfft(response, size)[:_TAPS])


# R. Bristow-Johnson, "Cookbook formulae for audio equalizer biquad filter coefficients".


def _highpass(hertz: float, q: float) -> Biquad:
    turn = 2 * np.pi * hertz / RATE
    cos, alpha = float(np.cos(turn)), float(np.sin(turn) / (2 * q))
    return ((1 + cos) / 2, -(1 + cos), (1 + cos) / 2), (1 + alpha, -2 * cos, 1 - alpha)


def _lowpass(hertz: float, q: float) -> Biquad:
    turn = 2 * np.pi * hertz / RATE
    cos, alpha = float(np.cos(turn)), float(np.sin(turn) / (2 * q))
    return ((1 - cos) / 2, 1 - cos, (1 - cos) / 2), (1 + alpha, -2 * cos, 1 - alpha)
