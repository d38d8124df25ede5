"""The canceller on real speech: what is left of an echo, and of a voice over it."""

from __future__ import annotations

import numpy as np
import pytest
import soxr
from commanding.scene import answer, through_room
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from audiocoach.listen.canceller import BLOCK, EchoCanceller
from audiocoach.listen.delay import DelayFinder
from audiocoach.listen.ear import Ear
from audiocoach.listen.recogniser import RATE, Evidence, Mono
from audiocoach.routine import Pace
from audiocoach.voices.catalogue import open_voice

Wave = NDArray[np.float64]

TEXT = (
    "Warm a little oil between your palms, and place both hands on the lower back. Glide up "
    "along the spine, out over the shoulders, and down the sides. Now do that again, slowly."
)
OTHER = "Somebody else says something quite different, and goes on with it for a while."


def spoken(text: str) -> Wave:
    """With the system's voice, RMS 0.05."""
    voice = open_voice("pyttsx3", "en-US", Pace.NORMAL)
    try:
        speech = voice.speak(text)
    finally:
        voice.close()
    sound = soxr.resample(speech.samples.astype(np.float64), speech.rate, RATE)
    return np.asarray(0.05 * sound / np.sqrt(np.mean(sound**2)))


@pytest.fixture(scope="module")
def coach() -> Wave:
    """What the loudspeaker plays, a few times over."""
    return np.tile(spoken(TEXT), 2)


@pytest.fixture(scope="module")
def guest() -> Wave:
    """What somebody says to the microphone."""
    return spoken(OTHER)


def echo_of(far: Wave, seed: int = 3) -> Wave:
    """Through a room, 0.4 s of reverberation, an arm's length from the loudspeaker."""
    return through_room(far, answer(seed, 0.7))[: len(far)]


def noise(size: int, level: float, seed: int = 1) -> Wave:
    return level * np.random.default_rng(seed).standard_normal(size)


def cancelled(far: Wave, near: Wave, canceller: EchoCanceller | None = None) -> Wave:
    canceller = canceller or EchoCanceller()
    starts = range(0, len(near) - BLOCK + 1, BLOCK)
    return np.concatenate(
        [canceller.push(far[at : at + BLOCK], near[at : at + BLOCK])[0] for at in starts]
    )


def db(one: Wave, other: Wave) -> float:
    """How much more power the first has."""
    size = min(len(one), len(other))
    return float(10 * np.log10(np.mean(one[:size] ** 2) / np.mean(other[:size] ** 2)))


def test_the_echo_of_speech_is_taken_out(coach: Wave) -> None:
    near = echo_of(coach) + noise(len(coach), 1e-4)
    left = cancelled(coach, near)
    assert db(near[3 * RATE : 6 * RATE], left[3 * RATE : 6 * RATE]) > 12
    assert db(near[10 * RATE :], left[10 * RATE :]) > 20


def test_it_is_learnt_while_somebody_speaks_and_the_voice_stays_as_it_is(
    coach: Wave, guest: Wave
) -> None:
    near = echo_of(coach)
    for at in (6 * RATE, 13 * RATE):
        near[at : at + len(guest)] += guest[: len(near) - at]
    left = cancelled(coach, near)
    at = 13 * RATE
    size = min(len(guest), len(left) - at) // BLOCK * BLOCK
    # Before, the voice was as loud as the echo; what is not the voice is far below it now.
    assert db(guest[:size], left[at : at + size] - guest[:size]) > 10


def test_without_an_echo_the_microphone_passes_unchanged(guest: Wave) -> None:
    size = len(guest) // BLOCK * BLOCK
    assert np.allclose(cancelled(np.zeros(size), guest[:size]), guest[:size], atol=1e-12)


@settings(max_examples=15)
@given(seed=st.integers(0, 999), gain=st.floats(0.01, 3.0), delay=st.integers(0, 3000))
def test_noise_through_any_way_within_reach_is_reduced(seed: int, gain: float, delay: int) -> None:
    rng = np.random.default_rng(seed)
    far = 0.1 * rng.standard_normal(4 * RATE)
    way = np.zeros(delay + 400)
    way[delay:] = rng.standard_normal(400) * np.exp(-np.arange(400) / 80)
    near = gain * np.convolve(far, way)[: len(far)]
    left = cancelled(far, near)
    assert np.isfinite(left).all()
    assert db(near[3 * RATE :], left[3 * RATE :]) > 10


@pytest.mark.parametrize("delay_s", [0.02, 0.31, 1.5])
def test_the_delay_is_found(coach: Wave, delay_s: float) -> None:
    delay = round(delay_s * RATE)
    near = np.concatenate([np.zeros(delay), echo_of(coach)]) + noise(len(coach) + delay, 1e-3)
    finder = DelayFinder()
    found = [
        finder.push(coach[at : at + BLOCK], near[at : at + BLOCK])
        for at in range(0, len(coach) - BLOCK, BLOCK)
    ]
    known = [one for one in found[len(found) // 2 :] if one is not None]
    assert known
    assert all(abs(one - delay) <= RATE // 1000 for one in known)


def test_no_delay_is_found_where_nothing_is_heard_of_the_loudspeaker(
    coach: Wave, guest: Wave
) -> None:
    # Another speaker: what eSpeak NG says twice is the same to the last bit.
    other = soxr.resample(guest, RATE, 15_000)
    near = np.resize(other, len(coach)) + noise(len(coach), 1e-3)
    for near_ in (near, np.zeros(len(coach))):
        finder = DelayFinder()
        found = [
            finder.push(coach[at : at + BLOCK], near_[at : at + BLOCK])
            for at in range(0, len(near_) // BLOCK * BLOCK, BLOCK)
        ]
        assert not any(one is not None for one in found)


class Hears:
    """A recogniser that takes note and believes nothing."""

    def __init__(self) -> None:
        self.sounds: list[Mono] = []

    def evidence(self, sound: Mono) -> Evidence:
        self.sounds.append(sound)
        return Evidence(-50.0, np.full(14, -50.0))


def test_the_ear_follows_a_delay_that_jumps(coach: Wave) -> None:
    far = np.tile(coach, 3)
    echo = echo_of(far)
    half = len(far) // 2
    near = noise(len(far), 1e-4)
    for begin, end, delay in ((0, half, 2_000), (half, len(far), 9_000)):
        near[begin + delay : end] += echo[begin : end - delay]
    ear = Ear(Hears())
    reductions = []
    for at in range(0, len(far) - BLOCK, BLOCK):
        ear.push(far[at : at + BLOCK], near[at : at + BLOCK])
        reductions.append(10 * np.log10(ear.reduction))
    before, after = (
        np.array(reductions[at // BLOCK - 200 : at // BLOCK]) for at in (half, len(far))
    )
    assert np.quantile(before, 0.75) > 15
    assert np.quantile(after, 0.75) > 15
    assert ear.delay == pytest.approx(9_000, abs=20)


def test_the_coach_alone_is_no_utterance_once_its_echo_is_known(coach: Wave) -> None:
    far = np.tile(coach, 2)
    near = np.concatenate([np.zeros(3_000), echo_of(far)])[: len(far)] + noise(len(far), 1e-4)
    hears = Hears()
    ear = Ear(hears)
    known = len(far) // 2 // BLOCK * BLOCK
    for at in range(0, len(far) - BLOCK, BLOCK):
        if at == known:
            hears.sounds.clear()
        ear.push(far[at : at + BLOCK], near[at : at + BLOCK])
    assert not hears.sounds
