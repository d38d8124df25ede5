"""The screen, drawn into a text of any size."""

from __future__ import annotations

import io
from dataclasses import replace

import pytest
from rich.console import Console

from audiocoach.cli.commands import by_key
from audiocoach.cli.screen import About, open_screen
from audiocoach.cli.screen.digits import large, small
from audiocoach.cli.screen.terminal import Terminal
from audiocoach.cli.screen.whole import view
from audiocoach.live import Heard, State, Status

STATUS = Status(
    state=State.PLAYING,
    chapter="The upper back",
    words="Glide one hand up towards the right shoulder, and let the other one come down "
    "to meet it.",
    coming="The lower back",
    position=510_000,
    left=1_330_000,
    step_left=20_000,
    volume=80,
    chapter_number=1,
)
CHAPTERS = ("Get ready", "The upper back", "The lower back", "The legs", "The end")
ABOUT = About("Back massage", CHAPTERS, keys=True)


def shown(
    status: Status,
    width: int,
    height: int,
    *,
    keys: bool = True,
    ascii_only: bool = False,
    all_keys: bool = False,
) -> list[str]:
    file = io.TextIOWrapper(io.BytesIO(), encoding="ascii" if ascii_only else "utf-8")
    console = Console(file=file, width=width, height=height, color_system=None)
    text = view(console, status, replace(ABOUT, keys=keys), all_keys=all_keys)
    return text.plain.split("\n")


def tells_time(screen: list[str]) -> bool:
    """Whether the time that is left stands there, in letters or in digits of any size."""
    drawn = (small("22:10"), large("22:10"), large("22:10", 2), large("22:10", dot="#"))
    text = "\n".join(line.strip() for line in screen)
    return "22:10 left" in text or any(
        "\n".join(row.strip() for row in rows) + " left" in text for rows in drawn
    )


def test_the_screen_holds_what_one_wants_to_know() -> None:
    screen = shown(STATUS, 80, 24)
    text = "\n".join(screen)
    for part in (
        *("Back massage", "▸ The upper back", "Glide one hand", "meet it.", "Next: The lower back"),
        *("  Get ready", "  The end", "0:20 left in this step"),
        *("space pause", "← → step", "r repeat", "volume 80 %", "q quit", "? all keys"),
    ):
        assert part in text
    assert tells_time(screen)
    paused = "\n".join(shown(replace(STATUS, state=State.PAUSED), 80, 24))
    assert "Paused. Press space to go on." in paused
    assert "space go on" in paused
    waiting = "\n".join(shown(replace(STATUS, state=State.WAITING_FOR_LISTENER), 80, 24))
    assert "Waiting for you. Press space" in waiting
    alone = "\n".join(shown(STATUS, 80, 24, keys=False))
    assert "space" not in alone
    assert tells_time(shown(STATUS, 80, 24, keys=False))
    ascii_only = shown(STATUS, 80, 24, ascii_only=True)
    "\n".join(ascii_only).encode("ascii")
    assert tells_time(ascii_only)


@pytest.mark.parametrize("width", [1, 5, 20, 40, 80, 300])
@pytest.mark.parametrize("height", [1, 2, 5, 9, 12, 16, 24, 40, 90])
@pytest.mark.parametrize("all_keys", [False, True])
def test_the_screen_fits_whatever_its_size(width: int, height: int, all_keys: bool) -> None:
    for state in State:
        screen = shown(replace(STATUS, state=state), width, height, all_keys=all_keys)
        assert len(screen) == height
        assert max(map(len, screen)) <= max(width, 2)
        if width >= 20 and height >= 2:
            assert tells_time(screen)
        if width >= 20 and height >= 9 and not all_keys:
            assert "Glide one hand" in "\n".join(screen)
        if width >= 40 and height >= 12 and not all_keys:
            assert "▸ The upper back" in "\n".join(screen)


def test_the_digits_are_as_large_as_there_is_room() -> None:
    for size, drawn in (
        ((80, 24), large("22:10")),
        ((60, 16), small("22:10")),
        ((120, 40), large("22:10", 2)),
        ((38, 24), small("22:10")),
    ):
        assert f"{drawn[-1]} left" in "\n".join(shown(STATUS, *size))
    assert small("0:25") == ["█▀█ ▄ ▀▀█ █▀▀", "█ █ ▄ █▀▀ ▀▀█", "▀▀▀   ▀▀▀ ▀▀▀"]


def test_nothing_jumps_when_the_state_changes() -> None:
    one, other = (
        shown(replace(STATUS, state=state), 80, 24) for state in (State.PLAYING, State.PAUSED)
    )
    different = [a for a, b in zip(one, other, strict=True) if a != b]
    assert len(different) == 2  # the state itself, and what space does
    short = shown(replace(STATUS, words="Good.", coming=""), 80, 24)
    different = [a for a, b in zip(one, short, strict=True) if a != b]
    assert len(different) == 3  # the words, and what comes next


def test_of_many_chapters_those_around_the_one_that_is_heard_are_listed() -> None:
    many = tuple(f"Chapter number {number}" for number in range(40))
    console = Console(file=io.StringIO(), width=80, height=24, color_system=None)
    for now in (0, 20, 39):
        status = replace(STATUS, chapter_number=now)
        screen = view(console, status, About("Long", many, keys=True)).plain
        assert f"▸ Chapter number {now}\n" in screen
        assert screen.count("Chapter number") >= 5
        assert screen.count("▸") == 1
    long = view(console, STATUS, About("Long", ("x", "y" * 200), keys=True)).plain
    assert "▸ " + "y" * 73 + "…" in long


def test_every_key_is_in_the_help() -> None:
    helped = " ".join(shown(STATUS, 80, 24, all_keys=True))
    signs = {"left": "←", "right": "→", "click": "click", "wheel-up": "wheel"}
    known = {"=": "+", "up": "+", "down": "-", "wheel-down": "wheel", "ctrl-c": "q"}
    pedals = {"pageup", "pagedown", "b"}
    for key in by_key().keys() - pedals:
        assert f" {signs.get(key, known.get(key, key))}" in helped
    assert "? " in helped


def test_the_screen_is_drawn_only_when_something_on_it_changes() -> None:
    from rich.live import Live

    time_s = 0.0
    file = io.StringIO()
    console = Console(file=file, width=80, height=24, force_terminal=True, color_system=None)
    live = Live(console=console, screen=True, auto_refresh=False)
    with live:
        terminal = Terminal(console, live, ABOUT, mouse=True, now=lambda: time_s)
        terminal.show(STATUS, [])
        drawn = file.tell()
        terminal.show(replace(STATUS, position=510_100, left=1_330_020), [])
        assert file.tell() == drawn
        terminal.help()
        terminal.show(STATUS, [])
        assert "this step again" in file.getvalue()[drawn:]
        terminal.help()
        console.width = 60  # somebody has made the window smaller
        drawn = file.tell()
        terminal.show(STATUS, [])
        assert max(len(line.split("\x1b")[0]) for line in file.getvalue()[drawn:].split("\n")) <= 61
        time_s = 10.0  # the process was stopped, and a shell used the terminal
        drawn = file.tell()
        terminal.show(STATUS, [])
        again = file.getvalue()[drawn:]
        assert again.startswith("\x1b[?1049h\x1b[H\x1b[?25l\x1b[?1000h\x1b[?1006h")
        assert "Glide one hand" in again


def test_without_a_terminal_there_are_plain_lines(capsys: pytest.CaptureFixture[str]) -> None:
    with open_screen(ABOUT) as screen:
        screen.show(STATUS, [Heard(65_000, "The upper back", chapter=True)])
        screen.show(STATUS, [Heard(66_000, "Glide up.", chapter=False)])
        screen.show(replace(STATUS, state=State.PAUSED), [])
        screen.show(replace(STATUS, state=State.PAUSED), [])
    assert capsys.readouterr().out.splitlines() == [
        "1:05  # The upper back",
        "1:06  Glide up.",
        "8:30  (Paused. Press space to go on.)",
    ]


def test_plain_lines_tell_what_changes_once_and_no_words(
    capsys: pytest.CaptureFixture[str],
) -> None:
    chapter = Heard(65_000, "The upper back", chapter=True)
    words = Heard(66_000, "Glide up.", chapter=False)
    left = 20 * 60_000 + 100
    with open_screen(ABOUT, plain=True) as screen:
        screen.show(replace(STATUS, left=left), [chapter])
        screen.show(replace(STATUS, left=left - 50), [words])
        for state in (State.PAUSED, State.PAUSED, State.PLAYING, State.WAITING_FOR_LISTENER):
            screen.show(replace(STATUS, left=left - 60, state=state), [])
        screen.show(replace(STATUS, left=left - 70), [])
        for passed in range(100, 400, 100):
            screen.show(replace(STATUS, left=left - passed, volume=100), [])
        screen.show(replace(STATUS, left=60_100, volume=100, tempo=125), [])  # gone far
        screen.show(replace(STATUS, left=60_000, volume=100, tempo=125, bed_volume=80), [])
        screen.show(replace(STATUS, left=59_000, volume=100, tempo=125, bed_volume=80), [])
        screen.show(replace(STATUS, left=58_900, volume=100, tempo=125, voice_volume=125), [])
    assert capsys.readouterr().out.splitlines() == [
        "Back massage, 20:00.",
        "Press ? for the keys.",
        "Chapter 2 of 5: The upper back",
        "Paused. Press space to go on.",
        "Going on.",
        "Waiting for you. Press space when you are done.",
        "Going on.",
        "Volume 100 %.",
        "20 minutes left.",
        "Breaks and working times 125 %.",
        "Volume of the bed 80 %.",
        "1 minute left.",
        "Volume of the bed 100 %.",
        "Volume of the voice 125 %.",
    ]


def test_plain_lines_tell_the_keys_when_asked(capsys: pytest.CaptureFixture[str]) -> None:
    with open_screen(ABOUT, plain=True) as screen:
        screen.help()
    out = capsys.readouterr().out
    assert "space: pause, go on" in out.splitlines()
    assert "left right: a step back, a step on" in out.splitlines()
