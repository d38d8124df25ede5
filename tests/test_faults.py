"""Whatever breaks: a whole file or none and a message, no litter, and the next run works."""

from __future__ import annotations

import contextlib
import itertools
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from audiocoach import decode, embedded, library, render
from audiocoach.cli import cli
from audiocoach.errors import SpeechError
from audiocoach.routine import Pace
from audiocoach.testing import ToneVoice
from audiocoach.voices import Speech, patience
from audiocoach.voices.catalogue import neural
from audiocoach.voices.patience import PatientVoice

KILLS = int(os.environ.get("AUDIOCOACH_KILLS", "8"))
"""How often an export is killed; a hundred by hand."""
RUNNER = Path(__file__).parent / "with_tones.py"
SCRIPT = (
    "---\ntitle: Short\nambience: none\n---\n\n# One\n\nBreathe in slowly. [1s]\n\n"
    "And out again. [1s]\n\n# Two\n\nRest your hands. [for 8s]\n- at half: Nearly there.\n\n"
    "That was all. [1s]\n"
)
TEXTS = 5

posix = pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals, mounts and users")


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "here"
    folder.mkdir()
    monkeypatch.chdir(folder)
    (folder / "short.md").write_text(SCRIPT)
    return folder


@pytest.fixture
def tones(monkeypatch: pytest.MonkeyPatch) -> ToneVoice:
    voice = ToneVoice()
    monkeypatch.setattr("audiocoach.voices.catalogue.open_voice", lambda *_: voice)
    return voice


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The file as it is when nothing breaks."""
    folder = tmp_path_factory.mktemp("whole")
    (folder / "short.md").write_text(SCRIPT)
    started(folder, "short.md").communicate()
    return (folder / "short.mp3").read_bytes()


def run(*arguments: str) -> Result:
    return CliRunner().invoke(cli, arguments, prog_name="audiocoach")


def started(folder: Path, *arguments: str, home: Path | None = None) -> subprocess.Popen[str]:
    """An export in a process of its own, by a voice of tones."""
    at = str(home or folder / "home")
    environment = {**os.environ, "HOME": at, "PYTHONPATH": str(Path(__file__).parents[1])}
    environment |= dict.fromkeys(("XDG_CACHE_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME"), at)
    return subprocess.Popen(
        [sys.executable, str(RUNNER), str(folder / "spoken.txt"), "export", *arguments],
        cwd=folder,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
    )


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir() if path.name not in ("home", "spoken.txt")}


@contextlib.contextmanager
def small_disk(size: str = "1m") -> Iterator[Path]:
    """A disk that is soon full; skipped where none may be mounted."""
    folder = Path(tempfile.mkdtemp(prefix="audiocoach-disk-"))
    mounted = shutil.which("mount") and subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)],
        check=False,
        capture_output=True,
    )
    if not mounted or mounted.returncode:
        folder.rmdir()
        pytest.skip("a disk of its own can be mounted by root alone")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)
        folder.rmdir()


# The voice


class _Stuck(ToneVoice):
    """Hangs at one text as an engine does: nothing but the end of the process helps."""

    def speak(self, text: str) -> Speech:
        if text == "Nearly there.":
            threading.Event().wait()
        return super().speak(text)


def test_a_voice_that_hangs_is_given_up(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patience, "CUE_TIME", 300)
    monkeypatch.setattr(patience, "CHARACTER_TIME", 0)
    stuck = PatientVoice(_Stuck())
    monkeypatch.setattr("audiocoach.voices.catalogue.open_voice", lambda *_: stuck)
    result = run("export", "short.md")
    assert result.exit_code == 4
    assert 'short.md:15:12: the cue "Nearly there." is missing' in result.stderr
    assert "no answer in 0 s" in result.stderr
    assert names(here) == {"short.md"}
    cheerful = ToneVoice()  # the next run: what was spoken is kept
    monkeypatch.setattr("audiocoach.voices.catalogue.open_voice", lambda *_: cheerful)
    assert run("export", "short.md").exit_code == 0
    assert "Nearly there." in cheerful.spoken
    assert len(cheerful.spoken) < TEXTS


def test_a_voice_that_hangs_does_not_keep_the_program_from_ending(here: Path) -> None:
    code = (
        "import threading\nfrom audiocoach.testing import ToneVoice\n"
        "from audiocoach.voices import catalogue, patience\nfrom audiocoach.cli import main\n"
        "patience.CUE_TIME, patience.CHARACTER_TIME = 300, 0\n"
        "class Stuck(ToneVoice):\n    def speak(self, text):\n        threading.Event().wait()\n"
        "catalogue.open_voice = lambda *_: patience.PatientVoice(Stuck())\nmain()\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, "export", "short.md"],
        cwd=here,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])},
    )
    assert done.returncode == 4
    assert "no answer" in done.stderr
    assert names(here) == {"short.md"}


@pytest.mark.parametrize(
    ("engine", "message"),
    [
        ("hangs", "no answer in 0 s"),
        ("crashes", "the model is broken"),
        ("is silent", "ms of silence came"),
        ("is short", "words are missing"),
        ("is long", "these words do not last so long"),
    ],
)
def test_an_engine_that_breaks_is_told(
    monkeypatch: pytest.MonkeyPatch, engine: str, message: str
) -> None:
    """The neural voice as it is opened for every command."""
    np = pytest.importorskip("numpy")
    voices = neural()
    if not voices:
        pytest.skip("no neural voice is installed")
    from audiocoach.voices.piper import PiperVoice

    def said(*_: object) -> object:
        if engine == "hangs":
            threading.Event().wait()
        if engine == "crashes":
            raise RuntimeError("the model is broken")
        frames = {"is silent": 40_000, "is short": 500, "is long": 3_000_000}[engine]
        level = 0.0 if engine == "is silent" else 0.3
        return np.full(frames, level, np.float32)

    monkeypatch.setattr(PiperVoice, "_said", said)
    monkeypatch.setattr(patience, "CUE_TIME", 300)
    monkeypatch.setattr(patience, "CHARACTER_TIME", 0)
    voice = voices[0].open(Pace.CALM)
    with pytest.raises(SpeechError, match=re.escape(message)) as caught:
        voice.speak("Rest both hands on the shoulders.")
    assert voices[0].info.name in str(caught.value)
    voice.close()


@posix
def test_the_systems_engine_that_is_killed_speaks_on(here: Path) -> None:
    """Its process dies in the middle of an export: another one speaks the cue."""
    (here / "long.md").write_text(
        "".join(f"# C{at}\n\nBreathe in and out, number {at}.\n\n" for at in range(25))
    )
    process = subprocess.Popen(
        [sys.executable, "-m", "audiocoach", "export", "long.md", "--voice", "pyttsx3"],
        cwd=here,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])},
    )
    killed = 0
    while process.poll() is None and killed < 2:
        found = subprocess.run(
            ["pgrep", "-P", str(process.pid)], capture_output=True, text=True, check=False
        )
        clips = len(list(library.cache_folder().rglob("*.clip")))
        if clips > 5 * (killed + 1):
            for pid in found.stdout.split():
                with contextlib.suppress(ProcessLookupError):
                    os.kill(int(pid), signal.SIGKILL)
                    killed += 1
        time.sleep(0.01)
    _, message = process.communicate()
    if "no voice" in message or "eSpeak" in message:
        pytest.skip("no system voice here")
    assert process.returncode == 0, message
    assert killed == 2
    told = embedded.read(here / "long.mp3")
    assert told is not None
    assert len(told.cues) == 25


# The disk


@posix
@pytest.mark.parametrize("name", ["short.wav", "short.flac", "short.m4a", "short.mp3"])
@pytest.mark.usefixtures("tones")
def test_a_full_disk_is_told_and_left_as_it_was(here: Path, name: str) -> None:
    with small_disk("100k") as disk:
        result = run("export", "short.md", "-o", str(disk / name))
        assert result.exit_code == 1, result.output
        assert "No space left on device" in result.stderr
        assert str(disk / name) in result.stderr
        assert "Traceback" not in result.output
        assert names(disk) == set()
    assert run("export", "short.md", "-o", name).exit_code == 0
    assert names(here) == {"short.md", name}


@posix
@pytest.mark.usefixtures("here")
def test_a_full_cache_costs_only_the_next_run(
    tones: ToneVoice, monkeypatch: pytest.MonkeyPatch, whole: bytes
) -> None:
    with small_disk("48k") as disk:
        monkeypatch.setenv("XDG_CACHE_HOME", str(disk))
        assert run("export", "short.md").exit_code == 0
        assert Path("short.mp3").read_bytes() == whole
        assert not list(disk.rglob("*.part"))
        monkeypatch.setattr(tempfile, "tempdir", str(disk))
        for path in disk.rglob("*.clip"):
            path.unlink()
        result = run("export", "short.md", "-o", "again.mp3")
        assert result.exit_code == 1
        assert "there is no room for what is spoken" in result.stderr
        assert "TMPDIR" in result.stderr
        assert not Path("again.mp3").exists()
    assert len(tones.spoken) >= TEXTS


@posix
@pytest.mark.usefixtures("here")
def test_a_cache_that_can_only_be_read_is_read(
    tones: ToneVoice, monkeypatch: pytest.MonkeyPatch, whole: bytes
) -> None:
    with small_disk() as disk:
        monkeypatch.setenv("XDG_CACHE_HOME", str(disk))
        assert run("export", "short.md").exit_code == 0
        for path in sorted(disk.rglob("*.clip"))[:2]:
            path.unlink()
        subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
        for _ in range(2):
            Path("short.mp3").unlink()
            assert run("export", "short.md").exit_code == 0
            assert Path("short.mp3").read_bytes() == whole
    assert len(tones.spoken) == TEXTS + 2 + 2


@posix
def test_a_folder_without_permission_is_told_before_anything_is_spoken(here: Path) -> None:
    command = [sys.executable, str(RUNNER), "spoken.txt", "export", "short.md", "-o", "no/a.mp3"]
    if os.getuid() == 0:  # who may write everywhere, unless that is taken away
        if not shutil.which("setpriv"):
            pytest.skip("root may write everywhere, and there is no setpriv")
        command = ["setpriv", "--bounding-set", "-dac_override,-dac_read_search", *command]
    (here / "no").mkdir(mode=0o500)
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])}
    done = subprocess.run(
        command, cwd=here, capture_output=True, text=True, check=False, env=environment
    )
    assert done.returncode == 1, done.stderr
    assert "cannot write no/a.mp3: Permission denied" in done.stderr
    assert list((here / "no").iterdir()) == []
    assert not (here / "spoken.txt").exists()


@pytest.mark.parametrize("fault", ["flipped", "half-written", "empty", "another version", "folder"])
@pytest.mark.usefixtures("here")
def test_a_cache_that_is_broken_is_made_again(tones: ToneVoice, whole: bytes, fault: str) -> None:
    assert run("export", "short.md").exit_code == 0
    for path in library.cache_folder().rglob("*.clip"):
        data = path.read_bytes()
        if fault == "folder":
            path.unlink()
            path.mkdir()
            continue
        path.write_bytes(
            {
                "flipped": data[:-9] + bytes([data[-9] ^ 1]) + data[-8:],
                "half-written": data[: len(data) // 2],
                "empty": b"",
                "another version": b"audiocoach clip 2\n" + data[16:],
            }[fault]
        )
    Path("short.mp3").unlink()
    result = run("export", "short.md")
    assert result.exit_code == 0, result.output
    assert Path("short.mp3").read_bytes() == whole
    assert len(tones.spoken) == 2 * TEXTS


# The sounds


@pytest.mark.parametrize("fault", ["gone", "cut", "replaced"])
@pytest.mark.usefixtures("tones")
def test_a_sound_that_vanishes_meanwhile_is_told(
    here: Path, monkeypatch: pytest.MonkeyPatch, fault: str
) -> None:
    bed = here / "bed.mp3"
    shutil.copy(library.data_folder("sounds") / "rain.mp3", bed)
    speak = render.speak

    def meanwhile(*arguments: object) -> None:
        speak(*arguments)  # type: ignore[arg-type]
        if fault == "gone":
            bed.unlink()
        elif fault == "cut":
            os.truncate(bed, 30_000)
        else:
            bed.write_bytes(b"no sound at all" * 9_999)

    monkeypatch.setattr(render, "speak", meanwhile)
    result = run("export", "short.md", "--ambience", "bed.mp3")
    assert "Traceback" not in result.output
    assert (result.exit_code == 0) is (here / "short.mp3").exists()
    assert names(here) - {"bed.mp3", "short.mp3"} == {"short.md"}
    if result.exit_code:
        assert result.exit_code == 1
        assert "bed.mp3" in result.stderr
    else:
        told = embedded.read(here / "short.mp3")
        assert told is not None
        assert len(told.cues) == TEXTS


@posix
def test_a_sound_that_vanishes_while_it_plays_is_told(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is decoded as it is heard; then there is nothing to read any more."""
    shutil.copy(library.data_folder("sounds") / "rain.mp3", here / "bed.mp3")
    batches = decode._batches
    monkeypatch.setattr(
        decode, "_batches", lambda path, packets: batches(path, _pulled(path, packets))
    )
    result = run(
        "play", "short.md", "--ambience", "bed.mp3", "--device", "null", "--speed", "20",
        "--voice", "pyttsx3",
    )  # fmt: skip
    assert result.exit_code == 1, result.output
    assert "bed.mp3: cannot be read" in result.stderr
    assert "Traceback" not in result.output


def _pulled(path: Path, packets: Iterator[object]) -> Iterator[object]:
    for count, packet in enumerate(packets):
        if path.name == "bed.mp3" and count > 120:
            raise OSError(5, "Input/output error")  # a stick that was pulled out
        yield packet


# Ends of all kinds


@posix
@pytest.mark.parametrize("kill", range(KILLS))
def test_an_export_that_is_killed_at_any_moment(tmp_path: Path, whole: bytes, kill: int) -> None:
    """The target is the whole file or is not there; the next run goes on and leaves no litter."""
    number = (signal.SIGKILL, signal.SIGTERM, signal.SIGKILL, signal.SIGINT)[kill % 4]
    (tmp_path / "short.md").write_text(SCRIPT)
    process = started(tmp_path, "short.md")
    # Python itself takes 0.3 s to begin, then there is speaking, mixing, the last look, the name.
    late = random.Random(kill).uniform(0.0, 1.6)  # noqa: S311 - not for secrets
    began = time.monotonic()
    while process.poll() is None and not (tmp_path / "spoken.txt").exists():
        if time.monotonic() - began > 60:
            pytest.fail("it does not begin")
        time.sleep(0.005)
    time.sleep(late)
    process.send_signal(number)
    _, message = process.communicate(timeout=60)
    assert process.returncode in (0, -number, 130, 143), message
    assert "Traceback" not in message
    left = names(tmp_path) - {"short.md", "short.mp3"}
    if number != signal.SIGKILL:
        assert left == set()
    assert all(re.fullmatch(r"\.short\.mp3\.[a-z0-9_]{8}\.part", name) for name in left)
    if (tmp_path / "short.mp3").exists():
        assert (tmp_path / "short.mp3").read_bytes() == whole
        (tmp_path / "short.mp3").unlink()
    spoken = (tmp_path / "spoken.txt").read_text().splitlines()
    kept = len(list((tmp_path / "home").rglob("*.clip")))
    again = started(tmp_path, "short.md")
    _, message = again.communicate(timeout=60)
    assert again.returncode == 0, message
    assert (tmp_path / "short.mp3").read_bytes() == whole
    assert names(tmp_path) == {"short.md", "short.mp3"}
    assert not list((tmp_path / "home").rglob("*.part"))
    assert not list((tmp_path / "home").rglob(".in-use-*"))
    second = (tmp_path / "spoken.txt").read_text().splitlines()[len(spoken) :]
    assert len(second) == TEXTS - kept  # nothing that was kept is spoken again


@posix
def test_two_exports_to_one_target_at_once(tmp_path: Path, whole: bytes) -> None:
    """Each is whole, the last one stands, and what lies beside it is of the same export."""
    (tmp_path / "short.md").write_text(SCRIPT)
    other = SCRIPT.replace("[1s]", "[2s]")
    (tmp_path / "other.md").write_text(other)
    home = tmp_path / "home"
    runs = [
        started(tmp_path, script, "-o", "one.mp3", "--beside", "vtt", home=home)
        for script in ("short.md", "other.md")
    ]
    for each in runs:
        _, message = each.communicate(timeout=120)
        assert each.returncode == 0, message
    assert names(tmp_path) == {"short.md", "other.md", "one.mp3", "one.vtt"}
    told = embedded.read(tmp_path / "one.mp3")
    assert told is not None
    assert len(told.cues) == TEXTS
    times = re.findall(r"^([\d:.]+) -->", (tmp_path / "one.vtt").read_text(), re.MULTILINE)
    at = told.cues[1].start_ms
    assert any(time.endswith(f"{at // 1000 % 60:02}.{at % 1000:03}") for time in times)
    if len(told.cues) and told.length_ms == embedded_length(whole, tmp_path):
        assert (tmp_path / "one.mp3").read_bytes() == whole


def embedded_length(data: bytes, folder: Path) -> int:
    path = folder / "whole.mp3"
    path.write_bytes(data)
    told = embedded.read(path)
    path.unlink()
    assert told is not None
    return told.length_ms


@pytest.mark.usefixtures("here", "tones")
def test_a_clock_that_jumps_changes_nothing(monkeypatch: pytest.MonkeyPatch, whole: bytes) -> None:
    real, jumps = time.time, itertools.cycle((4e7, -4e7))

    def jumping() -> float:
        return real() + next(jumps)

    monkeypatch.setattr(time, "time", jumping)
    monkeypatch.setattr(time, "time_ns", lambda: int(jumping() * 1e9))
    for _ in range(2):
        assert run("export", "short.md").exit_code == 0
        assert Path("short.mp3").read_bytes() == whole
