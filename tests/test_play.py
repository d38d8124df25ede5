"""``audiocoach play``: outputs, keys and screen alone, then the command as a person uses it."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner, Result
from listening import heard, levels, occurrences, roughness, wait_for
from numpy.typing import NDArray

from audiocoach import library
from audiocoach.cli import cli
from audiocoach.clips import Clip, ClipCache, clip_key
from audiocoach.routine import Pace
from audiocoach.units import RATE
from audiocoach.voices.catalogue import open_voice

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


class Server:
    """A PulseAudio server of its own, with an output that nobody hears and that is recorded."""

    def __init__(self, folder: Path) -> None:
        self.environment = {
            **os.environ,
            "XDG_RUNTIME_DIR": str(folder),
            "PULSE_RUNTIME_PATH": str(folder),
            "PULSE_SERVER": f"unix:{folder}/native",
            "DBUS_SESSION_BUS_ADDRESS": "disabled:",
        }
        modules = (
            "module-null-sink sink_name=nobody rate=44100 channels=2",
            f"module-native-protocol-unix auth-anonymous=1 socket={folder}/native",
        )
        self._folder = folder
        self._processes = [
            self._start(
                *("pulseaudio", "--daemonize=no", "--exit-idle-time=-1", "-n"),
                *("--disable-shm=yes", "--use-pid-file=no"),
                *(part for module in modules for part in ("-L", module)),
            )
        ]
        wait_for(lambda: self._start("pactl", "info").wait() == 0)

    def _start(self, *command: str, into: Path | None = None) -> subprocess.Popen[bytes]:
        with (into or Path(os.devnull)).open("wb") as file:
            return subprocess.Popen(
                command, env=self.environment, stdout=file, stderr=subprocess.DEVNULL
            )

    def record(self) -> None:
        """Record what is played from now on."""
        self._file = self._folder / "recorded"
        raw = ("--format=s16le", f"--rate={RATE}", "--channels=2", "--latency-msec=20")
        self._processes.append(
            self._start("parec", "--device=nobody.monitor", *raw, into=self._file)
        )
        wait_for(lambda: self._file.stat().st_size > 0)

    def recorded(self) -> NDArray[np.float64]:
        """What was played since ``record``, shape ``(n,)``."""
        data = self._file.read_bytes()
        samples = np.frombuffer(data[: len(data) // 4 * 4], dtype="<i2").reshape(-1, 2)
        return np.asarray(samples.mean(axis=1) / 32767)

    def close(self) -> None:
        for process in reversed(self._processes):
            process.kill()
            process.wait()


@pytest.fixture
def server() -> Iterator[Server]:
    for program in ("pulseaudio", "pactl", "parec"):
        if shutil.which(program) is None:
            pytest.skip(f"{program} is not installed (apt: pulseaudio, pulseaudio-utils)")
    # Not pytest's own folder: the path of a socket has room for a hundred letters.
    with tempfile.TemporaryDirectory(prefix="pulse-") as folder:
        server = Server(Path(folder))
        yield server
        server.close()


_ON_TERMINAL = (
    "import fcntl, os, sys, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0); "
    "os.execv(sys.argv[1], sys.argv[1:])"
)


class Terminal:
    """A program on a terminal of 80 by 24."""

    def __init__(self, environment: dict[str, str], *arguments: str) -> None:
        import fcntl
        import pty
        import termios

        self._master, self._slave = pty.openpty()
        fcntl.ioctl(self._slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
        self.mode_before = termios.tcgetattr(self._slave)
        self._received = b""
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        program = (sys.executable, "-m", "audiocoach", *arguments)
        self.process = subprocess.Popen(
            [sys.executable, "-c", _ON_TERMINAL, *program],
            stdin=self._slave,
            stdout=self._slave,
            stderr=self._slave,
            env={**environment, "TERM": "xterm-256color"},
            start_new_session=True,
        )

    def _read(self) -> None:
        with contextlib.suppress(OSError):
            while data := os.read(self._master, 65_536):
                self._received += data

    @property
    def text(self) -> str:
        """All that was printed."""
        return self._received.decode(errors="replace")

    @property
    def mode(self) -> list[Any]:
        import termios

        return termios.tcgetattr(self._slave)

    def press(self, keys: str) -> None:
        os.write(self._master, keys.encode())

    def wait_for(self, text: str) -> None:
        """Wait until ``text`` is printed, after what was printed when this was asked last."""
        wait_for(lambda: text in self.text, 60)
        self._received = self._received[self._received.index(text.encode()) + len(text) :]

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        os.close(self._slave)
        os.close(self._master)


@pytest.fixture
def on_terminal() -> Iterator[Callable[..., Terminal]]:
    if os.name != "posix":
        pytest.skip("needs a POSIX terminal")
    terminals: list[Terminal] = []

    def opened(environment: dict[str, str], *arguments: str) -> Terminal:
        terminals.append(Terminal(environment, *arguments))
        return terminals[-1]

    yield opened
    for terminal in terminals:
        terminal.close()


def spoken_clips(own_folders: Path) -> dict[str, Clip]:
    """The clips that the command made."""
    voice = open_voice(VOICE, "en-US", Pace.CALM)
    cache = ClipCache(library.cache_folder())
    clips = {text: cache.get(clip_key(voice.key, text)) for text in (FIRST, SECOND, THIRD, LAST)}
    voice.close()
    assert own_folders.is_dir()
    return {text: clip for text, clip in clips.items() if clip is not None}


def bold(words: str) -> str:
    """What is being said, as it stands on the screen."""
    return f"\x1b[1m{words}"


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
    assert terminal.process.wait(30) == 0

    assert terminal.mode == terminal.mode_before
    # The cursor is back, and what was on the screen before; nothing is printed after, but that
    # a busy machine had gaps.
    _, restored, after = terminal.text.rpartition("\x1b[?25h\x1b[?1049l")
    assert restored
    assert after == "" or after.startswith("audiocoach: gaps in the sound: ")
    sound = server.recorded()[began:]
    clips = spoken_clips(own_folders)
    assert heard(sound, clips) == [FIRST, THIRD, LAST]
    (again,) = occurrences(sound, clips[FIRST])
    pause = sound[round((again - 2.2) * RATE) : round((again - 0.8) * RATE)]
    words = sound[round(again * RATE) : round(again * RATE) + len(clips[FIRST].samples)]
    assert levels(pause).max() < 0.2 * levels(words).max()
    assert np.median(levels(pause)) > 0.01 * levels(words).max()
    assert np.mean(levels(pause) > 0.3 * np.median(levels(pause))) > 0.95
    quiet = np.diff(np.flatnonzero(sound != 0)).max() / RATE
    assert quiet < 0.1  # from the first sound to the last
    assert roughness(sound) <= 1.3 * roughness(words)


def test_the_terminal_is_restored_when_it_ends_in_an_error(
    script: Path, on_terminal: Callable[..., Terminal]
) -> None:
    terminal = on_terminal(
        dict(os.environ), *("play", str(script), "--voice", "nobody", "--device", "null")
    )
    assert terminal.process.wait(60) == 2
    assert terminal.mode == terminal.mode_before
    wait_for(lambda: 'no voice is called "nobody"' in terminal.text.rpartition("\x1b[?1049l")[2])


def test_ctrl_c_on_a_terminal_leaves(script: Path, on_terminal: Callable[..., Terminal]) -> None:
    terminal = on_terminal(
        dict(os.environ), *("play", str(script), "--voice", VOICE, "--device", "null")
    )
    terminal.wait_for("space pause")
    assert terminal.mode != terminal.mode_before
    terminal.press("\x03")
    assert terminal.process.wait(60) == 0
    assert terminal.mode == terminal.mode_before
