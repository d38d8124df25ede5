"""What is asked of a voice for some words, from the script to the clip."""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from audiocoach.cli import cli
from audiocoach.clips import (
    CLIP_LOUDNESS,
    ONSET_S,
    Clip,
    ClipCache,
    Stretch,
    _loudness,
    join_clip,
    make_clip,
)
from audiocoach.errors import NotFoundError
from audiocoach.live.apart import SpeakerApart
from audiocoach.routine import Cue, Pace, Place, Span, spoken_spans
from audiocoach.script import expand, parse
from audiocoach.speech import Speaker
from audiocoach.testing import ToneVoice
from audiocoach.units import RATE
from audiocoach.voices import Manner, Phrase, Speech, Voice, say_as
from audiocoach.voices.cast import Cast
from audiocoach.voices.catalogue import available, open_cast, open_voice

NAMES = {info.name for info in available()}
needs_piper = pytest.mark.skipif("joe" not in NAMES, reason="Piper with the voice joe is missing")
needs_espeak = pytest.mark.skipif(
    sys.platform != "linux" or "en-us" not in NAMES, reason="no eSpeak NG for pyttsx3"
)


def cue(text: str) -> Cue:
    (found,) = expand(parse(text, "x.md"), {}).cues()
    return found


class Plain(ToneVoice):
    """A voice that can only speak."""

    def lacks(self, phrase: Phrase) -> frozenset[str]:
        del phrase
        return frozenset({"pitch", "ipa"})


def phrases(text: str, voice: Voice | None = None) -> list[tuple[str, float]]:
    """What the engine gets: words, and their rate."""
    parts = Cast(voice or Plain()).parts(cue(text))
    return [(part.phrase.text.strip(), part.phrase.manner.rate) for part in parts]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Breathe out.", [("Breathe out.", 1.0)]),
        ('Say (Al)[sub:"aluminum"], now.', [("Say aluminum, now.", 1.0)]),
        ("The (LS)[characters].", [("The L, S.", 1.0)]),
        ('A (low)[pitch:"low"] (pecan)[ipa:"x"].', [("A low pecan.", 1.0)]),
        (
            'Go (on)[rate:"slow"]. Rest.',
            [("Go,", 1.0), ("on.", 0.85), ("Rest.", 1.0)],
        ),
        ('Go, (on)[rate:"slow"] ("now")[rate:"slow"]', [("Go,", 1.0), ('on "now"', 0.85)]),
        ('("Go")[rate:"slow"], \\(on\\)', [('"Go",', 0.85), ("(on)", 1.0)]),
        ('... (Go)[rate:"fast"] ...', [("... Go ...", 1.2)]),
        ('Say (a)[rate:"medium"] word', [("Say a word", 1.0)]),
        ('Say (a)[voice:"nobody"] word', [("Say a word", 1.0)]),
    ],
)
def test_a_sentence_is_cut_only_where_its_manner_changes(
    text: str, expected: list[tuple[str, float]]
) -> None:
    assert phrases(text) == expected


def test_what_the_engine_can_do_it_is_asked_for() -> None:
    parts = Cast(ToneVoice()).parts(cue('A (low)[pitch:"low"] (pecan)[ipa:"x"] ++now++'))
    assert [part.phrase for part in parts] == [
        Phrase((("A,", ""),)),
        Phrase((("low,", ""),), Manner(pitch=-1)),
        Phrase((("pecan", "x"), (",", ""))),
        Phrase((("now", ""),), Manner(0.88, 1)),
    ]
    assert [part.gain for part in parts] == [0.0, 0.0, 0.0, 2.0]


@pytest.mark.parametrize(
    ("language", "text", "expected"),
    [
        ("en-US", '(10-19-2016)[date:"mdy"]', "October nineteenth, twenty sixteen"),
        ("en", '(19.10.99)[date:"dmy"]', "October nineteenth, twenty ninety-nine"),
        ("de", '(19.10.1999)[date:"dmy"]', "neunzehnter Oktober neunzehnhundertneunundneunzig"),
        ("es-MX", '(1/5)[date:"dm"]', "primero de mayo"),
        ("fr-FR", '(2016)[date:"y"]', "deux mille seize"),
        ("en", '(31-13)[date:"dm"]', "31-13"),
        ("en", '(2:30pm)[time:"hms12"]', "two thirty p m"),
        ("en", '(2:30pm)[time:"hms24"]', "fourteen thirty"),
        ("de", '(2:30pm)[time:"hms24"]', "vierzehn Uhr dreißig"),
        ("es", "(10:15)[time]", "diez y quince"),
        ("fr", "(1:00)[time]", "une heure"),
        ("en", "((888) 555-1212)[phone]",
         "eight eight eight, five five five, one two one two"),
        ("de", "(+49 30 12)[phone]", "plus vier neun, drei null, eins zwei"),
        ("en", "(1,234.5)[number]", "one thousand two hundred thirty-four point five"),
        ("de", "(1.234,5)[number]", "eintausendzweihundertvierunddreißig Komma fünf"),
        ("es", "(21000)[number]", "veintiún mil"),
        ("fr", "(80)[number]", "quatre-vingts"),
        ("fr", "(71)[number]", "soixante et onze"),
        ("en", "(22)[ordinal]", "twenty-second"),
        ("de", "(3)[ordinal]", "dritte"),
        ("en", "(1+1/2)[fraction]", "one and one half"),
        ("de", "(3/4)[fraction]", "drei Viertel"),
        ("es", "(2/3)[fraction]", "dos tercios"),
        ("fr", "(3/4)[fraction]", "trois quarts"),
        ("en", "(007)[digits]", "zero zero seven"),
        ("de", "(A2)[characters]", "A, zwei"),
        ("it", "(801)[number]", "801"),
        ("it", "(8a)[characters]", "8, A"),
        ("en", '(801)[number; lang:"de"]', "achthunderteins"),
    ],
)  # fmt: skip
def test_what_words_are_is_written_out_before_any_engine(
    language: str, text: str, expected: str
) -> None:
    (part,) = Cast(ToneVoice(), language).parts(cue(f"{text}"))
    assert part.phrase.text == expected


@given(st.text(max_size=30), st.sampled_from(["en", "de", "es", "fr", "it", "x"]), st.data())
def test_whatever_the_words_they_are_read_somehow(
    words: str, language: str, data: st.DataObject
) -> None:
    for name, reading in say_as.READINGS.items():
        values = {"date": ["mdy", "dm", "y"], "time": ["hms12", "hms24", ""]}.get(name, [""])
        said = reading(words, data.draw(st.sampled_from(values)), language)
        assert said or not words.strip()


def stretch(voice: str, level: float, gain: float = 0.0) -> Stretch:
    return Stretch(ToneVoice(level=level).speak("Glide both hands up."), voice, gain, 40)


def loudness(clip: Clip | None, begin: float = 0.0, end: float = 1.0) -> float:
    assert clip is not None
    samples = clip.samples[round(len(clip.samples) * begin) : round(len(clip.samples) * end)]
    return _loudness(samples.astype(np.float32) / np.float32(32767))


def test_two_voices_in_a_cue_are_equally_loud() -> None:
    clip = join_clip([stretch("a", -30.0), stretch("b", -6.0)])
    assert loudness(clip) == pytest.approx(CLIP_LOUDNESS, abs=0.2)
    assert loudness(clip, end=0.49) == pytest.approx(loudness(clip, begin=0.51), abs=0.5)


def test_a_gain_is_heard_in_a_part_and_in_the_whole() -> None:
    part = join_clip([stretch("a", -12.0), stretch("a", -12.0, -8.0)])
    assert loudness(part, end=0.49) - loudness(part, begin=0.51) == pytest.approx(8.0, abs=0.5)
    assert loudness(part, end=0.49) == pytest.approx(CLIP_LOUDNESS, abs=0.5)
    whole = join_clip([stretch("a", -12.0, -4.0)])
    assert loudness(whole) == pytest.approx(CLIP_LOUDNESS - 4, abs=0.2)


def test_a_clip_of_parts_begins_and_ends_as_every_clip_does() -> None:
    def padded(name: str) -> Stretch:
        tone = stretch(name, -12.0).speech
        quiet = np.zeros(tone.rate, np.float32)
        return Stretch(Speech(np.concatenate([quiet, tone.samples, quiet]), tone.rate), name, 0, 0)

    parts = join_clip([padded("a"), padded("a")])
    whole = make_clip(padded("a").speech)
    assert parts is not None
    assert whole is not None
    for clip in (parts, whole):
        level = np.abs(clip.samples.astype(float))
        sounding = np.flatnonzero(level > level.max() / 100) / RATE
        assert sounding[0] == pytest.approx(ONSET_S, abs=0.003)
        assert len(level) / RATE - sounding[-1] == pytest.approx(0.09, abs=0.02)
    assert parts.length == pytest.approx(2 * whole.length - 60, abs=8)


def test_a_part_that_is_silence_is_no_clip() -> None:
    silence = Stretch(Speech(np.zeros(9_000, np.float32), 22_050), "a", 0.0, 40)
    assert join_clip([stretch("a", -12.0), silence]) is None


class Troupe:
    """Opens voices of tones by name and language."""

    def __init__(self, **languages: str) -> None:
        self.languages = languages
        self.opened: list[tuple[str, str]] = []
        self.voices: list[ToneVoice] = []

    def __call__(self, name: str, language: str) -> Voice:
        self.opened.append((name, language))
        for known, spoken in self.languages.items():
            if known == name or (name == "auto" and spoken.startswith(language[:2])):
                voice = ToneVoice(known, language=spoken)
                self.voices.append(voice)
                return voice
        raise NotFoundError(f"nobody is called {name}")


def test_further_voices_are_opened_when_first_asked_for_and_closed(tmp_path: Path) -> None:
    troupe = Troupe(anna="en-GB", lea="fr-FR")
    own = ToneVoice()
    cast = Cast(own, "en-US", troupe)
    speaker = Speaker(cast, ClipCache(tmp_path))
    list(speaker.speak([cue("Rest."), cue('(Rest.)[lang:"en"]'), cue('(Rest.)[lang:"en-US"]')]))
    assert troupe.opened == []
    text = 'One (two)[voice:"Anna"] (three)[lang:"fr"] (four)[lang:"fr"; voice:"lea"] five.'
    list(speaker.speak([cue(text)]))
    list(speaker.speak([cue(text + " Six.")]))
    assert troupe.opened == [("anna", "en-US"), ("auto", "fr"), ("lea", "fr")]
    assert own.spoken == [*["Rest."] * 3, "One,", " five.", "One,", " five. Six."]
    speaker.close()
    assert own.closed
    assert all(voice.closed for voice in troupe.voices)


def test_who_is_not_there_is_stood_in_for_and_that_is_told_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    own = ToneVoice()
    speaker = Speaker(Cast(own, "en-US", Troupe()), ClipCache(tmp_path))
    with caplog.at_level(logging.WARNING):
        list(speaker.speak([cue('Ask (Ben)[voice:"ben"].'), cue('And (Ben)[voice:"ben"].')]))
    assert sorted(own.spoken) == ["And Ben.", "Ask Ben."]
    assert [record.message for record in caplog.records] == [
        'nobody is called ben; the voice "tone" speaks instead'
    ]


def test_a_clip_is_kept_under_all_that_makes_it(tmp_path: Path) -> None:
    texts = [
        "Rest now", "(Rest now)[rate:'slow']", "(Rest now)[rate:'fast']", "Rest (now)[rate:'slow']",
        "(Rest now)[volume:'soft']", "(Rest now)[voice:'anna']", "Rest (now)[ipa:'a']",
    ]  # fmt: skip
    cues = [cue(text) for text in texts]
    speaker = Speaker(Cast(ToneVoice(), "en", Troupe(anna="en")), ClipCache(tmp_path))
    assert len({spoken.key for spoken in speaker.speak(cues)}) == len(texts)
    again = Speaker(Cast(fresh := ToneVoice(), "en", Troupe(anna="en")), ClipCache(tmp_path))
    list(again.speak(cues))
    assert fresh.spoken == []
    (same,) = again.speak([cue("(Rest)[volume:'medium'] now")])
    assert same.key in {spoken.key for spoken in again.speak(cues[:1])}


def test_a_cue_may_be_taken_apart_and_put_together() -> None:
    spans = (Span("a ", (), Place("x", 1)), Span("b", (("rate", "slow"),), Place("x", 1, 3)))
    assert spoken_spans(spans) != spoken_spans(spans[::-1])
    assert json.loads(spoken_spans(spans)[1:]) == [["a ", []], ["b", [["rate", "slow"]]]]


# The engines


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


SCRIPT = """---
language: en-US
---
Say (pecan)[ipa:"pɪˈkɑːn"], (low)[pitch:"low"], ++now++ and (slowly)[rate:"slow"].

#[voice:"kendra"]
Hello (oui)[lang:"xx"].
"""


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        pytest.param("joe", ['4:29: warning: the voice "joe" cannot change its pitch'],
                     marks=needs_piper),
        pytest.param("en-us", ['4:5: warning: the voice "en-us" cannot speak the sounds'],
                     marks=needs_espeak),
    ],
)  # fmt: skip
def test_check_tells_what_the_voice_cannot_do(
    tmp_path: Path, name: str, expected: list[str]
) -> None:
    path = tmp_path / "x.md"
    path.write_text(SCRIPT, encoding="utf-8")
    result = CliRunner().invoke(cli, ["check", "--voice", name, str(path)])
    assert result.exit_code == 0
    heads = [line.partition("x.md:")[2] for line in result.output.splitlines() if "x.md:" in line]
    assert [head[: len(start)] for head, start in zip(heads, expected, strict=False)] == expected
    assert [head.partition("warning: ")[2] for head in heads[1:]] == [
        f'no voice is called "kendra" here; "{name}" speaks instead',
        f'no voice here speaks "xx"; the voice "{name}" speaks en-US',
    ]


def test_check_asks_no_voice_where_there_is_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def nobody(*_: object) -> Voice:
        raise NotFoundError("no engine")

    monkeypatch.setattr("audiocoach.voices.catalogue.open_voice", nobody)
    path = tmp_path / "x.md"
    path.write_text(SCRIPT, encoding="utf-8")
    assert "no problems" in CliRunner().invoke(cli, ["check", str(path)]).output
    assert CliRunner().invoke(cli, ["check", "--voice", "joe", str(path)]).exit_code == 2
    path.write_text("Plain words.", encoding="utf-8")
    assert CliRunner().invoke(cli, ["check", "--voice", "joe", str(path)]).exit_code == 0
