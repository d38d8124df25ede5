"""However an export ends: a whole file or none, no litter, and the next run works."""

from __future__ import annotations

import itertools
import os
import random
import re
import signal
import time
from pathlib import Path

import pytest
from faulting import SCRIPT, TEXTS, names, posix, run, started

from audiocoach import embedded

KILLS = int(os.environ.get("AUDIOCOACH_KILLS", "8"))
"""How often an export is killed; a hundred by hand."""


@posix
@pytest.mark.parametrize("kill", range(KILLS))
def test_an_export_that_is_killed_at_any_moment(tmp_path: Path, whole: bytes, kill: int) -> None:
    """The target is the whole file or is not there; the next run goes on and leaves no litter."""
    number = (signal.SIGKILL, signal.SIGTERM, signal.SIGKILL, signal.SIGINT)[kill % 4]
    (tmp_path / "short.md").write_text(SCRIPT)
    process = started(tmp_path, "short.md")
    # Python itself takes 0.3 s to begin, then there is speaking, mixing, the last look, the name.
    late = random.Random(kill).uniform(0.0, 1.6)  # noqa: S311 - not for secrets
    began = time.monotonic()
    while process.poll() is None and not (tmp_path / "spoken.txt").exists():
        if time.monotonic() - began > 60:
            pytest.fail("it does not begin")
        time.sleep(0.005)
    time.sleep(late)
    process.send_signal(number)
    _, message = process.communicate(timeout=60)
    assert process.returncode in (0, -number, 130, 143), message
    assert "Traceback" not in message
    left = names(tmp_path) - {"short.md", "short.mp3"}
    if number != signal.SIGKILL:
        assert left == set()
    assert all(re.fullmatch(r"\.short\.mp3\.[a-z0-9_]{8}\.part", name) for name in left)
    if (tmp_path / "short.mp3").exists():
        assert (tmp_path / "short.mp3").read_bytes() == whole
        (tmp_path / "short.mp3").unlink()
    spoken = (tmp_path / "spoken.txt").read_text().splitlines()
    kept = len(list((tmp_path / "home").rglob("*.clip")))
    again = started(tmp_path, "short.md")
    _, message = again.communicate(timeout=60)
    assert again.returncode == 0, message
    assert (tmp_path / "short.mp3").read_bytes() == whole
    assert names(tmp_path) == {"short.md", "short.mp3"}
    assert not list((tmp_path / "home").rglob("*.part"))
    assert not list((tmp_path / "home").rglob(".in-use-*"))
    second = (tmp_path / "spoken.txt").read_text().splitlines()[len(spoken) :]
    assert len(second) == TEXTS - kept  # nothing that was kept is spoken again


@posix
def test_two_exports_to_one_target_at_once(tmp_path: Path, whole: bytes) -> None:
    """Each is whole, the last one stands, and what lies beside it is of the same export."""
    (tmp_path / "short.md").write_text(SCRIPT)
    other = SCRIPT.replace("[1s]", "[2s]")
    (tmp_path / "other.md").write_text(other)
    home = tmp_path / "home"
    runs = [
        started(tmp_path, script, "-o", "one.mp3", "--beside", "vtt", home=home)
        for script in ("short.md", "other.md")
    ]
    for each in runs:
        _, message = each.communicate(timeout=120)
        assert each.returncode == 0, message
    assert names(tmp_path) == {"short.md", "other.md", "one.mp3", "one.vtt"}
    told = embedded.read(tmp_path / "one.mp3")
    assert told is not None
    assert len(told.cues) == TEXTS
    times = re.findall(r"^([\d:.]+) -->", (tmp_path / "one.vtt").read_text(), re.MULTILINE)
    at = told.cues[1].start_ms
    assert any(time.endswith(f"{at // 1000 % 60:02}.{at % 1000:03}") for time in times)
    if len(told.cues) and told.length_ms == embedded_length(whole, tmp_path):
        assert (tmp_path / "one.mp3").read_bytes() == whole


def embedded_length(data: bytes, folder: Path) -> int:
    path = folder / "whole.mp3"
    path.write_bytes(data)
    told = embedded.read(path)
    path.unlink()
    assert told is not None
    return told.length_ms


@pytest.mark.usefixtures("bench", "tones")
def test_a_clock_that_jumps_changes_nothing(monkeypatch: pytest.MonkeyPatch, whole: bytes) -> None:
    real, jumps = time.time, itertools.cycle((4e7, -4e7))

    def jumping() -> float:
        return real() + next(jumps)

    monkeypatch.setattr(time, "time", jumping)
    monkeypatch.setattr(time, "time_ns", lambda: int(jumping() * 1e9))
    for _ in range(2):
        assert run("export", "short.md").exit_code == 0
        assert Path("short.mp3").read_bytes() == whole
