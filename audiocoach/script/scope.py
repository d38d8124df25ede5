"""Checks what can be known of a tree before its choices are made: names and chapters."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache

from audiocoach.errors import nearest
from audiocoach.routine import Backdrop
from audiocoach.script.problems import Problems, quoted
from audiocoach.script.tree import (
    Block,
    Choice,
    For,
    Heading,
    If,
    Include,
    Marked,
    Name,
    Paragraph,
    Piece,
    Repeat,
    Section,
)

Scope = Mapping[str, Sequence[str]]
"""Names that are known, and the values that each may have."""

_MOST_LISTED = 40
"""Names or values that a message may list."""


def check_scope(
    blocks: Sequence[Block],
    choices: Sequence[Choice],
    given: Sequence[str],
    problems: Problems,
    *,
    known: bool,
) -> None:
    """Report names that nothing fills, hidden names, empty chapters, an empty script.

    ``given``: names that a script which includes this one fills. ``known``: the choices are
    all there are; otherwise a name may be a lost one.
    """
    _Checker(problems, known=known).check(
        blocks,
        {**dict.fromkeys(given, ()), **{choice.name: choice.values for choice in choices}},
    )
    _check_chapters(blocks, problems)


class _Checker:
    def __init__(self, problems: Problems, *, known: bool) -> None:
        self._problems = problems
        self._known = known

    def check(self, blocks: Sequence[Block], scope: Scope) -> None:
        for block in blocks:
            match block:
                case Heading():
                    self._pieces(block.title, scope, in_title=True)
                case Paragraph():
                    self._pieces(block.pieces, scope)
                    for timed in block.timed:
                        for text in timed.texts:
                            self._pieces(text, scope)
                case Repeat():
                    rounds = _rounds(block.count)
                    inner = {**scope, "round": rounds, "rounds": rounds[-1:]}
                    self.check(block.blocks, inner)
                case For():
                    self._loop(block, scope)
                case Include():
                    self._values(block, scope)
                case If():
                    self._condition(block, scope)
                    self.check(block.blocks, scope)
                    self.check(block.otherwise, scope)

    def _loop(self, block: For, scope: Scope) -> None:
        if block.name in scope:
            self._name_problem(
                block, f'"{block.name}" is the name of something else here; take another'
            )
        self.check(block.blocks, {**scope, block.name: block.values})

    def _values(self, block: Include, scope: Scope) -> None:
        for _, value in block.values:
            if not isinstance(value, Name) or value.name in scope:
                continue
            if value.name == "next":
                self._problems.add(block.place, "{next} cannot be handed on")
            elif self._known:
                self._problems.add(block.place, _unknown(value.name, scope))

    def _condition(self, block: If, scope: Scope) -> None:
        values = scope.get(block.name)
        if values is None:
            if self._known:
                self._name_problem(block, _unknown(block.name, scope))
        elif values and block.value not in values:
            is_ = self._problems.find("is", self._problems.find(block.name, block.place))
            self._problems.add(
                self._problems.find(block.value, is_),
                f'"{block.name}" is never {quoted(block.value)}{_nearest(block.value, values)}',
                len(block.value),
            )

    def _name_problem(self, block: For | If, message: str) -> None:
        word = self._problems.find("if" if isinstance(block, If) else "for", block.place)
        after = self._problems.place(word.line, word.column + 2)
        self._problems.add(self._problems.find(block.name, after), message, len(block.name))

    def _pieces(self, pieces: Sequence[Piece], scope: Scope, *, in_title: bool = False) -> None:
        for piece in pieces:
            if isinstance(piece, Marked):
                self._pieces(piece.words, scope, in_title=in_title)
            if not isinstance(piece, Name) or piece.name in scope:
                continue
            if piece.name != "next":
                if self._known:
                    self._problems.add(
                        piece.place, _unknown(piece.name, [*scope, "next"]), len(piece.name) + 2
                    )
            elif in_title:
                self._problems.add(piece.place, "a title cannot hold {next}", len("{next}"))


def _unknown(name: str, known: Scope | Sequence[str]) -> str:
    if name in {"round", "rounds"}:
        return f'"{name}" is known only inside ::: repeat'
    return f"nothing is called {quoted(name)} here{_nearest(name, known)}"


def _nearest(word: str, known: Iterable[str]) -> str:
    """As ``nearest``; nothing where there are too many to list."""
    few = list(known)
    return nearest(word, few) if len(few) <= _MOST_LISTED else ""


@cache
def _rounds(count: int) -> tuple[str, ...]:
    return tuple(str(number) for number in range(1, count + 1))


def _check_chapters(blocks: Sequence[Block], problems: Problems) -> None:
    heading: Heading | None = None
    steps = 0
    for block in [*_flat(blocks), None]:
        if isinstance(block, Paragraph | Include):
            heading = None
            steps += 1
            continue
        if heading is not None:
            problems.add(heading.place, "this chapter is empty; write its steps below it")
        heading = block
    if not steps:
        problems.add(problems.place(1), "this script has no steps; write a paragraph to be spoken")


def _flat(blocks: Sequence[Block]) -> Iterator[Heading | Paragraph | Include]:
    """Headings, paragraphs and included scripts in the order of the source."""
    for block in blocks:
        if isinstance(block, Heading | Paragraph | Include):
            yield block
        elif not isinstance(block, Section | Backdrop):
            yield from _flat(block.blocks)
            if isinstance(block, If):
                yield from _flat(block.otherwise)
