"""``audiocoach play`` on a terminal: what is drawn, what a mouse does, and what is given back."""

from __future__ import annotations

import os
import re
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

import pytest
from listening import wait_for
from playing import Terminal

pytestmark = [
    pytest.mark.quiet,
    pytest.mark.skipif(os.name != "posix", reason="needs a POSIX terminal"),
]

SCRIPT = """# Breathing

Breathe in slowly. [30s]

# Resting

Rest. [30s]
"""


class Play(Protocol):
    def __call__(self, *options: str, broken: str = "", **environment: str) -> Terminal:
        """A terminal on which a routine is being played."""


@pytest.fixture
def play(tmp_path: Path, on_terminal: Callable[..., Terminal]) -> Play:
    script = tmp_path / "rest.md"
    script.write_text(SCRIPT)

    def playing(*options: str, broken: str = "", **environment: str) -> Terminal:
        device = ("--voice", "pyttsx3", "--device", "null")
        return on_terminal(
            {**os.environ, **environment}, "play", str(script), *device, *options, broken=broken
        )

    return playing


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_it_is_given_back_after_a_signal(play: Play, number: signal.Signals) -> None:
    terminal = play()
    terminal.wait_for("? all keys")
    terminal.process.send_signal(number)
    assert terminal.ended() == 128 + number
    terminal.assert_given_back()


BROKEN = """
from {module} import {name}
def break_later(self, *args, good={name}.{method}, times=[]):
    times.append(1)
    if len(times) > {after}:
        raise ValueError("this was broken on purpose")
    return good(self, *args)
{name}.{method} = break_later
"""


@pytest.mark.parametrize(
    ("module", "name", "method", "after"),
    [
        ("audiocoach.cli.screen.terminal", "Terminal", "show", 8),
        ("audiocoach.live.session", "Session", "read", 60),
    ],
    ids=["drawing", "sounding"],
)
def test_it_is_given_back_after_a_crash(
    play: Play, module: str, name: str, method: str, after: int
) -> None:
    terminal = play(broken=BROKEN.format(module=module, name=name, method=method, after=after))
    terminal.wait_for("? all keys")
    assert terminal.ended() == 70
    wait_for(lambda: "ValueError: this was broken on purpose" in terminal.text)
    terminal.assert_given_back()
    told = terminal.text.rindex("a fault of audiocoach itself")
    assert told > terminal.text.rindex("\x1b[?1049l")  # where it can be read


def test_mouse_help_size_and_a_stop(play: Play) -> None:
    terminal = play()
    terminal.wait_for("? all keys")
    terminal.press("\x1b[<0;40;12M\x1b[<0;40;12m")
    terminal.wait_for("Paused.")
    terminal.press("\x1b[<65;40;12M")
    terminal.wait_for("volume 80 %")
    terminal.press("?")
    terminal.wait_for("this step again")
    terminal.press("?")
    terminal.wait_for("Paused.")
    terminal.resize(40, 12)
    terminal.wait_for("Paused.")
    terminal.wait_for("left")

    os.kill(terminal.process.pid, signal.SIGSTOP)
    time.sleep(2.5)
    os.kill(terminal.process.pid, signal.SIGCONT)
    terminal.wait_for("\x1b[?1049h")  # somebody may have used it meanwhile
    terminal.wait_for("Paused.")
    assert terminal.mode != terminal.mode_before
    terminal.press("q")
    assert terminal.ended() == 0
    terminal.assert_given_back()


def test_without_colour_there_is_none(play: Play) -> None:
    terminal = play(NO_COLOR="1")
    wait_for(lambda: "? all keys" in terminal.text)
    codes = re.findall(r"\x1b\[([0-9;]+)m", terminal.text)
    assert {code for each in codes for code in each.split(";")} <= {"0", "1", "2"}  # bold, dim
    terminal.press("q")
    assert terminal.ended() == 0


def test_plain_lines_move_nothing(play: Play) -> None:
    terminal = play("--plain")
    terminal.wait_for("Chapter 1 of 2: Breathing")
    terminal.press(" ")
    terminal.wait_for("Paused. Press space to go on.")
    terminal.press("x")  # any key
    terminal.wait_for("Going on.")
    terminal.press("n")
    terminal.wait_for("Chapter 2 of 2: Resting")
    before = terminal.text
    terminal.press("q")
    assert terminal.ended() == 0
    wait_for(lambda: "Good-bye" in terminal.text)
    assert "\x1b" not in before + terminal.text
    assert terminal.mode == terminal.mode_before
