"""The doctor tries things for real, and finds what is broken."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

from audiocoach import doctor, library
from audiocoach.cli import cli
from audiocoach.doctor import Finding, tried
from audiocoach.errors import DeviceError
from audiocoach.sinks.output import NullOutput
from audiocoach.testing import ToneVoice


def by_name(findings: list[Finding]) -> dict[str, Finding]:
    return {finding.name: finding for finding in findings}


@pytest.fixture
def well(monkeypatch: pytest.MonkeyPatch) -> ToneVoice:
    """A machine on which everything works, with one voice of tones."""
    voice = ToneVoice()
    monkeypatch.setattr("audiocoach.voices.catalogue.neural", list)
    monkeypatch.setattr("audiocoach.voices.catalogue.open_voice", lambda *_: voice)
    monkeypatch.setattr("audiocoach.sinks.device.open_output", lambda _: NullOutput(0.0))
    return voice


@pytest.mark.usefixtures("well")
def test_a_machine_that_is_well() -> None:
    result = CliRunner().invoke(cli, ["doctor"])
    assert result.exit_code == 0, result.output
    assert "All is well." in result.output
    for name in ("pyttsx3", "loudspeaker", ".mp3", ".m4b", ".opus", "sound bank", "cache", "share"):
        assert name in result.output
    told = json.loads(CliRunner().invoke(cli, ["doctor", "--json"]).stdout)
    states = {each["name"]: each["state"] for each in told["findings"]}
    assert states["loudspeaker"] == states[".flac"] == states["cache"] == "ok"
    assert "failed" not in states.values()
    assert not list(library.cache_folder().rglob("*.try"))


def test_the_neural_voice_really_speaks() -> None:
    pytest.importorskip("piper")
    found = by_name(list(doctor.voices()))
    assert found["joe"].state == "ok"
    assert "piper, en-US: spoke" in found["joe"].told


def test_a_voice_that_gives_silence_has_failed(well: ToneVoice) -> None:
    well._silent = frozenset([doctor._WORDS])
    result = CliRunner().invoke(cli, ["doctor"])
    assert result.exit_code == 1
    assert "it gave only silence" in result.output
    assert 'pip install "audiocoach[neural]"' in result.output


def test_no_loudspeaker_is_told_with_the_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    def none(_: object) -> None:
        raise DeviceError("there is no loudspeaker to play on")

    monkeypatch.setattr("audiocoach.sinks.device.open_output", none)
    (found,) = doctor.output()
    assert (found.state, found.told) == ("failed", "there is no loudspeaker to play on")
    assert "PipeWire" in found.remedy


def test_an_encoder_that_lies_has_failed(monkeypatch: pytest.MonkeyPatch) -> None:
    from audiocoach.sinks.mp3 import Mp3Sink

    put: Callable[[Mp3Sink, bytes], None] = Mp3Sink._put
    monkeypatch.setattr(Mp3Sink, "_put", lambda self, data: put(self, bytes(data)[:-417]))
    found = by_name(list(doctor.encoders()))
    assert found[".mp3"].state == "failed"
    assert found[".wav"].state == "ok"


def test_a_cache_that_cannot_be_written_has_failed() -> None:
    folder = library.cache_folder()
    folder.parent.mkdir(parents=True, exist_ok=True)
    folder.write_text("a file where the folder should be")
    found = by_name(list(doctor.disk()))
    assert found["cache"].state == "failed"
    assert str(folder) in found["cache"].told
    assert found["temporary files"].state == "ok"


def test_what_hangs_is_told() -> None:
    never = threading.Event()
    found = tried("voices", "slow", lambda: str(never.wait()), "wait", 0.05)
    never.set()
    assert (found.state, found.told) == ("failed", "it hangs: no answer in 0 s")


@pytest.mark.skipif(not hasattr(os, "getuid"), reason="D-Bus is Linux's")
def test_without_a_bus_the_media_keys_are_missing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", f"unix:path={tmp_path}/none")
    for found in doctor.media_keys():
        assert found.state == "missing"
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", "disabled:")
    for found in doctor.media_keys():
        assert (found.state, "there is no D-Bus session bus" in found.told) == ("missing", True)


def test_each_extra_is_named_with_what_it_lacks(monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = ['segno>=1.6; extra == "share"', 'nothere>=1; extra == "share"', "click>=8"]
    monkeypatch.setattr(doctor, "requires", lambda _: wanted)
    (found,) = doctor.extras()
    assert (found.name, found.state, found.told) == ("share", "missing", "lacks nothere")
    assert found.remedy == 'pip install "audiocoach[share]"'
