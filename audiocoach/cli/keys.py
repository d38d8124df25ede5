"""Single keys from the terminal, without Enter and without an echo."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import time
from collections import deque
from collections.abc import Iterator
from typing import Protocol

from audiocoach.cli.typed import UNFINISHED, names

_REST_S = 0.05
"""Within this, the rest of a key that sends several characters arrives."""


class Keys(Protocol):
    """The keys that a person presses."""

    def read(self, timeout_s: float) -> str | None:
        """The next key, or ``None`` if none comes in time.

        ``typed`` has the names.
        """


@contextlib.contextmanager
def open_keys() -> Iterator[Keys | None]:
    """Read keys until the block ends, however it ends; ``None`` where there is no terminal.

    Ctrl-C still interrupts on POSIX; on Windows it is a key.
    """
    if not is_terminal():
        yield None
    elif sys.platform == "win32":
        yield _WindowsKeys()
    else:
        with _PosixKeys(sys.stdin.fileno()) as keys:
            yield keys


def is_terminal() -> bool:
    """Whether standard input is a terminal that is ours to change."""
    try:
        descriptor = sys.stdin.fileno()
        if not os.isatty(descriptor):
            return False
        # A background job that touches its terminal is stopped.
        return sys.platform == "win32" or os.tcgetpgrp(descriptor) == os.getpgrp()
    except (AttributeError, OSError, ValueError):  # there is no standard input
        return False


if sys.platform == "win32":
    import msvcrt

    _SECOND = {
        "H": "up",
        "P": "down",
        "M": "right",
        "K": "left",
        "G": "home",
        "O": "end",
        "I": "pageup",
        "Q": "pagedown",
        "R": "insert",
        "S": "delete",
        **{chr(ord(";") + at): f"f{at + 1}" for at in range(10)},
        "\x85": "f11",
        "\x86": "f12",
    }
    """By the second character that a key without a sign sends."""

    class _WindowsKeys:
        """Keys of a Windows console; it echoes nothing of what is read like this."""

        def read(self, timeout_s: float) -> str | None:
            deadline = time.monotonic() + timeout_s
            while not msvcrt.kbhit():
                if time.monotonic() >= deadline:
                    return None
                time.sleep(0.01)
            char = msvcrt.getwch()
            if char in ("\x00", "\xe0"):
                return _SECOND.get(msvcrt.getwch(), "other")
            return next(names(char), None)

else:
    import select
    import termios
    import tty
    from types import FrameType, TracebackType
    from typing import Self

    class _PosixKeys:
        """Keys of a POSIX terminal in cbreak mode; its old mode comes back at the end.

        Ctrl-Z and Ctrl-Backslash are off meanwhile: they would leave the terminal as it is.
        """

        def __init__(self, descriptor: int) -> None:
            self._descriptor = descriptor
            self._saved = termios.tcgetattr(descriptor)
            self._keys: deque[str] = deque()
            self._open = True

        def __enter__(self) -> Self:
            self._set_mode()
            self._handler = signal.signal(signal.SIGCONT, self._on_continue)
            return self

        def __exit__(
            self,
            kind: type[BaseException] | None,
            error: BaseException | None,
            traceback: TracebackType | None,
        ) -> None:
            signal.signal(signal.SIGCONT, self._handler)
            with contextlib.suppress(termios.error):  # the terminal is gone
                termios.tcsetattr(self._descriptor, termios.TCSADRAIN, self._saved)

        def read(self, timeout_s: float) -> str | None:
            if not self._keys and self._open:
                self._wait(timeout_s)
            elif not self._keys:
                time.sleep(timeout_s)
            return self._keys.popleft() if self._keys else None

        def _wait(self, timeout_s: float) -> None:
            text = self._received(timeout_s)
            while UNFINISHED.search(text):
                rest = self._received(_REST_S)
                if not rest:
                    break
                text += rest
            self._keys.extend(names(text))

        def _received(self, timeout_s: float) -> str:
            if not select.select([self._descriptor], [], [], timeout_s)[0]:
                return ""
            try:
                data = os.read(self._descriptor, 1024)
            except OSError:
                data = b""
            self._open = bool(data)  # the end of the input is no wish to leave
            return data.decode(errors="ignore")

        def _set_mode(self) -> None:
            tty.setcbreak(self._descriptor, termios.TCSADRAIN)
            mode = termios.tcgetattr(self._descriptor)
            for key in (termios.VSUSP, termios.VQUIT):
                mode[6][key] = b"\0"
            termios.tcsetattr(self._descriptor, termios.TCSADRAIN, mode)

        def _on_continue(self, number: int, frame: FrameType | None) -> None:
            """Somebody stopped the process; shells then set the terminal as they like it."""
            del number, frame
            with contextlib.suppress(termios.error):
                if is_terminal():
                    self._set_mode()
