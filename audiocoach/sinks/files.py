"""Files that are whole or are not there."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from audiocoach.errors import OutputError


@contextlib.contextmanager
def whole_file(path: Path) -> Iterator[IO[bytes]]:
    """Open a file beside ``path`` that takes its name when the block ends well.

    When it ends badly, nothing is left behind and what was at ``path`` stays. Raises
    ``OutputError`` where the folder cannot be written or the disk is full.
    """
    if path.is_dir():
        raise OutputError(f"cannot write {path}: it is a folder")
    try:
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".part")
    except OSError as error:
        raise _output_error(path, error) from error
    part = Path(name)
    try:
        with os.fdopen(handle, "w+b") as file:
            yield file
            settle(file)
        part.chmod(0o666 & ~_umask())
        part.replace(path)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise _output_error(path, error) from error
    except BaseException:
        part.unlink(missing_ok=True)
        raise


def settle(file: IO[bytes]) -> None:
    """Have all that was written on the disk: what fails then fails here, before any name is taken.

    For files that shall appear together, called for each of them before the first appears.
    """
    file.flush()
    os.fsync(file.fileno())


def _output_error(path: Path, error: OSError) -> OutputError:
    reason = error.strerror or str(error)
    if not path.parent.is_dir():
        reason = f"there is no folder {path.parent}"
    return OutputError(f"cannot write {path}: {reason}")


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
