"""What a batch came to: a summary for programs (JSON), and one for people (Markdown)."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import PurePath
from typing import Any

from audiocoach import __version__
from audiocoach.batch.jobs import Made, made_as_json
from audiocoach.batch.runner import Failure
from audiocoach.batch.store import Store
from audiocoach.batch.work import Batch, Decision
from audiocoach.units import HOUR, clock

_FORMAT = 1


def summary(batch: Batch, plan: PurePath, store: Store, runner: str) -> dict[str, Any]:
    """All of it, as JSON holds it; in the order of the plan."""
    files = [_file(batch, each) for each in batch.decisions]
    return {
        "audiocoach batch": _FORMAT,
        "program": __version__,
        "plan": plan.name,
        "to": store.address,
        "runner": runner,
        "wall_s": round(batch.wall_s, 3),
        "interrupted": batch.interrupted,
        "totals": {
            "files": len(files),
            **{state: _count(files, state) for state in ("made", "current", "failed", "waiting")},
            **_cost(batch.made),
        },
        "files": files,
    }


def write(batch: Batch, plan: PurePath, store: Store, runner: str) -> list[str]:
    """Both summaries, into the store; returns their names there. Raises ``OutputError``."""
    told = summary(batch, plan, store, runner)
    names = [f"{plan.stem}.summary.json", f"{plan.stem}.summary.md"]
    store.write(names[0], (json.dumps(told, ensure_ascii=False, indent=1) + "\n").encode())
    store.write(names[1], markdown(told).encode())
    return names


def line(told: dict[str, Any]) -> str:
    """A summary in one line."""
    totals = told["totals"]
    parts = [f"{totals[state]} {state}" for state in ("made", "current", "failed", "waiting")]
    shown = [part for part in parts if not part.startswith("0 ")] or ["nothing to do"]
    cost = f", {totals['cpu_s_per_hour']:.0f} CPU seconds for an hour of sound"
    return f"{totals['files']} files: {', '.join(shown)}" + (cost if totals["made"] else "")


def markdown(told: dict[str, Any]) -> str:
    """A summary as a page to read: what failed first."""
    lines = [f"# {told['plan']}", "", f"{line(told)}.", ""]
    if told["interrupted"]:
        lines += ["It was stopped; run it again, and it goes on with what is waiting.", ""]
    for state in ("failed", "waiting", "made", "current"):
        files = [each for each in told["files"] if each["state"] == state]
        if files:
            lines += [f"## {state.capitalize()}", "", *_table(files, state), ""]
    return "\n".join(lines)


def _file(batch: Batch, decision: Decision) -> dict[str, Any]:
    job = decision.job
    ended = batch.ended.get(job.name)
    result = ended.result if ended else decision.made
    told: dict[str, Any] = {"file": job.name, "state": "waiting", "why": decision.why}
    told |= {"tries": ended.tries if ended else 0, "combination": dict(job.told)}
    if isinstance(result, Made):
        told |= {"state": "made" if ended else "current", "made": made_as_json(result)}
    elif isinstance(result, Failure):
        error = {"kind": result.kind, "message": result.message, "exit_code": result.exit_code}
        told |= {"state": "failed", "error": error}
    return told


def _count(files: Iterable[dict[str, Any]], state: str) -> int:
    return sum(each["state"] == state for each in files)


def _cost(made: list[Made]) -> dict[str, float]:
    """Of what was made in this run."""
    length = sum(each.length_ms for each in made)
    cpu = sum(each.cpu_s for each in made)
    return {
        "sound_ms": length,
        "bytes": sum(file.bytes for each in made for file in each.files),
        "cpu_s": round(cpu, 3),
        "cpu_s_per_hour": round(cpu * HOUR / length, 1) if length else 0.0,
    }


def _table(files: Iterable[dict[str, Any]], state: str) -> list[str]:
    if state in ("failed", "waiting"):
        rows = [(each["file"], each.get("error", {}).get("message", each["why"])) for each in files]
        head = ("file", "why")
        return _rows(head, [(name, why.splitlines()[0]) for name, why in rows])
    return _rows(
        ("file", "length", "cues", "MB", "LUFS", "CPU s"),
        [
            (
                each["file"],
                clock(each["made"]["length_ms"]),
                str(each["made"]["cues"]),
                f"{sum(file['bytes'] for file in each['made']['files']) / 1e6:.1f}",
                f"{each['made']['loudness']:.1f}",
                f"{each['made']['cpu_s']:.1f}",
            )
            for each in files
        ],
    )


def _rows(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> list[str]:
    def shown(row: tuple[str, ...]) -> str:
        return "| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |"

    return [shown(head), "|" + "---|" * len(head), *map(shown, rows)]
