"""What is not wrong in a script, but hardly meant: warnings for its author.

Pure: takes the tree of a script and its timelines, one for each way it can be played, and
tells what a listener would notice.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from itertools import pairwise
from typing import Any

from audiocoach.routine import Anchor, Beats, Break, Cue, Part, Place, Routine, Sound
from audiocoach.script.problems import Problems
from audiocoach.script.tree import Block, Document, For, If, Include, Name, Paragraph, Repeat
from audiocoach.timeline import Notice, PlacedStep, Timeline
from audiocoach.units import MINUTE, SECOND, Ms, format_duration

LONGEST_QUIET: Ms = MINUTE
"""Working time without a cue; after it, people wait in doubt."""
MOST_WORDS = 25
"""Words in one go; more cannot be remembered until the hands have done them."""
_REST: Ms = 10 * SECOND
"""A break that is long enough to do something in."""


@dataclass(frozen=True, slots=True)
class Warnings:
    """What was found, and where it depends on them the choices with which it was found."""

    always: tuple[Notice, ...]
    sometimes: tuple[tuple[Notice, Mapping[str, str]], ...]


class Review:
    """Looks at a script in every way that it can be played, one after the other."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self._problems = Problems(document.path, document.lines)
        self._found: dict[Notice, tuple[int, Mapping[str, str]]] = {}
        """How often each was found, and the choices with which it was found first."""
        self._ways = 0
        self._reached: set[Place] = set()
        """Steps that are played in one way or another."""
        self._alternatives: dict[Place, str] = {}
        """The texts of ``every`` cues, by the place of their first word."""
        self._said: set[Place] = set()

    def add(self, choices: Mapping[str, str], routine: Routine, timeline: Timeline) -> None:
        """Look at the script as it is played with these ``choices``."""
        self._ways += 1
        found = dict.fromkeys(timeline.notices)
        found |= dict.fromkeys(_quiet(timeline))
        found |= dict.fromkeys(_wordy(routine))
        found |= dict.fromkeys(_unequal(self._document, choices, timeline.steps))
        for notice in found:
            times, first = self._found.get(notice, (0, choices))
            self._found[notice] = (times + 1, first)
        self._remember(timeline)

    def warnings(self) -> Warnings:
        """Everything that was found; call it when every way was added."""
        always = [notice for notice, (times, _) in self._found.items() if times == self._ways]
        sometimes = [
            (notice, choices)
            for notice, (times, choices) in self._found.items()
            if times != self._ways
        ]
        always += _unused_loops(self._document.blocks)
        always += self._useless_choices()
        always += [
            Notice(place, f'"{text}" is never said: the step ends before its turn')
            for place, text in self._alternatives.items()
            if place not in self._said
        ]
        ways = 1
        for choice in self._document.front.choices:
            ways *= len(choice.values)
        if self._ways == ways:
            always += self._unreachable(self._document.blocks)
        return Warnings(tuple(always), tuple(sometimes))

    def _remember(self, timeline: Timeline) -> None:
        self._said |= {cue.cue.place for cue in timeline.cues}
        self._said |= {sound.sound.place for sound in timeline.sounds}
        for placed in timeline.steps:
            self._reached.add(placed.step.place)
            for timed in placed.step.timed:
                if timed.anchor is not Anchor.EVERY:
                    continue
                for text in timed.texts:
                    for part in text:
                        if isinstance(part, Cue | Sound):
                            words = part.text if isinstance(part, Cue) else part.name
                            self._alternatives.setdefault(part.place, words)
                            break

    def _useless_choices(self) -> Iterator[Notice]:
        """Choices, or single values of them, that make no difference."""
        used = _used(self._document.blocks)
        for choice in self._document.front.choices:
            if choice.name not in used:
                yield Notice(
                    choice.place,
                    f'the choice "{choice.name}" changes nothing; use it, as in '
                    f"::: if {choice.name} is {choice.values[-1]}",
                )
                continue
            asked = used[choice.name]
            if asked is None:
                continue
            alike = [value for value in choice.values if value not in asked]
            for value in alike[1:]:
                after = Place(
                    choice.place.path, choice.place.line, choice.place.column + len(choice.name)
                )
                yield Notice(
                    self._problems.find(value, after),
                    f'"{value}" changes nothing: all is as with "{alike[0]}"; use it in '
                    f"::: if {choice.name} is {value}, or leave it out",
                )

    def _unreachable(self, blocks: Iterable[Block]) -> Iterator[Notice]:
        """Sides of conditions that never come true."""
        for block in blocks:
            if isinstance(block, Repeat | For):
                yield from self._unreachable(block.blocks)
            if not isinstance(block, If):
                continue
            for side in (block.blocks, block.otherwise):
                steps = [
                    node.place
                    for node in _nodes(side, included=True)
                    if isinstance(node, Paragraph)
                ]
                if steps and self._reached.isdisjoint(steps):
                    place = block.place if side is block.blocks else side[0].place
                    yield Notice(place, "this is never said, whatever is chosen; delete it")
                else:
                    yield from self._unreachable(side)


# What shows in one timeline


def _quiet(timeline: Timeline) -> Iterator[Notice]:
    """Working times in which nothing is heard for too long."""
    heard: list[list[tuple[Ms, Ms]]] = [[] for _ in timeline.steps]
    for cue in timeline.cues:
        heard[cue.step].append((cue.start, cue.end))
    for sound in timeline.sounds:
        heard[sound.step].append((sound.start, sound.start))
    for placed, spans in zip(timeline.steps, heard, strict=True):
        hold = placed.step.hold
        if hold is None or hold.until_done:
            continue
        around = [(placed.start, placed.start), *sorted(spans), (placed.end, placed.end)]
        longest = max(after[0] - before[1] for before, after in pairwise(around))
        if longest > LONGEST_QUIET:
            yield Notice(
                hold.place,
                f"nothing is said for {format_duration(round(longest, -3))} here; a cue under "
                'the step, such as "- at half: Halfway.", takes doubt away',
            )


def _wordy(routine: Routine) -> Iterator[Notice]:
    """Paragraphs and cues that say too much in one go."""
    for chapter in routine.chapters:
        for step in chapter.steps:
            texts = [text for timed in step.timed for text in timed.texts]
            for what, parts in (("step", step.parts), *(("cue", text) for text in texts)):
                for words, place in _runs(parts):
                    if words > MOST_WORDS:
                        yield Notice(
                            place,
                            f"this {what} says {words} words in one go, more than one can "
                            f"keep in mind; make two of it, or put a break inside (up to "
                            f"{MOST_WORDS} words)",
                        )


def _runs(parts: Sequence[Part]) -> Iterator[tuple[int, Place]]:
    """Words that are spoken without a break, and where they begin."""
    words, place = 0, None
    for part in parts:
        if isinstance(part, Cue):
            place = place or part.place
            words += sum(any(map(str.isalnum, word)) for word in part.text.split())
        elif isinstance(part, Break | Beats) and place:
            yield words, place
            words, place = 0, None
    if place:
        yield words, place


def _unequal(
    document: Document, choices: Mapping[str, str], steps: Sequence[PlacedStep]
) -> Iterator[Notice]:
    """Loops whose passes give one side more time than another.

    Time to work in counts, not words: only one side needs to be told to change over.
    """
    loops = _Passes(steps)
    loops.walk(document.blocks, choices)
    if loops.lost:
        return  # the tree holds something that is not known here
    for loop, passes in loops.found:
        spans = [(value, steps[first:last]) for value, first, last in passes]
        for measure in (_held, _rested):
            lengths = {value: sum(map(measure, span)) for value, span in spans}
            longest, shortest = max(lengths.values()), min(lengths.values())
            if longest - shortest > SECOND + longest // 50:
                most, least = (
                    next(value for value, length in lengths.items() if length == wanted)
                    for wanted in (longest, shortest)
                )
                yield Notice(
                    loop.place,
                    f'"{most}" gets {_seconds(longest)} of time, "{least}" gets '
                    f"{_seconds(shortest)}; give each the same",
                )
            if longest:
                break


def _held(placed: PlacedStep) -> Ms:
    """The length of a step that lasts for a time."""
    hold = placed.step.hold
    return placed.end - placed.start if hold and not hold.until_done else 0


def _rested(placed: PlacedStep) -> Ms:
    """The breaks, counts and breaths of a step that are long enough to do something in."""
    breaks = (part.length for part in placed.step.parts if isinstance(part, Break | Beats))
    return sum(length for length in breaks if length >= _REST)


def _seconds(length: Ms) -> str:
    return format_duration(round(length, -3))


class _Passes:
    """Walks a tree as it is unrolled, and finds which steps each pass of a loop has."""

    def __init__(self, steps: Sequence[PlacedStep]) -> None:
        self._steps = steps
        self.count = 0
        """Steps so far."""
        self.lost = False
        """The tree and the steps have parted."""
        self.found: list[tuple[For, list[tuple[str, int, int]]]] = []
        """Loops; the value, the first step and the one after the last of each pass."""

    def walk(self, blocks: Iterable[Block], names: Mapping[str, str]) -> None:
        for block in blocks:
            match block:
                case Paragraph():
                    self._step(block)
                case Repeat():
                    for number in range(1, block.count + 1):
                        inner = {"round": str(number), "rounds": str(block.count)}
                        self.walk(block.blocks, {**names, **inner})
                case For():
                    passes = []
                    for value in block.values:
                        first = self.count
                        self.walk(block.blocks, {**names, block.name: value})
                        passes.append((value, first, self.count))
                    self.found.append((block, passes))
                case If():
                    taken = (names.get(block.name) == block.value) is not block.negated
                    self.walk(block.blocks if taken else block.otherwise, names)
                case Include(document=Document() as document):
                    given = {
                        name: names.get(value.name, "") if isinstance(value, Name) else value
                        for name, value in block.values
                    }
                    usual = {choice.name: choice.values[0] for choice in document.front.choices}
                    self.walk(document.blocks, {**usual, **given})
                case _:
                    pass

    def _step(self, step: Paragraph) -> None:
        """Find it; what the coach says of its own accord may stand before it."""
        while self.count < len(self._steps):
            self.count += 1
            if self._steps[self.count - 1].step.place == step.place:
                return
        self.lost = True


# What shows in the tree


def _unused_loops(blocks: Sequence[Block]) -> Iterator[Notice]:
    """Loops that never say or ask for their value."""
    for node in _nodes(blocks):
        if isinstance(node, For) and node.name not in _used(node.blocks):
            yield Notice(
                node.place,
                f'"{node.name}" is never used in this loop; say {{{node.name}}} in it, or write '
                f"::: repeat {len(node.values)}",
            )


def _used(blocks: Sequence[Block]) -> dict[str, set[str] | None]:
    """Names in use, and the values that they are compared with; ``None`` if they are said."""
    used: dict[str, set[str] | None] = {}
    for node in _nodes(blocks):
        if isinstance(node, Name):
            used[node.name] = None
        elif isinstance(node, If):
            values = used.setdefault(node.name, set())
            if values is not None:
                values.add(node.value)
    return used


def _nodes(tree: Any, *, included: bool = False) -> Iterator[Any]:
    """A tree and all that it holds, whatever its kinds of blocks; other scripts if asked."""
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        if isinstance(node, tuple):
            waiting.extend(reversed(node))
        elif is_dataclass(node) and (included or not isinstance(node, Document)):
            yield node
            inside = [getattr(node, field.name) for field in fields(node)]
            waiting.extend(value for value in reversed(inside) if not isinstance(value, str))
