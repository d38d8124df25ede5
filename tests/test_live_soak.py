"""A long session on a real terminal and a real sound server, with keys at random."""

from __future__ import annotations

import os
import random
import re
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from playing import Server, Terminal

from audiocoach import library
from audiocoach.live.bookmarks import Bookmarks
from audiocoach.units import RATE

pytestmark = pytest.mark.quiet

MINUTES = float(os.environ.get("AUDIOCOACH_SOAK_MINUTES", "0"))
KEYS = [
    *(" ", "\x1b[C", "\x1b[C", "\x1b[D", "\x1b[D", "\x1b[D", "\r", "r", ".", ",", ",", "n", "p"),
    *("p", "l", "k", "[", "]", "t", "t", "+", "-", "0", "9", "8", "7"),
]


def resident_kb(process: int) -> int:
    status = Path(f"/proc/{process}/status").read_text()
    found = re.search(r"VmRSS:\s+(\d+) kB", status)
    assert found is not None
    return int(found.group(1))


@pytest.mark.skipif(
    MINUTES == 0, reason="takes its time: AUDIOCOACH_SOAK_MINUTES=30 says how long, in minutes"
)
@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
@pytest.mark.timeout(MINUTES * 60 + 300)
def test_a_long_session_with_keys_at_random(
    server: Server, on_terminal: Callable[..., Terminal]
) -> None:
    chance = random.Random(1)  # noqa: S311 - no secret
    server.record()
    began = len(server.recorded())
    terminal = on_terminal(server.environment, "play", "back-massage", "--voice", "pyttsx3")
    terminal.wait_for("Next:")
    bookmarks = Bookmarks(library.state_folder() / "sessions", library.find_routine("back-massage"))
    deadline = time.monotonic() + MINUTES * 60
    memory: list[int] = []
    pressed = read = 0
    load = 0.0
    while time.monotonic() < deadline:
        terminal.press(chance.choice(KEYS))
        pressed += 1
        time.sleep(chance.uniform(0.2, 6.0))
        assert terminal.process.poll() is None, terminal.text[-2_000:]
        memory.append(resident_kb(terminal.process.pid))
        if bookmarks.path.exists():
            assert bookmarks.load() is not None
            read += 1
        load = max(load, os.getloadavg()[0])
    terminal.press(" q")
    assert terminal.ended(60) == 0
    after = terminal.text.rpartition("\x1b[?1049l")[2]
    half = len(memory) // 2
    sound = server.recorded()[began + 10 * RATE :]
    silent = np.diff(np.flatnonzero(sound != 0)).max() / RATE
    told = (
        f"{pressed} keys; bookmark read {read} times; memory {max(memory[:half])} kB, later "
        f"{max(memory[half:])} kB; load up to {load}; longest silence {silent:.3f} s; {after}"
    )
    sys.stderr.write(told)
    assert max(memory[half:]) < 1.1 * max(memory[:half]), told
    assert "gaps in the sound" not in after, told
    assert silent < 0.1, told
