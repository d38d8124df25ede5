"""Files that are whole or are not there."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from audiocoach import held
from audiocoach.errors import OutputError

_SUFFIX = ".part"
_MOST_OPEN = 16
"""Of more files than this at once, none stays open for longer than it is written to."""


@contextlib.contextmanager
def whole_file(path: Path) -> Iterator[IO[bytes]]:
    """Open a file beside ``path`` that takes its name when the block ends well.

    When it ends badly, nothing is left behind and what was at ``path`` stays. Raises
    ``OutputError`` where the folder cannot be written or the disk is full.
    """
    with whole_files() as files:
        yield files.open(path)


@contextlib.contextmanager
def whole_files(*tried: Path) -> Iterator[WholeFiles]:
    """The same for several files: none takes its name before all of them are whole.

    Where one of ``tried`` could not be written later, that is told at once.
    """
    files = WholeFiles()
    try:
        for path in tried:
            files.try_out(path)
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
        prefix = f".{path.name[:40]}."
        held.sweep(path.parent, prefix, _SUFFIX)
        try:
            handle, part = held.make(path.parent, prefix, _SUFFIX)
        except OSError as error:
            raise _output_error(path, error) from error
        file = os.fdopen(handle, "w+b")
        self._parts.append((file, part, path))
        return file

    def try_out(self, path: Path) -> None:
        """Raise ``OutputError`` where a file at ``path`` could not be written."""
        file = self.open(path)
        file.close()
        self._parts.pop()[1].unlink(missing_ok=True)

    def finish(self, file: IO[bytes]) -> None:
        """Nothing more is written to that file: see that it is on the disk."""
        if not file.closed:
            file.flush()
            os.fsync(file.fileno())
            if len(self._parts) > _MOST_OPEN:
                file.close()

    def finished(self, path: Path) -> Path:
        """Finish the file that shall be at ``path``; where it lies until then."""
        self.last = path
        file, part, _ = next(each for each in self._parts if each[2] == path)
        self.finish(file)
        return part

    def name_all(self) -> None:
        """Finish every file, then give each its name: the first that was opened is the last.

        Of several programs that write the same files at once, the last one's stand.
        """
        for file, _, path in self._parts:
            self.last = path
            self.finish(file)
        mode = 0o666 & ~_umask()
        with contextlib.ExitStack() as stack:
            for folder in sorted({path.parent.absolute() for _, _, path in self._parts}):
                stack.enter_context(held.alone(folder))
            for file, part, path in reversed(self._parts):
                self.last = path
                with contextlib.suppress(OSError):  # disks of cameras and cars have no modes
                    part.chmod(mode)
                if sys.platform == "win32":  # what is open cannot be renamed there
                    file.close()
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
