"""Sentences, and the rests between them."""

from __future__ import annotations

import sys
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from audiocoach.routine import Pace
from audiocoach.voices import Speech
from audiocoach.voices.catalogue import available, open_voice
from audiocoach.voices.sentences import joined, pieces, rest_between, sentences, trimmed
from audiocoach.voices.system import SystemVoice

RATE = 16_000
_NAMES = {info.name for info in available()}
needs_espeak = pytest.mark.skipif(
    sys.platform != "linux" or "en-us" not in _NAMES, reason="no eSpeak NG for pyttsx3"
)
needs_piper = pytest.mark.skipif("joe" not in _NAMES, reason="Piper with the voice joe is missing")
ENGINES = [
    pytest.param("joe", marks=needs_piper, id="piper"),
    pytest.param("en-us", marks=needs_espeak, id="espeak"),
]


@pytest.mark.parametrize(
    "whole",
    [
        ["Breathe in.", "Hold it.", "And let go."],
        ["Is it warm?", "Good!", "Go on..."],
        ['He said "now."', "Then he went.", "(Or not.)"],
        ["See Dr. Weber at 3.30 p.m. today.", "Rest."],
        ["About 2.5 cm. wide, no more.", "20 seconds are left."],
        ["Rest\u2026 and go on, e.g. slowly.", "\u00dcberall.", "\u00bfListo?", "\u00a1Vamos!"],
        ["1. Lift the left hand.", "2. Rest."],
        ["no end"],
        ["\u6df1\u547c\u5438\u3002", "\u518d\u6765\uff01"],
    ],
)
def test_a_text_is_taken_apart_into_its_sentences(whole: list[str]) -> None:
    assert sentences(" ".join(whole)) == whole


@given(
    st.text(alphabet="aB1. !?,\u2026\"')\u3002", max_size=40).map(
        lambda text: " ".join(text.split())
    )
)
def test_nothing_of_a_text_is_lost(text: str) -> None:
    found = sentences(text)
    assert "".join("".join(found).split()) == "".join(text.split())
    assert len(found) == 1 or all(any(char.isalnum() for char in said) for said in found)


@given(
    st.text(alphabet="ab1 ,;\u3001\u2026", max_size=80).map(lambda text: " ".join(text.split())),
    st.integers(1, 30),
)
def test_nothing_of_a_long_sentence_is_lost(text: str, longest: int) -> None:
    found = pieces(text, longest)
    assert "".join("".join(found).split()) == "".join(text.split())
    assert all(len(part) <= longest for part in found)


def test_a_long_sentence_is_cut_after_commas_then_between_words() -> None:
    assert pieces("in and out, in and out, rest", 24) == ["in and out, in and out,", "rest"]
    assert pieces("a, one two three four five six", 20) == ["a, one two three", "four five six"]
    assert pieces("abcdefghij", 4) == ["abcd", "efgh", "ij"]


@needs_espeak
def test_a_sentence_of_thousands_of_commas_is_spoken() -> None:
    """It ended eSpeak NG's process before sentences as long as this one were cut."""
    voice = open_voice("en-us", "en-US", Pace.BRISK)
    speech = voice.speak("slow and even breath, " * 180 + "and rest.")
    voice.close()
    assert len(speech.samples) / speech.rate > 180 * 4 * 0.25  # seconds, a quarter of one a word


@given(st.floats(0.2, 20), st.floats(0.2, 20), st.floats(0.0, 10), st.integers(200, 1_000))
def test_a_rest_grows_with_what_is_around_it_and_stays_a_rest(
    before: float, after: float, more: float, usual: int
) -> None:
    rest = rest_between(before, after, usual)
    assert rest_between(before + more, after, usual) >= rest
    assert rest_between(before, after + more, usual) >= rest
    assert 0.9 * usual - 1 <= rest <= 1.3 * usual + 1


def sound(seconds: float) -> np.ndarray[tuple[int], np.dtype[np.float32]]:
    at = np.arange(round(seconds * RATE)) / RATE
    return (0.5 * np.sin(2 * np.pi * 220 * at)).astype(np.float32)


def test_sentences_are_joined_whole() -> None:
    spoken = [trimmed(np.pad(sound(length), 3_000), RATE) for length in (0.5, 2.0, 4.0)]
    whole = joined(spoken, RATE, 700)
    wanted = [
        rest_between(len(one) / RATE, len(other) / RATE, 700) + 60  # 20 ms before, 40 after
        for one, other in pairwise(spoken)
    ]
    assert rests_ms(Speech(whole, RATE)) == pytest.approx(wanted, abs=20)
    assert float(abs(whole).max()) == pytest.approx(0.5, abs=0.01)
    assert len(joined([], RATE, 700)) == 0


def rests_ms(speech: Speech) -> list[int]:
    """Each silence of more than 300 ms within, in steps of 10 ms."""
    frame = speech.rate // 100
    count = len(speech.samples) // frame
    loud = abs(speech.samples[: count * frame]).reshape(count, frame).max(axis=1) > 0.003
    gaps = np.diff(np.flatnonzero(loud))
    return [int(gap - 1) * 10 for gap in gaps if gap > 30]


@pytest.mark.parametrize("name", ENGINES)
def test_a_voice_rests_longer_between_long_sentences(name: str) -> None:
    voice = open_voice(name, "en-US", Pace.CALM)
    short = rests_ms(voice.speak("Now rest. Breathe out."))
    long = rests_ms(
        voice.speak(
            "Glide both hands up from the waist and out over the shoulders. "
            "Then bring them slowly down the sides to where they began."
        )
    )
    voice.close()
    assert len(short) == len(long) == 1
    assert 500 <= short[0] < long[0] <= 1_100
    assert long[0] - short[0] >= 100


@needs_espeak
def test_espeak_leaves_a_moment_after_each_word() -> None:
    voice = open_voice("en-us", "en-US", Pace.CALM)
    assert isinstance(voice, SystemVoice)
    text = "Place both hands on the lower back."
    with_gaps = voice.speak(text)
    voice._request["gap"] = 0
    without = voice.speak(text)
    voice.close()
    more_s = (len(with_gaps.samples) - len(without.samples)) / without.rate
    assert 0.1 < more_s < 0.6
