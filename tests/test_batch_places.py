"""Where the files of a batch go."""

from __future__ import annotations

import importlib
import itertools
import os
import statistics
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from batching import bytes_in, plan_at, prepared
from studios import ONE, PLAN, cli_batch, states

from audiocoach import testing
from audiocoach.batch import runner, store, work
from audiocoach.batch.run_local import LocalRunner
from audiocoach.batch.runner import Again, Began, Ended, Failure, Went
from audiocoach.batch.store import LocalStore, UrlStore, open_store
from audiocoach.errors import OutputError

pytestmark = pytest.mark.usefixtures("batch_tones")


@pytest.fixture
def remote() -> Iterator[UrlStore]:
    fsspec = pytest.importorskip("fsspec", reason="the extra cluster is not installed")
    yield UrlStore("memory://studio/of/mine")
    fsspec.filesystem("memory").store.clear()


def test_a_url_of_fsspec(studio: Path, remote: UrlStore) -> None:
    import fsspec

    (job, *others) = prepared(plan_at(studio, PLAN)).jobs
    (decision, *_) = work.decide([job], remote)
    assert decision.why == "it is not there"
    result = runner.do(job, {}, remote)
    assert not isinstance(result, Failure), result
    local = LocalStore(studio / "local")
    runner.do(job, {}, local)
    with fsspec.open(f"{remote.address}/{job.name}", "rb") as file:
        assert file.read() == (studio / "local" / job.name).read_bytes()
    kept = [each.job.name for each in work.decide([job, *others], remote) if not each.why]
    assert kept == [job.name]
    assert [each.why for each in work.decide([job], remote, verify=True)] == [""]
    fs = fsspec.filesystem("memory")
    assert not [name for name in fs.find("/studio") if "parts/" in name]
    fs.pipe_file(f"/studio/of/mine/{job.name}", b"x" * result.files[0].bytes)
    assert work.decide([job], remote, verify=True)[0].why.startswith(
        "the file that is there is not"
    )


def test_the_command_line_takes_a_url(studio: Path) -> None:
    pytest.importorskip("fsspec", reason="the extra cluster is not installed")
    done = cli_batch(plan_at(studio, ONE), "--to", f"local://{studio}/remote")
    assert done.exit_code == 0, done.output
    assert list(bytes_in(studio / "remote", "*.wav")) == ["desk.wav"]
    assert states(studio / "remote") == ["made"]


def test_what_can_be_said_with_to(tmp_path: Path) -> None:
    assert open_store("out", tmp_path) == LocalStore(tmp_path / "out")
    assert open_store("/mnt/x", tmp_path) == LocalStore(Path("/mnt/x"))
    assert open_store("file:///mnt/a%20b", tmp_path) == LocalStore(Path("/mnt/a b"), shared=True)
    assert open_store("s3://bucket/x", tmp_path) == UrlStore("s3://bucket/x")
    pytest.importorskip("fsspec", reason="the extra cluster is not installed")
    with pytest.raises(OutputError, match="cannot use nothing://x"), UrlStore("nothing://x").open():
        pass


def test_without_fsspec_a_url_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("fsspec", "fsspec.core"):
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(OutputError, match=r"pip install 'audiocoach\[cluster\]'"):
        UrlStore("s3://x").sizes(["a"])


def test_an_entry_of_another_format_is_nothing_known(studio: Path) -> None:
    for text in ('{"audiocoach batch": 2}', "[]", '{"audiocoach batch": 1, "made": 3}'):
        with pytest.raises(ValueError, match=r"entry|format"):
            store._read_entry(text.encode())


def test_events_of_a_failure_are_shown_on_a_terminal(studio: Path) -> None:
    ready = prepared(plan_at(studio, PLAN))
    job = ready.jobs[0]
    command = importlib.import_module("audiocoach.cli.batch")
    with command._table(2) as show:
        show(Began(job, "here"))
        show(Went(job, "mixing", 1, 2))
        show(Again(job, "it died"))
        show(Ended(job, Failure("X", "[bold] broken", 1)))


def test_memory_stays_flat_over_many_jobs(studio: Path) -> None:
    """One process does all of them, and what it holds does not grow from one job to the next.

    The system's allocator grows in a few steps of up to 20 MB, when threads meet for the first
    time; what is not given back grows with every job. 40 seconds of sound are 14 MB.
    """
    pytest.importorskip("resource", reason="only where the system tells")
    if not Path("/proc/self/statm").exists():
        pytest.skip("only where the system tells how large a process is")
    lengths = ", ".join(f'"{number}s"' for number in range(40, 64))
    text = f'routines = ["desk.md"]\nvoices = "tone"\nformats = "wav"\nlengths = [{lengths}]'
    ready = prepared(plan_at(studio, text))
    there = LocalStore(studio / "out")
    sizes: list[int] = []
    pages = os.sysconf("SC_PAGE_SIZE")
    batch = work.Batch(work.decide(ready.jobs, there))
    with there.open():
        for event in work.run(batch, ready, LocalRunner(1, testing.use_tones), there):
            if isinstance(event, Began):
                process = event.where.removeprefix("process ")
                held = int(Path(f"/proc/{process}/statm").read_text().split()[1])
                sizes.append(held * pages)
    assert len(sizes) == 24
    grown = [after - before for before, after in itertools.pairwise(sizes[4:])]
    assert statistics.median(grown) < 250_000, grown
    assert sizes[-1] - sizes[4] < 60_000_000, grown
