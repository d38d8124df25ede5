"""The trained part of the recogniser, without the rest of it."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from audiocoach.listen.head import Head
from audiocoach.listen.words import PHRASES

HEAD = Head()
FRAMES = 165
"""What the encoder makes of the longest sound."""


def encoded(seed: int, frames: int = FRAMES) -> np.ndarray:
    chance = np.random.default_rng(seed)
    return chance.standard_normal((frames, 384)).astype(np.float32)


def test_it_knows_every_phrase_and_no_other() -> None:
    assert sorted(HEAD.words) == sorted(phrase.words for phrase in PHRASES)


@given(st.integers(0, 1_000), st.integers(2, FRAMES))
@settings(max_examples=25, deadline=None)
def test_any_sound_has_finite_odds(seed: int, frames: int) -> None:
    wake, phrases = HEAD.scores(encoded(seed, frames))
    assert np.isfinite(wake)
    assert phrases.shape == (len(PHRASES),)
    assert np.isfinite(phrases).all()


def test_noise_and_nothing_are_no_command() -> None:
    for sound in (np.zeros((FRAMES, 384), np.float32), encoded(1), encoded(2)):
        wake, phrases = HEAD.scores(sound)
        assert wake < 0 or phrases.max() < 0


def test_it_leaves_what_it_is_given_as_it_is() -> None:
    sound = encoded(3)
    before = sound.copy()
    first, second = HEAD.scores(sound), HEAD.scores(sound)
    assert (sound == before).all()
    assert first[0] == second[0]
    assert (first[1] == second[1]).all()
