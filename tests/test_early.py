"""What is encoded while words are still spoken changes nothing but the time it takes."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import exporting
import pytest

from audiocoach import cores, early, joining
from audiocoach.early import Early
from audiocoach.errors import SpeechError
from audiocoach.joining import Joining
from audiocoach.sinks import lame
from audiocoach.testing import ToneVoice
from audiocoach.voices import Speech

try:
    lame.version()
except lame.LameError as error:
    pytest.skip(f"LAME cannot be called here: {error}", allow_module_level=True)

WORDS = ("Press softly.", "Slow and even strokes.", "Rest.", "Let the hand go.", "Turn the hand.")
SCRIPT = "---\ntitle: Hands\nambience: ocean\n---\n\n# One\n\n" + "\n\n".join(
    f"{word} {number} [for 9s]" for number, word in enumerate(WORDS * 2)
)


class Waiting(ToneVoice):
    """Speaks its last words only when something was encoded."""

    def __init__(self, made: threading.Event, *, fails: bool = False) -> None:
        super().__init__()
        self.made, self.fails, self.asked = made, fails, 0

    def speak(self, text: str) -> Speech:
        self.asked += 1
        if self.asked == 8:
            assert self.made.wait(60)
            if self.fails:
                raise SpeechError("it broke")
        return super().speak(text)


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[threading.Event]:
    """Set once stretches were kept early."""
    monkeypatch.setattr(early, "_PATIENCE_S", 0.0)
    monkeypatch.setattr(joining, "cache_folder", lambda: tmp_path / "kept")
    event, keep = threading.Event(), Joining.keep

    def keeping(self: Joining, until: int, over: threading.Event) -> int:
        count = keep(self, until, over)
        if count:
            event.set()
        return count

    monkeypatch.setattr(Joining, "keep", keeping)
    yield event
    event.set()


def test_stretches_are_made_while_words_are_missing_and_the_bytes_are_the_same(
    made: threading.Event, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = exporting.export(tmp_path, "early.mp3", SCRIPT, voice=Waiting(made)).path.read_bytes()
    assert made.is_set()
    kept = len(list((tmp_path / "kept" / "stretches").rglob("*.mp3")))
    for each in (tmp_path / "kept" / "stretches").rglob("*.mp3"):
        each.unlink()
    monkeypatch.setattr(Early, "_make", lambda *_: None)
    for each in (tmp_path / "cache").rglob("*.clip"):
        each.unlink()
    event = threading.Event()
    event.set()
    late = exporting.export(tmp_path, "late.mp3", SCRIPT, voice=Waiting(event)).path
    assert late.read_bytes() == first
    # nothing was made in vain: no stretch was another one in the end
    assert len(list((tmp_path / "kept" / "stretches").rglob("*.mp3"))) == kept


def test_a_voice_that_breaks_meanwhile_leaves_no_file(
    made: threading.Event, tmp_path: Path
) -> None:
    with pytest.raises(SpeechError, match="it broke"):
        exporting.export(tmp_path, "early.mp3", SCRIPT, voice=Waiting(made, fails=True))
    assert not list(tmp_path.glob("*.mp3"))


def test_processes_beside_each_other_share_the_processors(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(cores, "cores", lambda: 8)
    monkeypatch.setattr(cores, "_processes", 1)
    assert cores.own() == 8
    for processes, threads in ((2, 4), (3, 2), (8, 1), (20, 1)):
        cores.share(processes)
        assert cores.own() == threads
