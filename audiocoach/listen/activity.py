"""Who speaks when: cuts what the canceller leaves into utterances."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

import numpy as np

from audiocoach.listen.canceller import BLOCK, Wave
from audiocoach.listen.recogniser import RATE, Mono
from audiocoach.units import db_to_gain

BEFORE, AFTER = 12, 20
"""Blocks that belong to it before and after what was loud: consonants are quiet, and so is the end
of "louder". After it, all that has come when it is clear that no more comes."""
CONTEXT = 44
"""Blocks before it that are kept with it, 0.7 s: "coach" may be too faint to be found, or an
utterance of its own, since many rest after it."""
_SPEECH_HZ = (250.0, 5500.0)
_OVER = db_to_gain(2 * 5.0)
"""Power of speech over everything else: 5 dB."""
_BEGIN = (4, 6)
"""It begins with 4 loud blocks among 6,"""
_END = 20
"""and ends with so many quiet ones: 320 ms."""
_LEAST = 10
"""Loud blocks, 160 ms: a cough of cloth is shorter than any word."""
_LONGEST = 187
"""Blocks with what was before, 3.0 s; of what is longer, the end is kept."""
_NOISE_BLOCKS, _NOISE_PARTS = 16, 8
"""The noise is the least power in 2 s (R. Martin, "Noise power spectral density estimation based
on optimal smoothing and minimum statistics", 2001), in parts of 16 blocks,"""
_NOISE_BIAS = 2.0
"""and somewhat more, since that is the least of many."""
_SMOOTH = 0.6
_LEAK_BLOCKS = 250
"""What is left of the echo is known from so many blocks of it: 4 s."""
_ECHO = 10.0
"""Times the noise, in power: only an echo that is louder tells it."""
_LEAK_SHARE = 0.3
_LEAK_BIAS = 5.6
_RING = 0.75
"""Of the echo's power, from block to block at most: a room rings on for longer than the canceller
models, and this one for 0.8 s."""
_SILENCE = 1e-7


@dataclass(frozen=True, slots=True)
class Utterance:
    """Something that was said, or another sound that came and went."""

    begin: int
    """In samples from the start of the microphone; ``BEFORE`` blocks before it was loud."""
    end: int
    sound: Mono
    """All of it, and what was just before it."""

    @property
    def heard_from(self) -> int:
        """Where ``sound`` begins, likewise."""
        return self.end - len(self.sound)

    def since(self, sample: int) -> Mono:
        """What of ``sound`` is after a sample of the microphone."""
        return self.sound[max(0, sample - self.heard_from) :]


class Activity:
    """Finds utterances over the noise of the room and over what is left of the echo."""

    def __init__(self) -> None:
        hertz = np.fft.rfftfreq(BLOCK, 1 / RATE)
        self._band = (hertz >= _SPEECH_HZ[0]) & (hertz <= _SPEECH_HZ[1])
        self._window = np.hanning(BLOCK)
        self._least: deque[float] = deque(maxlen=_NOISE_PARTS)
        self._part = (0, np.inf)
        """Blocks, and the least power in them."""
        self._smooth = 0.0
        self._leaks: deque[float] = deque(maxlen=_LEAK_BLOCKS)
        self._leak = 1.0
        self._ringing = 0.0
        """Power of the echo, with what it rings on."""
        self._loud: deque[bool] = deque([False] * _BEGIN[1], maxlen=_BEGIN[1])
        self._kept: deque[Wave] = deque(maxlen=_LONGEST)
        """The last blocks."""
        self._quiet = 0
        """Blocks since it was loud."""
        self._length = 0
        """Blocks of the utterance that goes on; 0 where none does."""
        self._loudness = 0
        """Those of them that are loud."""
        self._count = 0
        self.level = 0.0
        """Power of the last block, in the band of speech."""

    @property
    def speaking(self) -> bool:
        """Whether an utterance goes on."""
        return self._length > 0

    def push(self, left: Wave, echo: Wave) -> Utterance | None:
        """The next block of what the canceller leaves and takes; an utterance where one ends."""
        self._kept.append(left)
        self._count += 1
        power, of_echo = self._power(left), self._power(echo)
        self.level = power
        noise = self._noise(power)
        bound = _OVER * (noise + self._echo_left(power, of_echo, noise))
        self._loud.append(power > bound)
        if self._length:
            self._length += 1
            self._loudness += self._loud[-1]
            self._quiet = 0 if self._loud[-1] else self._quiet + 1
            return self._finished() if self._quiet >= _END else None
        if sum(self._loud) >= _BEGIN[0]:
            self._length = _BEGIN[1] + BEFORE
            self._loudness = sum(self._loud)
            self._quiet = 0
        return None

    def since(self, before: Utterance) -> Utterance:
        """What came after an utterance, loud or not; before it is what was heard with that one."""
        end = self._count * BLOCK
        heard = np.concatenate(self._kept)[before.heard_from - end :]
        return Utterance(before.end, end, heard.astype(np.float32))

    def _power(self, block: Wave) -> float:
        spectrum = np.fft.rfft(block * self._window)[self._band]
        return float(np.sum(np.abs(spectrum) ** 2)) / BLOCK**2

    def _noise(self, power: float) -> float:
        self._smooth = _SMOOTH * self._smooth + (1 - _SMOOTH) * power
        count, least = self._part
        least = min(least, self._smooth)
        if count + 1 == _NOISE_BLOCKS:
            self._least.append(least)
            self._part = (0, np.inf)
        else:
            self._part = (count + 1, least)
        return _NOISE_BIAS * min([least, *self._least]) + _SILENCE

    def _echo_left(self, power: float, of_echo: float, noise: float) -> float:
        """What the echo may still give, as the quieter part of the last blocks with it tells."""
        self._ringing = max(of_echo, _RING * self._ringing)
        if of_echo > max(_ECHO * noise, 0.5 * self._ringing):
            self._leaks.append(min(1.0, max(0.0, power - noise) / of_echo))
            if self._count % 8 == 0:
                leak = float(np.quantile(self._leaks, _LEAK_SHARE)) * _LEAK_BIAS
                self._leak = min(1.0, leak)
        return self._leak * self._ringing

    def _finished(self) -> Utterance | None:
        blocks = list(self._kept)
        first = len(blocks) - self._length
        last = len(blocks) - self._quiet + AFTER
        loud, self._length, self._loudness = self._loudness, 0, 0
        self._loud.extend([False] * _BEGIN[1])
        if loud < _LEAST:
            return None
        start = self._count - len(blocks)
        kept = blocks[max(0, first - CONTEXT) : last]
        return Utterance(
            (start + max(0, first)) * BLOCK,
            (start + last) * BLOCK,
            np.concatenate(kept).astype(np.float32),
        )
