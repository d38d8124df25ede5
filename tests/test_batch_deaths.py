"""Whatever dies in a batch, nothing is lost and nothing is made twice."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import batching
import pytest
from batching import bytes_in, plan_at, prepared, run, script
from studios import LONG, ONE, cli_batch, litter, states, summary

from audiocoach import testing
from audiocoach.batch import runner, work
from audiocoach.batch.run_local import LocalRunner
from audiocoach.batch.runner import Again, Began, Failure, Went
from audiocoach.batch.store import LocalStore

pytestmark = pytest.mark.usefixtures("batch_tones")


def test_a_killed_process_loses_nothing(studio: Path) -> None:
    """The process is killed in the middle of a job; another one does it, once."""
    ready = prepared(plan_at(studio, LONG))
    out, there = studio / "out", LocalStore(studio / "out")
    batch = work.Batch(work.decide(ready.jobs, there))
    killed: list[str] = []
    where: dict[str, str] = {}
    events = []
    with there.open():
        for event in work.run(batch, ready, LocalRunner(2, testing.use_tones), there):
            events.append(event)
            if isinstance(event, Began):
                where[event.job.name] = event.where.removeprefix("process ")
            if isinstance(event, Went) and not killed:
                killed.append(event.job.name)
                os.kill(int(where[event.job.name]), signal.SIGKILL)
    for process in where.values():
        with pytest.raises(ProcessLookupError):
            os.kill(int(process), 0)
    again = [event for event in events if isinstance(event, Again)]
    assert [(event.job.name, event.why) for event in again] == [
        (killed[0], "its process ended (SIGKILL)")
    ]
    ended = batching.ended(events)
    assert {name: each.tries for name, each in ended.items()} == {
        job.name: 2 if job.name in killed else 1 for job in ready.jobs
    }
    assert len(bytes_in(out, "*.wav")) == 3
    assert not litter(out), "what the killed one left is removed"


def test_what_kills_every_process_fails_and_the_rest_is_made(studio: Path) -> None:
    script(studio, "bad", words="This is poison.")
    script(studio, "odd", words="This is a bug.")
    text = (
        'routines = ["bad.md", "odd.md", "desk.md"]\nvoices = "tone"\nto = "out"\nlengths="40s"\n'
    )
    ready = prepared(plan_at(studio, text))
    ended = run(ready, LocalRunner(1, batching.poisoned), LocalStore(studio / "out"))
    bad, odd, good = (ended[job.name] for job in ready.jobs)
    assert isinstance(bad.result, Failure)
    assert (bad.tries, bad.result.kind) == (3, "WorkerLost")
    assert "its process ended (SIGKILL), 3 times" in bad.result.message
    assert isinstance(odd.result, Failure)
    assert "a fault of audiocoach itself: ZeroDivisionError: a fault (batching.py:" in (
        odd.result.message
    )
    assert not isinstance(good.result, Failure)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_a_batch_that_is_ended_goes_on_where_it_was(studio: Path, number: signal.Signals) -> None:
    text = LONG.replace('["2m", "3m", "4m"]', '["50s", "60s", "7m", "8m"]') + 'to = "out"\n'
    path, out = plan_at(studio, text), studio / "out"
    program = [sys.executable, str(Path(batching.__file__)), str(path), "-j", "2"]
    lines: list[str] = []
    with subprocess.Popen(program, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        while sum("made" in line for line in lines) < 2:  # now both are at the long ones
            lines.append(process.stderr.readline())
            assert lines[-1], "".join(lines)
        process.send_signal(number)
        process.stderr.read()
        code = process.wait()
    assert code == (-9 if number == signal.SIGKILL else 143)
    early = ("desk-50s.wav", "desk-60s.wav")
    before = [(out / name).stat().st_ino for name in early]
    if number != signal.SIGKILL:
        assert sorted(states(out)) == ["made", "made", "waiting", "waiting"]
        assert summary(out)["interrupted"]
        assert not litter(out)
    assert len(bytes_in(out, "*.wav")) == 2
    again = _go_on(program)
    assert again.returncode == 0, again.stderr
    assert "4 files: 2 made, 2 current" in again.stdout
    assert [(out / name).stat().st_ino for name in early] == before
    assert not litter(out)


def _go_on(program: list[str]) -> subprocess.CompletedProcess[str]:
    """Run again; processes of a killed batch end by themselves, so the folder is free at once."""
    return subprocess.run(program, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("moment", ["before", "between", "after"])
def test_a_death_while_files_take_their_names(
    studio: Path, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    """Whatever is on the disk then, the next batch knows what is whole."""
    path, out = plan_at(studio, ONE), studio / "out"
    first = cli_batch(path)
    assert first.exit_code == 0, first.output
    old = bytes_in(out, "desk.*")
    script(studio, "desk", words="Breathe on.", longest="25m")
    ready = prepared(path)
    real = Path.replace
    renamed: list[str] = []

    def replace(self: Path, target: Any) -> Path:
        last = Path(target).name
        if "parts" in Path(target).parts:
            pass
        elif last in ("desk.wav", "desk.vtt"):
            if len(renamed) == {"before": 0, "between": 1, "after": 9}[moment]:
                raise KeyboardInterrupt
            renamed.append(last)
        elif len(renamed) == 2 and last == "desk.wav.json":
            raise KeyboardInterrupt
        return real(self, target)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", replace)
        with pytest.raises(KeyboardInterrupt):
            runner.do(ready.jobs[0], {}, LocalStore(out))
    assert len(renamed) == {"before": 0, "between": 1, "after": 2}[moment]
    (decision,) = work.decide(ready.jobs, LocalStore(out))
    assert bool(decision.why) is (moment != "after")
    cli_batch(path)
    assert states(out) == ["current" if moment == "after" else "made"]
    assert bytes_in(out, "desk.wav") != {name: old[name] for name in ("desk.wav",)}
