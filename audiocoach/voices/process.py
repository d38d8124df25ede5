"""A worker process that may hang or die: JSON lines over pipes, each with a deadline."""

from __future__ import annotations

import collections
import contextlib
import itertools
import json
import os
import queue
import shutil
import subprocess
import tempfile
import threading
import time
import weakref
from collections.abc import Sequence
from pathlib import Path
from typing import IO, Any

from audiocoach.units import SECOND, Ms

_LAST_WORDS = 5
"""Lines of the worker's standard error that are kept for a message."""

_LONGEST_LINE = 300
_STOP_S = 5.0


class WorkerError(Exception):
    """The worker hung, died, or says that it cannot."""


class Worker:
    """One worker process and its private folder.

    The process starts when it is first needed, and again after ``stop``. ``close``, the
    end of the program or of this object ends it and takes the folder away.
    """

    def __init__(self, command: Sequence[str], hello: dict[str, Any], start_time: Ms) -> None:
        """``command`` gets the folder as its last argument.

        Each process is asked ``hello`` first, and has ``start_time`` to answer.
        """
        self._state = _State(command, hello, start_time)
        self._finalizer = weakref.finalize(self, self._state.close)

    @property
    def folder(self) -> Path:
        """Where the worker writes; private, and gone after ``close``."""
        return self._state.folder

    @property
    def pid(self) -> int | None:
        """The number of the process that runs now, if one does."""
        process = self._state.process
        return process.pid if process else None

    @property
    def closed(self) -> bool:
        """Whether ``close`` was called."""
        return not self._finalizer.alive

    def start(self) -> dict[str, Any]:
        """The reply to ``hello``; raises ``WorkerError`` if it says that it cannot."""
        return _checked(self._state.started().hello)

    def ask(self, request: dict[str, Any], deadline: Ms) -> dict[str, Any]:
        """The reply to ``request``; raises ``WorkerError`` if there is none in time."""
        return _checked(self._state.started().ask(request, deadline))

    def stop(self) -> None:
        """End the process, whatever it does."""
        self._state.stop()

    def close(self) -> None:
        """End the process and remove the folder; from any thread, also twice."""
        self._finalizer()


def _checked(reply: dict[str, Any]) -> dict[str, Any]:
    if "error" in reply:
        raise WorkerError(str(reply["error"]))
    return reply


class _State:
    """What outlives a ``Worker`` that nobody holds any more, until it is cleared away."""

    def __init__(self, command: Sequence[str], hello: dict[str, Any], start_time: Ms) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="audiocoach-"))
        self.process: _Process | None = None
        self._command = (*command, str(self.folder))
        self._hello = hello
        self._start_time = start_time
        self._closed = False
        self._lock = threading.Lock()

    def started(self) -> _Process:
        with self._lock:
            if self._closed:
                raise WorkerError("it is closed")
            process = self.process
            if process is None:
                self.folder.mkdir(mode=0o700, exist_ok=True)  # a worker that ends takes it along
                process = self.process = _Process(self._command)
        if not process.hello:
            process.hello = process.ask(self._hello, self._start_time)
        return process

    def stop(self) -> None:
        with self._lock:
            process, self.process = self.process, None
        if process is not None:
            process.end()

    def close(self) -> None:
        with self._lock:
            self._closed = True
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)


class _Process:
    """The running process, and two threads that empty its pipes."""

    def __init__(self, command: Sequence[str]) -> None:
        try:
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                env=_environment(),
                creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
            )
        except OSError as error:
            raise WorkerError(f"its process cannot be started: {error}") from error
        self.hello: dict[str, Any] = {}
        """The reply to the first request; empty until it is there."""
        self._numbers = itertools.count(1)
        self._lines: queue.SimpleQueue[bytes] = queue.SimpleQueue()
        self._last_words: collections.deque[str] = collections.deque(maxlen=_LAST_WORDS)
        stdout, stderr = self._process.stdout, self._process.stderr
        assert stdout is not None  # noqa: S101 - PIPE, above
        assert stderr is not None  # noqa: S101 - "
        self._threads = (
            threading.Thread(target=_replies, args=(stdout, self._lines), daemon=True),
            threading.Thread(target=_remember, args=(stderr, self._last_words), daemon=True),
        )
        for thread in self._threads:
            thread.start()

    @property
    def pid(self) -> int:
        return self._process.pid

    def ask(self, request: dict[str, Any], deadline: Ms) -> dict[str, Any]:
        """The reply to ``request``; late ones to earlier requests are passed over."""
        number = next(self._numbers)
        until = time.monotonic() + deadline / SECOND
        stdin = self._process.stdin
        assert stdin is not None  # noqa: S101 - PIPE, above
        with contextlib.suppress(OSError, ValueError):  # a dead worker: the empty line says why
            stdin.write(json.dumps({"id": number, **request}).encode("ascii") + b"\n")
            stdin.flush()
        while True:
            try:
                line = self._lines.get(timeout=max(0.0, until - time.monotonic()))
            except queue.Empty:
                raise WorkerError(f"it gave no answer in {deadline / SECOND:g} s") from None
            if not line:
                raise WorkerError(self._obituary())
            with contextlib.suppress(ValueError):
                reply = json.loads(line)
                if isinstance(reply, dict) and reply.get("id") == number:
                    return reply

    def _obituary(self) -> str:
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(_STOP_S)
        self._threads[1].join(_STOP_S)
        words = "; ".join(self._last_words)
        return f"its process ended (exit code {self._process.poll()})" + (words and f": {words}")

    def end(self) -> None:
        """Kill the process, wait for it and close its pipes."""
        self._process.kill()
        self._process.wait()
        for thread in self._threads:
            thread.join(_STOP_S)
        for pipe in (self._process.stdin, self._process.stdout, self._process.stderr):
            with contextlib.suppress(OSError):  # what was not yet written is lost with it
                if pipe is not None:
                    pipe.close()


def _replies(pipe: IO[bytes], lines: queue.SimpleQueue[bytes]) -> None:
    """Hand on every line, and an empty one at the end."""
    for line in pipe:
        lines.put(line)
    lines.put(b"")


def _remember(pipe: IO[bytes], last_words: collections.deque[str]) -> None:
    for line in iter(lambda: pipe.readline(_LONGEST_LINE), b""):
        if text := line.decode("utf-8", "replace").strip():
            last_words.append(text)


def _environment() -> dict[str, str]:
    """This program's environment; a worker finds the package in a checkout too."""
    home = Path(__file__).parents[2]
    paths = [os.environ.get("PYTHONPATH", "")]
    if home.name not in ("site-packages", "dist-packages"):
        paths.append(str(home))
    return {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, paths)), "PYTHONUTF8": "1"}
