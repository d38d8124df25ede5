"""``audiocoach play``: where it begins, how it is left, and how one goes on."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from audiocoach import library
from audiocoach.cli import cli
from audiocoach.live import Command, Session
from audiocoach.sinks.output import NullOutput
from audiocoach.speech import Speaker
from audiocoach.testing import ToneVoice
from audiocoach.voices.cast import Cast

SCRIPT = """---
title: A short rest
ambience: rain
choices:
  side: [right, left]
---

# Breathing

Breathe in. [3s]

Breathe out. [3s]

# The lower back

Press gently, {side}. [3s]

Let go. [3s]

# The upper back

Glide. [3s]
"""


@pytest.fixture
def script(tmp_path: Path) -> Path:
    path = tmp_path / "rest.md"
    path.write_text(SCRIPT)
    return path


Play = Callable[..., Result]


@pytest.fixture
def play(script: Path, monkeypatch: pytest.MonkeyPatch) -> Play:
    """Plays it with tones, as fast as it can, and leaves when some words begin."""
    from contextlib import contextmanager

    from audiocoach.clips import ClipCache
    from audiocoach.live.apart import SpeakerApart

    @contextmanager
    def tones(self: SpeakerApart) -> Iterator[Speaker]:
        yield Speaker(Cast(ToneVoice()), ClipCache(library.cache_folder()))

    monkeypatch.setattr(SpeakerApart, "open", tones)
    monkeypatch.setattr("audiocoach.sinks.device.NullOutput", lambda _: NullOutput(0))
    leave_at = ""
    read = Session.read

    def reading(session: Session, frames: int) -> object:
        sound = read(session, frames)
        if leave_at and session.status().words == leave_at:
            session.do(Command.QUIT)
        return sound

    monkeypatch.setattr(Session, "read", reading)

    def played(*arguments: str, until: str = "", output: str = "null") -> Result:
        nonlocal leave_at
        leave_at = until
        return CliRunner().invoke(
            cli, ["play", str(script), "--device", output, *arguments], prog_name="audiocoach"
        )

    return played


def words(result: Result) -> list[str]:
    """What was heard."""
    lines = [re.fullmatch(r"\d+:\d\d  (.*)", line) for line in result.stdout.splitlines()]
    return [line.group(1) for line in lines if line]


def test_one_who_leaves_is_told_how_to_go_on_and_goes_on(play: Play, script: Path) -> None:
    first = play("--set", "side=left", until="Press gently, left.")
    assert first.exit_code == 0, first.output
    told = first.stdout.splitlines()[-2:]
    assert told == [
        'You left in The lower back, "Press gently, left."',
        f"Go on there: audiocoach play {script} --resume",
    ]
    again = play("--resume")
    assert again.exit_code == 0, again.output
    assert again.stderr == 'Going on in The lower back, "Press gently, left."\n'
    assert words(again) == [
        *("# The lower back", "Press gently, left.", "Let go."),
        *("# The upper back", "Glide."),
    ]
    assert "Go on" not in again.stdout
    anew = play("--resume")
    assert anew.stderr == "A short rest was heard to its end; it begins at the beginning.\n"
    assert words(anew)[1] == "Breathe in."


def test_one_who_goes_on_and_leaves_at_once_is_told_too(play: Play) -> None:
    first = play("--set", "side=left", until="Press gently, left.")
    again = play("--resume", until="Press gently, left.")
    assert again.stdout.splitlines()[-2:] == first.stdout.splitlines()[-2:]
    assert words(play("--resume"))[1] == "Press gently, left."


def test_nothing_to_go_on_with_begins_at_the_beginning(play: Play) -> None:
    result = play("--resume")
    assert result.exit_code == 0
    assert "was never left in the middle; it begins at the beginning" in result.stderr
    assert words(result)[:2] == ["# Breathing", "Breathe in."]


def test_what_is_given_anew_counts_more_than_what_was_asked_before(play: Play) -> None:
    play("--set", "side=left", "--length", "40s", until="Breathe out.")
    (path,) = (library.state_folder() / "sessions").iterdir()
    kept = json.loads(path.read_text())["asked"]
    assert (kept["choices"], kept["length"]) == ([["side", "left"]], 40_000)
    again = play("--resume", "--set", "side=right")
    assert "Press gently, right." in words(again)
    assert "The script has changed since" in again.stderr


def test_a_script_that_has_changed_goes_on_at_the_nearest_step(play: Play, script: Path) -> None:
    play("--set", "side=left", until="Let go.")
    changed = SCRIPT.replace("choices:\n  side: [right, left]\n", "").replace(", {side}", "")
    script.write_text(changed.replace("Breathe in.", "Sit down. [1s]\n\nBreathe in."))
    again = play("--resume")
    assert again.exit_code == 0, again.output
    assert again.stderr == (
        "The script has changed since; the nearest step is played. "
        'Going on in The lower back, "Let go."\n'
    )
    assert words(again)[1] == "Let go."


def test_a_rehearsal_and_an_error_leave_the_place_alone(play: Play) -> None:
    play(until="Let go.")
    (path,) = (library.state_folder() / "sessions").iterdir()
    before = path.read_bytes()
    assert play("--speed", "max").exit_code == 0
    assert play("--voice", "nobody", "--ambience", "nothing.mp3").exit_code == 2
    assert path.read_bytes() == before


def test_a_damaged_place_counts_as_none(play: Play) -> None:
    play(until="Let go.")
    (path,) = (library.state_folder() / "sessions").iterdir()
    path.write_text("{")
    result = play("--resume")
    assert result.exit_code == 0
    assert "begins at the beginning" in result.stderr


def test_where_nothing_can_be_saved_it_is_played_all_the_same(play: Play) -> None:
    folder = library.state_folder() / "sessions"
    folder.parent.mkdir(parents=True, exist_ok=True)
    folder.write_text("a file")
    result = play(until="Let go.")
    assert result.exit_code == 0
    assert "where you are cannot be saved" in result.stderr
    assert "--resume" not in result.stdout


@pytest.mark.parametrize(
    ("wanted", "first"),
    [
        ("The lower back", "Press gently, right."),
        ("the LOWER back", "Press gently, right."),
        ("upper", "Glide."),
        ("2", "Breathe out."),
    ],
)
def test_it_begins_with_a_chapter_or_a_step(play: Play, wanted: str, first: str) -> None:
    result = play("--from", wanted, until=first)
    assert result.exit_code == 0, result.output
    assert words(result)[1] == first


@pytest.mark.parametrize(
    ("wanted", "message"),
    [
        ("The lowr back", 'did you mean "The lower back"?'),
        ("back", '"back" is in several chapters: The lower back, The upper back'),
        ("9", "no number of a step (1 to 5)"),
    ],
)
def test_a_place_that_is_not_there_is_an_error(play: Play, wanted: str, message: str) -> None:
    result = play("--from", wanted)
    assert result.exit_code == 2
    assert message in result.stderr
    assert words(result) == []


def test_one_begins_in_one_way(play: Play) -> None:
    assert play("--from", "upper", "--resume").exit_code == 2
    assert play("--start-in", "soon").exit_code == 2
    assert play("--fade-out", "-1m").exit_code == 2


def test_time_to_lie_down_and_a_slow_end(play: Play, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[int] = []
    reading = Session.read

    def counted(session: Session, frames: int) -> object:
        read.append(frames)
        return reading(session, frames)

    monkeypatch.setattr(Session, "read", counted)
    assert play().exit_code == 0  # and all words are spoken: nothing is waited for any more
    read.clear()
    assert play().exit_code == 0
    plain = sum(read) / 44_100
    read.clear()
    assert play("--start-in", "1m", "--fade-out", "2m").exit_code == 0
    # 4 s of the minute are the usual time before the first word, 8 s of the end the usual end.
    assert sum(read) / 44_100 - plain == pytest.approx(56 + 112, abs=0.5)
