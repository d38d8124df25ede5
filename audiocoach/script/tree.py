"""The syntax tree of a script: what is written, before choices and loops.

Breaks, sounds and holds are those of the model (``audiocoach.routine``), as a script
writes them in full; so are backdrops, without layers where the routine's own comes back.
Notes, comments and emphasis are for the reader and leave no trace.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeAlias

from audiocoach.routine import Anchor, Asked, Backdrop, Break, Hold, Pace, Place, Sound
from audiocoach.units import Ms


@dataclass(frozen=True, slots=True)
class Words:
    """Plain words: single spaces, and none at the ends that a break would swallow."""

    text: str
    place: Place


@dataclass(frozen=True, slots=True)
class Name:
    """``{name}``: filled when the script is expanded."""

    name: str
    place: Place


@dataclass(frozen=True, slots=True)
class Marked:
    """``(words)[rate:"slow"]``, and what else asks something of the voice."""

    words: tuple[Words | Name, ...]
    asked: Asked
    place: Place


@dataclass(frozen=True, slots=True)
class Count:
    """``[count 8 every 4s]``, ``[count down 5]``."""

    count: int
    every: Ms
    down: bool
    place: Place


@dataclass(frozen=True, slots=True)
class Breathe:
    """``[breathe 4-7-8 x6 swell]``."""

    pattern: tuple[Ms, ...]
    """In and out; or in, hold, out, and perhaps hold again. A hold may be 0."""
    rounds: int
    swell: bool
    place: Place


Run: TypeAlias = Words | Name | Marked
"""What is spoken in one breath."""

Piece: TypeAlias = Run | Break | Sound | Count | Breathe


@dataclass(frozen=True, slots=True)
class Timed:
    """A list item under a ``[for ...]`` step."""

    anchor: Anchor
    time: Ms
    """The offset or interval; 0 for ``HALF``."""
    texts: tuple[tuple[Piece, ...], ...]
    """One; for ``EVERY`` one or more."""
    place: Place


@dataclass(frozen=True, slots=True)
class Heading:
    """``# Title``."""

    title: tuple[Words | Name, ...]
    place: Place


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A step."""

    pieces: tuple[Piece, ...]
    hold: Hold | None
    timed: tuple[Timed, ...]
    place: Place


@dataclass(frozen=True, slots=True)
class Section:
    """``#[voice:"..."]``: asked for all that is spoken from here on, until the next."""

    asked: Asked
    """Empty: as the routine begins."""
    place: Place


@dataclass(frozen=True, slots=True)
class Repeat:
    """``::: repeat 3``."""

    count: int
    blocks: tuple[Block, ...]
    place: Place


@dataclass(frozen=True, slots=True)
class For:
    """``::: for name in a, b``."""

    name: str
    values: tuple[str, ...]
    blocks: tuple[Block, ...]
    place: Place


@dataclass(frozen=True, slots=True)
class If:
    """``::: if name is value``, with what stands before and after its ``::: else``."""

    name: str
    value: str
    negated: bool
    """``is not``."""
    blocks: tuple[Block, ...]
    otherwise: tuple[Block, ...]
    """Empty without ``::: else``."""
    place: Place


@dataclass(frozen=True, slots=True)
class Include:
    """``::: include stretch.md with side left, arm {arm}``."""

    name: str
    """A path from the folder of the script that it is written in."""
    values: tuple[tuple[str, str | Name], ...]
    """What the names of the other script stand for."""
    place: Place
    document: Document | None = field(default=None, compare=False, repr=False)
    """``None`` until it is read."""


Block: TypeAlias = Heading | Paragraph | Section | Backdrop | Repeat | For | If | Include


@dataclass(frozen=True, slots=True)
class Choice:
    """What the listener chooses before the routine begins."""

    name: str
    values: tuple[str, ...]
    """Two or more; the first is taken where nothing is chosen."""
    place: Place


@dataclass(frozen=True, slots=True)
class Announce:
    """What the coach says of its own accord."""

    kinds: tuple[str, ...]
    """Some of ``ANNOUNCEMENTS``."""
    place: Place


ANNOUNCEMENTS = ("next", "time-left", "halfway", "rounds")


@dataclass(frozen=True, slots=True)
class FrontMatter:
    """What a script says of itself, with the defaults filled in."""

    title: str
    summary: str = ""
    language: str = "en-US"
    ambience: str = "ocean"
    pace: Pace = Pace.CALM
    length: Ms | None = None
    """How long the whole shall last."""
    tags: tuple[str, ...] = ()
    choices: tuple[Choice, ...] = ()
    announce: Announce | None = None
    say_as: tuple[tuple[str, str], ...] = ()
    """Words, and how they are spelt for the voice."""


@dataclass(frozen=True, slots=True)
class Document:
    """A whole script."""

    front: FrontMatter
    blocks: tuple[Block, ...]
    path: str = field(compare=False)
    lines: tuple[str, ...] = field(compare=False, repr=False)
    """The source, for the errors that show only when the script is expanded."""
