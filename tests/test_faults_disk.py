"""A disk that is full, a folder or a cache that cannot be used: told, and left as it was."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from faulting import RUNNER, TEXTS, names, posix, run, small_disk

from audiocoach import library
from audiocoach.testing import ToneVoice


@posix
@pytest.mark.parametrize("name", ["short.wav", "short.flac", "short.m4a", "short.mp3"])
@pytest.mark.usefixtures("tones")
def test_a_full_disk_is_told_and_left_as_it_was(bench: Path, name: str) -> None:
    with small_disk("100k") as disk:
        result = run("export", "short.md", "-o", str(disk / name))
        assert result.exit_code == 1, result.output
        assert "No space left on device" in result.stderr
        assert str(disk / name) in result.stderr
        assert "Traceback" not in result.output
        assert names(disk) == set()
    assert run("export", "short.md", "-o", name).exit_code == 0
    assert names(bench) == {"short.md", name}


@posix
@pytest.mark.usefixtures("bench")
def test_a_full_cache_costs_only_the_next_run(
    tones: ToneVoice, monkeypatch: pytest.MonkeyPatch, whole: bytes
) -> None:
    with small_disk("48k") as disk:
        monkeypatch.setenv("XDG_CACHE_HOME", str(disk))
        assert run("export", "short.md").exit_code == 0
        assert Path("short.mp3").read_bytes() == whole
        assert not list(disk.rglob("*.part"))
        monkeypatch.setattr(tempfile, "tempdir", str(disk))
        for path in disk.rglob("*.clip"):
            path.unlink()
        result = run("export", "short.md", "-o", "again.mp3")
        assert result.exit_code == 1
        assert "there is no room for what is spoken" in result.stderr
        assert "TMPDIR" in result.stderr
        assert not Path("again.mp3").exists()
    assert len(tones.spoken) >= TEXTS


@posix
@pytest.mark.usefixtures("bench")
def test_a_cache_that_can_only_be_read_is_read(
    tones: ToneVoice, monkeypatch: pytest.MonkeyPatch, whole: bytes
) -> None:
    with small_disk() as disk:
        monkeypatch.setenv("XDG_CACHE_HOME", str(disk))
        assert run("export", "short.md").exit_code == 0
        for path in sorted(disk.rglob("*.clip"))[:2]:
            path.unlink()
        subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
        for _ in range(2):
            Path("short.mp3").unlink()
            assert run("export", "short.md").exit_code == 0
            assert Path("short.mp3").read_bytes() == whole
    assert len(tones.spoken) == TEXTS + 2 + 2


@posix
def test_a_folder_without_permission_is_told_before_anything_is_spoken(bench: Path) -> None:
    command = [sys.executable, str(RUNNER), "spoken.txt", "export", "short.md", "-o", "no/a.mp3"]
    if os.getuid() == 0:  # who may write everywhere, unless that is taken away
        if not shutil.which("setpriv"):
            pytest.skip("root may write everywhere, and there is no setpriv")
        command = ["setpriv", "--bounding-set", "-dac_override,-dac_read_search", *command]
    (bench / "no").mkdir(mode=0o500)
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])}
    done = subprocess.run(
        command, cwd=bench, capture_output=True, text=True, check=False, env=environment
    )
    assert done.returncode == 1, done.stderr
    assert "cannot write no/a.mp3: Permission denied" in done.stderr
    assert list((bench / "no").iterdir()) == []
    assert not (bench / "spoken.txt").exists()


@pytest.mark.parametrize("fault", ["flipped", "half-written", "empty", "another version", "folder"])
@pytest.mark.usefixtures("bench")
def test_a_cache_that_is_broken_is_made_again(tones: ToneVoice, whole: bytes, fault: str) -> None:
    assert run("export", "short.md").exit_code == 0
    for path in library.cache_folder().rglob("*.clip"):
        data = path.read_bytes()
        if fault == "folder":
            path.unlink()
            path.mkdir()
            continue
        path.write_bytes(
            {
                "flipped": data[:-9] + bytes([data[-9] ^ 1]) + data[-8:],
                "half-written": data[: len(data) // 2],
                "empty": b"",
                "another version": b"audiocoach clip 2\n" + data[16:],
            }[fault]
        )
    Path("short.mp3").unlink()
    result = run("export", "short.md")
    assert result.exit_code == 0, result.output
    assert Path("short.mp3").read_bytes() == whole
    assert len(tones.spoken) == 2 * TEXTS
