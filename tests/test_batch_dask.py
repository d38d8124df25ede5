"""``audiocoach batch --scheduler``: a real scheduler and workers as processes of their own."""

from __future__ import annotations

import json
import os
import random
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import batching
import pytest
from batching import bytes_in, ended, plan_at, prepared, run, script
from click.testing import CliRunner

pytest.importorskip("distributed", reason="the extra cluster is not installed")

from audiocoach import __version__, identity, testing
from audiocoach.batch import plan, prepare, run_dask, work
from audiocoach.batch.jobs import Made
from audiocoach.batch.run_dask import DaskRunner
from audiocoach.batch.run_dask import _connect as connect
from audiocoach.batch.runner import Ended, Failure, do
from audiocoach.batch.store import LocalStore, Store, UrlStore
from audiocoach.cli import cli
from audiocoach.errors import ClusterError
from audiocoach.voices import catalogue

PLAN = """
routines = ["desk.md"]
voices = "tone"
lengths = "45s"
formats = "wav"
set.side = ["left", "right"]
beside = ["vtt"]
"""
LONG = PLAN.replace('"45s"', '["2m", "3m"]')


@pytest.fixture(autouse=True)
def tones(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(catalogue, "open_voice", testing.open_tone)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    script(tmp_path, "desk", longest="25m")
    return tmp_path


def until(true: Callable[[], Any], seconds: float = 60.0) -> Any:
    end = time.monotonic() + seconds
    while not (found := true()):
        assert time.monotonic() < end, "this never came"
        time.sleep(0.05)
    return found


class Cluster:
    """A scheduler and workers on the loopback; ended with all that they started."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._processes: list[subprocess.Popen[bytes]] = []
        self.home = {name: str(folder) for name in ("HOME", "XDG_CACHE_HOME", "XDG_DATA_HOME")}
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self.address = f"tcp://127.0.0.1:{port}"
        self.scheduler = self.start("scheduler", "--host", "127.0.0.1", "--port", str(port))
        until(lambda: _answers(port))

    def start(self, *arguments: str) -> subprocess.Popen[bytes]:
        log = (self.folder / f"{len(self._processes)}.log").open("wb")
        tests = str(Path(batching.__file__).parent)
        with log:
            process = subprocess.Popen(
                [sys.executable, "-m", "dask", *arguments, "--no-dashboard"],
                env={**os.environ, **self.home, "PYTHONPATH": tests},
                stdout=log,
                stderr=log,
            )
        self._processes.append(process)
        return process

    def workers(self, count: int, *more: str) -> subprocess.Popen[bytes]:
        local = ("--nworkers", str(count), "--nthreads", "1", "--local-directory", str(self.folder))
        preload = ("--preload", "batching", "--host", "127.0.0.1")
        return self.start("worker", self.address, *local, *preload, *more)

    def close(self) -> None:
        for process in reversed(self._processes):
            process.terminate()
        for process in self._processes:
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _answers(port: int) -> bool:
    with socket.socket() as there:
        return there.connect_ex(("127.0.0.1", port)) == 0


@contextmanager
def cluster_in(folder: Path) -> Iterator[Cluster]:
    cluster = Cluster(folder)
    try:
        yield cluster
    finally:
        cluster.close()


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    with cluster_in(tmp_path_factory.mktemp("cluster")) as started:
        started.workers(3)
        client: Any = connect(started.address, 120.0)
        client.wait_for_workers(3, timeout=120)
        client.close()
        yield started


@pytest.fixture
def runner(cluster: Cluster) -> Iterator[DaskRunner]:
    found = DaskRunner(cluster.address)
    until(lambda: found.slots == 3)
    yield found
    found.close()


_LOCAL: dict[str, dict[str, bytes]] = {}


def local(folder: Path, text: str) -> dict[str, bytes]:
    """The same plan, made in this process."""
    if text not in _LOCAL:
        for job in prepared(plan_at(folder, text)).jobs:
            assert isinstance(do(job, {}, LocalStore(folder / "local")), Made)
        _LOCAL[text] = sounds_in(folder / "local")
    return _LOCAL[text]


def sounds_in(folder: Path) -> dict[str, bytes]:
    found = bytes_in(folder, "*.*")
    return {name: data for name, data in found.items() if name.endswith((".mp3", ".wav", ".vtt"))}


def test_the_command_line_gives_the_same_bytes(folder: Path, cluster: Cluster) -> None:
    path = plan_at(folder, PLAN)
    command = ["batch", str(path), "--scheduler", cluster.address, "--to", str(folder / "out")]
    done = CliRunner().invoke(cli, command, prog_name="audiocoach")
    assert done.exit_code == 0, done.output
    told = json.loads((folder / "out" / "studio.summary.json").read_text())
    assert told["totals"]["made"] == 2
    assert told["runner"] == f"scheduler {cluster.address}"
    found = {
        name: data for name, data in sounds_in(folder / "out").items() if "summary" not in name
    }
    assert len(found) == 4
    assert found == local(folder, PLAN)
    again = CliRunner().invoke(cli, command, prog_name="audiocoach")
    assert "2 files: 2 current" in again.output


@pytest.mark.parametrize("where", ["back", "folder", "url"])
def test_a_worker_that_is_killed_loses_nothing(
    folder: Path, runner: DaskRunner, where: str
) -> None:
    """One at random, in the middle of a job; whatever the way of the files is."""
    out = folder / "out"
    stores: dict[str, Store] = {
        "back": LocalStore(out),
        "folder": LocalStore(out, shared=True),
        "url": UrlStore(f"local://{out}"),
    }
    there = stores[where]
    ready = prepared(plan_at(folder, LONG))
    pids: dict[str, int] = runner._client.run(os.getpid)
    chance = random.SystemRandom()
    events = []
    batch = work.Batch(work.decide(ready.jobs, there))
    killed = None
    with there.open():
        for event in work.run(batch, ready, runner, there):
            events.append(event)
            if killed is None and len(events) >= 4:
                busy = until(lambda: [w for w, keys in runner._client.processing().items() if keys])
                killed = chance.choice(sorted(busy))
                os.kill(pids[killed], signal.SIGKILL)
    over = ended(events)
    assert len(over) == 4
    assert all(isinstance(each.result, Made) for each in over.values()), over
    found = {
        name: data for name, data in bytes_in(out, "*.*").items() if name.endswith(("wav", "vtt"))
    }
    assert len(found) == 8
    assert found == local(folder, LONG)
    assert not [each for each in work.decide(ready.jobs, there, verify=True) if each.why]
    until(lambda: runner.slots == 3)  # the nanny has brought another one


def test_sounds_go_along(folder: Path, runner: DaskRunner) -> None:
    sounds = Path(__file__).parents[1] / "sounds"
    (folder / "mine.mp3").write_bytes((sounds / "bell.mp3").read_bytes())
    script(folder, "desk", end='\n!["mine.mp3"]\n')
    ready = prepared(plan_at(folder, PLAN))
    over = run(ready, runner, LocalStore(folder / "out"))
    assert all(isinstance(each.result, Made) for each in over.values()), over
    for job in ready.jobs:
        assert isinstance(do(job, ready.sounds, LocalStore(folder / "local")), Made)
    assert sounds_in(folder / "out") == sounds_in(folder / "local")


def test_failures_come_back_as_what_they_are(folder: Path, runner: DaskRunner) -> None:
    ready = prepared(plan_at(folder, PLAN.replace('"45s"', '["9s", "45s"]')))
    over = run(ready, runner, LocalStore(folder / "out"))
    told = [each.result for each in over.values() if isinstance(each.result, Failure)]
    assert len(told) == 2
    assert {each.kind for each in told} == {"LengthError"}
    assert all(each.tries == 1 for each in over.values()), "what cannot be is not tried again"


def test_a_file_too_large_to_come_back_says_what_to_do(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run_dask, "MAX_PARCEL", 1000)
    (job, *_) = prepared(plan_at(folder, PLAN)).jobs
    result = run_dask.work(job, None, [], [])
    assert isinstance(result, Failure)
    assert "too many to come back; give a folder that every worker reaches" in result.message


def test_voices_are_those_of_the_workers(
    folder: Path, runner: DaskRunner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.undo()  # this machine has no voice of tones, the workers have
    ready = prepare.prepare(plan.read(plan_at(folder, PLAN)), runner.find_voices)
    assert ready.jobs[0].voice_key.startswith("tone tone")


def test_workers_with_another_audiocoach_are_refused(
    cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(identity, "program", lambda: f"9.9 {'a' * 64}")
    with pytest.raises(ClusterError, match=r"audiocoach \(9.9 \(code aaaaaaaa\)\)") as caught:
        DaskRunner(cluster.address)
    assert "3 workers cannot do the jobs" in str(caught.value)
    assert f"{__version__} (code " in str(caught.value)


def test_a_worker_that_came_later_and_is_another_one_does_no_harm(
    folder: Path, runner: DaskRunner, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(identity, "program", lambda: f"9.9 {'a' * 64}")
        ready = prepared(plan_at(folder, PLAN))
    over = run(ready, runner, LocalStore(folder / "out"))
    for each in over.values():
        assert isinstance(each.result, Failure)
        assert each.tries == 3
        assert "another audiocoach is installed on" in each.result.message


def test_no_scheduler() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    for address in (f"tcp://127.0.0.1:{port}", "nonsense://x"):
        with pytest.raises(ClusterError, match="no scheduler answers at"):
            DaskRunner(address, connect_s=1.0)


@pytest.mark.parametrize("error", [AssertionError(), RuntimeError("can't start new thread")])
def test_a_client_that_cannot_begin(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    def client(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr("distributed.Client", client)
    with pytest.raises(ClusterError, match=r"no scheduler answers at tcp://x:1: (Assert|can't)"):
        DaskRunner("tcp://x:1")


def test_no_workers_and_a_scheduler_that_dies(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run_dask, "_WORKERS_S", 0.5)
    monkeypatch.setattr(run_dask, "_LOST_S", 2.0)
    with cluster_in(folder) as cluster:
        with pytest.raises(ClusterError, match="has no workers; start some"):
            DaskRunner(cluster.address)
        monkeypatch.setattr(run_dask, "_WORKERS_S", 60.0)
        cluster.workers(1, "--no-nanny")
        ready = prepared(plan_at(folder, LONG))
        store, runner = LocalStore(folder / "out"), DaskRunner(cluster.address)
        batch = work.Batch(work.decide(ready.jobs, store))

        def kill_after_the_first() -> None:
            for event in work.run(batch, ready, runner, store):
                if isinstance(event, Ended):
                    cluster.scheduler.kill()

        with store.open(), pytest.raises(ClusterError, match=r"run the batch again|not answer"):
            kill_after_the_first()
        runner.close()
    assert 1 <= len(batch.made) < 4
    kept = [each for each in work.decide(ready.jobs, store, verify=True) if not each.why]
    assert len(kept) == len(batch.made), "what was finished is kept"
