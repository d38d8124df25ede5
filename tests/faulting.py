"""Exports that something breaks: a short one, in a process or here, and where it runs."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from audiocoach.cli import cli
from audiocoach.testing import ToneVoice

RUNNER = Path(__file__).parent / "with_tones.py"
SCRIPT = (
    "---\ntitle: Short\nambience: none\n---\n\n# One\n\nBreathe in slowly. [1s]\n\n"
    "And out again. [1s]\n\n# Two\n\nRest your hands. [for 8s]\n- at half: Nearly there.\n\n"
    "That was all. [1s]\n"
)
TEXTS = 5

posix = pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals, mounts and users")


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "here"
    folder.mkdir()
    monkeypatch.chdir(folder)
    (folder / "short.md").write_text(SCRIPT)
    return folder


@pytest.fixture
def tones(monkeypatch: pytest.MonkeyPatch) -> ToneVoice:
    voice = ToneVoice()
    monkeypatch.setattr("audiocoach.voices.catalogue.open_voice", lambda *_: voice)
    return voice


@pytest.fixture(scope="session")
def whole(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The file as it is when nothing breaks."""
    folder = tmp_path_factory.mktemp("whole")
    (folder / "short.md").write_text(SCRIPT)
    started(folder, "short.md").communicate()
    return (folder / "short.mp3").read_bytes()


def run(*arguments: str) -> Result:
    return CliRunner().invoke(cli, arguments, prog_name="audiocoach")


def started(folder: Path, *arguments: str, home: Path | None = None) -> subprocess.Popen[str]:
    """An export in a process of its own, by a voice of tones."""
    at = str(home or folder / "home")
    environment = {**os.environ, "HOME": at, "PYTHONPATH": str(Path(__file__).parents[1])}
    environment |= dict.fromkeys(("XDG_CACHE_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME"), at)
    return subprocess.Popen(
        [sys.executable, str(RUNNER), str(folder / "spoken.txt"), "export", *arguments],
        cwd=folder,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
    )


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir() if path.name not in ("home", "spoken.txt")}


@contextlib.contextmanager
def small_disk(size: str = "1m") -> Iterator[Path]:
    """A disk that is soon full; skipped where none may be mounted."""
    folder = Path(tempfile.mkdtemp(prefix="audiocoach-disk-"))
    mounted = shutil.which("mount") and subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)],
        check=False,
        capture_output=True,
    )
    if not mounted or mounted.returncode:
        folder.rmdir()
        pytest.skip("a disk of its own can be mounted by root alone")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)
        folder.rmdir()
