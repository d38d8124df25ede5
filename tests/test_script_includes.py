"""Scripts inside scripts: what is found, what is said, and what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from audiocoach import library, render
from audiocoach.errors import NotFoundError, ScriptError
from audiocoach.routine import Routine
from audiocoach.script import check, expand, load, load_every, parse
from audiocoach.script.includes import Reader
from audiocoach.script.limits import MAX_INCLUDED, MAX_INCLUDES

ARM = """\
---
title: An arm
choices:
  side: [left, right]
say-as:
  radius: RAY-dee-us
---

# The {side} arm

Stroke the {side} radius. [5s]

::: if side is right
Change hands.
:::
"""


def reader(files: dict[str, str]) -> Reader:
    """Finds files by their name alone."""

    def read(name: str, including: str) -> tuple[str, bytes]:
        if name not in files:
            raise NotFoundError(f"no {name}")
        return name, files[name].encode()

    return read


def routine(text: str, **files: str) -> Routine:
    named = {f"{name}.md": text for name, text in files.items()}
    return expand(parse(text, "main.md", reader(named)), {})


def said(of: Routine) -> list[str]:
    return [cue.text for cue in of.cues()]


def problems(text: str, **files: str) -> list[str]:
    with pytest.raises(ScriptError) as caught:
        routine(text, **files)
    return [f"{p.path}:{p.line}:{p.column}: {p.message}" for p in caught.value.problems]


def test_an_included_script_is_said_where_it_stands_with_its_own_names() -> None:
    of = routine(
        "# One\n\nBefore.\n\n::: for hand in left, right\n"
        "::: include arm.md with side {hand}\n:::\n:::\n\nAfter.\n",
        arm=ARM,
    )
    assert said(of) == [
        "Before.",
        "Stroke the left radius.",
        "Stroke the right radius.",
        "Change hands.",
        "After.",
    ]
    assert [chapter.title for chapter in of.chapters] == ["One", "The left arm", "The right arm"]
    assert of.title == "Main"
    assert str(of.cues()[1].place) == "arm.md:11:1"
    assert of.cues()[1].spoken == "Stroke the left RAY-dee-us."


def test_names_that_are_not_given_have_their_first_value() -> None:
    assert said(routine("::: include arm.md\n:::", arm=ARM)) == ["Stroke the left radius."]


def test_a_script_may_take_names_that_are_no_choices() -> None:
    of = routine("::: include part.md with who your partner\n:::", part="Ask {who}.")
    assert said(of) == ["Ask your partner."]
    assert problems("::: include part.md\n:::", part="Ask {who}.") == [
        'part.md:1:5: nothing is called "who" here; there is next'
    ]


def test_outer_names_are_not_seen_inside() -> None:
    text = "::: for side in left, right\n{side}\n::: include part.md\n:::\n:::"
    assert problems(text, part="To the {side}.")[0].startswith("part.md:1:8: nothing is called")


def test_an_include_inside_an_include() -> None:
    of = routine("::: include a.md\n:::", a="A.\n\n::: include b.md with x y\n:::\n", b="B {x}.")
    assert said(of) == ["A.", "B y."]


def test_the_next_chapter_may_be_in_another_file() -> None:
    of = routine("# One\n\nNext: {next}.\n\n::: include arm.md\n:::", arm=ARM)
    assert said(of)[0] == "Next: The left arm."


def test_the_problems_of_all_files_are_told_with_their_own_lines() -> None:
    with pytest.raises(ScriptError) as caught:
        routine("Oh [x]\n\n::: include a.md\n:::\n", a="Words.\n\nAh [y]\n")
    assert [(p.path, p.line, p.column) for p in caught.value.problems] == [
        ("a.md", 3, 4),
        ("main.md", 1, 4),
    ]
    assert "    Ah [y]\n       ^^^" in str(caught.value)


def test_what_shows_only_when_it_is_expanded_is_told_in_its_own_file() -> None:
    with pytest.raises(ScriptError) as caught:
        routine("# One\n\nHello.\n\n::: include a.md\n:::\n", a="Words\nand next {next}.\n")
    assert "a.md:2:10: error: there is no next chapter here" in str(caught.value)
    assert "    and next {next}." in str(caught.value)


def test_a_value_that_a_choice_does_not_have() -> None:
    assert problems("::: include arm.md with side lft\n:::", arm=ARM) == [
        'main.md:1:1: in arm.md, "side" is never "lft"; did you mean "left"?'
    ]
    loop = "::: for hand in left, top\n::: include arm.md with side {hand}\n:::\n:::"
    assert problems(loop, arm=ARM)[0].startswith('main.md:2:1: in arm.md, "side" is never "top"')


def test_a_script_that_includes_itself() -> None:
    assert problems("::: include main.md\n:::", main="x") == [
        "main.md:1:1: this script would include itself without end: main.md -> main.md"
    ]
    around = {"a": "::: include b.md\n:::", "b": "A\n\n::: include a.md\n:::"}
    assert problems("::: include a.md\n:::", **around) == [
        "b.md:3:1: this script would include itself without end: a.md -> b.md -> a.md"
    ]


def test_includes_are_not_endless() -> None:
    deep = {f"s{n}": f"::: include s{n + 1}.md\n:::" for n in range(MAX_INCLUDES + 2)}
    assert problems("::: include s0.md\n:::", **deep) == [
        f"s{MAX_INCLUDES - 1}.md:1:1: includes are nested too deep; the most is {MAX_INCLUDES}"
    ]
    wide = {f"s{n}": "Words." for n in range(MAX_INCLUDED + 1)}
    text = "\n".join(f"::: include {name}.md\n:::" for name in wide)
    assert problems(text, **wide)[0].endswith(f"too many includes; the most is {MAX_INCLUDED}")


def test_includes_that_double_at_each_level_end_soon() -> None:
    doubling = {f"s{n}": f"::: include s{n + 1}.md\n:::\n" * 500 for n in range(6)}
    found = problems("::: include s0.md\n:::", **doubling, s6="Words.")
    assert "which is too much" in found[0]


def test_without_a_reader_nothing_is_read() -> None:
    document = parse("Words.\n\n::: include a.md\n:::", "main.md")
    with pytest.raises(ScriptError, match=r"main.md:3:1: error: a.md was not read"):
        expand(document, {})


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "mine"
    (folder / "parts" / "sounds").mkdir(parents=True)
    (folder / "parts" / "arm.md").write_text(ARM + '\n::: include hand.md\n:::\n\n!["bell"]\n')
    (folder / "parts" / "hand.md").write_text("Open the hand.\n")
    (tmp_path / "secret.md").write_text("A secret.\n")
    return folder


def main(folder: Path, name: str) -> Path:
    path = folder / "main.md"
    path.write_text(f"Words.\n\n::: include {name}\n:::\n")
    return path


def test_a_file_in_a_folder_below_and_what_it_includes(folder: Path) -> None:
    path = main(folder, "parts/arm.md with side right")
    assert said(load(path, {}))[1:] == [
        "Stroke the right radius.",
        "Change hands.",
        "Open the hand.",
    ]
    assert check(path) == ()
    assert list(load_every(path))


def test_a_routine_of_the_library_can_be_included(folder: Path) -> None:
    of = load(main(folder, "breathing-pause.md with breath long"), {})
    assert any("And slowly out" in text for text in said(of))
    assert of.cues()[1].place.path == str(library.data_folder("scripts") / "breathing-pause.md")


def test_what_is_not_there_is_told_with_the_nearest(folder: Path) -> None:
    (found,) = check(main(folder, "brething-pause.md"))
    assert (found.line, found.column) == (3, 1)
    assert "there is no script brething-pause.md beside this one or in the library" in found.message
    assert 'did you mean "breathing-pause.md"' in found.message


def test_no_link_leads_out_of_the_folder(folder: Path) -> None:
    (folder / "link.md").symlink_to(folder.parent / "secret.md")
    (folder / "out").symlink_to(folder.parent, target_is_directory=True)
    for name in ("link.md", "out/secret.md"):
        (found,) = check(main(folder, name))
        assert "is outside the folder of the script" in found.message
        assert "A secret" not in str(found)


def test_a_link_inside_the_folder_is_followed(folder: Path) -> None:
    (folder / "link.md").symlink_to(folder / "parts" / "hand.md")
    assert said(load(main(folder, "link.md"), {}))[1:] == ["Open the hand."]


def test_links_that_go_round_end(folder: Path) -> None:
    (folder / "round.md").symlink_to(folder / "round.md")
    assert "there is no script" in check(main(folder, "round.md"))[0].message
    (folder / "again").symlink_to(folder, target_is_directory=True)
    assert "nested too deep" in check(main(folder, "again/main.md"))[0].message


def test_a_sound_beside_the_included_script_is_found(folder: Path) -> None:
    part = folder / "parts" / "gong.md"
    part.write_text('!["sounds/gong.mp3"] Listen.\n')
    (folder / "parts" / "sounds" / "gong.mp3").write_bytes(
        (library.data_folder("sounds") / "bell.mp3").read_bytes()
    )
    of = load(main(folder, "parts/gong.md"), {})
    assert set(render.load_marks(of)) == {"parts/sounds/gong.mp3"}
