"""The screen, drawn into a text of any size."""

from __future__ import annotations

import io
from dataclasses import replace

import pytest
from rich.console import Console

from audiocoach.cli.screen import open_screen, view
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
)


def shown(
    status: Status, width: int, height: int, *, keys: bool = True, ascii_only: bool = False
) -> list[str]:
    file = io.TextIOWrapper(io.BytesIO(), encoding="ascii" if ascii_only else "utf-8")
    console = Console(file=file, width=width, height=height, color_system=None)
    text = view(console, status, "Back massage", keys=keys)
    return text.plain.split("\n")


def test_the_screen_holds_what_one_wants_to_know() -> None:
    screen = shown(STATUS, 80, 24)
    text = "\n".join(screen)
    for part in (
        *("Back massage", "The upper back", "Glide one hand", "meet it.", "Next: The lower back"),
        *("22:10 left", "space pause", "← → step", "r repeat", "volume 80 %", "q quit"),
    ):
        assert part in text
    paused = "\n".join(shown(replace(STATUS, state=State.PAUSED), 80, 24))
    assert "Paused. Press space to go on." in paused
    assert "space go on" in paused
    waiting = "\n".join(shown(replace(STATUS, state=State.WAITING_FOR_LISTENER), 80, 24))
    assert "Waiting for you. Press space" in waiting
    assert "space" not in "\n".join(shown(STATUS, 80, 24, keys=False))
    "\n".join(shown(STATUS, 80, 24, ascii_only=True)).encode("ascii")


@pytest.mark.parametrize("width", [1, 5, 20, 40, 80, 300])
@pytest.mark.parametrize("height", [1, 2, 5, 9, 16, 24, 90])
def test_the_screen_fits_whatever_its_size(width: int, height: int) -> None:
    for state in State:
        screen = shown(replace(STATUS, state=state), width, height)
        assert len(screen) == height
        assert max(map(len, screen)) <= max(width, 2)
        if width >= 20 and height >= 9:
            assert "Glide one hand" in "\n".join(screen)
            assert "22:10 left" in "\n".join(screen)


def test_nothing_jumps_when_the_state_changes() -> None:
    one, other = (
        shown(replace(STATUS, state=state), 80, 24) for state in (State.PLAYING, State.PAUSED)
    )
    different = [a for a, b in zip(one, other, strict=True) if a != b]
    assert len(different) == 2  # the state itself, and what space does


def test_without_a_terminal_there_are_plain_lines(capsys: pytest.CaptureFixture[str]) -> None:
    with open_screen("Back massage", keys=True) as screen:
        screen.show(STATUS, [Heard(65_000, "The upper back", chapter=True)])
        screen.show(STATUS, [Heard(66_000, "Glide up.", chapter=False)])
        screen.show(replace(STATUS, state=State.PAUSED), [])
        screen.show(replace(STATUS, state=State.PAUSED), [])
    assert capsys.readouterr().out.splitlines() == [
        "1:05  # The upper back",
        "1:06  Glide up.",
        "8:30  (Paused. Press space to go on.)",
    ]
