"""The routines that come along keep what they promise."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from audiocoach import library, render
from audiocoach.routine import Cue, Routine, Step
from audiocoach.script import load_every
from audiocoach.timeline import Timeline
from audiocoach.units import Ms, clock

ROOT = Path(__file__).parents[1]
PATHS = sorted(library.data_folder("scripts").glob("*.md"))

_WORDS = ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"]
NUMBERS = {word: at for at, word in enumerate(_WORDS, 1)} | {
    "eleven": 11,
    "twelve": 12,
    "fifteen": 15,
    "twenty": 20,
    "thirty": 30,
}

each = pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)


def every(path: Path) -> list[tuple[Routine, Timeline]]:
    """A routine with all of its choices."""
    return [(routine, render.estimate(routine)) for routine in load_every(path)]


def words(step: Step) -> list[str]:
    return " ".join(part.text for part in step.parts if isinstance(part, Cue)).split()


def promised(summary: str) -> tuple[Ms, Ms] | None:
    """The shortest and the longest that a summary names; ``None`` where it names no length."""
    text = summary.lower().replace("-", " ")
    text = text.replace("a quarter of an hour", "fifteen minutes")
    text = text.replace("half an hour", "thirty minutes")
    number = "|".join(NUMBERS)
    found = re.search(rf"\b({number})(?: to ({number}))?(?: \w+)? minutes?\b", text)
    if found is None:
        return None
    least = NUMBERS[found[1]]
    return least * 60_000, NUMBERS[found[2] or found[1]] * 60_000


@pytest.mark.parametrize(
    ("summary", "minutes"),
    [
        ("Half an hour for two.", (30, 30)),
        ("A quarter of an hour of meditation.", (15, 15)),
        ("Ten to twelve careful minutes for one.", (10, 12)),
        ("Five-minute shoulder rub.", (5, 5)),
        ("Slow thumbs.", None),
    ],
)
def test_a_promise_is_understood(summary: str, minutes: tuple[int, int] | None) -> None:
    assert promised(summary) == (minutes and (minutes[0] * 60_000, minutes[1] * 60_000))


def test_there_are_at_least_ten() -> None:
    assert len(PATHS) >= 10


@each
def test_it_can_be_scheduled_as_it_is_written(path: Path) -> None:
    for _, timeline in every(path):
        assert [str(notice.place) + notice.message for notice in timeline.notices] == []


@each
def test_it_lasts_as_long_as_its_summary_says(path: Path) -> None:
    for routine, timeline in every(path):
        span = promised(routine.summary)
        assert span is not None, routine.summary
        assert span[0] * 0.9 <= timeline.length <= span[1] * 1.1, clock(timeline.length)


@each
def test_it_can_be_found_by_the_tags_that_the_guide_names(path: Path) -> None:
    guide = (ROOT / "docs" / "writing.md").read_text(encoding="utf-8")
    table = guide.partition("| tags")[2].partition("\n\n")[0]
    vocabulary = set(re.findall(r"`([^`]+)`", table))
    (routine, _), *_ = every(path)
    tags = set(routine.tags)
    assert tags <= vocabulary
    assert len(tags & {"for one", "for two"}) == 1
    assert tags & {"massage", "breathing", "stretching", "physiotherapy", "meditation"}
    assert routine.summary
    assert not re.search(r"\d", routine.summary)


@each
def test_nothing_is_too_long_to_be_kept_in_mind(path: Path) -> None:
    for routine, _ in every(path):
        for chapter in routine.chapters:
            for step in chapter.steps:
                assert len(words(step)) <= 25, f"{step.place}: {' '.join(words(step))}"


@each
def test_nobody_is_left_alone_for_more_than_a_minute_unless_told_so(path: Path) -> None:
    for _, timeline in every(path):
        starts = [cue.start for cue in timeline.cues[1:]] + [timeline.length]
        for number, (cue, start) in enumerate(zip(timeline.cues, starts, strict=True)):
            if start - cue.end > 60_000:
                before = " ".join(
                    said.cue.text for said in timeline.cues[max(0, number - 3) : number + 1]
                )
                assert re.search(r"\bfor (about |the next )?\w+ minutes\b", before.lower()), before
