"""The cache folder: whole entries, a bound, and what is in use stays."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from audiocoach import cache, held
from audiocoach.cache import Entries, in_use, limit, parse_size, prune, usage
from audiocoach.errors import OutputError

BODY = bytes(10_000)


def key(number: int) -> str:
    return f"{number:020}"


def fill(folder: Path, count: int) -> Entries:
    """Entries of which the last was used last, all of them some time ago."""
    entries = Entries(folder, "clip")
    for number in range(count):
        entries.put(key(number), BODY)
        age(entries.path(key(number)), 3600 - number)
    return entries


def age(path: Path, seconds: float) -> None:
    then = time.time() - seconds
    os.utime(path, (then, then))


def kept(folder: Path) -> set[str]:
    return {path.stem[-4:] for path in folder.rglob("*.clip")}


@contextlib.contextmanager
def another_program(folder: Path, *keys: str) -> Iterator[subprocess.Popen[str]]:
    """A process that has used these entries and goes on."""
    code = (
        "import sys\nfrom pathlib import Path\nfrom audiocoach.cache import Entries, in_use\n"
        "folder = Path(sys.argv[1])\n"
        "with in_use(folder):\n"
        "    found = [Entries(folder, 'clip').get(key) for key in sys.argv[2:]]\n"
        "    print(all(found), flush=True)\n"
        "    sys.stdin.read()\n"
    )
    command = [sys.executable, "-c", code, str(folder), *keys]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "True\n"
        try:
            yield process
        finally:
            process.kill()


def test_what_was_used_longest_ago_makes_room(tmp_path: Path) -> None:
    entries = fill(tmp_path, 10)
    assert entries.get(key(0)) == BODY  # used now
    size = entries.path(key(0)).stat().st_size
    done = prune(tmp_path, 3 * size)
    assert kept(tmp_path) == {"0000", "0008", "0009"}
    assert (done.entries, done.bytes, done.kept) == (7, 7 * size, 3 * size)
    assert usage(tmp_path).kinds == {"clip": (3, 3 * size)}


def test_what_this_run_has_used_stays_and_goes_only_afterwards(tmp_path: Path) -> None:
    entries = fill(tmp_path, 6)
    with in_use(tmp_path):
        entries.get(key(2))
        prune(tmp_path, 0)
        assert kept(tmp_path) == {"0002"}
    prune(tmp_path, 0)
    assert kept(tmp_path) == set()
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == []


def test_what_another_program_has_used_stays_until_it_ends(tmp_path: Path) -> None:
    fill(tmp_path, 6)
    with another_program(tmp_path, key(1), key(3)):
        prune(tmp_path, 0)
        assert kept(tmp_path) == {"0001", "0003"}
    prune(tmp_path, 0)  # it was killed, and its mark does not count any more
    assert kept(tmp_path) == set()
    assert not list(tmp_path.glob(".*"))


def test_a_clock_that_goes_back_does_not_make_what_is_in_use_old(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    entries = fill(tmp_path, 3)
    with in_use(tmp_path):
        monkeypatch.setattr(cache, "_began_ns", time.time_ns())
        monkeypatch.setattr(time, "time_ns", lambda: 10**15)  # 1970
        assert entries.get(key(1)) == BODY
        prune(tmp_path, 0)
        assert kept(tmp_path) == {"0001"}


def test_a_clock_that_was_ahead_costs_nothing(tmp_path: Path) -> None:
    entries = fill(tmp_path, 2)
    age(entries.path(key(0)), -1e9)  # used in the future
    assert entries.get(key(0)) == BODY
    assert entries.path(key(0)).stat().st_mtime < time.time() + 60


def test_the_bound_is_kept_when_a_run_ends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(cache.VARIABLE, "35K")
    entries = Entries(tmp_path, "clip")
    with in_use(tmp_path):
        for number in range(9):
            entries.put(key(number), BODY)
        assert len(kept(tmp_path)) == 9
    assert len(kept(tmp_path)) == 3


def test_what_is_not_needed_is_not_kept_where_it_cannot_be(tmp_path: Path) -> None:
    blocked = tmp_path / "cache"
    blocked.write_text("a file where the folder should be")
    entries = Entries(blocked, "mp3", needed=False)
    assert entries.put("abcd", BODY) == BODY
    assert entries.get("abcd") is None
    entries = Entries(blocked, "clip")
    assert entries.put("abcd", BODY) == BODY
    assert entries.get("abcd") == BODY
    entries.close()


def test_of_two_runs_at_once_the_first_ones_entry_stays(tmp_path: Path) -> None:
    first, second = Entries(tmp_path, "clip"), Entries(tmp_path, "clip")
    assert first.put("abcd", b"mine") == b"mine"
    assert second.put("abcd", b"yours") == b"mine"
    first.path("abcd").write_bytes(b"damaged")
    assert second.put("abcd", b"yours") == b"yours"
    assert first.get("abcd") == b"yours"


def test_half_an_entry_that_nobody_writes_any_more_goes(tmp_path: Path) -> None:
    fill(tmp_path, 2)
    left = tmp_path / "ab" / "abcdefgh.part"
    left.parent.mkdir()
    left.write_bytes(b"half")
    age(left, 5)
    handle, written = held.make(left.parent, "", ".part")
    prune(tmp_path, 10**9)
    assert not left.exists()
    assert written.exists()
    os.close(handle)
    assert len(kept(tmp_path)) == 2


def test_what_is_no_entry_is_left_alone(tmp_path: Path) -> None:
    """Wherever somebody may have set the folder of caches to."""
    fill(tmp_path, 2)
    others = ["notes.md", "ab/abcdef.mp3", "ab/massage.part", ".hidden", "audiocoach.log"]
    for name in others:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(BODY)
        age(tmp_path / name, 9_999)
    assert usage(tmp_path).entries == 2
    prune(tmp_path, 0)
    assert usage(tmp_path).bytes == 0
    assert all((tmp_path / name).exists() for name in others)


@pytest.mark.parametrize("damage", ["flip", "cut", "empty", "other kind"])
def test_a_damaged_entry_is_missing(tmp_path: Path, damage: str) -> None:
    entries = Entries(tmp_path, "clip")
    entries.put("abcd", b"some words")
    path = entries.path("abcd")
    data = path.read_bytes()
    if damage == "other kind":
        Entries(tmp_path, "bed").put("abcd", b"some words")
        data = path.with_suffix(".bed").read_bytes()
    changed = {"flip": data[:-1] + b"S", "cut": data[:-2], "empty": b""}
    path.write_bytes(changed.get(damage, data))
    assert entries.get("abcd") is None
    assert not path.exists()


@pytest.mark.parametrize(
    ("text", "size"),
    [("0", 0), ("500M", 500_000_000), ("2 GB", 2 * 10**9), ("1.5g", 1_500_000_000), ("12b", 12)],
)
def test_sizes(text: str, size: int) -> None:
    assert parse_size(text) == size


def test_a_bound_that_is_none_is_told_before_anything_is_done(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert limit() == cache.LIMIT
    monkeypatch.setenv(cache.VARIABLE, "much")
    with (
        pytest.raises(OutputError, match=r'AUDIOCOACH_CACHE_SIZE is "much".*500M'),
        in_use(tmp_path),
    ):
        pytest.fail("it went on")


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")
def test_a_file_is_held_until_its_program_ends_however_it_ends(tmp_path: Path) -> None:
    with another_program(tmp_path) as process:
        (mark,) = tmp_path.glob(".in-use-*")
        assert not held.remove_abandoned(mark)
        process.send_signal(signal.SIGKILL)
        process.wait()
        assert held.remove_abandoned(mark)
    assert not held.remove_abandoned(tmp_path)  # a folder
