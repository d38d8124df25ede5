"""Which runner does the jobs."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from audiocoach.batch.runner import Runner


def open_runner(jobs: int | None = None, scheduler: str | None = None) -> Runner:
    """The cluster of a scheduler, or ``jobs`` processes of this machine. ``ClusterError``."""
    if scheduler:
        from audiocoach.batch.run_dask import DaskRunner

        return DaskRunner(scheduler)
    from audiocoach.batch.run_local import LocalRunner

    return LocalRunner(jobs)
