"""Choices, loops, names, and what shows only when a script is expanded."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from audiocoach import script
from audiocoach.errors import AudiocoachError, NotFoundError, ScriptError
from audiocoach.routine import Pace, Routine
from audiocoach.script import check, expand, load, load_every, parse

CHOICES = "---\nchoices:\n  position: [lying, chair]\n  oil: [warm, cold]\n---\n"


def read(text: str, **choices: str) -> Routine:
    return expand(parse(text, "x.md"), choices)


def said(text: str, **choices: str) -> list[str]:
    return [cue.text for cue in read(text, **choices).cues()]


def problems(text: str, **choices: str) -> list[str]:
    with pytest.raises(ScriptError) as caught:
        read(text, **choices)
    return [f"{found.line}:{found.column}: {found.message}" for found in caught.value.problems]


def test_loops_unroll_in_order_and_nest() -> None:
    text = (
        "::: for side in right, left hand\n"
        "::: repeat 2\n"
        "The {side}: {round} of {rounds}, {side}.\n"
        ":::\n"
        "{side}\n{side}!\n"
        ":::\n"
    )
    assert said(text) == [
        "The right: 1 of 2, right.",
        "The right: 2 of 2, right.",
        "right right!",
        "The left hand: 1 of 2, left hand.",
        "The left hand: 2 of 2, left hand.",
        "left hand left hand!",
    ]


def test_a_round_is_that_of_the_inner_loop() -> None:
    assert said("::: repeat 2\n::: repeat 1\n{round}/{rounds}\n:::\n{round}/{rounds}\n:::") == [
        "1/1",
        "1/2",
        "1/1",
        "2/2",
    ]


def test_conditions() -> None:
    text = (
        CHOICES + "::: if position is chair\nSit {oil}.\n::: else\nLie.\n:::\n"
        "::: if oil is not warm\nWarm the oil.\n:::\n"
        "::: for side in right, left\n::: if side is not left\nOnce {side}.\n:::\n:::\n"
        "::: repeat 3\n::: if round is 3\nLast.\n:::\n:::\n"
    )
    assert said(text) == ["Lie.", "Once right.", "Last."]
    assert said(text, position="chair", oil="cold") == [
        "Sit cold.",
        "Warm the oil.",
        "Once right.",
        "Last.",
    ]


def test_chapters_in_loops_and_the_next_one() -> None:
    text = (
        "Welcome. Next: {next}.\n"
        "::: for side in right, left\n# The {side} side\n"
        "Now {side}. [for 9s]\n- at half: Then {next}\n:::\n"
        "::: repeat 2\n::: if round is not 1\n# End\nThe end.\n:::\n:::\n"
    )
    routine = read(text)

    assert [chapter.title for chapter in routine.chapters] == [
        "X",
        "The right side",
        "The left side",
        "End",
    ]
    assert [cue.text for cue in routine.cues()] == [
        "Welcome. Next: The right side.",
        "Now right.",
        "Then The left side",
        "Now left.",
        "Then End",
        "The end.",
    ]


def test_a_chapter_without_steps_is_dropped_and_is_no_next_chapter() -> None:
    text = (
        CHOICES + "# A\nThen {next}.\n# B\n::: if position is chair\nx\n:::\n"
        "# C\n::: if position is chair\nThen {next}.\n:::\n::: if oil is cold\n# D\ny\n:::\nz\n"
    )
    assert [chapter.title for chapter in read(text).chapters] == ["A", "C"]
    assert said(text)[0] == "Then C."
    assert problems(text, position="chair") == [
        "14:6: there is no next chapter here: this is the last"
    ]
    assert said(text, position="chair", oil="cold")[2] == "Then D."


def test_the_model_holds_all_that_the_script_says() -> None:
    text = (
        "---\ntitle: A\nsummary: B\nlanguage: de\nambience: rain\npace: normal\ntags: [c]\n---\n"
        'Hold. !["bell"] [5s] [until done, 9s]'
    )
    routine = read(text)

    assert routine == Routine(
        title="A",
        summary="B",
        language="de",
        ambience="rain",
        pace=Pace.NORMAL,
        tags=("c",),
        chapters=routine.chapters,
        path="x.md",
    )
    assert [str(part.place) for part in routine.parts()] == ["x.md:9:1", "x.md:9:7", "x.md:9:17"]


def test_respelling_is_for_the_voice_only() -> None:
    text = (
        "---\nsay-as:\n  sacrum: SAY-krum\n  C++: see plus plus\n  St. John: saint john\n"
        "  st.: street\nchoices:\n  bone: [sacrum, coccyx]\n---\n"
        "Sacrum, the sacrum's edge, not sacrums. C\\+\\+ at St. John, High St. [1s] The {bone}.\n"
    )
    first, second = read(text).cues()

    assert first.text == "Sacrum, the sacrum's edge, not sacrums. C++ at St. John, High St."
    assert first.spoken == (
        "SAY-krum, the SAY-krum's edge, not sacrums. see plus plus at saint john, High street"
    )
    assert (second.text, second.spoken) == ("The sacrum.", "The SAY-krum.")


def test_a_choice_that_is_not_there() -> None:
    document = parse(CHOICES + "x {position}", "x.md")

    with pytest.raises(NotFoundError, match='no choice is called "postion"; did you mean "positio'):
        expand(document, {"postion": "chair"})
    with pytest.raises(NotFoundError, match=r'"position" cannot be "char"; did you mean "chair"\?'):
        expand(document, {"position": "char"})
    with pytest.raises(NotFoundError, match='there is no choice "a": this routine has no choices'):
        expand(parse("x", "x.md"), {"a": "b"})


def test_nothing_left_to_say() -> None:
    text = CHOICES + "::: if oil is cold\nx\n:::\n"
    assert problems(text) == ["1:1: with these choices there is nothing to do or say"]
    assert said(text, oil="cold") == ["x"]


def test_check_finds_what_is_wrong_with_any_choice(tmp_path: Path) -> None:
    path = tmp_path / "a.md"
    path.write_text(
        CHOICES + "::: if position is chair\n::: if oil is cold\nThen {next}.\n:::\n:::\nx {next}\n"
    )

    assert [str(found).splitlines()[0] for found in check(path)] == [
        (
            f"{path}:8:6: error: there is no next chapter here: this is the last"
            " (when position is chair, oil is cold)"
        ),
        f"{path}:11:3: error: there is no next chapter here: this is the last",
    ]
    with pytest.raises(ScriptError):
        load_every(path)


def test_check_reports_what_parse_reports_and_nothing_where_all_is_well(tmp_path: Path) -> None:
    path = tmp_path / "a.md"
    path.write_text("a [x]")
    assert [found.column for found in check(path)] == [3]

    path.write_text(CHOICES + "{position} {oil}")
    assert check(path) == ()
    assert [routine.cues()[0].text for routine in load_every(path)] == [
        "lying warm",
        "chair warm",
        "lying cold",
        "chair cold",
    ]


def test_many_choices_are_checked_with_each_value_and_some_together(tmp_path: Path) -> None:
    lines = [f"  c{number}: [a, b, c]" for number in range(20)]
    path = tmp_path / "a.md"
    path.write_text("\n".join(["---", "choices:", *lines, "---", "x"]) + "{c19}")

    texts = [routine.cues()[0].text for routine in load_every(path)]
    assert len(texts) == 64
    assert set(texts) == {"xa", "xb", "xc"}


def test_load(tmp_path: Path) -> None:
    path = tmp_path / "back-massage.md"
    path.write_bytes((CHOICES + "Use {oil} oil.").encode())

    assert load(path, {"oil": "cold"}).cues()[0].text == "Use cold oil."
    assert load(path, {}).title == "Back massage"
    assert load(path, {}).path == str(path)


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match=r"no script at .*none\.md"):
        load(tmp_path / "none.md", {})
    with pytest.raises(NotFoundError, match="no script at"):
        load(tmp_path / "a\0b.md", {})
    with pytest.raises(AudiocoachError, match="is not a file"):
        load(tmp_path, {})
    with pytest.raises(AudiocoachError, match=r"cannot read|no script|is not a file"):
        load(tmp_path / ("a" * 5000), {})


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes on this system")
def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.md")
    with pytest.raises(AudiocoachError, match="is not a file"):
        check(tmp_path / "pipe.md")


def test_importing_the_language_loads_no_parser() -> None:
    code = (
        "import sys, audiocoach.script;"
        "print(*{'markdown_it', 'yaml', 'numpy', 'html.entities'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""


def test_the_function_is_not_hidden_by_a_module() -> None:
    read("x")
    assert callable(script.expand)
    assert callable(script.parse)
