"""The cache folder: entries that are whole or missing, and a bound on all of them together.

An entry is one file, named by a key that is made of all that its content depends on, so that
it never has to be changed. It is written beside its place and renamed when whole. What was
used longest ago makes room first; what a running program has used stays.

``FOLDER/ab/abcdef.clip`` is a spoken cue; other kinds have a folder and a suffix of their own.
"""

from __future__ import annotations

import contextlib
import hashlib
import logging
import os
import re
import stat
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

from audiocoach import held
from audiocoach.errors import OutputError

LIMIT = 2_000_000_000
"""Bytes, if nobody says otherwise."""
VARIABLE = "AUDIOCOACH_CACHE_SIZE"
"""The environment variable that says otherwise."""

_DIGEST = 32
_log = logging.getLogger(__name__)
_ENTRY = re.compile(r"[0-9a-f]{16,}\.[a-z0-9]+")
"""Nothing else is counted or removed, wherever the folder may be."""
_PART = ("", ".part")
_HALF = re.compile(r"\.?[a-z0-9_]{8}\.part")
_MARK = (".in-use-", ".lock")
_FRESH_NS = 60 * 10**9
"""An entry whose time is no older is not touched again."""
_UNITS = {"": 1, "K": 10**3, "M": 10**6, "G": 10**9, "T": 10**12}


Body: TypeAlias = bytes | memoryview
"""What is in an entry."""


class Entries:
    """The entries of one kind below ``folder``; several programs at once may use them.

    Where the folder cannot be written, what is put is kept in a temporary one for this run, if
    it is ``needed``; else it is not kept.
    """

    def __init__(self, folder: Path, suffix: str, *, needed: bool = True) -> None:
        """``suffix``, without a dot, also names the kind within each file."""
        self._needed = needed
        self._folder = folder
        self._suffix = suffix
        self._magic = f"audiocoach {suffix}\n".encode()
        self._temporary: tempfile.TemporaryDirectory[str] | None = None
        self._lock = threading.Lock()

    def path(self, key: str) -> Path:
        """Where the entry of that key is kept, if it is."""
        return self._within(self._folder, key)

    def get(self, key: str) -> Body | None:
        """What was put under ``key``; ``None`` where it is missing. A damaged one goes."""
        folders = [self._folder, *([Path(self._temporary.name)] if self._temporary else [])]
        for folder in folders:
            path = self._within(folder, key)
            try:
                data = memoryview(path.read_bytes())  # its parts are no copies
            except OSError:
                continue
            start = len(self._magic) + _DIGEST
            if data[:start] == self._magic + _digest(data[start:]):
                _touch(path)
                return data[start:]
            _log.info("%s was damaged; it is made again", path)
            with contextlib.suppress(OSError):
                path.unlink()
        return None

    def put(self, key: str, body: bytes) -> Body:
        """Keep ``body``; returns what is kept: of two runs at once, the first one's stays.

        Raises ``OutputError`` where it is needed and there is no room for it anywhere.
        """
        data = self._magic + _digest(body) + body
        try:
            for _ in range(2):
                if write_whole(self.path(key), data, replace=False):
                    return body
                if (kept := self.get(key)) is not None:  # which removes it where it is damaged
                    return kept
            reason = OSError("what is there is damaged and cannot be removed")
        except OSError as error:
            reason = error
        if self._needed:
            self._put_aside(key, data, reason)
        return body

    def _put_aside(self, key: str, data: bytes, reason: OSError) -> None:
        try:
            with self._lock:
                if self._temporary is None:
                    _log.info("the cache %s cannot be written (%s)", self._folder, reason)
                    self._temporary = tempfile.TemporaryDirectory(prefix="audiocoach-")
            write_whole(self._within(Path(self._temporary.name), key), data)
        except OSError as error:
            raise OutputError(
                f"there is no room for what is spoken, neither in the cache {self._folder} "
                f"({reason.strerror or reason}) nor in the temporary folder "
                f"{tempfile.gettempdir()} ({error.strerror or error}); make room, or name "
                "another folder in the environment variable TMPDIR"
            ) from error

    def remove(self, key: str) -> None:
        """Forget an entry, where that can be."""
        with contextlib.suppress(OSError):
            self.path(key).unlink()

    def close(self) -> None:
        """Forget what could only be kept for this run."""
        if self._temporary is not None:
            self._temporary.cleanup()

    def _within(self, folder: Path, key: str) -> Path:
        return folder / key[:2] / f"{key}.{self._suffix}"


def write_whole(path: Path, data: bytes, *, replace: bool = True) -> bool:
    """Write a file that is there whole or not at all; whether it was written.

    Without ``replace``, one that is there stays. Raises ``OSError``.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, part = held.make(path.parent, *_PART)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            if not replace:
                try:
                    os.link(part, path)
                except FileExistsError:
                    return False
                except OSError:  # a disk without links
                    replace = True
        if replace:
            part.replace(path)
    finally:
        part.unlink(missing_ok=True)
    return True


def _digest(body: Body) -> bytes:
    return hashlib.blake2b(body, digest_size=_DIGEST).digest()


_began_ns = 0
"""When this process began to use the cache: nothing that it uses gets an earlier time."""


def _touch(path: Path) -> None:
    """Remember that an entry was used now."""
    with contextlib.suppress(OSError):
        now = max(time.time_ns(), _began_ns)
        if not max(_began_ns, now - _FRESH_NS) <= path.stat().st_mtime_ns <= now:
            os.utime(path, ns=(now, now))


@contextlib.contextmanager
def in_use(folder: Path) -> Iterator[None]:
    """What is used of the cache within the block stays in it, whoever makes room.

    Afterwards the cache is brought back within its bound. Raises ``OutputError`` at the
    beginning where ``VARIABLE`` is no size.
    """
    global _began_ns  # noqa: PLW0603 - one process, one beginning
    most = limit()
    mark = None
    with contextlib.suppress(OSError):
        folder.mkdir(parents=True, exist_ok=True)
        handle, mark = held.make(folder, *_MARK)
        _began_ns = _began_ns or mark.stat().st_mtime_ns
    try:
        yield
    finally:
        if mark is not None:
            os.close(handle)
            mark.unlink(missing_ok=True)
            prune(folder, most)


@dataclass(frozen=True, slots=True)
class Usage:
    """What the cache holds."""

    bytes: int = 0
    entries: int = 0
    kinds: dict[str, tuple[int, int]] = field(default_factory=dict)
    """Entries and bytes by suffix, without its dot."""


def usage(folder: Path) -> Usage:
    """What is in the cache now; nothing is changed."""
    kinds: dict[str, tuple[int, int]] = {}
    for path, found in _entries(folder):
        kind = path.suffix.removeprefix(".")
        count, size = kinds.get(kind, (0, 0))
        kinds[kind] = (count + 1, size + found.st_size)
    return Usage(
        sum(size for _, size in kinds.values()), sum(count for count, _ in kinds.values()), kinds
    )


@dataclass(frozen=True, slots=True)
class Pruned:
    """What was removed."""

    entries: int
    bytes: int
    kept: int
    """Bytes that are left, those in use among them."""


def prune(folder: Path, most: int) -> Pruned:
    """Remove what was used longest ago until ``most`` bytes are left, and old litter.

    What a program that still runs has used since it began is never removed, so that more may
    be left. Nothing is raised: what cannot be removed stays.
    """
    protected = _protected_from(folder)
    _sweep(folder, protected)
    found = list(_entries(folder))
    kept = sum(each.st_size for _, each in found)
    removed = freed = 0
    for path, each in sorted(found, key=lambda entry: entry[1].st_mtime_ns):
        if kept <= most or each.st_mtime_ns >= protected:
            break
        with contextlib.suppress(OSError):
            if path.stat().st_mtime_ns != each.st_mtime_ns:
                continue  # somebody has just used it
            path.unlink()
            kept -= each.st_size
            freed += each.st_size
            removed += 1
    _log.info("cache: %d bytes in %s; %d entries made room", kept, folder, removed)
    return Pruned(removed, freed, kept)


def _protected_from(folder: Path) -> float:
    """The time from which on entries may be in use, in nanoseconds; infinite if none are."""
    began = float("inf")
    for mark in held.leftovers(folder, *_MARK):
        if not held.remove_abandoned(mark):
            with contextlib.suppress(OSError):
                began = min(began, mark.stat().st_mtime_ns)
    return began


def _sweep(folder: Path, protected: float) -> None:
    """Remove halves of entries that nobody writes any more."""
    for path, found in _files(folder):
        if _HALF.fullmatch(path.name) and found.st_mtime_ns < protected:
            held.remove_abandoned(path)


def _entries(folder: Path) -> Iterator[tuple[Path, os.stat_result]]:
    return (each for each in _files(folder) if _ENTRY.fullmatch(each[0].name))


def _files(folder: Path) -> Iterator[tuple[Path, os.stat_result]]:
    """Every file in the cache, however deep; links are not followed."""
    try:
        entries = list(os.scandir(folder))
    except OSError:
        return
    for entry in entries:
        with contextlib.suppress(OSError):
            if entry.is_dir(follow_symlinks=False):
                yield from _files(Path(entry.path))
                continue
            found = entry.stat(follow_symlinks=False)
            if stat.S_ISREG(found.st_mode):
                yield Path(entry.path), found


def limit() -> int:
    """The bound in bytes: ``LIMIT``, or what ``VARIABLE`` says. Raises ``OutputError``."""
    told = os.environ.get(VARIABLE)
    if not told:
        return LIMIT
    try:
        return parse_size(told)
    except ValueError as error:
        raise OutputError(f"{VARIABLE} is {error}") from None


def parse_size(text: str) -> int:
    """``500M``, ``2 GB`` or ``0`` in bytes; a K is a thousand. Raises ``ValueError``."""
    match = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([KMGT]?)B?", text.strip().upper())
    if match is None:
        raise ValueError(f'"{text}", which is no size; write it like 500M or 2G')
    return int(float(match[1]) * _UNITS[match[2]])
