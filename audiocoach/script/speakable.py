"""Checks that what is to be spoken holds something that a voice can speak."""

from __future__ import annotations

import re

from audiocoach.script.names import can_be_spoken
from audiocoach.script.problems import Problems, quoted
from audiocoach.script.tree import Piece, Run, Words

_LOST_STOP = re.compile(r"[.,;:!?](?=\s|$)")


def check_speech(items: tuple[Piece, ...], problems: Problems) -> None:
    """Report runs of words that hold nothing a voice could speak, or begin with a full stop."""
    for run in _spoken_runs(items):
        first = run[0]
        if not isinstance(first, Words):
            continue
        stop = _LOST_STOP.match(first.text)
        if stop or (len(run) == 1 and not can_be_spoken(first.text)):
            lost = stop.group() if stop else first.text
            problems.add(
                first.place,
                f"there is nothing to speak in {quoted(lost)}; put a break after the"
                " punctuation, not before it",
                len(lost),
            )


def _spoken_runs(items: tuple[Piece, ...]) -> list[tuple[Run, ...]]:
    """The words and names from one break or sound to the next; no run is empty."""
    runs: list[list[Run]] = [[]]
    for item in items:
        if isinstance(item, Run):
            runs[-1].append(item)
        elif runs[-1]:
            runs.append([])
    return [tuple(run) for run in runs if run]
