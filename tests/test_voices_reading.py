"""Numbers, times, units and abbreviations are read as a person reads them."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audiocoach.clips import ClipCache
from audiocoach.script import expand, parse
from audiocoach.speech import Speaker
from audiocoach.testing import ToneVoice
from audiocoach.voices.cast import Cast
from audiocoach.voices.numbers import MOST, cardinal, fraction, ordinal, year
from audiocoach.voices.reading import read
from audiocoach.voices.reading_tables import TABLES

LANGUAGES = sorted(TABLES)


@pytest.mark.parametrize(
    ("language", "text", "expected"),
    [
        ("en-US", "Rest for 5-10 min.", "Rest for five to ten minutes."),
        ("en", "5–10 breaths, 2-3 times", "five to ten breaths, two to three times"),
        ("en", "Repeat 3x, then 3 x 10.", "Repeat three times, then three times ten."),
        ("en", "1/2 a turn, 1 1/2 cups, ¾", "one half a turn, one and a half cups, three quarters"),
        ("en", "20 cm, 1 cm, 1.5 kg",
         "twenty centimeters, one centimeter, one point five kilograms"),
        ("en", "Oil, e.g. almond, i.e. edible, etc.",
         "Oil, for example almond, that is edible, et cetera."),
        ("en", "Oil etc. Then rest.", "Oil et cetera. Then rest."),
        ("en", "Ask Dr. Smith", "Ask Doctor Smith"),
        ("en", "At 10:30, or at 2:05pm.", "At ten thirty, or at two oh five p m."),
        ("en", "50 % or 5%", "fifty percent or five percent"),
        ("en", "the 2nd, 11th and 21st", "the second, eleventh and twenty-first"),
        ("en", "38 °C, turn by 45°", "thirty-eight degrees Celsius, turn by forty-five degrees"),
        ("en", "Tom & Ann, ~5 min", "Tom and Ann, about five minutes"),
        ("en", "5 min. each, 5 min. Then", "five minutes each, five minutes. Then"),
        ("de-DE", "5-10 Min. z. B. mit Öl", "fünf bis zehn Minuten zum Beispiel mit Öl"),
        ("de", "Noch 1 Min.", "Noch eine Minute."),
        ("de", "3x 1/2 Stunde, um 10:30 Uhr", "dreimal eine halbe Stunde, um zehn Uhr dreißig"),
        ("de", "ca. 38,5 °C usw.", "circa achtunddreißig Komma fünf Grad Celsius und so weiter."),
        ("es-ES", "5-10 min, 1 h y 21 min", "cinco a diez minutos, una hora y veintiún minutos"),
        ("es", "la 2ª vez, 1/2 hora", "la segunda vez, media hora"),
        ("es", "p. ej. 50 %, 3x", "por ejemplo cincuenta por ciento, tres veces"),
        ("fr-FR", "5-10 min, 1,5 l à 10h30",
         "cinq à dix minutes, un virgule cinq litre à dix heures trente"),
        ("fr", "le 1er, la 2e fois, 21 h", "le premier, la deuxième fois, vingt et une heures"),
        ("fr", "p. ex. 1/2 heure, 3x", "par exemple une demi-heure, trois fois"),
    ],
)  # fmt: skip
def test_what_a_person_reads(language: str, text: str, expected: str) -> None:
    assert read(text, language) == expected


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    "text",
    [
        "Breathe in, 2, 3, 4.", "4-7-8 breathing", "10-5", "on 1/5 or 1/5/2020", "call 555-1212",
        "in his 80s, by 5G", "1:2:30", "v1.2 min", "12 min/day", "2020-2024 was", "A4, B12 and C-3",
        "L5/S1", "5 m away", "step 3.", "www.x.org/1/2", "3.14.15", "007-8", "1234567 cm", "99:99",
        "Tom&Ann", "a ~ b", "The min and the max of cm and kg, in etc and vs",
    ],
)  # fmt: skip
def test_what_is_not_clear_is_left_to_the_engine(language: str, text: str) -> None:
    assert read(text, language) == text


def test_other_languages_are_left_to_their_engine() -> None:
    assert read("5-10 min, 3x, e.g. 50 %", "it-IT") == "5-10 min, 3x, e.g. 50 %"


words = st.text(st.characters(categories=["L", "M"]), min_size=1, max_size=12)


@given(
    st.lists(words, min_size=1, max_size=8).map(" ".join),
    st.sampled_from([".", ",", "!", "?", " ...", "; so", "'s", '"']),
    st.sampled_from([*LANGUAGES, "it"]),
)
def test_ordinary_words_never_change(text: str, end: str, language: str) -> None:
    known = {short for tables in TABLES.values() for short in (*tables.abbreviations,)}
    titles = {title for tables in TABLES.values() for title in tables.titles}
    if not {*f"{text}{end}".split(), *text.split()} & (known | titles):
        assert read(text + end, language) == text + end


@given(st.text(max_size=60), st.sampled_from(LANGUAGES))
def test_no_letter_is_lost_from_any_text(text: str, language: str) -> None:
    """Words that stand free of digits and signs are all there, in their order."""
    said = read(text, language)
    assert bool(said.strip()) == bool(text.strip())
    if not any(char in "0123456789½⅓⅔¼¾&.~≈/" for char in text):
        assert said == text or "Dr" in text or "Mm" in text or "Ml" in text


@given(st.text("0123456789.,:/-–x× %°½¾ehmins CkgctlT&~½", max_size=40), st.sampled_from(LANGUAGES))
def test_any_mixture_of_signs_is_read(text: str, language: str) -> None:
    once = read(text, language)
    assert once.strip() or not text.strip()


@given(st.integers(0, MOST), st.sampled_from(LANGUAGES))
def test_every_number_has_words_of_its_own(number: int, language: str) -> None:
    said = cardinal(number, language)
    assert said
    assert not any(char.isdigit() for char in said)
    assert said != cardinal(number + 1, language)
    assert year(number % 3000, language)


@pytest.mark.parametrize(
    ("language", "number", "expected"),
    [
        ("en", 0, "zero"), ("en", 21, "twenty-one"), ("en", 110, "one hundred ten"),
        ("en", 2_000_013, "two million thirteen"),
        ("de", 21, "einundzwanzig"), ("de", 101, "einhunderteins"),
        ("de", 21_001, "einundzwanzigtausendeins"), ("de", 1_000_000, "eine Million"),
        ("es", 21, "veintiuno"), ("es", 100, "cien"), ("es", 555, "quinientos cincuenta y cinco"),
        ("es", 31_000, "treinta y un mil"), ("es", 1_000_000, "un millón"),
        ("fr", 71, "soixante et onze"), ("fr", 80, "quatre-vingts"), ("fr", 81, "quatre-vingt-un"),
        ("fr", 91, "quatre-vingt-onze"), ("fr", 200, "deux cents"), ("fr", 201, "deux cent un"),
        ("fr", 80_000, "quatre-vingt mille"),
    ],
)  # fmt: skip
def test_numbers(language: str, number: int, expected: str) -> None:
    assert cardinal(number, language) == expected


def test_ordinals_and_fractions() -> None:
    assert [ordinal(number, "en") for number in (1, 12, 20, 33)] == [
        "first", "twelfth", "twentieth", "thirty-third",
    ]  # fmt: skip
    assert [ordinal(number, "de") for number in (1, 3, 7, 20)] == [
        "erste", "dritte", "siebte", "zwanzigste",
    ]  # fmt: skip
    assert [ordinal(number, "fr") for number in (1, 5, 9, 21, 80)] == [
        "premier", "cinquième", "neuvième", "vingt et unième", "quatre-vingtième",
    ]  # fmt: skip
    assert [fraction(2, 3, language) for language in ("en", "de", "es", "fr", "it")] == [
        "two thirds", "zwei Drittel", "dos tercios", "deux tiers", None,
    ]  # fmt: skip


def test_the_voice_gets_words_the_screen_keeps_what_is_written(tmp_path: Path) -> None:
    text = "---\nlanguage: de\nsay-as: {LWS: Lendenwirbel}\n---\n5-10 Min. LWS"
    routine = expand(parse(text, "x.md"), {})
    voice = ToneVoice()
    speaker = Speaker(Cast(voice, routine.language), ClipCache(tmp_path))
    assert [spoken.text for spoken in speaker.speak(routine.cues())] == ["5-10 Min. Lendenwirbel"]
    assert [cue.text for cue in routine.cues()] == ["5-10 Min. LWS"]
    assert voice.spoken == ["fünf bis zehn Minuten Lendenwirbel"]
