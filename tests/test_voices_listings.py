"""What pyttsx3 said of its voices is known without its process, as long as that holds."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from audiocoach.library import cache_folder
from audiocoach.routine import Pace
from audiocoach.voices import listings
from audiocoach.voices.catalogue import open_voice
from audiocoach.voices.system import COMMAND, SystemEngine

LISTING: dict[str, Any] = {"driver": "espeak", "packaged": True, "voices": []}


@pytest.fixture
def packages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with what the name of a listing is made of."""
    for name in ("espeakng_loader", "pyttsx3"):
        (tmp_path / "site" / name).mkdir(parents=True)
        (tmp_path / "site" / name / "__init__.py").write_text("")
    (tmp_path / "site" / "espeakng_loader" / "libespeak-ng.so").write_text("1.52")

    def spec(name: str) -> Any:
        origin = tmp_path / "site" / name / "__init__.py"
        return type("Spec", (), {"origin": str(origin)}) if origin.exists() else None

    monkeypatch.setattr("importlib.util.find_spec", spec)
    return tmp_path / "site"


def test_what_was_said_is_kept(packages: Path) -> None:
    assert listings.kept(COMMAND) is None
    listings.keep(COMMAND, LISTING)
    assert listings.kept(COMMAND) == LISTING


@pytest.mark.parametrize("changed", ["espeakng_loader/libespeak-ng.so", "pyttsx3/__init__.py"])
def test_it_is_asked_again_where_a_package_is_another_one(packages: Path, changed: str) -> None:
    listings.keep(COMMAND, LISTING)
    os.utime(packages / changed, ns=(1, 1))
    assert listings.kept(COMMAND) is None


def test_another_program_is_asked_itself(packages: Path) -> None:
    listings.keep(COMMAND, LISTING)
    assert listings.kept(("another", *COMMAND[1:])) is None


def test_it_is_asked_again_without_a_package(packages: Path) -> None:
    listings.keep(COMMAND, LISTING)
    (packages / "espeakng_loader" / "__init__.py").unlink()
    assert listings.kept(COMMAND) is None
    listings.keep(COMMAND, LISTING)  # and nothing is kept


def test_it_is_asked_again_where_what_is_kept_is_damaged(packages: Path) -> None:
    listings.keep(COMMAND, LISTING)
    (kept,) = (path for path in cache_folder().rglob("*.voices"))
    kept.write_bytes(kept.read_bytes()[:-3])
    assert listings.kept(COMMAND) is None


def test_voices_of_a_system_come_and_go_and_are_not_kept(packages: Path) -> None:
    listings.keep(COMMAND, {**LISTING, "packaged": False})
    listings.keep(COMMAND, {"driver": "sapi5", "voices": []})
    assert listings.kept(COMMAND) is None


@pytest.fixture
def engine() -> SystemEngine:
    """The real one, which has said what it has; skipped where it is no package's."""
    pytest.importorskip("espeakng_loader")
    engine = SystemEngine()
    engine.close()
    if listings.kept(COMMAND) is None:
        pytest.skip("pyttsx3 does not speak with the eSpeak NG of espeakng-loader here")
    return engine


def test_a_second_time_no_process_starts_before_there_are_words(engine: SystemEngine) -> None:
    again = SystemEngine()
    assert again.voices == engine.voices
    assert again._worker.pid is None
    voice = again.voice("en-us", Pace.CALM)
    spoken = voice.speak("Hello.")
    assert len(spoken.samples) > 0.3 * spoken.rate
    assert again._worker.pid is not None
    voice.close()


def test_the_name_of_a_voice_is_the_same_either_way(
    engine: SystemEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = open_voice("pyttsx3", "en-GB", Pace.CALM)
    monkeypatch.setattr(listings, "kept", lambda _: None)
    asked = open_voice("pyttsx3", "en-GB", Pace.CALM)
    assert known.key == asked.key
    known.close()
    asked.close()
