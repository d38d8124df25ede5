"""``audiocoach play`` that is killed at any moment: where it was can be read, and gone on with."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from listening import wait_for

from audiocoach import library
from audiocoach.live.bookmarks import Bookmarks

KILLS = int(os.environ.get("AUDIOCOACH_KILLS", "3"))
"""How often it is killed; a hundred by hand."""
SCRIPT = "# One\n\n" + "Breathe in, and out again. [4s]\n\n" * 120
OFTEN = (
    "import audiocoach.live.bookmarks as bookmarks; bookmarks._EVERY_S = 0.002; "
    "from audiocoach.cli import main; main()"
)
"""The program, which saves whenever it can: most kills hit it while it does."""


@pytest.mark.skipif(os.name != "posix", reason="kill -9 is POSIX")
@pytest.mark.timeout(120 + 30 * KILLS)
def test_where_it_was_is_known_whenever_it_is_killed(tmp_path: Path, own_folders: Path) -> None:
    chance = random.Random(11)  # noqa: S311 - no secret
    script = tmp_path / "long.md"
    script.write_text(SCRIPT)
    bookmarks = Bookmarks(library.state_folder() / "sessions", script)
    assert own_folders in bookmarks.path.parents
    options = ("--voice", "pyttsx3", "--device", "null", "--resume")
    command = [sys.executable, "-c", OFTEN, "play", str(script), *options]
    reached = 0
    for kill in range(KILLS):
        process = subprocess.Popen(
            command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
        )
        before = bookmarks.load()
        if not before:  # the first one: as soon as there is anything to be read
            wait_for(bookmarks.path.exists, 60)
        time.sleep(chance.uniform(0.0, 6.0))
        process.send_signal(signal.SIGKILL)
        _, told = process.communicate()
        found = bookmarks.load()
        assert found is not None, f"after kill {kill}"
        assert not found.finished
        assert found.where.step >= (before.where.step if before else 0)
        assert len(found.steps) == 120
        assert "Traceback" not in told
        if before and told:
            assert told.startswith("Going on in One")
        reached = max(reached, found.where.step)
    again = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    assert again.stdout
    for _ in range(2):  # somewhat farther than it had been
        wait_for(lambda: "Breathe" in (again.stdout.readline() if again.stdout else ""), 60)
    again.send_signal(signal.SIGINT)
    told, _ = again.communicate(timeout=60)
    assert "Go on there: audiocoach play" in told
    assert list(bookmarks.path.parent.iterdir()) == [bookmarks.path]  # no litter of those killed
    sys.stderr.write(f"{KILLS} kills, step {reached} reached; ")
