"""A voice that hangs, breaks, is killed: told, no litter, and the next run works."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from faulting import TEXTS, names, posix, run

from audiocoach import embedded, library
from audiocoach.errors import SpeechError
from audiocoach.routine import Pace
from audiocoach.testing import ToneVoice
from audiocoach.voices import Speech, patience
from audiocoach.voices.catalogue import neural
from audiocoach.voices.patience import PatientVoice


class _Stuck(ToneVoice):
    """Hangs at one text as an engine does: nothing but the end of the process helps."""

    def speak(self, text: str) -> Speech:
        if text == "Nearly there.":
            threading.Event().wait()
        return super().speak(text)


def test_a_voice_that_hangs_is_given_up(bench: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patience, "CUE_TIME", 300)
    monkeypatch.setattr(patience, "CHARACTER_TIME", 0)
    stuck = PatientVoice(_Stuck())
    monkeypatch.setattr("audiocoach.voices.catalogue.open_voice", lambda *_: stuck)
    result = run("export", "short.md")
    assert result.exit_code == 4
    assert 'short.md:15:12: the cue "Nearly there." is missing' in result.stderr
    assert "no answer in 0 s" in result.stderr
    assert names(bench) == {"short.md"}
    cheerful = ToneVoice()  # the next run: what was spoken is kept
    monkeypatch.setattr("audiocoach.voices.catalogue.open_voice", lambda *_: cheerful)
    assert run("export", "short.md").exit_code == 0
    assert "Nearly there." in cheerful.spoken
    assert len(cheerful.spoken) < TEXTS


def test_a_voice_that_hangs_does_not_keep_the_program_from_ending(bench: Path) -> None:
    code = (
        "import threading\nfrom audiocoach.testing import ToneVoice\n"
        "from audiocoach.voices import catalogue, patience\nfrom audiocoach.cli import main\n"
        "patience.CUE_TIME, patience.CHARACTER_TIME = 300, 0\n"
        "class Stuck(ToneVoice):\n    def speak(self, text):\n        threading.Event().wait()\n"
        "catalogue.open_voice = lambda *_: patience.PatientVoice(Stuck())\nmain()\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, "export", "short.md"],
        cwd=bench,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])},
    )
    assert done.returncode == 4
    assert "no answer" in done.stderr
    assert names(bench) == {"short.md"}


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
def test_the_systems_engine_that_is_killed_speaks_on(bench: Path) -> None:
    """Its process dies in the middle of an export: another one speaks the cue."""
    (bench / "long.md").write_text(
        "".join(f"# C{at}\n\nBreathe in and out, number {at}.\n\n" for at in range(25))
    )
    process = subprocess.Popen(
        [sys.executable, "-m", "audiocoach", "export", "long.md", "--voice", "pyttsx3"],
        cwd=bench,
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
    told = embedded.read(bench / "long.mp3")
    assert told is not None
    assert len(told.cues) == 25
