"""A routine is made to last as long as is asked for."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import meters
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from audiocoach import library, render
from audiocoach.clips import ClipCache
from audiocoach.errors import LengthError
from audiocoach.fit import LEAST, MOST, fit
from audiocoach.routine import Break, Cue, Hold, Routine
from audiocoach.script import expand, load, parse
from audiocoach.speech import Speaker
from audiocoach.testing import ToneVoice
from audiocoach.timeline import Timeline, schedule
from audiocoach.units import ms_to_frames, parse_duration

SOUNDS = {"bell": 5_000}


def cue_length(cue: Cue) -> int:
    return 60 * len(cue.spoken)


def routine(text: str) -> Routine:
    return expand(parse(text, "x.md"), {})


def natural(of: Routine) -> int:
    return schedule(of, cue_length, SOUNDS).length


def lasting(of: Routine, target: int) -> Timeline:
    fitted = fit(of, cue_length, SOUNDS, target)
    return schedule(fitted.routine, cue_length, SOUNDS, fitted.spacing)


def refusal(of: Routine, target: int) -> tuple[int, int]:
    """The shortest and the longest that the error names."""
    with pytest.raises(LengthError) as caught:
        fit(of, cue_length, SOUNDS, target)
    found = re.search(r"shortest possible is (\S+) .*longest (\S+)$", str(caught.value))
    assert found is not None
    assert caught.value.exit_code == 1
    return parse_duration(found[1]), parse_duration(found[2])


def breaks(timeline: Timeline) -> list[int]:
    return [
        part.length
        for placed in timeline.steps
        for part in placed.step.parts
        if isinstance(part, Break)
    ]


def holds(timeline: Timeline) -> list[int]:
    return [placed.step.hold.length for placed in timeline.steps if placed.step.hold]


def test_breaks_and_working_times_stretch_alike_and_words_do_not() -> None:
    of = routine("One. [10s] Two. [4s]\n\nWords that take a while. [for 30s]\n")
    words = cue_length(of.cues()[2])
    for factor in (0.5, 1.5, 3):
        spare = 10_000 + 4_000 + 30_000 - words
        timeline = lasting(of, natural(of) + round((factor - 1) * spare))
        assert breaks(timeline) == pytest.approx([10_000 * factor, 4_000 * factor], abs=2)
        assert holds(timeline) == pytest.approx([words + factor * (30_000 - words)], abs=2)
        assert timeline.length == natural(of) + round((factor - 1) * spare)


def test_what_is_protected_keeps_its_length() -> None:
    of = routine(
        "One. [10s!] Two. [4s]\n\nHold it. [for 30s!]\n\nWork. [for 30s]\n\n"
        "Turn. [until done, 20s!]\n"
    )
    timeline = lasting(of, natural(of) + 20_000)
    assert breaks(timeline)[0] == 10_000
    assert [holds(timeline)[0], holds(timeline)[2]] == [30_000, 20_000]
    assert breaks(timeline)[1] > 4_000
    assert timeline.length == natural(of) + 20_000


def test_a_range_is_kept_and_what_it_cannot_take_the_others_take() -> None:
    of = routine("Sweep. [for 40s..90s]\n\nKnead. [for 60s]\n")
    assert holds(lasting(of, natural(of))) == [65_000, 60_000]
    much, little = lasting(of, natural(of) + 100_000), lasting(of, natural(of) - 60_000)
    assert holds(much)[0] == 90_000
    assert holds(much)[1] == pytest.approx(60_000 + 75_000, abs=2)
    assert holds(little) == pytest.approx([40_000, 25_000], abs=2)


def test_a_working_time_never_falls_under_what_its_cues_need() -> None:
    of = routine(
        "Words. [for 60s]\n- at 20s: Slow and even.\n- 10s left: One last stroke.\n\n"
        "Rest. [for 120s]\n"
    )
    shortest, _ = refusal(of, 20_000)
    timeline = lasting(of, shortest)
    assert timeline.notices == ()
    starts = {placed.cue.text: placed.start for placed in timeline.cues}
    step = timeline.steps[0]
    assert starts["Slow and even."] == step.start + 20_000
    assert starts["One last stroke."] == step.end - 10_000
    assert step.end - step.start >= 30_000


def test_every_keeps_its_interval_and_comes_more_often() -> None:
    of = routine("Work. [for 60s]\n- every 20s: Slow. / Soft.\n")
    timeline = lasting(of, natural(of) + 65_000)
    said = [placed.start - timeline.steps[0].start for placed in timeline.cues[1:]]
    assert said == [20_000 * count for count in range(1, 7)]


def test_no_length_lets_an_every_cue_run_over_the_end() -> None:
    """The lengths between which the next cue would not be over are never taken."""
    of = routine("Work. [for 60s]\n- every 20s: This is a rather long reminder.\n\nRest. [9s]\n")
    for more in range(0, 60_000, 700):
        timeline = lasting(of, natural(of) + more)
        assert timeline.length == natural(of) + more
        assert timeline.notices == ()


def test_both_sides_of_a_loop_and_all_its_rounds_keep_equal_times() -> None:
    of = routine(
        "::: for side in left, very far right\nMove to the {side}. [7s]\n\n"
        "Glide up on the {side} side, and let the other hand come down. [for 20s]\n"
        "- at half: Halfway on the {side} side.\n- 5s left: The last on the {side}.\n\n:::\n"
        "::: repeat 3\nIn. [4s] Out. [5s]\n\n:::\n"
    )
    for percent in (80, 93, 107, 150, 215):
        timeline = lasting(of, natural(of) * percent // 100)
        assert timeline.length == natural(of) * percent // 100
        assert len(set(holds(timeline))) == 1
        left, right, *rounds = breaks(timeline)
        assert left == right
        assert rounds == rounds[:2] * 3
        assert timeline.notices == ()


def test_a_length_that_cannot_be_is_refused_and_what_can_be_is_named() -> None:
    of = routine("One word. [10s] Another. [for 20s]\n\nEnd. [8s]")
    for target in (1, 10_000, 10_000_000):
        shortest, longest = refusal(of, target)
        assert shortest < natural(of) < longest
        for possible in (shortest, longest):
            assert lasting(of, possible).length == possible
        refusal(of, shortest - 1_000)
        refusal(of, longest + 1_000)


def test_a_routine_of_words_alone_has_one_length() -> None:
    of = routine("One word.\n\nAnother.\n")
    assert lasting(of, natural(of)).length == natural(of)
    refusal(of, natural(of) + 1)


_WORDS = st.sampled_from(["Go.", "Slow and even now.", "Let them breathe, and let them rest."])
_TIME = st.integers(1, 40).map(lambda seconds: f"{seconds}s")
_HOLD = st.one_of(
    st.integers(20, 120).map(lambda seconds: f"[for {seconds}s]"),
    st.integers(20, 60).map(lambda seconds: f"[for {seconds}s!]"),
    st.integers(20, 60).map(lambda seconds: f"[for {seconds}s..{2 * seconds}s]"),
)
_ITEM = st.one_of(
    st.builds("- at {}s: {}".format, st.integers(1, 18), _WORDS),
    st.builds("- {}s left: {}".format, st.integers(1, 18), _WORDS),
    st.builds("- at half: {}".format, _WORDS),
    st.builds("- every {}s: {} / {}".format, st.integers(3, 18), _WORDS, _WORDS),
)
_STEP = st.one_of(
    st.builds("{} [{}]".format, _WORDS, _TIME),
    st.builds("{} [{}!] {}".format, _WORDS, _TIME, _WORDS),
    st.builds("{} [until done, {}]".format, _WORDS, _TIME),
    st.builds(
        lambda words, hold, items: "\n".join([f"{words} {hold}", *items]),
        _WORDS,
        _HOLD,
        st.lists(_ITEM, max_size=3),
    ),
)
_STEPS = st.lists(_STEP, min_size=1, max_size=4).map("\n\n".join)
_SCRIPTS = st.builds(
    "# A\n\n{}\n\n::: repeat {}\n\n{}\n\n:::\n\n{}\n".format,
    _STEPS,
    st.integers(1, 3),
    _STEPS,
    _STEPS,
)


@given(_SCRIPTS, st.integers(1, 400))
@settings(max_examples=150)
def test_whatever_the_routine_its_length_is_met_or_refused(text: str, percent: int) -> None:
    of = routine(text)
    target = natural(of) * percent // 100
    try:
        timeline = lasting(of, target)
    except LengthError:
        shortest, longest = refusal(of, target)
        assert target < shortest or target > longest
        return
    assert timeline.length == target
    assert timeline == lasting(of, target)
    for before, after in zip(timeline.cues, timeline.cues[1:], strict=False):
        assert before.end <= after.start
    was = schedule(of, cue_length, SOUNDS)
    grew = {notice.place for notice in was.notices}
    lengths: dict[Break | Hold, set[int]] = defaultdict(set)
    for old, new in zip(was.steps, timeline.steps, strict=True):
        for written, length in _pairs(old.step.parts, new.step.parts):
            lengths[written].add(length)
        if old.step.hold and new.step.hold:
            lengths[old.step.hold].add(new.step.hold.length)
            _check_hold(old.step.hold, new.step.hold)
            if not new.step.hold.until_done and old.step.hold.place not in grew:
                assert new.end - new.start == new.step.hold.length
    assert all(len(found) == 1 for found in lengths.values())


def _pairs(old: Iterable[object], new: Iterable[object]) -> Iterable[tuple[Break, int]]:
    for before, after in zip(old, new, strict=True):
        if isinstance(before, Break) and isinstance(after, Break):
            if before.protected:
                assert after.length == before.length
            assert before.length * LEAST - 1 <= after.length <= before.length * MOST + 1
            yield before, after.length


def _check_hold(old: Hold, new: Hold) -> None:
    if old.protected:
        assert new == old
    elif old.shortest is not None and old.longest is not None:
        assert old.shortest <= new.length <= old.longest
    else:
        assert new.length <= old.length * MOST


@given(_SCRIPTS, st.integers(50, 200), st.integers(1, 20))
@settings(max_examples=40)
def test_a_longer_routine_has_no_shorter_break(text: str, percent: int, more: int) -> None:
    of = routine(text)
    try:
        shorter = lasting(of, natural(of) * percent // 100)
        longer = lasting(of, natural(of) * (percent + more) // 100)
    except LengthError:
        assume(False)
    for first, second in zip(breaks(shorter), breaks(longer), strict=True):
        assert first <= second + 2


@pytest.mark.parametrize("percent", [50, 80, 120, 200])
@pytest.mark.parametrize("file", library.routines(), ids=lambda file: file.name)
def test_every_built_in_routine(file: library.RoutineFile, percent: int) -> None:
    """At half their length the words alone may be too much; then it says so."""
    of = load(file.path, {})
    target = render.estimate(of).length * percent // 100
    try:
        timeline = render.estimate(of, target)
    except LengthError:
        assert percent == 50
        with pytest.raises(LengthError, match=r"shortest possible is .* \(its words alone take"):
            render.estimate(of, target)
        return
    assert timeline.length == target


def test_the_file_lasts_as_long_as_was_asked_for(tmp_path: Path) -> None:
    script = "---\nlength: 55s\n---\nOne. [10s] Two. [4s]\n\nKnead. [for 15s]\n- at half: Half.\n"
    source = tmp_path / "knead.md"
    source.write_text(script, encoding="utf-8")
    speaker = Speaker(ToneVoice(), ClipCache(tmp_path / "cache"))
    for length, expected in ((None, 55_000), (70_123, 70_123)):
        done = render.export(load(source, {}), speaker, tmp_path / "a.mp3", length=length)
        assert done.timeline.length == expected
        assert len(meters.decode(done.path)) == ms_to_frames(expected)


def test_a_refused_length_leaves_no_file(tmp_path: Path) -> None:
    source = tmp_path / "knead.md"
    source.write_text("Knead. [for 15s]", encoding="utf-8")
    speaker = Speaker(ToneVoice(), ClipCache(tmp_path / "cache"))
    with pytest.raises(LengthError, match="the shortest possible is"):
        render.export(load(source, {}), speaker, tmp_path / "a.mp3", length=1_000)
    assert {path.name for path in tmp_path.iterdir()} == {"knead.md", "cache"}


def test_the_natural_length_changes_nothing() -> None:
    of = replace(routine("One. [10s] Two. [for 14s]"), length=None)
    assert fit(of, cue_length, SOUNDS, natural(of)).routine == of
