"""``audiocoach batch``: all files of a plan, on this machine or on a cluster."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

import click

from audiocoach.errors import BatchError
from audiocoach.units import clock

if TYPE_CHECKING:
    from audiocoach.batch.prepare import Prepared
    from audiocoach.batch.runner import Again, Ended, Event, Runner
    from audiocoach.batch.store import Store
    from audiocoach.batch.work import Batch, Decision

_MOST_ROWS = 16
"""Jobs that are shown while they are done."""


@click.command(short_help="Make all files of a plan: routines x voices x lengths x languages.")
@click.argument("plan", type=click.Path(path_type=Path, dir_okay=False))
@click.option(
    "--to",
    metavar="FOLDER|URL",
    help="Where the files go: a folder, or a URL of fsspec (file:///..., s3://...). [default: "
    "what the plan says, or else a folder beside it with its name]",
)
@click.option(
    "-j",
    "--jobs",
    type=click.IntRange(1, 256),
    metavar="N",
    help="How many files at once on this machine. [default: one for each core]",
)
@click.option(
    "--scheduler",
    metavar="ADDRESS",
    help="Make them on the Dask cluster of this scheduler, e.g. tcp://10.0.0.5:8786.",
)
@click.option("--dry-run", is_flag=True, help="Only tell what would be made, and why.")
@click.option("--fail-fast", is_flag=True, help="Begin nothing more after the first failure.")
@click.option("--verify", is_flag=True, help="Read every finished file and compare its checksum.")
@click.option("--json", "as_json", is_flag=True, help="Print the summary as JSON.")
def batch(
    *,
    plan: Path,
    to: str | None,
    jobs: int | None,
    scheduler: str | None,
    dry_run: bool,
    fail_fast: bool,
    verify: bool,
    as_json: bool,
) -> None:
    """Make every file that PLAN asks for and that is missing or not as it would be made now.

    A plan is a TOML file; docs/batch.md tells what is in it. What is interrupted goes on when it
    is run again. One file that fails does not stop the others: the exit code is 5 then, and a
    summary (.summary.json and .summary.md) beside the files tells all. 6: the cluster cannot be
    used, or was lost.

    \b
    audiocoach batch studio.toml --dry-run
    audiocoach batch studio.toml
    audiocoach batch studio.toml --scheduler tcp://10.0.0.5:8786 --to file:///mnt/audio
    """  # noqa: D301
    from audiocoach.batch import plan as plans
    from audiocoach.batch import report, runners
    from audiocoach.batch.prepare import prepare
    from audiocoach.batch.store import open_store
    from audiocoach.batch.work import Batch, decide

    if jobs and scheduler:
        raise click.UsageError("--jobs is for this machine; a scheduler has workers of its own")
    read = plans.read(plan)
    store = open_store(to, Path()) if to else open_store(read.to or plan.stem, read.folder)
    with ExitStack() as stack:
        runner = runners.open_runner(jobs, scheduler)
        stack.callback(runner.close)
        prepared = prepare(read, runner.find_voices)
        if not dry_run:
            stack.enter_context(store.open())
        found = Batch(decide(prepared.jobs, store, verify=verify))
        told = f"scheduler {scheduler}" if scheduler else f"{runner.slots} processes"
        if dry_run:
            _tell_decisions(found.decisions, as_json=as_json)
        else:
            try:
                if found.waiting:
                    _work(found, prepared, runner, store, fail_fast=fail_fast)
            finally:
                written = report.write(found, plan, store, told)
                told_all = report.summary(found, plan, store, told)
                click.echo(f"{report.line(told_all)}; {store.address}/{written[1]}", err=as_json)
        if as_json:
            told_all = report.summary(found, plan, store, told)
            click.echo(json.dumps(told_all, ensure_ascii=False, indent=1))
    if found.failures:
        raise BatchError(f"{len(found.failures)} of {len(found.decisions)} files were not made")


def _tell_decisions(decisions: Sequence[Decision], *, as_json: bool) -> None:
    wanted = [each for each in decisions if each.why]
    for each in decisions:
        click.echo(f"{'make' if each.why else 'keep'}  {each.job.name}", nl=False, err=as_json)
        click.echo(f": {each.why}" if each.why else "", err=as_json)
    told = f"{len(wanted)} of {len(decisions)} files would be made"
    click.echo(told, err=as_json)


def _work(
    found: Batch, prepared: Prepared, runner: Runner, store: Store, *, fail_fast: bool
) -> None:
    from audiocoach.batch.work import run

    with _shown(len(found.waiting)) as show:
        for event in run(found, prepared, runner, store, fail_fast=fail_fast):
            show(event)


def _shown(total: int) -> AbstractContextManager[Callable[[Event], None]]:
    """A table that lives on a terminal; a line for each file elsewhere. On stderr either way."""
    return _table(total) if sys.stderr.isatty() else nullcontext(_Lines(total))


class _Lines:
    """A line for each file that is over."""

    def __init__(self, total: int) -> None:
        self._total = total
        self._done = 0

    def __call__(self, event: Event) -> None:
        from audiocoach.batch.runner import Again, Ended

        if isinstance(event, Ended):
            self._done += 1
            click.echo(f"{self._done}/{self._total}  {_told(event)}", err=True)
        elif isinstance(event, Again):
            click.echo(_told(event), err=True)


@contextmanager
def _table(total: int) -> Iterator[Callable[[Event], None]]:
    """A row for each file that is being made, one for all of them, and what is over above."""
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TaskID,
        TextColumn,
        TimeRemainingColumn,
    )

    from audiocoach.batch.runner import Began, Ended, Went

    console = Console(stderr=True)
    columns = (
        TextColumn("{task.description}", markup=False),
        TextColumn("{task.fields[what]:<8}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console, transient=True) as bar:
        whole = bar.add_task("all files", total=total, what="")
        rows: dict[str, TaskID] = {}

        def show(event: Event) -> None:
            name = event.job.name
            if isinstance(event, Began):
                if len(rows) < _MOST_ROWS:
                    rows[name] = bar.add_task(name, total=None, what="")
            elif isinstance(event, Went):
                if name in rows:
                    bar.update(rows[name], what=event.what, completed=event.done, total=event.of)
            else:
                if name in rows:
                    bar.remove_task(rows.pop(name))
                console.print(_told(event), markup=False, highlight=False)
                bar.advance(whole, 1 if isinstance(event, Ended) else 0)

        yield show


def _told(event: Ended | Again) -> str:
    from audiocoach.batch.runner import Again, Failure

    name = event.job.name
    if isinstance(event, Again):
        return f"again  {name}: {event.why}"
    if isinstance(event.result, Failure):
        return f"failed  {name}: {event.result.message}"
    made = event.result
    size = sum(file.bytes for file in made.files) / 1e6
    return (
        f"made  {name}: {clock(made.length_ms)}, {made.cues} cues, {size:.1f} MB, "
        f"{made.wall_s:.1f} s"
    )
