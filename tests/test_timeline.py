from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from audiocoach.routine import (
    Anchor,
    Break,
    Chapter,
    Cue,
    Hold,
    Pace,
    Part,
    Place,
    Routine,
    Sound,
    Step,
    TimedCue,
)
from audiocoach.timeline import Spacing, Timeline, estimated_length, schedule
from audiocoach.units import clock

BARE = Spacing(lead_in=0, cue_gap=300, step_gap=1_000, chapter_gap=0, ring=2_000, tail=0)
_HERE = Place("test.md", 1)


def cue(text: str, line: int = 1) -> Cue:
    return Cue(text, text, Place("test.md", line))


def step(*parts: Part, hold: Hold | None = None, timed: tuple[TimedCue, ...] = ()) -> Step:
    return Step(parts, hold, timed, _HERE)


def lasting(length: int) -> Hold:
    return Hold(length, until_done=False, place=_HERE)


def at(anchor: Anchor, time: int, *texts: str, line: int = 1) -> TimedCue:
    return TimedCue(anchor, time, tuple((cue(text),) for text in texts), Place("test.md", line))


def routine(*steps: Step, more: tuple[Chapter, ...] = ()) -> Routine:
    first = Chapter("One", steps, _HERE)
    return Routine("T", "", "en-US", "ocean", Pace.CALM, (), (first, *more), "test.md")


def placed(of: Routine, spacing: Spacing = BARE) -> Timeline:
    """Scheduled with 100 ms for each letter of a cue, and bells of 5 s."""
    return schedule(of, lambda cue: 100 * len(cue.spoken), {"bell": 5_000}, spacing)


def starts(timeline: Timeline) -> list[tuple[int, str]]:
    return [(cue.start, cue.cue.text) for cue in timeline.cues]


def test_steps_follow_each_other_with_a_breath_between() -> None:
    timeline = placed(routine(step(cue("0123456789")), step(cue("next"))))
    assert starts(timeline) == [(0, "0123456789"), (2_000, "next")]
    assert timeline.length == 2_400


def test_a_written_break_is_kept_exactly() -> None:
    timeline = placed(routine(step(cue("aaaaa"), Break(5_000, _HERE)), step(cue("b"))))
    assert starts(timeline) == [(0, "aaaaa"), (5_500, "b")]


def test_a_held_step_lasts_from_its_first_word() -> None:
    held = step(Sound("bell", _HERE), cue("aaaaa"), hold=lasting(60_000))
    timeline = placed(routine(held, step(cue("b"))))
    assert starts(timeline) == [(2_000, "aaaaa"), (62_000, "b")]
    assert [(sound.start, sound.end) for sound in timeline.sounds] == [(0, 5_000)]


def test_timed_cues_are_said_when_they_are_said_to_be() -> None:
    timed = (
        at(Anchor.EVERY, 20_000, "a", "b"),
        at(Anchor.HALF, 0, "half"),
        at(Anchor.LEFT, 10_000, "ten left"),
        at(Anchor.AT, 5_000, "five"),
    )
    timeline = placed(routine(step(cue("go"), hold=lasting(60_000), timed=timed)))
    assert starts(timeline) == [
        (0, "go"),
        (5_000, "five"),
        (20_000, "a"),
        (30_000, "half"),
        (40_000, "b"),
        (50_000, "ten left"),
    ]
    assert timeline.notices == ()
    assert timeline.length == 60_000


def test_the_turn_of_an_every_list_goes_on_in_a_loop() -> None:
    held = step(cue("go"), hold=lasting(30_000), timed=(at(Anchor.EVERY, 10_000, "a", "b", "c"),))
    said = [text for _, text in starts(placed(routine(held, held))) if text != "go"]
    assert said == ["a", "b", "c", "a"]


def test_a_cue_that_would_collide_moves_and_is_told() -> None:
    timed = (
        at(Anchor.AT, 10_000, "0123456789", line=3),
        at(Anchor.EVERY, 10_000, "later", line=4),
    )
    timeline = placed(routine(step(cue("go"), hold=lasting(20_000), timed=timed)))
    assert starts(timeline) == [(0, "go"), (10_000, "0123456789"), (11_300, "later")]
    assert [(notice.place.line, notice.message) for notice in timeline.notices] == [
        (4, "the cue at 10s would collide; it moves to 11s300ms")
    ]


def test_speech_that_is_longer_than_its_step_is_never_cut() -> None:
    long = cue("x" * 50)
    timed = (at(Anchor.LEFT, 1_000, "soon"),)
    timeline = placed(routine(step(long, hold=lasting(3_000), timed=timed), step(cue("b"))))
    assert starts(timeline) == [(0, long.text), (5_300, "soon"), (5_700, "b")]
    assert "the words last 5s, longer than the 3s of the step" in timeline.notices[0].message


def test_until_done_waits_after_the_last_word() -> None:
    waits = Hold(40_000, until_done=True, place=_HERE)
    timeline = placed(routine(step(cue("aaaaa"), hold=waits), step(cue("b"))))
    assert starts(timeline) == [(0, "aaaaa"), (40_500, "b")]


def test_chapters_share_the_whole_length() -> None:
    two = Chapter("Two", (step(cue("b")),), _HERE)
    timeline = placed(routine(step(cue("a")), more=(two,)), Spacing())
    spans = [(chapter.start, chapter.end) for chapter in timeline.chapters]
    assert spans == [(0, 4_100), (4_100, timeline.length)]
    assert timeline.length == 4_100 + 1_500 + 100 + 8_000


def test_the_printed_timeline_of_a_small_routine() -> None:
    """A golden timeline: any change of the defaults shows here."""
    small = routine(
        step(Sound("bell", _HERE), cue("Warm the oil in your hands.")),
        step(
            cue("Glide up beside the spine."),
            hold=lasting(30_000),
            timed=(at(Anchor.HALF, 0, "Halfway."),),
        ),
        more=(Chapter("End", (step(cue("Rest."), Break(5_000, _HERE)),), _HERE),),
    )
    printed = [
        f"{clock(entry.start)}.{entry.start % 1000:03} {entry.cue.text}"
        for entry in placed(small, Spacing()).cues
    ]
    assert printed == [
        "0:06.500 Warm the oil in your hands.",
        "0:10.100 Glide up beside the spine.",
        "0:25.100 Halfway.",
        "0:41.600 Rest.",
    ]


_PARTS = st.lists(
    st.one_of(
        st.text("abc ", min_size=1, max_size=80).map(cue),
        st.integers(0, 9_000).map(lambda length: Break(length, _HERE)),
        st.just(Sound("bell", _HERE)),
    ),
    min_size=1,
    max_size=4,
).map(tuple)
_TIMED = st.builds(
    TimedCue,
    st.sampled_from(Anchor),
    st.integers(1_000, 40_000),
    st.lists(_PARTS, min_size=1, max_size=3).map(tuple),
    st.builds(Place, st.just("test.md"), st.integers(1, 99)),
)
_STEPS = st.one_of(
    st.builds(Step, _PARTS, st.none(), st.just(()), st.just(_HERE)),
    st.builds(
        Step,
        _PARTS,
        st.builds(Hold, st.integers(1_000, 60_000), st.just(True), st.just(_HERE)),
        st.just(()),
        st.just(_HERE),
    ),
    st.builds(
        Step,
        _PARTS,
        st.builds(Hold, st.integers(1_000, 60_000), st.just(False), st.just(_HERE)),
        st.lists(_TIMED, max_size=4).map(tuple),
        st.just(_HERE),
    ),
)
_CHAPTERS = st.lists(
    st.builds(
        Chapter, st.just("C"), st.lists(_STEPS, min_size=1, max_size=4).map(tuple), st.just(_HERE)
    ),
    min_size=1,
    max_size=3,
)


@given(_CHAPTERS)
def test_whatever_the_routine_nothing_overlaps_and_nothing_is_lost(chapters: list[Chapter]) -> None:
    of = Routine("T", "", "en-US", "ocean", Pace.CALM, (), tuple(chapters), "test.md")
    timeline = placed(of, Spacing())
    for before, after in zip(timeline.cues, timeline.cues[1:], strict=False):
        assert before.end <= after.start
    assert all(entry.end - entry.start == 100 * len(entry.cue.spoken) for entry in timeline.cues)
    for before_step, after_step in zip(timeline.steps, timeline.steps[1:], strict=False):
        assert before_step.end <= after_step.start
    for entry in timeline.cues:
        assert timeline.steps[entry.step].start <= entry.start
        assert entry.end <= timeline.steps[entry.step].end
    assert timeline.cues == () or timeline.cues[-1].end <= timeline.length
    said = {entry.cue for entry in timeline.cues}
    for every_step in (held for chapter in chapters for held in chapter.steps):
        wanted = [*every_step.parts]
        for timed in every_step.timed:
            if timed.anchor is not Anchor.EVERY:
                wanted += timed.texts[0]
        assert {part for part in wanted if isinstance(part, Cue)} <= said
    assert timeline == placed(of, Spacing())


@given(_CHAPTERS, st.integers(0, 3))
def test_a_later_step_never_moves_an_earlier_one(chapters: list[Chapter], kept: int) -> None:
    of = Routine("T", "", "en-US", "ocean", Pace.CALM, (), tuple(chapters), "test.md")
    whole = placed(of)
    first = Chapter("C", chapters[0].steps[: kept + 1], _HERE)
    part = placed(Routine("T", "", "en-US", "ocean", Pace.CALM, (), (first,), "test.md"))
    assert whole.steps[: len(part.steps)] == part.steps


def test_an_estimate_grows_with_the_words_and_falls_with_the_pace() -> None:
    short, long = cue("Breathe in."), cue("Breathe in, slowly, and out again. Once more.")
    assert estimated_length(short, Pace.CALM) < estimated_length(long, Pace.CALM)
    assert estimated_length(long, Pace.BRISK) < estimated_length(long, Pace.CALM)
