"""docs/measure.md says every bound as it is."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path

import pytest

from audiocoach.errors import NotFoundError
from audiocoach.measure.bounds import DEFAULT, Bounds, bounds
from audiocoach.presets import PRESETS

DOCS = Path(__file__).parents[1] / "docs" / "measure.md"
_ROW = re.compile(r"^\| `(\w+)` \| (.+?) \| (.+?) \| (.+?) \| ", re.MULTILINE)


def told(value: float | None) -> str:
    return "–" if value is None else f"{value:g}"


def test_the_documents_say_every_bound_as_it_is() -> None:
    text = DOCS.read_text(encoding="utf-8")
    assert f"| bound | {' | '.join(PRESETS)} |" in text
    rows = {row[0]: row[1:] for row in _ROW.findall(text)}
    assert set(rows) == {field.name for field in fields(Bounds)}
    for name, values in rows.items():
        assert values == tuple(told(getattr(bounds(preset), name)) for preset in PRESETS), name


def test_a_file_is_judged_by_what_its_preset_mixes_to() -> None:
    for name, preset in PRESETS.items():
        assert bounds(name).integrated == preset.levels.programme
        assert bounds(name).over_bed == preset.levels.clear
        assert bounds(name, accessible=True).over_bed == 20
        assert bounds(name).true_peak > preset.levels.ceiling
    assert DEFAULT == "phone"
    with pytest.raises(NotFoundError, match='did you mean "phone"'):
        bounds("fone")
