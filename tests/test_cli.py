"""The commands, as somebody types them."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import meters
import pytest
from click.testing import CliRunner, Result

from audiocoach import library, render
from audiocoach.cli import cli
from audiocoach.testing import ToneVoice

SMALL = "---\ntitle: Small\nambience: rain\n---\n\n# One\n\nBreathe in. [1s]\n\nBreathe out. [1s]\n"


def run(*arguments: str) -> Result:
    return CliRunner().invoke(cli, arguments, prog_name="audiocoach")


@pytest.fixture
def tones(monkeypatch: pytest.MonkeyPatch) -> ToneVoice:
    """Every voice that is asked for is a voice of tones."""
    voice = ToneVoice()
    monkeypatch.setattr("audiocoach.voices.catalogue.open_voice", lambda *_: voice)
    return voice


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "small.md").write_text(SMALL)
    return tmp_path


def test_list_names_the_routines_with_their_lengths() -> None:
    result = run("list")
    assert result.exit_code == 0
    for name in ("back-massage", "shoulder-rub", "breathing-pause"):
        assert name in result.output
    listed = {entry["name"]: entry for entry in json.loads(run("list", "--format", "json").output)}
    assert 25 <= listed["back-massage"]["length_ms"] / 60_000 <= 35


def test_a_routine_of_ones_own_is_known_by_name(here: Path) -> None:
    folder = library.user_folder("scripts")
    folder.mkdir(parents=True)
    (folder / "mine.md").write_text(SMALL)
    (folder / "broken.md").write_text("# A\n\nOh [no\n")
    output = run("list").output
    assert "Small" in output
    assert "has errors: see audiocoach check" in output
    assert "Breathe in." in run("show", "mine").output
    assert here.is_dir()


def test_list_tells_what_each_is_for_within_the_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    for columns in (40, 80, 200):
        monkeypatch.setenv("COLUMNS", str(columns))
        lines = run("list").output.splitlines()
        assert lines[-1].startswith("Your own: ")
        assert max(len(line) for line in lines[:-1]) <= min(columns, 100)
        told = " ".join(" ".join(lines).split())
        assert "about 31 min massage, for two, back, oil Relaxing back massage. Half an" in told
        assert "Tags: for one, massage, for two," in told


def test_list_takes_those_that_have_every_tag(here: Path) -> None:
    folder = library.user_folder("scripts")
    folder.mkdir(parents=True)
    (folder / "mine.md").write_text(SMALL.replace("---\n\n#", "tags: [my own, Massage]\n---\n\n#"))
    (folder / "broken.md").write_text("# A\n\nOh [no\n")

    def names(*tags: str) -> set[str]:
        options = [word for tag in tags for word in ("--tag", tag)]
        return {
            entry["name"] for entry in json.loads(run("list", "--format", "json", *options).output)
        }

    assert names("my own") == names("MY OWN", "massage") == {"mine"}
    assert names("massage") > {"mine", "back-massage", "foot-massage"}
    assert names("massage", "for one") == {"desk-reset"}
    assert names("massage", "sleep") == set()
    assert names() > names("massage") | {"broken", "wind-down"}
    assert "No routine has all of these tags." in run("list", "--tag=massage", "--tag=sleep").output
    assert "back-massage" not in run("list", "--tag", "my own").output
    assert here.is_dir()


def test_a_tag_that_none_has_gets_the_nearest_and_exit_code_2() -> None:
    result = run("list", "--tag", "massage", "--tag", "streching")
    assert result.exit_code == 2
    assert 'no routine has the tag "streching"; did you mean "stretching"?' in result.output


def test_every_routine_that_comes_along_is_without_fault() -> None:
    paths = [str(file.path) for file in library.routines()]
    result = run("check", *paths)
    assert result.exit_code == 0
    assert result.output.count("no problems") == len(paths) >= 3


def test_a_length_is_kept_and_the_command_line_wins(here: Path) -> None:
    text = SMALL.replace("[1s]", "[9s]")
    (here / "small.md").write_text(text.replace("ambience", "length: 40s\nambience"))
    assert json.loads(run("show", "small.md", "--format", "json").output)["length_ms"] == 40_000
    shown = run("show", "small.md", "--format", "json", "--length", "1m").output
    assert json.loads(shown)["length_ms"] == 60_000
    assert "Small, about 1:00" in run("show", "small.md", "--length", "60s").output
    refused = run("show", "small.md", "--length", "5s")
    assert refused.exit_code == 1
    assert "the shortest possible is" in refused.output
    wrong = run("show", "small.md", "--length", "20")
    assert wrong.exit_code == 2
    assert "write it like 20m" in wrong.output
    (here / "small.md").write_text(text.replace("ambience", "length: 2h\nambience"))
    checked = run("check", "small.md")
    assert checked.exit_code == 1
    assert "small.md:3:1: error: the routine cannot last 2h; the shortest" in checked.output


def test_check_tells_every_mistake_with_its_place(here: Path) -> None:
    (here / "bad.md").write_text(
        '---\ntitel: X\n---\n\n# One\n\nHello [5 minutes] {sid}\n\n!["bell"]\n'
    )
    (here / "mute.md").write_text('---\nambience: oceean\n---\n\n# One\n\n!["bel"] Hello there.\n')
    result = run("check", "bad.md", "small.md")
    assert result.exit_code == 1
    for place in ("bad.md:2:1:", "bad.md:7:7:", "bad.md:7:19:"):
        assert place in result.output
    assert 'did you mean "title"' in result.output
    assert "small.md: no problems" in result.output
    result = run("check", "mute.md")
    assert result.exit_code == 1
    assert 'mute.md:2:1: error: no sound is called "oceean"; did you mean "ocean"?' in result.output
    assert 'mute.md:7:1: error: no sound is called "bel"; did you mean "bell"?' in result.output


def test_check_warns_of_what_has_to_move_and_stays_content(here: Path) -> None:
    (here / "tight.md").write_text(
        "# One\n\nSlowly now. [for 10s]\n"
        "- at 5s: Breathe in and out and in again.\n- at half: Soft.\n"
    )
    result = run("check", "tight.md")
    assert result.exit_code == 0
    assert "tight.md:5:" in result.output
    assert "warning: the cue at 5s would collide" in result.output


def test_show_prints_a_table_and_the_same_as_json(here: Path) -> None:
    assert "Breathe in." in run("show", "small.md").output
    told = json.loads(run("show", "small.md", "--format", "json").output)
    assert told["estimated"] is True
    assert [cue["text"] for cue in told["cues"]] == ["Breathe in.", "Breathe out."]
    assert [cue["line"] for cue in told["cues"]] == [8, 10]
    assert told["chapters"][-1]["end_ms"] == told["length_ms"]
    assert here.is_dir()


def test_a_choice_changes_what_is_said() -> None:
    lying = run("show", "back-massage").output
    chair = run("show", "back-massage", "--set", "position=chair").output
    assert "chest towards the backrest" in chair
    assert "chest towards the backrest" not in lying


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["show", "bak-massage"], 'did you mean "back-massage"'),
        (["show", "nowhere/at-all.md"], "no script at"),
        (["show", "back-massage", "--set", "position=chiar"], 'did you mean "chair"'),
        (["show", "back-massage", "--set", "positon=chair"], 'did you mean "position"'),
        (["show", "back-massage", "--set", "chair"], "is not NAME=VALUE"),
        (["export", "back-massage", "--bitrate", "100"], "'100' is not one of"),
        (["exprot"], "No such command"),
    ],
)
def test_a_name_that_is_none_gets_the_nearest_and_exit_code_2(
    arguments: list[str], message: str
) -> None:
    result = run(*arguments)
    assert result.exit_code == 2
    assert message in result.output


@pytest.mark.usefixtures("tones")
def test_export_writes_the_file_and_says_what_it_wrote(here: Path) -> None:
    result = run("export", "small.md", "--cues", "cues.json")
    assert result.exit_code == 0, result.output
    assert "small.mp3: Small, 0:1" in result.output
    assert {path.name for path in here.iterdir()} == {"small.md", "small.mp3", "cues.json"}
    assert len(meters.decode(here / "small.mp3")) > 10 * 44_100


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["-o", "no/where.mp3"], 1, "there is no folder"),
        (["-o", "small.wma"], 1, "must end in one of .mp3, .m4a"),
        (["--format", "flac", "--bitrate", "128"], 1, "it has no choice of bit rates"),
        (["--ambience", "small.md"], 1, "no sound that can be read"),
        (["--ambience", "sea"], 2, "no sound is called"),
    ],
)
@pytest.mark.usefixtures("tones")
def test_an_export_that_cannot_be_leaves_nothing(
    here: Path, arguments: list[str], code: int, message: str
) -> None:
    result = run("export", "small.md", *arguments)
    assert result.exit_code == code
    assert message in result.output
    assert [path.name for path in here.iterdir()] == ["small.md"]


def test_a_cue_that_cannot_be_spoken_ends_with_exit_code_4(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    voice = ToneVoice(fails=["Breathe out."])
    monkeypatch.setattr("audiocoach.voices.catalogue.open_voice", lambda *_: voice)
    result = run("export", "small.md")
    assert result.exit_code == 4
    assert 'small.md:10:1: the cue "Breathe out." is missing' in result.output
    assert [path.name for path in here.iterdir()] == ["small.md"]


def test_a_fault_of_the_program_itself_is_no_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError("oh")

    monkeypatch.setattr(render, "estimate", broken)
    result = run("show", "back-massage")
    assert result.exit_code == 70
    assert "a fault of audiocoach itself: ZeroDivisionError: oh" in result.output
    assert "Traceback" not in result.output


def test_voices_and_sounds_are_listed() -> None:
    assert {entry["name"] for entry in json.loads(run("sounds", "--format", "json").output)} >= {
        "ocean",
        "rain",
        "drone",
        "bell",
        "bowl",
    }
    listed = json.loads(run("voices", "--format", "json").output)
    assert all(entry["name"] and entry["language"] for entry in listed)


@pytest.mark.parametrize(("given", "threads"), [(None, "1"), ("3", "3")])
def test_numpy_begins_no_threads_that_spin_unless_it_is_told_to(
    given: str | None, threads: str
) -> None:
    code = (
        "import os, sys\nfrom audiocoach.cli import main\nsys.argv[1:] = ['sounds']\n"
        "assert 'numpy' not in sys.modules\ntry:\n    main()\nfinally:\n"
        "    print(os.environ['OPENBLAS_NUM_THREADS'])"
    )
    environment = {key: value for key, value in os.environ.items() if "OPENBLAS" not in key}
    environment |= {"OPENBLAS_NUM_THREADS": given} if given else {}
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
    )
    assert done.stdout.split()[-1] == threads


def test_the_version_and_the_completion_scripts() -> None:
    assert run("--version").output.startswith("audiocoach 0.")
    for shell in ("bash", "zsh", "fish"):
        assert "_AUDIOCOACH_COMPLETE" in run("completion", shell).output


def test_the_shell_completes_routine_names() -> None:
    environment = {
        "_AUDIOCOACH_COMPLETE": "bash_complete",
        "COMP_WORDS": "audiocoach play back",
        "COMP_CWORD": "2",
    }
    done = subprocess.run(
        [sys.executable, "-c", "from audiocoach.cli import cli; cli(prog_name='audiocoach')"],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "back-massage" in done.stdout


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_an_export_that_is_stopped_leaves_no_file(
    here: Path, number: signal.Signals, code: int
) -> None:
    (here / "long.md").write_text("# One\n\n::: repeat 300\nBreathe. [for 60s]\n:::\n")
    process = subprocess.Popen(
        [sys.executable, "-m", "audiocoach", "export", str(here / "long.md"), "--voice", "pyttsx3"],
        cwd=here,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])},
    )
    try:
        for _ in range(600):
            with contextlib.suppress(FileNotFoundError):  # one that was only tried out
                if any(part.stat().st_size > 100_000 for part in here.glob(".long.mp3.*")):
                    break
            if process.poll() is not None:
                assert process.stderr is not None
                message = process.stderr.read()
                if "no voice" in message or "eSpeak" in message:
                    pytest.skip("no system voice here")
                pytest.fail(message)
            time.sleep(0.1)
        process.send_signal(number)
        assert process.wait(30) == code
    finally:
        process.kill()
        process.communicate()
    assert [path.name for path in here.iterdir() if path.name != "small.md"] == ["long.md"]
