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
from audiocoach.importing.asked import Wanted, checked, read_element
from audiocoach.importing.writer import Imported, Said, Writer
from audiocoach.routine import Asked
from audiocoach.script.frontmatter import LANGUAGE
from audiocoach.script.limits import MAX_TITLE
from audiocoach.script.modifiers import wrong_words
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
    silent: bool = False
    asked: Asked = ()
    """What is asked of the voice for its words, by the elements around it, too."""
    kind: tuple[str, str] | None = None
    """What its words are, all together."""
    begins: tuple[int, int, int] = (0, 0, 0)
    """The first of the parts inside, and the line and column of its tag."""
    written: str = ""


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
        return self._writer.finish(language=self._language)

    def _fail(self, message: str, line: int | None = None, column: int | None = None) -> NoReturn:
        number = line or self._parser.CurrentLineNumber
        source = self._lines[number - 1] if number <= len(self._lines) else ""
        source = source if len(source) <= _LONGEST_SOURCE else ""
        place = column or self._parser.CurrentColumnNumber + 1
        raise ScriptError([Problem(self._path, number, place, message, UNWANTED.sub(" ", source))])

    def _place(self) -> tuple[int, int]:
        return self._parser.CurrentLineNumber, self._parser.CurrentColumnNumber + 1

    def _warn(self, message: str) -> None:
        self._writer.warn(*self._place(), message)

    # What expat meets

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        name = tag.rpartition(":")[2]
        if not self._open and name != "speak":
            self._fail(f"this is <{tag}>, not SSML, which begins with <speak>")
        element = _Open(name, self._writer.steps, told=False)
        element.silent = bool(self._open) and self._open[-1].silent
        if self._open:
            element.asked = self._open[-1].asked
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
            case _ if wanted := read_element(name, attributes):
                element.written = _written(tag, attributes)
                self._take(element, wanted)
            case _ if name not in _PLAIN:
                element.silent = name in _SILENT
                self._keep(element, _written(tag, attributes))
        if not element.silent:
            self._take_language(element, attributes)
        element.begins = (self._writer.here, *self._place())

    def _end(self, tag: str) -> None:
        element = self._open.pop()
        if element.silent:
            return
        if element.kind:
            self._end_kind(element, *element.kind)
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
        else:
            self._writer.say(text, element.asked)

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
        self._warn(f"<{element.name}> has no counterpart; {what}")
        self._writer.aside(written)

    def _take(self, element: _Open, wanted: Wanted) -> None:
        """Ask for what a script can say, and tell of the rest."""
        element.kind = wanted.kind
        self._ask(element, wanted.how)
        for what in wanted.became:
            self._warn(what)
        if wanted.lost:
            lost = " ".join(wanted.lost)
            self._warn(f"<{element.name} {lost}> has no counterpart; its words are kept")
        if wanted.became or wanted.lost:
            element.told = True
            self._writer.aside(element.written)

    def _ask(self, element: _Open, how: Mapping[str, str]) -> None:
        """Inner elements win over those around them."""
        element.asked = checked({**dict(element.asked), **how}) or element.asked

    def _take_language(self, element: _Open, attributes: Mapping[str, str]) -> None:
        tag = attributes.get("xml:lang", "").strip()
        if not tag or tag == dict(element.asked).get("lang", self._language):
            return
        if LANGUAGE.fullmatch(tag) and len(self._open) == 1:
            self._language = tag
        elif checked({"lang": tag}):
            self._ask(element, {"lang": tag})
        else:
            self._warn(f'"{tag}" is no language; the words are kept')
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

    def _end_kind(self, element: _Open, key: str, value: str) -> None:
        """Words that are a number, a date, or to be said in another way."""
        start, line, column = element.begins
        parts = self._writer.since(start) if self._writer.steps == element.steps else ()
        said = [part for part in parts if isinstance(part, Said)]
        text = "".join(part.text for part in said)
        words = " ".join(text.split())
        manners = {part.asked for part in said if part.text.strip()}
        whole = bool(said) and len(said) == len(parts)
        wrong = "its words are not one stretch without a mark or a break"
        if whole and len(manners) == 1:
            asked = checked({**dict(manner := manners.pop()), key: value})
            wrong = wrong_words(((key, value),), words)
            if not can_be_spoken(words) or len(words) > MAX_TITLE:
                wrong = "its words are too long, or none"
            elif asked is None or Said("", manner).kinds:
                wrong = "this cannot be written in one mark"
            elif not wrong:
                self._writer.replace(start, Said(text, asked))
                return
        kinds = any(part.kinds for part in said)
        if key == "sub" and whole and not kinds and can_be_spoken(value):
            self._writer.replace(start, Said(value, element.asked))
            self._writer.warn(line, column, "the words are replaced by their alias")
            self._writer.aside(f"{element.written}{words}</sub>")
            return
        self._writer.warn(
            line, column, f"<{element.name}> is left out, its words are kept: {wrong}"
        )
        self._writer.aside(element.written)


def _written(tag: str, attributes: Mapping[str, str]) -> str:
    inside = "".join(f' {name}="{value}"' for name, value in attributes.items())
    return f"<{tag}{inside}>"
