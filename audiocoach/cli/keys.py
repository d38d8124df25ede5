"""Single keys from the terminal, without Enter and without an echo."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import sys
import time
from collections import deque
from collections.abc import Iterator
from typing import Protocol

_ESCAPE = re.compile(r"\x1b(?:\[[0-9;]*[A-Za-z~]|O[A-Za-z]|.)?", re.DOTALL)
_UNFINISHED = re.compile(r"\x1b(?:\[[0-9;]*|O)?\Z")
_ARROWS = {"A": "up", "B": "down", "C": "right", "D": "left"}
_NAMES = {" ": "space", "\r": "enter", "\n": "enter", "\x03": "ctrl-c"}
_REST_S = 0.05
"""Within this, the rest of a key that sends several characters arrives."""


class Keys(Protocol):
    """The keys that a person presses."""

    def read(self, timeout_s: float) -> str | None:
        """The next key, or ``None`` if none comes in time.

        A small letter or a sign as it is; ``space``, ``enter``, ``left``, ``right``, ``up``,
        ``down``, ``ctrl-c``; anything else is passed over.
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


def names(text: str) -> Iterator[str]:
    """The keys in what a POSIX terminal sent."""
    while text:
        if text[0] == "\x1b":
            match = _ESCAPE.match(text)
            sequence = match.group() if match else text
            if len(sequence) == 3 and sequence[1] in "[O" and sequence[2] in _ARROWS:
                yield _ARROWS[sequence[2]]
            text = text[len(sequence) :]
            continue
        if text[0] in _NAMES or text[0].isprintable():
            yield _NAMES.get(text[0], text[0].lower())
        text = text[1:]


if sys.platform == "win32":
    import msvcrt

    _SECOND = {"H": "up", "P": "down", "M": "right", "K": "left"}
    """By the second character that an arrow key sends."""

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
                return _SECOND.get(msvcrt.getwch())
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
            while _UNFINISHED.search(text):
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
                self._set_mode()
