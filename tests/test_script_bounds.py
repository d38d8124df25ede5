"""A script is untrusted input: every amount has an end, and every end an error."""

from __future__ import annotations

import pytest

from audiocoach.errors import ScriptError
from audiocoach.script import expand, parse
from audiocoach.script.limits import MAX_FILE, MAX_PROBLEMS

FRAGMENTS = [
    "[", "]", "*", "_*", "*a ", "a_ ", "{", "}", "{a}", "[5s]", "[a", '!["a"]', "![", ">",
    "> - ", "- > ", "- ", "-", "-\n", "a\n\n", ":::", ":::\n", "::: repeat 2\n",
    "::: if a is b\n", "::: else\n", "# a\n", "<!--", "<!--\n", "<!-- a -->", "<a ", "<a a='",
    "&", "&#1", "\\", "\\\n", "`", "```\n", "~", "+",
    "++a", "+a ", "(", ")", "(a", "(a)[sub", '(a)[sub:"b"]', "#[voice]",
    "|", " / ", "\t", "\n", "\xa0", "\u2028",
    "---\n", "--- ", "===\n", "1. ",
]  # fmt: skip


def error_of(text: str) -> ScriptError | None:
    try:
        parse(text, "x.md")
    except ScriptError as error:
        return error
    return None


def first_problem(text: str) -> str:
    with pytest.raises(ScriptError) as caught:
        expand(parse(text, "x.md"), {})
    found = caught.value.problems[0]
    return f"{found.line}:{found.column}: {found.message}"


@pytest.mark.parametrize("fragment", FRAGMENTS)
@pytest.mark.parametrize("shape", ["one", "paragraphs", "front matter"])
def test_a_whole_file_of_one_mark_is_read(fragment: str, shape: str) -> None:
    # What is quadratic in its length here runs into the time limit of the test run.
    text = {
        "one": fragment * (MAX_FILE // len(fragment)),
        "paragraphs": (fragment * (4_900 // len(fragment)) + "\n\n") * (MAX_FILE // 20_000),
        "front matter": f"---\n{fragment * (32_000 // len(fragment))}\n---\na",
    }[shape]
    error = error_of(text)
    assert error is None or len(error.problems) <= MAX_PROBLEMS + 1
    assert len(str(error)) < 200_000


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a" * (MAX_FILE + 1), "1:1: the script is too long"),
        ("a\n" * 50_001, "1:1: the script has 50002 lines"),
        ("a\n\n" + "b" * 5_001, "3:1: this has 5001 characters; the most is 5000"),
        ("a [for 9s]\n- at half: " + "b" * 5_001, "2:3: this has 5010 characters"),
        ("::: repeat 2\n" * 17 + "a\n" + ":::\n" * 17, "17:1: blocks are nested too deep; the mo"),
        ("::: for x in " + "a, " * 700 + "b\n{x}\n:::", "1:1: this line is too long"),
        ("::: for x in " + "a, " * 300 + "b\n{x}\n:::", "1:1: these are 301 values"),
        ("::: for x in " + "a" * 101 + "\n{x}\n:::", '1:1: "aaa'),
        (
            "---\nchoices:\n" + "".join(f" c{n}: [a, b]\n" for n in range(33)) + "---\nc",
            "3:2: these are too many; the most is 32",
        ),
        ("---\ntags: [" + "a, " * 300 + "b]\n---\nc", "2:7: these are too many; the most is 200"),
        ("---\n" + "# aaaaaaaaa\n" * 3_000 + "---\nc", "2:1: front matter is too long"),
        (
            "::: repeat 201\n::: repeat 100\na\n:::\n:::",
            "2:1: with this the routine has more than 20000 steps",
        ),
        (
            "::: repeat 100\n::: repeat 100\n" + "[1s] " * 21 + "\n:::\n:::",
            "2:1: with this the routine has more than 200000 cues, breaks and sounds",
        ),
        (
            "::: repeat 1000\n" * 15 + "::: if round is 1000\na\n:::\n" + ":::\n" * 15,
            "15:1: with this the routine has more than 200000 rounds",
        ),
        (
            "::: repeat 1000\n" + "many words " * 200 + "\n:::",
            "2:1: with this the routine has more than 2000000 characters",
        ),
        ("a [12h]\n\nb [for 12h]\n\n[1s] c", "5:1: with this all breaks and working times are"),
        ("::: repeat 25\nb [until done, 1h]\n:::", "2:3: with this all breaks and working times"),
    ],
)
def test_too_much(text: str, expected: str) -> None:
    assert first_problem(text).startswith(expected)


@pytest.mark.parametrize(
    "text",
    [
        "a\n" * 1_250 + "\n" * 48_000,
        "b" * 5_000,
        "::: repeat 1\n" * 16 + "a\n" + ":::\n" * 16,
        "::: repeat 200\n::: repeat 100\na\n:::\n:::",
        "a [12h]\n\nb [for 12h]",
    ],
)
def test_just_not_too_much(text: str) -> None:
    assert expand(parse(text, "x.md"), {}).chapters


def test_reading_stops_after_too_many_problems() -> None:
    with pytest.raises(ScriptError) as caught:
        parse("[x] a\n\n" * 5_000, "x.md")

    assert len(caught.value.problems) == MAX_PROBLEMS + 1
    assert [found.line for found in caught.value.problems[:3]] == [1, 3, 5]
    assert caught.value.problems[-1].message == "there are more problems than these"


def test_a_binary_file_is_not_taken_for_text() -> None:
    with pytest.raises(ScriptError) as caught:
        parse(bytes(range(256)) * 4_000, "x.mp3")

    assert len(caught.value.problems) < 30
