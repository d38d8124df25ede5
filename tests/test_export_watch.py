"""``audiocoach export --watch``: a file that follows its script."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from listening import wait_for

from audiocoach import embedded
from audiocoach.cli import cli, watching
from audiocoach.errors import SpeechError
from audiocoach.testing import ToneVoice

SCRIPT = """\
---
title: Small
ambience: rain
---

# One

Breathe in. [1s]

Breathe out. [1s]
"""
COMMAND = (sys.executable, "-m", "audiocoach", "export")


@pytest.fixture
def voices(monkeypatch: pytest.MonkeyPatch) -> list[ToneVoice]:
    """Those that were opened."""
    opened: list[ToneVoice] = []

    def voice(*_: object) -> ToneVoice:
        opened.append(ToneVoice())
        return opened[-1]

    monkeypatch.setattr("audiocoach.voices.catalogue.open_voice", voice)
    return opened


def words(path: Path) -> list[str]:
    told = embedded.read(path)
    assert told is not None
    return [cue.text for cue in told.cues]


@pytest.fixture
def watched(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[[Iterator[object]], Result]:
    """Runs it; each time that it looks whether to go on, the next of some things happens."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "small.md").write_text(SCRIPT)

    def run(happens: Iterator[object]) -> Result:
        def sleep(_: float) -> None:
            if next(happens, KeyboardInterrupt) is KeyboardInterrupt:
                raise KeyboardInterrupt

        ticks = iter(range(1 << 30))
        clock: Any = type("Clock", (), {"sleep": sleep, "monotonic": lambda: next(ticks)})
        monkeypatch.setattr(watching, "time", clock)
        return CliRunner().invoke(cli, ["export", "small.md", "--watch"], prog_name="audiocoach")

    return run


def test_it_is_written_again_after_each_save(
    watched: Callable[[Iterator[object]], Result], voices: list[ToneVoice], tmp_path: Path
) -> None:
    script, file = tmp_path / "small.md", tmp_path / "small.mp3"
    found: list[list[str]] = []

    def saves() -> Iterator[object]:
        found.append(words(file))
        yield None  # nothing happens
        yield script.write_text(SCRIPT.replace("out", "out slowly"))
        found.append(words(file))
        (tmp_path / "more.md").write_text("Rest now. [1s]\n")
        yield script.write_text(SCRIPT + "\n::: include more.md\n:::\n")
        found.append(words(file))
        yield (tmp_path / "more.md").write_text("Rest here now. [1s]\n")
        found.append(words(file))

    result = watched(saves())
    assert result.exit_code == 0, result.output
    assert found == [
        ["Breathe in.", "Breathe out."],
        ["Breathe in.", "Breathe out slowly."],
        ["Breathe in.", "Breathe out.", "Rest now."],
        ["Breathe in.", "Breathe out.", "Rest here now."],
    ]
    assert result.output.count("small.mp3: Small, 0:") == 4
    assert result.output.count("Save small.md to write it again; Ctrl-C ends.") == 4
    assert CliRunner().invoke(cli, ["export", "small.md", "-o", "again.mp3"]).exit_code == 0
    assert (tmp_path / "again.mp3").read_bytes() == file.read_bytes(), "as if from nothing"
    voice = voices[0]
    assert len(voices) == 2
    assert voice.spoken[2:] == ["Breathe out slowly.", "Rest now.", "Rest here now."]


def test_what_is_wrong_is_told_and_the_file_stays_as_it_was(
    watched: Callable[[Iterator[object]], Result],
    voices: list[ToneVoice],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    script, file = tmp_path / "small.md", tmp_path / "small.mp3"

    def saves() -> Iterator[object]:
        before = file.read_bytes()
        yield script.write_text(SCRIPT.replace("Breathe in", "Breathe [in"))
        assert file.read_bytes() == before

        def mute(*_: object) -> None:
            raise SpeechError("no voice today")

        with monkeypatch.context() as patch:
            patch.setattr(ToneVoice, "speak", mute)
            yield script.write_text(SCRIPT.replace("Breathe in", "Breathe deeply in"))
        assert file.read_bytes() == before
        yield script.write_text(SCRIPT.replace("Breathe in", "Breathe gently in"))
        assert words(file) == ["Breathe gently in.", "Breathe out."]

    result = watched(saves())
    assert result.exit_code == 0, result.output
    assert "small.md:8:9: error: this [ has no ]" in result.output
    assert "no voice today" in result.output
    assert len(voices) > 1, "after a fault a voice begins anew"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["small.md", "small.mp3"]


@pytest.mark.parametrize(
    ("option", "told", "code"),
    [("-o x.mp4", "must end in one of", 1), ("--voice jo", 'no voice is called "jo"', 2)],
)
def test_what_no_save_would_mend_ends_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, option: str, told: str, code: int
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "small.md").write_text(SCRIPT)
    result = CliRunner().invoke(cli, ["export", "small.md", "--watch", *option.split()])
    assert result.exit_code == code
    assert told in result.output
    assert "Save small.md" not in result.output


def test_a_script_that_is_wrong_at_first_is_waited_for(
    watched: Callable[[Iterator[object]], Result], voices: list[ToneVoice], tmp_path: Path
) -> None:
    (tmp_path / "small.md").write_text(SCRIPT.replace("Breathe in", "Breathe [in"))

    def saves() -> Iterator[object]:
        assert not (tmp_path / "small.mp3").exists()
        yield (tmp_path / "small.md").write_text(SCRIPT)
        assert words(tmp_path / "small.mp3") == ["Breathe in.", "Breathe out."]

    assert watched(saves()).exit_code == 0
    assert len(voices) == 1


def test_another_language_gets_another_voice(
    watched: Callable[[Iterator[object]], Result], voices: list[ToneVoice], tmp_path: Path
) -> None:
    german = SCRIPT.replace("ambience", "language: de-DE\nambience")

    def saves() -> Iterator[object]:
        yield (tmp_path / "small.md").write_text(german)
        yield (tmp_path / "small.md").write_text(SCRIPT)

    assert watched(saves()).exit_code == 0
    assert len(voices) == 2


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")
def test_in_a_terminal_ctrl_c_ends_it(tmp_path: Path) -> None:
    script, told = tmp_path / "small.md", tmp_path / "told"
    script.write_text(SCRIPT)
    with told.open("wb") as file:
        process = subprocess.Popen(
            [*COMMAND, "small.md", "--voice", "pyttsx3", "--watch"],
            cwd=tmp_path,
            stdout=file,
            stderr=file,
            env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])},
        )

    def written(times: int) -> bool:
        if process.poll() == 2:
            pytest.skip("no system voice here")
        return told.read_text().count("Ctrl-C ends.") == times

    try:
        wait_for(lambda: written(1), 120)
        script.write_text(SCRIPT.replace("out", "out slowly"))
        wait_for(lambda: written(2), 60)
        assert words(tmp_path / "small.mp3") == ["Breathe in.", "Breathe out slowly."]
        time.sleep(0.3)
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 0
    finally:
        process.kill()
        process.wait()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["small.md", "small.mp3", "told"]
