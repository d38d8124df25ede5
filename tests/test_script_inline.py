"""The marks inside a paragraph, and where they are."""

from __future__ import annotations

import pytest

from audiocoach.errors import ScriptError
from audiocoach.routine import Break, Cue, Hold, Part, Sound, Step
from audiocoach.script import expand, parse


def step(text: str) -> Step:
    return expand(parse(text, "x.md"), {}).chapters[0].steps[0]


def short(part: Part) -> str | int:
    """A cue as its text, a break as its milliseconds, a sound in brackets."""
    if isinstance(part, Cue):
        return part.text
    return f"<{part.name}>" if isinstance(part, Sound) else part.length


def parts(text: str) -> list[str | int]:
    return [short(part) for part in step(text).parts]


def problems(text: str) -> list[str]:
    with pytest.raises(ScriptError) as caught:
        parse(text, "x.md")
    return [f"{found.line}:{found.column}: {found.message}" for found in caught.value.problems]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Breathe.", ["Breathe."]),
        ("Breathe  in\n   and\tout.", ["Breathe in and out."]),
        ("In. [4s] ...and out.", ["In.", 4000, "...and out."]),
        ("In. [4s] Out. [1m30s]", ["In.", 4000, "Out.", 90_000]),
        ("In.[4s]Out.", ["In.", 4000, "Out."]),
        ("[500ms] [1.5s]", [500, 1500]),
        ("Stop![5s]", ["Stop!", 5000]),
        ('!["bell"]', ["<bell>"]),
        ('Ready? !["bells/low one.ogg"] Go.', ["Ready?", "<bells/low one.ogg>", "Go."]),
        ("*Slow* and **very _even_ now**, __please__", ["Slow and very even now, please"]),
        ("***Slow** down*", ["Slow down"]),
        ("*Slow [2s] down*", ["Slow", 2000, "down"]),
        ("snake_case stays", ["snake_case stays"]),
        (
            r"\[5s\] \{side\} \*a\* \_b\_ \\ \# \<b\> \`c\` \| \&amp; \/",
            [r"[5s] {side} *a* _b_ \ # <b> `c` | &amp; /"],
        ),
        ("Tom &amp; Ann &lt;3 caf&eacute; &#233; &#x41;", ["Tom & Ann <3 café é A"]),
        ("AT&T & co; a < b > c", ["AT&T & co; a < b > c"]),
        ("a&nbsp;b", ["a b"]),
        ("Words<!-- a note --> go on <!-- [5s] {x} ` --> here.", ["Words go on here."]),
        ("Over <!-- two\nlines --> here.", ["Over here."]),
        ("his / her / 1/2", ["his / her / 1/2"]),
        ("C\\+\\+, #1, 5:30, wow!", ["C++, #1, 5:30, wow!"]),
        ("A mark over [until\n done, 40s]", ["A mark over"]),
    ],
)
def test_what_is_spoken(text: str, expected: list[str | int]) -> None:
    assert parts(text) == expected


def test_a_hold_ends_its_paragraph() -> None:
    for_a_minute = step("Rest here. [for 60s]").hold
    until_done = step("Turn over. [until done, 40s]\n").hold
    alone = step("[for 2h]")

    assert isinstance(for_a_minute, Hold)
    assert (for_a_minute.length, for_a_minute.until_done) == (60_000, False)
    assert until_done is not None
    assert (until_done.length, until_done.until_done) == (40_000, True)
    assert alone.parts == ()
    assert alone.hold is not None


def test_a_length_can_be_protected() -> None:
    (words, kept), hold = step("In. [4s!] [for 60s!]").parts, step("In. [4s!] [for 60s!]").hold
    assert isinstance(kept, Break)
    assert isinstance(words, Cue)
    assert hold is not None
    assert (kept.length, kept.protected) == (4_000, True)
    assert (hold.length, hold.protected) == (60_000, True)
    until_done = step("Turn. [until done, 40s!]").hold
    assert until_done is not None
    assert until_done.protected


def test_a_range_lasts_its_middle() -> None:
    hold = step("Sweep. [for 40s..1.5m]").hold
    assert hold is not None
    assert (hold.shortest, hold.length, hold.longest) == (40_000, 65_000, 90_000)
    assert not hold.protected


def test_every_part_has_its_place_also_in_the_second_line() -> None:
    found = step('First words. [2s]\n   &lt;then&gt; \n\t!["bell"] *More* [for 9s]')

    places = [(part.place.line, part.place.column) for part in found.parts]
    assert places == [(1, 1), (1, 14), (2, 4), (3, 2), (3, 13)]
    assert isinstance(found.parts[3], Sound)
    assert found.hold is not None
    assert (found.hold.place.line, found.hold.place.column) == (3, 19)
    assert found.place == found.parts[0].place


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a [5sec]", '1:3: in [5sec]: "5sec" is no length of time; write it like 5s, 1m30s or'),
        ("a [5]", '1:3: in [5]: "5" is no length'),
        ("a [0s]", "1:3: in [0s]: 0s is no time at all"),
        ("a [25h]", "1:3: in [25h]: 25h is too long; the most is 24h"),
        ("a [99999999999999999999h]", "1:3: in [999"),
        ("a [untill done, 40s]", '1:3: [untill done, 40s] is no mark; did you mean "[until done'),
        ("a [until done]", '1:3: [until done] is no mark; did you mean "[until done, 40s]"?'),
        ("a\nbc [x] d", "2:4: [x] is no mark; there is [5s], [for 60s], [until done, 40s]"),
        ("a [for 9s] b", "1:3: this must end its paragraph"),
        ("a [for 9s] [until done, 9s]", "1:3: this must end its paragraph"),
        ("a [5s!!]", "1:3: [5s!!] is no mark"),
        ("a [for 90s..40s]", "1:3: in [for 90s..40s]: the shorter length comes first"),
        ("a [for 40s..40s]", "1:3: in [for 40s..40s]: the shorter length comes first"),
        ("a [for 40s..90s!]", "1:3: in [for 40s..90s!]: a range of lengths is there to be used"),
        ("a [for 40s..9]", '1:3: in [for 40s..9]: "9" is no length of time'),
        ("a [for 40s...90s]", "1:3: [for 40s...90s] is no mark"),
        ("a [count]", "1:3: [count] is no mark; there is"),
        ("a [count 0]", "1:3: in [count 0]: 0 cannot be counted; write 1 to 1000"),
        ("a [count 1001]", "1:3: in [count 1001]: 1001 cannot be counted"),
        ("a [count 8 every 100ms]", "1:3: in [count 8 every 100ms]: 100ms is too fast"),
        ("a [count 8 every 4]", '1:3: in [count 8 every 4]: "4" is no length of time'),
        ("a [breathe 4]", "1:3: in [breathe 4]: a breath has two to four times in seconds"),
        ("a [breathe 4-4-4-4-4 x2]", "1:3: in [breathe 4-4-4-4-4 x2]: a breath has two to four"),
        ("a [breathe 0-4 x2]", "1:3: in [breathe 0-4 x2]: this is too fast"),
        ("a [breathe 4-0.1-4 x2]", "1:3: in [breathe 4-0.1-4 x2]: this is too fast"),
        ("a [breathe 4-4 x0]", "1:3: in [breathe 4-4 x0]: 0 breaths are not possible"),
        ("a [breath 4-7-8 x6]", '1:3: [breath 4-7-8 x6] is no mark; did you mean "[breathe 4-7-8'),
        ('a #[voice:"x"] b', "1:3: this must begin a paragraph"),
        ("a ++b", "1:3: this ++ marks no emphasis"),
        ("a ++b c++d", "1:3: this ++ marks no emphasis"),
        ("a [b](c)", "1:3: links are not part of the language"),
        ("[5s](c)", "1:1: links are not part of the language"),
        ("a ![b](c)", "1:3: images are not part of the language"),
        ("a <https://x.org>", "1:3: HTML and <links> are not part of the language"),
        ("a <b>c", "1:3: HTML and <links> are not part of the language"),
        ("a `b` c", "1:3: code is not part of the language"),
        ("a ~~b~~ c", "1:3: text that is struck out is not part of the language"),
        ("a | b", "1:3: tables are not part of the language"),
        ("a ::: b", "1:3: ::: stands at the start of a line"),
        ("a *b", "1:3: this * marks no emphasis"),
        ("a * b", "1:3: this * marks no emphasis"),
        ("a *b _c* d", "1:6: this _ marks no emphasis"),
        ("2 ** 3", "1:3: this * marks no emphasis"),
        ("a [b", "1:3: this [ has no ]"),
        ("a b]", "1:4: this ] has no ["),
        ("a {b", "1:3: this { has no }"),
        ("a b}", "1:4: this } has no {"),
        ("a {b c}", '1:3: "b c" is no name'),
        ("a {}", '1:3: "" is no name'),
        ("a\\b", "1:2: this backslash does nothing"),
        ("a\\\nb", "1:2: this backslash does nothing"),
        ("a &nix; b", "1:3: &nix; stands for no character"),
        ("a &#0; &#27; &#xD800;", "1:3: &#0; stands for no character"),
        ("a <!-- b", "1:3: this comment is not closed"),
        ("In [5s]. Out", '1:8: there is nothing to speak in "."'),
        ("a [5s] ... [5s]", '1:8: there is nothing to speak in "..."'),
        ("— [5s]", '1:1: there is nothing to speak in "—"'),
        ("a !['bell'] b", "1:4: ['bell'] is no mark"),
        ("a ![“bell”] b", '1:3: a sound is written !["bell"]'),
        ("#Heading", "1:1: write a space after the #"),
    ],
)
def test_what_is_reported(text: str, expected: str) -> None:
    assert problems(text)[0].startswith(expected)


@pytest.mark.parametrize(
    "name",
    [
        "../bell", "a/../b", "/bell", "./bell", "a\\\\b", "C:bell", "http://x/y", "a//b", "a/", "",
        ".hidden", "a/.b", "bell.", "bell ", ".. /x", "nul", "a/COM1.ogg", "~/x?", "x" * 250,
    ],
)  # fmt: skip
def test_a_sound_stays_in_the_folder(name: str) -> None:
    assert "sound" in problems(f'a !["{name}"]')[0]


def test_one_problem_for_a_pair_and_one_for_each_other() -> None:
    found = problems("a `b` | c | `d` [x]")

    assert [text.partition(":")[2][:2] for text in found] == ["3:", "7:", "11", "13", "17"]


def test_a_caret_marks_the_whole_mark() -> None:
    with pytest.raises(ScriptError) as caught:
        parse("Wait [5sec] here", "x.md")

    assert str(caught.value).splitlines()[1:] == ["    Wait [5sec] here", "         ^^^^^^"]
