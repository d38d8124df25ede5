"""The language of routine scripts: Markdown text -> ``Routine``, and its errors.

The way of a script::

    text -> clean lines -> Markdown tokens -> syntax tree -> Routine
            source.py      markdown.py        blocks.py      unroll.py

What an author may write is told in ``docs/script-format.md``.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from audiocoach.errors import AudiocoachError, NotFoundError, Problem, ScriptError
from audiocoach.script.limits import MAX_COMBINATIONS, MAX_FILE

if TYPE_CHECKING:
    from markdown_it.token import Token

    from audiocoach.routine import Routine
    from audiocoach.script.includes import Includes, Reader
    from audiocoach.script.tree import Document

__all__ = [
    "check", "combinations", "expand", "load", "load_every", "parse", "read", "read_bytes",
    "reader", "to_text",
]  # fmt: skip


def parse(text: str | bytes, path: str, read: Reader | None = None) -> Document:
    """Source text -> syntax tree; ``path`` stands in messages and gives a title.

    ``read`` finds the scripts that it includes; without, they are not read. Raises
    ``ScriptError`` with every problem of the text and of what it includes.
    """
    from audiocoach.script.includes import Includes

    return _parse(text, path, (), Includes(read, _parse) if read else None)


def _parse(
    text: str | bytes, path: str, given: Sequence[str], includes: Includes | None
) -> Document:
    from audiocoach.script import blocks, frontmatter, markdown, scope, source
    from audiocoach.script.tree import Document

    problems = source.read_lines(text, path)
    tokens = markdown.read_tokens(problems.lines)
    last = markdown.token_lines(tokens[0])[1] if _has_front_matter(tokens) else 0
    if not last and problems.lines[0].rstrip(" \t") == "---":
        problems.add(problems.place(1), "this front matter is not closed; write --- below it", 3)
        problems.check()
    front, known = frontmatter.read_front_matter(last, problems)
    body = blocks.read_blocks(tokens, problems)
    scope.check_scope(body, front.choices, given, problems, known=known)
    if includes is not None:
        body = includes.resolve(body, problems)
    problems.check()
    return Document(front, body, path, problems.lines)


def expand(document: Document, choices: Mapping[str, str]) -> Routine:
    """Take choices, unroll loops, fill names; a choice not given has its first value.

    Raises ``ScriptError`` for what shows only now (a routine without an end, ``{next}``
    in the last chapter) and ``NotFoundError`` for a choice or value of no such name.
    """
    from audiocoach.script.unroll import expand_document

    return expand_document(document, choices)


def read(path: Path) -> Document:
    """The syntax tree of the file at ``path``, with what it includes; raises as ``load`` does."""
    return parse(read_bytes(path), str(path), reader(path))


def reader(path: Path) -> Reader:
    """Finds what the script at ``path`` includes: beside it, or in the library."""
    from audiocoach import library
    from audiocoach.script.includes import folder_reader

    return folder_reader(path, library.data_folder("scripts"), read_bytes)


def load(path: Path, choices: Mapping[str, str]) -> Routine:
    """The routine in the file at ``path``.

    Raises ``ScriptError`` and ``NotFoundError`` as ``parse`` and ``expand`` do,
    ``NotFoundError`` if there is no such file, ``AudiocoachError`` if it cannot be read.
    """
    return expand(read(path), choices)


def load_every(path: Path) -> Iterator[Routine]:
    """The routine in the file at ``path`` for every combination of its choices, up to 64.

    Raises as ``load`` does, at once and with the problems of all combinations: what shows
    only with some of them names one.
    """
    document = read(path)
    every = list(combinations(document))
    found: dict[Problem, list[dict[str, str]]] = {}
    for chosen in every:
        try:
            expand(document, chosen)
        except ScriptError as error:
            for problem in error.problems:
                found.setdefault(problem, []).append(chosen)
    if found:
        raise ScriptError(
            [
                problem if len(where) == len(every) else _when(problem, where[0])
                for problem, where in found.items()
            ]
        )
    return (expand(document, chosen) for chosen in every)


def check(path: Path) -> tuple[Problem, ...]:
    """Every problem of the file at ``path``, whatever is chosen; empty if there is none.

    Raises as ``load`` does where there is no file to check.
    """
    try:
        load_every(path)
    except ScriptError as error:
        return error.problems
    return ()


def to_text(document: Document) -> str:
    """Source text that ``parse`` reads back as the same tree, apart from places.

    Notes, comments and emphasis are not part of the tree, so they are not in the text.
    """
    from audiocoach.script.printer import print_document

    return print_document(document)


def read_bytes(path: Path) -> bytes:
    """The file's bytes, a little more than is allowed at most; raises as ``read`` does."""
    try:
        if path.exists() and not path.is_file():
            raise AudiocoachError(f"{path} is not a file; name a script, a file that ends in .md")
        with path.open("rb") as file:
            return file.read(MAX_FILE + 1)
    except (FileNotFoundError, ValueError):  # ValueError: a NUL in the name
        raise NotFoundError(f"no script at {path}") from None
    except OSError as error:
        raise AudiocoachError(f"cannot read {path}: {error.strerror or error}") from error


def _has_front_matter(tokens: list[Token]) -> bool:
    return bool(tokens) and tokens[0].type == "front_matter"


def combinations(document: Document) -> Iterator[dict[str, str]]:
    """The choices as they come, each other value alone, then all combinations; bounded."""
    choices = {choice.name: choice.values for choice in document.front.choices}
    usual = {name: values[0] for name, values in choices.items()}
    single = ({**usual, name: value} for name in choices for value in choices[name][1:])
    every = (
        dict(zip(choices, values, strict=True)) for values in itertools.product(*choices.values())
    )
    seen: set[tuple[str, ...]] = set()
    for chosen in itertools.chain([usual], single, every):
        if len(seen) >= MAX_COMBINATIONS:
            return
        if tuple(chosen.values()) not in seen:
            seen.add(tuple(chosen.values()))
            yield chosen


def _when(problem: Problem, chosen: Mapping[str, str]) -> Problem:
    choice = ", ".join(f"{name} is {value}" for name, value in chosen.items())
    return replace(problem, message=f"{problem.message} (when {choice})")
