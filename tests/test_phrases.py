"""What the coach says of its own accord."""

from __future__ import annotations

import json
import re
from dataclasses import fields
from pathlib import Path

import pytest

from audiocoach import phrases
from audiocoach.phrases import Phrases, find_phrases, languages

FOLDER = Path(phrases.__file__).parent


def names(text: str) -> set[str]:
    return set(re.findall(r"\{(\w*)\}", text))


def test_four_languages_at_least() -> None:
    assert {"de", "en", "es", "fr"} <= set(languages())


@pytest.mark.parametrize("language", languages())
def test_each_language_has_every_phrase(language: str) -> None:
    written = json.loads((FOLDER / f"{language}.json").read_text(encoding="utf-8"))
    assert set(written) == {field.name.replace("_", "-") for field in fields(Phrases)}
    found, english = find_phrases(language), find_phrases("en")
    assert found is not None
    assert english is not None
    for field in fields(Phrases):
        if field.name == "numbers":
            continue
        text = getattr(found, field.name)
        assert any(map(str.isalpha, text)), field.name
        assert names(text) == names(getattr(english, field.name)), field.name
        if language != "en":
            assert text != getattr(english, field.name)


@pytest.mark.parametrize("language", languages())
def test_each_language_counts_to_sixty(language: str) -> None:
    found = find_phrases(language)
    assert found is not None
    assert len(set(found.numbers)) == len(found.numbers) == 61
    assert not any(map(str.isdigit, "".join(found.numbers)))
    assert found.number(61) == "61"


@pytest.mark.parametrize(
    ("language", "number", "words"),
    [
        ("en", 42, "forty-two"),
        ("de", 21, "einundzwanzig"),
        ("de", 60, "sechzig"),
        ("es", 22, "veintidós"),
        ("es", 31, "treinta y uno"),
        ("fr", 21, "vingt et un"),
        ("fr", 59, "cinquante-neuf"),
    ],
)
def test_numbers_in_words(language: str, number: int, words: str) -> None:
    found = find_phrases(language)
    assert found is not None
    assert found.number(number) == words


def test_a_region_has_the_phrases_of_its_language() -> None:
    assert find_phrases("de-AT") == find_phrases("de") == find_phrases("DE-ch")
    assert find_phrases("it") is None
    assert find_phrases("../de") is None
