"""What a script says of itself."""

from __future__ import annotations

import pytest

from audiocoach.errors import ScriptError
from audiocoach.routine import Pace
from audiocoach.script import parse
from audiocoach.script.frontmatter import readable_name
from audiocoach.script.tree import FrontMatter


def front(text: str) -> FrontMatter:
    return parse(f"---\n{text}\n---\nWords.", "x.md").front


def problems(text: str) -> list[str]:
    with pytest.raises(ScriptError) as caught:
        front(text)
    return [f"{found.line}:{found.column}: {found.message}" for found in caught.value.problems]


def test_every_key() -> None:
    found = front(
        "# a comment\n"
        "title: 'Back: a massage'\n"
        "summary: >\n  Half an hour.\n  Warm oil.\n"
        "language: de-AT\n"
        "ambience: rain\n"
        "pace: brisk\n"
        "length: 1h5m\n"
        "tags: [massage, for two, no]\n"
        "announce: next,halfway\n"
        "choices:\n  position: [lying, chair]\n  oil: [no, yes, 3]\n"
        "say-as:\n  sacrum: SAY-krum\n  St. John: saint john"
    )

    assert found.title == "Back: a massage"
    assert found.summary == "Half an hour. Warm oil."
    assert (found.language, found.ambience, found.pace) == ("de-AT", "rain", Pace.BRISK)
    assert found.length == 3_900_000
    assert found.announce is not None
    assert found.announce.kinds == ("next", "halfway")
    assert found.tags == ("massage", "for two", "no")
    assert [(choice.name, choice.values) for choice in found.choices] == [
        ("position", ("lying", "chair")),
        ("oil", ("no", "yes", "3")),
    ]
    assert str(found.choices[1].place) == "x.md:15:3"
    assert found.say_as == (("sacrum", "SAY-krum"), ("St. John", "saint john"))


@pytest.mark.parametrize("text", ["Words.", "---\n---\nWords.", "---\n\n# no keys\n--- \nWords."])
def test_the_defaults(text: str) -> None:
    found = parse(text, "some/back-massage_2.md").front

    assert found == FrontMatter(title="Back massage 2")
    assert (found.language, found.ambience, found.pace) == ("en-US", "ocean", Pace.CALM)


@pytest.mark.parametrize(
    ("path", "title"),
    [("a/b-c.md", "B c"), ("", "Routine"), ("..", "Routine"), ("\x1b[2J.md", "[2J"), ("é.md", "É")],
)
def test_a_title_from_the_name_of_the_file(path: str, title: str) -> None:
    assert readable_name(path) == title


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("titel: x", '2:1: front matter has no key "titel"; did you mean "title"?'),
        ("Title: x", '2:1: front matter has no key "Title"; did you mean "title"?'),
        ("summary: b\nlength: 20", '3:9: "20" is no length of time; write it like 5s'),
        ("length: 0s", "2:9: 0s is no time at all"),
        ("length: 25h", "2:9: 25h is too long; the most is 24h"),
        ("announce: yes", '2:11: "yes" is no announcement; there is next, time-left, halfway'),
        ("announce: next, half", '2:11: "half" is no announcement; did you mean "halfway"?'),
        ("announce: [next, tme-left]", '2:18: "tme-left" is no announcement; did you mean "time'),
        ("announce:", "2:10: there is no value"),
        ("announce: {a: b}", "2:11: plain text is expected"),
        ("title: a\ntitle: b", '3:1: "title" stands here twice'),
        ("title:", "2:7: there is no value"),
        ("title: ~", "2:8: there is no value"),
        ("title: ''", "2:8: there is no value"),
        ("title: '!'", "2:8: a title has words"),
        ("title: [a]", "2:8: plain text is expected here"),
        ("title: " + "a" * 201, "2:8: this is too long"),
        ('title: "\\e[2J"', "2:8: this is too long, or no text"),
        ('title: "\\ud800 x"', "2:8: this is too long, or no text"),
        ('title: "\\UFFFFFFFF"', "2:1: this front matter is not YAML"),
        ("language: en_US", '2:11: "en_US" is no language; write it like en-US or de'),
        ("ambience: ../x", '2:11: "../x" is no ambience'),
        ("pace: clam", '2:7: "clam" is no pace; did you mean "calm"?'),
        ("tags: a", "2:7: a list is expected here"),
        ("choices: a", "2:10: names with values are expected here"),
        ("choices:\n  a: b", "3:6: a list is expected here"),
        ("choices:\n  a: [b]", "3:6: a choice has two values or more"),
        ("choices:\n  a: [b, b]", '3:10: "b" stands here twice'),
        ("choices:\n  a: [b, c d]", '3:10: "c d" is not one word'),
        ("choices:\n  a b: [b, c]", '3:3: "a b" cannot be the name of a choice'),
        ("choices:\n  next: [b, c]", '3:3: "next" cannot be the name of a choice'),
        ("choices:\n  a: [b, c]\n  a: [d, e]", '4:3: "a" stands here twice'),
        ("choices:\n  a: [b, [c]]", "3:10: this is nested too deep"),
        ("say-as:\n  a: '...'", "3:6: there is nothing to speak in this"),
        ("say-as:\n  '...': a", '3:3: "..." is no word'),
        ("say-as: {a: [b]}", "2:13: plain text is expected here"),
        ("just words", "2:1: names with values are expected here"),
        ("- a", "2:1: names with values are expected here"),
        ("? [a]\n: b", "2:3: a name is expected here"),
        ("title: &a b", "2:8: & and * have no meaning here"),
        ("title: *a", "2:8: & and * have no meaning here"),
        ("title: !x b", "2:8: ! has no meaning here"),
        ("tags: [[[a]]]", "2:9: this is nested too deep"),
        ("title: 'open\npace: calm", "2:8: this is not YAML"),
        ("title: a: b", "2:9: this is not YAML"),
        ("\ttitle: a", "2:1: this is not YAML"),
        ("summary: a\n <<: b\n", "3:4: this is not YAML"),
        ("%YAML 1.1", "2:1"),
        ("title: a\uffff", "2:9: the character U+FFFF"),
        ("tags: [a, b\u2028c, 'd'", "2:7: this is not YAML"),
    ],
)
def test_what_is_wrong(text: str, expected: str) -> None:
    assert problems(text)[0].startswith(expected)


def test_all_problems_in_one_go() -> None:
    text = "titel: a\npace: slow\ntags: b\nchoices:\n  c: [d]\n  e: [f, g h]"
    assert [found.partition(": ")[0] for found in problems(text)] == [
        "2:1",
        "3:7",
        "4:7",
        "6:6",
        "7:10",
    ]


def test_a_lost_choice_is_one_problem() -> None:
    with pytest.raises(ScriptError) as caught:
        parse("---\nchoses:\n  a: [b, c]\n---\n::: if a is b\n{a}\n:::\n", "x.md")

    assert [found.line for found in caught.value.problems] == [2]


def test_a_choice_is_checked_although_something_else_is_wrong() -> None:
    with pytest.raises(ScriptError) as caught:
        parse("---\npace: x\nchoices:\n  a: [bb, cc]\n---\n::: if a is bbb\n{d}\n:::\n", "x.md")

    assert [found.message for found in caught.value.problems][1:] == [
        '"a" is never "bbb"; did you mean "bb"?',
        'nothing is called "d" here; there is a, next',
    ]


@pytest.mark.parametrize(
    "text",
    [
        "---\ntitle: a\n\nWords.",
        "---",
        "---\ntitle: a\n----x",
        "---- \ntitle: a\n----\nx",
        "--- a\ntitle: b\n---\nx",
        "---\ntitle: a\n  ---\nx",
        "---\ntitle: a\n...\nx",
    ],
)
def test_front_matter_that_is_not_closed_or_not_opened(text: str) -> None:
    with pytest.raises(
        ScriptError, match=r"front matter (is not closed|begins and ends)|a rule is"
    ):
        parse(text, "x.md")
