"""A live session in which the listener asks for more time, or less."""

from __future__ import annotations

import pytest
from listening import Listener, heard, occurrences, wait_for
from sessions import (
    BYE,
    GLIDE,
    HALFWAY,
    HERE,
    Start,
    assert_bed_unbroken,
    bell,
    clips,
    cue,
    routine,
    step,
)

from audiocoach.live import Command, Earcon
from audiocoach.routine import Anchor, Hold, Routine, TimedCue
from audiocoach.speech import Speaker

LAST, EVEN = "One last stroke.", "Slow and even."
SAID = [GLIDE, HALFWAY, LAST, EVEN, BYE]


def held(seconds: int, *, every: bool = False) -> Routine:
    timed = [
        TimedCue(Anchor.HALF, 0, ((cue(HALFWAY),),), HERE),
        TimedCue(Anchor.LEFT, 10_000, ((cue(LAST),),), HERE),
    ]
    if every:
        timed.append(TimedCue(Anchor.EVERY, 20_000, ((cue(EVEN),),), HERE))
    hold = Hold(seconds * 1000, until_done=False, place=HERE)
    return routine((step(cue(GLIDE), hold=hold, timed=tuple(timed)), step(cue(BYE))))


def ask(listener: Listener, command: Command) -> None:
    """Ask for other times, and wait until they are there."""
    before = listener.session._ahead.plan
    listener.session.do(command)
    listener.hear(0.02)
    wait_for(lambda: listener.session._ahead.plan is not before)
    listener.hear(0.02)


def times(listener: Listener, speaker: Speaker) -> dict[str, list[float]]:
    """When each text was heard, after the first."""
    found = {
        text: occurrences(listener.sound[:, 0], clip) for text, clip in clips(speaker, SAID).items()
    }
    begin = found[GLIDE][0]
    return {text: [round(at - begin, 1) for at in those] for text, those in found.items()}


def near(*seconds: float) -> list[object]:
    return [pytest.approx(second, abs=0.3) for second in seconds]


def test_one_more_minute_here(start: Start, speaker: Speaker) -> None:
    listener = start(held(30))
    listener.until_words(GLIDE)
    listener.hear(10.0)
    left = listener.session.status().left
    ask(listener, Command.LONGER)
    assert listener.session.status().left == pytest.approx(left + 60_000, abs=100)
    listener.until_end()
    said = times(listener, speaker)
    assert said[HALFWAY] == near(45)
    assert said[LAST] == near(80)
    assert said[BYE] == near(90)
    assert_bed_unbroken(listener.sound[: -9 * 44_100])


def test_a_minute_more_outlasts_the_session(start: Start, speaker: Speaker) -> None:
    first = start(held(30))
    first.until_words(GLIDE)
    first.hear(10.0)
    ask(first, Command.LONGER)
    first.hear(30.0)
    left = first.session.status()
    assert [(each.step, each.hold) for each in left.times] == [(0, 90_000)]
    again = start(held(30), begin=left.where, times=left.times)
    again.hear(3.0)
    assert again.session.status().left == pytest.approx(left.left, abs=3_000)
    again.until_end()
    found = {
        text: occurrences(again.sound[:, 0], clip) for text, clip in clips(speaker, SAID).items()
    }
    assert (found[GLIDE], len(found[HALFWAY])) == ([], 1)
    assert found[LAST][0] - found[HALFWAY][0] == pytest.approx(35, abs=0.3)
    assert found[BYE][0] - found[LAST][0] == pytest.approx(10, abs=0.3)


def test_what_was_said_is_not_said_again_but_that_the_end_is_near(
    start: Start, speaker: Speaker
) -> None:
    listener = start(held(30))
    listener.until_words(LAST)
    ask(listener, Command.LONGER)
    listener.until_end()
    said = times(listener, speaker)
    assert said[HALFWAY] == near(15)
    assert said[LAST] == near(20, 80)
    assert said[BYE] == near(90)


def test_words_that_are_being_said_are_not_cut_by_another_time(
    start: Start, speaker: Speaker
) -> None:
    listener = start(held(40, every=True))
    listener.until_words(HALFWAY)
    listener.hear(0.4)
    ask(listener, Command.LONGER)
    listener.until_end()
    said = heard(listener.sound[:, 0], clips(speaker, SAID))
    assert said.count(HALFWAY) == 1
    assert said[-1] == BYE
    assert said.count(EVEN) == 4


def test_one_minute_less_says_what_is_still_to_be_said(start: Start, speaker: Speaker) -> None:
    listener = start(held(100))
    listener.until_words(GLIDE)
    listener.hear(30.0)
    ask(listener, Command.SHORTER)
    listener.until_end()
    said = times(listener, speaker)
    (half,), (last,), (bye,) = said[HALFWAY], said[LAST], said[BYE]
    assert 30 < half < 34
    assert bye - last == pytest.approx(10, abs=0.3)
    assert bye == pytest.approx(2 * half, abs=0.5)


def test_words_that_a_pause_cut_are_said_again_though_their_time_has_moved(
    start: Start, speaker: Speaker
) -> None:
    listener = start(held(40))
    listener.until_words(HALFWAY)
    listener.hear(0.3)
    listener.session.do(Command.PAUSE)
    listener.hear(0.2)
    ask(listener, Command.LONGER)
    listener.hear(1.0)
    listener.session.do(Command.RESUME)
    listener.until_end()
    said = times(listener, speaker)
    assert len(said[HALFWAY]) == 1
    assert said[HALFWAY][0] > 45


def test_slower_and_faster_change_what_comes(start: Start, speaker: Speaker) -> None:
    listener = start(held(40))
    listener.until_words(GLIDE)
    assert listener.session.status().tempo == 100
    ask(listener, Command.SLOWER)
    assert listener.session.status().tempo == 125
    ask(listener, Command.FASTER)
    ask(listener, Command.FASTER)
    assert listener.session.status().tempo == 80
    listener.until_words(BYE)
    said_at = listener.now
    listener.session.do(Command.PREVIOUS)
    listener.hear(0.5)
    listener.until_words(BYE)
    words = speaker.length(cue(GLIDE)) / 1000
    assert listener.now - said_at == pytest.approx(words + (40 - words) * 0.8 + 0.7, abs=1.2)
    listener.until_end()
    assert heard(listener.sound[:, 0], clips(speaker, SAID)).count(HALFWAY) == 2


def test_an_earcon_tells_whether_it_was_possible(start: Start) -> None:
    earcons = {Earcon.OBEYED: bell()["bell"], Earcon.UNABLE: bell()["bell"][:2_000]}
    listener = start(held(40), earcons=earcons)
    rung: list[Earcon] = []
    listener.session._sounds.ring = rung.append  # type: ignore[assignment]
    listener.until_words(GLIDE)
    for command, earcon in (
        (Command.LONGER, Earcon.OBEYED),
        (Command.DONE, Earcon.UNABLE),
        (Command.NEXT, Earcon.OBEYED),
        (Command.SHORTER, Earcon.UNABLE),  # there is no time in that step
        (Command.ATTEND, Earcon.ATTEND),
    ):
        rung.clear()
        listener.session.do(command, confirm=command is not Command.ATTEND)
        listener.until(lambda: bool(rung), 30.0)
        assert rung == [earcon], command


def test_there_is_a_slowest_and_a_fastest(start: Start) -> None:
    listener = start(held(40))
    for _ in range(20):
        listener.session.do(Command.SLOWER)
    listener.hear(0.1)
    assert listener.session.status().tempo == 400
    for _ in range(20):
        listener.session.do(Command.FASTER)
    listener.hear(0.1)
    assert listener.session.status().tempo == 25
