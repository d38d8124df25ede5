"""What touches mean, and whose they are."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from audiocoach.cli import cli
from audiocoach.cli.hands import Hands
from audiocoach.cli.typed import KEYS
from audiocoach.live import Command, State


class Clock:
    time = 0.0

    def now(self) -> float:
        return self.time


@pytest.mark.parametrize("key", ["x", "f7", "other", "tab", "escape", "\u00e9"])
def test_any_key_goes_on_where_the_coach_waits_and_stops_nothing(key: str) -> None:
    for state, command in (
        (State.WAITING_FOR_LISTENER, Command.DONE),
        (State.PAUSED, Command.RESUME),
        (State.PLAYING, None),
        (State.WAITING_FOR_SPEECH, None),
        (State.LEAVING, None),
    ):
        assert Hands().command(key, state) is command


def test_keys_with_a_meaning_keep_it_where_the_coach_waits() -> None:
    hands = Hands()
    for key, command in (("r", Command.REPEAT), ("q", Command.QUIT), ("up", Command.LOUDER)):
        assert hands.command(key, State.WAITING_FOR_LISTENER) is command


def test_pedals_and_the_mouse() -> None:
    hands = Hands()
    for key, command in (
        ("pagedown", Command.NEXT),
        ("pageup", Command.PREVIOUS),
        ("b", Command.TOGGLE),
        ("click", Command.TOGGLE),
        ("wheel-up", Command.LOUDER),
        ("wheel-down", Command.QUIETER),
    ):
        assert hands.command(key, State.PLAYING) is command


@pytest.mark.parametrize("key", ["space", "b", "click", "x"])
def test_what_is_held_counts_once(key: str) -> None:
    clock = Clock()
    hands = Hands(now=clock.now)
    assert hands.command(key, State.PAUSED)
    for _ in range(60):
        clock.time += 0.5 if _ == 0 else 0.03  # as keyboards repeat
        assert hands.command(key, State.PAUSED) is None
    clock.time += 1.0
    assert hands.command(key, State.PAUSED)


def test_steps_are_gone_as_often_as_is_pressed() -> None:
    clock = Clock()
    hands = Hands(now=clock.now)
    assert [hands.command("right", State.PLAYING) for _ in range(3)] == [Command.NEXT] * 3
    assert hands.command("space", State.PLAYING) is Command.TOGGLE  # another key at once


def test_ones_own_keys_come_first() -> None:
    hands = Hands({"f13": Command.NEXT, "b": Command.REPEAT})
    assert hands.command("f13", State.PLAYING) is Command.NEXT
    assert hands.command("b", State.PLAYING) is Command.REPEAT
    assert hands.command("space", State.PLAYING) is Command.TOGGLE


def test_keys_are_assigned_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AUDIOCOACH_KEYS", "f13=next a=skip-back")
    assigned: list[object] = []
    module = sys.modules["audiocoach.cli.play"]
    monkeypatch.setattr(module, "perform", lambda _, setting, **more: assigned.append(setting))
    keys = ["--key", "==quit", "--key", "A=next-chapter"]
    assert CliRunner().invoke(cli, ["play", "breathing-pause", *keys]).exit_code == 0
    (setting,) = assigned
    assert setting.keys == {  # type: ignore[attr-defined]
        "f13": Command.NEXT,
        "a": Command.NEXT_CHAPTER,
        "=": Command.QUIT,
    }


@pytest.mark.parametrize(
    ("assigned", "told"),
    [
        ("pagedwn=next", 'did you mean "pagedown"?'),
        ("f13=nxt", 'did you mean "next"?'),
        ("f13", "no key is called"),
        ("f13=attend", "nothing is called"),
    ],
)
def test_what_cannot_be_assigned_is_told(assigned: str, told: str) -> None:
    result = CliRunner().invoke(cli, ["play", "breathing-pause", "--key", assigned])
    assert result.exit_code == 2
    assert told in " ".join(result.stderr.split())


def test_every_command_and_key_that_can_be_assigned_is_in_the_docs() -> None:
    docs = (Path(__file__).parent.parent / "docs" / "play.md").read_text(encoding="utf-8")
    hidden = {Command.ATTEND, Command.IGNORE}
    for command in set(Command) - hidden:
        assert f"`{command.value.replace(' ', '-')}`" in docs
    for key in KEYS - {"ctrl-c", *(f"f{number}" for number in range(2, 24))}:
        assert f"`{key}`" in docs
