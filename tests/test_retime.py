"""More and less time for steps: what is written, what is being heard, what is still to be said."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audiocoach.fit import LEAST, MOST
from audiocoach.live.plan import numbered
from audiocoach.live.retime import TEMPOS, Retimed
from audiocoach.live.status import Times
from audiocoach.routine import Anchor, Beats, Break, Cue, Phase, Routine, Step
from audiocoach.script import expand, parse
from audiocoach.timeline import Spacing, Timeline, schedule

SPACING = Spacing()
SOUNDS = {"bell": 3_000}


def length(cue: Cue) -> int:
    return 100 * len(cue.spoken)


def routine(text: str) -> Routine:
    return expand(parse(f"# One\n\n{text}\n", "x.md"), {})


def retimed(text: str) -> Retimed:
    return Retimed(routine(text), SOUNDS, SPACING)


def steps(made: Retimed) -> list[Step]:
    return [step for chapter in made.routine.chapters for step in chapter.steps]


def scheduled(made: Retimed) -> Timeline:
    return schedule(made.routine, length, SOUNDS, SPACING)


def lasts(made: Retimed, at: int = 0) -> int:
    placed = scheduled(made).steps[at]
    return placed.end - placed.start


def said(made: Retimed, at: int = 0) -> list[tuple[int, str]]:
    """What is said in a step and when, from its start."""
    timeline = scheduled(made)
    start = timeline.steps[at].start
    return [(cue.start - start, cue.cue.text) for cue in timeline.cues if cue.step == at]


HELD = """\
Glide. [for 120s]
- at 20s: Slow.
- at half: Half.
- 10s left: Last.
- every 30s: Even. / Soft.
"""


def test_the_tempos_are_between_the_bounds_of_fit() -> None:
    assert (TEMPOS[0], TEMPOS[-1]) == (100 * LEAST, 100 * MOST)
    assert sorted(TEMPOS) == list(TEMPOS)
    assert 100 in TEMPOS


def test_a_minute_more_moves_what_is_counted_from_the_middle_and_the_end() -> None:
    made = retimed(HELD)
    assert made.change(0, 30_000, 60_000, length)
    assert lasts(made) == 180_000
    times = dict(reversed([(text, time) for time, text in said(made)]))
    assert (times["Slow."], times["Half."], times["Last."]) == (20_000, 90_000, 170_000)
    assert sum(text in ("Even.", "Soft.") for _, text in said(made)) == 5


def test_a_minute_less_is_taken_as_far_as_what_comes_can_still_be_said() -> None:
    made = retimed(HELD)
    assert made.change(0, 15_000, -60_000, length)
    assert lasts(made) == 60_000
    made = retimed(HELD)
    assert made.change(0, 50_000, -60_000, length)  # the half must not be over already
    times = {text: time for time, text in said(made)}
    assert times["Half."] >= 51_000
    made = retimed(HELD)
    assert made.change(0, 70_000, -60_000, length)  # it was half already
    times = {text: time for time, text in said(made)}
    assert 71_000 <= times["Last."] <= 72_000
    made = retimed(HELD)
    assert made.change(0, 112_000, -60_000, length)  # all is said
    assert 113_000 <= lasts(made) <= 114_000
    made = retimed(HELD)
    assert not made.change(0, 119_500, -60_000, length)
    assert lasts(made) == 120_000


def test_an_explicit_wish_counts_where_the_author_protects() -> None:
    made = retimed("Glide. [for 60s!]")
    assert made.change(0, 10_000, 60_000, length)
    assert lasts(made) == 120_000


def test_a_break_that_runs_or_comes_gets_the_minute() -> None:
    text = "One. [5s] Two. [5s] Three."
    for elapsed, breaks in ((0, (65, 5)), (3_000, (65, 5)), (6_000, (5, 65))):
        made = retimed(text)
        assert made.change(0, elapsed, 60_000, length)
        found = [part.length // 1000 for part in steps(made)[0].parts if isinstance(part, Break)]
        assert tuple(found) == breaks
    made = retimed(text)
    assert made.change(0, 11_500, 60_000, length)
    assert [time for time, _ in said(made)] == [time for time, _ in said(retimed(text))]
    assert lasts(made) == lasts(retimed(text)) + 60_000


def test_a_break_becomes_no_shorter_than_it_was_heard() -> None:
    made = retimed("One. [90s] Two.")
    assert made.change(0, 50_000, -60_000, length)
    assert [time for time, _ in said(made)] == [0, 50_000]
    assert not made.change(0, 50_000, -60_000, length)


def test_breaths_and_counts_come_in_whole_ones() -> None:
    made = retimed("Now. [breathe 4-6 x6]")
    assert made.change(0, 12_000, 60_000, length)
    (beats,) = (part for part in steps(made)[0].parts if isinstance(part, Beats))
    assert sum(beat.phase is Phase.IN for beat in beats.beats) == 12
    assert made.change(0, 12_000, -60_000, length)
    (beats,) = (part for part in steps(made)[0].parts if isinstance(part, Beats))
    assert sum(beat.phase is Phase.IN for beat in beats.beats) == 6
    made = retimed("Now. [count 8 every 4s]")
    assert made.change(0, 12_000, 60_000, length)
    assert [text for _, text in said(made)].count("eight") == 3
    assert not made.change(0, 90_000, -60_000, length)


def test_a_tempo_stretches_breaks_and_working_times_and_nothing_else() -> None:
    text = "A. [10s]\n\nBeee. [for 20s]\n\nC. [for 20s!]\n\nD. [4s!] [count 2 every 4s]"
    made, written = retimed(text), retimed(text)
    made.change_tempo(200, -1, 0, length)
    assert lasts(made, 0) - lasts(written, 0) == 10_000
    assert lasts(made, 1) - lasts(written, 1) == 20_000 - length(Cue("Beee.", "Beee.", None))  # type: ignore[arg-type]
    assert lasts(made, 2) == lasts(written, 2)
    assert lasts(made, 3) == lasts(written, 3)


def test_a_tempo_keeps_the_bounds_of_a_range() -> None:
    made = retimed("Glide. [for 40s..90s]")
    written = lasts(made)
    made.change_tempo(400, -1, 0, length)
    assert lasts(made) == 90_000
    made.change_tempo(25, -1, 0, length)
    assert lasts(made) == 40_000 < written


def test_a_tempo_changes_what_is_left_of_the_step_that_is_heard() -> None:
    made = retimed("Glide. [for 120s]\n\nRest. [for 60s]")
    made.change_tempo(125, 0, 60_000, length)
    assert lasts(made, 0) == 135_000
    made.change_tempo(100, 0, 120_000, length)
    assert lasts(made, 0) == 132_000
    assert lasts(made, 1) == 60_000
    made = retimed("One. [100s] Two. [10s]")
    made.change_tempo(50, 0, 50_400, length)
    assert [time for time, _ in said(made)] == [0, 75_400]
    assert lasts(made) == 80_800


def test_what_was_heard_keeps_its_times_until_one_goes_back_to_it() -> None:
    made = retimed("One. [10s]\n\nTwo. [10s]\n\nThree. [10s]")
    written = lasts(made)
    made.change_tempo(200, 1, 0, length)
    assert lasts(made, 0) == written
    assert lasts(made, 2) == written + 10_200
    assert made.pace(0, length)
    assert lasts(made, 0) == written + 10_000
    assert not made.pace(0, length)


@given(
    hold=st.integers(40, 240),
    at=st.integers(1, 30),
    left=st.integers(1, 30),
    elapsed=st.integers(0, 200_000),
    change=st.sampled_from([-60_000, 60_000, *TEMPOS]),
)
def test_nothing_is_lost_and_nothing_moves_to_where_it_could_not_be_said(
    hold: int, at: int, left: int, elapsed: int, change: int
) -> None:
    made = retimed(
        f"Glide slowly. [for {hold}s]\n- at {at}s: Slow.\n- at half: Half.\n- {left}s left: Last."
    )
    elapsed = min(elapsed, hold * 1000)
    before = {key: cue.start for key, cue in numbered(scheduled(made).cues)}
    start = scheduled(made).steps[0].start
    if change in TEMPOS:
        made.change_tempo(change, 0, elapsed, length)
    else:
        made.change(0, elapsed, change, length)
    after = {key: cue.start for key, cue in numbered(scheduled(made).cues)}
    assert after.keys() == before.keys()
    for key, time in after.items():
        if before[key] - start > elapsed:
            assert time - start > elapsed
    assert lasts(made) >= min(elapsed, lasts(retimed(f"Glide slowly. [for {hold}s]")))


@pytest.mark.parametrize("tempo", TEMPOS)
def test_every_tempo_says_everything_in_the_same_order(tempo: int) -> None:
    made = retimed(HELD)
    made.change_tempo(tempo, -1, 0, length)
    fixed = [text for _, text in said(made) if text not in ("Even.", "Soft.")]
    assert fixed == ["Glide.", "Slow.", "Half.", "Last."]
    assert any(timed.anchor is Anchor.EVERY for timed in steps(made)[0].timed)
    assert replace(steps(made)[0], hold=None) == replace(steps(retimed(HELD))[0], hold=None)


@given(
    st.lists(
        st.tuples(st.sampled_from(["more", "less", "slower", "faster"]), st.integers(0, 130_000)),
        max_size=6,
    ),
    st.sampled_from(
        [HELD, "Sit. [20s]\n", "[breathe 4-2-6 x5]\n", "Rest.\n", "Wait. [until done, 40s]\n"]
    ),
)
def test_times_that_were_kept_are_restored(asked: list[tuple[str, int]], text: str) -> None:
    def scripted() -> Retimed:
        return retimed(f"{text}\nNext one. [30s]\n")

    made, tempo = scripted(), 100
    for what, elapsed in asked:
        if what in ("more", "less"):
            made.change(0, elapsed, 60_000 if what == "more" else -60_000, length)
        else:
            at = TEMPOS.index(tempo) + (1 if what == "slower" else -1)
            if 0 <= at < len(TEMPOS):
                tempo = TEMPOS[at]
                made.change_tempo(tempo, 0, elapsed, length)
    kept = made.times
    again = Retimed(routine(f"{text}\nNext one. [30s]\n"), SOUNDS, SPACING, tempo)
    again.pace(0, length)
    again.restore(kept)
    assert steps(again) == steps(made)


def test_times_of_another_step_are_not_taken() -> None:
    for times in (Times(0, None, (5, 5)), Times(0, 5, (None, 5)), Times(7, None, (None, 5))):
        made = retimed("Sit. [20s]\n")
        before = steps(made)
        made.restore([times])
        assert steps(made) == before
        assert made.times == ()
