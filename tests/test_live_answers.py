"""A live session that is asked how long it lasts, and that reminds and counts."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from listening import heard, levels, occurrences, roughness, wait_for
from sessions import (
    BYE,
    GLIDE,
    HERE,
    ROUTINE,
    SLOWLY,
    WARM,
    WASH,
    WORDS,
    Slow,
    Start,
    Steady,
    assert_bed_unbroken,
    bed_over_time,
    bell,
    clips,
    cue,
    routine,
    step,
    tone_levels,
)

from audiocoach.clips import ClipCache
from audiocoach.live import VOLUMES, Command, Earcon, State
from audiocoach.live.answers import Answers
from audiocoach.live.waiting import Countdown, Patience
from audiocoach.presets import Levels
from audiocoach.routine import Break, Hold
from audiocoach.speech import Speaker
from audiocoach.testing import ToneVoice
from audiocoach.units import MINUTE, RATE, ms_to_frames

BELL = {Earcon.BELL: bell()["bell"]}
MINUTES = "About {} minutes left."


def answer(left_s: float) -> str:
    found = Answers(ROUTINE).time_left(round(left_s * 1000))
    assert found is not None
    return found.text


def test_the_time_left_is_told_in_whole_minutes_and_rounder_when_there_is_more() -> None:
    assert answer(754) == "About thirteen minutes left."
    assert answer(1_620) == "About twenty-five minutes left."
    assert answer(4_000) == "About 65 minutes left."
    assert answer(100) == "About two minutes left."
    assert answer(60) == "About a minute left."
    assert answer(20) == answer(0) == "Less than a minute left."


def test_it_is_told_in_the_language_of_the_routine_or_not_at_all() -> None:
    german = Answers(replace(ROUTINE, language="de-DE")).time_left(600_000)
    assert german is not None
    assert german.text == "Noch etwa zehn Minuten."
    nowhere = Answers(replace(ROUTINE, language="fi"))
    assert (nowhere.time_left(600_000), nowhere.reminder(), nowhere.likely(600_000)) == (
        *(None, None),
        [],
    )


def test_how_long_is_answered_at_once_between_the_words(start: Start, speaker: Speaker) -> None:
    listener = start(interactive=False)
    listener.until_words(WARM)
    listener.hear(0.3)  # in the middle of the words
    listener.session.do(Command.HOW_LONG)
    listener.until_words(GLIDE)
    listener.hear(3.0)
    told = "Less than a minute left."
    sound = listener.sound[:, 0]
    every = clips(speaker, [*WORDS[:4], told])
    assert heard(sound, every)[:4] == [WORDS[0], WARM, told, SLOWLY]
    (warm,), (answered,), (slowly,) = (
        occurrences(sound, every[text]) for text in (WARM, told, SLOWLY)
    )
    assert answered > warm + every[WARM].length / 1000
    assert answered - warm - every[WARM].length / 1000 < 0.5
    assert slowly > answered + every[told].length / 1000 + 0.25  # the timeline has waited
    assert_bed_unbroken_but_for_answers(listener.sound)


def assert_bed_unbroken_but_for_answers(sound: np.ndarray) -> None:
    from sessions import bed_over_time

    bed = np.abs(bed_over_time(sound))[15:]
    assert bed.min() > 0.3  # -9 dB
    assert np.abs(np.diff(bed)).max() < 0.5


@pytest.mark.parametrize("state", [State.PAUSED, State.WAITING_FOR_LISTENER])
def test_how_long_is_answered_while_nothing_goes_on(
    start: Start, speaker: Speaker, state: State
) -> None:
    listener = start()
    if state is State.PAUSED:
        listener.until_words(WARM)
        listener.session.do(Command.PAUSE)
    else:
        for _ in range(4):
            listener.session.do(Command.NEXT)
    listener.until(lambda: listener.session.status().state is state)
    listener.hear(1.0)
    before = listener.now
    listener.session.do(Command.HOW_LONG)
    for _ in range(20):  # as fast as a device reads: the clip is fetched meanwhile
        listener.hear(0.02)
        time.sleep(0.02)
    listener.hear(2.6)
    clip = speaker.clip(cue("Less than a minute left."))
    (at,) = occurrences(listener.sound[:, 0], clip)
    assert at - before < 0.4
    assert listener.session.status().state is state


def test_a_pause_ends_an_answer(start: Start, speaker: Speaker) -> None:
    listener = start(interactive=False)
    listener.until_words(WARM)
    listener.hear(speaker.length(cue(WARM)) / 1000 + 0.1)
    listener.session.do(Command.HOW_LONG)
    listener.hear(0.8)
    listener.session.do(Command.PAUSE)
    listener.hear(0.2)
    pause = listener.hear(3.0)
    assert np.abs(np.diff(pause[:, 0], 2)).max() < 1e-4
    listener.session.do(Command.RESUME)
    listener.until_end()
    assert heard(listener.sound[:, 0], clips(speaker, WORDS)) == WORDS


def test_an_answer_that_is_not_spoken_yet_is_spoken_first(
    start: Start, slow: Slow, tmp_path: Path
) -> None:
    by = Speaker(slow, ClipCache(tmp_path / "slow"))
    listener = start(ROUTINE, by, ready=False, interactive=False)
    slow.turns.release(1)
    wait_for(lambda: len(slow.spoken) == 1)  # another one has begun, perhaps
    listener.session.do(Command.HOW_LONG)
    listener.hear(0.1)
    slow.turns.release(2)
    wait_for(lambda: "Less than a minute left." in slow.spoken[:3])
    slow.turns.release(100)
    listener.until_end()
    told = "Less than a minute left."
    assert sorted(heard(listener.sound[:, 0], clips(by, [*WORDS, told]))) == sorted([*WORDS, told])


def test_answers_that_cannot_be_spoken_are_no_error(start: Start, tmp_path: Path) -> None:
    known = [cue.text for cue in Answers(ROUTINE).likely(60_000)]
    by = Speaker(ToneVoice(fails=known), ClipCache(tmp_path / "mute"))
    listener = start(ROUTINE, by, interactive=False)
    wait_for(lambda: listener.session._ahead.mute)
    listener.session.do(Command.HOW_LONG)
    listener.until_end()
    assert listener.session.error is None
    assert heard(listener.sound[:, 0], clips(by, WORDS)) == WORDS


# Waiting


def test_reminders_come_ever_more_rarely() -> None:
    patience = Patience(MINUTE)
    due = [second for second in range(4_000) if patience.wait(RATE)]
    assert [second + 1 for second in due] == [60, 180, 420, 900, 1500, 2100, 2700, 3300, 3900]
    patience = Patience(5_000)
    assert next(second for second in range(100) if patience.wait(RATE)) + 1 == 30


def test_the_bells_before_the_first_word() -> None:
    countdown = Countdown(150_000, 4_000)
    rung = []
    for tenth in range(1_500):
        if countdown.over:
            break
        if countdown.pass_by(ms_to_frames(100)):
            rung.append(round(150 - tenth / 10))
    assert rung == [120, 60, 50, 40, 30, 20, 10]
    assert tenth == 1_460


def test_a_listener_who_is_waited_for_is_reminded(start: Start, speaker: Speaker) -> None:
    listener = start(
        routine((step(cue(WASH), hold=Hold(40_000, until_done=True, place=HERE)), step(cue(BYE)))),
        earcons=BELL,
    )
    reminder = Answers(ROUTINE).reminder()
    assert reminder is not None
    wait_for(lambda: reminder.spoken in listener.session._ahead._lengths)
    listener.until(lambda: listener.session.status().state is State.WAITING_FOR_LISTENER)
    waiting = listener.now
    listener.hear(135.0)
    times = occurrences(listener.sound[:, 0], speaker.clip(reminder))
    assert [round(at - waiting) for at in times] == [
        pytest.approx(40, abs=1),
        pytest.approx(120, abs=1),
    ]
    rung = tone_levels(listener.sound[round((waiting + 39) * RATE) :][: 3 * RATE], 700)
    assert rung.max() > 0.01
    listener.session.do(Command.DONE)
    listener.until_words(BYE)
    assert listener.session.status().state is State.PLAYING


def test_there_is_time_to_lie_down(start: Start, speaker: Speaker) -> None:
    listener = start(interactive=False, start_in=30_000, earcons=BELL)
    session = listener.session
    listener.hear(3.0)
    assert session.status().state is State.STARTING
    assert session.status().starts_in == pytest.approx(27_000, abs=50)
    listener.until_words(WORDS[0])
    assert listener.now == pytest.approx(30.0, abs=0.1)
    rung = levels(np.diff(listener.sound[:, 0], 2), 0.5)
    loud = np.flatnonzero(rung > 4 * np.median(rung)) / 2
    assert {round(at) for at in loud if at < 29} >= {10, 20}
    listener.until_end()
    assert heard(listener.sound[:, 0], clips(speaker, WORDS)) == WORDS
    assert_bed_unbroken(listener.sound[: -9 * RATE])


@pytest.mark.parametrize("command", [Command.DONE, Command.NEXT])
def test_nobody_has_to_lie_down_for_long(start: Start, command: Command) -> None:
    listener = start(start_in=600_000)
    listener.hear(3.0)
    listener.session.do(command)
    listener.hear(0.1)
    assert listener.session.status().state is State.PLAYING
    listener.until_words(WORDS[0])
    assert listener.now < 8


def test_a_pause_stops_the_countdown(start: Start) -> None:
    listener = start(start_in=30_000)
    listener.hear(5.0)
    listener.session.do(Command.TOGGLE)
    listener.hear(20.0)
    assert listener.session.status().state is State.PAUSED
    listener.session.do(Command.TOGGLE)
    listener.hear(0.1)
    assert listener.session.status().starts_in == pytest.approx(25_000, abs=200)


def test_the_bed_makes_room_for_a_command_that_is_awaited(start: Start) -> None:
    listener = start(routine((step(cue(GLIDE), Break(60_000, HERE)),)))
    listener.until_words(GLIDE)
    listener.hear(8.0)
    listener.session.do(Command.ATTEND)
    listener.hear(0.5)
    low = levels(listener.hear(1.0)[:, 0], 0.2).mean()
    listener.session.do(Command.IGNORE)
    listener.hear(1.5)
    high = levels(listener.hear(1.0)[:, 0], 0.2).mean()
    assert 20 * np.log10(low / high) == pytest.approx(-9.0, abs=0.3)
    assert_bed_unbroken_but_for_answers(listener.sound)


def test_the_bed_has_a_volume_of_its_own(start: Start) -> None:
    listener = start()
    listener.session.do(Command.PAUSE)
    listener.hear(3.5)
    before = levels(listener.hear(0.4)[:, 0], 0.2).mean()
    for _ in range(3):
        listener.session.do(Command.BED_QUIETER)
    listener.hear(0.5)
    after = levels(listener.hear(0.4)[:, 0], 0.2).mean()
    assert 20 * np.log10(after / before) == pytest.approx(-6.0, abs=0.1)
    assert (listener.session.status().bed_volume, listener.session.status().volume) == (50, 100)


def test_the_voice_has_a_volume_of_its_own(start: Start, tmp_path: Path) -> None:
    listener = start(by=Speaker(Steady(), ClipCache(tmp_path)))
    session = listener.session
    listener.until_words(WARM)
    listener.hear(1.0)
    before = listener.hear(0.6)
    session.do(Command.VOICE_QUIETER)
    session.do(Command.VOICE_QUIETER)
    session.do(Command.VOICE_QUIETER)
    turned = listener.hear(0.4)
    after = listener.hear(0.6)
    tones = [tone_levels(sound, Steady.hertz).mean() for sound in (before, after)]
    assert 20 * np.log10(tones[1] / tones[0]) == pytest.approx(-6.0, abs=0.2)
    beds = [np.abs(bed_over_time(sound)).mean() for sound in (before, after)]
    assert beds[1] == pytest.approx(beds[0], rel=0.03)  # the bed stays as low as words need
    assert roughness(turned) <= 1.02 * roughness(before)  # no click
    assert (session.status().voice_volume, session.status().bed_volume) == (50, 100)
    for _ in range(2 * len(VOLUMES)):
        session.do(Command.VOICE_LOUDER)
    loud = listener.hear(0.6)
    assert session.status().voice_volume == VOLUMES[-1]
    assert np.abs(loud).max() < 10 ** (Levels().ceiling / 20)  # the limiter bounds it


def test_the_tap_gets_what_goes_to_the_device(start: Start) -> None:
    listener = start()
    tapped: list[np.ndarray] = []
    listener.session.tap = tapped.append
    sound = listener.hear(1.0)
    assert np.array_equal(np.concatenate(tapped), sound)
