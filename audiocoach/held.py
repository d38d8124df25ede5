"""Files that a running program holds, and that are known as abandoned once it has ended.

However it ended: the system gives a lock back even after ``kill -9``. So what an earlier run
left behind can be told from what another run is writing at this moment.
"""

from __future__ import annotations

import contextlib
import os
import re
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

if sys.platform != "win32":
    import fcntl

_OLD_S = 24 * 3600.0
"""Where the disk knows no locks, what nobody has written to for so long is abandoned."""
_RANDOM = "[a-z0-9_]{8}"
"""What ``tempfile`` puts between prefix and suffix."""


def make(folder: Path, prefix: str, suffix: str) -> tuple[int, Path]:
    """Create a file in ``folder`` that this process holds as long as it is open.

    Returns its open descriptor and its path. Raises ``OSError``.
    """
    while True:
        handle, name = tempfile.mkstemp(dir=folder, prefix=prefix, suffix=suffix)
        try:
            if sys.platform != "win32":  # there, a file that is open cannot be removed
                with contextlib.suppress(OSError):  # a disk without locks
                    fcntl.flock(handle, fcntl.LOCK_EX)
            if sys.platform == "win32" or os.fstat(handle).st_nlink:
                return handle, Path(name)
        except BaseException:
            os.close(handle)
            Path(name).unlink(missing_ok=True)
            raise
        os.close(handle)  # removed by somebody else before it was locked


def remove_abandoned(path: Path) -> bool:
    """Remove ``path`` unless a program holds it; whether it is gone."""
    with contextlib.suppress(OSError):
        if sys.platform == "win32":
            path.unlink()
        else:
            handle = os.open(path, os.O_RDWR | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
            try:
                if not _is_held(handle):
                    path.unlink()
            finally:
                os.close(handle)
    return not os.path.lexists(path)


def _is_held(handle: int) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return time.time() - os.fstat(handle).st_mtime < _OLD_S
    return False


def leftovers(folder: Path, prefix: str, suffix: str) -> Iterator[Path]:
    """The files in ``folder`` that ``make`` has created with this prefix and suffix."""
    pattern = re.compile(re.escape(prefix) + _RANDOM + re.escape(suffix))
    try:
        names = [entry.name for entry in os.scandir(folder)]
    except OSError:
        return
    yield from (folder / name for name in names if pattern.fullmatch(name))


def sweep(folder: Path, prefix: str, suffix: str) -> None:
    """Remove what earlier runs have left of such files."""
    for path in leftovers(folder, prefix, suffix):
        remove_abandoned(path)


@contextlib.contextmanager
def alone(folder: Path) -> Iterator[None]:
    """One program at a time for one folder, where its disk has locks (not on Windows)."""
    handle = None
    if sys.platform != "win32":
        with contextlib.suppress(OSError):
            handle = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
            fcntl.flock(handle, fcntl.LOCK_EX)
    try:
        yield
        if handle is not None:
            with contextlib.suppress(OSError):  # not every disk can
                os.fsync(handle)  # the names too are on the disk now
    finally:
        if handle is not None:
            os.close(handle)
