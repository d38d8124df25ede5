"""Markdown tokens -> syntax tree: chapters, steps, cues in lists, ``:::`` blocks.

The lines of each block are scanned from the source itself, so that every character has
its exact place; a line that no block has taken is reported.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace

from markdown_it.token import Token

from audiocoach.routine import Backdrop, Hold
from audiocoach.script.inline import Item, scan
from audiocoach.script.limits import MAX_LENGTH, MAX_PARAGRAPH, MAX_TITLE
from audiocoach.script.markdown import token_end, token_lines
from audiocoach.script.nesting import Nesting
from audiocoach.script.problems import Problems, Stretch
from audiocoach.script.speakable import check_speech
from audiocoach.script.timed import read_timed
from audiocoach.script.tree import Block, Heading, Name, Paragraph, Piece, Section, Timed, Words

_FOREIGN = {
    "ordered_list_open": "a numbered list is not part of the language; write each step as a"
    " paragraph of its own, or 1\\. for the number itself",
    "hr": "a rule is not part of the language; begin a chapter with # instead (front matter"
    " begins on the first line)",
    "fence": "code is not part of the language",
    "html_block": "HTML is not part of the language, only <!-- comments -->",
    "front_matter": "front matter begins and ends with a line of three dashes, ---",
}
_BLOCK_MARK = re.compile(r"#(?!\[)|>|[-+](?:\s|$)")
"""What would begin another block, if the line were indented less (or # had a space)."""


def read_blocks(tokens: Sequence[Token], problems: Problems) -> tuple[Block, ...]:
    """The tree of the script that ``tokens`` and the lines in ``problems`` are."""
    return _Builder(tokens, problems).build()


class _Builder:
    def __init__(self, tokens: Sequence[Token], problems: Problems) -> None:
        self._tokens = tokens
        self._problems = problems
        self._nesting = Nesting(problems)
        self._unsure: Paragraph | None = None
        """A step with problems: its hold may be among what could not be read."""
        self._rules: dict[str, Callable[[int, int], None]] = {
            "paragraph_open": self._paragraph,
            "heading_open": self._heading,
            "bullet_list_open": self._list,
            "blockquote_open": self._note,
            "html_block": self._html,
            "directive": self._directive,
            "front_matter": self._front_matter,
        }

    def build(self) -> tuple[Block, ...]:
        lines = self._problems.lines
        taken = bytearray(len(lines) + 1)
        index = 0
        while index < len(self._tokens):
            end = token_end(self._tokens, index)
            first, last = token_lines(self._tokens[index])
            taken[first:last] = b"\1" * (last - first)
            self._rules.get(self._tokens[index].type, self._foreign)(index, end)
            index = end + 1
        for number, line in enumerate(lines):
            if not taken[number] and line.strip(" \t"):
                self._problems.add(self._problems.place(number + 1), "this is not understood")
        return self._nesting.finish()

    def _stretch(self, index: int) -> Stretch:
        """All lines of a token, without the space around each."""
        return self._cut(*token_lines(self._tokens[index]))

    def _cut(self, first: int, last: int, marker: int = 0) -> Stretch:
        """Lines from ``first`` to before ``last``; the first without its list marker."""
        pieces = []
        for number in range(first, last):
            line = self._problems.lines[number]
            text = line.lstrip(" \t")[marker:].lstrip(" \t")
            pieces.append((number + 1, len(line) - len(text) + 1, text.rstrip(" \t")))
            marker = 0
        return Stretch(self._problems.path, pieces)

    # Each takes the first and the last token of one block.

    def _foreign(self, index: int, _end: int) -> None:
        place = self._stretch(index).place()
        message = _FOREIGN.get(self._tokens[index].type, "this is not part of the language")
        self._problems.add(place, message)
        self._nesting.lose(place)

    def _front_matter(self, index: int, end: int) -> None:
        first, last = token_lines(self._tokens[index])
        fences = (self._problems.lines[first], self._problems.lines[last - 1])
        if any(line.rstrip(" \t") != "---" for line in fences):
            self._foreign(index, end)

    def _directive(self, index: int, _end: int) -> None:
        stretch = self._stretch(index)
        self._nesting.directive(stretch.text, stretch.place())

    def _html(self, index: int, end: int) -> None:
        stretch = self._stretch(index)
        position = 0
        while stretch.text.startswith("<!--", position):
            close = stretch.text.find("-->", position + 2)
            if close < 0:
                self._problems.add(
                    stretch.place(position), "this comment is not closed; write --> at its end", 4
                )
                self._nesting.lose(stretch.place(position))
                return
            position = close + 3
            while stretch.text[position : position + 1].isspace():
                position += 1
        if not position:
            self._foreign(index, end)
        elif position < len(stretch.text):
            self._problems.add(
                stretch.place(position),
                "this would not be spoken; begin a new line after a comment that begins a line",
            )
            self._nesting.lose(stretch.place(position))

    def _note(self, index: int, _end: int) -> None:
        for number in range(*token_lines(self._tokens[index])):
            stretch = self._cut(number, number + 1)
            if stretch.text and not stretch.text.startswith(">"):
                self._problems.add(
                    stretch.place(),
                    "this line would belong to the note above it and not be spoken; put an empty"
                    " line before it, or > in front of it",
                    len(stretch.text),
                )
                self._nesting.lose(stretch.place())

    def _heading(self, index: int, _end: int) -> None:
        token, content = self._tokens[index], self._tokens[index + 1].content
        first, last = token_lines(token)
        place = self._stretch(index).place()
        if not token.markup.startswith("#"):
            self._problems.add(
                self._cut(last - 1, last).place(),
                "this line would make a heading of the text above it; put an empty line between,"
                " or begin a chapter with #",
            )
            self._nesting.lose(place)
            return
        if len(token.markup) > 1:
            self._problems.add(
                place,
                "chapters are not divided; write # for a chapter, or plain text",
                len(token.markup),
            )
        if not content:
            self._problems.add(place, "this chapter has no title; write it after the #")
        elif len(content) > MAX_TITLE:
            self._problems.add(place, f"this title is too long; the most is {MAX_TITLE} characters")
            content = ""
        start = max(0, self._problems.lines[first].find(content, place.column))
        items = scan(Stretch(place.path, [(first + 1, start + 1, content)]), self._problems)
        title = tuple(item for item in items if isinstance(item, Words | Name))
        for item in items:
            if not isinstance(item, Words | Name):
                self._problems.add(
                    item.place, "a title takes words and {names}, nothing that sounds"
                )
        check_speech(title, self._problems)
        self._nesting.blocks.append(Heading(title, place))

    def _paragraph(self, index: int, _end: int) -> None:
        stretch = self._stretch(index)
        before = len(self._problems)
        pieces: tuple[Piece, ...] = ()
        hold = None
        items: tuple[Item, ...] = ()
        if self._is_plain(stretch):
            items = scan(stretch, self._problems)
            begin = self._sections(items)
            if begin and begin == len(items):
                return
            items = items[begin:]
            pieces = tuple(item for item in items if isinstance(item, Piece))
            for item in items:
                if isinstance(item, Hold):
                    hold = item
                    if item is not items[-1]:
                        self._problems.add(
                            item.place,
                            "this must end its paragraph; write [5s] for a break",
                        )
            check_speech(pieces, self._problems)
            if not items and len(self._problems) == before:
                self._problems.add(stretch.place(), "there is nothing to see or to speak here")
        step = Paragraph(pieces, hold, (), stretch.place())
        self._nesting.blocks.append(step)
        if len(self._problems) > before:
            self._unsure = step

    def _sections(self, items: tuple[Item, ...]) -> int:
        """Take the sections that begin a paragraph, and say how many they are."""
        begin = 0
        while begin < len(items) and isinstance(section := items[begin], Section | Backdrop):
            self._nesting.blocks.append(section)
            begin += 1
        for item in items[begin:]:
            if isinstance(item, Section):
                self._problems.add(
                    item.place,
                    'this must begin a paragraph; write (words)[voice:"..."] for a few words',
                )
            elif isinstance(item, Backdrop):
                self._problems.add(item.place, "this must begin a paragraph, or stand alone in one")
        return begin

    def _is_plain(self, stretch: Stretch) -> bool:
        """Whether ``stretch`` may be scanned: not too long, and no other block hides in it."""
        if len(stretch.text) > MAX_PARAGRAPH:
            self._problems.add(
                stretch.place(),
                f"this has {len(stretch.text)} characters; the most is {MAX_PARAGRAPH} between"
                " two empty lines",
            )
            return False
        offset = 0
        for line in stretch.text.split("\n"):
            if match := _BLOCK_MARK.match(line):
                hint = (
                    "put an empty line before this, or indent it by three spaces at most"
                    if offset
                    else "write a space after the #"
                )
                self._problems.add(
                    stretch.place(offset),
                    f"{hint}; write \\{match.group()[0]} for the character itself",
                    len(match.group()),
                )
            offset += len(line) + 1
        return True

    def _list(self, index: int, end: int) -> None:
        blocks = self._nesting.blocks
        step = blocks[-1] if blocks else None
        hold = step.hold if isinstance(step, Paragraph) else None
        if hold is None and step is not None and step is self._unsure:
            hold = Hold(MAX_LENGTH, until_done=False, place=step.place)
        if not isinstance(step, Paragraph) or hold is None or hold.until_done:
            self._problems.add(
                self._stretch(index).place(),
                "a list holds cues for the time of the step above it, which must end in [for 60s];"
                " write \\- for the character itself",
            )
            return
        where = len(blocks) - 1
        timed = list(step.timed)
        item = index + 1
        while item < end:
            item_end = token_end(self._tokens, item)
            timed += self._item(item, item_end, hold)
            item = item_end + 1
        blocks[where] = replace(step, timed=tuple(timed))

    def _item(self, index: int, end: int, hold: Hold) -> list[Timed]:
        first, _ = token_lines(self._tokens[index])
        timed = []
        inside = index + 1
        paragraphs = 0
        while inside < end:
            token = self._tokens[inside]
            inside_end = token_end(self._tokens, inside)
            if token.type == "html_block":
                self._html(inside, inside_end)
            elif token.type == "paragraph_open" and not paragraphs:
                paragraphs += 1
                timed += self._cue(first, *token_lines(token), hold)
            else:
                self._problems.add(
                    self._stretch(inside).place(), "a cue is one paragraph, and nothing besides"
                )
            inside = inside_end + 1
        if not paragraphs and inside == index + 1:
            self._problems.add(self._stretch(index).place(), "this cue is empty")
        return timed

    def _cue(self, marker_line: int, first: int, last: int, hold: Hold) -> list[Timed]:
        stretch = self._cut(first, last, marker=1 if first == marker_line else 0)
        indent = _indent(self._problems.lines[marker_line])
        for number in range(first + 1, last):
            if _indent(self._problems.lines[number]) <= indent:
                self._problems.add(
                    self._cut(number, number + 1).place(),
                    "this line would belong to the cue above it; indent it by two spaces, or put an"
                    " empty line before it",
                )
        timed = read_timed(stretch, hold, self._problems) if self._is_plain(stretch) else None
        return [timed] if timed else []


def _indent(line: str) -> int:
    """How far a line is indented; a tab goes to the next multiple of four."""
    wide = line.expandtabs(4)
    return len(wide) - len(wide.lstrip(" "))
