"""The bed of a routine with several: as written in an export, with the listener live."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import nullcontext
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from listening import Listener, all_known, wait_for
from numpy.typing import NDArray
from waves import level

from audiocoach.ambience import FADE, Ambience, open_ambience
from audiocoach.bed import Bed
from audiocoach.cli import cli
from audiocoach.clips import ClipCache
from audiocoach.limiter import LATENCY
from audiocoach.live import Command, Session, State, Where
from audiocoach.master import plan
from audiocoach.mix import Mix, Whole, blocks
from audiocoach.presets import PHONE, Levels
from audiocoach.routine import Routine
from audiocoach.script import expand, parse
from audiocoach.speech import Speaker
from audiocoach.testing import ToneVoice
from audiocoach.timeline import Timeline, schedule
from audiocoach.units import RATE, ms_to_frames

HERTZ = {"low": 25, "mid": 40, "top": 60}
"""The beds of these tests: lower than any speech, and told apart by their pitch."""
TRIM = 0.3
LEVELS = Levels()
SCRIPT = """---
ambience: low
---

# One

Breathe in. [9s]

# Two

#[ambience:"mid + top -6dB"]

Breathe out. [9s]

Turn over. [until done, 5s]

# Three

#[ambience]

Rest now. [9s]

# Four

Sleep now. [2s]

#[ambience:"top"]

Dream now. [9s]
"""


def routine() -> Routine:
    return expand(parse(SCRIPT, "x.md"), {})


def hums() -> Ambience:
    times = np.arange(2 * RATE) / RATE
    waves = [0.2 * np.sin(2 * np.pi * hertz * times) for hertz in HERTZ.values()]
    sounds = [
        Bed(name, iter([np.stack([wave, wave], axis=1).astype(np.float32)]), loudness=-23.0)
        for name, wave in zip(HERTZ, waves, strict=True)
    ]
    beds = {"low": [(0, 0.0)], "mid + top -6dB": [(1, 0.0), (2, -6.0)], "top": [(2, 0.0)]}
    return Ambience(sounds, beds, "low")


@pytest.fixture
def speaker(tmp_path: Path) -> Speaker:
    made = Speaker(ToneVoice(), ClipCache(tmp_path))
    for _ in made.speak(routine().cues()):
        pass
    return made


Start = Callable[..., Listener]


@pytest.fixture
def start(speaker: Speaker) -> Iterator[Start]:
    sessions: list[Session] = []

    def started(*, interactive: bool = True, first: int = 0) -> Listener:
        session = Session(
            *(routine(), lambda: nullcontext(speaker), hums(), {}),
            trim=TRIM,
            interactive=interactive,
            begin=Where(first) if first else None,
        )
        sessions.append(session)
        listener = Listener(session)
        listener.hear(0.02)
        wait_for(all_known(session))
        return listener

    yield started
    for session in sessions:
        session.close()


def powers(sound: NDArray[np.float32]) -> dict[str, float]:
    """How much of each hum is in the last second: 1 for a bed of one layer between cues."""
    last = sound[-RATE:, 0].astype(np.float64)
    full = 10 ** ((LEVELS.programme + LEVELS.bed + 23 + TRIM) / 20) * 0.2
    turn = -2j * np.pi * np.arange(RATE) / RATE
    parts = {name: np.mean(last * np.exp(turn * hertz)) for name, hertz in HERTZ.items()}
    return {name: float((2 * abs(part) / full) ** 2) for name, part in parts.items()}


LOW = {"low": pytest.approx(1, abs=0.02), "mid": pytest.approx(0, abs=0.02)}
MID = {
    "low": pytest.approx(0, abs=0.02),
    "mid": pytest.approx(0.8, abs=0.02),
    "top": pytest.approx(0.2, abs=0.02),
}
"""A layer with -6 dB has a quarter of the power of the other."""


def scheduled(speaker: Speaker) -> Timeline:
    return schedule(routine(), speaker.length, {})


def exported(speaker: Speaker, bed: Ambience) -> NDArray[np.float32]:
    timeline = scheduled(speaker)
    bed.follow(timeline, "low")
    mix = Mix(timeline, speaker.clip, {}, LEVELS, TRIM)
    made = b"".join(block.raw_data for block in blocks(Whole(timeline, mix, bed, LEVELS, TRIM)))
    return (np.frombuffer(made, dtype="<i2").reshape(-1, 2) / 32767).astype(np.float32)


def test_an_export_has_the_bed_of_each_chapter(speaker: Speaker) -> None:
    timeline = scheduled(speaker)
    sound = exported(speaker, hums())

    def heard(step: int) -> dict[str, float]:
        """At the end of a step, before the bed sinks for the next."""
        return powers(sound[: ms_to_frames(timeline.steps[step].end - LEVELS.attack)])

    assert heard(0) == {**LOW, "top": pytest.approx(0, abs=0.02)}
    assert heard(1) == MID
    assert heard(3) == {**LOW, "top": pytest.approx(0, abs=0.02)}
    assert heard(4)["top"] < 0.02
    assert heard(5)["top"] == pytest.approx(1, abs=0.02)
    # From one to the next, it begins with the chapter and takes six seconds.
    begins = ms_to_frames(timeline.chapters[1].start)
    assert powers(sound[:begins])["low"] == pytest.approx(1, abs=0.02)
    fading = powers(sound[: begins + FADE // 2 + RATE // 2])
    assert fading["low"] / (fading["mid"] + fading["top"]) == pytest.approx(1, abs=0.1)


def test_the_trim_counts_the_bed_of_each_moment(speaker: Speaker) -> None:
    """A bed that is louder for the gate of the meter than another changes the whole."""
    timeline = scheduled(speaker)
    loud, quiet = hums(), hums()
    for sound in loud._sounds[1:]:
        sound._loudness = -33.0  # as if measured wrong: 10 dB louder than the others
    for ambience in (loud, quiet):
        ambience.follow(timeline, "low")
    steps = ms_to_frames(timeline.length) // 4410
    difference = 10 * np.log10(loud.step_energies(steps) / quiet.step_energies(steps))
    second, third = (ms_to_frames(timeline.chapters[at].start) // 4410 for at in (1, 2))
    assert np.abs(difference[:second]).max() < 1e-6
    assert difference[second + 70 : third] == pytest.approx(10.0)
    levels = Levels(most_trim=20.0, bed_least=LEVELS.bed, clear=0.0)
    trims = [
        plan(timeline, lambda cue: speaker.clip(cue.cue).energies, {}, bed, levels).trim
        for bed in (loud, quiet)
    ]
    assert trims[0] < trims[1] - 0.2


def test_a_stretch_that_is_rendered_alone_is_that_of_the_whole(speaker: Speaker) -> None:
    timeline = scheduled(speaker)
    whole, alone = hums(), hums()
    for bed in (whole, alone):
        bed.follow(timeline, "low")
    sound = whole.read(ms_to_frames(timeline.length))
    for at in (0.3, 0.7, 0.1, 0.65):
        begin = round(at * len(sound))
        alone.seek(begin)
        assert np.array_equal(alone.read(5 * RATE + 7), sound[begin : begin + 5 * RATE + 7])


def test_live_it_is_what_the_export_has(start: Start, speaker: Speaker) -> None:
    listener = start(interactive=False)
    listener.until_end()
    wanted = exported(speaker, hums())
    live = listener.sound[LATENCY:]
    assert np.abs(live[: len(wanted)] - wanted).max() < 1.5 / 32767


def test_a_pause_stops_no_bed_and_begins_none(start: Start) -> None:
    listener = start()
    listener.until_words("Breathe in.")
    listener.session.do(Command.PAUSE)
    listener.hear(20.0)  # longer than the chapter
    assert powers(listener.sound) == {**LOW, "top": pytest.approx(0, abs=0.02)}
    listener.session.do(Command.RESUME)
    listener.until_words("Breathe out.")
    listener.session.do(Command.PAUSE)
    listener.hear(8.0)  # the fade goes on
    assert powers(listener.sound) == MID


def test_going_to_a_chapter_goes_to_its_bed(start: Start) -> None:
    listener = start()
    listener.hear(4.0)
    listener.session.do(Command.NEXT)
    listener.hear(5.0)
    assert listener.session.status().chapter == "Two"
    fading = powers(listener.sound)
    assert 0.05 < fading["low"] / (fading["mid"] + fading["top"]) < 0.5
    listener.session.do(Command.PREVIOUS)
    listener.session.do(Command.PAUSE)
    listener.hear(9.0)
    assert powers(listener.sound) == {**LOW, "top": pytest.approx(0, abs=0.02)}


def test_while_the_listener_is_waited_for_the_next_bed_waits_too(start: Start) -> None:
    listener = start()
    listener.until_words("Turn over.")
    listener.until(lambda: listener.session.status().state is State.WAITING_FOR_LISTENER)
    listener.hear(20.0)
    assert powers(listener.sound) == MID
    listener.session.do(Command.DONE)
    listener.until_words("Rest now.")
    listener.session.do(Command.PAUSE)
    listener.hear(9.0)
    assert powers(listener.sound) == {**LOW, "top": pytest.approx(0, abs=0.02)}


def test_one_that_begins_later_begins_with_its_own_bed(start: Start) -> None:
    listener = start(first=1)
    listener.until_words("Breathe out.")
    listener.session.do(Command.PAUSE)
    listener.hear(4.0)
    assert powers(listener.sound) == MID


def test_turns_do_not_pop(start: Start) -> None:
    """Whatever is pressed, nothing bends more sharply than the hums themselves."""
    listener = start()
    listener.session.do(Command.PAUSE)
    listener.hear(3.5)
    for command in (Command.NEXT, Command.NEXT, Command.PREVIOUS, Command.PREVIOUS) * 2:
        listener.session.do(command)
        listener.session.do(Command.PAUSE)
        listener.hear(0.7)
    bends = np.abs(np.diff(listener.sound[LATENCY + 3 * RATE :, 0].astype(np.float64), 2))
    steps = 10 ** ((LEVELS.programme + LEVELS.bed + 23 + TRIM) / 20) / 32768
    assert bends.max() < 4 * steps  # of the 16 bits in which the hums lie


@pytest.mark.parametrize("command", ["play", "preview"])
def test_both_layers_of_the_command_line_are_heard_live(
    command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is played before the first word is both sounds alone, at their gains."""
    (tmp_path / "a.md").write_text(SCRIPT.replace("ambience: low", "ambience: none"))
    heard: list[NDArray[np.float32]] = []
    reading = Session.read

    def read(session: Session, frames: int) -> NDArray[np.float32]:
        heard.append(reading(session, frames))
        if sum(map(len, heard)) > 4 * RATE:
            session.do(Command.QUIT)
        return heard[-1]

    monkeypatch.setattr(Session, "read", read)
    arguments = ["--ambience", "ocean + drone -6dB", "--device", "null", "--speed", "max"]
    result = CliRunner().invoke(cli, [command, str(tmp_path / "a.md"), *arguments])
    assert result.exit_code == 0, result.output
    begin, end = round(2.6 * RATE), round(3.2 * RATE)  # risen, and not yet ducked
    sound = np.concatenate(heard)[begin + LATENCY : end + LATENCY]
    alone = [
        open_ambience([name], None, PHONE.bed_tone).read(end)[begin:].ravel()
        for name in ("ocean", "drone")
    ]
    both = np.stack(alone, axis=1)
    gains = np.linalg.lstsq(both, sound.ravel(), rcond=None)[0]
    assert level(sound.ravel() - both @ gains) < level(sound) - 60  # and nothing else
    assert gains[1] / gains[0] == pytest.approx(10 ** (-6 / 20), abs=0.002)
    assert level(sound) > -50
