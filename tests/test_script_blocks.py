"""Chapters, steps, lists, notes and ``:::`` blocks, and what is none of these."""

from __future__ import annotations

import pytest

from audiocoach.errors import ScriptError
from audiocoach.routine import Anchor, Routine, TimedCue
from audiocoach.script import expand, parse


def read(text: str | bytes) -> Routine:
    return expand(parse(text, "back-massage.md"), {})


def said(text: str | bytes) -> list[str]:
    return [cue.text for cue in read(text).cues()]


def problems(text: str | bytes) -> list[str]:
    with pytest.raises(ScriptError) as caught:
        parse(text, "x.md")
    return [f"{found.line}:{found.column}: {found.message}" for found in caught.value.problems]


def timed(items: str) -> tuple[TimedCue, ...]:
    return read(f"Rest. [for 60s]\n{items}").chapters[0].steps[0].timed


def test_chapters_and_steps() -> None:
    routine = read("Before.\n\n# One *two* \\# &amp; three #\nA.\nB.\n\n\n   C.\n# Last\nD.\n")

    assert [chapter.title for chapter in routine.chapters] == [
        "Back massage",
        "One two # & three",
        "Last",
    ]
    assert [len(chapter.steps) for chapter in routine.chapters] == [1, 2, 1]
    assert [str(chapter.place) for chapter in routine.chapters] == [
        "back-massage.md:1:1",
        "back-massage.md:3:1",
        "back-massage.md:9:1",
    ]
    assert str(routine.chapters[1].steps[1].place) == "back-massage.md:8:4"


def test_notes_and_comments_are_not_spoken() -> None:
    text = (
        "> A note [5s] {x} ::: *\n> # more\n> - even a list\n>\n>> and\n\nWords.\n\n"
        "<!-- a comment\n\n::: nothing\n{x} -->\n\n<!-- a --> <!-- b -->\nMore.\n> note\n\nEnd.\n"
    )
    assert said(text) == ["Words.", "More.", "End."]


def test_cues_in_a_list() -> None:
    cues = timed(
        "\n- at 20s: Slow. [2s] Slower.\n-   at half:   Halfway\n    of it.\n"
        "- 10s left: One: last\n  stroke 1/2.\n\n"
        "* every 15s: a *x* b / c!\n  d \\/ e / f/g\n"
    )

    assert [(cue.anchor, cue.time) for cue in cues] == [
        (Anchor.AT, 20_000),
        (Anchor.HALF, 0),
        (Anchor.LEFT, 10_000),
        (Anchor.EVERY, 15_000),
    ]
    assert [cue.place.line for cue in cues] == [3, 4, 6, 9]
    assert [cue.place.column for cue in cues] == [3, 5, 3, 3]
    words = [
        [[part.text for part in text if hasattr(part, "text")] for text in cue.texts]
        for cue in cues
    ]
    assert words == [
        [["Slow.", "Slower."]],
        [["Halfway of it."]],
        [["One: last stroke 1/2."]],
        [["a x b"], ["c! d / e"], ["f/g"]],
    ]
    assert [str(part.place) for part in cues[2].texts[0]] == ["back-massage.md:6:13"]
    assert [part.place.line for text in cues[3].texts for part in text] == [9, 9, 10]


@pytest.mark.parametrize(
    ("items", "expected"),
    [
        ("- soon: x", '2:3: "soon" is no time of a cue; a cue begins with its time: "at 20s:"'),
        ("- at 20s x", "2:3: this has no time"),
        ("- at 20sec: x", '2:3: "20sec" is no length of time'),
        ("- at 60s: x", '2:3: "at 60s" is not inside the step, which lasts 1m'),
        ("- at half: x\n- at 61s: x", '3:3: "at 61s" is not inside the step'),
        ("- 61s left: x", '2:3: "61s left" is not inside the step'),
        ("- every 60s: x", '2:3: "every 60s" is not inside the step'),
        ("- every 500ms: x", "2:3: 500ms is too often; the shortest is 1s"),
        ("- at 0s: x", "2:3: 0s is no time at all"),
        ("- at half: a / b", '2:3: only an "every" cue takes texts in turn'),
        ("- every 9s: a /", "2:3: this cue has nothing to say"),
        ("- every 9s: / a", "2:3: this cue has nothing to say"),
        ("- at half:", "2:3: this cue has nothing to say"),
        ("- at half: <!-- x -->", "2:3: this cue has nothing to say"),
        ("- at half: ...", '2:12: there is nothing to speak in "..."'),
        ("- at half: x [for 5s]", "2:14: a cue cannot hold"),
        ("- at half: x\n  yy [zz]", "3:6: [zz] is no mark"),
        ("- at half: x {y}", '2:14: nothing is called "y" here'),
        ("- at half: x\nmore", "3:1: this line would belong to the cue above it"),
        ("- at half: x\n  - at 5s: y", "3:3: a cue is one paragraph"),
        ("- at half: x\n\n  more", "4:3: a cue is one paragraph"),
        ("- > x", "2:1: a cue is one paragraph"),
        ("- at half: x\n  ::: repeat 2", "3:3: a cue is one paragraph"),
        ("- at half: x\n      - at 5s: y", "3:7: put an empty line before this"),
        ("-\n", "2:1: this line would make a heading of the text above it"),
        ("\n-\n", "3:1: this cue is empty"),
    ],
)
def test_what_is_wrong_in_a_list(items: str, expected: str) -> None:
    assert problems(f"Rest. [for 60s]\n{items}")[0].startswith(expected)


@pytest.mark.parametrize(
    "text",
    [
        "- at half: x",
        "Words.\n- at half: x",
        "Words. [until done, 9s]\n- at half: x",
        "# A\n- at half: x\n\nWords.",
        "::: repeat 2\nWords. [for 9s]\n:::\n- at half: x",
    ],
)
def test_a_list_needs_a_step_that_lasts(text: str) -> None:
    assert [found.partition(": ")[2][:38] for found in problems(text) if "steps" not in found] == [
        "a list holds cues for the time of the "
    ]


def test_a_wrong_hold_is_one_problem_and_not_its_list_too() -> None:
    assert problems("Rest. [for 60x]\n- at half: x\n- at 5z: y") == [
        '1:7: in [for 60x]: "60x" is no length of time; write it like 5s, 1m30s or 500ms',
        '3:3: "5z" is no length of time; write it like 5s, 1m30s or 500ms',
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("## Part\nx", "1:1: chapters are not divided"),
        ("Title\n=====\nx", "2:1: this line would make a heading"),
        ("Title\n---\nx", "2:1: this line would make a heading"),
        ("#\nx", "1:1: this chapter has no title"),
        ("# !\nx", '1:3: there is nothing to speak in "!"'),
        ("# A [5s]\nx", "1:5: a title takes words and {names}"),
        ("# A {next}\nx", "1:5: a title cannot hold {next}"),
        ("# " + "a" * 201 + "\nx", "1:1: this title is too long"),
        ("# A\n# B\nx", "1:1: this chapter is empty"),
        ("x\n# B\n", "2:1: this chapter is empty"),
        ("::: repeat 2\nx\n# B\n:::", "3:1: this chapter is empty"),
        ("1. a\n2. b", "1:1: a numbered list is not part of the language"),
        ("a\n***\nb", "2:1: a rule is not part of the language"),
        ("```\na\n```", "1:1: code is not part of the language"),
        ("~~~\na", "1:1: code is not part of the language"),
        ("<div>a</div>", "1:1: HTML is not part of the language"),
        ("<?php ?>", "1:1: HTML is not part of the language"),
        ("a\n\n<!-- b\n\nc", "3:1: this comment is not closed"),
        ("<!-- b --> c", "1:12: this would not be spoken"),
        ("> a\nb", "2:1: this line would belong to the note above it"),
        ("a\n    > b", "2:5: put an empty line before this"),
        ("a\n    ::: b", "2:5: ::: stands at the start of a line"),
        ("| a | b |\n|---|---|", "1:1: tables are not part of the language"),
        ("[a]: http://x\n\nb", "1:1: [a] is no mark"),
        ("[^1]: a\n\nb", "1:1: [^1] is no mark"),
        ("", "1:1: this script has no steps"),
        ("\n\n> a\n", "1:1: this script has no steps"),
        ("- ---\n  a: b\n  ---\nx", "1:1:"),
    ],
)
def test_what_is_no_part_of_the_language(text: str, expected: str) -> None:
    assert problems(text)[0].startswith(expected)


def test_indented_text_is_spoken() -> None:
    assert said("    Words, far right.\n\n\tMore.\n\n  # A\n   Last.") == [
        "Words, far right.",
        "More.",
        "Last.",
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("::: repeat 2\nx", "1:1: this block is not closed"),
        ("x\n:::\n", "2:1: this ::: closes no block"),
        ("x\n::: end", "2:1: a block is closed by ::: alone"),
        ("::: repeat 2\n:::\nx", "1:1: this block is empty"),
        ("::: repeat\nx\n:::", "1:1: how often is not said; write ::: repeat 3"),
        ("::: repeat two\nx\n:::", "1:1: how often is not said"),
        ("::: repeat 0\nx\n:::", "1:1: 0 rounds are not possible; write 1 to 1000"),
        ("::: repeat 1001\nx\n:::", "1:1: 1001 rounds are not possible"),
        ("::: reapeat 2\nx\n:::", '1:1: "reapeat" is no word for a block; did you mean "repeat"?'),
        ("::: for x on a\n{x}\n:::", "1:1: this loop is not complete"),
        ("::: for x in a,, b\nx\n:::", '1:1: "" is no value'),
        ("::: for x in a, *b*\nx\n:::", '1:1: "*b*" is no value'),
        ("::: for 1x in a\nx\n:::", '1:1: "1x" is no name'),
        ("::: for next in a\nx\n:::", '1:1: "next" is a name of the language itself'),
        ("::: if x\ny\n:::", "1:1: this condition is not complete"),
        ("::: if x is y\nz\n:::", '1:8: nothing is called "x" here'),
        (
            "::: for if in a, bc\n::: if if is b\nx\n:::\n:::",
            '2:14: "if" is never "b"; did you mean "bc"?',
        ),
        ("::: for x in a\n::: for x in b\nc\n:::\n:::", '2:9: "x" is the name of something else'),
        ("::: repeat 2\nx\n::: else\ny\n:::", "3:1: ::: else has no ::: if"),
        ("::: else\nx\n", "1:1: ::: else has no ::: if"),
        ("::: repeat 2\n::: if round is 1\nx\n::: else\n:::\n:::", "2:1: one side of this ::: if"),
        ("::: repeat 2\n::: if round is 3\nx\n:::\n:::", '2:17: "round" is never "3"; there is 1,'),
        ("::: include a.md\nx\n:::", "1:1: ::: include holds nothing; close it with :::"),
        ("::: include a.md", "1:1: this block is not closed"),
        ("::: include a\n:::", "1:1: this include is not complete; write ::: include stretch.md"),
        ("::: include a.md with\n:::", "1:1: this include is not complete"),
        ("::: include ../a.md\n:::", '1:1: "../a.md" is no script that can be included'),
        ("::: include /etc/a.md\n:::", '1:1: "/etc/a.md" is no script that can be included'),
        ("::: include .a.md\n:::", '1:1: ".a.md" is no script that can be included'),
        ("::: include a.md with side\n:::", '1:1: what "side" stands for is not said'),
        ("::: include a.md with a b, a c\n:::", '1:1: "a" stands here twice'),
        ("::: include a.md with 1x b\n:::", '1:1: "1x" is no name'),
        ("::: include a.md with next b\n:::", '1:1: "next" is a name of the language itself'),
        ("::: include a.md with a *b*\n:::", '1:1: "*b*" is no value'),
        ("::: include a.md with a {b}\n:::", '1:1: nothing is called "b" here'),
        ("::: include a.md with a {next}\n:::", "1:1: {next} cannot be handed on"),
        (":::: repeat 2\nx\n:::", "1:1: a block is opened and closed with three colons"),
        ("{sied}", '1:1: nothing is called "sied" here; there is next'),
        ("::: for side in a\n{sied}\n:::", '2:1: nothing is called "sied" here; did you mean "si'),
        ("a {round}", '1:3: "round" is known only inside ::: repeat'),
    ],
)
def test_what_is_wrong_with_a_block(text: str, expected: str) -> None:
    assert problems(text)[0].startswith(expected)


def test_else_twice() -> None:
    text = "::: repeat 2\n::: if round is 1\na\n::: else\nb\n::: else\nc\n:::\n:::"
    assert problems(text) == ["6:1: this ::: if has an ::: else already"]


def test_a_wrong_block_is_one_problem_and_its_inside_is_read() -> None:
    text = "# A\n::: fro side in a, b\n{side} [x]\n::: if side is c\nq\n:::\n:::\n"
    assert [found.partition(":")[0] for found in problems(text)] == ["2", "3"]


def test_all_problems_in_one_go_and_in_order() -> None:
    text = (
        "---\ntitel: a\n---\n# One\n\na [x]\n\n::: if q is r\n{b}\n- c\n\n# Two\n1. d\n:::\n:::\n"
    )
    assert [found.partition(": ")[0] for found in problems(text)] == [
        "2:1",
        "6:3",
        "8:8",
        "9:1",
        "10:1",
        "13:1",
        "15:1",
    ]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_line_ends_and_byte_order_mark(end: str, mark: bytes) -> None:
    text = end.join(["---", "title: Rest", "---", "", "# Änderung", "Ruh dich", "aus. [5s]", ""])
    routine = read(mark + text.encode())

    assert (routine.title, routine.chapters[0].title) == ("Rest", "Änderung")
    assert [part.place.line for part in routine.parts()] == [6, 7]
    assert routine.cues()[0].text == "Ruh dich aus."


def test_bytes_that_are_no_text() -> None:
    assert problems(b"caf\xe9\nand \xff\xfe\n\nx \x00 \x1b[31m\n")[:5] == [
        "1:4: the byte 0xE9 is not UTF-8; save the file as UTF-8",
        "2:5: the byte 0xFF is not UTF-8; save the file as UTF-8",
        "2:6: the byte 0xFE is not UTF-8; save the file as UTF-8",
        "4:3: the character U+0000 cannot stand in a script; delete it",
        "4:5: the character U+001B cannot stand in a script; delete it",
    ]
    assert problems("Hallo".encode("utf-16")) == ["1:1: this file is UTF-16; save it as UTF-8"]
    assert problems("a \ud800 b\ufeff")[0].startswith("1:3: the character U+D800")


def test_a_message_holds_nothing_that_a_terminal_obeys() -> None:
    with pytest.raises(ScriptError) as caught:
        parse("a \x1b[31m {\x1b[2J} \x9b b", "x.md")

    assert str(caught.value).replace("\n", "").isprintable()
