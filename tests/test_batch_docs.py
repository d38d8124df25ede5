"""``docs/batch.md`` says what is so."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from batching import names, plan_at, prepared, script

from audiocoach import testing
from audiocoach.batch import plan
from audiocoach.batch.product import MAX_COMBINATIONS
from audiocoach.errors import BatchError, ClusterError, ScriptError
from audiocoach.voices import catalogue

TEXT = (Path(__file__).parents[1] / "docs" / "batch.md").read_text(encoding="utf-8")
(EXAMPLE,) = re.findall(r"^```toml\n(.*?)^```$", TEXT, re.DOTALL | re.MULTILINE)


def test_the_example_makes_what_it_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(catalogue, "open_voice", testing.open_tone)
    (tmp_path / "scripts").mkdir()
    for name in ("back-massage", "body-scan", "wind-down", "desk"):
        script(tmp_path / "scripts", name)
        script(tmp_path / "scripts", f"{name}.de", "de")
    text = EXAMPLE.replace('"back-massage", ', "")
    for voice, tone in (("joe", "tone"), ("en-gb", "tone-en-gb"), ("thorsten", "tone-de")):
        text = text.replace(f'"{voice}"', f'"{tone}"')
    text = text.replace('position = ["lying", "chair"]', 'side = ["left"]')
    found = names(prepared(plan_at(tmp_path, text)).jobs)
    assert len(found) == 4 * 3 * 3 - 2 * 3 + 2
    assert "de/desk-tone-de-10m.mp3" in found
    assert "en/desk-tone.mp3" in found
    assert "en/wind-down-tone-en-gb-1h.mp3" in found
    assert not [name for name in found if "body-scan" in name and "10m" in name]


def test_every_key_is_in_the_table() -> None:
    rows = re.findall(r"^\| (`[^|]*) \|", TEXT.partition("Every routine is made")[2], re.MULTILINE)
    keys = {key.strip("[]") for row in rows for key in re.findall(r"`([^`]*)`", row)}
    with pytest.raises(ScriptError) as caught:
        plan.parse(b'routines = ["x"]\nqqqqqq = 1', Path("x.toml"))
    known = str(caught.value).splitlines()[0].partition("; there is ")[2].split(", ")
    assert set(known) <= keys


def test_the_exit_codes_are_those_of_the_errors() -> None:
    for error in (BatchError, ClusterError):
        assert f"| {error.exit_code} |" in TEXT


def test_bounds_are_told() -> None:
    assert f"{MAX_COMBINATIONS:,} files at most" in TEXT
