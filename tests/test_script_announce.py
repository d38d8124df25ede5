"""What the coach says of its own accord."""

from __future__ import annotations

import pytest

from audiocoach.errors import ScriptError
from audiocoach.routine import Routine
from audiocoach.script import expand, parse
from audiocoach.timeline import schedule


def routine(announce: str, body: str, language: str = "en-US") -> Routine:
    text = f"---\nlanguage: {language}\nannounce: {announce}\nsay-as: {{sacrum: SAY-krum}}\n---\n"
    return expand(parse(text + body, "x.md"), {})


def said(of: Routine) -> list[str]:
    return [cue.text for cue in of.cues()]


def times(of: Routine) -> list[tuple[int, str]]:
    timeline = schedule(of, lambda cue: 50 * len(cue.spoken), {})
    start = timeline.steps[0].start
    assert timeline.notices == ()
    return [(cue.start - start, cue.cue.text) for cue in timeline.cues]


CHAPTERS = "# Hips\n\nRub.\n\n# The sacrum\n\nRest.\n\n# Ready?\n\nDone.\n"


def test_next_is_told_before_each_chapter_change() -> None:
    of = routine("next", CHAPTERS)
    assert said(of) == ["Rub.", "Next: The sacrum.", "Rest.", "Next: Ready.", "Done."]
    assert of.cues()[1].spoken == "Next: The SAY-krum."
    assert [len(chapter.steps) for chapter in of.chapters] == [2, 2, 1]


@pytest.mark.parametrize(
    "end", ["Next: {next}.", "Go to the sacrum.", "Rub. [for 30s]\n- 5s left: Now: {next}."]
)
def test_next_is_not_told_twice(end: str) -> None:
    of = routine("[next]", f"# Hips\n\n{end}\n\n# The sacrum\n\nRest.\n")
    assert not any(text.startswith("Next: The") for text in said(of)[1:])


def test_half_of_a_long_working_time_is_told() -> None:
    of = routine("halfway", "Rub. [for 80s]\n")
    assert times(of) == [(0, "Rub."), (40_000, "Halfway.")]
    assert said(routine("halfway", "Rub. [for 50s]\n")) == ["Rub."]
    assert said(routine("halfway", "Rub. [for 80s]\n- at half: Half.\n")) == ["Rub.", "Half."]
    assert said(routine("halfway", "Rub. [until done, 80s]\n")) == ["Rub."]


def test_what_counts_is_what_the_words_leave() -> None:
    assert said(routine("halfway", "Rub. [25s] More. [for 80s]\n")) == ["Rub.", "More."]
    assert "Halfway." not in said(routine("halfway", "[count 10 every 3s] [for 80s]\n"))


def test_the_last_ten_seconds_are_told() -> None:
    assert times(routine("time-left", "Rub. [for 40s]\n")) == [
        (0, "Rub."),
        (30_000, "The last ten seconds."),
    ]
    assert said(routine("time-left", "Rub. [for 30s]\n")) == ["Rub."]
    assert said(routine("time-left", "Rub. [for 40s]\n- 5s left: Last.\n")) == ["Rub.", "Last."]
    assert times(routine("time-left, halfway", "Rub. [for 150s]\n")) == [
        (0, "Rub."),
        (75_000, "Halfway."),
        (120_000, "Thirty seconds left."),
        (140_000, "The last ten seconds."),
    ]


def test_rounds_are_told() -> None:
    loop = "::: repeat 2\n# Again\n\nRub.\n\n::: repeat 2\nRest.\n:::\n:::\n"
    of = routine("rounds", loop)
    assert said(of) == [
        "Round one of two.", "Rub.", "Rest.", "Rest.",
        "Round two of two.", "Rub.", "Rest.", "Rest.",
    ]  # fmt: skip
    assert [len(chapter.steps) for chapter in of.chapters] == [4, 4]
    for own in (
        "# Number {round}\n\nRub.",
        "Round {round}.",
        "::: if round is 1\n{round}\n:::\nA.",
    ):
        assert "Round one of two." not in said(routine("rounds", f"::: repeat 2\n{own}\n:::\n"))


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        ("de-CH", ["Runde eins von zwei.", "Die Hälfte ist geschafft.", "Als Nächstes: B."]),
        ("es-MX", ["Ronda uno de dos.", "Vamos por la mitad.", "A continuación: B."]),
        ("fr", ["Tour un sur deux.", "C'est la moitié.", "Ensuite : B."]),
    ],
)
def test_in_other_languages(language: str, expected: list[str]) -> None:
    body = "# A\n\n::: repeat 2\nWw. [for 90s]\n:::\n\n# B\n\nWw.\n"
    found = said(routine("next, halfway, rounds", body, language))
    for text in expected:
        assert text in found


def test_a_language_without_phrases_is_an_error_only_where_one_is_needed() -> None:
    assert said(routine("next, halfway", "Uno. [for 20s]\n", "it")) == ["Uno."]
    with pytest.raises(ScriptError) as caught:
        routine("next, halfway", "# Uno\n\nUno.\n\n# Due\n\nDue.\n", "it")
    (problem,) = caught.value.problems
    assert (problem.line, problem.column) == (3, 11)
    assert problem.message.startswith('there are no announcements in the language "it"')


def test_nothing_is_said_where_nothing_is_asked_for() -> None:
    assert said(expand(parse(CHAPTERS, "x.md"), {})) == ["Rub.", "Rest.", "Done."]
