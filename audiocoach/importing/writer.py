"""Writes a routine script step by step, and warns of what cannot be written."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import PurePath
from typing import TypeAlias

from audiocoach.errors import AudiocoachError, Problem, ScriptError
from audiocoach.routine import Asked, Break, Place, Sound
from audiocoach.script import expand, parse
from audiocoach.script.frontmatter import readable_name
from audiocoach.script.limits import MAX_LENGTH
from audiocoach.script.modifiers import ONE_OF, to_text
from audiocoach.script.names import can_be_spoken
from audiocoach.script.printer import print_block, print_front_matter
from audiocoach.script.source import UNWANTED
from audiocoach.script.tree import FrontMatter, Marked, Paragraph, Words
from audiocoach.units import Ms, format_duration

_HERE = Place("", 1)
_LONGEST = 2_000
"""Characters of words in a step; longer ones become several."""
_CHUNK = 1_000
"""Characters of words that stay together, more or less."""
_LONGEST_SOURCE = 1_000
"""Characters of a line that a warning shows."""
_LOST_STOP = re.compile(r"[.,;:!?](?=\s|$)")
_EDGES = re.compile(r"([\s.,;:!?]*)(.*?)(\s*)", re.DOTALL)
"""What is left outside of a mark, its words, and the space behind them."""


@dataclass(frozen=True, slots=True)
class Said:
    """Words, and what is asked of the voice for them."""

    text: str
    asked: Asked = ()

    @property
    def kinds(self) -> Asked:
        """What of it tells what the words are, all together."""
        return tuple(pair for pair in self.asked if pair[0] in ONE_OF)

    @property
    def manner(self) -> Asked:
        """The rest of it."""
        return tuple(pair for pair in self.asked if pair[0] not in ONE_OF)


Part: TypeAlias = Said | Break | Sound


@dataclass(frozen=True, slots=True)
class Imported:
    """A script, and what of its source is not in it as it was meant."""

    text: str
    warnings: tuple[Problem, ...]


class Writer:
    """Takes words, breaks and sounds in order; ``lines`` are those of the source at ``path``."""

    def __init__(self, path: str, lines: Sequence[str]) -> None:
        self._path, self._lines = path, lines
        self._parts: list[Part] = []
        self._asides: list[str] = []
        self._blocks: list[str] = []
        self._warnings: list[Problem] = []
        self.steps = 0
        """Written so far."""

    @property
    def here(self) -> int:
        """How many parts the step has so far."""
        return len(self._parts)

    def since(self, start: int) -> Sequence[Part]:
        """The parts of the step from ``start`` on."""
        return self._parts[start:]

    def replace(self, start: int, said: Said) -> None:
        """Put ``said`` in place of all parts from ``start`` on."""
        self._parts[start:] = [said]

    def say(self, text: str, asked: Asked = ()) -> None:
        """Words; they join those before them, with a space where there is white space."""
        text = UNWANTED.sub(" ", text)
        last = self._parts[-1] if self._parts else None
        if not text or (text.isspace() and isinstance(last, Said) and last.text[-1:].isspace()):
            return
        self._parts.append(Said(text, asked))

    def end_sentence(self) -> None:
        """Set a full stop, if there is none."""
        last = self._parts[-1] if self._parts else None
        if isinstance(last, Said) and last.text.isspace() and len(self._parts) > 1:
            before = self._parts[-2]
            if isinstance(before, Said):
                self._parts.pop()
                last = before
        if isinstance(last, Said) and (text := last.text.rstrip()) and text[-1].isalnum():
            self._parts[-1] = Said(text, last.asked)
            self._parts.append(Said(".", last.manner))
        self.say(" ")

    def rest(self, length: Ms, line: int, column: int = 1) -> None:
        """A break; nothing if it has no length."""
        if length > MAX_LENGTH:
            self.warn(
                line, column, f"a break of more than {format_duration(MAX_LENGTH)} is left out"
            )
        elif length > 0:
            self._parts.append(Break(length, _HERE))

    def sound(self, name: str) -> None:
        """A sound from the bank, or a file beside the script."""
        self._parts.append(Sound(name, _HERE))

    def warn(self, line: int, column: int, message: str) -> None:
        """Tell what is not as it was, and keep the source beside the step."""
        source = UNWANTED.sub(" ", self._lines[line - 1]) if line <= len(self._lines) else ""
        source = source if len(source) <= _LONGEST_SOURCE else ""
        self._warnings.append(
            Problem(self._path, line, column, message, source, severity="warning")
        )

    def aside(self, text: str) -> None:
        """Keep something as a comment, in front of the step that is being written."""
        plain = " ".join(UNWANTED.sub(" ", text).split())
        self._asides.append(f"<!-- {re.sub('-(?=-)', '- ', plain)} -->\n")

    def end_step(self) -> None:
        """End the step; words that no voice can speak are kept as a comment."""
        pieces = self._tidy()
        self._blocks += self._asides
        self._asides.clear()
        step: list[Words | Marked | Break | Sound] = []
        room = _LONGEST
        for piece in pieces:
            can_end = True
            for part in piece if isinstance(piece, list) else [piece]:
                can_begin = not isinstance(part, Said) or _can_begin(part)
                size = len(part.text + to_text(part.asked)) + 4 if isinstance(part, Said) else 30
                if step and can_end and can_begin and size > room:
                    self._put(step)
                    step, room = [], _LONGEST
                    can_end = False
                room -= size
                made = _written(part) if isinstance(part, Said) else part
                last = step[-1] if step else None
                if isinstance(last, Words) and isinstance(made, Words):
                    step[-1] = Words(last.text + made.text, _HERE)
                else:
                    step.append(made)
                first = isinstance(piece, list) and part is piece[0]
                can_end = can_begin or (can_end and not first)
        if step:
            self._put(step)

    def finish(self, *, language: str = "") -> Imported:
        """The whole script.

        Raises ``AudiocoachError`` where there is nothing to speak, or too much for one script.
        """
        self.end_step()
        if not self.steps:
            raise AudiocoachError(f"there is nothing to speak in {self._path}")
        front = FrontMatter(readable_name(self._path))
        if language:
            front = FrontMatter(front.title, language=language)
        name = " ".join(UNWANTED.sub(" ", PurePath(self._path).name).split())
        about = f"<!-- Imported from {re.sub('-(?=-)', '- ', name)} -->\n"
        text = "\n".join([f"---\n{print_front_matter(front)}---\n", about, *self._blocks])
        try:
            expand(parse(text, self._path), {})
        except ScriptError as error:
            raise AudiocoachError(
                f"{self._path} is too long for one script: {error.problems[0].message}"
            ) from error
        return Imported(text, tuple(sorted(self._warnings)))

    def _put(self, step: list[Words | Marked | Break | Sound]) -> None:
        self._blocks.append(print_block(Paragraph(tuple(step), None, (), _HERE)))
        self.steps += 1

    def _tidy(self) -> list[list[Said] | Break | Sound]:
        """The parts, every run of words one that can be spoken."""
        pieces: list[list[Said] | Break | Sound] = []
        before: list[Said] = []
        for _, group in groupby(self._parts, lambda part: isinstance(part, Said)):
            parts = list(group)
            run = _joined(part for part in parts if isinstance(part, Said))
            pieces += [part for part in parts if not isinstance(part, Said)]
            while run and (stop := _LOST_STOP.match(run[0].text)):
                # A break stands after the punctuation in a script.
                if before:
                    before.append(Said(stop.group()))
                rest = run[0].text[1:].lstrip()
                run[:1] = [Said(rest)] if rest else []
            text = "".join(part.text for part in run)
            if can_be_spoken(text):
                pieces.append(run)
                before = run
            elif text and before:
                before.append(Said(f" {text}"))
            elif text:
                self.aside(f"not spoken: {text}")
        self._parts.clear()
        return pieces


def _can_begin(said: Said) -> bool:
    """Whether a step may begin with these words."""
    return can_be_spoken(said.text) and not _LOST_STOP.match(said.text.lstrip())


def _written(said: Said) -> Words | Marked:
    words = Words(said.text, _HERE)
    return Marked((words,), said.asked, _HERE) if said.asked else words


def _joined(parts: Iterable[Said]) -> list[Said]:
    """One run: single spaces, none at its ends or at those of a mark; no mark around nothing."""
    run: list[Said] = []

    def put(text: str, asked: Asked = ()) -> None:
        text = re.sub(r"\s+", " ", text)
        if not run or run[-1].text.endswith(" "):
            text = text.removeprefix(" ")
        last = run[-1] if run else None
        said = Said(text, asked)
        if last and last.asked == asked and not said.kinds and len(last.text + text) <= _CHUNK:
            run[-1] = Said(last.text + text, asked)
        elif text:
            run.append(said)

    for part in parts:
        for chunk in [part.text] if part.kinds else _chunks(part.text):
            if part.asked and can_be_spoken(chunk) and (edges := _EDGES.fullmatch(chunk)):
                put(edges[1])
                put(edges[2], part.asked)
                put(edges[3])
            else:
                put(chunk)
    if run and run[-1].text.endswith(" "):
        last = run.pop()
        run += [Said(last.text[:-1], last.asked)] if last.text != " " else []
    return run


def _chunks(text: str) -> Iterator[str]:
    chunk = ""
    for match in re.finditer(rf"\S{{1,{_CHUNK}}}\s*|\s+", text):
        if chunk and len(chunk) + len(match.group()) > _CHUNK:
            yield chunk
            chunk = ""
        chunk += match.group()
    if chunk:
        yield chunk
