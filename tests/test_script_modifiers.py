"""What is asked of the voice for some words, after Speech Markdown."""

from __future__ import annotations

from pathlib import Path

import pytest

from audiocoach.errors import ScriptError
from audiocoach.routine import Break, Cue
from audiocoach.script import expand, load, parse


def cues(text: str, say_as: str = "") -> list[Cue]:
    front = f"---\nsay-as: {{{say_as}}}\n---\n" if say_as else ""
    return list(expand(parse(front + text, "x.md"), {}).cues())


def spans(text: str, say_as: str = "") -> list[tuple[str, dict[str, str]]]:
    """Of the only cue: the words, and what is asked for them."""
    (cue,) = cues(text, say_as)
    return [(span.words, dict(span.asked)) for span in cue.spans]


def problems(text: str) -> list[str]:
    with pytest.raises(ScriptError) as caught:
        expand(parse(text, "x.md"), {})
    return [f"{found.line}:{found.column}: {found.message}" for found in caught.value.problems]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('(Slowly)[rate:"slow"]', [("Slowly", {"rate": "slow"})]),
        (
            "Press (gently)[rate:'slow' ; vol : \"soft\";], now.",
            [
                ("Press ", {}),
                ("gently", {"rate": "slow", "volume": "soft"}),
                (", now.", {}),
            ],
        ),
        ("Take ++good++ care", [("Take ", {}), ("good", {"emphasis": "strong"}), (" care", {})]),
        ("It is +warm+.", [("It is ", {}), ("warm", {"emphasis": "moderate"}), (".", {})]),
        ("(now)[emphasis]", [("now", {"emphasis": "moderate"})]),
        ('(Al)[sub:"aluminum"]', [("Al", {"sub": "aluminum"})]),
        ('(pecan)[ipa:"pɪˈkɑːn"]', [("pecan", {"ipa": "pɪˈkɑːn"})]),
        ("(pecan)[/ˈpi.kæn/]", [("pecan", {"ipa": "ˈpi.kæn"})]),
        ("(BLS)[chars]", [("BLS", {"characters": ""})]),
        ("(801)[cardinal]", [("801", {"number": ""})]),
        ('(10-19-2016)[date:"mdy"]', [("10-19-2016", {"date": "mdy"})]),
        ('(2:30pm)[time:"hms12"]', [("2:30pm", {"time": "hms12"})]),
        ("((888) 555-1212)[phone]", [("(888) 555-1212", {"telephone": ""})]),
        ('(Oui)[lang:"fr-FR"; voice:"Léa 2"]', [("Oui", {"lang": "fr-FR", "voice": "Léa 2"})]),
        (r"(a *very* \[calm\])[rate:'x-slow']", [("a very [calm]", {"rate": "x-slow"})]),
        ("a  (b)[characters](c)[characters] d",
         [("a ", {}), ("b", {"characters": ""}), ("c", {"characters": ""}), (" d", {})]),
        ("(over\n two\nlines)[rate:\n'slow']", [("over two lines", {"rate": "slow"})]),
    ],
)  # fmt: skip
def test_what_is_asked(text: str, expected: list[tuple[str, dict[str, str]]]) -> None:
    assert spans(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "2 + 3, or 2+3", "a +5 and +6+ b", "C+ and D+", "(a) (b (c)", "a) b", "+49 30 1234+",
        "Breathe (slowly) now.", "one+two+three", "a +b c", "a + b +",
    ],
)  # fmt: skip
def test_what_is_plain_text(text: str) -> None:
    (cue,) = cues(text)
    assert cue.text == " ".join(text.split())
    assert cue.spans == ()
    assert cue.spoken == cue.words == cue.text


def test_a_break_may_follow_a_parenthesis() -> None:
    (step,) = expand(parse("Rest (a while)[5s] now", "x.md"), {}).chapters[0].steps
    assert [part.text if isinstance(part, Cue) else type(part) for part in step.parts] == [
        "Rest (a while)",
        Break,
        "now",
    ]


@pytest.mark.parametrize(
    ("mark", "length"),
    [
        ('[break:"2s"]', 2_000),
        ("[break:'500ms']", 500),
        ('[break: "weak"]', 400),
        ('[break:"medium"]', 700),
        ('[break:"x-strong"]', 2_000),
        ('[break:"none"]', None),
    ],
)
def test_breaks(mark: str, length: int | None) -> None:
    (step,) = expand(parse(f"In. {mark} Out.", "x.md"), {}).chapters[0].steps
    assert [part.length for part in step.parts if isinstance(part, Break)] == (
        [] if length is None else [length]
    )


def test_the_words_together_are_the_cue() -> None:
    text = 'The ( {side} hand )[rate:"slow"] , {side}s. ++Rest++'
    (cue,) = cues(f"::: for side in left\n{text}\n:::")
    assert cue.text == "The left hand , lefts. Rest"
    assert cue.words == cue.text
    assert [span.place.column for span in cue.spans] == [1, 5, 34, 45]


def test_say_as_respells_what_is_spoken_as_words() -> None:
    say = "LS: ell ess, sacrum: SAY-krum"
    text = 'Sacrum (the sacrum)[rate:"slow"] (LS)[characters] (sacrum)[sub:"LS"]'
    assert [words for words, _ in spans(text, say)] == [
        "SAY-krum ", "the SAY-krum", " ", "LS", " ", "sacrum",
    ]  # fmt: skip


def test_another_manner_is_another_cue() -> None:
    texts = [
        "a b", "(a b)[rate:'slow']", "(a b)[rate:'fast']", "(a)[rate:'slow'] b",
        "a (b)[rate:'slow']", "\\(a b\\)\\[rate:'slow'\\]", "#[voice:'joe']\na b",
        "#[lang:'de'] a b",
    ]  # fmt: skip
    spoken = [cues(text)[0].spoken for text in texts]
    assert len(set(spoken)) == len(texts)
    assert cues("(a b)[vol:'soft';rate:'slow']")[0].spoken == (
        cues("x\n\n( a  b )[rate:\"slow\" ; volume:'soft']")[1].spoken
    )


def test_a_section_lasts_until_the_next() -> None:
    text = """
    One.

    #[voice:"anna"; lang:"en-GB"]
    Two (drei)[lang:"de"] (four)[rate:"slow"].

    # Title

    Five.

    #[voice]

    Six.

    ::: repeat 2
    Seven.

    #[lang:"fr"]
    :::

    #[voice:"device"] Eight.
    """
    found = cues("\n".join(line[4:] for line in text.splitlines()))
    asked = [[dict(span.asked) for span in cue.spans] for cue in found]
    anna = {"voice": "anna", "lang": "en-GB"}
    assert asked == [
        [],
        [anna, {"lang": "de"}, anna, {"rate": "slow", **anna}, anna],
        [anna],
        [],
        [],
        [{"lang": "fr"}],
        [],
    ]


def test_a_section_also_holds_for_cues_in_lists() -> None:
    text = '#[voice:"anna"]\nRub. [for 60s]\n- at half: Half (way)[rate:"slow"].'
    for cue in cues(text):
        assert all(span.get("voice") == "anna" for span in cue.spans)
        assert cue.spans


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("(a)[rat]", '1:4: in [rat]: nothing is called "rat" here; did you mean "rate"?'),
        ('(a)[rate:"slwo"]', '1:4: in [rate:"slwo"]: "slwo" is no rate; did you mean "slow"?'),
        ("(a)[rate]", "1:4: in [rate]: rate takes a value"),
        ("(a)[rate:slow]", '1:4: in [rate:slow]: "rate:slow" is not understood'),
        ('(a)[volume:"silent"]', '1:4: in [volume:"silent"]: "silent" is no volume'),
        ('(a)[sub:""]', '1:4: in [sub:""]: "" is not words to be spoken instead'),
        ('(a)[sub:"{b}"]', '1:4: in [sub:"{b}"]: names are not filled in here'),
        ('(a)[characters:"x"]', '1:4: in [characters:"x"]: characters takes no value'),
        ('(a)[lang:"x"]', '1:4: in [lang:"x"]: "x" is not a language'),
        ('(a)[voice:"../x"]', '1:4: in [voice:"../x"]: "../x" is not a name that'),
        ('(a)[voice:"x.ONNX"]', '1:4: in [voice:"x.ONNX"]: "x.ONNX" is not a name that'),
        ("(1)[phone;telephone]", "1:4: in [phone;telephone]: telephone stands here twice"),
        ("(12)[number;time]", "1:5: in [number;time]: the words cannot be number and time at once"),
        ("(twelve)[number]", '1:1: "twelve" is not a number'),
        ('(10-12)[date:"mdy"]', '1:1: "10-12" is no date of the kind "mdy"'),
        ("(soon)[time]", '1:1: "soon" is not a time'),
        ("(...)[rate:'slow']", '1:1: there is nothing to speak in "..."'),
        ("()[rate:'slow']", "1:1: words stand between these marks"),
        ("(a [2s] b)[rate:'slow']", "1:1: words stand between these marks, and nothing else"),
        ("++a [2s] b++", "1:1: words stand between these marks, and nothing else"),
        ("(a ++b++ c)[rate:'slow']", "1:1: marks do not stand inside each other"),
        ("a [rate:'slow']", "1:3: [rate:'slow'] stands right behind its words"),
        ("(a) [rate:'slow']", "1:5: [rate:'slow'] stands right behind its words"),
        ('a [break:"week"]', '1:3: in [break:"week"]: "week" is no strength; did you mean "weak"?'),
        ("# (a)[rate:'slow']\n\nb", "1:3: a title takes words"),
        ("#[rate:'slow'] a", "1:1: a section takes voice and lang, not rate"),
        ("#[vioce] a", '1:1: in [vioce]: nothing is called "vioce" here; did you mean "voice"?'),
        ("a [for 9s]\n- at 3s: #[voice:'x'] b", "2:10: a cue takes (words)[voice"),
        ("#[voice:'x']", "1:1: this script has no steps"),
        ("# A\n\n#[voice:'x']\n\n# B\n\nc", "1:1: this chapter is empty"),
    ],
)  # fmt: skip
def test_what_is_reported(text: str, expected: str) -> None:
    assert problems(text)[0].startswith(expected), problems(text)


def test_a_section_counts_too_and_ends_with_an_included_script(tmp_path: Path) -> None:
    (tmp_path / "other.md").write_text("Two.\n\n#[voice:'lea']\nThree.\n")
    path = tmp_path / "x.md"
    path.write_text(
        "#[voice:'anna']\nOne. [count 2]\n\n::: include other.md\n:::\n\nFour.\n\n"
        "#[lang:'de']\nFünf. [count 2]\n"
    )
    asked = [
        (cue.text, dict(cue.spans[0].asked) if cue.spans else {}) for cue in load(path, {}).cues()
    ]
    anna, german = {"voice": "anna"}, {"lang": "de"}
    assert asked == [
        ("One.", anna),
        ("one", anna),
        ("two", anna),
        ("Two.", anna),
        ("Three.", {"voice": "lea"}),
        ("Four.", anna),
        ("Fünf.", german),
        ("eins", german),
        ("zwei", german),
    ]
