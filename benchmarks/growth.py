"""What a routine of up to a day takes to be scheduled and exported, and how much memory.

    python benchmarks/growth.py [--write FOLDER]

A cue every 17 seconds, up to 5,000 of them; their words are in the cache, and nothing is
encoded yet.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from functools import partial
from pathlib import Path

from export import WORDS, clean_folder, export, forget_stretches, script

CUES = (50, 100, 200, 400, 1_250, 5_000)
_MORE = 7
"""Seconds from cue to cue beyond ten, so that 5,000 of them take a day."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--write", type=Path, help="a folder for growth.md")
    asked = parser.parse_args()
    with clean_folder() as folder:
        lines = grown(folder)
    if asked.write:
        asked.write.mkdir(parents=True, exist_ok=True)
        (asked.write / "growth.md").write_text(
            "# Growth\n\n`python benchmarks/growth.py`: routines of up to a day, mixed and encoded "
            f"anew, their words being there already; {os.cpu_count()} cores, load "
            f"{os.getloadavg()[1]:.0f}, Python {sys.version.split()[0]}.\n\n{lines}\n"
        )


def grown(folder: Path) -> str:
    """A table of what each length took."""
    from audiocoach.script import load
    from audiocoach.timeline import estimated_length, schedule

    lines = [
        "| length | cues | scheduled, CPU s | exported, CPU s | wall s | CPU s an hour | peak MB |",
        "|---|---|---|---|---|---|---|",
    ]
    path = folder / "grown.md"
    path.write_text(script(len(WORDS)))
    export(str(path), folder / "grown.mp3")
    for cues in CUES:
        path.write_text(script(cues, more=_MORE))
        routine = load(path, {})
        start = time.process_time()
        timeline = schedule(routine, partial(estimated_length, pace=routine.pace), {})
        took = time.process_time() - start
        forget_stretches(folder)
        cost = export(str(path), folder / "grown.mp3")
        hours = timeline.length / 3_600_000
        lines.append(
            f"| {hours:.2f} h | {cues} | {took:.3f} | {cost.cpu_s:.1f} | {cost.wall_s:.1f} | "
            f"{cost.cpu_s / hours:.1f} | {cost.peak_mb:.0f} |"
        )
        print(lines[-1], flush=True)
    return "\n".join(lines)


if __name__ == "__main__":
    main()
