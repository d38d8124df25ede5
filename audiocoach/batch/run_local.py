"""Jobs in processes of this machine, each of which does one after the other."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Collection, Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

from audiocoach.batch.jobs import Found, Job, Wanted, find_voices
from audiocoach.batch.runner import (
    MAX_TRIES,
    Again,
    Began,
    Ended,
    Event,
    Went,
    do,
    lost,
)
from audiocoach.batch.store import Store
from audiocoach.cores import cores, share

_TELL_EVERY_S = 0.25
_END_S = 5.0
"""So long a process may take to end when it is told to."""


@dataclass(slots=True)
class _Worker:
    """A process, our end of its pipe, and what it does."""

    process: BaseProcess
    pipe: Connection
    job: Job | None = None


class LocalRunner:
    """See ``Runner``. A process that dies is replaced, and its job tried again."""

    def __init__(
        self, slots: int | None = None, prepare: Callable[[], object] | None = None
    ) -> None:
        """``slots``: processes; as many as there are cores if not told.

        ``prepare`` is called in each process before its first job.
        """
        self.slots = slots or cores()
        self._prepare = prepare
        self._workers: list[_Worker] = []
        self._context = multiprocessing.get_context("spawn")

    def find_voices(self, wanted: Collection[Wanted]) -> Mapping[Wanted, Found]:
        """The voices of this machine."""
        return find_voices(wanted)

    def run(
        self, jobs: Sequence[Job], sounds: Mapping[str, Path], store: Store
    ) -> Generator[Event, None, None]:
        """See ``Runner``."""
        waiting = deque(jobs)
        tries: dict[str, int] = {}
        try:
            while waiting or any(worker.job for worker in self._workers):
                yield from self._hand_out(waiting, tries, sounds, store)
                for worker in self._ready():
                    yield from self._hear(worker, waiting, tries)
        finally:
            self.close()

    def close(self) -> None:
        """End all processes, also in the middle of a job."""
        for worker in self._workers:
            worker.process.terminate()
        until = time.monotonic() + _END_S
        for worker in self._workers:
            worker.process.join(max(0.0, until - time.monotonic()))
            if worker.process.is_alive():
                worker.process.kill()
                worker.process.join()
            worker.pipe.close()
            worker.process.close()
        self._workers.clear()

    def _hand_out(
        self, waiting: deque[Job], tries: dict[str, int], sounds: Mapping[str, Path], store: Store
    ) -> Iterator[Event]:
        while waiting and len(self._workers) < self.slots:
            self._workers.append(self._start())
        for worker in self._workers:
            if waiting and worker.job is None:
                busy = {other.job.group for other in self._workers if other.job}
                worker.job = job = _take(waiting, busy)
                tries[job.name] = tries.get(job.name, 0) + 1
                carried = {digest: sounds[digest] for _, digest in job.sounds}
                with contextlib.suppress(OSError):  # it died; it is heard of next
                    worker.pipe.send((job, carried, store))
                yield Began(job, f"process {worker.process.pid}")

    def _ready(self) -> list[_Worker]:
        """Workers that said something, or ended."""
        busy = {worker.pipe: worker for worker in self._workers if worker.job}
        ready = wait(list(busy))
        return [worker for pipe, worker in busy.items() if pipe in ready]

    def _hear(self, worker: _Worker, waiting: deque[Job], tries: dict[str, int]) -> Iterator[Event]:
        job = worker.job
        if job is None:
            return
        try:
            told = worker.pipe.recv()
        except (EOFError, OSError):
            self._bury(worker)
            why = f"its process ended ({_ending(worker.process.exitcode)})"
            worker.process.close()
            if tries[job.name] >= MAX_TRIES:
                yield Ended(job, lost(tries[job.name], why), tries[job.name])
            else:
                waiting.appendleft(job)
                yield Again(job, why)
            return
        if isinstance(told, tuple):
            yield Went(job, *told)
        else:
            worker.job = None
            yield Ended(job, told, tries[job.name])

    def _start(self) -> _Worker:
        ours, theirs = self._context.Pipe()
        process = self._context.Process(
            target=_serve, args=(theirs, self._prepare, self.slots), name="audiocoach-batch"
        )
        with _deaf():
            process.start()
        theirs.close()
        return _Worker(process, ours)

    def _bury(self, worker: _Worker) -> None:
        worker.process.join(_END_S)
        if worker.process.is_alive():
            worker.process.kill()
            worker.process.join()
        worker.pipe.close()
        self._workers.remove(worker)


@contextlib.contextmanager
def _deaf() -> Iterator[None]:
    """What is started here does not hear Ctrl-C, which is for the program, which ends it."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _take(waiting: deque[Job], busy: set[str]) -> Job:
    """The first job whose words nobody speaks just now, so that they are spoken once."""
    at = next((at for at, job in enumerate(waiting) if job.group not in busy), 0)
    job = waiting[at]
    del waiting[at]
    return job


def _ending(code: int | None) -> str:
    if code is not None and code < 0:
        with contextlib.suppress(ValueError):
            return signal.Signals(-code).name
    return f"exit code {code}"


def _serve(pipe: Connection, prepare: Callable[[], object] | None, slots: int) -> None:
    """Do jobs until there are no more; the life of a process, one of ``slots``."""
    share(slots)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # nothing half-made stays
    threading.Thread(target=_end_with_parent, daemon=True).start()
    if prepare is not None:
        prepare()
    lock = threading.Lock()
    while True:
        try:
            job, sounds, store = pipe.recv()
        except (EOFError, OSError):
            return
        told: dict[str, Any] = {"what": None, "when": 0.0}

        def progress(what: str, done: int, of: int, told: dict[str, Any] = told) -> None:
            now = time.monotonic()
            if what != told["what"] or now >= told["when"] + _TELL_EVERY_S:
                told.update(what=what, when=now)
                with lock:
                    pipe.send((what, done, of))

        result = do(job, sounds, store, progress)
        with lock:
            pipe.send(result)


def _end_with_parent() -> None:
    """End at once when the program is gone, however it went."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os._exit(1)
