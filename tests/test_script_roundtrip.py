"""What is printed is read back; whatever is read is a script or a ``ScriptError``."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audiocoach.errors import Problem, ScriptError
from audiocoach.library import data_folder
from audiocoach.routine import Anchor, Backdrop, Break, Hold, Pace, Place, Routine, Sound
from audiocoach.script import check, expand, parse, to_text
from audiocoach.script.tree import (
    ANNOUNCEMENTS,
    Announce,
    Block,
    Breathe,
    Choice,
    Count,
    Document,
    For,
    FrontMatter,
    Heading,
    If,
    Include,
    Marked,
    Name,
    Paragraph,
    Piece,
    Repeat,
    Run,
    Section,
    Timed,
    Words,
)

HERE = Place("x.md", 1)
SHIPPED = sorted(data_folder("scripts").glob("*.md"))

BACKDROPS = ["", "rain", "my sounds/sea 1.ogg -6dB + ocean", '"a + b.ogg" + none.wav', "none"]
MARKS = "".join(chr(code) for code in range(33, 127)) + "äß漢…—"
PLAIN = "abcXYZ019äß漢"


def bare(node: Any) -> Any:
    """A tree without its places."""
    if isinstance(node, tuple):
        return tuple(bare(item) for item in node)
    if is_dataclass(node) and not isinstance(node, type):
        return (
            type(node).__name__,
            *(
                bare(getattr(node, field.name))
                for field in fields(node)
                if field.name not in {"place", "path", "lines"}
            ),
        )
    return node


def words(alphabet: str = MARKS) -> st.SearchStrategy[str]:
    """Text that a voice can speak, with single spaces."""
    word = st.builds(
        lambda before, core, after: before + core + after,
        st.text(alphabet, max_size=3),
        st.sampled_from(PLAIN),
        st.text(alphabet, max_size=3),
    ).filter(lambda text: text[0] not in ".,;:!?" or len(text) > 1)
    return st.lists(word, min_size=1, max_size=4).map(" ".join)


names = st.sampled_from(["side", "hand", "größe", "x-1"])
lengths = st.integers(1, 90_000)
announcements = st.lists(st.sampled_from(ANNOUNCEMENTS), min_size=1, unique=True).map(
    lambda kinds: Announce(tuple(kinds), HERE)
)
_THREE_OR_FOUR = st.integers(3, 4)


ASKED = st.sampled_from(
    [
        (("rate", "slow"),),
        (("rate", "x-fast"), ("voice", "Anna 2")),
        (("emphasis", "strong"),),
        (("sub", 'one "two" (three) #1; 4'),),
        (("ipa", "ˈpi'kæn"), ("lang", "en-US")),
        (("characters", ""), ("pitch", "low"), ("volume", "x-loud")),
    ]
)
SECTIONS = st.sampled_from([(), (("voice", "joe"),), (("lang", "de"), ("voice", "anna"))])


@st.composite
def runs(draw: st.DrawFn, known: tuple[str, ...]) -> list[Run]:
    """As ``spoken``, with marked words between and beside the plain ones."""
    found: list[Run] = []
    for _ in range(draw(st.integers(0, 2))):
        found += draw(st.just([]) | st.builds(lambda text: [Words(text, HERE)], words()))
        text = tuple(draw(spoken(known)))
        found.append(Marked(text, draw(ASKED), HERE))
    return found or [*draw(spoken(known))]


@st.composite
def spoken(draw: st.DrawFn, known: tuple[str, ...]) -> list[Words | Name]:
    """Words and names by turns, as they touch each other."""
    if draw(st.booleans()) and known:
        name = Name(draw(st.sampled_from(known)), HERE)
        after = draw(st.sampled_from(["", " ", ", ", "'s "]))
        return [name, Words(after + draw(words(PLAIN)), HERE)]
    return [Words(draw(words()), HERE)]


@st.composite
def pieces(draw: st.DrawFn, known: tuple[str, ...]) -> tuple[Piece, ...]:
    found: list[Piece] = []
    for _ in range(draw(st.integers(1, 3))):
        kind = draw(st.integers(0, 4))
        if kind == 0 and not (found and isinstance(found[-1], Run)):
            found += draw(runs(known))
        elif kind == 1:
            found.append(Break(draw(lengths), HERE, draw(st.booleans())))
        elif kind == 2:
            every = draw(st.integers(500, 90_000))
            found.append(Count(draw(st.integers(1, 9)), every, draw(st.booleans()), HERE))
        elif kind == 3:
            beat = st.integers(500, 99_999)
            breath = [draw(beat), draw(st.just(0) | beat), draw(beat), draw(st.just(0) | beat)]
            pattern = tuple(breath[::2] if draw(st.booleans()) else breath[: draw(_THREE_OR_FOUR)])
            found.append(Breathe(pattern, draw(st.integers(1, 9)), draw(st.booleans()), HERE))
        else:
            sounds = st.sampled_from(["bell", "bells/low one.ogg", "bowl-2"])
            found.append(Sound(draw(sounds), HERE))
    return tuple(found)


@st.composite
def timed(draw: st.DrawFn, known: tuple[str, ...], hold: int) -> Timed:
    anchor = draw(st.sampled_from(Anchor))
    time = 0 if anchor is Anchor.HALF else draw(st.integers(1_000, hold - 1))
    count = draw(st.integers(1, 3)) if anchor is Anchor.EVERY else 1
    return Timed(anchor, time, tuple(draw(pieces(known)) for _ in range(count)), HERE)


@st.composite
def holds(draw: st.DrawFn) -> Hold:
    length = draw(st.integers(2_000, 90_000))
    until_done, protected = draw(st.booleans()), draw(st.booleans())
    if not until_done and not protected and draw(st.booleans()):
        longest = length + draw(st.integers(1, 90_000))
        middle = (length + longest) // 2
        return Hold(middle, until_done=False, place=HERE, shortest=length, longest=longest)
    return Hold(length, until_done=until_done, place=HERE, protected=protected)


@st.composite
def paragraphs(draw: st.DrawFn, known: tuple[str, ...]) -> Paragraph:
    hold = None
    cues: list[Timed] = []
    if draw(st.booleans()):
        hold = draw(holds())
        if not hold.until_done:
            cues = draw(st.lists(timed(known, hold.length), max_size=3))
    return Paragraph(draw(pieces(known)), hold, tuple(cues), HERE)


@st.composite
def blocks(draw: st.DrawFn, values: dict[str, tuple[str, ...]], depth: int) -> tuple[Block, ...]:
    found: list[Block] = []
    known = tuple(values)
    for _ in range(draw(st.integers(1, 3))):
        kind = draw(st.integers(0, 5 if depth else 1))
        unused = [name for name in ("side", "hand", "größe", "x-1") if name not in values]
        if kind == 2:
            count = draw(st.integers(1, 3))
            rounds = tuple(str(number) for number in range(1, count + 1))
            inner = {**values, "round": rounds, "rounds": rounds[-1:]}
            found.append(Repeat(count, draw(blocks(inner, depth - 1)), HERE))
        elif kind == 3 and unused:
            options = tuple(draw(st.lists(words(PLAIN), min_size=1, max_size=3)))
            options = tuple(option for option in options if not option.startswith("not "))
            options = options or ("a",)
            inner = {**values, unused[0]: options}
            found.append(For(unused[0], options, draw(blocks(inner, depth - 1)), HERE))
        elif kind == 5:
            given_value = words(PLAIN) | st.sampled_from(
                [Name(name, HERE) for name in known or ["x"]]
            )
            inner_names = draw(st.lists(names, max_size=2, unique=True)) if known else []
            given = tuple((name, draw(given_value)) for name in inner_names)
            files = st.sampled_from(["a.md", "parts/the arm.md"])
            found.append(Include(draw(files), given, HERE))
        elif kind == 4 and values:
            name = draw(st.sampled_from(known))
            inside = draw(blocks(values, depth - 1))
            otherwise = draw(blocks(values, depth - 1)) if draw(st.booleans()) else ()
            value = draw(st.sampled_from(values[name]))
            found.append(If(name, value, draw(st.booleans()), inside, otherwise, HERE))
        else:
            if kind:
                found.append(Heading(tuple(draw(spoken(known))), HERE))
            if draw(st.integers(0, 5)) == 0:
                found.append(Section(draw(SECTIONS), HERE))
            if draw(st.integers(0, 5)) == 0:
                found.append(Backdrop(draw(st.sampled_from(BACKDROPS)), HERE))
            found.append(draw(paragraphs(known)))
    return tuple(found)


@st.composite
def documents(draw: st.DrawFn) -> Document:
    values = st.sampled_from(["no", "on", "1", "0x1", "chair"])
    choices: dict[str, tuple[str, ...]] = {}
    if draw(st.booleans()):
        choices["position"] = tuple(draw(st.lists(values, min_size=2, max_size=3, unique=True)))
    front = FrontMatter(
        title=draw(words()),
        summary=draw(st.just("") | words()),
        language=draw(st.sampled_from(["en-US", "de", "no", "zh-Hant-TW"])),
        ambience=draw(st.sampled_from([text for text in BACKDROPS if text])),
        pace=draw(st.sampled_from(Pace)),
        length=draw(st.none() | lengths),
        tags=tuple(draw(st.lists(words(), max_size=3, unique=True))),
        announce=draw(st.none() | announcements),
        choices=tuple(Choice(name, values, HERE) for name, values in choices.items()),
        say_as=tuple(
            draw(st.dictionaries(words(PLAIN).map(str.lower), words(), max_size=2)).items()
        ),
    )
    return Document(front, draw(blocks(dict(choices), 2)), "x.md", ())


@given(documents())
@settings(max_examples=80, deadline=None)
def test_what_is_printed_is_read_back(document: Document) -> None:
    text = to_text(document)
    assert bare(parse(text, "other.md")) == bare(document)


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_the_shipped_scripts_have_no_problems_and_are_read_back(path: Path) -> None:
    assert check(path) == ()
    document = parse(path.read_bytes(), str(path))
    again = parse(to_text(document), str(path))

    assert bare(again) == bare(document)
    assert bare(expand(again, {})) == bare(expand(document, {}))


def test_there_are_shipped_scripts() -> None:
    assert SHIPPED


FRAGMENTS = st.sampled_from(
    [
        "\n", "\n\n", "\n", " ", "    ", "\t", "---\n", "---", "# ", "## ", "> ", "- ", "* ",
        "+ ", "1. ", "- at half: ", "- at 5s: ", "- 5s left: ", "- every 5s: ", " / ", ":",
        "[for 60s]", "[for 60s]\n", "[until done, 40s]", "[5s]", "[", "]", "[x]", "[60s!]",
        "[for 40s..90s]", "[count 3]", "[count down 5 every 2s]", "[breathe 4-7-8 x6 swell]",
        '!["bell"]', "![", "](", ")", "{", "}", "{side}", "{next}", "{round}", ":::\n", "::: ",
        "::: repeat 3\n", "::: for side in a, b\n", "::: if side is a\n", "::: if a is b\n",
        "::: if a is not b\n", "::: else\n", "::: include x.md\n", "::: include a.md with side b\n",
        "is", "in", ",", "<!--", "-->",
        "<!-- a -->", "<b>", "</div>\n", "<div>\n", "<", "&amp;", "&#0;", "&", ";", "\\", "*",
        "(", ")", "(a)", '[sub:"b"]', '(a)[rate:"slow"]', '#[voice:"joe"]\n', "#[voice]", "+",
        '#[ambience:"rain + drone -6dB"]', "#[ambience]\n", "#[ambience: ", " + ", "-6dB",
        "+a+", "++a++", '[break:"weak"]', "[rate", ";volume:'soft'",
        "**", "_", "`", "```\n", "~~~\n", "~~", "++", "|", "===\n", "***\n", "...\n",
        "title: a\n", "choices:\n", "  a: [b, c]\n", "say-as: {a: b}\n", "tags: [",
        "length: 20m\n", "announce: next, halfway\n",
        "pace: calm\n", "'", '"', "\r", "\r\n", "\x00", "\ud800", "\ufeff", "\u2028", "\x85",
        "\x0c", "\xa0", "a", "words", "é",
    ]
)  # fmt: skip


def document_of(text: str | bytes) -> Document | ScriptError:
    try:
        return parse(text, "x.md")
    except ScriptError as error:
        return error


def routine_of(document: Document) -> Routine | ScriptError:
    try:
        return expand(document, {})
    except ScriptError as error:
        return error


def assert_readable(text: str | bytes) -> None:
    """A script that can be printed and read back, or an error with every place in the text."""
    document = document_of(text)
    if isinstance(document, ScriptError):
        assert document.problems
        for problem in document.problems:
            assert_in_text(problem)
        return
    assert bare(parse(to_text(document), "x.md")) == bare(document)
    routine = routine_of(document)
    if isinstance(routine, ScriptError):
        assert routine.problems
        return
    assert all(chapter.steps for chapter in routine.chapters)
    for cue in routine.cues():
        assert any(char.isalnum() for char in cue.spoken)
        if not document.front.say_as:
            assert cue.words == cue.text


def assert_in_text(problem: Problem) -> None:
    assert problem.line >= 1
    assert problem.column >= 1
    assert problem.width >= 1
    if problem.source:
        assert problem.column <= len(problem.source) + 1


@given(st.lists(FRAGMENTS, max_size=30).map("".join))
@settings(max_examples=400, deadline=None)
def test_any_mixture_of_the_language_is_read(text: str) -> None:
    assert_readable(text)


@given(st.lists(FRAGMENTS, max_size=15).map("".join), st.lists(FRAGMENTS, max_size=15).map("".join))
@settings(max_examples=200, deadline=None)
def test_any_front_matter_is_read(front: str, body: str) -> None:
    assert_readable(f"---\n{front}\n---\n{body}")


@given(st.text(max_size=60) | st.binary(max_size=60))
@settings(max_examples=200, deadline=None)
def test_any_text_is_read(text: str | bytes) -> None:
    assert_readable(text)


@given(st.text("[]{}*_<>!&;:#-+|()/\\`~().\n aé1", max_size=40))
@settings(max_examples=400, deadline=None)
def test_no_mark_is_spoken_and_no_word_lost(text: str) -> None:
    """Words survive in order; of the characters of marks only plain ones are spoken."""
    document = document_of(text)
    routine = document if isinstance(document, ScriptError) else routine_of(document)
    if isinstance(routine, ScriptError):
        return
    spoken_text = "".join(cue.text for cue in routine.cues())
    titles = "".join(chapter.title for chapter in routine.chapters)
    if "\\" not in text and "&" not in text:
        assert not set(spoken_text) & set("[]{}*`|")
    if not set(text) & set("<>#&"):
        kept = [char for char in text if char.isalnum()]
        assert [char for char in spoken_text if char.isalnum()] == kept
    assert titles
