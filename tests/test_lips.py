from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from audiocoach.lips import softened
from audiocoach.measure.clicks import Click, ClickMeter
from audiocoach.units import RATE

Mono = NDArray[np.float32]


def voice() -> Mono:
    """Two vowels with a rest between them, over a hiss that is 60 dB softer."""
    at = np.arange(RATE) / RATE
    pulses = sum(np.sin(2 * np.pi * 110 * k * at + k * k) / k for k in range(1, 60))
    vowel = np.asarray(pulses) * np.hanning(RATE) * 0.1
    hiss = 1e-4 * np.random.default_rng(3).standard_normal(3 * RATE)
    return (np.concatenate([vowel, np.zeros(RATE), vowel]) + hiss).astype(np.float32)


def smacked(milliseconds: float = 0.2, level: float = 0.02) -> Mono:
    """The same with a smack of the lips in the middle of the rest."""
    sound = voice()
    width = round(milliseconds * RATE / 1000)
    burst = np.random.default_rng(5).standard_normal(width) * level
    sound[RATE * 3 // 2 :][:width] += burst.astype(np.float32)
    return sound


def clicks(sound: Mono) -> tuple[Click, ...]:
    meter = ClickMeter()
    for at in range(0, len(sound), RATE):
        meter.push(np.repeat(sound[at : at + RATE, None], 2, axis=1))
    return meter.clicks()


@pytest.mark.parametrize("milliseconds", [0.05, 0.2, 1.0, 3.0])
@pytest.mark.parametrize("level", [0.01, 0.05])
def test_a_smack_of_the_lips_is_no_click_any_more(milliseconds: float, level: float) -> None:
    sound = smacked(milliseconds, level)
    assert clicks(sound)
    assert not clicks(softened(sound))


def test_only_the_smack_is_touched_and_it_is_still_there() -> None:
    sound = smacked()
    after = softened(sound)
    changed = np.flatnonzero(after != sound)
    assert RATE * 1.49 < changed[0] < changed[-1] < RATE * 1.51
    around = slice(RATE * 3 // 2 - 50, RATE * 3 // 2 + 50)
    left = np.square(after[around]).sum() / np.square(voice()[around]).sum()
    assert left > 1.2


def test_a_voice_without_smacks_passes_as_it_is() -> None:
    sound = voice()
    assert softened(sound) is sound


@pytest.mark.parametrize("frames", [0, 1, 3, 29, 31, 500])
def test_the_shortest_sounds_pass_too(frames: int) -> None:
    sound = voice()[RATE // 2 :][:frames]
    assert len(softened(sound)) == frames
