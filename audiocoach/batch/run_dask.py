"""Jobs on the workers of a Dask cluster.

The scheduler gives a job that is lost with its worker to another one, and knows jobs by their
content: one that runs already, for whomever, is not begun a second time. What it does not
know of is done here: workers that are the wrong ones, sounds that were lost with the worker
that held them, and a bound on what is on its way.
"""

from __future__ import annotations

import contextlib
import logging
import platform
import queue
import tempfile
import time
import warnings
from collections import deque
from collections.abc import Callable, Collection, Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from audiocoach import identity
from audiocoach.batch.jobs import Found, Job, Made, Wanted, find_voices, perform
from audiocoach.batch.runner import (
    MAX_TRIES,
    Again,
    Began,
    Ended,
    Event,
    Failure,
    do,
    failure_of,
    lost,
)
from audiocoach.batch.store import Store
from audiocoach.cores import cores, share
from audiocoach.errors import ClusterError, NotFoundError, OutputError

MAX_PARCEL = 1 << 30
"""Bytes that one job may send back; larger ones need a folder that workers reach."""
_CONNECT_S = 30.0
_WORKERS_S = 60.0
"""So long workers are waited for."""
_LOST_S = 30.0
"""So long a scheduler may be out of reach."""
_LOOK_S = 1.0
_AHEAD = 2
"""Jobs on their way for each slot: one that is done, one that waits."""
_SAME = ("lameenc", "av", "numpy", "soxr")
"""Packages on which the bytes of a file depend."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Parcel:
    """What a job sends back where its worker does not reach the store."""

    made: Made
    files: Mapping[str, bytes]


class DaskRunner:
    """See ``Runner``: jobs go to the scheduler at ``address``."""

    def __init__(self, address: str, *, connect_s: float = _CONNECT_S) -> None:
        """Connect; raises ``ClusterError`` where there is nobody who can do jobs."""
        self._address = address
        self._client = _connect(address, connect_s)
        try:
            self._check_workers()
        except BaseException:
            self.close()
            raise

    @property
    def slots(self) -> int:
        """Threads of all workers."""
        with self._reaching():
            threads: Mapping[str, int] = self._client.nthreads()
            return max(1, sum(threads.values()))

    def find_voices(self, wanted: Collection[Wanted]) -> Mapping[Wanted, Found]:
        """The voices of the workers; all of them must have the same."""
        with self._reaching():
            by_worker = self._client.run(find_voices, list(wanted))
        found: dict[Wanted, Found] = {}
        for each in wanted:
            answers = {worker: told[each] for worker, told in by_worker.items()}
            found[each] = next(iter(answers.values()))
            for worker, answer in answers.items():
                if answer.problem or answer.key != found[each].key:
                    told = answer.problem or f"it is {answer.key}, elsewhere {found[each].key}"
                    found[each] = Found(problem=f"on the worker {worker}: {told}")
                    break
        return found

    def run(
        self, jobs: Sequence[Job], sounds: Mapping[str, Path], store: Store
    ) -> Generator[Event, None, None]:
        """See ``Runner``."""
        run = _Run(self._client, sounds, store)
        waiting = deque(jobs)
        try:
            while waiting or run.futures:
                with self._reaching():
                    room = _AHEAD * self.slots - len(run.futures)
                    for _ in range(min(room, len(waiting))):
                        yield run.submit(waiting.popleft())
                if (ended := self._next(run)) is not None:
                    with self._reaching():
                        yield from run.ended(ended)
        finally:
            run.stop()

    def close(self) -> None:
        """Leave the cluster; what was submitted and has not begun is forgotten there."""
        with contextlib.suppress(Exception):  # the cluster may be gone
            self._client.close(timeout=5)

    def _next(self, run: _Run) -> str | None:
        """The name of a job that is over, or nothing after a while; watches the scheduler."""
        gone = time.monotonic() + _LOST_S
        while self._client.status != "running":
            if time.monotonic() > gone:
                raise ClusterError(
                    f"the scheduler at {self._address} was lost; run the batch again, and it goes "
                    "on with what is missing"
                )
            time.sleep(_LOOK_S / 4)
        with contextlib.suppress(queue.Empty):
            return run.over.get(timeout=_LOOK_S)
        return None

    def _check_workers(self) -> None:
        """Every worker has this audiocoach, or nothing is begun."""
        with self._reaching():
            try:
                self._client.wait_for_workers(1, timeout=_WORKERS_S)
            except TimeoutError:
                raise ClusterError(
                    f"the scheduler at {self._address} has no workers; start some, for instance: "
                    f"dask worker {self._address} --nworkers 4 --nthreads 1"
                ) from None
            python = platform.python_version_tuple()[:2]
            versions = self._client.get_versions(check=False)["workers"]
            wrong = [
                f"{worker} has Python {told['host']['python'].split('.final')[0]}, here is "
                f"{platform.python_version()}"
                for worker, told in versions.items()
                if tuple(told["host"]["python"].split(".")[:2]) != python
            ]
            if not wrong:
                answers = self._client.run(_probe(), on_error="return")
                wrong = [*_wrong(answers)]
        if wrong:
            more = f"\n... and {len(wrong) - 5} more" if len(wrong) > 5 else ""
            raise ClusterError(
                f"{len(wrong)} workers cannot do the jobs of this audiocoach "
                f"({_shown(identity.program())}); install the same one there:\n"
                + "\n".join(wrong[:5])
                + more
            )

    @contextlib.contextmanager
    def _reaching(self) -> Iterator[None]:
        """What goes wrong between here and the cluster, as ``ClusterError``."""
        from distributed.comm.core import CommClosedError

        try:
            yield
        except (CommClosedError, TimeoutError) as error:
            told = f"the scheduler at {self._address} does not answer: {error}"
            raise ClusterError(told) from error


class _Run:
    """What was submitted and is not over."""

    def __init__(self, client: Any, sounds: Mapping[str, Path], store: Store) -> None:
        self.futures: dict[str, Any] = {}
        """By the name of the job."""
        self.over: queue.SimpleQueue[str] = queue.SimpleQueue()
        self._client = client
        self._sounds = sounds
        self._store = store
        self._scattered: dict[str, Any] = {}
        self._jobs: dict[str, Job] = {}
        self._tries: dict[str, int] = {}

    def submit(self, job: Job) -> Event:
        """Hand a job to the scheduler."""
        tries = self._tries[job.name] = self._tries.get(job.name, 0) + 1
        self._jobs[job.name] = job
        try:
            carried = [self._scatter(digest) for _, digest in job.sounds]
        except FileNotFoundError as error:
            told = NotFoundError(f"the sound {error.filename} is not there any more")
            return Ended(job, failure_of(told), tries)
        there = self._store if self._store.shared else None
        future = self._client.submit(
            work,
            job,
            there,
            [digest for _, digest in job.sounds],
            carried,
            key=f"audiocoach-{job.key}-{'to' if there else 'back'}-{tries}",
            pure=False,
        )
        self.futures[job.name] = future
        future.add_done_callback(lambda _future, name=job.name: self.over.put(name))
        return Began(job, "the cluster") if tries == 1 else Again(job, "it was lost")

    def ended(self, name: str) -> Iterator[Event]:
        """What came of a job; it may have to be tried again."""
        job, future = self._jobs[name], self.futures.pop(name)
        result = self._result(job, future)
        future.release()
        tries = self._tries[name]
        if isinstance(result, Failure) and result.elsewhere and tries < MAX_TRIES:
            self._scattered.clear()  # what was lost may have been a sound
            yield self.submit(job)
            return
        yield Ended(job, result, tries)

    def stop(self) -> None:
        """Have what has not begun forgotten; what a worker is at cannot be stopped."""
        with contextlib.suppress(Exception):  # the cluster may be gone
            self._client.cancel(list(self.futures.values()))

    def _result(self, job: Job, future: Any) -> Made | Failure:
        from distributed import KilledWorker

        try:
            result: Made | Failure | Parcel = future.result()
            return self._unpacked(job, result) if isinstance(result, Parcel) else result
        except KilledWorker as error:
            return lost(error.allowed_failures + 1, "the worker that did it died")
        except OutputError as error:
            return failure_of(error)
        except Exception as error:  # noqa: BLE001 - lost, cancelled, not unpickled there
            told = f"the cluster lost it: {type(error).__name__}: {error}"
            return Failure(type(error).__name__, told, ClusterError.exit_code, elsewhere=True)

    def _unpacked(self, job: Job, parcel: Parcel) -> Made:
        with self._store.work_folder() as folder:
            files = {}
            for number, (name, data) in enumerate(parcel.files.items()):
                files[name] = folder / str(number)
                files[name].write_bytes(data)
            self._store.put(job, parcel.made, files)
        return parcel.made

    def _scatter(self, digest: str) -> Any:
        """A user's sound goes to the cluster once, and from worker to worker there."""
        if digest not in self._scattered:
            data = self._sounds[digest].read_bytes()
            self._scattered[digest] = self._client.scatter(data, hash=False)
        return self._scattered[digest]


def work(
    job: Job, store: Store | None, digests: Sequence[str], sounds: Sequence[bytes]
) -> Made | Failure | Parcel:
    """What a worker does; without ``store`` the files come back.

    There is a worker for each processor: none encodes on more than one.
    """
    share(cores())
    carried = dict(zip(digests, sounds, strict=True))
    if store is not None:
        return do(job, carried, store)
    try:
        with tempfile.TemporaryDirectory(prefix="audiocoach-") as folder:
            made, files = perform(job, carried, Path(folder))
            return _parcel(job, made, files)
    except Exception as error:  # noqa: BLE001 - whatever it is, the batch goes on and tells it
        return failure_of(error)


def _parcel(job: Job, made: Made, files: Mapping[str, Path]) -> Parcel:
    if (size := sum(file.bytes for file in made.files)) > MAX_PARCEL:
        raise OutputError(
            f"{job.name} has {size / 1e6:.0f} MB, too many to come back; give a folder that every "
            "worker reaches, --to file:///... or another URL"
        )
    return Parcel(made, {name: path.read_bytes() for name, path in files.items()})


def _connect(address: str, connect_s: float) -> Any:
    try:
        import distributed
    except ImportError:
        raise ClusterError(
            "--scheduler needs the extra: pip install 'audiocoach[cluster]'"
        ) from None
    logging.getLogger("distributed").setLevel(logging.CRITICAL)  # what matters is told here
    try:
        with warnings.catch_warnings(record=True) as caught:
            client = distributed.Client(  # type: ignore[no-untyped-call,unused-ignore]
                address, timeout=connect_s, set_as_default=False
            )
        for warning in caught:
            _log.info("%s", warning.message)
    except (OSError, ValueError, TypeError, RuntimeError, AssertionError) as error:
        # The last: its thread did not start in 10 s, on a machine that has no time.
        why = str(error) or f"{type(error).__name__} in distributed"
        raise ClusterError(f"no scheduler answers at {address}: {why}") from error
    return client


def _probe() -> Callable[[], tuple[str, dict[str, str]]]:
    """A function that travels whole: a worker needs no audiocoach to be asked whether it has it."""
    packages = _SAME

    def probe() -> tuple[str, dict[str, str]]:
        from importlib.metadata import PackageNotFoundError, version

        found = {}
        for package in packages:
            try:
                found[package] = version(package)
            except PackageNotFoundError:
                found[package] = "none"
        try:
            from audiocoach import __version__
        except ImportError:
            return "none", found
        try:
            from audiocoach.identity import program
        except ImportError:
            return __version__, found
        return program(), found

    return probe


def _wrong(answers: Mapping[str, Any]) -> Iterator[str]:
    """Workers that have another audiocoach; other packages are only told of."""
    here, packages = _probe()()
    for worker, answer in answers.items():
        if isinstance(answer, BaseException):
            yield f"{worker}: {type(answer).__name__}: {answer}"
            continue
        program, found = answer
        if program != here:
            yield f"{worker} has {_shown(program)}"
        for package in packages:
            if found[package] != packages[package]:
                _log.warning(
                    "%s has %s %s, here is %s: files may differ in their last bits",
                    worker, package, found[package], packages[package],
                )  # fmt: skip


def _shown(program: str) -> str:
    version, _, code = program.partition(" ")
    return f"{version} (code {code[:8]})" if code else f"{version}"
