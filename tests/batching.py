"""Batches for tests: a plan with voices of tones, in this process, in others, on a cluster.

``python batching.py ARGUMENTS`` is ``audiocoach batch ARGUMENTS`` with those voices; as a module
that a Dask worker loads first (``--preload``), it gives them to the worker.
"""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path
from typing import Any

from audiocoach import cli, testing
from audiocoach.batch import plan, prepare, runners, work
from audiocoach.batch.jobs import Job, find_voices
from audiocoach.batch.prepare import Prepared
from audiocoach.batch.run_local import LocalRunner
from audiocoach.batch.runner import Ended, Event, Runner
from audiocoach.batch.store import Store
from audiocoach.voices import catalogue

SCRIPT = """\
---
title: {title}
language: {language}
ambience: none
choices:
  side: [left, right]
---

# One

Rest your {{side}} hand. [1s] {words}

Press gently. [for 20s..{longest}]
"""


def script(
    folder: Path, name: str, language: str = "en", words: str = "Breathe.", **more: str
) -> Path:
    path = folder / f"{name}.md"
    longest = more.get("longest", "60s")
    text = SCRIPT.format(title=name.title(), language=language, words=words, longest=longest)
    path.write_text(text + more.get("end", ""), encoding="utf-8")
    return path


def plan_at(folder: Path, text: str) -> Path:
    path = folder / "studio.toml"
    path.write_text(text, encoding="utf-8")
    return path


def prepared(path: Path) -> Prepared:
    return prepare.prepare(plan.read(path), find_voices)


def ended(events: list[Event]) -> dict[str, Ended]:
    found = [event for event in events if isinstance(event, Ended)]
    assert len({event.job.name for event in found}) == len(found), "a job ended twice"
    return {event.job.name: event for event in found}


def run(ready: Prepared, doing: Runner, store: Store, **options: Any) -> dict[str, Ended]:
    """A whole batch; what ended."""
    batch = work.Batch(work.decide(ready.jobs, store))
    with store.open():
        return ended(list(work.run(batch, ready, doing, store, **options)))


def bytes_in(folder: Path, kind: str = "*.mp3") -> dict[str, bytes]:
    paths = (path for path in folder.rglob(kind) if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in paths}


def names(jobs: tuple[Job, ...]) -> list[str]:
    return [job.name for job in jobs]


def poisoned() -> None:
    """As ``use_tones``, but words kill whoever speaks them."""

    class Poisoned(testing.ToneVoice):
        def speak(self, text: str) -> Any:
            if "poison" in text:
                os.kill(os.getpid(), signal.SIGKILL)
            if "bug" in text:
                raise ZeroDivisionError("a fault")
            return super().speak(text)

    catalogue.open_voice = lambda name, language, _pace: Poisoned(name, language=language)  # type: ignore[assignment]


def dask_setup(_worker: Any) -> None:
    testing.use_tones()


def main() -> None:
    testing.use_tones()
    runners.open_runner = lambda jobs=None, scheduler=None: LocalRunner(jobs, testing.use_tones)
    sys.argv.insert(1, "batch")
    cli.main()


if __name__ == "__main__":
    main()
