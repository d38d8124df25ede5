"""What a batch costs, and how much faster several workers are.

    python benchmarks/batch.py [--minutes 5] [--files 8] [--write benchmarks/results]

Prints, all from this one run on this one machine:

* throughput at 1, 2 and 4 workers, as processes of this machine and on a Dask cluster on the
  loopback (a real scheduler, workers as processes), as ratios to one process;
* the CPU seconds for an hour of sound, with words that are spoken for the first time, and with
  words that are in the cache;
* what a scheduler adds to each job, measured with jobs that do nothing;
* how fast files come back from a worker.

The voice is that of the system (pyttsx3), so that it can be run anywhere.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

VOICE, NEURAL = "pyttsx3", "joe"
ROUTINE = "breathing-pause"
WORKERS = (1, 2, 4)
TINY_JOBS = 500
PARCEL_MB = 30


@dataclass(frozen=True, slots=True)
class Run:
    name: str
    wall_s: float
    totals: dict[str, Any]


def plan(folder: Path, files: int, minutes: int, voice: str = VOICE) -> Path:
    """Files of one routine whose lengths differ a little: the same words, other mixes."""
    lengths = ", ".join(f'"{minutes * 60 + number}s"' for number in range(files))
    path = folder / "bench.toml"
    path.write_text(
        f'routines = ["{ROUTINE}"]\nvoices = "{voice}"\nlengths = [{lengths}]\n'
        'output = "{length}.mp3"\n'
    )
    return path


def batch(name: str, plan_path: Path, folder: Path, *arguments: str) -> Run:
    """A whole batch, as the command line makes it; nothing is encoded yet."""
    shutil.rmtree(folder / "cache" / "audiocoach" / "stretches", ignore_errors=True)
    to = folder / name.replace(" ", "-")
    command = [sys.executable, "-m", "audiocoach", "batch", str(plan_path), "--to", str(to)]
    done = subprocess.run([*command, *arguments], capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(done.stderr)
    told = json.loads((to / "bench.summary.json").read_text())
    print(f"{name}: {told['wall_s']:.1f} s", flush=True)
    return Run(name, told["wall_s"], told["totals"])


@contextmanager
def cluster(folder: Path, workers: int) -> Iterator[str]:
    """A scheduler, and workers of one thread each."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    address = f"tcp://127.0.0.1:{port}"
    dask = [sys.executable, "-m", "dask"]
    place = ["--host", "127.0.0.1", "--no-dashboard"]
    there = ["--nworkers", str(workers), "--nthreads", "1", "--local-directory", str(folder)]
    log = (folder / f"cluster-{workers}.log").open("wb")
    processes = [
        subprocess.Popen([*dask, "scheduler", "--port", str(port), *place], stdout=log, stderr=log),
        subprocess.Popen([*dask, "worker", address, *there, *place], stdout=log, stderr=log),
    ]
    try:
        client = _client(address)
        client.wait_for_workers(workers, timeout=60)
        client.close()
        yield address
    finally:
        for process in reversed(processes):
            process.terminate()
        for process in processes:
            process.wait(30)
        log.close()


def _client(address: str) -> Any:
    import distributed

    return distributed.Client(  # type: ignore[no-untyped-call,unused-ignore]
        address, timeout=60, set_as_default=False
    )


def overheads(address: str) -> tuple[float, float]:
    """Milliseconds that a job which does nothing costs, and MB/s of what comes back."""
    client = _client(address)
    client.gather(client.map(_nothing, range(50), pure=False))
    began = time.perf_counter()
    client.gather(client.map(_nothing, range(TINY_JOBS), pure=False))
    per_job = (time.perf_counter() - began) / TINY_JOBS * 1000
    began = time.perf_counter()
    for _ in range(3):
        client.submit(os.urandom, PARCEL_MB * 1_000_000, pure=False).result()
    rate = 3 * PARCEL_MB / (time.perf_counter() - began)
    client.close()
    return per_job, rate


def _nothing(number: int) -> int:
    return number


def report(
    runs: list[Run], cold: tuple[Run, Run], per_job: float, rate: float, arguments: Any
) -> str:
    base = next(run for run in runs if run.name == "1 process")
    rows = [
        f"| {run.name} | {base.wall_s / run.wall_s:.2f} | {run.totals['cpu_s_per_hour']:.0f} |"
        for run in runs
    ]
    table = "\n".join(rows)
    first, second = (run.totals["cpu_s_per_hour"] for run in cold)
    return f"""\
# What a batch costs

`benchmarks/batch.py`, {time.strftime("%Y-%m-%d")}, {platform.machine()}, {os.cpu_count()} cores,
Python {platform.python_version()}: {arguments.files} files of {arguments.minutes} minutes of
`{ROUTINE}`, MP3 at 128 kbit/s, voice `{VOICE}`, words in the cache. Ratios are within this run;
one process encodes on all cores by itself, and more workers than cores cannot be
faster. Other programs took {arguments.load:.1f} cores' worth of turns when it began.

| workers | times as fast as one process | CPU seconds for an hour of sound |
|---|---|---|
{table}

With words that are spoken for the first time (one file): {first:.0f} CPU seconds for an hour of
sound with `{VOICE}`, {second:.0f} with `{NEURAL}`.

A job that does nothing takes scheduler, worker and client {per_job:.1f} ms together ({TINY_JOBS}
jobs). Files come back at {rate:.0f} MB/s (loopback, {PARCEL_MB} MB each).
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=int, default=6)
    parser.add_argument("--files", type=int, default=8)
    parser.add_argument("--write", type=Path)
    arguments = parser.parse_args()
    arguments.load = os.getloadavg()[0]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        os.environ["XDG_CACHE_HOME"] = str(folder / "cache")
        one = plan(folder, 1, arguments.minutes)
        cold = batch("cold", one, folder, "-j", "1")
        neural = batch("neural", plan(folder, 1, arguments.minutes, NEURAL), folder, "-j", "1")
        path = plan(folder, arguments.files, arguments.minutes)
        runs = []
        for count in WORKERS:
            processes = "process" if count == 1 else "processes"
            runs.append(batch(f"{count} {processes}", path, folder, "-j", str(count)))
        for count in WORKERS:
            with cluster(folder, count) as address:
                workers = "Dask worker" if count == 1 else "Dask workers"
                runs.append(batch(f"{count} {workers}", path, folder, "--scheduler", address))
                per_job, rate = overheads(address)
        text = report(runs, (cold, neural), per_job, rate, arguments)
    print(text)
    if arguments.write:
        (arguments.write / "batch.md").write_text(text)


if __name__ == "__main__":
    main()
