"""Syntax tree -> routine: choices are taken, loops unrolled, names filled."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from audiocoach.errors import NotFoundError, nearest
from audiocoach.routine import Asked, Backdrop, Place, Routine
from audiocoach.script.announce import Announcer
from audiocoach.script.fill import Filler, Names, Unrolled, UnrolledChapter
from audiocoach.script.includes import included_documents, wrong_value
from audiocoach.script.limits import MAX_PARTS, MAX_STEPS, MAX_VISITS
from audiocoach.script.paced import weight
from audiocoach.script.problems import Problems
from audiocoach.script.tree import (
    Block,
    Document,
    For,
    Heading,
    If,
    Include,
    Name,
    Paragraph,
    Repeat,
    Section,
)


def choose(document: Document, choices: Names) -> dict[str, str]:
    """A value for every choice of the script.

    Raises ``NotFoundError`` for a choice or a value that it does not have.
    """
    known = {choice.name: choice.values for choice in document.front.choices}
    for name, value in choices.items():
        if name not in known:
            if not known:
                raise NotFoundError(f'there is no choice "{name}": this routine has no choices')
            raise NotFoundError(f'no choice is called "{name}"{nearest(name, known)}')
        if value not in known[name]:
            raise NotFoundError(f'"{name}" cannot be "{value}"{nearest(value, known[name])}')
    return {name: choices.get(name, values[0]) for name, values in known.items()}


def expand_document(document: Document, choices: Names) -> Routine:
    """See ``audiocoach.script.expand``."""
    problems = Problems(
        document.path,
        document.lines,
        {other.path: other.lines for other in included_documents(document)},
    )
    announcer = Announcer(document, problems)
    unrolled = _Unroller(problems, announcer)
    unrolled.run(document.blocks, choose(document, choices))
    routine = Filler(document, problems, announcer).routine(unrolled.chapters)
    problems.check()
    return routine


class _Unroller:
    """Walks the tree as often as its loops say; raises as soon as that is too much."""

    def __init__(self, problems: Problems, announcer: Announcer) -> None:
        self._announcer = announcer
        self.chapters: list[UnrolledChapter] = []
        self._problems = problems
        self._asked: Asked = ()
        self._backdrop: Backdrop | None = None
        self._visits = 0
        self._steps = 0
        self._parts = 0

    def run(self, blocks: Sequence[Block], names: Names, loop: Place | None = None) -> None:
        """``loop``: the loop that the blocks stand in."""
        for block in blocks:
            self._count(block, loop or block.place)
            match block:
                case Heading():
                    self._begin(block, names)
                case Paragraph():
                    if not self.chapters:
                        self._begin(None, names)
                    step = Unrolled(block, names, self._asked, self._backdrop)
                    self.chapters[-1].steps.append(step)
                case Section():
                    self._asked = block.asked
                case Backdrop():
                    self._backdrop = block if block.layers else None
                case Repeat() | For():
                    self._loop(block, names)
                case Include():
                    self._include(block, names, loop or block.place)
                case If():
                    taken = (names[block.name] == block.value) is not block.negated
                    self.run(block.blocks if taken else block.otherwise, names, loop)

    def _loop(self, block: Repeat | For, names: Names) -> None:
        for number, inner in enumerate(_rounds(block), 1):
            self._visits += 1
            inside = block.blocks
            if isinstance(block, Repeat) and "round" not in names:
                inside = self._announcer.round(block, number, self._asked)
            self.run(inside, {**names, **inner}, block.place)

    def _include(self, block: Include, names: Names, loop: Place) -> None:
        """The steps of another script, with no names but its own.

        Sections reach into it, but none out of it.
        """
        document = block.document
        if document is None:
            self._problems.add(block.place, f"{block.name} was not read")
            return
        choices = {choice.name: choice.values for choice in document.front.choices}
        inner = {name: values[0] for name, values in choices.items()}
        for name, value in block.values:
            inner[name] = names[value.name] if isinstance(value, Name) else value
            if wrong := wrong_value(choices, name, inner[name]):
                self._problems.add(block.place, f"in {block.name}, {wrong}", len("::: include"))
        asked, backdrop = self._asked, self._backdrop
        self.run(document.blocks, inner, loop)
        self._asked, self._backdrop = asked, backdrop

    def _begin(self, heading: Heading | None, names: Names) -> None:
        if self.chapters and not self.chapters[-1].steps:
            self.chapters.pop()
        self.chapters.append(UnrolledChapter(heading, names))

    def _count(self, block: Block, loop: Place) -> None:
        self._visits += 1
        if isinstance(block, Paragraph):
            self._steps += 1
            self._parts += weight(block.pieces)
            self._parts += sum(1 + sum(map(weight, timed.texts)) for timed in block.timed)
        too_much = [
            f"{most} {what}"
            for count, most, what in (
                (self._steps, MAX_STEPS, "steps"),
                (self._parts, MAX_PARTS, "cues, breaks and sounds"),
                (self._visits, MAX_VISITS, "rounds"),
            )
            if count > most
        ]
        if too_much:
            self._problems.add(
                loop, f"with this the routine has more than {too_much[0]}, which is too much", 3
            )
            self._problems.check()


def _rounds(block: Repeat | For) -> Iterator[dict[str, str]]:
    """The names of each round."""
    if isinstance(block, For):
        yield from ({block.name: value} for value in block.values)
        return
    for number in range(1, block.count + 1):
        yield {"round": str(number), "rounds": str(block.count)}
