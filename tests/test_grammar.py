"""The grammar in ``docs/script-format.md`` and the parser say the same."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Collection, Iterable, Iterator
from functools import cache
from pathlib import Path

import pytest
from ebnf import Chars, Either, Part, Reader, Row, Rule, Text, Times
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from audiocoach.errors import ScriptError
from audiocoach.routine import Pace
from audiocoach.script import directives, marks, modifiers, parse, timed, tree
from audiocoach.script.frontmatter import _Reader
from audiocoach.script.names import RESERVED
from audiocoach.script.problems import Problems, Stretch
from audiocoach.units import HOUR, SECOND, Ms, parse_duration

PAGE = Path(__file__).parent.parent / "docs" / "script-format.md"
BLOCK = re.compile(r"^```ebnf\n(.*?)^```$", re.DOTALL | re.MULTILINE)

CONTEXT = (
    "this chapter is empty",  # its steps would begin with another chapter, in a block
    "this script has no steps",
    "there is nothing to see or to speak here",  # [break:"none"] alone
    "this cue has nothing to say",  # the same
    " stands here twice",  # a key, or a word of a bracket
    "this title is too long",
)
"""What a grammar cannot say, and what the sentences made from it do not all keep to."""

LEAST, MOST = 300, 2_000
"""Scripts that are tried until all of the grammar was met."""


def _grammar_text() -> str:
    (block,) = BLOCK.findall(PAGE.read_text(encoding="utf-8"))
    return str(block)


GRAMMAR_TEXT = _grammar_text()
RULES = Reader(GRAMMAR_TEXT).rules


def _parts(part: Part) -> Iterator[Part]:
    yield part
    match part:
        case Row(parts) | Either(parts):
            for inner in parts:
                yield from _parts(inner)
        case Times(inner):
            yield from _parts(inner)


EVERY_PART = [part for rule in RULES.values() for part in _parts(rule)]


@cache
def _depths() -> dict[str, int]:
    """How many rules inside each other the shortest sentence of each rule takes."""
    known: dict[str, int] = {}
    while True:
        found = {name: 1 + depth for name in RULES if (depth := _depth(RULES[name], known)) < 99}
        if found == known:
            return known
        known = found


def _depth(part: Part, known: dict[str, int]) -> int:
    match part:
        case Rule(name):
            return known.get(name, 99)
        case Row(parts):
            return max(_depth(inner, known) for inner in parts)
        case Either(parts):
            return min(_depth(inner, known) for inner in parts)
        case Times(inner, least):
            return _depth(inner, known) if least else 0
        case _:
            return 0


Choose = Callable[[int], int]
"""From a number, one from 0 to below it."""


class Writer:
    """Writes sentences, and keeps to what a grammar cannot say about names and times."""

    def __init__(
        self, choose: Choose, budget: int = 150, known: Collection[tuple[Part, int]] = ()
    ) -> None:
        self._choose = choose
        self._seen = known
        """Sides of an ``Either`` that others are preferred to."""
        self._budget = budget
        self._path: list[str] = []
        self._known: dict[str, list[str]] = {}
        """Names that stand for something here, and what a condition may ask for."""
        self._used: set[str] = {*RESERVED}
        self._name = ""
        self._hold: Ms = HOUR
        self._rules: dict[str, Callable[[], str]] = {
            "entry": self._entry,
            "name": self._a_name,
            "in-braces": self._in_braces,
            "value": self._a_value,
            "plain": self._plain,
            "duration": self._duration,
            "range": self._range,
            "entity": self._entity,
            "for": self._for,
            "if": self._if,
            "repeat": self._repeat,
        }
        self.taken: set[tuple[Part, int]] = set()
        """Which side of each ``Either`` stands in what was written."""

    def write(self, part: Part) -> str:
        match part:
            case Text(text):
                return text
            case Chars(chars):
                return chars[self._choose(len(chars))]
            case Rule(name):
                self._path.append(name)
                text = self._rules.get(name, self._as_it_is)()
                self._path.pop()
                return text
            case Row(parts):
                return "".join(self.write(inner) for inner in parts)
            case Either(parts):
                depths = [_depth(inner, _depths()) for inner in parts]
                few = [index for index, depth in enumerate(depths) if depth == min(depths)]
                if self._has_room():
                    every = list(range(len(parts)))
                    few = [one for one in every if (part, one) not in self._seen] or every
                index = few[self._choose(len(few))]
                self.taken.add((part, index))
                return self.write(parts[index])
            case Times(inner, least, most):
                count = least + (self._choose(most - least + 1) if self._has_room() else 0)
                return "".join(self.write(inner) for _ in range(count))

    def _has_room(self) -> bool:
        self._budget -= 1
        return self._budget > 0 and len(self._path) < 24

    def _as_it_is(self) -> str:
        return self.write(RULES[self._path[-1]])

    def _in(self, *names: str) -> bool:
        return len(self._path) > 1 and self._path[-2] in names

    def _new(self, text: str) -> str:
        while text.lower() in self._used:
            text += "x"
        self._used.add(text.lower())
        return text

    # Each writes one rule.

    def _entry(self) -> str:
        known = {**self._known}
        text = self._as_it_is()
        key = text.partition(":")[0] + ":"
        if key in self._used:
            self._known = known
            return ""
        self._used.add(key)
        return text

    def _a_name(self) -> str:
        if self._in("if"):
            asked = [name for name, values in self._known.items() if values]
            self._name = asked[self._choose(len(asked))]
        elif self._in("in-braces"):
            few = [*self._known]
            if "title" not in self._path and "given" not in self._path:
                few.append("next")
            return few[self._choose(len(few))]
        else:
            self._name = self._new(self._as_it_is())
            if self._in("choice", "for"):
                self._known[self._name] = []
        return self._name

    def _in_braces(self) -> str:
        lost = "title" in self._path or "given" in self._path
        return "x" if lost and not self._known else self._as_it_is()

    def _a_value(self) -> str:
        self._known[self._name].append(self._new(self._as_it_is()))
        return self._known[self._name][-1]

    def _plain(self) -> str:
        if self._in("if"):
            values = self._known[self._name]
            return values[self._choose(len(values))]
        text = self._as_it_is()
        if self._in("for"):
            self._known[self._name].append(text)
        return text

    def _duration(self) -> str:
        text = self._as_it_is()
        length = parse_duration(text)
        if self._in("cue", "moment"):
            return text if SECOND <= length < self._hold else "1s"
        if not 2 * SECOND <= length <= HOUR:
            text = "2m"
        if self._in("lasting"):
            self._hold = parse_duration(text)
        return text

    def _range(self) -> str:
        first, last = sorted(self._as_it_is().split(".."), key=parse_duration)
        self._hold = parse_duration(first)
        return f"{first}..{last}" if self._hold < parse_duration(last) else f"{first}..2h"

    def _entity(self) -> str:
        known = {"&#": "&#228;", "&#x": "&#xE4;"}
        return known.get(re.sub(r"[^&#x].*", "", self._as_it_is()), "&eacute;")

    def _for(self) -> str:
        known = {**self._known}
        text = self._as_it_is()
        self._known = known
        return text

    def _if(self) -> str:
        if any(self._known.values()):
            return self._as_it_is()
        self._path[-1] = "repeat"
        return self._repeat()

    def _repeat(self) -> str:
        known = {**self._known}
        self._known |= {"round": ["1"], "rounds": []}
        text = self._as_it_is()
        self._known = known
        return text


def wrong_in(text: str) -> list[str]:
    """What the parser finds, apart from what no grammar can say."""
    try:
        parse(text, "x.md")
    except ScriptError as error:
        return [
            f"{problem}"
            for problem in error.problems
            if not any(context in problem.message for context in CONTEXT)
        ]
    return []


@given(st.data())
@settings(
    max_examples=60,
    suppress_health_check=list(HealthCheck),
    phases=(Phase.reuse, Phase.generate),  # a sentence that is wrong is short enough
)
def test_every_sentence_is_a_script(data: st.DataObject) -> None:
    text = Writer(lambda most: data.draw(st.integers(0, most - 1))).write(Rule("script"))

    assert not wrong_in(text), text


def test_every_way_of_every_rule_is_a_script() -> None:
    ways = {(p, i) for p in EVERY_PART if isinstance(p, Either) for i in range(len(p.parts))}
    taken: set[tuple[Part, int]] = set()
    tried = accepted = 0
    while tried < LEAST or (tried < MOST and ways - taken):
        writer = Writer(random.Random(tried).randrange, 400, taken)  # noqa: S311 - no secret
        text = writer.write(Rule("script"))
        tried += 1
        assert not wrong_in(text), text
        try:
            parse(text, "x.md")
        except ScriptError:
            continue
        taken |= writer.taken
        accepted += 1

    assert accepted > tried // 2
    assert not ways - taken


def test_every_rule_is_there_and_used() -> None:
    asked = {part.name for part in EVERY_PART if isinstance(part, Rule)}

    assert asked | {"script"} == set(RULES)


def test_every_key_of_front_matter_is_in_the_grammar() -> None:
    keys = set(_Reader(Stretch("x.md", [(1, 1, "")]), Problems("x.md", ("",)))._keys)

    texts = [part.text for part in _parts(RULES["entry"]) if isinstance(part, Text)]

    assert {text.partition(":")[0] for text in texts if re.match(r"[a-z-]+:", text)} == keys


LITERALS = {
    word
    for part in EVERY_PART
    if isinstance(part, Text)
    for word in re.findall(r"[a-z0-9]+(?:-[a-z]+)*", part.text)
}


@pytest.mark.parametrize(
    "words",
    [
        directives._WORDS,
        modifiers._ORDER,
        modifiers._ALIASES,
        modifiers._DEFAULTS[:-1],
        *modifiers.LEVELS.values(),
        marks.STRENGTHS,
        tree.ANNOUNCEMENTS,
        [str(pace) for pace in Pace],
    ],
)
def test_every_word_that_the_parser_knows_is_in_the_grammar(words: Iterable[str]) -> None:
    assert not set(words) - LITERALS


def sentences(rule: str) -> list[str]:
    return [
        Writer(random.Random(seed).randrange).write(Rule(rule))  # noqa: S311 - no secret
        for seed in range(60)
    ]


def _forms(patterns: Iterable[re.Pattern[str]]) -> set[tuple[str, str]]:
    """Each pattern with each of its groups: those that may be left out are forms too."""
    return {(one.pattern, group) for one in patterns for group in ("", *one.groupindex)}


def _met(patterns: Iterable[re.Pattern[str]], texts: Iterable[str]) -> set[tuple[str, str]]:
    met = set()
    every = list(texts)
    for one in patterns:
        for match in filter(None, map(one.fullmatch, every)):
            met |= {
                (one.pattern, ""),
                *((one.pattern, key) for key in one.groupindex if match[key]),
            }
    return met


def test_every_form_of_a_mark_is_in_the_grammar() -> None:
    patterns = [pattern for pattern, _ in marks._MARKS]
    rules = ("break", "lasting", "until-done", "count", "breathe")
    inner = [text[1:-1] for rule in rules for text in sentences(rule)]

    # A range that is protected is read only to say that it cannot be.
    between = next(pattern.pattern for pattern in patterns if "longest" in pattern.groupindex)
    assert _forms(patterns) - _met(patterns, inner) == {(between, "keep")}


def test_every_time_of_a_cue_is_in_the_grammar() -> None:
    patterns = [pattern for pattern, _ in timed._HEADS]
    times = [text[2:].partition(":")[0] for text in sentences("cue")]

    assert not _forms(patterns) - _met(patterns, times)


def test_durations_are_those_of_the_program() -> None:
    assert all(parse_duration(text) for text in sentences("duration"))
