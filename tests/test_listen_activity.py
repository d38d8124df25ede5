from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from audiocoach.listen.activity import Activity, Utterance
from audiocoach.listen.canceller import BLOCK
from audiocoach.listen.recogniser import RATE

Wave = NDArray[np.float64]


def room(seconds: float, level: float = 1e-3, seed: int = 1) -> Wave:
    size = round(seconds * RATE) // BLOCK * BLOCK
    return level * np.random.default_rng(seed).standard_normal(size)


def word(seconds: float, level: float = 0.05) -> Wave:
    """Syllables of 120 ms: a buzz with many overtones."""
    at = np.arange(round(seconds * RATE)) / RATE
    buzz = sum(np.sin(2 * np.pi * 140 * n * at) / n for n in range(1, 25))
    return np.asarray(level * buzz * np.abs(np.sin(np.pi * at / 0.12)))


def utterances(left: Wave, echo: Wave | None = None) -> list[Utterance]:
    activity = Activity()
    given_ = np.zeros(len(left)) if echo is None else echo
    found = [
        activity.push(left[at : at + BLOCK], given_[at : at + BLOCK])
        for at in range(0, len(left) - BLOCK + 1, BLOCK)
    ]
    return [one for one in found if one]


@pytest.mark.parametrize("length", [0.3, 0.9, 2.0])
def test_a_word_in_a_quiet_room_is_one_utterance_with_all_of_it(length: float) -> None:
    sound = room(8)
    begin = 4 * RATE
    sound[begin : begin + round(length * RATE)] += word(length)
    (found,) = utterances(sound)
    assert found.begin <= begin - 0.1 * RATE
    assert begin + length * RATE <= found.end <= begin + (length + 0.4) * RATE
    assert found.heard_from < found.begin - min(0.6, 2.3 - length) * RATE
    assert np.allclose(found.sound, sound[found.heard_from : found.end], atol=1e-6)
    assert np.array_equal(found.since(0), found.sound)
    assert np.array_equal(found.since(found.end - 7), found.sound[-7:])


def test_the_soft_end_of_a_word_is_kept() -> None:
    sound = room(8)
    begin, end = 4 * RATE, round(4.85 * RATE)
    sound[begin : round(4.6 * RATE)] += word(0.6)
    sound[round(4.6 * RATE) : end] += word(0.25, 1e-3)
    (found,) = utterances(sound)
    assert found.end >= end


def test_a_pause_within_a_command_does_not_cut_it_and_a_long_one_does() -> None:
    for rest, count in ((0.2, 1), (0.9, 2)):
        sound = room(8)
        for at in (3.0, 3.5 + rest):
            sound[round(at * RATE) : round((at + 0.5) * RATE)] += word(0.5)
        assert len(utterances(sound)) == count


def test_steady_noise_is_none_however_loud() -> None:
    assert utterances(room(10, 0.1)) == []
    louder = np.concatenate([room(5, 1e-3), room(15, 3e-2)])
    # It may be taken for something where it begins, but not for long.
    assert all(one.begin < 8 * RATE for one in utterances(louder))


def test_a_knock_is_too_short() -> None:
    sound = room(6)
    sound[3 * RATE : 3 * RATE + 800] += 0.5
    assert utterances(sound) == []


def test_of_a_long_speech_its_end_is_kept() -> None:
    sound = room(14)
    for at in np.arange(3.0, 8.9, 0.65):
        sound[round(at * RATE) : round((at + 0.5) * RATE)] += word(0.5)
    (found,) = utterances(sound)
    assert len(found.sound) < 3 * RATE
    assert found.end > 8.8 * RATE


def test_what_is_left_of_a_loud_echo_is_no_utterance_but_a_word_over_it_is() -> None:
    echo = np.concatenate([np.tile(np.concatenate([word(1.2, 0.2), np.zeros(8_000)]), 12)])
    echo = echo[: len(echo) // BLOCK * BLOCK]
    left = 0.03 * echo + room(30)[: len(echo)]
    assert [one for one in utterances(left, echo) if one.begin > 6 * RATE] == []
    at = 12 * RATE
    left[at : at + RATE] += word(1.0, 0.05)
    assert [one for one in utterances(left, echo) if abs(one.begin - at) < RATE]


@settings(max_examples=15)
@given(st.lists(st.tuples(st.floats(0.3, 1.0), st.floats(0.6, 1.0)), min_size=1, max_size=4))
def test_utterances_come_in_order_and_never_overlap(words: list[tuple[float, float]]) -> None:
    parts = [room(3)]
    for seconds, rest in words:
        parts += [word(seconds) + room(seconds + 1)[: round(seconds * RATE)], room(rest)]
    found = utterances(np.concatenate([*parts, room(1)]))
    assert len(found) >= 1
    for one, following in pairwise(found):
        assert one.begin < one.end <= following.begin + 12 * BLOCK + 6 * BLOCK
