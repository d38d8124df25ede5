"""A new script is whole, explains itself, and never costs anybody another."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from audiocoach.cli import cli
from audiocoach.script import load

TEMPLATES = ["massage", "stretching", "breathing"]


def run(*arguments: str) -> Result:
    return CliRunner().invoke(cli, arguments, prog_name="audiocoach")


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("template", TEMPLATES)
@pytest.mark.parametrize("name", ["warm-hands", "null", "größe 2"])
def test_a_new_script_has_no_error_and_no_warning(template: str, name: str, here: Path) -> None:
    made = run("new", name, "--template", template)
    assert made.exit_code == 0, made.output
    path = here / f"{name}.md"
    checked = run("check", "--strict", str(path))
    assert checked.exit_code == 0, checked.output
    text = path.read_text(encoding="utf-8")
    assert text.count("<!--") >= 5
    assert f"audiocoach check {name}.md" in text
    assert len(load(path, {}).chapters) >= 3


def test_the_title_is_the_name_as_one_reads_it(here: Path) -> None:
    run("new", "warm-hands.md")
    assert [path.name for path in here.iterdir()] == ["warm-hands.md"]
    assert load(here / "warm-hands.md", {}).title == "Warm hands"


def test_a_file_that_is_there_stays(here: Path) -> None:
    (here / "mine.md").write_text("My work of a whole evening.\n")
    result = run("new", "mine")
    assert result.exit_code == 1
    assert "mine.md is there already" in result.output
    assert (here / "mine.md").read_text() == "My work of a whole evening.\n"


@pytest.mark.parametrize("name", ["../up", "a/b", "", ".md", "-", "--x", "con", 'a"b', "a{b}", "."])
def test_what_is_no_name_is_refused(name: str, here: Path) -> None:
    result = run("new", "--", name)
    assert result.exit_code == 2, result.output
    assert not list(here.iterdir())


def test_the_templates_use_the_language_between_them(here: Path) -> None:
    for template in TEMPLATES:
        run("new", template, "--template", template)
    together = "\n".join(path.read_text(encoding="utf-8") for path in here.iterdir())
    for mark in (
        "[for ", "[until done, ", "- every ", "- at half", "s left:", "::: repeat", "::: for",
        "::: if", "::: else", "{next}", '!["bell"]', "\n> ", "choices:", "say-as:",
    ):  # fmt: skip
        assert mark in together, mark
