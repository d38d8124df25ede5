"""How many processors there are for this process."""

from __future__ import annotations

import os

_processes = 1
"""That do the same work beside each other; this is one of them."""


def cores() -> int:
    """How many processors this process may use."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # not on macOS and Windows
        return os.cpu_count() or 1


def share(processes: int) -> None:
    """So many processes, this one among them, have the processors together from now on."""
    global _processes  # noqa: PLW0603 - it is so for all of this process
    _processes = processes


def own() -> int:
    """How many threads this process may keep busy, so that each process has its part."""
    return max(1, cores() // _processes)
