"""Spoken help that authors need not write: ``announce: next, time-left, halfway, rounds``."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from audiocoach.phrases import Phrases, find_phrases, languages
from audiocoach.routine import (
    Anchor,
    Asked,
    Backdrop,
    Beats,
    Break,
    Chapter,
    Cue,
    Part,
    Place,
    Routine,
    Step,
    TimedCue,
)
from audiocoach.script.problems import Problems
from audiocoach.script.tree import (
    Block,
    Document,
    Heading,
    If,
    Marked,
    Name,
    Paragraph,
    Piece,
    Repeat,
    Section,
    Words,
)
from audiocoach.timeline import estimated_length
from audiocoach.units import MINUTE, SECOND, Ms

HALF_FROM: Ms = MINUTE
"""Working times from here on have their half announced."""
LEFT: tuple[tuple[Ms, Ms], ...] = ((10 * SECOND, 30 * SECOND), (30 * SECOND, 2 * MINUTE))
"""What is left when it is announced, and for working times from which length on."""

Said = Callable[[str, Place], Cue]
"""Makes a cue of words."""


class Announcer:
    """What the coach adds to one script, in its language; nothing if it does not ask for it."""

    def __init__(self, document: Document, problems: Problems) -> None:
        self._language = document.front.language
        self._announce = document.front.announce
        self._problems = problems

    def round(self, block: Repeat, number: int, asked: Asked) -> tuple[Block, ...]:
        """What ``block`` holds in one round, which is said first, in the routine's own voice.

        ``asked``: what the section asks that the round begins in.
        """
        if not self._asked("rounds") or _speaks_round(block.blocks):
            return block.blocks
        phrases = self._phrases()
        if phrases is None:
            return block.blocks
        text = phrases.round.format(
            round=phrases.number(number), rounds=phrases.number(block.count)
        )
        step = Paragraph((Words(text, block.place),), None, (), block.place)
        begin = 0
        for first in block.blocks:
            if isinstance(first, Section):
                asked = first.asked
            elif not isinstance(first, Heading | Backdrop):
                break
            begin += 1
        said: tuple[Block, ...] = (step,)
        if asked:
            said = (Section((), block.place), step, Section(asked, block.place))
        return (*block.blocks[:begin], *said, *block.blocks[begin:])

    def complete(self, routine: Routine, said: Said) -> Routine:
        """The routine with what is said before chapters and during working times."""
        chapters = [
            replace(
                chapter, steps=tuple(self._timed(step, routine, said) for step in chapter.steps)
            )
            for chapter in routine.chapters
        ]
        if self._asked("next"):
            for at, following in enumerate(chapters[1:]):
                chapters[at] = self._before(chapters[at], following, said)
        return replace(routine, chapters=tuple(chapters))

    def _asked(self, kind: str) -> bool:
        return self._announce is not None and kind in self._announce.kinds

    def _phrases(self) -> Phrases | None:
        phrases = find_phrases(self._language)
        if phrases is None and self._announce is not None:
            self._problems.add(
                self._announce.place,
                f'there are no announcements in the language "{self._language}"; there are in '
                + ", ".join(languages()),
                len("announce"),
            )
        return phrases

    def _before(self, chapter: Chapter, following: Chapter, said: Said) -> Chapter:
        """Its last step tells what comes next, unless its own words do."""
        title = following.title.rstrip(" .:;!?…")
        if title.lower() in " ".join(_texts(chapter.steps[-1])).lower():
            return chapter
        phrases = self._phrases()
        if phrases is None:
            return chapter
        place = following.place
        text = said(phrases.next.format(next=title), place)
        step = Step((text,), None, (), place, chapter.steps[-1].backdrop)
        return replace(chapter, steps=(*chapter.steps, step))

    def _timed(self, step: Step, routine: Routine, said: Said) -> Step:
        hold = step.hold
        if hold is None or hold.until_done:
            return step
        working = hold.length - _spoken(step.parts, routine)
        there = {timed.anchor for timed in step.timed}
        wanted = []
        if self._asked("halfway") and Anchor.HALF not in there and working >= HALF_FROM:
            wanted.append((Anchor.HALF, 0))
        if self._asked("time-left") and Anchor.LEFT not in there:
            wanted += [(Anchor.LEFT, left) for left, shortest in LEFT if working >= shortest]
        phrases = self._phrases() if wanted else None
        if phrases is None:
            return step
        added = tuple(
            TimedCue(anchor, time, ((said(_text(phrases, time), hold.place),),), hold.place)
            for anchor, time in wanted
        )
        return replace(step, timed=(*step.timed, *added))


def _text(phrases: Phrases, left: Ms) -> str:
    """What is said so long before the end; 0 is the middle."""
    if left == 0:
        return phrases.halfway
    if left == LEFT[0][0]:
        return phrases.last_ten_seconds
    text = phrases.time_left.format(time=phrases.number(left // SECOND))
    return text[:1].upper() + text[1:]


def _spoken(parts: Sequence[Part], routine: Routine) -> Ms:
    """About how long parts take before the working time begins."""
    total = 0
    for part in parts:
        if isinstance(part, Cue):
            total += estimated_length(part, routine.pace)
        elif isinstance(part, Break | Beats):
            total += part.length
    return total


def _texts(step: Step) -> list[str]:
    runs = [step.parts, *(text for timed in step.timed for text in timed.texts)]
    return [part.text for run in runs for part in run if isinstance(part, Cue)]


def _speaks_round(blocks: Sequence[Block]) -> bool:
    """Whether the round is named, in a heading or in words."""
    for block in blocks:
        match block:
            case Heading():
                pieces: list[Piece] = [*block.title]
            case Paragraph():
                cues = [piece for timed in block.timed for text in timed.texts for piece in text]
                pieces = [*block.pieces, *cues]
            case If():
                if _speaks_round(block.blocks) or _speaks_round(block.otherwise):
                    return True
                continue
            case _:
                continue
        if any(_is_round(piece) for piece in pieces):
            return True
    return False


def _is_round(piece: Piece) -> bool:
    if isinstance(piece, Marked):
        return any(_is_round(word) for word in piece.words)
    return isinstance(piece, Name) and piece.name == "round"
