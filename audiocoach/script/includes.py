"""Other scripts inside a script: ``::: include stretch.md`` finds, bounds and reads them.

``Includes`` knows nothing of folders: it is given a ``Reader``. ``folder_reader`` is the
one for files: it finds nothing outside of the script's own folder and the library.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Protocol

from audiocoach.errors import AudiocoachError, NotFoundError, ScriptError, nearest
from audiocoach.script.limits import MAX_INCLUDED, MAX_INCLUDES
from audiocoach.script.problems import Problems, quoted
from audiocoach.script.tree import Block, Document, For, If, Include, Name, Repeat

Reader = Callable[[str, str], tuple[str, bytes]]
"""From a name and the path of the script that includes it: the path to show, and the bytes.

Raises ``AudiocoachError`` that says why there is none."""


class Parser(Protocol):
    """Reads one script, and what it includes."""

    def __call__(
        self, text: bytes, path: str, given: Sequence[str], includes: Includes
    ) -> Document:
        """``given``: names that the script has besides its own choices."""


class Includes:
    """Reads whatever a script includes, each file once for each set of given names."""

    def __init__(self, read: Reader, parse: Parser) -> None:
        self._read, self._parse = read, parse
        self._chain: list[str] = []
        """The paths of the scripts that are being read, the outermost first."""
        self._known: dict[tuple[str, tuple[str, ...]], Document | ScriptError] = {}

    def resolve(self, blocks: Sequence[Block], problems: Problems) -> tuple[Block, ...]:
        """The same blocks with documents in each ``Include``; problems are added."""
        self._chain.append(problems.path)
        try:
            return tuple(self._resolved(block, problems) for block in blocks)
        finally:
            self._chain.pop()

    def _resolved(self, block: Block, problems: Problems) -> Block:
        match block:
            case Include():
                return replace(block, document=self._document(block, problems))
            case Repeat() | For():
                return replace(block, blocks=self._all(block.blocks, problems))
            case If():
                return replace(
                    block,
                    blocks=self._all(block.blocks, problems),
                    otherwise=self._all(block.otherwise, problems),
                )
            case _:
                return block

    def _all(self, blocks: Sequence[Block], problems: Problems) -> tuple[Block, ...]:
        return tuple(self._resolved(block, problems) for block in blocks)

    def _document(self, block: Include, problems: Problems) -> Document | None:
        try:
            path, text = self._read(block.name, problems.path)
            self._check_bounds(path)
            document = self._parsed(path, text, tuple(name for name, _ in block.values))
        except ScriptError as error:
            problems.adopt(error.problems)
            return None
        except AudiocoachError as error:
            problems.add(block.place, str(error), len("::: include"))
            return None
        choices = {choice.name: choice.values for choice in document.front.choices}
        for name, value in block.values:
            if not isinstance(value, Name) and (wrong := wrong_value(choices, name, value)):
                problems.add(block.place, f"in {block.name}, {wrong}", len("::: include"))
        return document

    def _check_bounds(self, path: str) -> None:
        if path in self._chain:
            around = [*self._chain[self._chain.index(path) :], path]
            raise AudiocoachError(
                "this script would include itself without end: "
                + " -> ".join(Path(name).name for name in around)
            )
        if len(self._chain) > MAX_INCLUDES:
            raise AudiocoachError(f"includes are nested too deep; the most is {MAX_INCLUDES}")

    def _parsed(self, path: str, text: bytes, given: tuple[str, ...]) -> Document:
        key = (path, tuple(sorted(given)))
        if key not in self._known:
            if len(self._known) >= MAX_INCLUDED:
                raise AudiocoachError(f"these are too many includes; the most is {MAX_INCLUDED}")
            try:
                self._known[key] = self._parse(text, path, given, self)
            except ScriptError as error:
                self._known[key] = error
        found = self._known[key]
        if isinstance(found, ScriptError):
            raise found
        return found


def included_documents(document: Document) -> tuple[Document, ...]:
    """Every script that is included, also by others, once."""
    found: dict[int, Document] = {}
    waiting = list(document.blocks)
    while waiting:
        block = waiting.pop()
        if isinstance(block, Include):
            if block.document is not None and id(block.document) not in found:
                found[id(block.document)] = block.document
                waiting += block.document.blocks
        elif isinstance(block, Repeat | For | If):
            waiting += block.blocks
            if isinstance(block, If):
                waiting += block.otherwise
    return tuple(found.values())


def wrong_value(choices: Mapping[str, Sequence[str]], name: str, value: str) -> str:
    """What is wrong with ``value`` for ``name``; nothing for a name that is no choice."""
    if name not in choices or value in choices[name]:
        return ""
    return f'"{name}" is never {quoted(value)}{nearest(value, choices[name])}'


def folder_reader(script: Path, library: Path, read: Callable[[Path], bytes]) -> Reader:
    """Files beside the script that includes them, or else in the folder ``library``.

    Whatever links there are, no file outside of the folder of ``script``, the outermost
    one, and of ``library`` is read.
    """

    def find(name: str, including: str) -> tuple[str, bytes]:
        folders = (Path(including).parent, library)
        for folder in folders:
            path = folder / name
            try:
                real = path.resolve()
                if not real.is_file():
                    continue
                inside = any(
                    real.is_relative_to(root.resolve()) for root in (script.parent, library)
                )
            except (OSError, RuntimeError, ValueError):  # a loop of links, an impossible name
                continue
            if not inside:
                raise NotFoundError(
                    f"{name} is outside the folder of the script; copy it beside the script"
                )
            return str(path), read(real)
        known = {other.name for folder in folders for other in _scripts(folder)}
        hint = nearest(name, sorted(known))
        raise NotFoundError(
            f"there is no script {name} beside this one or in the library"
            f"{hint if hint.startswith('; did') else ''}"
        )

    return find


def _scripts(folder: Path) -> list[Path]:
    try:
        return list(folder.glob("*.md"))
    except OSError:
        return []
