"""``docs/script-format.md`` says what is so; so does ``docs/writing.md``."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from audiocoach import render
from audiocoach.errors import ScriptError
from audiocoach.script import expand, limits, load_every, parse

DOCS = Path(__file__).parent.parent / "docs"
TEXT = (DOCS / "script-format.md").read_text(encoding="utf-8")


def examples(text: str) -> list[str]:
    return re.findall(r"^```markdown\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)


EXAMPLES = examples(TEXT)
GUIDE = examples((DOCS / "writing.md").read_text(encoding="utf-8"))


def error_of(text: str) -> str:
    with pytest.raises(ScriptError) as caught:
        parse(text, "x.md")
    return str(caught.value)


@pytest.mark.parametrize("example", [*EXAMPLES, *GUIDE])
def test_every_example_is_a_script(example: str, tmp_path: Path) -> None:
    path = tmp_path / "example.md"
    path.write_text(example, encoding="utf-8")
    (tmp_path / "parts").mkdir()
    (tmp_path / "parts" / "arm.md").write_text("Stroke the {side} arm.", encoding="utf-8")

    assert list(load_every(path))


def test_the_guide_shows_something_before_and_after() -> None:
    before, after, talkative, calm = [render.estimate(expand(parse(x, "x.md"), {})) for x in GUIDE]

    assert not after.notices
    assert not calm.notices
    assert talkative.notices
    assert len(before.cues) == 1


def test_there_are_examples_of_every_block_and_mark() -> None:
    together = "\n".join(EXAMPLES)
    for mark in (
        "[4s]", "[for 1m30s]", "[for 30s!]", "[for 40s..90s]",
        "[count 10 every 3s]", "[count down 5]", "[breathe 4-0-5.5-1 x4 swell]",
        "[until done, ", '!["bell"]',
        "- at 15s:", "- at half:", "- 10s left:", "- every 30s:", " / ",
        "::: repeat", "::: for ", "::: if ", "::: else", "::: include ",
        "{round}", "{rounds}", "{next}", "{side}",
        "language:", "ambience:", "pace:", "length:", "tags:", "choices:", "say-as:", "announce:",
        "\n> ", "\\[", "&amp;", "**",
        "++", "[rate:", "[characters]", "[ipa:", "[break:", "#[lang:", "#[voice]",
        "#[ambience:", "#[ambience]",
    ):  # fmt: skip
        assert mark in together


def test_nothing_is_told_to_be_not_yet() -> None:
    assert "not yet" not in TEXT.lower()


def test_every_key_of_the_table_is_known() -> None:
    keys = re.findall(r"^\| `([a-z-]+)` \|", TEXT.partition("## Chapters")[0], re.MULTILINE)
    error = error_of("---\nqqqqqq: x\n---\na")

    assert error.splitlines()[0].endswith("there is " + ", ".join(keys))


def test_the_defaults_of_the_table() -> None:
    front = parse("a", "x.md").front
    for key, default in (
        ("language", front.language),
        ("ambience", front.ambience),
        ("pace", str(front.pace)),
    ):
        assert re.search(rf"^\| `{key}` \|.*\| `{default}` \|$", TEXT, re.MULTILINE)


def test_the_limits_of_the_table() -> None:
    table = TEXT.partition("## Limits")[2].partition("##")[0]
    assert limits.MAX_FILE == 2**20
    assert limits.MAX_LENGTH == 24 * 3_600_000
    for limit in (
        limits.MAX_LINES,
        limits.MAX_FRONT_MATTER,
        limits.MAX_PARAGRAPH,
        limits.MAX_TITLE,
        limits.MAX_AMBIENCE,
        limits.MAX_ENTRIES,
        limits.MAX_CHOICES,
        limits.MAX_NESTING,
        limits.MAX_REPEAT,
        limits.MAX_STEPS,
        limits.MAX_PARTS,
        limits.MAX_CHARACTERS,
        limits.MAX_COMBINATIONS,
        limits.MAX_COUNT,
        limits.MAX_INCLUDES,
        limits.MAX_INCLUDED,
    ):
        assert re.search(rf"(?<!\d)(?<!\d ){limit:,}(?! ?\d)".replace(",", " "), table), limit


def test_what_the_page_says_about_the_first_example() -> None:
    routine = expand(parse(EXAMPLES[0], "x.md"), {"position": "chair"})

    assert [chapter.title for chapter in routine.chapters] == ["Get ready", "The upper back"]
    assert [len(chapter.steps) for chapter in routine.chapters] == [2, 4]
    assert [step.hold.length if step.hold else None for step in routine.chapters[1].steps] == [
        None,
        60_000,
        None,
        60_000,
    ]
