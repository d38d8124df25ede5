"""The real engines: what a listener would notice, and what must never happen."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import cast

import numpy as np
import pytest

from audiocoach.errors import NotFoundError, SpeechError
from audiocoach.routine import Pace
from audiocoach.voices import Speech, Voice
from audiocoach.voices.catalogue import available, open_voice
from audiocoach.voices.process import Worker, WorkerError
from audiocoach.voices.system import COMMAND, SystemEngine, SystemVoice

CUE = "Warm a little oil between your palms. Place both hands on the lower back."
LONG = (
    "Glide one hand slowly up towards the shoulder, and let the other come down to meet it. " * 23
)
ODD = [
    'Say "when", and don\'t rush.',
    "- lift the left hand",
    "One.\n\nTwo.\tThree.",
    "<b>Slowly</b> now, 5 < 6 & 7 > 6",
    "[[slowly]] and {gently}",
    "Lovely \N{GRINNING FACE} and warm \N{SPARKLES}",
    "50 % of 3.5 \N{DEGREE SIGN}C, caf\N{LATIN SMALL LETTER E WITH ACUTE}",
    "\N{RIGHT SINGLE QUOTATION MARK}Rest\N{HORIZONTAL ELLIPSIS}\N{EM DASH}and breathe",
    "a null \0 byte, a lone \ud800 surrogate",
    "x",
]
UNSPEAKABLE = ["", "  \n", "\N{GRINNING FACE}\N{THUMBS UP SIGN}", "...", "\N{EM DASH} !?", "[[]]"]

_NAMES = {info.name for info in available()}
needs_piper = pytest.mark.skipif("joe" not in _NAMES, reason="Piper with the voice joe is missing")
needs_system = pytest.mark.skipif(
    not _NAMES - {"joe"}, reason="this system has no engine for pyttsx3"
)
needs_espeak = pytest.mark.skipif(
    sys.platform != "linux" or "en-us" not in _NAMES, reason="no eSpeak NG for pyttsx3"
)
ENGINES = [
    pytest.param("joe", marks=needs_piper, id="piper"),
    pytest.param("pyttsx3", marks=needs_system, id="pyttsx3"),
]


@pytest.fixture(params=ENGINES, scope="module")
def voice(request: pytest.FixtureRequest) -> Iterator[Voice]:
    opened = open_voice(request.param, "en-US", Pace.CALM)
    yield opened
    opened.close()


@pytest.fixture
def system_voice() -> Iterator[SystemVoice]:
    opened = open_voice("pyttsx3", "en-US", Pace.CALM)
    yield cast("SystemVoice", opened)
    opened.close()


def seconds(speech: Speech) -> float:
    return len(speech.samples) / speech.rate


def silences_ms(speech: Speech) -> list[int]:
    """The lengths of the silences within, in steps of 10 ms."""
    frame = speech.rate // 100
    count = len(speech.samples) // frame
    loud = abs(speech.samples[: count * frame]).reshape(count, frame).max(axis=1) > 0.003
    edges = np.flatnonzero(loud)
    return [int(gap - 1) * 10 for gap in np.diff(edges) if gap > 10]


def gone(folder: Path) -> bool:
    """Whether ``folder`` goes; another process may need a moment for it."""
    for _ in range(500):
        if not folder.exists():
            return True
        time.sleep(0.02)
    return False


def test_a_sentence_is_speech(voice: Voice) -> None:
    speech = voice.speak(CUE)
    assert speech.samples.dtype == np.float32
    assert speech.samples.ndim == 1
    assert 16_000 <= speech.rate <= 48_000
    assert 0.1 < abs(speech.samples).max() <= 1.0
    assert voice.info.language == "en-US"


def test_a_calm_voice_takes_its_time(voice: Voice) -> None:
    speech = voice.speak(CUE)
    loud = np.flatnonzero(abs(speech.samples) > 0.003)
    spoken_s = (loud[-1] - loud[0]) / speech.rate
    assert 100 < len(CUE.split()) / spoken_s * 60 < 160
    assert any(gap >= 400 for gap in silences_ms(speech)), "no rest between the sentences"


def test_nothing_is_printed(voice: Voice, capfd: pytest.CaptureFixture[str]) -> None:
    voice.speak("Nothing but sound. \N{SNOWMAN}")
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("text", ODD)
def test_odd_text_is_spoken(voice: Voice, text: str) -> None:
    assert abs(voice.speak(text).samples).max() > 0.05


@pytest.mark.parametrize("text", UNSPEAKABLE)
def test_text_without_words_is_an_error(voice: Voice, text: str) -> None:
    with pytest.raises(SpeechError, match="no word that the voice"):
        voice.speak(text)


def test_markup_is_not_a_command(voice: Voice) -> None:
    plain_s = seconds(voice.speak("Rest here for a moment."))
    marked_s = seconds(voice.speak('<break time="20s"/> Rest here [[slnc 20000]] for a moment.'))
    assert plain_s < marked_s < plain_s + 12


@pytest.mark.parametrize("name", ENGINES)
def test_a_long_text_is_spoken_whole(name: str) -> None:
    assert len(LONG) >= 2000
    voice = open_voice(name, "en-US", Pace.BRISK)
    sentence_s = seconds(voice.speak(LONG[: len(LONG) // 23]))
    assert seconds(voice.speak(LONG)) > 23 * sentence_s * 0.8
    voice.close()


def test_the_key_names_what_changes_the_sound(voice: Voice) -> None:
    name = voice.info.name
    others = [open_voice(name, "en-US", pace) for pace in Pace]
    keys = {other.key for other in others}
    for other in others:
        other.close()
    assert len(keys) == len(Pace)
    assert voice.key in keys


@pytest.mark.parametrize("name", ENGINES)
def test_brisk_is_faster_than_calm(name: str) -> None:
    lengths = []
    for pace in (Pace.BRISK, Pace.NORMAL, Pace.CALM):
        opened = open_voice(name, "en-US", pace)
        lengths.append(seconds(opened.speak(CUE)))
        opened.close()
    assert lengths == sorted(lengths)


def test_a_closed_voice_says_so(voice: Voice) -> None:
    other = open_voice(voice.info.name, "en-US", Pace.CALM)
    other.close()
    other.close()
    with pytest.raises(SpeechError, match="closed"):
        other.speak("Hello.")


def test_threads_may_speak_at_once(voice: Voice) -> None:
    texts = [f"{number}. Both hands rest on the lower back." for number in range(6)]
    alone = [seconds(voice.speak(text)) for text in texts]
    with ThreadPoolExecutor(max(2, voice.parallel)) as pool:
        together = [seconds(speech) for speech in pool.map(voice.speak, texts)]
    assert together == pytest.approx(alone, rel=0.3)


@needs_espeak
def test_the_same_cue_sounds_the_same_each_time(system_voice: SystemVoice) -> None:
    first = system_voice.speak(CUE)
    for _ in range(20):
        other = system_voice.speak("Something else.")
        again = system_voice.speak(CUE)
        assert seconds(other) < 2
        assert seconds(again) == pytest.approx(seconds(first), rel=0.01)
        assert np.std(again.samples) == pytest.approx(np.std(first.samples), rel=0.1)


@needs_espeak
def test_two_system_voices_at_once() -> None:
    names = ("en-us", "de")
    alone = []
    for name in names:
        opened = open_voice(name, "en-US", Pace.CALM)
        alone.append(opened.speak(CUE).samples)
        opened.close()
    both = [open_voice(name, "en-US", Pace.CALM) for name in names]
    with ThreadPoolExecutor(2) as pool:
        together = list(pool.map(lambda opened: opened.speak(CUE).samples, both))
    for opened, expected, samples in zip(both, alone, together, strict=True):
        opened.close()
        assert np.array_equal(samples, expected)


@needs_system
def test_a_worker_that_was_killed_is_replaced(system_voice: SystemVoice) -> None:
    before = system_voice.speak(CUE)
    pid = system_voice._worker.pid
    assert pid is not None
    os.kill(pid, getattr(signal, "SIGKILL", signal.SIGTERM))
    after = system_voice.speak(CUE)
    assert seconds(after) == pytest.approx(seconds(before), rel=0.05)
    assert system_voice._worker.pid != pid


@needs_system
@pytest.mark.skipif(sys.platform == "win32", reason="Ctrl-C is sent otherwise there")
def test_ctrl_c_does_not_reach_the_worker(system_voice: SystemVoice) -> None:
    system_voice.speak(CUE)
    pid = system_voice._worker.pid
    assert pid is not None
    os.kill(pid, signal.SIGINT)
    system_voice.speak(CUE)
    assert system_voice._worker.pid == pid


@needs_system
def test_close_leaves_neither_files_nor_a_process(system_voice: SystemVoice) -> None:
    system_voice.speak(CUE)
    folder, pid = system_voice._worker.folder, system_voice._worker.pid
    assert folder.is_dir()
    assert not list(folder.glob("*.wav")), "a cue's file stays behind"
    system_voice.close()
    assert not folder.exists()
    if sys.platform != "win32" and pid is not None:
        with pytest.raises(ProcessLookupError):  # not even as a zombie
            os.kill(pid, 0)


@needs_system
@pytest.mark.parametrize("end", ["pass", "del voice", "sys.exit(3)", "os._exit(0)"])
def test_the_worker_ends_with_the_program(end: str) -> None:
    program = (
        "import os, sys\n"
        "from audiocoach.voices.catalogue import open_voice\n"
        "voice = open_voice('pyttsx3', 'en-US', 'calm')\n"
        "voice.speak('Hello.')\n"
        "print(voice._worker.folder, voice._worker.pid, flush=True)\n" + end
    )
    command = [sys.executable, "-c", program]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    folder, _, pid = ran.stdout.strip().rpartition(" ")
    assert gone(Path(folder)), ran.stderr
    assert not ran.stderr
    if sys.platform != "win32":
        for _ in range(500):
            try:
                os.kill(int(pid), 0)
            except ProcessLookupError:
                return
            time.sleep(0.02)
        pytest.fail("the worker goes on")


@needs_espeak
def test_a_file_that_cannot_be_written_is_an_error_at_once() -> None:
    worker = Worker(COMMAND, {"do": "voices"}, 60_000)
    request = {"do": "speak", "text": "Hello.", "rate": 150, "pitch": 50, "voice": "gmw/en-us"}
    try:
        with pytest.raises(WorkerError, match="No such file"):
            worker.ask({**request, "file": "no/such/folder/x.wav"}, 60_000)
        worker.stop()
        worker.ask({**request, "file": "x.wav"}, 60_000)
        assert (worker.folder / "x.wav").is_file()
        with pytest.raises(WorkerError, match="nonsense"):
            worker.ask({**request, "voice": "nonsense", "file": "y.wav"}, 60_000)
    finally:
        worker.close()


def _loader(folder: Path, data: Path | str) -> str:
    """A folder with an ``espeakng_loader`` that says its data is at ``data``."""
    real = pytest.importorskip("espeakng_loader")
    folder.mkdir(exist_ok=True)
    (folder / "espeakng_loader.py").write_text(
        f"def get_library_path(): return {real.get_library_path()!r}\n"
        f"def get_data_path(): return {str(data)!r}\n"
    )
    return str(folder)


@needs_espeak
def test_missing_espeak_data_is_an_error_that_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    missing = tmp_path / "nothing"
    monkeypatch.setenv("PYTHONPATH", _loader(tmp_path / "site", missing), prepend=os.pathsep)
    with pytest.raises(NotFoundError, match=r"its process ended .*phontab.*pip install") as caught:
        SystemEngine()
    assert caught.value.exit_code == 2


@needs_espeak
def test_espeak_data_may_lie_at_a_long_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = pytest.importorskip("espeakng_loader")
    data = tmp_path / ("deep" * 30) / ("down" * 30) / "espeak-ng-data"
    data.parent.mkdir(parents=True)
    shutil.copytree(real.get_data_path(), data)
    monkeypatch.setenv("PYTHONPATH", _loader(tmp_path / "site", data), prepend=os.pathsep)
    opened = open_voice("en-us", "en-US", Pace.CALM)
    assert seconds(opened.speak("Hello.")) > 0.3
    opened.close()
    assert (data / "phontab").is_file(), "the clean-up followed the link"


@needs_espeak
def test_nowhere_short_for_espeak_data_is_an_error_that_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    deep = tmp_path / ("deep" * 30) / ("down" * 30)
    deep.mkdir(parents=True)
    monkeypatch.setenv("PYTHONPATH", _loader(tmp_path / "site", deep), prepend=os.pathsep)
    monkeypatch.setattr("tempfile.tempdir", str(deep))
    with pytest.raises(NotFoundError, match="shorter path"):
        SystemEngine()


@needs_piper
def test_piper_rests_as_long_after_each_sentence() -> None:
    opened = open_voice("joe", "en-US", Pace.CALM)
    speech = opened.speak("Half way. Place both hands on the lower back. Breathe. Rest.")
    opened.close()
    rests = sorted(silences_ms(speech))[-3:]
    assert all(650 <= rest <= 950 for rest in rests), rests


@needs_piper
def test_closing_piper_waits_for_nobody() -> None:
    opened = open_voice("joe", "en-US", Pace.CALM)
    result: list[Speech] = []

    def speak() -> None:
        with contextlib.suppress(SpeechError):
            result.append(opened.speak(CUE))

    speaking = threading.Thread(target=speak)
    opened.speak("Load.")
    speaking.start()
    opened.close()
    speaking.join()
    assert not result or seconds(result[0]) > 3, "a part of the cue"
