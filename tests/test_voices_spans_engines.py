"""What voices make of what is asked of them for some words: of each engine, for real."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from spans import cue, loudness, needs_espeak, needs_piper

from audiocoach.clips import (
    ClipCache,
)
from audiocoach.live.apart import SpeakerApart
from audiocoach.routine import Pace
from audiocoach.script import expand, parse
from audiocoach.speech import Speaker
from audiocoach.units import RATE
from audiocoach.voices import Manner, Phrase, Speech, Voice
from audiocoach.voices.catalogue import open_cast, open_voice


@pytest.fixture(params=[pytest.param("joe", marks=needs_piper),
                        pytest.param("en-us", marks=needs_espeak)], scope="module")  # fmt: skip
def voice(request: pytest.FixtureRequest) -> Iterator[Voice]:
    opened = open_voice(request.param, "en-US", Pace.CALM)
    yield opened
    opened.close()


def said(voice: Voice, manner: Manner, text: str = "Both hands rest on the lower back.") -> Speech:
    return voice.speak_phrase(Phrase(((text, ""),), manner))


def test_rate_is_heard(voice: Voice) -> None:
    lengths = [len(said(voice, Manner(rate=rate)).samples) for rate in (0.7, 1.0, 1.4)]
    assert lengths[0] > 1.25 * lengths[1]
    assert lengths[1] > 1.2 * lengths[2]


def pitch_hz(speech: Speech) -> float:
    """The median of the strongest period of stretches of 60 ms, between 60 and 300 Hz."""
    size = speech.rate * 60 // 1000
    found = []
    for start in range(0, len(speech.samples) - size, size):
        block = speech.samples[start : start + size]
        if np.abs(block).max() > 0.1 * np.abs(speech.samples).max():
            likeness = np.correlate(block, block, "full")[size - 1 :]
            first, last = speech.rate // 300, speech.rate // 60
            found.append(speech.rate / (first + int(likeness[first:last].argmax())))
    return float(np.median(found))


@needs_espeak
def test_pitch_is_heard_where_the_engine_has_it() -> None:
    voice = open_voice("en-us", "en-US", Pace.CALM)
    low, usual, high = (pitch_hz(said(voice, Manner(pitch=step))) for step in (-2, 0, 2))
    voice.close()
    assert low < usual * 0.93
    assert high > usual * 1.07


@needs_piper
def test_sounds_are_spoken_by_piper_and_nothing_is_lost_around_them() -> None:
    voice = open_voice("joe", "en-US", Pace.CALM)
    written = voice.speak("Say pecan, and rest.")
    phrase = Phrase((("Say ", ""), ("pecan", "ˈbæ.næ.næ.næ.næ.næ"), (", and rest.", "")))
    assert not voice.lacks(phrase)
    sounded = voice.speak_phrase(phrase)
    assert len(sounded.samples) > 1.1 * len(written.samples)
    same = voice.speak_phrase(Phrase((("Say ", ""), ("pecan", "pɪˈkɑːn"), (", and rest.", ""))))
    assert len(same.samples) == pytest.approx(len(written.samples), rel=0.25)
    unknown = Phrase((("Say ", ""), ("pecan", "☃☃"), (".", "")))
    assert voice.lacks(unknown) == {"ipa"}
    assert len(voice.speak_phrase(unknown).samples) > 0.5 * voice.speak_phrase(unknown).rate
    voice.close()


def test_marks_in_a_phrase_are_not_commands(voice: Voice) -> None:
    marks = Phrase((("[[ <b>Rest [", ""), ("here", "hɪɹ]] [[slnc 20000"), ("]] now.", "")))
    speech = voice.speak_phrase(marks)
    assert 0.5 < len(speech.samples) / speech.rate < 8


@needs_espeak
def test_another_language_in_a_cue_is_spoken_by_another_voice(tmp_path: Path) -> None:
    cast = open_cast("auto", "en-US", Pace.CALM)
    found = cue('They say (bonjour)[lang:"fr-FR"] there.')
    assert [part.voice.info.language[:2] for part in cast.parts(found)] == ["en", "fr", "en"]
    speaker = Speaker(cast, ClipCache(tmp_path))
    (spoken,) = speaker.speak([found])
    assert spoken.length > 1_000
    assert len(speaker.clip(found).samples) > RATE
    speaker.close()


@needs_piper
@needs_espeak
def test_voices_of_two_engines_speak_in_one_routine_and_in_one_cue(tmp_path: Path) -> None:
    text = (
        "Rest here for a while.\n\n"
        '#[voice:"en-gb"]\nRest here for a while.\n\n'
        'They say: (rest here for a while)[voice:"joe"], and (let go)[voice:"de"].\n\n'
        "#[voice]\nNow sit up slowly."
    )
    routine = expand(parse(text, "x.md"), {})
    cast = open_cast("joe", "en-US", Pace.CALM)
    speaker = Speaker(cast, ClipCache(tmp_path))
    cues = list(routine.cues())
    who = [[part.voice.info.name for part in cast.parts(found)] for found in cues]
    assert who == [["joe"], ["en-gb"], ["en-gb", "joe", "en-gb", "de"], ["joe"]]
    assert len(list(speaker.speak(cues))) == 4
    loud = [loudness(speaker.clip(found)) for found in cues]
    assert max(loud) - min(loud) < 1.0
    piper, system = (speaker.clip(found).samples for found in cues[:2])
    shared = min(len(piper), len(system))
    alike = np.corrcoef(piper[:shared].astype(float), system[:shared].astype(float))[0, 1]
    assert abs(alike) < 0.5
    speaker.close()


@needs_espeak
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # its open pipes
def test_a_live_session_speaks_the_same_clips(tmp_path: Path) -> None:
    text = '(Slowly)[rate:"slow"], (oui)[lang:"fr"]. Rest 5-10 min.'
    routine = expand(parse(text, "x.md"), {})
    here = Speaker(open_cast("en-us", routine.language, routine.pace), ClipCache(tmp_path))
    (spoken,) = here.speak(routine.cues())
    here.close()
    with SpeakerApart(routine, "en-us", tmp_path).open() as apart:
        (other,) = apart.speak(routine.cues())
        (found,) = routine.cues()
        assert (other.text, other.length) == (spoken.text, spoken.length)
        assert np.array_equal(apart.clip(found).samples, here.clip(found).samples)
    assert len(list(tmp_path.rglob("*.clip"))) == 1
