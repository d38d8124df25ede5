"""How long after a command the loudspeaker obeys.

    python benchmarks/reaction.py [--runs 20] [--busy 0] [--write FOLDER]

Plays one long tone as a word into a PulseAudio server of its own, whose output nobody hears and
which is recorded from its monitor, asks for a pause at random moments, and looks in the recording
for where the tone has begun to fade (by 1 dB) and where it is gone (by 20 dB). The recording's
clock is the earliest at which each frame was seen in it, so that what the recorder itself holds
back counts as reaction. Beside it stands what PulseAudio says that it holds for the program, which
is the device's buffer. ``--busy N`` keeps processors busy with N processes meanwhile.

Needs PulseAudio, ``pactl`` and ``parec``, and what the tests need.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import platform
import random
import re
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import nullcontext
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from audiocoach.clips import ClipCache
from audiocoach.live import Command, Session
from audiocoach.sinks.device import open_output
from audiocoach.speech import Speaker
from audiocoach.units import RATE

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
from playing import Server
from sessions import Steady, bell, cue, hum, routine, step

WINDOW = RATE // 200
"""The level is told for each 5 ms."""


def busy() -> None:
    while True:
        pass


class Clock:
    """When each frame of a recording was there, in seconds of the monotonic clock."""

    def __init__(self, path: Path) -> None:
        self.first = float("inf")
        """When the first frame was played, or little later."""
        self._path = path
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)
        self._thread.start()

    def _look(self) -> None:
        while not self._stopped.wait(0.002):
            frames = self._path.stat().st_size // 4
            self.first = min(self.first, time.monotonic() - frames / RATE)

    def stop(self) -> None:
        self._stopped.set()
        self._thread.join()


def held(server: Server) -> float:
    """Milliseconds that PulseAudio holds for the program, by its own account."""
    told = subprocess.run(
        ["pactl", "list", "sink-inputs"],
        env={**server.environment, "LC_ALL": "C"},
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    found = re.findall(r"(?:Buffer|Sink) Latency: (\d+) usec", told)
    return sum(map(int, found)) / 1000


def faded(tone: NDArray[np.float64], decibels: float) -> float:
    """Milliseconds until a tone has lost so much of the level that it begins with."""
    low = np.flatnonzero(tone < tone[:10].mean() * 10 ** (-decibels / 20))
    return float(low[0] * 1000 * WINDOW / RATE)


def measured(server: Server, runs: int) -> tuple[list[tuple[float, float]], list[float], int]:
    """Begin and end of each fade after its command, what was held meanwhile, and the gaps."""
    chance = random.Random(3)  # noqa: S311 - no secret
    server.record()
    clock = Clock(server.recording)
    asked, buffers = [], []
    with tempfile.TemporaryDirectory() as folder:
        speaker = Speaker(Steady(), ClipCache(Path(folder)))
        session = Session(
            routine((step(cue("One long tone.")), step(cue("And another.")))),
            lambda: nullcontext(speaker),
            hum(),
            bell(),
        )
        output = open_output(None)
        output.start(session)
        while not session.status().words:
            time.sleep(0.05)
        for _ in range(runs):
            time.sleep(chance.uniform(2.0, 3.0))
            buffers.append(held(server))
            asked.append(time.monotonic())
            session.do(Command.PAUSE)
            time.sleep(0.8)
            session.do(Command.RESUME)
        gaps = output.underruns
        output.close()
        session.close()
    clock.stop()
    sound = server.recorded()
    tone = np.abs(
        np.convolve(
            sound * np.exp(-2j * np.pi * Steady.hertz * np.arange(len(sound)) / RATE),
            np.ones(WINDOW) / WINDOW,
            "valid",
        )
    )
    fades = []
    for at in asked:
        begun = round((at - clock.first) * RATE)
        after = tone[begun : begun + RATE : WINDOW]
        fades.append((faded(after, 1.0), faded(after, 20.0)))
    return fades, buffers, gaps


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--runs", type=int, default=20)
    parser.add_argument("--busy", type=int, default=0)
    parser.add_argument("--write", type=Path)
    asked = parser.parse_args()
    others = [multiprocessing.Process(target=busy, daemon=True) for _ in range(asked.busy)]
    for each in others:
        each.start()
    with tempfile.TemporaryDirectory(prefix="pulse-") as folder:
        server = Server(Path(folder))
        os.environ.update(server.environment)
        try:
            fades, buffers, gaps = measured(server, asked.runs)
        finally:
            server.stop()
            for each in others:
                each.kill()
    begins, ends = zip(*fades, strict=True)
    less = [begin - buffer for begin, buffer in zip(begins, buffers, strict=True)]
    rows = [
        ("from the command to the beginning of the fade", begins),
        ("what PulseAudio held then", buffers),
        ("the first less the second", less),
        ("from the command until the word is gone", ends),
    ]
    told = (
        f"{asked.runs} pauses, {asked.busy} busy processes beside, load "
        f"{os.getloadavg()[0]:.1f} on {os.cpu_count()} processors, {gaps} gaps; "
        f"Python {platform.python_version()}, {time.strftime('%Y-%m-%d')}."
    )
    lines = [
        told,
        "",
        "| milliseconds | median | least | most |",
        "|---|---|---|---|",
        *(
            f"| {what} | {statistics.median(each):.0f} | {min(each):.0f} | {max(each):.0f} |"
            for what, each in rows
        ),
    ]
    print("\n".join(lines))
    if asked.write:
        path = asked.write / "reaction.md"
        path.write_text("\n".join(["# Reaction to a command", "", *lines, ""]))


if __name__ == "__main__":
    main()
