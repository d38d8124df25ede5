"""``audiocoach batch`` on this machine: what is made, and what is kept."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from batching import bytes_in, plan_at, prepared, script
from click.testing import CliRunner
from studios import FOUR, NAMES, ONE, PLAN, cli_batch, litter, states, summary

from audiocoach import embedded, identity
from audiocoach.batch import runner
from audiocoach.batch.jobs import perform
from audiocoach.batch.runner import Failure
from audiocoach.batch.store import LocalStore
from audiocoach.cli import cli

pytestmark = pytest.mark.usefixtures("batch_tones")


def test_all_files_are_made_and_then_kept(studio: Path) -> None:
    path, out = plan_at(studio, FOUR), studio / "out"
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
    other = studio / "other.mp3"
    options = ["--voice", "tone", "--length", "50s", "--set", "side=right", "-o", str(other)]
    assert CliRunner().invoke(cli, ["export", str(studio / "desk.md"), *options]).exit_code == 0
    assert (out / "desk-50s-right.mp3").read_bytes() == other.read_bytes()
    before = bytes_in(out, "*.mp3")
    again = cli_batch(path)
    assert again.exit_code == 0
    assert "4 files: 4 current" in again.output
    assert states(out) == ["current"] * 4
    assert bytes_in(out, "*.mp3") == before


def why(studio: Path, *arguments: str) -> dict[str, str]:
    told = cli_batch(studio / "studio.toml", "--dry-run", "--json", *arguments)
    return {each["file"]: each["why"] for each in json.loads(told.stdout)["files"]}


def test_only_what_is_stale_is_made_and_why_is_told(
    studio: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = studio / "out"
    path = plan_at(studio, ONE.replace("45s", "45s"))
    cli_batch(path)
    assert why(studio) == {"desk.wav": ""}
    whole = (out / "desk.wav").read_bytes()

    for file in (out / "desk.wav", studio / "desk.md"):
        os.utime(file, (1, 1))
    assert why(studio) == {"desk.wav": ""}, "a time is no reason"
    path.write_text(path.read_text().replace("45s", "55s"))
    assert why(studio) == {"desk.wav": "the settings are others"}
    script(studio, "desk", words="Breathe out.", longest="25m")
    assert why(studio) == {"desk.wav": "the script says something else, the settings are others"}
    script(studio, "desk", longest="25m")
    path.write_text(path.read_text().replace("55s", "45s"))
    (out / "desk.vtt").unlink()
    assert why(studio) == {"desk.wav": "it is not there: desk.vtt"}
    (out / "desk.vtt").write_text("")
    other = "the file that is there is not the one that was made"
    assert why(studio) == {"desk.wav": other}
    cli_batch(path)
    (out / "desk.wav").write_bytes(whole[:-1] + b"?")
    assert why(studio) == {"desk.wav": ""}
    assert why(studio, "--verify") == {"desk.wav": other}
    (out / ".audiocoach" / "desk.wav.json").write_text("{")
    assert why(studio) == {"desk.wav": "nothing is known of the file that is there"}
    cli_batch(path)
    assert (out / "desk.wav").read_bytes() == whole
    monkeypatch.setattr(identity, "program", lambda: "9.9 another")
    assert why(studio) == {"desk.wav": "another audiocoach made it"}


def test_one_failure_does_not_stop_the_others(studio: Path) -> None:
    out = studio / "out"
    done = cli_batch(plan_at(studio, ONE.replace('"45s"', '["9s", "45s"]')))
    assert done.exit_code == 5
    assert "1 of 2 files were not made" in done.output
    assert states(out) == ["failed", "made"]
    failed, _ = summary(out)["files"]
    assert failed["error"]["kind"] == "LengthError"
    assert failed["error"]["message"].startswith(f"{studio / 'desk.md'}: the routine cannot")
    page = (out / "studio.summary.md").read_text()
    assert page.index("desk-9s.wav") < page.index("desk-45s.wav"), "failures come first"
    assert [path.name for path in out.glob("*.wav")] == ["desk-45s.wav"]


def test_fail_fast_begins_nothing_more(studio: Path) -> None:
    path = plan_at(studio, PLAN.replace('"45s"', '["9s", "45s"]'))
    done = cli_batch(path, "--fail-fast", "-j", "1")
    assert done.exit_code == 5
    assert states(studio / "out") == ["failed", "waiting", "waiting", "waiting"]


def test_errors_of_a_plan_come_before_anything_is_made(studio: Path) -> None:
    done = cli_batch(plan_at(studio, PLAN + "voic = 1"))
    assert done.exit_code == 1
    assert "studio.toml:8:1: error: voic: there is no key" in done.output
    assert not (studio / "out").exists()
    assert cli_batch(studio / "none.toml").exit_code == 2


def test_a_folder_that_cannot_be_written(studio: Path) -> None:
    (studio / "out").write_text("in the way")
    done = cli_batch(plan_at(studio, PLAN))
    assert done.exit_code == 1
    assert "audiocoach: cannot use" in done.output


def test_one_batch_at_a_time(studio: Path) -> None:
    path = plan_at(studio, PLAN)
    with LocalStore(studio / "out").open():
        done = cli_batch(path)
    assert done.exit_code == 1
    assert "another batch is writing to" in done.output


def test_sounds_travel_and_must_stay_what_they_were(studio: Path) -> None:
    sounds = Path(__file__).parents[1] / "sounds"
    bell = (sounds / "bell.mp3").read_bytes()
    (studio / "mine.mp3").write_bytes(bell)
    (studio / "more").mkdir()
    (studio / "more" / "sea.mp3").write_bytes(bell)
    script(studio, "desk", end='\n!["mine.mp3"]\n')
    text = ONE
    ready = prepared(plan_at(studio, text + 'ambience = "more/sea.mp3 -20dB"\n'))
    (job,) = ready.jobs
    assert [name for name, _ in job.sounds] == ["mine.mp3", "plan/1/sea.mp3"]
    content = {digest: path.read_bytes() for digest, path in ready.sounds.items()}
    for made in ("a", "b"):
        (studio / made).mkdir()
    from_paths, files = perform(job, ready.sounds, studio / "a")
    (studio / "more" / "sea.mp3").unlink()
    from_content, _ = perform(job, content, studio / "b")
    assert from_paths.files == from_content.files, "where it is made makes no difference"
    inside = embedded.read(files["desk.wav"])
    assert inside is not None
    assert [sound.name for sound in inside.sounds] == ["mine.mp3"]
    (studio / "mine.mp3").write_bytes(bell[:-1])
    result = runner.do(job, {**content, job.sounds[0][1]: studio / "mine.mp3"}, LocalStore(studio))
    assert isinstance(result, Failure)
    assert "the sound mine.mp3 has changed since the batch began" in result.message
