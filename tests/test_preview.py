"""A place of a script is found, heard, and heard again when the script is saved."""

from __future__ import annotations

import itertools
import sys
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner, Result
from listening import Listener, all_known, heard, wait_for

from audiocoach.ambience import Ambience
from audiocoach.bed import Bed
from audiocoach.cli import cli
from audiocoach.cli.beginning import Beginning
from audiocoach.cli.preview import find_step
from audiocoach.cli.watching import Watched
from audiocoach.clips import ClipCache
from audiocoach.errors import NotFoundError, SpeechError
from audiocoach.live import Session, Where
from audiocoach.routine import Routine
from audiocoach.script import load
from audiocoach.speech import Speaker
from audiocoach.testing import ToneVoice
from audiocoach.units import RATE

module: Any = sys.modules["audiocoach.cli.preview"]
watching: Any = sys.modules["audiocoach.cli.watching"]
"""Its command has the same name in the package."""

SCRIPT = """\
---
choices:
  oil: [none, warm]
---

# One

Come and sit down. [1s]

> A note.

::: for side in right, left
Take the {side} hand
in yours. [for 6s]
- at half: Slowly.

::: if oil is warm
Warm the oil.
:::
:::

# Two

That is all.
"""


@pytest.fixture
def script(tmp_path: Path) -> Path:
    path = tmp_path / "hands.md"
    path.write_text(SCRIPT)
    return path


def run(*arguments: str) -> Result:
    return CliRunner().invoke(cli, ["preview", *arguments], prog_name="audiocoach")


@pytest.mark.parametrize(
    ("line", "step"),
    [
        (1, 0),
        (6, 0),
        (8, 0),
        (9, 1),
        (10, 1),
        (12, 1),
        (13, 1),
        (14, 1),
        (15, 1),
        (18, 3),
        (21, 3),
        (24, 3),
    ],
)
def test_a_line_is_the_step_that_stands_in_it_or_after_it(
    script: Path, line: int, step: int
) -> None:
    assert find_step(load(script, {}), script, None, line) == step


def test_a_choice_makes_other_steps(script: Path) -> None:
    warm = load(script, {"oil": "warm"})
    assert find_step(warm, script, None, 18) == 2
    assert find_step(warm, script, 6, None) == 5


@pytest.mark.parametrize(("step", "line"), [(5, None), (None, 25), (None, 999)])
def test_what_is_not_there_is_told(script: Path, step: int | None, line: int | None) -> None:
    with pytest.raises(NotFoundError, match="there is no step"):
        find_step(load(script, {}), script, step, line)


def hum() -> Ambience:
    wave = 0.2 * np.sin(2 * np.pi * 30 * np.arange(2 * RATE) / RATE)
    return Ambience.of(
        Bed("hum", iter([np.stack([wave, wave], axis=1).astype(np.float32)]), loudness=-23.0)
    )


def listen(routine: Routine, voice: ToneVoice, cache: Path, first: int) -> list[str]:
    speaker = Speaker(voice, ClipCache(cache))
    session = Session(
        routine, lambda: nullcontext(speaker), hum(), {}, interactive=False, begin=Where(first)
    )
    try:
        listener = Listener(session)
        listener.hear(0.02)
        assert session.status().chapter == "One"
        wait_for(all_known(session))
        listener.hear(60)
        clips = {cue.text: speaker.clip(cue) for cue in routine.cues()}
        return heard(listener.sound[:, 0], clips)
    finally:
        session.close()


def test_a_session_begins_at_a_step_and_says_it_whole(script: Path, tmp_path: Path) -> None:
    routine = load(script, {})
    voice = ToneVoice()
    assert listen(routine, voice, tmp_path / "cache", 2) == [
        "Take the left hand in yours.",
        "Slowly.",
        "That is all.",
    ]
    spoken = len(voice.spoken)
    script.write_text(SCRIPT.replace("That is all.", "That is all for now."))
    again = listen(load(script, {}), voice, tmp_path / "cache", 2)
    assert again[-1] == "That is all for now."
    assert voice.spoken[spoken:] == ["That is all for now."]


def test_saving_is_seen_once_it_is_done(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = itertools.count()
    monkeypatch.setattr(watching.time, "monotonic", lambda: next(clock))
    one, other = tmp_path / "one.md", tmp_path / "other.md"
    one.write_text("a")
    other.write_text("a")
    watched = Watched([one])
    watched.add([other])
    assert not watched.changed()
    one.unlink()
    assert not watched.changed()
    one.write_text("")
    assert not watched.changed()
    one.write_text("longer")
    assert watched.changed()
    watched = Watched([one, other])
    other.write_text("longer")
    assert watched.changed()
    watched = Watched([one, other])
    other.unlink()  # for good: it is no longer included
    assert not watched.changed()
    one.write_text("longest of all")
    assert watched.changed()


class Played:
    """Stands for ``perform``: what happens while it plays is given."""

    def __init__(self, *happens: Callable[[], bool]) -> None:
        self.steps: list[int] = []
        self.words: list[list[str]] = []
        self._happens = list(happens)

    def __call__(
        self, loaded: Routine, setting: Any, *, beginning: Beginning, enough: Callable[[], bool]
    ) -> bool:
        del setting, enough
        self.steps.append(beginning.where.step if beginning.where else 0)
        self.words.append([cue.text for cue in loaded.cues()])
        return self._happens.pop(0)()


def test_watching_plays_again_after_each_save_until_one_leaves(
    script: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = itertools.count()
    monkeypatch.setattr(watching.time, "monotonic", lambda: next(clock))
    saves = iter(
        [
            SCRIPT.replace("Take", "Hold [the"),  # an error
            SCRIPT.replace("Take", "Hold"),
        ]
    )

    def save(*_: object) -> bool:
        script.write_text(next(saves))
        return False

    def mute() -> bool:
        script.write_text(SCRIPT.replace("Take", "Please take"))
        raise SpeechError("no voice today")

    monkeypatch.setattr(watching.time, "sleep", save)  # while it waits, it is saved
    played = Played(save, mute, lambda: True)
    monkeypatch.setattr(module, "perform", played)
    result = run(str(script), "--from", "13", "--watch")
    assert result.exit_code == 0, result.output
    assert played.steps == [1, 1, 1]
    assert [words[1] for words in played.words] == [
        "Take the right hand in yours.",
        "Hold the right hand in yours.",
        "Please take the right hand in yours.",
    ]
    assert "hands.md:13:6: error: this [ has no ]" in result.output
    assert "no voice today" in result.output


def test_without_watching_it_plays_once(script: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    played = Played(lambda: False)
    monkeypatch.setattr(module, "perform", played)
    assert run(str(script), "--step", "3").exit_code == 0
    assert played.steps == [2]
    assert run(str(script), "--step", "9").exit_code == 2
    assert run(str(script), "--step", "1", "--from", "2").exit_code == 2
    script.write_text("Oh [no\n")
    assert run(str(script)).exit_code == 1


def test_a_rehearsal_begins_where_it_was_asked(script: Path) -> None:
    arguments = ("--from", "13", "--voice", "pyttsx3", "--device", "null", "--speed", "max")
    result = run(str(script), *arguments)
    if result.exit_code == 2:
        pytest.skip("no system voice here")
    told = [line.partition("  ")[2] for line in result.stdout.splitlines()]
    assert told[:2] == ["# One", "Take the right hand in yours."]
    assert told[-1] == "That is all."
