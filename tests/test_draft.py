"""A draft is always a script, and holds all of its article."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from hypothesis import given, settings
from hypothesis import strategies as st

from audiocoach.cli import cli
from audiocoach.draft import Draft, draft
from audiocoach.draft.article import KINDS, clean, load_article, read_article
from audiocoach.draft.sentences import read_sentence, split_sentences
from audiocoach.errors import AudiocoachError, NotFoundError
from audiocoach.routine import Break, Routine
from audiocoach.script import expand, load, parse
from audiocoach.units import SECOND

ARTICLE = """\
How to Care for Tired Feet

Feet carry us all day, and nobody thanks them. A foot rub is a small gift.

What you need

Choose a thick towel. You can set the mood with a lamp. Warm water is pleasant.

The rub

Sit opposite your partner, and take the right foot in
your lap. With both thumbs press along the sole. Hold the heel for 20 seconds, e.g. with the
palm. Never press on a swollen ankle. It is a matter of taste.
Knead each toe for two minutes.

1. Wipe off the oil.
2. Then rest for half a minute.

Thank you for reading.
"""


def make(text: str, suffix: str = ".txt") -> Draft:
    return draft(read_article(text, suffix), "article" + suffix)


def routine_of(text: str, suffix: str = ".txt") -> Routine:
    return expand(parse(make(text, suffix).text, "draft.md"), {})


def spoken(routine: Routine) -> list[str]:
    return [cue.text for cue in routine.cues()]


def run(*arguments: str) -> Result:
    return CliRunner().invoke(cli, arguments, prog_name="audiocoach")


def test_headings_are_chapters_and_instructions_steps() -> None:
    routine = routine_of(ARTICLE)
    assert routine.title == "How to Care for Tired Feet"
    assert [chapter.title for chapter in routine.chapters] == ["What you need", "The rub"]
    said = spoken(routine)
    for sentence in (
        "Choose a thick towel.",
        "You can set the mood with a lamp.",
        "Sit opposite your partner, and take the right foot in your lap.",
        "With both thumbs press along the sole.",
        "Hold the heel for 20 seconds, e.g. with the palm.",
        "Never press on a swollen ankle.",
        "Knead each toe for two minutes.",
        "Wipe off the oil.",
        "Then rest for half a minute.",
    ):
        assert sentence in said, sentence
    text = make(ARTICLE).text
    for note in (
        "> Feet carry us all day, and nobody thanks them. A foot rub is a small gift.",
        "> Warm water is pleasant.",
        "> It is a matter of taste.",
        "> Thank you for reading.",
    ):
        assert f"\n{note}\n" in text, note
    assert 'made by "audiocoach draft"' in text


def test_the_verb_says_how_long_and_the_article_better() -> None:
    steps = {
        step.parts[0].text: step  # type: ignore[union-attr]
        for chapter in routine_of(ARTICLE).chapters
        for step in chapter.steps
    }

    def hold(text: str) -> tuple[int, bool]:
        found = steps[text].hold
        assert found
        return found.length // SECOND, found.until_done

    assert hold("Choose a thick towel.") == (15, True)
    assert hold("With both thumbs press along the sole.") == (45, False)
    assert hold("Hold the heel for 20 seconds, e.g. with the palm.") == (20, False)
    assert hold("Knead each toe for two minutes.") == (120, False)
    assert hold("Then rest for half a minute.") == (30, False)
    assert steps["Knead each toe for two minutes."].timed
    caution = steps["Never press on a swollen ankle."]
    assert caution.hold is None
    assert isinstance(caution.parts[-1], Break)


@pytest.mark.parametrize(
    ("sentence", "told"),
    [
        ("Massage the left side.", True),
        ("Massage therapy can drain away tension.", False),
        ("A massage is relaxing.", False),
        ("After a long day nothing is more welcome than a massage.", False),
        ("After the left side, massage the right.", True),
        ("Using the same technique massage the left side.", True),
        ("Now it's time to move on to the neck.", True),
        ("Now it\u2019s time to move on to the neck.", True),
        ("If you like, you should also warm the oil.", True),
        ("Don\u2019t massage over the spine.", True),
        ("This is a very sensitive spot.", True),
        ("Almond oil is an excellent emollient.", False),
        ("At the very least you can expect a smile.", False),
        ("\u201cBreathe out,\u201d you may say.", True),
    ],
)
def test_what_tells_to_do_something(sentence: str, told: bool) -> None:
    assert (read_sentence(sentence) is not None) is told


def test_sentences_end_where_they_end() -> None:
    text = 'Press (e.g. with Dr. Low\'s tool). "Stop!" Then go on. 3 more follow... And on: yes'
    found = list(split_sentences(text))
    assert found == [
        "Press (e.g. with Dr. Low's tool).",
        '"Stop!"',
        "Then go on.",
        "3 more follow...",
        "And on: yes",
    ]


MARKDOWN = """\
---
title: From the front
---
## Warm *up*

Rub your **hands** with [almond oil](https://example.org/oil). ![A hand](h.png)

- Press the palm.
- It is `warm`.

```
Shake it out.
```
"""

HTML = """\
<!doctype html><html><head><title>Feet &amp; you | A site</title><style>p { x }</style></head>
<body><nav><a href=/>Home</a></nav><h1>Feet &amp; you</h1><p>Rub the <b>sole</b>.<p>It is
soft.<h2>Then</h2><ul><li>Press the heel.<li>Never hurry.</ul><script>alert("Press!")</script>
<![if IE]><p>Breathe out.</p></body></html>
"""


def test_markdown_and_html_are_read_without_their_marks() -> None:
    routine = routine_of(MARKDOWN, ".md")
    assert (routine.title, routine.chapters[0].title) == ("From the front", "Warm up")
    assert spoken(routine) == [
        "Rub your hands with almond oil.",
        "Press the palm.",
        "Shake it out.",
    ]
    assert "\n> A hand\n" in make(MARKDOWN, ".md").text
    routine = routine_of(HTML, ".html")
    assert (routine.title, routine.chapters[-1].title) == ("Feet & you | A site", "Then")
    assert spoken(routine) == [
        "Rub the sole.",
        "Press the heel.",
        "Never hurry.",
        "Breathe out.",
    ]
    assert "alert" not in make(HTML, ".html").text


def test_an_article_that_tells_nothing_is_spoken_as_it_is() -> None:
    routine = routine_of("Setz dich. Atme ein.\n")
    assert spoken(routine) == ["Setz dich.", "Atme ein."]
    assert spoken(routine_of("")) == ["Say here what to do first."]
    assert routine_of("!!!").title == "A draft"


def letters(text: str) -> list[str]:
    return [char for char in clean(text) if char.isalnum()]


scraps = st.sampled_from(
    [
        "Press the palm. ", "Never hurry. ", "It is warm. ", "for 5 minutes ", "Hold it for ",
        "\n", "\n\n", "# ", "- ", "1. ", "> ", ":::", "---\n", "--", "-->", "<!--", "<p>", "</p>",
        "<h2>", "</h2>", "<![", "]]>", "<script>", "[for 60s]", "[", "]", "{x}", "{", "*", "_",
        "`", "\\", "&amp;", "&", "|", "~~", "+", "/", '!["bell"]', ". ", "! ", "... ", "é", "漢",
        "\x00", "\ud800", "\u2028", "\xa0", "\t", "\r", "Words", "word " * 30, "title: x\n",
    ]
)  # fmt: skip
articles = st.lists(scraps, max_size=25).map("".join) | st.text(max_size=80)


@given(articles, st.sampled_from(KINDS))
@settings(max_examples=400, deadline=None)
def test_any_text_gives_a_script(text: str, suffix: str) -> None:
    assert routine_of(text, suffix).chapters


@given(articles)
@settings(max_examples=200, deadline=None)
def test_no_word_of_a_plain_text_is_left_out(text: str) -> None:
    made = make(text).text.partition("-->")[2]
    title = read_article(text, ".txt").title
    kept = iter(letters(title) + [char for char in made if char.isalnum()])
    # Lists lose their numbers.
    wanted = [char for char in letters(re.sub(r"\d", "", text)) if not char.isdigit()]
    assert all(char in kept for char in wanted)


def test_a_draft_is_written_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "feet.txt").write_text(ARTICLE)
    result = run("draft", "feet.txt")
    assert result.exit_code == 0, result.output
    assert "feet.md: 2 chapters, 9 steps, 5 sentences as notes" in result.output
    assert load(tmp_path / "feet.md", {}).title == "How to Care for Tired Feet"
    assert run("check", "--strict", "feet.md").exit_code == 0
    again = run("draft", "feet.txt")
    assert again.exit_code == 1
    assert "feet.md is there already" in again.output
    (tmp_path / "feet.md").rename(tmp_path / "pretty.md")
    assert run("draft", "pretty.md").exit_code == 0
    assert (tmp_path / "pretty-draft.md").exists()
    assert run("draft", "feet.txt", "-o", "other.md").exit_code == 0


def test_what_is_no_article_is_told(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match="no article at"):
        load_article(tmp_path / "a.txt")
    with pytest.raises(AudiocoachError, match="must end in"):
        load_article(tmp_path / "a.pdf")
    (tmp_path / "big.txt").write_text("Press it. " * 60_000)
    with pytest.raises(AudiocoachError, match="too long"):
        load_article(tmp_path / "big.txt")
    long = read_article("Press the palm. " * 3_000, ".txt")
    with pytest.raises(AudiocoachError, match="Draft it in parts"):
        draft(long, "long.txt")
    (tmp_path / "old.txt").write_bytes("Press the sole\u2019s \u201cmiddle\u201d.".encode("cp1252"))
    assert load_article(tmp_path / "old.txt").chapters[0][1] == (
        "Press the sole\u2019s \u201cmiddle\u201d.",
    )
