from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import miniaudio
import numpy as np
import pytest
from click.testing import CliRunner
from listening import wait_for
from numpy.typing import NDArray

from audiocoach.cli import cli
from audiocoach.cli.listening import meant
from audiocoach.errors import DeviceError, NotFoundError
from audiocoach.listen import microphone, recogniser
from audiocoach.listen.attention import Said
from audiocoach.listen.canceller import BLOCK, Wave
from audiocoach.listen.listener import Listener
from audiocoach.listen.recogniser import RATE, Evidence, Mono
from audiocoach.live import Command, State


class Capture:
    """What ``miniaudio.CaptureDevice`` is to a microphone; the test makes the sound."""

    def __init__(self) -> None:
        self.stop_callback: Callable[[], None] | None = None
        self.closed = 0

    def start(self, callback: Any) -> None:
        self._callback = callback

    def bring(self, samples: NDArray[np.int16]) -> None:
        self._callback.send(bytearray(samples.tobytes()))

    def close(self) -> None:
        self.closed += 1


def test_every_sample_comes_once_in_blocks() -> None:
    device = Capture()
    opened = microphone.DeviceMicrophone("test", device)
    opened.start()
    sound = np.arange(10 * BLOCK, dtype=np.int16)
    for part in np.split(sound, [100, 101, 900, 2_000]):
        device.bring(part)
    blocks = [opened.read(0.0) for _ in range(10)]
    assert np.array_equal(np.concatenate([b for b in blocks if b is not None]) * 32768, sound)
    assert opened.read(0.01) is None
    opened.close()
    assert device.closed


def test_what_nobody_reads_is_bounded() -> None:
    device = Capture()
    opened = microphone.DeviceMicrophone("test", device)
    opened.start()
    for _ in range(3_000):
        device.bring(np.zeros(512, np.int16))
    assert opened._parts.qsize() < 1_000


def test_a_microphone_that_is_lost_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    device = Capture()
    opened = microphone.DeviceMicrophone("headset", device)
    opened.start()
    assert device.stop_callback
    device.stop_callback()
    with pytest.raises(DeviceError, match="headset was lost"):
        opened.read(0.01)
    monkeypatch.setattr(microphone, "_LONGEST_SILENCE_S", 0.02)
    silent = microphone.DeviceMicrophone("headset", Capture())
    silent.start()
    with pytest.raises(DeviceError, match="headset was lost"):
        wait_for(lambda: silent.read(0.03) is not None)


@pytest.fixture
def sound_system(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """Two microphones, neither of which can be opened; the result is what was tried."""
    tried: list[dict[str, Any]] = []

    def open_device(**arguments: Any) -> None:
        tried.append(arguments)
        raise miniaudio.MiniaudioError("failed to init device", -401)

    class Devices:
        def __init__(self, backends: list[miniaudio.Backend]) -> None:
            if backends[0] is not miniaudio.Backend.PULSEAUDIO:
                raise miniaudio.MiniaudioError("cannot init context", -203)

        def get_captures(self) -> list[dict[str, Any]]:
            return [{"name": "Kitchen\nMicrophone", "id": 1}, {"name": "Webcam", "id": 2}]

    enabled = {miniaudio.Backend.ALSA, miniaudio.Backend.PULSEAUDIO}
    monkeypatch.setattr(miniaudio, "get_enabled_backends", lambda: enabled)
    monkeypatch.setattr(miniaudio, "CaptureDevice", open_device)
    monkeypatch.setattr(miniaudio, "Devices", Devices)
    return tried


def test_a_microphone_is_picked_by_a_part_of_its_name(sound_system: list[dict[str, Any]]) -> None:
    with pytest.raises(DeviceError, match="leave out --listen to play without it") as caught:
        microphone.open_microphone("cam")
    assert caught.value.exit_code == 3
    assert sound_system[-1]["device_id"] == 2
    with pytest.raises(
        NotFoundError, match=r"no microphone is called .* Kitchen Microphone, Webcam"
    ):
        microphone.open_microphone("garden")
    assert len(sound_system) == 1


def test_without_the_extra_play_says_what_to_install_before_it_begins(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(recogniser, "installed", lambda: False)
    for command in (["play", "shoulder-rub", "--device", "null", "--listen"], ["microphone"]):
        result = CliRunner().invoke(cli, command)
        assert result.exit_code == 2
        assert 'pip install "audiocoach[listen]"' in result.output
        assert "Take a seat" not in result.output


def test_a_microphone_without_listen_is_a_mistake() -> None:
    command = ["play", "shoulder-rub", "--device", "null", "--microphone", "webcam"]
    result = CliRunner().invoke(cli, command)
    assert result.exit_code == 2
    assert "--listen" in result.output


def test_continue_goes_on_also_where_the_coach_waits_for_the_listener() -> None:
    assert meant(Command.RESUME, State.PAUSED) == [Command.IGNORE, Command.RESUME]
    assert meant(Command.RESUME, State.WAITING_FOR_LISTENER) == [Command.IGNORE, Command.DONE]
    assert meant(Command.ATTEND, State.PLAYING) == [Command.ATTEND]


class Recording:
    """A microphone that brings what a test gives, then is lost."""

    name = "recording"

    def __init__(self, sound: Wave) -> None:
        self._sound, self._at = sound, 0
        self.closed = threading.Event()

    def start(self) -> None:
        pass

    def read(self, timeout_s: float) -> Wave | None:
        self._at += BLOCK
        if self._at > len(self._sound):
            raise DeviceError("recording was lost")
        return self._sound[self._at - BLOCK : self._at]

    def close(self) -> None:
        self.closed.set()


class Believes:
    """Takes everything for the first phrase."""

    def evidence(self, sound: Mono) -> Evidence:
        return Evidence(9.0, np.array([9.0, *[-9.0] * 13]))


def test_a_listener_tells_what_it_hears_and_outlives_its_microphone() -> None:
    sound = 1e-3 * np.random.default_rng(1).standard_normal(6 * RATE)
    sound[3 * RATE : 4 * RATE] += 0.1 * np.random.default_rng(2).standard_normal(RATE)
    opened = Recording(sound)
    told: list[Said] = []
    listener = Listener(opened, Believes(), told.append)
    listener.tap(np.zeros((896, 2), np.float32))
    listener.start()
    wait_for(lambda: listener.error is not None)
    assert [said.words for said in told] == ["coach, pause"]
    listener.close()
    assert opened.closed.is_set()
