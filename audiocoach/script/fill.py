"""Unrolled chapters -> routine: names are filled, and parts made of what was written."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import PurePath

from audiocoach.phrases import find_phrases, languages
from audiocoach.routine import (
    Asked,
    Backdrop,
    Beats,
    Break,
    Chapter,
    Cue,
    Part,
    Place,
    Routine,
    Sound,
    Span,
    Step,
    TimedCue,
    spoken_spans,
)
from audiocoach.script.announce import Announcer
from audiocoach.script.backdrop import from_outermost
from audiocoach.script.limits import MAX_CHARACTERS, MAX_LENGTH
from audiocoach.script.paced import paced_beats
from audiocoach.script.problems import Problems
from audiocoach.script.respell import respellers
from audiocoach.script.tree import (
    Breathe,
    Count,
    Document,
    Heading,
    Marked,
    Name,
    Paragraph,
    Piece,
    Run,
    Words,
)
from audiocoach.units import Ms, format_duration

Names = Mapping[str, str]

_AS_WRITTEN = {
    "sub", "characters", "digits", "number", "ordinal", "fraction", "date", "time", "telephone",
}  # fmt: skip
"""What is asked of words that ``say-as`` does not respell."""


@dataclass(frozen=True, slots=True)
class Unrolled:
    """A step, and what holds where it stands."""

    paragraph: Paragraph
    names: Names
    asked: Asked
    """What the section asks that it stands in."""
    backdrop: Backdrop | None
    """``None``: the bed of the routine."""


@dataclass(slots=True)
class UnrolledChapter:
    """A heading with the steps below it; ``None`` before the first."""

    heading: Heading | None
    names: Names
    steps: list[Unrolled] = field(default_factory=list)


class Filler:
    """Fills names, and makes the model of what was unrolled."""

    def __init__(self, document: Document, problems: Problems, announcer: Announcer) -> None:
        self._document = document
        self._announcer = announcer
        self._problems = problems
        self._respellers = respellers(document)
        self._characters = 0
        self._length: Ms = 0
        self._asked: Asked = ()
        self._next: str | None = None
        """The title of the next chapter; ``None`` in the last."""

    def routine(self, chapters: Sequence[UnrolledChapter]) -> Routine:
        """The routine; what shows only now is added to the problems."""
        front = self._document.front
        kept = [chapter for chapter in chapters if chapter.steps]
        if not kept:
            self._problems.add(
                self._problems.place(1), "with these choices there is nothing to do or say"
            )
        titles = [self._title(chapter) for chapter in kept]
        routine = Routine(
            title=front.title,
            summary=front.summary,
            language=front.language,
            ambience=front.ambience,
            pace=front.pace,
            tags=front.tags,
            chapters=tuple(
                self._chapter(chapter, title, after)
                for chapter, title, after in zip(kept, titles, [*titles, None][1:], strict=True)
            ),
            path=self._document.path,
            length=front.length,
        )
        return self._announcer.complete(routine, self._said)

    def _title(self, chapter: UnrolledChapter) -> str:
        heading = chapter.heading
        return self._fill(heading.title, chapter.names) if heading else self._document.front.title

    def _chapter(self, chapter: UnrolledChapter, title: str, after: str | None) -> Chapter:
        self._next = after
        steps = tuple(self._step(step) for step in chapter.steps)
        return Chapter(title, steps, chapter.heading.place if chapter.heading else steps[0].place)

    def _step(self, unrolled: Unrolled) -> Step:
        step, names = unrolled.paragraph, unrolled.names
        self._asked = unrolled.asked
        if step.hold:
            self._add_length(step.hold.length, step.hold.place)
        timed = tuple(
            TimedCue(
                cue.anchor,
                cue.time,
                tuple(self._parts(text, names) for text in cue.texts),
                cue.place,
            )
            for cue in step.timed
        )
        backdrop = unrolled.backdrop
        return Step(
            self._parts(step.pieces, names),
            step.hold,
            timed,
            step.place,
            backdrop and from_outermost(backdrop, self._document.path),
        )

    def _parts(self, pieces: Sequence[Piece], names: Names) -> tuple[Part, ...]:
        parts: list[Part] = []
        run: list[Run] = []
        for piece in pieces:
            if isinstance(piece, Run):
                run.append(piece)
                continue
            if run:
                parts.append(self._cue(run, names))
                run = []
            part = self._part(piece)
            parts.append(part)
            if isinstance(part, Break | Beats):
                self._add_length(part.length, part.place)
        if run:
            parts.append(self._cue(run, names))
        return tuple(parts)

    def _part(self, piece: Break | Sound | Count | Breathe) -> Part:
        if isinstance(piece, Count | Breathe):
            return self._beats(piece)
        if isinstance(piece, Sound) and PurePath(piece.name).suffix:
            # A file beside a script that is included is found from the outermost one.
            folder, outermost = (
                PurePath(path).parent for path in (piece.place.path, self._document.path)
            )
            if folder.is_relative_to(outermost):
                name = (folder.relative_to(outermost) / piece.name).as_posix()
                return replace(piece, name=name)
        return piece

    def _beats(self, piece: Count | Breathe) -> Beats:
        """In the section's language if it has one, by the section's voice."""
        language = dict(self._asked).get("lang", self._document.front.language)
        phrases = find_phrases(language)
        if phrases is None:
            self._problems.add(
                piece.place,
                f'there are no words for this in the language "{language}";'
                f" there are in {', '.join(languages())}",
            )
            return Beats((), piece.place)

        def said(text: str) -> Cue:
            cue = self._said(text, piece.place)
            if not self._asked:
                return cue
            spans = (Span(cue.spoken, self._asked, piece.place),)
            return replace(cue, spoken=spoken_spans(spans), spans=spans)

        return paced_beats(piece, phrases, said)

    def _said(self, text: str, place: Place) -> Cue:
        """A cue of the coach's own words."""
        spoken = self._respellers[place.path](text)
        self._add_characters(len(spoken), place)
        return Cue(text, spoken, place)

    def _cue(self, run: Sequence[Run], names: Names) -> Cue:
        text = self._fill(run, names)
        if self._asked or any(isinstance(piece, Marked) for piece in run):
            spans = tuple(self._spans(run, names))
            spoken = spoken_spans(spans)
            self._add_characters(max(0, len(spoken) - len(text)), run[0].place)
            return Cue(text, spoken, run[0].place, spans)
        spoken = self._respellers[run[0].place.path](text)
        self._add_characters(max(0, len(spoken) - len(text)), run[0].place)
        return Cue(text, spoken, run[0].place)

    def _spans(self, run: Sequence[Run], names: Names) -> Iterator[Span]:
        """The run, cut where what is asked changes; with single spaces between the words."""
        before = " "
        plain: list[Words | Name] = []
        for piece in [*run, None]:
            if isinstance(piece, Words | Name):
                plain.append(piece)
                continue
            stretches = [(plain, self._asked, plain[0].place)] if plain else []
            if piece is not None:
                stretches.append(([*piece.words], self._with_section(piece.asked), piece.place))
            for pieces, asked, place in stretches:
                text = self._join(pieces, names)
                words = re.sub(r"\s+", " ", text if before != " " else text.lstrip())
                if asked == self._asked or not _AS_WRITTEN & {key for key, _ in asked}:
                    words = self._respellers[place.path](words)
                if words:
                    before = words[-1]
                    yield Span(words, asked, place)
            plain = []

    def _with_section(self, asked: Asked) -> Asked:
        """What is asked of some words in the section: a voice or a language replaces both."""
        if {"voice", "lang"} & {key for key, _ in asked}:
            return asked
        return (*asked, *self._asked)

    def _join(self, run: Sequence[Run], names: Names) -> str:
        return "".join(
            piece.text
            if isinstance(piece, Words)
            else self._value(piece, names)
            if isinstance(piece, Name)
            else self._join(piece.words, names)
            for piece in run
        )

    def _fill(self, run: Sequence[Run], names: Names) -> str:
        text = self._join(run, names)
        self._add_characters(len(text), run[0].place)
        return " ".join(text.split())

    def _value(self, name: Name, names: Names) -> str:
        if name.name != "next":
            return names[name.name]
        if self._next is None:
            self._problems.add(
                name.place, "there is no next chapter here: this is the last", len("{next}")
            )
        return self._next or ""

    def _add_characters(self, count: int, place: Place) -> None:
        self._characters += count
        if self._characters > MAX_CHARACTERS:
            self._problems.add(
                place, f"with this the routine has more than {MAX_CHARACTERS} characters to speak"
            )
            self._problems.check()

    def _add_length(self, length: Ms, place: Place) -> None:
        before = self._length
        self._length += length
        if before <= MAX_LENGTH < self._length:
            self._problems.add(
                place,
                "with this all breaks and working times are more than"
                f" {format_duration(MAX_LENGTH)} together, which is the most",
            )
