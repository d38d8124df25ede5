"""Outputs, with a loudspeaker that is none and a sound system that is none."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from typing import Any

import miniaudio
import numpy as np
import pytest
from listening import wait_for
from numpy.typing import NDArray

from audiocoach.dither import to_16_bits
from audiocoach.errors import DeviceError, NotFoundError
from audiocoach.sinks import device
from audiocoach.sinks.output import BLOCK, NullOutput
from audiocoach.units import RATE


class Ramp:
    """A source whose samples count the frames."""

    def __init__(self, blocks: int, *, idle: bool = False) -> None:
        self.read_frames = 0
        self.idle = idle
        self._end = blocks * BLOCK

    @property
    def ended(self) -> bool:
        return self.read_frames >= self._end

    def read(self, frames: int) -> NDArray[np.float32]:
        first = self.read_frames
        self.read_frames += frames
        counted = np.arange(first, first + frames) / 32767
        return np.stack([counted, -counted], axis=1).astype(np.float32)


class Clock:
    """Time that passes only when somebody sleeps."""

    def __init__(self) -> None:
        self.time = 0.0

    def now(self) -> float:
        return self.time

    def sleep(self, seconds: float) -> None:
        self.time += seconds


@pytest.mark.parametrize("speed", [1.0, 2.5, 20.0])
def test_nowhere_takes_as_long_as_it_is_told(speed: float) -> None:
    clock = Clock()
    output = NullOutput(speed, now=clock.now, sleep=clock.sleep)
    output.start(Ramp(800))
    assert output.finished(30)
    assert clock.time == pytest.approx(800 * BLOCK / RATE / speed, rel=1e-6)
    output.close()


def test_nowhere_does_not_wait_when_it_is_told_so_unless_the_source_does() -> None:
    clock = Clock()
    for idle in (False, True):
        output = NullOutput(0, now=clock.now, sleep=clock.sleep)
        output.start(Ramp(800, idle=idle))
        assert output.finished(30)
        assert (clock.time > 0) == idle
        output.close()


def test_nowhere_does_not_hurry_after_a_sleep() -> None:
    clock = Clock()
    ramp = Ramp(1_000)
    output = NullOutput(1.0, now=clock.now, sleep=clock.sleep)
    read = ramp.read

    def sleepy(frames: int) -> NDArray[np.float32]:
        if ramp.read_frames == 500 * BLOCK:
            clock.time += 3_600  # the computer slept
        return read(frames)

    ramp.read = sleepy  # type: ignore[method-assign]
    output.start(ramp)
    assert output.finished(30)
    assert clock.time == pytest.approx(3_600 + 1_000 * BLOCK / RATE, abs=0.1)
    output.close()


class Loudspeaker:
    """What ``miniaudio.PlaybackDevice`` is to an output; the test asks for the sound."""

    def __init__(self) -> None:
        self.stop_callback: Callable[[], None] | None = None
        self.heard = b""
        self.closed = False

    def start(self, callback: Any) -> None:
        self._callback = callback

    def ask(self, frames: int) -> NDArray[np.int16]:
        data = self._callback.send(frames)
        assert len(data) == frames * 4
        return np.frombuffer(data, dtype=np.int16).reshape(-1, 2)

    def close(self) -> None:
        self.closed = True


def test_a_loudspeaker_gets_every_frame_once() -> None:
    loudspeaker = Loudspeaker()
    output = device.DeviceOutput("test", loudspeaker)
    source = Ramp(30)
    output.start(source)
    sound = []
    while not output.finished(0):
        wait_for(lambda: source.ended or output._blocks.qsize() >= device._QUEUED)
        sound.append(loudspeaker.ask(1_102))
    heard = np.concatenate(sound)[: 30 * BLOCK]
    assert np.array_equal(heard, to_16_bits(Ramp(30).read(30 * BLOCK), 32767, 0))
    assert np.abs(heard[:, 0] - np.arange(30 * BLOCK)).max() < 2
    assert output.underruns == 0
    output.close()
    assert loudspeaker.closed


def test_few_blocks_are_ready_ahead_of_a_loudspeaker() -> None:
    loudspeaker = Loudspeaker()
    output = device.DeviceOutput("test", loudspeaker)
    source = Ramp(1_000)
    output.start(source)
    asked = 0
    for _ in range(40):
        asked += len(loudspeaker.ask(1_102))
        time.sleep(0.005)
    ahead = source.read_frames - asked
    assert 0 <= ahead <= 0.1 * RATE + BLOCK
    output.close()


class Late(Ramp):
    """Its first blocks are there; each of the others comes when there is a turn for it."""

    def __init__(self, blocks: int) -> None:
        super().__init__(blocks)
        self.turns = threading.Semaphore(device._PREFILLED)

    def read(self, frames: int) -> NDArray[np.float32]:
        self.turns.acquire()
        return super().read(frames) * 0 + 0.5


def test_blocks_that_come_late_are_silence_and_are_counted() -> None:
    loudspeaker = Loudspeaker()
    output = device.DeviceOutput("test", loudspeaker)
    late = Late(1_000)
    output.start(late)
    first = loudspeaker.ask(device._PREFILLED * BLOCK + 100)
    assert np.count_nonzero(first[:, 0]) == device._PREFILLED * BLOCK
    assert not first[-100:].any()
    assert output.underruns == 1
    late.turns.release(1_000)
    output.close()


def test_a_device_waits_a_moment_for_a_block_that_is_late() -> None:
    loudspeaker = Loudspeaker()
    output = device.DeviceOutput("test", loudspeaker)
    late = Late(1_000)
    output.start(late)
    loudspeaker.ask(device._PREFILLED * BLOCK)
    threading.Timer(0.03, late.turns.release).start()
    assert loudspeaker.ask(BLOCK).all()
    assert output.underruns == 0
    late.turns.release(1_000)
    output.close()


@pytest.mark.parametrize("system", ["COREAUDIO", "JACK"])
def test_a_device_that_wants_its_sound_at_once_does_not_wait(system: str) -> None:
    loudspeaker = Loudspeaker()
    output = device.DeviceOutput("test", loudspeaker, miniaudio.Backend[system])
    late = Late(1_000)
    output.start(late)
    loudspeaker.ask(device._PREFILLED * BLOCK)
    assert not loudspeaker.ask(BLOCK).any()
    assert output._wait_s == 0
    assert output.underruns == 1
    late.turns.release(1_000)
    output.close()


def test_an_error_of_the_source_is_raised() -> None:
    class Broken(Ramp):
        def read(self, frames: int) -> NDArray[np.float32]:
            raise NotFoundError("gone")

    for output in (device.DeviceOutput("test", Loudspeaker()), NullOutput(0)):
        output.start(Broken(10))
        with pytest.raises(NotFoundError, match="gone"):
            output.finished(30)
        output.close()


def test_a_loudspeaker_that_is_lost_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    loudspeaker = Loudspeaker()
    output = device.DeviceOutput("headphones", loudspeaker)
    output.start(Ramp(1_000))
    assert not output.finished(0)
    assert loudspeaker.stop_callback
    loudspeaker.stop_callback()
    with pytest.raises(DeviceError, match="headphones was lost"):
        output.finished(0)
    # Another one just asks for nothing any more.
    monkeypatch.setattr(device, "_LONGEST_SILENCE_S", 0.2)
    silent = device.DeviceOutput("headphones", Loudspeaker())
    silent.start(Ramp(1_000))
    with pytest.raises(DeviceError, match="headphones was lost"):
        wait_for(lambda: silent.finished(0.05))
    output.close()
    silent.close()


@pytest.fixture
def sound_system(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """Two outputs, neither of which can be opened; the result is what was tried."""
    tried: list[dict[str, Any]] = []

    def open_device(**arguments: Any) -> None:
        tried.append(arguments)
        raise miniaudio.MiniaudioError("failed to init device", -401)

    class Devices:
        def __init__(self, backends: list[miniaudio.Backend]) -> None:
            if len(backends) != 1 or backends[0] is not miniaudio.Backend.ALSA:
                raise miniaudio.MiniaudioError("cannot init context", -203)

        def get_playbacks(self) -> list[dict[str, Any]]:
            return [
                {"name": "Discard all samples (playback)", "id": 1},
                {"name": "Garden Speaker\nAnalog", "id": 2},
                {"name": "Garden Speaker 2", "id": 3},
            ]

    enabled = {miniaudio.Backend.ALSA, miniaudio.Backend.PULSEAUDIO, miniaudio.Backend.NULL}
    monkeypatch.setattr(miniaudio, "get_enabled_backends", lambda: enabled)
    monkeypatch.setattr(miniaudio, "PlaybackDevice", open_device)
    monkeypatch.setattr(miniaudio, "Devices", Devices)
    return tried


def test_without_a_loudspeaker_the_message_says_what_to_do(
    sound_system: list[dict[str, Any]],
) -> None:
    with pytest.raises(DeviceError, match=r"no loudspeaker .*audiocoach export") as caught:
        device.open_output(None)
    assert caught.value.exit_code == 3
    backends = [backend for tried in sound_system for backend in tried["backends"]]
    assert backends == [miniaudio.Backend.PULSEAUDIO, miniaudio.Backend.ALSA]


def test_an_output_is_picked_by_a_part_of_its_name(sound_system: list[dict[str, Any]]) -> None:
    for wanted, picked in (("garden", 2), ("SPEAKER 2", 3), ("garden speaker analog", 2)):
        with pytest.raises(DeviceError):
            device.open_output(wanted)
        assert sound_system[-1]["device_id"] == picked


def test_an_unknown_output_is_answered_with_those_that_exist(
    sound_system: list[dict[str, Any]],
) -> None:
    with pytest.raises(NotFoundError) as caught:
        device.open_output("kitchen")
    for name in ("kitchen", "Garden Speaker Analog", "Garden Speaker 2", "null"):
        assert name in str(caught.value)
    assert "Discard" not in str(caught.value)
    assert sound_system == []


def test_what_sound_libraries_print_while_they_look_is_not_seen(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    def noisy(**arguments: Any) -> None:
        os.write(2, b"ALSA lib: no such thing\n")
        raise miniaudio.MiniaudioError("failed to init device", -401)

    monkeypatch.setattr(miniaudio, "PlaybackDevice", noisy)
    with pytest.raises(DeviceError):
        device.open_output(None)
    os.write(2, b"this is seen\n")
    assert capfd.readouterr().err == "this is seen\n"
