"""Syntax tree -> source text that reads back as the same tree."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

import yaml

from audiocoach.routine import Anchor, Backdrop, Break, Hold
from audiocoach.script.backdrop import backdrop_text
from audiocoach.script.modifiers import to_text
from audiocoach.script.tree import (
    Block,
    Breathe,
    Count,
    Document,
    For,
    FrontMatter,
    Heading,
    If,
    Include,
    Marked,
    Name,
    Paragraph,
    Piece,
    Repeat,
    Run,
    Section,
    Timed,
    Words,
)
from audiocoach.units import format_duration

_SPECIAL = re.compile(r"[\\\[\]{}*_<&`~|+#]|:(?=::)")
_FIRST_WORD = re.compile(r"[>=:-]|\d{1,9}[.)]")
"""What begins another block at the start of a paragraph, unless a backslash stands in it."""


def print_document(document: Document) -> str:
    """See ``audiocoach.script.to_text``."""
    body = "\n".join(_blocks(document.blocks))
    return f"---\n{print_front_matter(document.front)}---\n\n{body}"


def print_block(block: Block) -> str:
    """One block, with a line end."""
    return "\n".join(_blocks((block,)))


def print_note(text: str) -> str:
    """A note for the reader, on one line."""
    return "> " + _escaped(" ".join(text.split())) + "\n"


def print_front_matter(front: FrontMatter) -> str:
    """The lines between the dashes; what is empty is left out."""
    values: dict[str, Any] = {
        "title": front.title,
        "summary": front.summary,
        "language": front.language,
        "ambience": front.ambience,
        "pace": str(front.pace),
        "length": format_duration(front.length) if front.length else None,
        "tags": list(front.tags),
        "choices": {choice.name: list(choice.values) for choice in front.choices},
        "announce": ", ".join(front.announce.kinds) if front.announce else None,
        "say-as": dict(front.say_as),
    }
    return "".join(_entry(key, value) for key, value in values.items() if value)


def _entry(key: str, value: Any) -> str:
    """Lists on one line, everything else on lines of its own."""
    flow = None if isinstance(value, list | dict) else False
    return str(
        yaml.safe_dump(
            {key: value},
            allow_unicode=True,
            sort_keys=False,
            default_flow_style=flow,
            width=float("inf"),
        )
    )


def _blocks(blocks: Sequence[Block]) -> Iterator[str]:
    for block in blocks:
        match block:
            case Heading():
                yield f"# {_pieces(block.title)}\n"
            case Section():
                yield f"#[{to_text(block.asked) or 'voice'}]\n"
            case Backdrop():
                yield f"{backdrop_text(block)}\n"
            case Paragraph():
                yield _paragraph(block)
            case Repeat():
                yield from _directive(f"repeat {block.count}", block.blocks)
            case For():
                values = ", ".join(block.values)
                yield from _directive(f"for {block.name} in {values}", block.blocks)
            case Include():
                yield from _directive(_include(block), ())
            case If():
                word = "is not" if block.negated else "is"
                yield from _directive(
                    f"if {block.name} {word} {block.value}", block.blocks, block.otherwise
                )


def _include(block: Include) -> str:
    values = ", ".join(
        f"{name} {{{value.name}}}" if isinstance(value, Name) else f"{name} {value}"
        for name, value in block.values
    )
    return f"include {block.name}" + (f" with {values}" if values else "")


def _directive(
    head: str, inside: Sequence[Block], otherwise: Sequence[Block] = ()
) -> Iterator[str]:
    yield f"::: {head}\n"
    yield from _blocks(inside)
    if otherwise:
        yield "::: else\n"
        yield from _blocks(otherwise)
    yield ":::\n"


def _paragraph(step: Paragraph) -> str:
    pieces = [_pieces(step.pieces)] if step.pieces else []
    if step.hold:
        pieces.append(_hold(step.hold))
    text = " ".join(pieces)
    if first := _FIRST_WORD.match(text):
        text = f"{text[: first.end() - 1]}\\{text[first.end() - 1 :]}"
    return "\n".join([text, *(_timed(timed) for timed in step.timed)]) + "\n"


def _hold(hold: Hold) -> str:
    word = "until done," if hold.until_done else "for"
    if hold.shortest is not None and hold.longest is not None:
        return f"[{word} {format_duration(hold.shortest)}..{format_duration(hold.longest)}]"
    return f"[{word} {_length(hold)}]"


def _length(part: Break | Hold) -> str:
    return format_duration(part.length) + "!" * part.protected


def _timed(timed: Timed) -> str:
    time = format_duration(timed.time)
    head = {
        Anchor.AT: f"at {time}",
        Anchor.HALF: "at half",
        Anchor.LEFT: f"{time} left",
        Anchor.EVERY: f"every {time}",
    }[timed.anchor]
    return f"- {head}: " + " / ".join(_pieces(text, slash="\\/") for text in timed.texts)


def _pieces(pieces: Sequence[Piece], *, slash: str = "/") -> str:
    """Marks with a space on both sides, words and names as they touch each other."""
    text = ""
    apart = False
    for piece in pieces:
        spoken = isinstance(piece, Run)
        if text and not (spoken and not apart):
            text += " "
        apart = not spoken
        match piece:
            case Words():
                text += _escaped(piece.text).replace("/", slash)
            case Name():
                text += f"{{{piece.name}}}"
            case Marked():
                inside = re.sub(r"[()]", r"\\\g<0>", _pieces(piece.words, slash=slash))
                text += f"({inside})[{to_text(piece.asked)}]"
            case Break():
                text += f"[{_length(piece)}]"
            case Count():
                down = "down " * piece.down
                text += f"[count {down}{piece.count} every {format_duration(piece.every)}]"
            case Breathe():
                pattern = "-".join(f"{part / 1000:g}" for part in piece.pattern)
                text += f"[breathe {pattern} x{piece.rounds}{' swell' * piece.swell}]"
            case _:
                text += f'!["{piece.name}"]'
    return text


def _escaped(text: str) -> str:
    return _SPECIAL.sub(r"\\\g<0>", text)
