"""Voices of words and sections, together with what counts, includes, announces and fits."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest

from audiocoach import render
from audiocoach.clips import ClipCache
from audiocoach.errors import NotFoundError
from audiocoach.fit import fit
from audiocoach.routine import Beats, Break, Cue, Routine
from audiocoach.script import expand, parse
from audiocoach.speech import Speaker
from audiocoach.testing import ToneVoice
from audiocoach.timeline import schedule
from audiocoach.voices import Voice
from audiocoach.voices.cast import Cast


def routine(text: str, **files: str) -> Routine:
    def read(name: str, _including: str) -> tuple[str, bytes]:
        return name, files[name.removesuffix(".md")].encode()

    return expand(parse(text, "x.md", read), {})


def voices(of: Routine) -> list[tuple[str, str]]:
    """Each cue with the voice or language that is asked for all of it."""
    return [
        (cue.text, " ".join(value for span in cue.spans[:1] for _, value in span.asked))
        for cue in of.cues()
    ]


def test_counted_words_are_spoken_as_their_section_asks() -> None:
    of = routine('#[voice:"joe"]\nGo. [count 2]\n\n#[lang:"fr"]\n[count down 2]\n\n[breathe 2-2]')
    assert voices(of) == [
        ("Go.", "joe"), ("one", "joe"), ("two", "joe"), ("deux", "fr"), ("un", "fr"),
        ("Inspirez.", "fr"), ("Expirez.", "fr"),
    ]  # fmt: skip
    assert [cue.words for cue in of.cues()] == [text for text, _ in voices(of)]
    assert [part.length for part in of.parts() if isinstance(part, Beats)] == [2_000, 2_000, 4_000]


def test_beats_stand_where_they_do_whoever_speaks_them(tmp_path: Path) -> None:
    def other(name: str, language: str) -> Voice:
        if name != "joe":
            raise NotFoundError(name)
        return ToneVoice(name, language=language)

    of = routine('Go.\n\n#[voice:"joe"]\n[count 3 every 2s]')
    speaker = Speaker(Cast(ToneVoice(), "en", other), ClipCache(tmp_path))
    list(speaker.speak(of.cues()))
    timeline = schedule(of, speaker.length, {})
    starts = [cue.start for cue in timeline.cues[1:]]
    assert [after - start for start, after in pairwise(starts)] == [2_000] * 2
    assert [part.voice.info.name for part in speaker.parts(of.cues()[1])] == ["joe"]


def test_a_section_reaches_into_an_included_script_and_none_out_of_it() -> None:
    inner = 'Inside. (Here)[voice:"ann"]\n\n#[voice:"bea"]\nDeep.'
    of = routine('#[voice:"joe"]\nBefore.\n\n::: include a.md\n:::\n\nAfter.', a=inner)
    assert voices(of) == [
        ("Before.", "joe"), ("Inside. Here", "joe"), ("Deep.", "bea"), ("After.", "joe"),
    ]  # fmt: skip
    plain = routine("Before.\n\n::: include a.md\n:::\n\nAfter.", a=inner)
    assert voices(plain)[-1] == ("After.", "")


def test_marked_words_of_an_included_script_are_respelt_as_it_says() -> None:
    inner = "---\nsay-as: {radius: RAY-dee-us}\n---\nThe ++radius++."
    of = routine("Radius.\n\n::: include a.md\n:::", a=inner)
    assert [cue.words for cue in of.cues()] == ["Radius.", "The RAY-dee-us."]


FIRST, SECOND = ("Round one of two.", ""), ("Round two of two.", "")


@pytest.mark.parametrize(
    ("inside", "rounds"),
    [
        ('#[lang:"fr"]\nOui.', [FIRST, ("Oui.", "fr"), SECOND, ("Oui.", "fr")]),
        (
            'Now.\n\n#[lang:"fr"]\nOui.',
            [FIRST, ("Now.", "de"), ("Oui.", "fr"), SECOND, ("Now.", "fr"), ("Oui.", "fr")],
        ),
        (
            "Now.\n\n#[voice]\nSo.",
            [FIRST, ("Now.", "de"), ("So.", ""), SECOND, ("Now.", ""), ("So.", "")],
        ),
    ],
)
def test_what_is_announced_is_said_by_the_own_voice(
    inside: str, rounds: list[tuple[str, str]]
) -> None:
    front = "---\nannounce: rounds, next, halfway\n---\n"
    of = routine(
        f'{front}#[lang:"de"]\nJa. [for 90s]\n\n::: repeat 2\n{inside}\n:::\n\n# Knees\n\nRub.'
    )
    found = voices(of)
    assert found[:2] == [("Ja.", "de"), ("Halfway.", "")]
    assert found[2:-1] == [*rounds, ("Next: Knees.", "")]


def test_a_round_before_a_chapter_is_announced_in_it() -> None:
    front = "---\nannounce: rounds\n---\n"
    of = routine(f'{front}::: repeat 2\n#[voice:"joe"]\n\n# Hips\n\nRub.\n:::')
    assert [len(chapter.steps) for chapter in of.chapters] == [2, 2]


def test_a_round_that_marked_words_name_is_not_announced() -> None:
    of = routine("---\nannounce: rounds\n---\n::: repeat 2\nRound ++{round}++.\n:::")
    assert [cue.text for cue in of.cues()] == ["Round 1.", "Round 2."]


def test_a_break_of_speech_markdown_may_be_protected_too() -> None:
    of = routine('a [break:"2s!"] b [break:"medium"] c [break:"none"] d')
    assert [(part.length, part.protected) for part in of.parts() if isinstance(part, Break)] == [
        (2_000, True),
        (700, False),
    ]


def test_fitted_words_keep_what_is_asked_for_them() -> None:
    text = (
        '#[voice:"joe"]\nPress ++well++. [5s]\n\nHold. [for 40s..90s]\n'
        '- at half: (Slower)[rate:"slow"]\n- every 9s: Deep / ++deeper++\n\n[count 3]'
    )
    of = routine(text)

    def length(cue: Cue) -> int:
        return 60 * len(cue.words)

    target = schedule(of, length, {}).length + 10_000
    fitted = fit(of, length, {}, target)
    assert schedule(fitted.routine, length, {}, fitted.spacing).length == target
    assert fitted.routine.cues() == of.cues()
    assert render.estimate(of, target).length == target
