"""A how-to article becomes a first script: headings, what to do, what to avoid, and the rest.

::

    article -> headings and paragraphs -> sentences, each a step or a note -> script text
               article.py                 sentences.py

Nothing of the article is left out. What is drafted is always a script without errors.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from audiocoach.draft.article import Article
from audiocoach.draft.sentences import read_sentence, split_sentences
from audiocoach.errors import AudiocoachError, ScriptError
from audiocoach.routine import Anchor, Break, Hold, Place
from audiocoach.script import expand, parse
from audiocoach.script.limits import MAX_TITLE
from audiocoach.script.names import can_be_spoken
from audiocoach.script.printer import print_block, print_front_matter, print_note
from audiocoach.script.tree import FrontMatter, Heading, Paragraph, Timed, Words
from audiocoach.units import MINUTE, SECOND

_HERE = Place("", 1)
_LONGEST_TEXT = 2_000
"""Characters of a step or a title's source; marks of the language take a backslash more."""
_LONGEST_TITLE = MAX_TITLE // 2

_ABOUT = """\
<!--
This is a draft, made by "audiocoach draft". Nobody has read it aloud yet. It is made from
{name}

Steps are what the article tells to do, one sentence each; their times are guesses from the
verb. Lines that begin with > are the rest of the article. They are not spoken: take from
them what a listener must know, and delete them. Say what must not be done before the first
step that could do harm. Then "audiocoach check" and "audiocoach show" tell what to look at.
-->
"""


@dataclass(frozen=True, slots=True)
class Draft:
    """A drafted script."""

    text: str
    chapters: int
    steps: int
    notes: int
    """Sentences of the article that are not spoken."""


def draft(article: Article, name: str) -> Draft:
    """A script made from an article; ``name`` says in it where it comes from.

    Raises ``AudiocoachError`` where it would be too long for one script.
    """
    chapters = [(title, list(_entries(texts))) for title, texts in article.chapters]
    if not any(isinstance(entry, Paragraph) for _, entries in chapters for entry in entries):
        # Not an article that tells what to do, or not in English: speak all of it.
        chapters = [(title, list(_all_spoken(entries))) for title, entries in chapters]
    title = _title(article.title) or "A draft"
    blocks: list[str] = []
    steps = notes = headings = 0
    for heading, entries in chapters:
        spoken = any(isinstance(entry, Paragraph) for entry in entries)
        words = _title(heading)
        if words and spoken:
            headings += 1
            blocks.append(print_block(Heading((Words(words, _HERE),), _HERE)))
        elif heading:
            blocks.append(print_note(heading))
        for spoken, group in groupby(entries, key=lambda entry: isinstance(entry, Paragraph)):
            run = list(group)
            if spoken:
                steps += len(run)
                blocks += [print_block(entry) for entry in run if isinstance(entry, Paragraph)]
            else:
                notes += len(run)
                blocks.append(
                    print_note(" ".join(entry for entry in run if isinstance(entry, str)))
                )
    if not steps:
        steps = 1
        blocks.append("Say here what to do first. [10s]\n")
    about = _ABOUT.format(name=" ".join(name.replace("--", "- -").split()))
    front = print_front_matter(FrontMatter(title))
    text = "\n".join([f"---\n{front}---\n", about, *blocks])
    try:
        expand(parse(text, name), {})
    except ScriptError as error:
        raise AudiocoachError(
            f"{name} is too long for one script: {error.problems[0].message}. Draft it in parts"
        ) from error
    return Draft(text, headings, steps, notes)


def _title(text: str) -> str:
    """Words that can be a title; empty if there are none."""
    text = text.lstrip(".,;:!? ").removesuffix(".")[:_LONGEST_TITLE].strip()
    return text if can_be_spoken(text) else ""


def _entries(texts: Sequence[str]) -> Iterator[Paragraph | str]:
    """The sentences of some paragraphs: steps, or plain text for notes."""
    for text in texts:
        for sentence in split_sentences(text):
            reading = read_sentence(sentence)
            if reading is None or not _speakable(sentence):
                yield sentence
            else:
                yield _step(sentence, reading.hold, reading.rest)


def _all_spoken(entries: Sequence[Paragraph | str]) -> Iterator[Paragraph | str]:
    for entry in entries:
        yield _step(entry, None, 5) if isinstance(entry, str) and _speakable(entry) else entry


def _speakable(text: str) -> bool:
    return can_be_spoken(text) and text[0] not in ".,;:!?" and len(text) <= _LONGEST_TEXT


def _step(text: str, hold: Hold | None, rest: int) -> Paragraph:
    """``rest``: seconds to wait where there is no hold."""
    words = Words(text, _HERE)
    if hold is None:
        return Paragraph(
            (words, *((Break(rest * SECOND, _HERE),) if rest else ())), None, (), _HERE
        )
    return Paragraph((words,), hold, tuple(_company(hold)), _HERE)


def _company(hold: Hold) -> Iterator[Timed]:
    """Cues for a working time in which nobody should wait in doubt."""
    if hold.until_done or hold.length <= MINUTE:
        return
    if hold.length <= 2 * MINUTE:
        yield Timed(Anchor.HALF, 0, ((Words("Halfway.", _HERE),),), _HERE)
    else:
        texts = ((Words("Go on.", _HERE),), (Words("Slow and even.", _HERE),))
        yield Timed(Anchor.EVERY, 45 * SECOND, texts, _HERE)
