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
    with whole_files() as files:
        yield files.open(path)


@contextlib.contextmanager
def whole_files() -> Iterator[WholeFiles]:
    """The same for several files: none takes its name before all of them are whole."""
    files = WholeFiles()
    try:
        yield files
        files.name_all()
    except OSError as error:
        raise _output_error(files.last, error) from error
    finally:
        files.clear()


class WholeFiles:
    """Files that are being written; made by ``whole_files``."""

    def __init__(self) -> None:
        self._parts: list[tuple[IO[bytes], Path, Path]] = []
        """Each open file, where it is and where it shall be."""
        self.last = Path()
        """What was opened last."""

    def open(self, path: Path) -> IO[bytes]:
        """A file that shall be at ``path``, for reading and writing."""
        self.last = path
        if path.is_dir():
            raise OutputError(f"cannot write {path}: it is a folder")
        try:
            handle, name = tempfile.mkstemp(
                dir=path.parent, prefix=f".{path.name[:40]}.", suffix=".part"
            )
        except OSError as error:
            raise _output_error(path, error) from error
        file = os.fdopen(handle, "w+b")
        self._parts.append((file, Path(name), path))
        return file

    def finish(self, file: IO[bytes]) -> None:
        """Close a file to which nothing more is written; it takes its name with the others."""
        file.flush()
        os.fsync(file.fileno())
        file.close()

    def name_all(self) -> None:
        """Finish every file, then give each its name."""
        for file, _, path in self._parts:
            self.last = path
            if not file.closed:
                self.finish(file)
        mode = 0o666 & ~_umask()
        for _, part, path in self._parts:
            self.last = path
            part.chmod(mode)
            part.replace(path)

    def clear(self) -> None:
        """Leave nothing behind of what did not take its name."""
        for file, part, _ in self._parts:
            with contextlib.suppress(OSError):  # a full disk is told once, where it was met
                file.close()
            part.unlink(missing_ok=True)


def _output_error(path: Path, error: OSError) -> OutputError:
    reason = error.strerror or str(error)
    if not path.parent.is_dir():
        reason = f"there is no folder {path.parent}"
    return OutputError(f"cannot write {path}: {reason}")


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
