"""Scripts that are watched while somebody writes them."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from audiocoach.routine import Routine

_LOOK_S = 0.05
"""Files are looked at this often at most."""


def load_all(path: Path, choices: Mapping[str, str]) -> tuple[Routine, list[Path]]:
    """The routine, and the other files that it is made of."""
    from audiocoach.script import expand, read
    from audiocoach.script.includes import included_documents

    document = read(path)
    others = [Path(other.path) for other in included_documents(document)]
    return expand(document, choices), others


class Watched:
    """Files, as they were when this was made."""

    def __init__(self, files: Iterable[Path]) -> None:
        self._before = {path: _stamp(path) for path in files}
        self._looked = time.monotonic()
        self._changed = False

    def add(self, files: Iterable[Path]) -> None:
        """Look at these too, as they are now."""
        self._before = {**{path: _stamp(path) for path in files}, **self._before}

    def changed(self) -> bool:
        """Whether one of them was saved since."""
        now = time.monotonic()
        if not self._changed and now - self._looked >= _LOOK_S:
            self._looked = now
            stamps = ((_stamp(path), before) for path, before in self._before.items())
            # Editors may delete a file for a moment, or empty it, before they write it.
            self._changed = any(now is not None and now != before for now, before in stamps)
        return self._changed

    def wait(self, told: str) -> bool:
        """Return when one was saved; ``told`` is told where none was yet.

        The result is whether to go on: Ctrl-C ends it.
        """
        if self.changed():
            return True
        click.echo(told, err=True)
        try:
            while not self.changed():
                time.sleep(_LOOK_S)
        except KeyboardInterrupt:
            return False
        return True


def _stamp(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return (found.st_mtime_ns, found.st_size) if found.st_size else None
