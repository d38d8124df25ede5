"""What does the jobs: processes of this machine, or a cluster; the rest does not know which."""

from __future__ import annotations

import traceback
from collections.abc import Collection, Generator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, TypeAlias

from audiocoach.batch.jobs import Found, Job, Made, Progress, Wanted, WrongWorkerError, perform
from audiocoach.batch.store import Store
from audiocoach.errors import AudiocoachError

MAX_TRIES = 3
"""Workers that may die of one job, or be the wrong one for it, before it has failed."""
_BUG = 70
"""The exit code of what is no error of audiocoach's own."""


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a job came to nothing."""

    kind: str
    """The name of the error."""
    message: str
    exit_code: int
    """What ``export`` would end with."""
    elsewhere: bool = False
    """Whether another worker may do better."""


@dataclass(frozen=True, slots=True)
class Began:
    """A job is being done."""

    job: Job
    where: str


@dataclass(frozen=True, slots=True)
class Went:
    """How far a job has come."""

    job: Job
    what: str
    done: int
    of: int


@dataclass(frozen=True, slots=True)
class Again:
    """A job was lost with its worker, and is tried once more."""

    job: Job
    why: str


@dataclass(frozen=True, slots=True)
class Ended:
    """A job is over; its files are in the store if it was made."""

    job: Job
    result: Made | Failure
    tries: int = 1


Event: TypeAlias = Began | Went | Again | Ended


class Runner(Protocol):
    """Does jobs, several at once."""

    @property
    def slots(self) -> int:
        """How many at once."""

    def find_voices(self, wanted: Collection[Wanted]) -> Mapping[Wanted, Found]:
        """The voices that there are where jobs are done."""

    def run(
        self, jobs: Sequence[Job], sounds: Mapping[str, Path], store: Store
    ) -> Generator[Event, None, None]:
        """Do jobs; exactly one ``Ended`` for each. ``sounds``: by digest.

        When it is closed early, what is being done is stopped. Raises ``ClusterError`` where
        no job can be done any more.
        """

    def close(self) -> None:
        """End everything that was started; may be called twice."""


def do(
    job: Job,
    sounds: Mapping[str, Path | bytes],
    store: Store,
    progress: Progress = lambda _what, _done, _of: None,
) -> Made | Failure:
    """Do a job here and now, and put its files into the store."""
    try:
        with store.work_folder() as folder:
            made, files = perform(job, sounds, folder, progress)
            store.put(job, made, files)
            return made
    except Exception as error:  # noqa: BLE001 - whatever it is, the batch goes on and tells it
        return failure_of(error)


def failure_of(error: BaseException) -> Failure:
    """An error as it is told."""
    if isinstance(error, AudiocoachError):
        elsewhere = isinstance(error, WrongWorkerError)
        return Failure(type(error).__name__, str(error), error.exit_code, elsewhere)
    where = traceback.extract_tb(error.__traceback__)[-1:]
    place = "".join(f" ({Path(each.filename).name}:{each.lineno})" for each in where)
    told = f"this is a fault of audiocoach itself: {type(error).__name__}: {error}{place}"
    return Failure(type(error).__name__, told, _BUG)


def lost(tries: int, what: str) -> Failure:
    """The failure of a job that took its workers with it."""
    return Failure("WorkerLost", f"{what}, {tries} times; it is not tried again", _BUG)
