"""A studio for tests: one script, plans for it, and what a batch of them leaves."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from batching import script
from click.testing import CliRunner, Result

from audiocoach import testing
from audiocoach.batch import runners
from audiocoach.batch.run_local import LocalRunner
from audiocoach.cli import cli
from audiocoach.voices import catalogue

PLAN = """
routines = ["desk.md"]
voices = "tone"
lengths = "45s"
formats = "wav"
set.side = ["left", "right"]
to = "out"
"""
FOUR = PLAN.replace('"45s"', '["40s", "50s"]').replace('"wav"', '"mp3"') + 'beside = ["vtt"]\n'
ONE = PLAN.replace('["left", "right"]', '"left"') + 'beside = ["vtt"]\n'
NAMES = ["desk-40s-left", "desk-40s-right", "desk-50s-left", "desk-50s-right"]
LONG = 'routines = ["desk.md"]\nvoices = "tone"\nlengths = ["2m", "3m", "4m"]\nformats = "wav"\n'


@pytest.fixture
def batch_tones(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(catalogue, "open_voice", testing.open_tone)

    def open_runner(jobs: int | None, _scheduler: str | None) -> LocalRunner:
        return LocalRunner(jobs or 2, testing.use_tones)

    monkeypatch.setattr(runners, "open_runner", open_runner)


@pytest.fixture
def studio(tmp_path: Path) -> Path:
    script(tmp_path, "desk", longest="25m")
    return tmp_path


def cli_batch(path: Path, *arguments: str) -> Result:
    return CliRunner().invoke(cli, ["batch", str(path), *arguments], prog_name="audiocoach")


def summary(folder: Path) -> dict[str, Any]:
    told: dict[str, Any] = json.loads((folder / "studio.summary.json").read_text())
    return told


def states(folder: Path) -> list[str]:
    return [each["state"] for each in summary(folder)["files"]]


def litter(folder: Path) -> list[str]:
    return [
        str(path) for path in folder.rglob("*") if "parts/" in str(path) or ".part" in path.name
    ]
