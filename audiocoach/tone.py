"""Tone: how a voice and a bed are coloured for what they are played on.

``voiced`` is the voice chain, for one clip at a time, held in memory whole. ``bed_toned``
colours a bed as it is decoded. Both are a function of the sound alone: no state outlives a
call, and what comes out does not depend on how the sound was cut into blocks.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from audiocoach.decode import Block
from audiocoach.loops import gather
from audiocoach.loudness import fast_size
from audiocoach.presets import BedTone, Tone
from audiocoach.units import RATE, Db, Frames, Hz

_TAIL: Frames = RATE // 8
"""The voice's filters have died away after this."""

_CELL: Frames = 32
"""Powers and gains are reckoned for each 0.7 ms."""
_SPEAKING: Db = -25.0
"""Against a voice's loudest moment: it speaks. Below are breath and pauses."""
_NOTHING = 1e-12
"""Keeps logarithms and quotients of powers finite."""

# The de-esser

_LOOK = 6
"""Cells to either side over which powers and gains are smoothed: 4 ms, so that the gain falls
before the sibilant begins."""
_MOSTLY = 0.4, 0.65
"""The share of a sound's power above ``Tone.ess``: of a vowel it stays under the first, of a
sibilant it is over the second. Between them the de-esser works in part."""
_CROSSOVER = 2**0.25
"""A band begins within half an octave."""

# Peaks

_ROTATED: Hz = 400.0
"""Around this, the phase of a voice is turned: its pulses all point one way, and would take
twice the room that they need."""
_SYLLABLE = 41
"""Cells to either side over which the compressor listens: 30 ms."""
_MOST_PRESSED: Db = 6.0
"""The compressor lowers no syllable by more."""

# Soft sounds

_CONSONANTS: Hz = 2_000.0
"""Above lies most of what tells one consonant from another."""
_SOUND = 16
"""Cells to either side over which a sound's level is taken: 11 ms, one turn of a deep voice."""
_MOST_LIFTED: Db = 6.0
_MOST_LOWERED: Db = 3.0
"""So far each sound is moved at most."""
_BREATH: tuple[Db, Db] = -42.0, -24.0
"""Against the mean of speech: what is under the first is left alone, as the rests are; breath
lies between them."""

# The leveller

_SLOW = 1_034
"""Cells to either side over which a voice's level is taken: 0.75 s, more than a word."""
_MOST_EVEN: Db = 4.0
"""The leveller moves a voice by no more."""
_SCARCE = 0.02
"""Where a voice speaks for less of that time, its level is taken from the words around."""


def voiced(signal: NDArray[np.float32], tone: Tone) -> NDArray[np.float32]:
    """A voice with its rumble cut, its words forward, its s soft and its sentences even.

    One channel at ``RATE``, as long as ``signal``. Nothing of it comes earlier than it was:
    the filters are those of a mixing desk.
    """
    if not signal.any():
        return signal
    size = fast_size(len(signal) + _TAIL)
    response = (
        _highpass(tone.highpass, size)
        * _peak(tone.presence, tone.presence_gain, tone.presence_q, size)
        * _allpass(_ROTATED, size) ** 2
    )
    spectrum = np.fft.rfft(signal, size) * response
    coloured = np.fft.irfft(spectrum, size)[: len(signal)]
    band = np.fft.irfft(spectrum * _share_above(tone.ess, size), size)[: len(signal)]
    powers = _powers(coloured)
    speaking = powers >= powers.max() * 10 ** (_SPEAKING / 10)
    if tone.consonants:
        high = np.fft.irfft(spectrum * _share_above(_CONSONANTS, size), size)[: len(signal)]
        heights = _powers(high)
        lifted = _lifting(heights / heights.mean(where=speaking), tone.consonants)
        gains = _drawn(lifted, len(signal))
        coloured, band = coloured + high * (gains - 1), band * gains
        powers = _powers(coloured)
    above = _powers(band)
    usual = powers.mean(where=speaking)
    deessing = _drawn(-_sibilance(above / usual, powers / usual, tone), len(signal))
    levels = _evening(powers / usual, speaking, tone.even)
    pressed = _pressing(powers / usual * 10 ** (levels / 10), tone.press)
    lifted = _lifting(powers / usual * 10 ** ((levels + pressed) / 10), tone.lift)
    levelling = _drawn(levels + pressed + lifted, len(signal))
    return np.asarray((coloured + band * (deessing - 1)) * levelling, dtype=np.float32)


def _share_above(middle: Hz, size: int) -> NDArray[np.float64]:
    """What of each bin belongs to the band above ``middle``; without a change of phase.

    The band is a part of the sound: wherever its gain is 1, the sound is as it was.
    """
    hertz = np.maximum(np.fft.rfftfreq(size, 1 / RATE), 1.0)
    way = np.log2(hertz / middle) / (2 * np.log2(_CROSSOVER)) + 0.5
    return np.asarray(np.sin(np.pi / 2 * np.clip(way, 0, 1)) ** 2)


def _powers(signal: NDArray[np.float64]) -> NDArray[np.float64]:
    """The mean power around each cell."""
    squares = np.pad(signal * signal, (0, -len(signal) % _CELL)).reshape(-1, _CELL)
    return _smoothed(squares.mean(axis=1), _LOOK)


def _smoothed(cells: NDArray[np.float64], reach: int) -> NDArray[np.float64]:
    window = np.hanning(2 * reach + 3)[1:-1]
    return np.convolve(np.pad(cells, reach, mode="edge"), window / window.sum(), mode="valid")


def _drawn(levels: NDArray[np.float64], frames: Frames) -> NDArray[np.float64]:
    """A level in dB for each cell as a gain for each frame."""
    middles = (np.arange(len(levels)) + 0.5) * _CELL
    return np.interp(np.arange(frames), middles, 10 ** (levels / 20))


def _sibilance(
    above: NDArray[np.float64], powers: NDArray[np.float64], tone: Tone
) -> NDArray[np.float64]:
    """By how many dB the band of sibilants is lowered, for each cell.

    From the powers of the band and of the whole, against that of the voice while it speaks.
    """
    over = 10 * np.log10(above + _NOTHING) - tone.ess_threshold
    first, last = _MOSTLY
    mostly = np.clip((above / (powers + _NOTHING) - first) / (last - first), 0, 1)
    return _smoothed(np.clip(over * (1 - 1 / tone.ess_ratio), 0, tone.ess_most) * mostly, _LOOK)


def _evening(
    powers: NDArray[np.float64], speaking: NDArray[np.bool_], even: float
) -> NDArray[np.float64]:
    """The gain in dB that takes away a part of a voice's slow ups and downs, for each cell."""
    window = np.hanning(2 * _SLOW + 3)[1:-1]
    size = fast_size(len(powers) + 2 * _SLOW)
    response = np.fft.rfft(window, size)

    def around(cells: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.fft.irfft(np.fft.rfft(cells, size) * response, size)[_SLOW:][: len(cells)]

    spoken = around(speaking.astype(np.float64))
    known = np.flatnonzero(spoken >= min(_SCARCE * window.sum(), spoken.max()))
    level = 10 * np.log10(around(powers * speaking)[known] / spoken[known] + _NOTHING)
    gains = np.clip(-even * level, -_MOST_EVEN, _MOST_EVEN)
    return np.interp(np.arange(len(powers)), known, gains)


def _pressing(powers: NDArray[np.float64], press: float) -> NDArray[np.float64]:
    """The gain in dB that takes away a part of what each syllable is louder than the mean."""
    over = np.maximum(10 * np.log10(_smoothed(powers, _SYLLABLE) + _NOTHING), 0)
    return _smoothed(np.maximum(-press * over, -_MOST_PRESSED), _SYLLABLE // 2)


def _lifting(powers: NDArray[np.float64], lift: float) -> NDArray[np.float64]:
    """The gain in dB that takes away a part of how much each sound is off the mean.

    Consonants are softer than vowels, and a room rings with the vowel before. (Compression of
    every sound is what brought most in noise, at equal loudness: T.-C. Zorila, V. Kandia and
    Y. Stylianou, "Speech-in-noise intelligibility improvement based on spectral shaping and
    dynamic range compression", Interspeech 2012.)
    """
    level = 10 * np.log10(_smoothed(powers, _SOUND) + _NOTHING)
    silent, heard = _BREATH
    gains = np.clip(-lift * level, -_MOST_LOWERED, _MOST_LIFTED)
    return _smoothed(gains * np.clip((level - silent) / (heard - silent), 0, 1), _SOUND)


# Filters: the biquads of R. Bristow-Johnson, "Cookbook formulae for audio equalizer biquad
# filter coefficients", at the bins of a real transform of ``size`` points.


def _highpass(corner: Hz, size: int) -> NDArray[np.complex128]:
    """A second-order Butterworth high-pass."""
    w = 2 * np.pi * corner / RATE
    cosine, alpha = np.cos(w), np.sin(w) / np.sqrt(2)
    b = ((1 + cosine) / 2, -1 - cosine, (1 + cosine) / 2)
    return _biquad(b, (1 + alpha, -2 * cosine, 1 - alpha), size)


def _peak(middle: Hz, gain: Db, q: float, size: int) -> NDArray[np.complex128]:
    """A bell of ``gain`` around ``middle``."""
    w = 2 * np.pi * middle / RATE
    cosine, alpha, a = np.cos(w), np.sin(w) / (2 * q), 10 ** (gain / 40)
    b = (1 + alpha * a, -2 * cosine, 1 - alpha * a)
    return _biquad(b, (1 + alpha / a, -2 * cosine, 1 - alpha / a), size)


def _allpass(middle: Hz, size: int) -> NDArray[np.complex128]:
    """A turn of the phase by a whole circle, by half of it at ``middle``."""
    w = 2 * np.pi * middle / RATE
    cosine, alpha = np.cos(w), np.sin(w) / np.sqrt(2)
    b = (1 - alpha, -2 * cosine, 1 + alpha)
    return _biquad(b, (1 + alpha, -2 * cosine, 1 - alpha), size)


def _biquad(
    b: tuple[float, float, float], a: tuple[float, float, float], size: int
) -> NDArray[np.complex128]:
    z1 = np.exp(-2j * np.pi * np.arange(size // 2 + 1) / size)
    return np.asarray((b[0] + (b[1] + b[2] * z1) * z1) / (a[0] + (a[1] + a[2] * z1) * z1))


# The bed

_HALF: Frames = 2048
"""A bed's filter reaches this far to either side: 46 ms."""
_SIZE = 1 << 16
_STRIDE: Frames = _SIZE - 2 * _HALF
"""Frames that come out of each transform."""
_LISTEN: Frames = 30 * RATE
"""A bed's polarity is judged by its first half minute."""


def bed_toned(blocks: Iterator[Block], tone: BedTone, *, trusted: bool = False) -> Iterator[Block]:
    """The sound of ``blocks`` with its tone: as long, each sample in its place.

    Where left and right are more against each other than with each other, as in a file
    with the polarity of one channel swapped, the right one is turned over first: on one
    loudspeaker, nothing would be left of it. What is ``trusted`` is not looked at for that.
    Silence is taken to be around the sound.
    """
    first = gather(blocks, 0 if trusted else _LISTEN)
    apart = (
        not trusted and np.dot(first[:, 0], first[:, 1]) < 0
    )  # the difference is stronger than the sum
    turn = np.array([1, -1 if apart else 1], np.float32)
    silence = np.zeros((_HALF, 2), np.float32)

    def around() -> Iterator[Block]:
        yield silence
        yield first * turn
        yield from (block * turn for block in blocks)
        yield silence

    response, width = _bed_response(tone), np.float32(tone.width)
    held = np.zeros((0, 2), np.float32)
    for block in around():
        held = np.concatenate([held, block])
        while len(held) >= _SIZE:
            yield _filtered(held[:_SIZE], response, width)
            held = held[_STRIDE:]
    if len(held) > 2 * _HALF:
        yield _filtered(held, response, width)


def _middle_and_side(sound: Block) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """What both channels have in common, and in what they differ; each of shape ``(n,)``."""
    left, right = sound[:, 0], sound[:, 1]
    half = np.float32(0.5)
    return half * (left + right), half * (left - right)


def _filtered(sound: Block, response: NDArray[np.float32], width: np.float32) -> Block:
    """The middle of ``sound``, without the ``_HALF`` frames at either end that it depends on."""
    middle, side = _middle_and_side(sound)
    spectra = np.fft.rfft(np.stack([middle, side * width]), _SIZE) * response
    middle, side = np.fft.irfft(spectra, _SIZE)[:, _HALF : len(sound) - _HALF]
    return np.stack([middle + side, middle - side], axis=1).astype(np.float32)


@lru_cache(maxsize=4)
def _bed_response(tone: BedTone) -> NDArray[np.float32]:
    """A bed's filter at the bins of ``_SIZE`` points: real, so that nothing moves in time."""
    wanted = np.abs(
        _highpass(tone.highpass, _SIZE) * _peak(tone.dip, tone.dip_gain, tone.dip_q, _SIZE)
    )
    taps = np.fft.irfft(wanted, _SIZE)
    window = np.hanning(2 * _HALF + 1)
    taps[: _HALF + 1] *= window[_HALF:]
    taps[-_HALF:] *= window[:_HALF]
    taps[_HALF + 1 : -_HALF] = 0
    return np.fft.rfft(taps).real.astype(np.float32)
