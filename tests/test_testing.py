"""The fakes behave like what they stand for."""

from __future__ import annotations

import threading

import numpy as np
import pytest

from audiocoach.errors import SpeechError
from audiocoach.testing import ToneVoice
from audiocoach.voices import Voice


def test_a_tone_voice_is_a_voice_that_repeats_itself() -> None:
    voice: Voice = ToneVoice()
    first = voice.speak("Warm your hands.")
    assert np.array_equal(first.samples, voice.speak("Warm your hands.").samples)
    assert first.samples.dtype == np.float32
    assert len(first.samples) == 16 * 70 * first.rate // 1000
    assert 0.2 < abs(first.samples).max() <= 0.25
    voice.close()


def test_another_text_sounds_unlike() -> None:
    voice = ToneVoice()
    one, other = (voice.speak(text).samples for text in ("Warm your hands.", "Warm your palms."))
    assert len(one) == len(other)
    likeness = np.dot(one, other) / np.sqrt(np.dot(one, one) * np.dot(other, other))
    assert abs(likeness) < 0.3


def test_sound_from_the_first_to_the_last_moment() -> None:
    samples = abs(ToneVoice().speak(' "Rest." ').samples)
    assert samples[:220].max() > 0.05
    assert samples[-220:].max() > 0.005


def test_it_fails_and_is_silent_as_told() -> None:
    voice = ToneVoice(fails=["no"], silent=["hush"])
    with pytest.raises(SpeechError, match='"no"'):
        voice.speak("no")
    with pytest.raises(SpeechError):
        voice.speak("...")
    hush = voice.speak("hush").samples
    assert len(hush)
    assert not hush.any()
    assert voice.spoken == ["no", "...", "hush"]


def test_it_hangs_until_it_is_closed() -> None:
    voice = ToneVoice(hangs=["wait"])
    errors: list[SpeechError] = []

    def speak() -> None:
        try:
            voice.speak("wait")
        except SpeechError as error:
            errors.append(error)

    speaking = threading.Thread(target=speak)
    speaking.start()
    assert not errors
    voice.close()
    speaking.join()
    assert len(errors) == 1
