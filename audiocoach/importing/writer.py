"""Writes a routine script step by step, and warns of what cannot be written."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePath
from typing import TypeAlias

from audiocoach.errors import AudiocoachError, Problem, ScriptError
from audiocoach.routine import Break, Place, Sound
from audiocoach.script import expand, parse
from audiocoach.script.frontmatter import readable_name
from audiocoach.script.limits import MAX_LENGTH
from audiocoach.script.names import can_be_spoken
from audiocoach.script.printer import print_block, print_front_matter
from audiocoach.script.source import UNWANTED
from audiocoach.script.tree import FrontMatter, Paragraph, Words
from audiocoach.units import Ms, format_duration

_HERE = Place("", 1)
_LONGEST = 2_000
"""Characters of words in a step; longer ones become several."""
_LONGEST_SOURCE = 1_000
"""Characters of a line that a warning shows."""
_LOST_STOP = re.compile(r"[.,;:!?](?=\s|$)")

_Part: TypeAlias = str | Break | Sound


@dataclass(frozen=True, slots=True)
class Imported:
    """A script, and what of its source is not in it as it was meant."""

    text: str
    warnings: tuple[Problem, ...]


class Writer:
    """Takes words, breaks and sounds in order; ``lines`` are those of the source at ``path``."""

    def __init__(self, path: str, lines: Sequence[str]) -> None:
        self._path, self._lines = path, lines
        self._parts: list[_Part] = []
        self._asides: list[str] = []
        self._blocks: list[str] = []
        self._warnings: list[Problem] = []
        self.steps = 0
        """Written so far."""

    def say(self, text: str) -> None:
        """Words; they join those before them, with a space where there is white space."""
        text = UNWANTED.sub(" ", text)
        if self._parts and isinstance(self._parts[-1], str):
            self._parts[-1] += text
        else:
            self._parts.append(text)

    def end_sentence(self) -> None:
        """Set a full stop, if there is none."""
        last = self._parts[-1].rstrip() if self._parts and isinstance(self._parts[-1], str) else ""
        if last and last[-1].isalnum():
            self._parts[-1] = last + "."
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
        run: list[Words | Break | Sound] = []
        room = _LONGEST
        for piece in pieces:
            texts = textwrap.wrap(piece, _LONGEST) if isinstance(piece, str) else [piece]
            for part in texts:
                room -= len(part) if isinstance(part, str) else 30
                cut = isinstance(part, str) and bool(run) and isinstance(run[-1], Words)
                if run and (cut or room < 0):
                    self._put(run)
                    run, room = [], _LONGEST
                run.append(Words(part, _HERE) if isinstance(part, str) else part)
        if run:
            self._put(run)

    def finish(self, *, language: str = "", say_as: Sequence[tuple[str, str]] = ()) -> Imported:
        """The whole script.

        Raises ``AudiocoachError`` where there is nothing to speak, or too much for one script.
        """
        self.end_step()
        if not self.steps:
            raise AudiocoachError(f"there is nothing to speak in {self._path}")
        front = FrontMatter(readable_name(self._path), say_as=tuple(say_as))
        if language:
            front = FrontMatter(front.title, language=language, say_as=front.say_as)
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

    def _put(self, run: list[Words | Break | Sound]) -> None:
        self._blocks.append(print_block(Paragraph(tuple(run), None, (), _HERE)))
        self.steps += 1

    def _tidy(self) -> list[_Part]:
        """The parts, every run of words one that can be spoken."""
        pieces: list[_Part] = []
        for part in self._parts:
            if not isinstance(part, str):
                pieces.append(part)
                continue
            text = " ".join(part.split())
            before = next(
                (at for at in reversed(range(len(pieces))) if isinstance(pieces[at], str)), -1
            )
            while text and (stop := _LOST_STOP.match(text)):
                # A break stands after the punctuation in a script.
                if before >= 0:
                    pieces[before] = f"{pieces[before]}{stop.group()}"
                text = text[1:].lstrip()
            if can_be_spoken(text):
                pieces.append(text)
            elif text and before >= 0:
                pieces[before] = f"{pieces[before]} {text}"
            elif text:
                self.aside(f"not spoken: {text}")
        self._parts.clear()
        return pieces
