"""A whole batch: what is missing or stale, and making it."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from audiocoach.batch.jobs import Job, Made
from audiocoach.batch.naming import files_of
from audiocoach.batch.prepare import Prepared
from audiocoach.batch.runner import Ended, Event, Failure, Runner
from audiocoach.batch.store import Entry, Store
from audiocoach.errors import OutputError

_CHANGED = {
    "script": "the script says something else",
    "voice": "the voice is another one",
    "sounds": "a sound is another one",
    "settings": "the settings are others",
    "program": "another audiocoach made it",
}


@dataclass(frozen=True, slots=True)
class Decision:
    """Whether a file is to be made."""

    job: Job
    why: str
    """Empty where it is there and is what the plan asks for."""
    made: Made | None = None
    """What is there."""


@dataclass(slots=True)
class Batch:
    """What is known of each file while a batch runs."""

    decisions: Sequence[Decision]
    ended: dict[str, Ended] = field(default_factory=dict)
    """By the name of the job."""
    wall_s: float = 0.0
    interrupted: bool = False

    @property
    def waiting(self) -> list[Decision]:
        """To be made, and not over."""
        return [each for each in self.decisions if each.why and each.job.name not in self.ended]

    @property
    def failures(self) -> list[Ended]:
        """What came to nothing."""
        return [each for each in self.ended.values() if isinstance(each.result, Failure)]

    @property
    def made(self) -> list[Made]:
        """What was made in this run."""
        return [each.result for each in self.ended.values() if isinstance(each.result, Made)]


def decide(jobs: Iterable[Job], store: Store, *, verify: bool = False) -> list[Decision]:
    """What is to be made, and why. ``verify`` reads each file that is there. ``OutputError``."""
    listed = list(jobs)
    entries = store.entries([job.name for job in listed])
    names = [name for job in listed for name in files_of(job.name, job.settings.beside)]
    sizes = store.sizes(names)
    return [_decision(job, entries.get(job.name), sizes, store, verify) for job in listed]


def _decision(
    job: Job, entry: Entry | None, sizes: Mapping[str, int], store: Store, verify: bool
) -> Decision:
    wanted = files_of(job.name, job.settings.beside)
    if missing := [name for name in wanted if name not in sizes]:
        what = "" if missing[0] == job.name else f": {missing[0]}"
        return Decision(job, f"it is not there{what}")
    if entry is None:
        return Decision(job, "nothing is known of the file that is there")
    inputs = dict(job.inputs)
    changed = [told for name, told in _CHANGED.items() if entry.inputs.get(name) != inputs[name]]
    if changed:
        return Decision(job, ", ".join(changed))
    for file in entry.made.files:
        whole = sizes.get(file.name) == file.bytes
        if whole and (verify or entry.pending):
            with contextlib.suppress(OutputError):
                whole = store.sha256(file.name) == file.sha256
        if not whole:
            return Decision(job, "the file that is there is not the one that was made")
    return Decision(job, "", entry.made)


def run(
    batch: Batch, prepared: Prepared, runner: Runner, store: Store, *, fail_fast: bool = False
) -> Iterator[Event]:
    """Make what is to be made, telling all that happens.

    ``fail_fast``: nothing more is begun after a failure. Raises ``ClusterError``.
    """
    began = time.perf_counter()
    jobs = [each.job for each in batch.waiting]
    events = runner.run(jobs, prepared.sounds, store)
    try:
        for event in events:
            if isinstance(event, Ended):
                batch.ended[event.job.name] = event
            yield event
            if fail_fast and batch.failures:
                break
    except BaseException:
        batch.interrupted = True
        raise
    finally:
        events.close()
        batch.wall_s = time.perf_counter() - began
