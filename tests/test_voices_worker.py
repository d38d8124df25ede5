"""What the client of the worker process does when that hangs, dies or talks nonsense."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from audiocoach.errors import NotFoundError, SpeechError
from audiocoach.routine import Pace
from audiocoach.voices import system
from audiocoach.voices.system import SystemEngine, SystemVoice

FAKE = r"""
import json, sys, time, wave
from pathlib import Path

log, folder = Path(sys.argv[1]), Path(sys.argv[2])

def note(text):
    with log.open("a") as file:
        file.write(text + "\n")

def tries(text):
    return log.read_text().splitlines().count(text)

note("start")
print("a greeting that is no JSON", flush=True)
for line in sys.stdin:
    request = json.loads(line)
    reply = {"id": request["id"]}
    if request["do"] == "voices":
        voices = [{"id": "one", "name": "One", "language": "en-US"}]
        reply.update(driver="fake", version="1", default="one", voices=voices)
    else:
        text = request["text"]
        note(text)
        first = "once" not in text or tries(text) == 1
        if "hangs" in text and first:
            time.sleep(600)
        if "dies" in text and first:
            sys.exit("something snapped")
        if "refuses" in text and first:
            reply["error"] = "no mouth"
        level = 0 if "silent" in text and first else 8000
        length = 10 if "short" in text and first else 50 * len(text)
        if "nothing" not in text or not first:
            with wave.open(str(folder / request["file"]), "wb") as sound:
                sound.setparams((1, 2, 16000, 0, "NONE", ""))
                sound.writeframes(level.to_bytes(2, "little") * (16 * length))
        if "garbage" in text and first:
            (folder / request["file"]).write_bytes(b"no sound at all")
    print(json.dumps({"id": -1, "error": "the reply to something else"}), flush=True)
    print(json.dumps(reply), flush=True)
"""

START_MS = 60_000


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "log"


@pytest.fixture
def open_fake(tmp_path: Path, log: Path) -> Iterator[Callable[[int], SystemVoice]]:
    script = tmp_path / "fake.py"
    script.write_text(FAKE)
    opened = []

    def open_one(cue_time_ms: int) -> SystemVoice:
        command = (sys.executable, "-I", str(script), str(log))
        engine = SystemEngine(command, START_MS, cue_time_ms)
        opened.append(engine.voice("one", Pace.CALM))
        return opened[-1]

    yield open_one
    for voice in opened:
        voice.close()


@pytest.mark.parametrize(
    ("what", "why"),
    [
        ("hangs", r"no answer in [\d.]+ s"),
        ("dies", r"exit code 1\): something snapped"),
        ("refuses", "no mouth"),
        ("silent", "of silence came"),
        ("short", "words are missing"),
        ("nothing", "it wrote no sound"),
        ("garbage", "is no sound"),
    ],
)
class TestFailure:
    def test_once_is_tried_again(
        self, open_fake: Callable[[int], SystemVoice], log: Path, what: str, why: str
    ) -> None:
        voice = open_fake(300 if what == "hangs" else START_MS)
        text = f"this {what} once"
        assert len(voice.speak(text).samples) == 16 * 50 * len(text)
        assert log.read_text().splitlines() == ["start", text, "start", text]

    def test_twice_is_an_error_that_names_the_cue(
        self, open_fake: Callable[[int], SystemVoice], log: Path, what: str, why: str
    ) -> None:
        voice = open_fake(300 if what == "hangs" else START_MS)
        text = f"this {what} for ever"
        with pytest.raises(SpeechError, match=why) as caught:
            voice.speak(text)
        assert f'"{text}"' in str(caught.value)
        assert '"one"' in str(caught.value)
        assert log.read_text().splitlines() == ["start", text, "start", text]
        assert len(voice.speak("the next one is well").samples)
        assert voice._worker.folder.is_dir()
        assert not list(voice._worker.folder.iterdir())


def test_a_worker_killed_in_the_middle_of_a_cue(
    open_fake: Callable[[int], SystemVoice], log: Path
) -> None:
    voice = open_fake(START_MS)
    result = []
    speaking = threading.Thread(target=lambda: result.append(voice.speak("it hangs once")))
    speaking.start()
    while "hangs" not in log.read_text():
        time.sleep(0.01)
    process = voice._worker._state.process
    assert process is not None
    process._process.kill()
    speaking.join()
    assert len(result[0].samples)


def test_closing_ends_a_cue_that_hangs(open_fake: Callable[[int], SystemVoice], log: Path) -> None:
    voice = open_fake(START_MS)
    errors: list[str] = []

    def speak() -> None:
        try:
            voice.speak("it hangs for ever")
        except SpeechError as error:
            errors.append(str(error))

    speaking = threading.Thread(target=speak)
    speaking.start()
    while "hangs" not in log.read_text():
        time.sleep(0.01)
    voice.close()
    speaking.join()
    assert "closed" in errors[0]
    assert log.read_text().split("\n").count("start") == 1, "a process was started after the close"
    assert not voice._worker.folder.exists()


@pytest.mark.parametrize(
    ("command", "why"),
    [
        (("/no/such/program",), "cannot be started"),
        ((sys.executable, "-c", "import sys; sys.exit('no engine here')"), "no engine here"),
        ((sys.executable, "-c", "import time; time.sleep(600)"), "no answer in 0.3 s"),
    ],
)
def test_no_engine_is_an_error_that_says_what_to_install(
    command: tuple[str, ...], why: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with pytest.raises(NotFoundError, match=why) as caught:
        SystemEngine(command, 300 if "0.3" in why else START_MS)
    assert 'pip install "audiocoach[neural]"' in str(caught.value)
    assert not list(tmp_path.iterdir()), "a folder stays behind"


def test_aiff_is_read(tmp_path: Path) -> None:
    import av

    tone = (8000 * np.sin(np.arange(22_050) / 10)).astype(np.int16)
    path = tmp_path / "speech.wav"  # macOS writes AIFF under any name
    with av.open(str(path), "w", format="aiff") as container:
        stream = container.add_stream("pcm_s16be", rate=22_050, layout="mono")
        frame = av.AudioFrame.from_ndarray(tone.reshape(1, -1), format="s16", layout="mono")
        frame.sample_rate = 22_050
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    speech = system._read(path)
    assert speech.rate == 22_050
    np.testing.assert_allclose(speech.samples, tone / 32768, atol=1e-4)


@pytest.mark.parametrize(
    ("driver", "voices", "names"),
    [
        (
            "espeak",
            [
                ("gmw/en-us", "English (America)", "en-us"),
                ("eu", "Basque", "eu"),
                ("sit/yue", "Chinese", "yue"),
                ("sit/yue-latn", "Chinese (Latin)", "yue"),
            ],
            ["en-us", "eu", "yue", "yue-latn"],
        ),
        (
            "sapi5",
            [
                (r"HKEY\Tokens\ZIRA_11.0", "Microsoft Zira Desktop - English", "en-US"),
                (r"HKEY\Tokens\HEDDA_11.0", "Microsoft Hedda Desktop - German", "de"),
            ],
            ["zira", "hedda"],
        ),
        (
            "nsss",
            [
                ("com.apple.voice.compact.en-US.Samantha", "Samantha", "en_US"),
                ("com.apple.eloquence.de-DE.Eddy", "Eddy (German (Germany))", "de_DE"),
                ("com.apple.eloquence.en-GB.Eddy", "Eddy (English (UK))", "en_GB"),
                ("com.apple.eloquence.en-GB.Eddy2", "Eddy", "en_GB"),
                ("x", "auto", ""),
            ],
            ["samantha", "eddy", "eddy-en-gb", "eddy-2", "auto-und"],
        ),
    ],
)
def test_system_voices_have_short_names_of_their_own(
    driver: str, voices: list[tuple[str, str, str]], names: list[str]
) -> None:
    listing = {
        "driver": driver,
        "default": None,
        "voices": [{"id": id_, "name": name, "language": tag} for id_, name, tag in voices],
    }
    assert [listed.info.name for listed in system._listed(listing)] == names
