"""What a program is played on in tests: a sound server of its own, and a terminal."""

from __future__ import annotations

import contextlib
import os
import signal
import struct
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from listening import wait_for
from numpy.typing import NDArray

from audiocoach.units import RATE


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
        self._folder = folder
        self._processes: list[subprocess.Popen[bytes]] = []
        self.start()

    def start(self) -> None:
        """Start the server, which has one output, ``nobody``."""
        modules = (
            "module-null-sink sink_name=nobody rate=44100 channels=2",
            f"module-native-protocol-unix auth-anonymous=1 socket={self._folder}/native",
        )
        self._processes.append(
            self._start(
                *("pulseaudio", "--daemonize=no", "--exit-idle-time=-1", "-n"),
                *("--disable-shm=yes", "--use-pid-file=no"),
                *(part for module in modules for part in ("-L", module)),
            )
        )
        wait_for(lambda: self._start("pactl", "info").wait() == 0)

    def ask(self, *words: str) -> None:
        """Ask the server for something, as ``pactl`` does."""
        assert self._start("pactl", *words).wait() == 0

    def _start(self, *command: str, into: Path | None = None) -> subprocess.Popen[bytes]:
        with (into or Path(os.devnull)).open("wb") as file:
            return subprocess.Popen(
                command, env=self.environment, stdout=file, stderr=subprocess.DEVNULL
            )

    def record(self, sink: str = "nobody") -> None:
        """Record what is played from now on."""
        self.recording = self._folder / f"recorded from {sink}"
        raw = ("--format=s16le", f"--rate={RATE}", "--channels=2", "--latency-msec=20")
        self._processes.append(
            self._start("parec", f"--device={sink}.monitor", *raw, into=self.recording)
        )
        wait_for(lambda: self.recording.stat().st_size > 0)

    def recorded(self) -> NDArray[np.float64]:
        """What was played since ``record``, shape ``(n,)``."""
        data = self.recording.read_bytes()
        samples = np.frombuffer(data[: len(data) // 4 * 4], dtype="<i2").reshape(-1, 2)
        return np.asarray(samples.mean(axis=1) / 32767)

    def stop(self) -> None:
        """End it, and what records, at once."""
        for process in reversed(self._processes):
            process.kill()
            process.wait()
        self._processes.clear()


_SIZE = ("COLUMNS", "LINES")
_ON_TERMINAL = (
    "import fcntl, os, sys, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0); "
    "os.execv(sys.argv[1], sys.argv[1:])"
)


class Terminal:
    """A program on a terminal of 80 by 24."""

    def __init__(self, environment: dict[str, str], *arguments: str, broken: str = "") -> None:
        """Run the program; ``broken`` is code that runs first, to break something in it."""
        import fcntl
        import pty
        import termios

        self._master, self._slave = pty.openpty()
        fcntl.ioctl(self._slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
        self.mode_before = termios.tcgetattr(self._slave)
        self._received = b""  # the thread that reads adds to it, and nobody else changes it
        self._seen = 0
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        begin = ("-c", f"{broken}\nfrom audiocoach.cli import main\nmain()")
        program = (sys.executable, *(begin if broken else ("-m", "audiocoach")), *arguments)
        # Who runs tests in several processes tells them the size of another terminal.
        kept = {name: environment[name] for name in environment if name not in _SIZE}
        self.process = subprocess.Popen(
            [sys.executable, "-c", _ON_TERMINAL, *program],
            stdin=self._slave,
            stdout=self._slave,
            stderr=self._slave,
            env={**kept, "TERM": "xterm-256color", "PYTHONFAULTHANDLER": "1"},
            start_new_session=True,
        )

    def _read(self) -> None:
        with contextlib.suppress(OSError):
            while data := os.read(self._master, 65_536):
                self._received += data

    @property
    def text(self) -> str:
        """What was printed after what was waited for last."""
        return self._received[self._seen :].decode(errors="replace")

    @property
    def mode(self) -> list[Any]:
        import termios

        return termios.tcgetattr(self._slave)

    def resize(self, columns: int, rows: int) -> None:
        """As when somebody pulls at the corner of the window."""
        import fcntl
        import termios

        fcntl.ioctl(self._slave, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def assert_given_back(self) -> None:
        """It is as it was before: its mode, what was on it, the cursor, the mouse."""
        assert self.mode == self.mode_before
        wait_for(lambda: "\x1b[?1049l" in self.text)  # what was printed may be on its way
        for taken, back in (
            *(("\x1b[?1049h", "\x1b[?1049l"), ("\x1b[?25l", "\x1b[?25h")),
            *(("\x1b[?1000h", "\x1b[?1000l"), ("\x1b[?1006h", "\x1b[?1006l")),
        ):
            assert self.text.rfind(back) > self.text.rfind(taken)

    def press(self, keys: str) -> None:
        os.write(self._master, keys.encode())

    def wait_for(self, text: str) -> None:
        """Wait until ``text`` is printed, after what was printed when this was asked last."""
        try:
            wait_for(lambda: text in self.text, 60)
        except AssertionError:
            self.process.send_signal(signal.SIGABRT)
            time.sleep(1)
            pytest.fail(f"{text!r} was not printed within 60 s, but:\n{self.text}")
        self._seen = self._received.index(text.encode(), self._seen) + len(text.encode())

    def ended(self, timeout_s: float = 30) -> int:
        """The exit code. A program that does not end tells where it is before the test fails."""
        try:
            return self.process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            self.process.send_signal(signal.SIGABRT)
            self.process.wait()
            wait_for(lambda: "Current thread" in self.text or "most recent call" in self.text)
            pytest.fail(f"it did not end within {timeout_s} s:\n{self.text}")

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        os.close(self._slave)
        os.close(self._master)


def bold(words: str) -> str:
    """What is being said, as it stands on the screen."""
    return f"\x1b[1m{words}"
