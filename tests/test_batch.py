"""``audiocoach batch`` on this machine: what is made, what is kept, what goes on after a death."""

from __future__ import annotations

import importlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import batching
import pytest
from batching import bytes_in, plan_at, prepared, run, script
from click.testing import CliRunner, Result

from audiocoach import embedded, identity, testing
from audiocoach.batch import runner, runners, store, work
from audiocoach.batch.jobs import perform
from audiocoach.batch.run_local import LocalRunner
from audiocoach.batch.runner import Again, Began, Ended, Failure, Went
from audiocoach.batch.store import LocalStore, UrlStore, open_store
from audiocoach.cli import cli
from audiocoach.errors import OutputError
from audiocoach.voices import catalogue

PLAN = """
routines = ["desk.md"]
voices = "tone"
lengths = "45s"
formats = "wav"
set.side = ["left", "right"]
to = "out"
"""
FOUR = PLAN.replace('"45s"', '["40s", "50s"]').replace('"wav"', '"mp3"') + 'beside = ["vtt"]\n'
ONE = PLAN.replace('["left", "right"]', '"left"') + 'beside = ["vtt"]\n'
NAMES = ["desk-40s-left", "desk-40s-right", "desk-50s-left", "desk-50s-right"]
LONG = 'routines = ["desk.md"]\nvoices = "tone"\nlengths = ["2m", "3m", "4m"]\nformats = "wav"\n'


@pytest.fixture(autouse=True)
def tones(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(catalogue, "open_voice", testing.open_tone)

    def open_runner(jobs: int | None, _scheduler: str | None) -> LocalRunner:
        return LocalRunner(jobs or 2, testing.use_tones)

    monkeypatch.setattr(runners, "open_runner", open_runner)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    script(tmp_path, "desk", longest="25m")
    return tmp_path


def cli_batch(path: Path, *arguments: str) -> Result:
    return CliRunner().invoke(cli, ["batch", str(path), *arguments], prog_name="audiocoach")


def summary(folder: Path) -> dict[str, Any]:
    told: dict[str, Any] = json.loads((folder / "studio.summary.json").read_text())
    return told


def states(folder: Path) -> list[str]:
    return [each["state"] for each in summary(folder)["files"]]


def litter(folder: Path) -> list[str]:
    return [
        str(path) for path in folder.rglob("*") if "parts/" in str(path) or ".part" in path.name
    ]


def test_all_files_are_made_and_then_kept(folder: Path) -> None:
    path, out = plan_at(folder, FOUR), folder / "out"
    told = cli_batch(path, "--dry-run")
    assert told.output.splitlines() == [
        *(f"make  {name}.mp3: it is not there" for name in NAMES),
        "4 of 4 files would be made",
    ]
    assert not out.exists()
    done = cli_batch(path)
    assert done.exit_code == 0, done.output
    found = [path.stem for path in sorted(out.glob("*.mp3"))]
    assert found == NAMES == [path.stem for path in sorted(out.glob("*.vtt"))]
    assert states(out) == ["made"] * 4
    assert not litter(out)
    for name, length in zip(NAMES, (40_000, 40_000, 50_000, 50_000), strict=True):
        inside = embedded.read(out / f"{name}.mp3")
        assert inside is not None
        assert inside.length_ms == length
        assert name.rpartition("-")[2] in inside.cues[0].text
    totals = summary(out)["totals"]
    assert totals["sound_ms"] == 180_000
    assert totals["cpu_s_per_hour"] == pytest.approx(totals["cpu_s"] * 20, rel=0.01)
    assert "4 files: 4 made" in (out / "studio.summary.md").read_text()
    other = folder / "other.mp3"
    options = ["--voice", "tone", "--length", "50s", "--set", "side=right", "-o", str(other)]
    assert CliRunner().invoke(cli, ["export", str(folder / "desk.md"), *options]).exit_code == 0
    assert (out / "desk-50s-right.mp3").read_bytes() == other.read_bytes()
    before = bytes_in(out, "*.mp3")
    again = cli_batch(path)
    assert again.exit_code == 0
    assert "4 files: 4 current" in again.output
    assert states(out) == ["current"] * 4
    assert bytes_in(out, "*.mp3") == before


def why(folder: Path, *arguments: str) -> dict[str, str]:
    told = cli_batch(folder / "studio.toml", "--dry-run", "--json", *arguments)
    return {each["file"]: each["why"] for each in json.loads(told.stdout)["files"]}


def test_only_what_is_stale_is_made_and_why_is_told(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = folder / "out"
    path = plan_at(folder, ONE.replace("45s", "45s"))
    cli_batch(path)
    assert why(folder) == {"desk.wav": ""}
    whole = (out / "desk.wav").read_bytes()

    for file in (out / "desk.wav", folder / "desk.md"):
        os.utime(file, (1, 1))
    assert why(folder) == {"desk.wav": ""}, "a time is no reason"
    path.write_text(path.read_text().replace("45s", "55s"))
    assert why(folder) == {"desk.wav": "the settings are others"}
    script(folder, "desk", words="Breathe out.", longest="25m")
    assert why(folder) == {"desk.wav": "the script says something else, the settings are others"}
    script(folder, "desk", longest="25m")
    path.write_text(path.read_text().replace("55s", "45s"))
    (out / "desk.vtt").unlink()
    assert why(folder) == {"desk.wav": "it is not there: desk.vtt"}
    (out / "desk.vtt").write_text("")
    other = "the file that is there is not the one that was made"
    assert why(folder) == {"desk.wav": other}
    cli_batch(path)
    (out / "desk.wav").write_bytes(whole[:-1] + b"?")
    assert why(folder) == {"desk.wav": ""}
    assert why(folder, "--verify") == {"desk.wav": other}
    (out / ".audiocoach" / "desk.wav.json").write_text("{")
    assert why(folder) == {"desk.wav": "nothing is known of the file that is there"}
    cli_batch(path)
    assert (out / "desk.wav").read_bytes() == whole
    monkeypatch.setattr(identity, "program", lambda: "9.9 another")
    assert why(folder) == {"desk.wav": "another audiocoach made it"}


def test_one_failure_does_not_stop_the_others(folder: Path) -> None:
    out = folder / "out"
    done = cli_batch(plan_at(folder, ONE.replace('"45s"', '["9s", "45s"]')))
    assert done.exit_code == 5
    assert "1 of 2 files were not made" in done.output
    assert states(out) == ["failed", "made"]
    failed, _ = summary(out)["files"]
    assert failed["error"]["kind"] == "LengthError"
    assert failed["error"]["message"].startswith(f"{folder / 'desk.md'}: the routine cannot")
    page = (out / "studio.summary.md").read_text()
    assert page.index("desk-9s.wav") < page.index("desk-45s.wav"), "failures come first"
    assert [path.name for path in out.glob("*.wav")] == ["desk-45s.wav"]


def test_fail_fast_begins_nothing_more(folder: Path) -> None:
    path = plan_at(folder, PLAN.replace('"45s"', '["9s", "45s"]'))
    done = cli_batch(path, "--fail-fast", "-j", "1")
    assert done.exit_code == 5
    assert states(folder / "out") == ["failed", "waiting", "waiting", "waiting"]


def test_errors_of_a_plan_come_before_anything_is_made(folder: Path) -> None:
    done = cli_batch(plan_at(folder, PLAN + "voic = 1"))
    assert done.exit_code == 1
    assert "studio.toml:8:1: error: voic: there is no key" in done.output
    assert not (folder / "out").exists()
    assert cli_batch(folder / "none.toml").exit_code == 2


def test_a_folder_that_cannot_be_written(folder: Path) -> None:
    (folder / "out").write_text("in the way")
    done = cli_batch(plan_at(folder, PLAN))
    assert done.exit_code == 1
    assert "audiocoach: cannot use" in done.output


def test_one_batch_at_a_time(folder: Path) -> None:
    path = plan_at(folder, PLAN)
    with LocalStore(folder / "out").open():
        done = cli_batch(path)
    assert done.exit_code == 1
    assert "another batch is writing to" in done.output


def test_sounds_travel_and_must_stay_what_they_were(folder: Path) -> None:
    sounds = Path(__file__).parents[1] / "sounds"
    bell = (sounds / "bell.mp3").read_bytes()
    (folder / "mine.mp3").write_bytes(bell)
    (folder / "more").mkdir()
    (folder / "more" / "sea.mp3").write_bytes(bell)
    script(folder, "desk", end='\n!["mine.mp3"]\n')
    text = ONE
    ready = prepared(plan_at(folder, text + 'ambience = "more/sea.mp3 -20dB"\n'))
    (job,) = ready.jobs
    assert [name for name, _ in job.sounds] == ["mine.mp3", "plan/1/sea.mp3"]
    content = {digest: path.read_bytes() for digest, path in ready.sounds.items()}
    for made in ("a", "b"):
        (folder / made).mkdir()
    from_paths, files = perform(job, ready.sounds, folder / "a")
    (folder / "more" / "sea.mp3").unlink()
    from_content, _ = perform(job, content, folder / "b")
    assert from_paths.files == from_content.files, "where it is made makes no difference"
    inside = embedded.read(files["desk.wav"])
    assert inside is not None
    assert [sound.name for sound in inside.sounds] == ["mine.mp3"]
    (folder / "mine.mp3").write_bytes(bell[:-1])
    result = runner.do(job, {**content, job.sounds[0][1]: folder / "mine.mp3"}, LocalStore(folder))
    assert isinstance(result, Failure)
    assert "the sound mine.mp3 has changed since the batch began" in result.message


# Deaths


def test_a_killed_process_loses_nothing(folder: Path) -> None:
    """The process is killed in the middle of a job; another one does it, once."""
    ready = prepared(plan_at(folder, LONG))
    out, there = folder / "out", LocalStore(folder / "out")
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
    with there.open():
        assert not litter(out), "what the killed one left is removed by the next batch"


def test_what_kills_every_process_fails_and_the_rest_is_made(folder: Path) -> None:
    script(folder, "bad", words="This is poison.")
    script(folder, "odd", words="This is a bug.")
    text = (
        'routines = ["bad.md", "odd.md", "desk.md"]\nvoices = "tone"\nto = "out"\nlengths="40s"\n'
    )
    ready = prepared(plan_at(folder, text))
    ended = run(ready, LocalRunner(1, batching.poisoned), LocalStore(folder / "out"))
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
def test_a_batch_that_is_ended_goes_on_where_it_was(folder: Path, number: signal.Signals) -> None:
    text = LONG.replace('["2m", "3m", "4m"]', '["50s", "60s", "7m", "8m"]') + 'to = "out"\n'
    path, out = plan_at(folder, text), folder / "out"
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
    folder: Path, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    """Whatever is on the disk then, the next batch knows what is whole."""
    path, out = plan_at(folder, ONE), folder / "out"
    cli_batch(path)
    old = bytes_in(out, "desk.*")
    script(folder, "desk", words="Breathe on.", longest="25m")
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


# Where files go


@pytest.fixture
def remote() -> Iterator[UrlStore]:
    fsspec = pytest.importorskip("fsspec", reason="the extra cluster is not installed")
    yield UrlStore("memory://studio/of/mine")
    fsspec.filesystem("memory").store.clear()


def test_a_url_of_fsspec(folder: Path, remote: UrlStore) -> None:
    import fsspec

    (job, *others) = prepared(plan_at(folder, PLAN)).jobs
    (decision, *_) = work.decide([job], remote)
    assert decision.why == "it is not there"
    result = runner.do(job, {}, remote)
    assert not isinstance(result, Failure), result
    local = LocalStore(folder / "local")
    runner.do(job, {}, local)
    with fsspec.open(f"{remote.address}/{job.name}", "rb") as file:
        assert file.read() == (folder / "local" / job.name).read_bytes()
    kept = [each.job.name for each in work.decide([job, *others], remote) if not each.why]
    assert kept == [job.name]
    assert [each.why for each in work.decide([job], remote, verify=True)] == [""]
    fs = fsspec.filesystem("memory")
    assert not [name for name in fs.find("/studio") if "parts/" in name]
    fs.pipe_file(f"/studio/of/mine/{job.name}", b"x" * result.files[0].bytes)
    assert work.decide([job], remote, verify=True)[0].why.startswith(
        "the file that is there is not"
    )


def test_the_command_line_takes_a_url(folder: Path) -> None:
    pytest.importorskip("fsspec", reason="the extra cluster is not installed")
    done = cli_batch(plan_at(folder, ONE), "--to", f"local://{folder}/remote")
    assert done.exit_code == 0, done.output
    assert list(bytes_in(folder / "remote", "*.wav")) == ["desk.wav"]
    assert states(folder / "remote") == ["made"]


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


def test_an_entry_of_another_format_is_nothing_known(folder: Path) -> None:
    for text in ('{"audiocoach batch": 2}', "[]", '{"audiocoach batch": 1, "made": 3}'):
        with pytest.raises(ValueError, match=r"entry|format"):
            store._read_entry(text.encode())


def test_events_of_a_failure_are_shown_on_a_terminal(folder: Path) -> None:
    ready = prepared(plan_at(folder, PLAN))
    job = ready.jobs[0]
    command = importlib.import_module("audiocoach.cli.batch")
    with command._table(2) as show:
        show(Began(job, "here"))
        show(Went(job, "mixing", 1, 2))
        show(Again(job, "it died"))
        show(Ended(job, Failure("X", "[bold] broken", 1)))


def test_memory_stays_flat_over_many_jobs(folder: Path) -> None:
    """One process does all of them and is no larger at the end than after a few."""
    pytest.importorskip("resource", reason="only where the system tells")
    if not Path("/proc/self/statm").exists():
        pytest.skip("only where the system tells how large a process is")
    lengths = ", ".join(f'"{number}s"' for number in range(40, 50))
    text = f'routines = ["desk.md"]\nvoices = "tone"\nformats = "wav"\nlengths = [{lengths}]'
    ready = prepared(plan_at(folder, text))
    there = LocalStore(folder / "out")
    sizes: list[int] = []
    pages = os.sysconf("SC_PAGE_SIZE")
    batch = work.Batch(work.decide(ready.jobs, there))
    with there.open():
        for event in work.run(batch, ready, LocalRunner(1, testing.use_tones), there):
            if isinstance(event, Began):
                process = event.where.removeprefix("process ")
                held = int(Path(f"/proc/{process}/statm").read_text().split()[1])
                sizes.append(held * pages)
    assert len(sizes) == 10
    assert max(sizes[7:]) - max(sizes[3:5]) < 15_000_000
