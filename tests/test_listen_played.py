from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audiocoach.listen.canceller import BLOCK
from audiocoach.listen.played import Played
from audiocoach.listen.recogniser import RATE
from audiocoach.units import RATE as FULL_RATE


def tone(seconds: float) -> np.ndarray[tuple[int, int], np.dtype[np.float32]]:
    at = np.arange(round(seconds * FULL_RATE)) / FULL_RATE
    wave = 0.5 * np.sin(2 * np.pi * 440 * at)
    return np.stack([wave, wave], axis=1).astype(np.float32)


@settings(max_examples=20)
@given(st.lists(st.integers(1, 12), min_size=1, max_size=30))
def test_what_comes_late_keeps_its_place(bursts: list[int]) -> None:
    """However unevenly blocks come, each sample is taken where it would have been."""
    sound = tone(2.0)
    even, uneven = Played(), Played()
    size = FULL_RATE * BLOCK // RATE + 1
    for played in (even, uneven):
        played.put(sound[: 12 * size])  # as an output reads ahead before it starts
    sent = {0: 12, 1: 12}
    taken: list[list[float]] = [[], []]
    due = 12
    for burst in bursts:
        for number, (played, ready) in enumerate(((even, due + 1), (uneven, due - due % burst))):
            for at in range(sent[number], ready):
                played.put(sound[at * size : (at + 1) * size])
            sent[number] = max(sent[number], ready)
            taken[number].extend(played.take())
        due += 1
    assert np.allclose(taken[0], taken[1], atol=1e-6)


def test_silence_where_nothing_is_played_and_the_sound_when_it_comes() -> None:
    played = Played()
    for _ in range(100):
        assert not played.take().any()
    played.put(tone(0.6))
    heard = np.concatenate([played.take() for _ in range(100)])
    heard = heard[np.flatnonzero(heard)[0] :][: RATE // 2]
    assert 0.3 < np.sqrt(np.mean(heard**2)) < 0.4


def test_a_microphone_that_lost_something_does_not_leave_the_sound_behind() -> None:
    played = Played()
    for _ in range(5):
        played.put(tone(1.0))
    played.take()
    rest = [played.take() for _ in range(RATE // BLOCK)]
    silent = [index for index, block in enumerate(rest) if not block.any()]
    assert silent  # what was too old is gone


@pytest.mark.parametrize("burst", [1, 5])
def test_a_microphone_that_brings_more_than_there_was_hears_the_sound_again_soon(
    burst: int,
) -> None:
    played = Played()
    size = FULL_RATE * BLOCK // RATE
    block = tone(size / FULL_RATE)
    for _ in range(12):
        played.put(block)
    for _ in range(12 + 25):  # 0.4 s too many
        played.take()
    heard = []
    for at in range(240):
        if at % burst == 0:
            for _ in range(burst):
                played.put(block)
        heard.append(bool(played.take().any()))
    assert all(heard[100:])
