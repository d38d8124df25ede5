"""Reads articles: plain text, Markdown, HTML -> a title, headings and paragraphs."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from audiocoach.draft.english import words_of
from audiocoach.errors import AudiocoachError, NotFoundError
from audiocoach.script.source import UNWANTED

if TYPE_CHECKING:
    from markdown_it.token import Token

KINDS = (".txt", ".md", ".markdown", ".html", ".htm")
MAX_ARTICLE = 1 << 17
"""Bytes; a long article has a third of that, without its HTML."""

_SHORT = 60
"""A line of plain text with no more characters may be a heading."""
_ITEM = re.compile(r"\s*(?:[-*+\u2022\u2013]|\d{1,3}[.)])\s+(?=\S)")
"""What begins an item of a list in plain text."""


@dataclass(frozen=True, slots=True)
class Article:
    """What an article says, in order."""

    title: str
    chapters: tuple[tuple[str, tuple[str, ...]], ...]
    """A heading, empty before the first, and the paragraphs under it."""


class _Piece(NamedTuple):
    text: str
    heading: bool


def load_article(path: Path) -> Article:
    """The article in a file; its suffix says how it is written.

    Raises ``NotFoundError`` and ``AudiocoachError`` where it cannot be read.
    """
    suffix = path.suffix.lower()
    if suffix not in KINDS:
        raise AudiocoachError(f"{path} is no article; its name must end in {', '.join(KINDS)}")
    try:
        with path.open("rb") as file:
            data = file.read(MAX_ARTICLE + 1)
    except FileNotFoundError:
        raise NotFoundError(f"no article at {path}") from None
    except OSError as error:
        raise AudiocoachError(f"cannot read {path}: {error.strerror or error}") from error
    if len(data) > MAX_ARTICLE:
        raise AudiocoachError(f"{path} is too long; the most is {MAX_ARTICLE} bytes")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("cp1252", errors="replace")
    return read_article(text, suffix)


def read_article(text: str, suffix: str) -> Article:
    """An article written as files with this suffix are; any text is one."""
    text = re.sub(r"\r\n?", "\n", text)
    if suffix in (".html", ".htm"):
        title, pieces = _read_html(_without_comments(text))
    elif suffix in (".md", ".markdown"):
        title, pieces = _read_markdown(_without_comments(text))
    else:
        title, pieces = "", list(_read_plain(text))
    cleaned = [_Piece(clean(piece.text), piece.heading) for piece in pieces]
    pieces = [piece for piece in cleaned if piece.text]
    title = clean(title)
    if pieces and pieces[0].heading and (not title or pieces[0].text == title):
        title, pieces = pieces[0].text, pieces[1:]
    chapters: list[tuple[str, list[str]]] = [("", [])]
    for piece in pieces:
        if piece.heading:
            chapters.append((piece.text, []))
        else:
            chapters[-1][1].append(piece.text)
    return Article(title, tuple((heading, tuple(texts)) for heading, texts in chapters))


def clean(text: str) -> str:
    """Text as a script can hold it: no controls, single spaces."""
    return " ".join(UNWANTED.sub(" ", text).split())


def _without_comments(text: str) -> str:
    """Text without HTML comments, in time linear in its length, as the parsers are not."""
    kept = []
    position = 0
    while (start := text.find("<!--", position)) >= 0:
        end = text.find("-->", start + 2)
        kept.append(text[position:start])
        if end < 0:
            return "".join([*kept, text[start:].replace("<!--", " ")])
        position = end + 3
    return "".join([*kept, text[position:]])


# Plain text: headings are not marked, but they are short lines between longer paragraphs.


def _read_plain(text: str) -> Iterator[_Piece]:
    paragraphs: list[tuple[str, bool]] = []
    """Text, and whether it could be a heading."""
    for block in re.split(r"\n[^\S\n]*(?:\n\s*)+", UNWANTED.sub(" ", text).strip()):
        lines = block.split("\n")
        for item in _items(lines):
            short = len(lines) == 1 and len(item) <= _SHORT and not _ITEM.match(lines[0])
            paragraphs.append((item, short and not re.search(r"[.!?:;,]\s+\S", item)))
    for at, (item, short) in enumerate(paragraphs):
        follows = at + 1 < len(paragraphs) and not paragraphs[at + 1][1]
        yield _Piece(item, short and follows)


def _items(lines: list[str]) -> Iterator[str]:
    """The lines of a block as one text, or one for each item of a list."""
    items: list[str] = []
    for line in lines:
        marker = _ITEM.match(line)
        if marker or not items:
            items.append(line[marker.end() :] if marker else line)
        else:
            items[-1] += f" {line}"
    yield from items


# Markdown


def _read_markdown(text: str) -> tuple[str, list[_Piece]]:
    from markdown_it import MarkdownIt
    from mdit_py_plugins.front_matter import front_matter_plugin

    title = ""
    pieces: list[_Piece] = []
    heading = False
    for token in MarkdownIt("commonmark").use(front_matter_plugin).parse(text):
        match token.type:
            case "front_matter":
                found = re.search(r"^title:[ \t]*(.+)$", token.content, re.MULTILINE)
                title = found[1].strip(" '\"") if found else ""
            case "heading_open" | "heading_close":
                heading = token.type == "heading_open"
            case "inline":
                pieces.append(_Piece(_plain(token), heading))
            case "fence" | "code_block":
                pieces += [_Piece(line, heading=False) for line in token.content.split("\n")]
            case "html_block":
                pieces += _read_html(token.content)[1]
            case _:
                pass
    return title, pieces


def _plain(token: Token) -> str:
    """The words of an inline token, without its marks."""
    words = []
    for child in token.children or ():
        if child.type in ("softbreak", "hardbreak"):
            words.append(" ")
        elif child.type != "html_inline":
            words.append(child.content)
    return "".join(words)


# HTML

_BLOCKS = words_of(
    "address article aside blockquote body br button caption center dd details dialog div dl dt"
    " fieldset figcaption figure footer form header hr html label legend li main nav ol option p"
    " pre section select summary table tbody td tfoot th thead tr ul"
)
_HEADINGS = frozenset(("h1", "h2", "h3", "h4", "h5", "h6"))
_UNSEEN = frozenset(("script", "style", "template", "noscript", "svg", "math"))


def _read_html(text: str) -> tuple[str, list[_Piece]]:
    reader = _HtmlReader()
    # The parser of the standard library looks for the end of each tag to the end of the text,
    # so what does not end is no tag; and marked sections, as in <![if IE]>, make it give up.
    text = re.sub(r"<(?=[^<>]*(?:<|\Z))", "&lt;", text)
    try:
        reader.feed(re.sub(r"<!\[(?!CDATA\[)", "<!- [", text))
        reader.close()
    except AssertionError:
        return "", list(_read_plain(text))
    reader.flush()
    return reader.title, reader.pieces


class _HtmlReader(HTMLParser):
    """Takes the text of the body in blocks, and the title of the head."""

    def __init__(self) -> None:
        super().__init__()
        self.title = ""
        self.pieces: list[_Piece] = []
        self._words: list[str] = []
        self._heading = False
        self._in_title = False
        self._unseen = ""
        """The element that is skipped."""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        del attrs
        if self._unseen:
            return
        if tag in _UNSEEN:
            self._unseen = tag
        elif tag == "title":
            self.flush()
            self._in_title = True
        elif tag in _BLOCKS or tag in _HEADINGS:
            self.flush()
            self._heading = tag in _HEADINGS

    def handle_endtag(self, tag: str) -> None:
        if self._unseen:
            self._unseen = "" if tag == self._unseen else self._unseen
        elif tag == "title":
            self.flush()
            self._in_title = False
        elif tag in _BLOCKS or tag in _HEADINGS:
            self.flush()
            self._heading = False

    def handle_data(self, data: str) -> None:
        if not self._unseen:
            self._words.append(data)

    def flush(self) -> None:
        """End the block that is being read."""
        text = "".join(self._words).strip()
        self._words.clear()
        if text and self._in_title:
            self.title = self.title or text
        elif text:
            self.pieces.append(_Piece(text, self._heading))
