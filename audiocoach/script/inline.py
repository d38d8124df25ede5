"""Scans the text of a paragraph, a heading or a cue for its inline marks.

Every character is either spoken, part of a mark, or reported: nothing falls through.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from audiocoach.routine import Asked, Backdrop, Hold, Place, Sound
from audiocoach.script.backdrop import is_backdrop, read_backdrop
from audiocoach.script.emphasis import Emphasis
from audiocoach.script.marks import is_mark, read_mark
from audiocoach.script.modifiers import read_modifiers, read_section, wrong_words
from audiocoach.script.names import can_be_spoken, is_name, is_sound
from audiocoach.script.problems import Problems, Stretch, quoted
from audiocoach.script.source import UNWANTED
from audiocoach.script.tree import Marked, Name, Piece, Run, Section, Words

_TOKEN = re.compile(
    r"""
      (?P<escape>  \\ [\s\S]? )
    | (?P<comment> <!-- )
    | (?P<tag>     < (?=[A-Za-z/!?]) )
    | (?P<entity>  & (?: \#\d{1,7} | \#[xX][0-9a-fA-F]{1,6} | [A-Za-z][A-Za-z0-9]{0,31} ) ; )
    | (?P<sound>   ! \[ (?: \s*["“”„«] [^\[\]]{0,300} \] | [^\[\]]{0,300} \]\( ) )
    | (?P<section> \# \[ [^\[\]]{0,300} \] )
    | (?P<mark>    \[ [^\[\]]{0,300} \] )
    | (?P<name>    \{ [^{}]{0,300} \} )
    | (?P<stars>   \*+ | _+ )
    | (?P<plus>    \++ )
    | (?P<open>    \( )
    | (?P<close>   \) )
    | (?P<code>    `+ )
    | (?P<strike>  ~~+ )
    | (?P<bar>     \| )
    | (?P<colons>  ::: )
    | (?P<stray>   [\[\]{}] )
    | (?P<slash>   (?<!\S) / (?!\S) )
    | (?P<text>    [^\\\[\]{}*_<&`~|+!#/:()]+ | . )
    """,
    re.VERBOSE,
)
_BRACKET = re.compile(r"\[[^\[\]]{0,300}\]")
_SOUND = re.compile(r'!\["([^"]*)"\]')
_ESCAPABLE = frozenset("!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~")
"""CommonMark 0.31, section 2.4."""

_FOREIGN = {
    "code": "code is not part of the language; write \\` for the character itself",
    "strike": "text that is struck out is not part of the language; write \\~ for the"
    " character itself",
    "bar": "tables are not part of the language; write \\| for the character itself",
    "colons": "::: stands at the start of a line, below text with three spaces before it at most;"
    " write \\: for the character itself",
    "tag": "HTML and <links> are not part of the language, only <!-- comments -->; write \\<"
    " for the character itself",
}
"""Tokens that are nothing but an error."""
_NO_STRESS = "this {run} marks no emphasis; write \\+ for the character itself"
_PAIRED = frozenset(("code", "strike"))
"""Those that stand on both sides of a word: one problem for both."""


@dataclass(frozen=True, slots=True)
class Slash:
    """A slash that stands alone, between the texts of a cue."""

    place: Place


Item: TypeAlias = Piece | Hold | Slash | Section | Backdrop


def scan(
    stretch: Stretch, problems: Problems, *, start: int = 0, slashes: bool = False
) -> tuple[Item, ...]:
    """What ``stretch`` holds from offset ``start`` on, in order; problems are added.

    With ``slashes``, a ``/`` that stands alone is a ``Slash``, else plain text.
    """
    return _Scanner(stretch, problems, slashes=slashes).scan(start)


class _Scanner:
    def __init__(self, stretch: Stretch, problems: Problems, *, slashes: bool) -> None:
        self._stretch = stretch
        self._text = stretch.text
        self._problems = problems
        self._emphasis = Emphasis()
        self._found: list[Item | tuple[str, int]] = []
        """Items, and texts with their offsets."""
        self._closing: set[str] = set()
        """Foreign marks of which the next one is the second of a pair."""
        self._parentheses: list[int] = []
        """Where in ``_found`` those stand that are open."""
        self._pair = (0, -1)
        """Where in ``_found`` the last pair of parentheses begins, and the offset behind it."""
        self._stress: tuple[int, str, int] | None = None
        """The + or ++ that waits for its partner: where in ``_found``, what, its offset."""
        self._rules: dict[str, Callable[[re.Match[str]], int]] = {
            "escape": self._escape,
            "comment": self._comment,
            "entity": self._entity,
            "sound": self._sound,
            "section": self._section,
            "mark": self._mark,
            "plus": self._plus,
            "open": self._open,
            "close": self._close,
            "name": self._name,
            "stars": self._stars,
            "stray": self._stray,
            "slash": self._slash if slashes else self._plain,
            "text": self._plain,
        }

    def scan(self, start: int) -> tuple[Item, ...]:
        position = start
        while match := _TOKEN.match(self._text, position):
            kind = match.lastgroup or ""
            position = self._rules[kind](match) if kind in self._rules else self._foreign(match)
        self._emphasis.finish()
        self._drop_stress()
        for offset in self._emphasis.alone:
            char = self._text[offset]
            self._problem(
                offset, f"this {char} marks no emphasis; write \\{char} for the character itself"
            )
        return self._tidy(self._found)

    def _problem(self, offset: int, message: str, width: int = 1) -> None:
        self._problems.add(self._stretch.place(offset), message, width)

    # Each takes one token and returns where the next begins.

    def _plain(self, match: re.Match[str]) -> int:
        self._found.append((match.group(), match.start()))
        return match.end()

    def _foreign(self, match: re.Match[str]) -> int:
        kind = match.lastgroup or ""
        if kind in self._closing:
            self._closing.remove(kind)
        else:
            self._problem(match.start(), _FOREIGN[kind], len(match.group()))
            self._closing |= {kind} & _PAIRED
        return match.end()

    def _escape(self, match: re.Match[str]) -> int:
        char = match.group()[1:]
        if char in _ESCAPABLE:
            self._found.append((char, match.start()))
            return match.end()
        self._problem(match.start(), "this backslash does nothing; write \\\\ for a backslash")
        return match.start() + 1

    def _comment(self, match: re.Match[str]) -> int:
        end = self._text.find("-->", match.start() + 2)
        if end >= 0:
            return end + 3
        self._problem(match.start(), "this comment is not closed; write --> at its end", 4)
        return len(self._text)

    def _entity(self, match: re.Match[str]) -> int:
        char = _decode_entity(match.group()[1:-1])
        if char and not UNWANTED.search(char):
            self._found.append((char, match.start()))
        else:
            self._problem(
                match.start(),
                f"{match.group()} stands for no character; write &amp; for the & itself",
                len(match.group()),
            )
        return match.end()

    def _sound(self, match: re.Match[str]) -> int:
        width = len(match.group())
        sound = _SOUND.fullmatch(match.group())
        if self._is_link(match):
            self._problem(
                match.start(),
                'images are not part of the language; a sound is written !["bell"]',
                width,
            )
        elif sound is None:
            self._problem(match.start(), 'a sound is written !["bell"]', width)
        elif not is_sound(sound[1]):
            self._problem(
                match.start(),
                f"{quoted(sound[1])} is no sound: it takes a name, or the path of a file inside"
                " the script's own folder, with /",
                width,
            )
        else:
            self._found.append(Sound(sound[1], self._stretch.place(match.start())))
        return match.end()

    def _mark(self, match: re.Match[str]) -> int:
        place = self._stretch.place(match.start())
        width = len(match.group())
        if self._is_link(match) and self._pair[1] != match.start():
            self._problems.add(
                place, "links are not part of the language; write the words alone", width
            )
        elif self._pair[1] == match.start() and not is_mark(match.group()[1:-1]):
            self._modify(match)
        elif mark := read_mark(match.group()[1:-1], place, width, self._problems):
            self._found.append(mark)
        return match.end()

    def _is_link(self, match: re.Match[str]) -> bool:
        return match.group().endswith("(") or self._text.startswith("(", match.end())

    def _modify(self, match: re.Match[str]) -> None:
        """``[rate:"slow"]`` right behind ``(words)``."""
        place = self._stretch.place(match.start())
        width = len(match.group())
        asked = read_modifiers(match.group()[1:-1], place, width, self._problems)
        start = self._pair[0]
        if self._stress and self._stress[0] > start:
            self._drop_stress()
        if asked and (marked := self._wrap(start, asked)):
            plain = "".join(piece.text for piece in marked.words if isinstance(piece, Words))
            wrong = wrong_words(asked, plain) if len(marked.words) == 1 else ""
            if wrong and isinstance(marked.words[0], Words):
                self._problems.add(marked.place, wrong, len(plain) + 2)

    def _wrap(self, start: int, asked: Asked) -> Marked | None:
        """Make what was found after ``start`` one piece; ``None`` where that is a problem."""
        opening, inside = self._found[start], self._found[start + 1 :]
        offset = opening[1] if isinstance(opening, tuple) else 0
        wrong = "words stand between these marks, and nothing else"
        if any(isinstance(found, Marked) for found in inside):
            wrong = (
                'marks do not stand inside each other; write (words)[rate:"slow"; volume:"soft"]'
            )
        words = self._tidy(inside)
        self._found[start:] = []
        while self._parentheses and self._parentheses[-1] >= start:
            self._parentheses.pop()
        place = self._stretch.place(offset)
        named = [item for item in words if isinstance(item, Words | Name)]
        marked = Marked(tuple(named), asked, place)
        self._found.append(marked)
        if len(named) < len(words) or not words:
            self._problem(offset, wrong)
            return None
        if len(words) == 1 and isinstance(words[0], Words) and not can_be_spoken(words[0].text):
            self._problem(offset, f"there is nothing to speak in {quoted(words[0].text)}")
            return None
        return marked

    def _open(self, match: re.Match[str]) -> int:
        self._parentheses.append(len(self._found))
        return self._plain(match)

    def _close(self, match: re.Match[str]) -> int:
        if not self._parentheses:
            return self._plain(match)
        start = self._parentheses.pop()
        if self._text.startswith("[", match.end()):
            self._pair = (start, match.end())
            inner = _BRACKET.match(self._text, match.end())
            if inner and not is_mark(inner.group()[1:-1]):
                return match.end()
        return self._plain(match)

    def _plus(self, match: re.Match[str]) -> int:
        """``+`` and ``++`` around words; one + that stands otherwise is a character."""
        run, start, end = match.group(), match.start(), match.end()
        before = self._text[start - 1 : start] or " "
        after = self._text[end : end + 1] or " "
        stress = self._stress
        if stress and stress[1] == run and not before.isspace() and not after.isalnum():
            self._stress = None
            self._wrap(stress[0], (("emphasis", "strong" if run == "++" else "moderate"),))
            return end
        opens = not before.isalnum() and (after.isalpha() if run == "+" else not after.isspace())
        if opens and len(run) <= 2 and not (stress and stress[1] == "++"):
            self._drop_stress()
            self._stress = (len(self._found), run, start)
        elif len(run) > 1:
            self._problem(start, _NO_STRESS.format(run=run[:3]), len(run))
        return self._plain(match)

    def _drop_stress(self) -> None:
        """The + or ++ that waits will find no partner."""
        if self._stress and self._stress[1] == "++":
            self._problem(self._stress[2], _NO_STRESS.format(run="++"), 2)
        self._stress = None

    def _section(self, match: re.Match[str]) -> int:
        place = self._stretch.place(match.start())
        inner, width = match.group()[2:-1], len(match.group())
        if is_backdrop(inner):
            if backdrop := read_backdrop(inner, place, width, self._problems):
                self._found.append(backdrop)
            return match.end()
        asked = read_section(inner, place, width, self._problems)
        if asked is not None:
            self._found.append(Section(asked, place))
        return match.end()

    def _name(self, match: re.Match[str]) -> int:
        name = match.group()[1:-1]
        if is_name(name):
            self._found.append(Name(name, self._stretch.place(match.start())))
        else:
            self._problem(
                match.start(),
                f"{quoted(name)} is no name; write {{name}} with letters, digits, - or _, or \\{{"
                " for the brace itself",
                len(match.group()),
            )
        return match.end()

    def _stars(self, match: re.Match[str]) -> int:
        if not self._emphasis.take(self._text, match.start(), match.end()):
            self._found.append((match.group(), match.start()))
        return match.end()

    def _stray(self, match: re.Match[str]) -> int:
        char = match.group()
        partner = {"[": "]", "]": "[", "{": "}", "}": "{"}[char]
        self._problem(
            match.start(), f"this {char} has no {partner}; write \\{char} for the character itself"
        )
        return match.end()

    def _slash(self, match: re.Match[str]) -> int:
        self._found.append(Slash(self._stretch.place(match.start())))
        return match.end()

    def _tidy(self, all_found: Sequence[Item | tuple[str, int]]) -> tuple[Item, ...]:
        """Texts joined, their white space collapsed and none left beside a break."""
        items: list[Item] = []
        texts: list[tuple[str, int]] = []
        for found in all_found:
            if isinstance(found, tuple):
                texts.append(found)
                continue
            self._flush(texts, items, strip_end=not isinstance(found, Run))
            items.append(found)
        self._flush(texts, items, strip_end=True)
        return tuple(items)

    def _flush(self, texts: list[tuple[str, int]], items: list[Item], *, strip_end: bool) -> None:
        words = re.sub(r"\s+", " ", "".join(text for text, _ in texts))
        if not items or not isinstance(items[-1], Run):
            words = words.removeprefix(" ")
        if strip_end:
            words = words.removesuffix(" ")
        if words:
            offset = next(
                (
                    offset + len(text) - len(text.lstrip())
                    for text, offset in texts
                    if not text.isspace()
                ),
                texts[0][1],
            )
            items.append(Words(words, self._stretch.place(offset)))
        texts.clear()


def _decode_entity(body: str) -> str:
    """The character that ``&body;`` stands for; empty if there is none."""
    if body.startswith("#"):
        digits = body[1:].lower()
        code = int(digits.removeprefix("x"), 16 if digits[0] == "x" else 10)
        return chr(code) if 0 < code <= 0x10FFFF else ""
    import html.entities

    return html.entities.html5.get(f"{body};", "")
