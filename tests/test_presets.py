from __future__ import annotations

import os
import re
from dataclasses import fields
from pathlib import Path

import pytest
from click.testing import CliRunner

from audiocoach.cli import cli
from audiocoach.errors import NotFoundError
from audiocoach.presets import PRESETS, Preset, preset

DOCS = Path(__file__).parents[1] / "docs" / "sound.md"
_ROW = re.compile(r"^\| `(?P<number>\w+\.\w+)` \|(?P<values>(?: [-\d.]+ \|){3}) ", re.MULTILINE)

each = pytest.mark.parametrize("found", PRESETS.values(), ids=PRESETS)


def numbers(found: Preset) -> dict[str, float]:
    """Every number of a preset by its name in the documents."""
    return {
        f"{part}.{field.name}": getattr(getattr(found, part), field.name)
        for part in ("levels", "tone", "bed_tone")
        for field in fields(getattr(found, part))
    }


def test_the_documents_say_every_number_as_it_is() -> None:
    """``AUDIOCOACH_WRITE_DOCS=1`` writes the numbers anew; what they are for is written by hand."""
    text = DOCS.read_text(encoding="utf-8")
    values = [numbers(found) for found in PRESETS.values()]

    def row(match: re.Match[str]) -> str:
        name = match["number"]
        cells = "".join(f" {of[name]:g} |" for of in values if name in of)
        return f"| `{name}` |{cells} "

    told = _ROW.sub(row, text)
    if os.environ.get("AUDIOCOACH_WRITE_DOCS"):
        DOCS.write_text(told, encoding="utf-8")
        text = told
    assert text == told
    assert [match["number"] for match in _ROW.finditer(text)] == list(values[0])
    assert f"| number | {' | '.join(PRESETS)} |" in text


def test_the_phone_is_what_one_gets_without_asking() -> None:
    assert next(iter(PRESETS)) == "phone"
    for command in ("export", "play", "preview"):
        (option,) = [it for it in cli.commands[command].params if it.name == "preset"]
        assert option.default == "phone"


def test_a_preset_that_is_not_there_is_told_with_the_nearest() -> None:
    with pytest.raises(NotFoundError, match='no preset is called "fone"; did you mean "phone"'):
        preset("fone")
    result = CliRunner().invoke(cli, ["export", "back-massage", "--preset", "fone"])
    assert result.exit_code == 2
    assert "'phone', 'headphones', 'speaker'" in result.output


@each
def test_a_preset_keeps_its_own_promises(found: Preset) -> None:
    levels = found.levels
    assert -(levels.bed + levels.duck) >= levels.clear
    assert levels.bed_least < levels.bed < 0
    assert -20 <= levels.programme <= -16
    assert levels.ceiling <= -1


@each
def test_accessible_speech_stands_20_db_over_the_bed(found: Preset) -> None:
    """W3C technique G56."""
    levels = preset(found.name, accessible=True).levels
    assert levels.clear == 20
    assert levels.bed + levels.duck <= -24
    assert levels.bed == found.levels.bed
