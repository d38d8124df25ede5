"""What is asked of a voice for some words, from the script to the clip."""

from __future__ import annotations

import json
import logging
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st
from spans import cue, loudness, needs_espeak, needs_piper

from audiocoach.cli import cli
from audiocoach.clips import (
    CLIP_LOUDNESS,
    ONSET_S,
    ClipCache,
    Stretch,
    join_clip,
    make_clip,
)
from audiocoach.errors import NotFoundError
from audiocoach.routine import Place, Span, spoken_spans
from audiocoach.speech import Speaker
from audiocoach.testing import ToneVoice
from audiocoach.units import RATE
from audiocoach.voices import Manner, Phrase, Speech, Voice, say_as
from audiocoach.voices.cast import Cast


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
