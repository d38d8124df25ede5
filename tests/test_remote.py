"""Media keys, over a real bus and with the program that desktops and scripts use for them."""

from __future__ import annotations

import gc
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from listening import wait_for
from playing import Terminal

from audiocoach import doctor, remote
from audiocoach.live.status import Command, State, Status
from audiocoach.remote import open_remote

pytestmark = [
    pytest.mark.quiet,
    pytest.mark.skipif(
        not sys.platform.startswith("linux"), reason="media keys arrive over D-Bus on Linux only"
    ),
]


class Bus:
    """A session bus of its own."""

    def __init__(self, folder: Path) -> None:
        self.address = f"unix:path={folder}/bus"
        options = ("--session", "--nofork", "--nopidfile", "--print-address")
        self._process = subprocess.Popen(
            ["dbus-daemon", *options, f"--address={self.address}"],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        assert self._process.stdout
        assert self._process.stdout.readline()  # it listens

    def ask(self, *words: str) -> str:
        """What ``playerctl`` answers; empty where there is no player."""
        environment = {**os.environ, "DBUS_SESSION_BUS_ADDRESS": self.address}
        done = subprocess.run(
            ["playerctl", *words], env=environment, capture_output=True, text=True, check=False
        )
        return done.stdout.strip()

    def stop(self) -> None:
        self._process.terminate()
        self._process.wait()
        if self._process.stdout:
            self._process.stdout.close()


@pytest.fixture
def bus(monkeypatch: pytest.MonkeyPatch) -> Iterator[Bus]:
    for program in ("dbus-daemon", "playerctl"):
        if shutil.which(program) is None:
            pytest.skip(f"{program} is not installed (apt: dbus, playerctl)")
    with tempfile.TemporaryDirectory(prefix="bus-") as folder:
        bus = Bus(Path(folder))
        monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", bus.address)
        yield bus
        bus.stop()


class Held:
    """A session that writes down what it is asked for."""

    def __init__(self) -> None:
        self.chapters: tuple[str, ...] = ("Get ready", 'The "lower" back – now')
        self.asked: list[object] = []
        self.now = Status(
            *(State.PLAYING, self.chapters[0], "", ""),
            position=61_000,
            left=600_500,
            step_left=9_000,
            volume=80,
        )

    def do(self, command: Command) -> None:
        self.asked.append(command)

    def skip(self, time: int) -> None:
        self.asked.append(time)

    def set_volume(self, percent: int) -> None:
        self.asked.append(f"{percent} %")

    def status(self) -> Status:
        return self.now


@pytest.fixture
def held(bus: Bus) -> Iterator[Held]:
    held = Held()
    with open_remote(held, "Back massage"):
        wait_for(lambda: bus.ask("status") == "Playing")
        yield held


def change(held: Held, **what: object) -> None:
    from dataclasses import replace

    held.now = replace(held.now, **what)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("words", "asked"),
    [
        (["play-pause"], Command.TOGGLE),
        (["pause"], Command.PAUSE),
        (["play"], Command.RESUME),
        (["next"], Command.NEXT),
        (["previous"], Command.PREVIOUS),
        (["stop"], Command.QUIT),
        (["position", "15+"], 15_000),
        (["position", "15-"], -15_000),
        (["position", "31"], -30_000),
        (["volume", "0.5"], "50 %"),
    ],
)
def test_each_media_key_is_a_command(bus: Bus, held: Held, words: list[str], asked: object) -> None:
    bus.ask(*words)
    wait_for(lambda: bool(held.asked))
    assert held.asked == [asked]


def test_play_is_done_where_the_listener_is_waited_for(bus: Bus, held: Held) -> None:
    change(held, state=State.WAITING_FOR_LISTENER)
    wait_for(lambda: bus.ask("status") == "Paused")
    bus.ask("play")
    wait_for(lambda: held.asked == [Command.DONE])


def test_a_place_that_is_not_in_the_routine_is_not_gone_to(bus: Bus, held: Held) -> None:
    bus.ask("position", "3600")
    bus.ask("pause")
    wait_for(lambda: Command.PAUSE in held.asked)
    assert held.asked == [Command.PAUSE]


def test_it_tells_what_is_heard(bus: Bus, held: Held) -> None:
    form = "{{title}}|{{album}}|{{xesam:trackNumber}}|{{mpris:length}}"
    assert bus.ask("metadata", "--format", form) == "Get ready|Back massage|1|661000000"
    assert bus.ask("volume") == "0.800000"
    change(held, chapter_number=1, state=State.PAUSED, position=70_000)
    wait_for(lambda: bus.ask("status") == "Paused")
    assert bus.ask("metadata", "--format", "{{title}}") == 'The "lower" back – now'
    assert bus.ask("position") == "70.000000"


def test_who_follows_is_told_at_once(bus: Bus, held: Held) -> None:
    environment = {**os.environ, "DBUS_SESSION_BUS_ADDRESS": bus.address}
    follower = subprocess.Popen(
        ["dbus-monitor", "--session", "sender=org.mpris.MediaPlayer2.audiocoach"],
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert follower.stdout
    told: list[str] = []
    try:
        assert "NameAcquired" in "".join(follower.stdout.readline() for _ in range(2))
        time.sleep(0.3)
        change(held, volume=50)
        while not told or "double" not in told[-1]:
            told.append(follower.stdout.readline())
        assert "member=PropertiesChanged" in "".join(told)
        assert told[-1].split() == ["variant", "double", "0.5"]
        change(held, position=30_000)
        while "Seeked" not in told[-1]:
            told.append(follower.stdout.readline())
        assert follower.stdout.readline().split() == ["int64", "30000000"]
    finally:
        follower.kill()
        follower.communicate()


def test_two_routines_that_are_played_are_both_there(bus: Bus, held: Held) -> None:
    with open_remote(Held(), "Another"):
        wait_for(lambda: len(bus.ask("--list-all").splitlines()) == 2)
        assert "audiocoach" in bus.ask("--list-all").splitlines()
    wait_for(lambda: bus.ask("--list-all").splitlines() == ["audiocoach"])


def test_the_doctor_finds_it(bus: Bus) -> None:
    (found,) = doctor.media_keys()
    assert (found.state, found.told) == ("ok", "the bus of the session answers")


def test_a_bus_that_goes_away_harms_nobody(bus: Bus, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    with open_remote(Held(), "Back massage"):
        wait_for(lambda: bus.ask("status") == "Playing")
        bus.stop()
        wait_for(lambda: "no media keys" in caplog.text)
    gc.collect()
    assert {record.name for record in caplog.records} == {"audiocoach.remote.bus"}


def test_without_a_bus_there_is_nothing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "audiocoach")
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", "disabled:")
    assert remote.bus_address() is None
    monkeypatch.delenv("DBUS_SESSION_BUS_ADDRESS")
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    with open_remote(Held(), "Back massage"):
        assert remote.bus_address() is None
    assert "there is no D-Bus session bus" in caplog.text
    for wrong in (f"unix:path={tmp_path}/nobody", "nonsense"):
        caplog.clear()
        monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", wrong)
        with open_remote(Held(), "Back massage"):
            wait_for(lambda: "no media keys" in caplog.text)


def test_a_routine_is_held_and_left_with_media_keys(
    bus: Bus, tmp_path: Path, on_terminal: Callable[..., Terminal]
) -> None:
    script = tmp_path / "rest.md"
    script.write_text("# Breathing\n\nBreathe in. [20s]\n\n# Resting\n\nRest now. [20s]\n")
    terminal = on_terminal(
        dict(os.environ), "play", str(script), "--voice", "pyttsx3", "--device", "null"
    )
    terminal.wait_for("Breathing")
    wait_for(lambda: bus.ask("metadata", "title") == "Breathing")
    bus.ask("pause")
    terminal.wait_for("Paused.")
    wait_for(lambda: bus.ask("status") == "Paused")
    bus.ask("next")
    terminal.wait_for("Rest now.")
    wait_for(lambda: bus.ask("metadata", "title") == "Resting")
    bus.ask("stop")
    assert terminal.ended() == 0
    assert bus.ask("status") == ""
