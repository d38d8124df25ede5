"""Voices that are fetched in tests: a server with one, and the commands."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner, Result

from audiocoach.cli import cli
from audiocoach.voices import piper

needs_piper = pytest.mark.skipif(not piper.installed(), reason="Piper is missing")

KEY = "en_GB-fake-medium"
MODEL = bytes(range(256)) * 4_000
SETTINGS = json.dumps(
    {"audio": {"sample_rate": 22050, "quality": "medium"}, "language": {"code": "en_GB"}}
).encode()


def run(*arguments: str, answer: str | None = None) -> Result:
    return CliRunner().invoke(cli, ["voices", *arguments], input=answer)


def add(name: str = KEY) -> Result:
    return run("add", name, "--yes")


def names() -> dict[str, bool]:
    """Every neural voice that is listed, and whether it is here."""
    listed = json.loads(run("--format", "json").stdout)
    return {voice["name"]: voice["installed"] for voice in listed if voice["engine"] != "pyttsx3"}


needs_joe = pytest.mark.skipif("joe" not in names(), reason="the voice joe is missing")
