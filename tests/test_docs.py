"""The documents tell the truth."""

from __future__ import annotations

import os
import re
import shlex
import tomllib
from importlib.metadata import version
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from audiocoach.cli import cli
from audiocoach.script import expand, parse

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
HEAD = f"<!-- as laid out by click {'.'.join(version('click').split('.')[:2])} -->"
COMMANDS = ROOT / "docs" / "commands.md"


def fences(text: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


def reference() -> str:
    """Every command's help, as it prints itself."""
    pages = [f"{HEAD}\n\n# Commands\n\nWhat each command prints for `--help`.\n"]

    def page(command: click.Command, names: tuple[str, ...]) -> None:
        result = CliRunner().invoke(cli, [*names[1:], "--help"], prog_name="audiocoach")
        pages.append(f"## {' '.join(names)}\n\n```text\n{result.output}```\n")
        if isinstance(command, click.Group):
            for name in command.commands:
                page(command.commands[name], (*names, name))

    page(cli, ("audiocoach",))
    return "\n".join(pages)


def test_the_commands_are_documented_as_they_are() -> None:
    """``AUDIOCOACH_WRITE_DOCS=1 pytest tests/test_docs.py`` writes the page anew."""
    if os.environ.get("AUDIOCOACH_WRITE_DOCS"):
        COMMANDS.write_text(reference(), encoding="utf-8")
    written = COMMANDS.read_text(encoding="utf-8")
    if not written.startswith(HEAD):
        pytest.skip(f"another click lays help out in another way; here is {HEAD}")
    assert written == reference()


def test_the_readme_has_its_two_commands_first() -> None:
    install, tests = fences(README, "sh")
    assert "audiocoach export back-massage" in install
    assert "pytest" in tests


@pytest.mark.parametrize(
    "line", [line for block in fences(README, "console") for line in block.splitlines()]
)
def test_the_readme_shows_commands_that_exist(line: str) -> None:
    words = shlex.split(line.removeprefix("$ "), comments=True)
    assert words[0] == "audiocoach"
    command = cli.commands[words[1]]
    command.make_context(words[1], words[2:])


def test_the_readme_shows_a_script_that_works() -> None:
    (script,) = fences(README, "markdown")
    routine = expand(parse(script, "warm-hands.md"), {})
    assert [cue.text for cue in routine.cues()][:2] == [
        "Rest both hands on the right shoulder.",
        "Press gently with your thumbs, in slow circles.",
    ]


def test_the_readme_says_what_each_dependency_is_for() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = [*project["dependencies"], *project["optional-dependencies"]["neural"]]
    table = "\n".join(line.lower() for line in README.splitlines() if line.startswith("|"))
    for requirement in wanted:
        name = re.match(r"[\w-]+", requirement)
        assert name is not None
        assert re.search(rf"\b{name[0].lower()}\b", table), name[0]


def test_links_between_the_documents_lead_somewhere() -> None:
    for document in [ROOT / "README.md", *(ROOT / "docs").glob("*.md")]:
        for target in re.findall(r"\]\(([^)#:]+)\)", document.read_text(encoding="utf-8")):
            assert (document.parent / target).exists(), f"{document.name}: {target}"
