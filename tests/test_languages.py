"""A script in another language, from its text to the exported file."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from audiocoach import render
from audiocoach.cli import cli
from audiocoach.errors import NotFoundError
from audiocoach.script import load
from audiocoach.units import RATE
from audiocoach.voices.catalogue import available

GERMAN = """---
title: Schultern
language: de-DE
ambience: none
---

# Ankommen

Setz dich bequem hin, z. B. auf einen Stuhl. [1s]

Lass die Schultern 5-10 Min. sinken. Sag (bonjour)[lang:"fr-FR"].
"""

needs_german = pytest.mark.skipif(
    sys.platform != "linux" or "de" not in {info.name for info in available()},
    reason="no eSpeak NG for pyttsx3, so nobody here is known to speak German",
)


@pytest.fixture
def script(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "schultern.md"
    path.write_text(GERMAN, encoding="utf-8")
    return path


@needs_german
@pytest.mark.parametrize("name", ["auto", "pyttsx3"])
def test_a_german_script_is_spoken_by_a_german_voice(script: Path, name: str) -> None:
    routine = load(script, {})
    with render.open_speaker(routine, name) as speaker:
        voices = {
            part.voice.info.language: part.phrase.text
            for cue in routine.cues()
            for part in speaker.parts(cue)
        }
        assert set(voices) == {"de", "fr-FR"}
        assert voices["fr-FR"].startswith("bonjour")
        first, second = routine.cues()
        assert speaker.parts(first)[0].phrase.text == (
            "Setz dich bequem hin, zum Beispiel auf einen Stuhl."
        )
        assert speaker.parts(second)[0].phrase.text.startswith(
            "Lass die Schultern fünf bis zehn Minuten sinken. Sag"
        )


@needs_german
def test_a_german_script_becomes_a_file_with_every_word(script: Path) -> None:
    result = CliRunner().invoke(
        cli, ["export", str(script), "-o", "s.wav", "--voice", "pyttsx3", "--cues", "s.json"]
    )
    assert result.exit_code == 0, result.output
    assert "2 cues" in result.output
    sound = np.frombuffer(Path("s.wav").read_bytes()[44:], dtype="<i2").astype(np.float32)
    loud = abs(sound[: len(sound) // 8820 * 8820]).reshape(-1, 8820).max(axis=1) > 1_000
    assert loud.sum() * 8820 / 2 / RATE > 4, "less than four seconds of speech"


@needs_german
def test_a_german_script_has_no_warning(script: Path) -> None:
    result = CliRunner().invoke(cli, ["check", str(script)])
    assert result.output.strip() == f"{script}: no problems"


def test_a_language_that_nobody_speaks_fails_and_says_what_there_is(script: Path) -> None:
    script.write_text(GERMAN.replace("de-DE", "tlh"), encoding="utf-8")
    with (
        pytest.raises(NotFoundError, match=r"language|cannot be used"),
        render.open_speaker(load(script, {}), "auto"),
    ):
        pass
    result = CliRunner().invoke(cli, ["export", str(script), "-o", "s.mp3"])
    assert result.exit_code == 2
    assert "audiocoach: " in result.output
    assert not Path("s.mp3").exists()
