"""Reads SSML (W3C, Speech Synthesis Markup Language 1.1) as far as a script can say it.

A document type is refused, so there are no entities to expand and nothing is fetched.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NoReturn
from xml.parsers import expat

from audiocoach.errors import Problem, ScriptError
from audiocoach.importing.writer import Imported, Writer
from audiocoach.script.frontmatter import LANGUAGE
from audiocoach.script.limits import MAX_ENTRIES, MAX_TITLE
from audiocoach.script.names import can_be_spoken, is_sound
from audiocoach.script.source import UNWANTED
from audiocoach.units import SECOND, Ms

_TIME = re.compile(r"\+?(?P<number>\d{1,9}(?:\.\d{0,9})?|\.\d{1,9})(?P<unit>m?s)", re.ASCII)
_STRENGTHS: Mapping[str, Ms] = {
    "none": 0,
    "x-weak": 150,
    "weak": 300,
    "medium": 500,
    "strong": 1_000,
    "x-strong": 1_500,
}
"""SSML 1.1, section 3.2.3, leaves the lengths open."""

_LONGEST_SOURCE = 1_000
"""Characters of a line that an error shows."""
_DEEPEST = 100
"""Elements inside each other."""
_SILENT = frozenset(("metadata", "meta", "lexicon", "desc", "head"))
"""Elements whose words are not spoken (sections 3.1.3 to 3.1.6 and 3.3.3)."""
_PLAIN = frozenset(("speak", "p", "paragraph", "s", "sentence", "w", "token"))
"""Elements that a script needs no mark for."""


@dataclass(slots=True)
class _Open:
    """An element that is being read."""

    name: str
    steps: int
    """Steps that were written before it."""
    told: bool
    """It has no counterpart."""
    alias: str | None = None
    """What is said instead of its words."""
    silent: bool = False


def read_ssml(data: bytes, path: str) -> Imported:
    """The script that an SSML document stands for.

    Raises ``ScriptError`` where it is no well-formed XML or has a document type; otherwise as
    ``Writer.finish`` does.
    """
    return _Reader(data, path).read()


class _Reader:
    def __init__(self, data: bytes, path: str) -> None:
        self._data, self._path = data, path
        self._lines = re.split(r"\r\n?|\n", data.decode("utf-8-sig", errors="replace"))
        self._writer = Writer(path, self._lines)
        self._open: list[_Open] = []
        self._language = ""
        self._aliased: list[tuple[str, str]] = []
        self._subbed = ""
        self._heard: list[str] = []
        """All words as they are written, to see where else an aliased one stands."""
        self._parser = expat.ParserCreate()
        self._parser.buffer_text = True
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._words
        self._parser.CommentHandler = self._writer.aside
        self._parser.ProcessingInstructionHandler = lambda name, text: self._writer.aside(
            f"{name} {text}"
        )
        self._parser.StartDoctypeDeclHandler = lambda *_: self._fail(
            "a document type is not read; delete <!DOCTYPE ...>, and write & and others as &amp;"
        )

    def read(self) -> Imported:
        """Read all of it."""
        try:
            self._parser.Parse(self._data, True)
        except expat.ExpatError as error:
            self._fail(
                f"this is not well-formed XML: {expat.ErrorString(error.code)}",
                error.lineno,
                error.offset + 1,
            )
        except (ValueError, LookupError) as error:  # an encoding that Python does not know
            self._fail(f"this is not XML: {error}", 1, 1)
        return self._writer.finish(language=self._language, say_as=self._said_as())

    def _fail(self, message: str, line: int | None = None, column: int | None = None) -> NoReturn:
        number = line or self._parser.CurrentLineNumber
        source = self._lines[number - 1] if number <= len(self._lines) else ""
        source = source if len(source) <= _LONGEST_SOURCE else ""
        place = column or self._parser.CurrentColumnNumber + 1
        raise ScriptError([Problem(self._path, number, place, message, UNWANTED.sub(" ", source))])

    def _warn(self, message: str) -> None:
        self._writer.warn(
            self._parser.CurrentLineNumber, self._parser.CurrentColumnNumber + 1, message
        )

    # What expat meets

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        name = tag.rpartition(":")[2]
        if not self._open and name != "speak":
            self._fail(f"this is <{tag}>, not SSML, which begins with <speak>")
        element = _Open(name, self._writer.steps, told=False)
        element.silent = bool(self._open) and self._open[-1].silent
        self._open.append(element)
        if len(self._open) > _DEEPEST:
            self._fail(f"this is nested too deep; the most is {_DEEPEST} elements")
        if element.silent:
            return
        self._end_step_before(name)
        match name:
            case "break":
                self._break(attributes)
            case "audio":
                self._audio(element, attributes)
            case "sub" if attributes.get("alias", "").strip():
                element.alias = attributes["alias"]
                self._subbed = ""
            case _ if name not in _PLAIN:
                element.silent = name in _SILENT
                self._keep(element, _written(tag, attributes))
        if name == "speak" or name in ("p", "s"):
            self._take_language(attributes)

    def _end(self, tag: str) -> None:
        element = self._open.pop()
        if element.alias is not None:
            self._end_sub(element.alias)
        if element.silent:
            return
        match element.name:
            case "s" | "sentence":
                self._writer.end_sentence()
                if not self._inside("p", "paragraph"):
                    self._writer.end_step()
            case "p" | "paragraph":
                self._writer.end_step()
            case _ if element.told and self._writer.steps > element.steps:
                self._writer.aside(f"</{tag}>")

    def _words(self, text: str) -> None:
        if not self._open:
            return
        element = self._open[-1]
        if element.silent:
            if text.strip():
                self._writer.aside(text)
        elif any(outer.alias is not None for outer in self._open):
            self._subbed += text
        else:
            self._heard.append(text)
            self._writer.say(text)

    # What elements mean

    def _inside(self, *names: str) -> bool:
        """Whether what is read next is inside one of these elements."""
        return any(element.name in names for element in self._open)

    def _end_step_before(self, name: str) -> None:
        """A paragraph is a step, and so is a sentence that stands in none."""
        paragraph = name in ("p", "paragraph")
        if paragraph or (name in ("s", "sentence") and not self._inside("p", "paragraph")):
            self._writer.end_step()

    def _keep(self, element: _Open, written: str) -> None:
        """Tell of an element that has no counterpart."""
        element.told = True
        what = "its words are not spoken" if element.silent else "its words are kept"
        self._warn(f"<{element.name}> has no counterpart yet; {what}")
        self._writer.aside(written)

    def _take_language(self, attributes: Mapping[str, str]) -> None:
        tag = attributes.get("xml:lang", "").strip()
        if not tag or tag == self._language:
            return
        if LANGUAGE.fullmatch(tag) and len(self._open) == 1:
            self._language = tag
        else:
            self._warn(f'the language "{tag}" is left out: a script has one for all')
            self._writer.aside(f'xml:lang="{tag}"')

    def _break(self, attributes: Mapping[str, str]) -> None:
        line, column = self._parser.CurrentLineNumber, self._parser.CurrentColumnNumber + 1
        time = attributes.get("time", "").strip()
        strength = attributes.get("strength", "medium").strip()
        match = _TIME.fullmatch(time)
        if match:
            unit = SECOND if match["unit"] == "s" else 1
            self._writer.rest(round(float(match["number"]) * unit), line, column)
        elif time or strength not in _STRENGTHS:
            self._warn(f'"{time or strength}" is no length of a break; half a second stands for it')
            self._writer.aside(_written("break", attributes))
            self._writer.rest(_STRENGTHS["medium"], line, column)
        else:
            self._writer.rest(_STRENGTHS[strength], line, column)

    def _audio(self, element: _Open, attributes: Mapping[str, str]) -> None:
        """A file beside the script is played; its words are for where it is missing."""
        source = attributes.get("src", "").strip().removeprefix("./")
        rest = {name: value for name, value in attributes.items() if name != "src"}
        if is_sound(source):
            self._writer.sound(source)
            element.silent = True
            self._warn(f'put "{source}" beside the script; words inside <audio> are not spoken')
            if rest:
                self._writer.aside(_written("audio", attributes))
        else:
            self._warn("this sound is no file beside the script; the words inside are spoken")
            self._writer.aside(_written("audio", attributes))

    def _end_sub(self, alias: str) -> None:
        """Words that are spelt for the voice in the front matter, or replaced."""
        words = " ".join(self._subbed.split())
        before = [pair for pair in self._aliased if pair[0].lower() == words.lower()]
        fits = can_be_spoken(words) and can_be_spoken(alias) and "\n" not in alias
        short = len(words) <= MAX_TITLE and len(alias) <= MAX_TITLE
        if fits and short and all(pair[1] == alias for pair in before):
            self._aliased.append((words, alias))
            self._writer.say(self._subbed)
        else:
            self._warn("the words are replaced by their alias")
            self._writer.aside(f"<sub>{words}</sub>")
            self._writer.say(alias)

    def _said_as(self) -> list[tuple[str, str]]:
        """Spellings for the voice."""
        found: dict[str, tuple[str, str]] = {}
        for words, alias in self._aliased:
            found.setdefault(words.lower(), (words, alias))
        text = " ".join("".join(self._heard).split())
        for words, alias in found.values():
            if re.search(rf"(?<!\w){re.escape(words)}(?!\w)", text, re.IGNORECASE):
                self._writer.warn(
                    1, 1, f'"{words}" is said as "{alias}" everywhere, not only inside <sub>'
                )
        if len(found) > MAX_ENTRIES:
            self._writer.warn(1, 1, f"only {MAX_ENTRIES} words can be said in another way")
        return list(found.values())[:MAX_ENTRIES]


def _written(tag: str, attributes: Mapping[str, str]) -> str:
    inside = "".join(f' {name}="{value}"' for name, value in attributes.items())
    return f"<{tag}{inside}>"
