"""``audiocoach play``: outputs, keys and screen alone, then the command as a person uses it."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result
from listening import heard, levels, occurrences, roughness, wait_for
from playing import Server, Terminal, bold

from audiocoach import library
from audiocoach.cli import cli
from audiocoach.clips import Clip, ClipCache, clip_key
from audiocoach.routine import Pace
from audiocoach.units import RATE
from audiocoach.voices.catalogue import open_voice

pytestmark = pytest.mark.quiet

VOICE = "pyttsx3"
FIRST = "Breathe in slowly, and feel both of your shoulders sink."
SECOND = "Breathe out, and let the jaw and the hands go loose."
THIRD = "Rest your hands."
LAST = "That is all for today, my friend."
SCRIPT = f"""---
title: A short rest
ambience: rain
---

# Breathing

{FIRST} [1s]

{SECOND} [1s]

# Resting

{THIRD} [until done, 2s]

{LAST} [1s]
"""


@pytest.fixture
def script(tmp_path: Path) -> Path:
    path = tmp_path / "rest.md"
    path.write_text(SCRIPT)
    return path


def run(*arguments: str) -> Result:
    return CliRunner().invoke(cli, ["play", *arguments], prog_name="audiocoach")


def test_a_rehearsal_says_every_cue_and_takes_exported_times(script: Path) -> None:
    result = run(str(script), "--voice", VOICE, "--device", "null", "--speed", "max")
    assert result.exit_code == 0, result.output
    lines = [re.fullmatch(r"(\d+):(\d\d)  (.*)", line) for line in result.stdout.splitlines()]
    told = [line.group(3) for line in lines if line]
    assert told == ["# Breathing", FIRST, SECOND, "# Resting", THIRD, LAST]
    assert "\x1b" not in result.stdout


def test_wrong_usage_is_told_before_anything_sounds(script: Path) -> None:
    assert run(str(script), "--speed", "2").exit_code == 2
    assert run(str(script), "--device", "null", "--speed", "0").exit_code == 2
    assert run(str(script), "--device", "null", "--speed", "quick").exit_code == 2
    assert run(str(script), "--device", "null", "--volume", "300").exit_code == 2
    assert run("no-such-routine", "--device", "null").exit_code == 2
    assert run(str(script), "--device", "null", "--ambience", "silence").exit_code == 2


def test_a_voice_that_is_not_there_is_an_error(script: Path) -> None:
    result = run(str(script), "--voice", "nobody", "--device", "null", "--speed", "max")
    assert result.exit_code == 2
    assert 'no voice is called "nobody"' in result.stderr


def test_a_voice_that_fails_is_an_error(script: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("audiocoach.live.apart._CHILD", "audiocoach.no_such_module")
    result = run(str(script), "--device", "null", "--speed", "max")
    assert result.exit_code == 4
    assert "the process that speaks has ended (exit code 1" in result.stderr
    assert "No module named audiocoach.no_such_module" in result.stderr


@pytest.mark.skipif(os.name != "posix", reason="signals are POSIX")
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 0), (signal.SIGTERM, 143)])
def test_a_signal_ends_it_softly(script: Path, number: int, code: int) -> None:
    command = [sys.executable, "-m", "audiocoach", "play", str(script), "--device", "null"]
    process = subprocess.Popen(
        [*command, "--voice", VOICE], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdout
    assert process.stdout.readline() == "0:00  # Breathing\n"
    process.send_signal(number)
    errors = process.communicate(timeout=60)[1]
    assert (process.returncode, errors) == (code, "")


# On a real terminal, into a real sound server


def spoken_clips(own_folders: Path) -> dict[str, Clip]:
    """The clips that the command made."""
    voice = open_voice(VOICE, "en-US", Pace.CALM)
    cache = ClipCache(library.cache_folder())
    clips = {text: cache.get(clip_key(voice.key, text)) for text in (FIRST, SECOND, THIRD, LAST)}
    voice.close()
    assert own_folders.is_dir()
    return {text: clip for text, clip in clips.items() if clip is not None}


def test_a_person_plays_a_routine(
    server: Server, script: Path, on_terminal: Callable[..., Terminal], own_folders: Path
) -> None:
    server.record()
    began = len(server.recorded())
    terminal = on_terminal(server.environment, "play", str(script), "--voice", VOICE)

    terminal.wait_for(f"Next: {FIRST}")
    wait_for(lambda: bool(server.recorded()[began:].any()))  # before any word
    terminal.wait_for(bold(FIRST))
    time.sleep(1.2)  # in the middle of it
    terminal.press(" ")
    terminal.wait_for("Paused.")
    time.sleep(2.5)
    terminal.press(" ")
    terminal.wait_for(bold(SECOND))
    time.sleep(1.0)
    terminal.press("\x1b[C")
    terminal.wait_for("Waiting for you.")
    time.sleep(1.5)
    terminal.press("\r")
    terminal.wait_for(bold(LAST))
    time.sleep(4.0)
    terminal.press("q")
    assert terminal.ended() == 0

    assert terminal.mode == terminal.mode_before
    # The cursor is back, and what was on the screen before; nothing is printed after, but that
    # a busy machine had gaps, or how to go on where the last words were not yet over.
    _, restored, after = terminal.text.rpartition("\x1b[?25h\x1b[?1049l")
    assert restored
    assert re.fullmatch(r"(audiocoach: gaps in the sound: .*\s+)?(You left in (.|\s)*)?", after)
    sound = server.recorded()[began:]
    clips = spoken_clips(own_folders)
    assert heard(sound, clips) == [FIRST, THIRD, LAST]
    (again,) = occurrences(sound, clips[FIRST])
    pause = sound[round((again - 2.2) * RATE) : round((again - 0.8) * RATE)]
    words = sound[round(again * RATE) : round(again * RATE) + len(clips[FIRST].samples)]
    assert levels(pause).max() < 0.2 * levels(words).max()
    assert np.median(levels(pause)) > 0.01 * levels(words).max()
    assert np.mean(levels(pause) > 0.3 * np.median(levels(pause))) > 0.95
    if "gaps in the sound" not in after:  # a machine that was too busy tells it
        sounding = np.flatnonzero(sound != 0)
        # It cannot be told of the first second, in which the bed comes in, and of the last two.
        first, last = sounding[0] + RATE, sounding[-1] - 2 * RATE
        assert np.diff(sounding[(sounding > first) & (sounding < last)]).max() < 0.1 * RATE
        assert roughness(sound) <= 1.3 * roughness(words)


def test_the_terminal_is_restored_when_it_ends_in_an_error(
    script: Path, on_terminal: Callable[..., Terminal]
) -> None:
    terminal = on_terminal(
        dict(os.environ), *("play", str(script), "--voice", "nobody", "--device", "null")
    )
    assert terminal.ended(60) == 2
    assert terminal.mode == terminal.mode_before
    wait_for(lambda: 'no voice is called "nobody"' in terminal.text.rpartition("\x1b[?1049l")[2])


def test_ctrl_c_on_a_terminal_leaves(script: Path, on_terminal: Callable[..., Terminal]) -> None:
    terminal = on_terminal(
        dict(os.environ), *("play", str(script), "--voice", VOICE, "--device", "null")
    )
    terminal.wait_for("space pause")
    assert terminal.mode != terminal.mode_before
    terminal.press("\x03")
    assert terminal.ended(60) == 0
    assert terminal.mode == terminal.mode_before
