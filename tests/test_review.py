"""Warnings: each is found where it is meant, and nothing is found in a script without fault."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from audiocoach.cli import cli
from audiocoach.cli.check import script_problems

SOUND = """\
---
choices:
  position: [lying, chair]
---

# One

::: for side in right, left
Move to the {side}. [8s]

Glide along the {side} side. [for 60s]
- every 20s: Slow and even. / Soft palms.
- 5s left: One last stroke.
:::

::: if position is chair
Hug the back of the chair.
:::
"""


def warnings(tmp_path: Path, text: str) -> list[str]:
    """``line:column: message`` of every warning."""
    path = tmp_path / "routine.md"
    path.write_text(text, encoding="utf-8")
    problems = script_problems(path, "auto")
    assert all(problem.severity == "warning" for problem in problems), problems
    return [f"{problem.line}:{problem.column}: {problem.message}" for problem in problems]


def run(*arguments: str) -> Result:
    return CliRunner().invoke(cli, arguments, prog_name="audiocoach")


def test_a_script_without_fault_has_no_warnings(tmp_path: Path) -> None:
    assert warnings(tmp_path, SOUND) == []


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        # A side with less time.
        (
            "Glide along the {side} side. [for 60s]",
            "::: if side is left\nRest. [for 5s]\n:::\n\nGlide along the {side} side. [for 60s]",
            [r'8:1: "left" gets 1m5s of time, "right" gets 1m; give each the same'],
        ),
        # Words that are never said: the step is too short for three of them on two sides.
        (
            "Soft palms.",
            "Soft palms. / Breathe. / Yes. / Never heard.",
            [r'12:63: "Never heard." is never said'],
        ),
        # A loop that says the same twice.
        (
            "Move to the {side}. [8s]\n\nGlide along the {side} side.",
            "Move on. [8s]\n\nGlide along.",
            [r'8:1: "side" is never used in this loop.*::: repeat 2'],
        ),
        ("[lying, chair]", "[lying, chair, mat]", [r'3:28: "mat" changes nothing.*"lying"']),
        (
            "  position: [lying, chair]",
            "  position: [lying, chair]\n  oil: [warm, none]",
            [r'4:3: the choice "oil" changes nothing.*::: if oil is none'],
        ),
        (
            "Hug the back of the chair.",
            "Hug it.\n\n::: if position is lying\nNever.\n:::",
            [r"19:1: this is never said, whatever is chosen"],
        ),
        (
            "Hug the back of the chair.",
            "Hug it.\n\n::: if position is chair\nYes.\n::: else\nNever.\n:::",
            [r"22:1: this is never said, whatever is chosen"],
        ),
        ("- 5s left", "- at 20s: So.\n- 5s left", [r"12:3: the cue at 20s would collide"]),
        ("[for 60s]\n- every 20s", "[for 130s]\n- every 100s", [r"11:30: nothing is said for 1m"]),
        (
            "Hug the back of the chair.",
            "Hug the back. [for 61s]",
            [],
        ),
        (
            "Hug the back of the chair.",
            "Hug the back. [for 70s]",
            [r"17:15: nothing is said for 1m\d+s.*\(when position is chair\)"],
        ),
        ("Hug the back of the chair.", "Hug it. [until done, 5m]", []),
        ("Hug the back of the chair.", "word " * 25 + "- [1s] and on.", []),
        (
            "Hug the back of the chair.",
            "word " * 26 + "- [1s] and on.",
            [r"17:1: this step says 26 words in one go.*\(when position is chair\)"],
        ),
        (
            "Soft palms.",
            "word " * 26,
            [r"12:31: this cue says 26 words"],
        ),
        (
            "Hug the back of the chair.",
            "A sentence that takes a while. [for 1s]",
            [r"17:32: the words last .*longer than the 1s of the step"],
        ),
    ],
)
def test_what_is_hardly_meant_is_told_with_its_place(
    tmp_path: Path, old: str, new: str, expected: list[str]
) -> None:
    assert old in SOUND
    found = warnings(tmp_path, SOUND.replace(old, new))
    for pattern in expected:
        assert any(re.match(pattern, warning) for warning in found), (pattern, found)
    assert len(found) == len(expected), found


def test_breaks_count_where_no_step_lasts_for_a_time(tmp_path: Path) -> None:
    text = (
        "::: for side in right, left\nBend the {side} knee. [4s]\n\n"
        "::: if side is right\nHold. [30s]\n::: else\nNow change over. [5s] Hold. [{}]\n:::\n:::\n"
    )
    assert warnings(tmp_path, text.replace("{}", "30s")) == []
    (warning,) = warnings(tmp_path, text.replace("{}", "20s"))
    assert warning.startswith('1:1: "right" gets 30s of time, "left" gets 20s')


def test_a_loop_in_a_loop_is_compared_in_each_of_its_rounds(tmp_path: Path) -> None:
    text = (
        "::: repeat 2\n::: for side in right, left\nThe {side}. [for 10s]\n\n"
        "::: if round is 2\n::: if side is left\nMore. [for 10s]\n:::\n:::\n:::\n:::\n"
    )
    (warning,) = warnings(tmp_path, text)
    assert warning.startswith('2:1: "left" gets 20s of time, "right" gets 10s')


def test_other_scripts_and_spoken_help_are_looked_at_too(tmp_path: Path) -> None:
    (tmp_path / "hand.md").write_text("Press the {side} hand. [for {}]\n".replace("{}", "20s"))
    (tmp_path / "more.md").write_text("Once more. [for 20s]\n")
    text = (
        "---\nannounce: next, rounds, halfway\nchoices:\n  oil: [none, warm]\n---\n\n# One\n\n"
        "::: repeat 2\n::: for side in right, left\n::: include hand.md with side {side}\n:::\n\n"
        "::: if oil is warm\n::: include more.md\n:::\n:::\n:::\n:::\n\n# Two\n\nDone.\n"
    )
    assert warnings(tmp_path, text) == []
    (warning,) = warnings(
        tmp_path,
        text.replace("::: if oil is warm", "::: if side is left").replace(
            "choices:\n  oil: [none, warm]\n", ""
        ),
    )
    assert warning.startswith('8:1: "left" gets 40s of time, "right" gets 20s')
    text = text.replace("with side {side}", "with side right")
    (warning,) = warnings(tmp_path, text)
    assert '"side" is never used in this loop' in warning


def test_the_exit_code_tells_warnings_only_when_strict(tmp_path: Path) -> None:
    path = tmp_path / "routine.md"
    path.write_text("Hold still. [for 2m]\n")
    assert run("check", str(path)).exit_code == 0
    assert run("check", "--strict", str(path)).exit_code == 1
    path.write_text("Hold still. [for 30s]\n")
    assert run("check", "--strict", str(path)).exit_code == 0


def test_the_scripts_that_come_along_are_free_of_warnings() -> None:
    result = run("check", "--strict", "back-massage", "shoulder-rub", "breathing-pause")
    assert result.exit_code == 0, result.output


def test_json_holds_all_of_all_files(tmp_path: Path) -> None:
    warned, wrong = tmp_path / "warned.md", tmp_path / "wrong.md"
    warned.write_text("Hold still. [for 2m]\n")
    wrong.write_text("Oh [no\n")
    result = run("check", "--format", "json", str(warned), str(wrong))
    assert result.exit_code == 1
    told = json.loads(result.output)
    assert [
        (entry["path"], entry["line"], entry["column"], entry["severity"]) for entry in told
    ] == [
        (str(warned), 1, 13, "warning"),
        (str(wrong), 1, 4, "error"),
    ]
    wrong.write_text("Fine.\n")
    assert json.loads(run("check", "--format", "json", str(wrong)).output) == []


def unescaped(text: str) -> str:
    """As the runner of GitHub Actions reads it."""
    for code, char in (("%0D", "\r"), ("%0A", "\n"), ("%3A", ":"), ("%2C", ","), ("%25", "%")):
        text = text.replace(code, char)
    return text


def test_annotations_cannot_be_broken_by_a_script(tmp_path: Path) -> None:
    folder = tmp_path / "50%,a::b"
    folder.mkdir()
    path = folder / "x.md"
    path.write_text("Rub [100%0A::error::gotcha, really] it.\n\n::: repeat 0\nYes.\n:::\n")
    result = run("check", "--format", "github", str(path))
    lines = result.output.splitlines()
    assert len(lines) == 2
    for line, number in zip(lines, (1, 3), strict=True):
        match = re.fullmatch(r"::error ([^:]*)::(.*)", line)
        assert match, line
        properties = dict(entry.split("=", 1) for entry in match[1].split(","))
        assert unescaped(properties["file"]) == path.as_posix()
        assert properties["line"] == str(number)
        assert not re.search(r"%(?!25|0A|0D)", match[2])
    assert "[100%0A::error::gotcha, really]" in unescaped(lines[0].split("::", 2)[2])
