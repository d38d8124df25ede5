"""Front matter: the YAML between two lines of dashes at a script's top.

PyYAML's nodes are read as they are written, so that ``no`` is a word and every value
has its place. Anchors, aliases and tags are refused, deep nesting too.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import PurePath
from typing import Any

import yaml

from audiocoach.errors import nearest
from audiocoach.routine import Pace, Place
from audiocoach.script.backdrop import checked_layers
from audiocoach.script.limits import (
    MAX_AMBIENCE,
    MAX_CHOICES,
    MAX_ENTRIES,
    MAX_FRONT_MATTER,
    MAX_SUMMARY,
    MAX_TITLE,
)
from audiocoach.script.marks import read_length
from audiocoach.script.names import RESERVED, can_be_spoken, is_name, is_value
from audiocoach.script.problems import Problems, Stretch, quoted
from audiocoach.script.source import UNWANTED
from audiocoach.script.tree import ANNOUNCEMENTS, Announce, Choice, FrontMatter
from audiocoach.units import Ms

LANGUAGE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8})*")
"""The shape of a BCP 47 tag (RFC 5646, section 2.1)."""
_DEEPEST = 3
"""The file's mapping, ``choices`` in it, the list of a choice."""


def read_front_matter(last: int, problems: Problems) -> tuple[FrontMatter, bool]:
    """The front matter whose closing dashes are line ``last`` (from 1); 0: there is none.

    The second is whether all choices are known: they may be in what could not be read.
    """
    default = FrontMatter(title=readable_name(problems.path))
    if not last:
        return default, True
    return _Reader(Stretch(problems.path, _pieces(last, problems)), problems).read(default)


def readable_name(path: str) -> str:
    """``scripts/back-massage.md`` -> ``Back massage``."""
    stem = UNWANTED.sub("", PurePath(path).stem)
    name = " ".join(re.sub(r"[-_]", " ", stem).split())[:MAX_TITLE]
    return name[:1].upper() + name[1:] if can_be_spoken(name) else "Routine"


def _pieces(last: int, problems: Problems) -> list[tuple[int, int, str]]:
    return [(number, 1, problems.lines[number - 1]) for number in range(2, last)] or [(1, 1, "")]


class _Reader:
    def __init__(self, stretch: Stretch, problems: Problems) -> None:
        self._stretch = stretch
        self._problems = problems
        self._keys: dict[str, Callable[[yaml.Node], Any]] = {
            "title": self._title,
            "summary": lambda node: self._text(node, MAX_SUMMARY),
            "language": self._language,
            "ambience": self._ambience,
            "pace": self._pace,
            "length": self._length,
            "tags": self._tags,
            "choices": self._choices,
            "announce": self._announce,
            "say-as": self._say_as,
        }

    def read(self, default: FrontMatter) -> tuple[FrontMatter, bool]:
        values: dict[str, Any] = {}
        before = len(self._problems)
        node = self._compose()
        known = len(self._problems) == before
        for key, key_node, value in self._entries(node) if node else ():
            if key not in self._keys:
                # Anything but a word may be the choices under a wrong name.
                known = known and isinstance(value, yaml.ScalarNode)
                self._problem(
                    key_node, f"front matter has no key {quoted(key)}{nearest(key, self._keys)}"
                )
            elif (read := self._keys[key](value)) is not None:
                values[key.replace("-", "_")] = read
        return FrontMatter(**{"title": default.title, **values}), known

    def _problem(self, node: yaml.Node, message: str) -> None:
        width = node.end_mark.index - node.start_mark.index
        self._problems.add(self._place(node), message, width)

    def _compose(self) -> yaml.Node | None:
        """The root node; ``None`` where there is none, or where it is a problem."""
        text = self._stretch.text
        if len(text) > MAX_FRONT_MATTER:
            self._problems.add(
                self._stretch.place(),
                f"front matter is too long; the most is {MAX_FRONT_MATTER} characters",
            )
            return None
        try:
            if self._has_only_plain_yaml(text):
                return yaml.compose(text, Loader=yaml.SafeLoader)
        except yaml.MarkedYAMLError as error:
            marks = [mark.index for mark in (error.problem_mark, error.context_mark) if mark]
            inside = [index for index in marks if index < len(text.rstrip())]
            self._problems.add(
                self._stretch.place([*inside, *marks, 0][0]),
                f"this is not YAML: {error.problem or error.context}",
            )
        except yaml.reader.ReaderError as error:
            self._problems.add(
                self._stretch.place(error.position), "this character cannot stand in front matter"
            )
        except (yaml.YAMLError, ValueError, OverflowError):
            # PyYAML hands on ValueError of chr() for "\UFFFFFFFF".
            self._problems.add(self._stretch.place(), "this front matter is not YAML")
        return None

    def _has_only_plain_yaml(self, text: str) -> bool:
        """Goes through the events, which need no recursion, before nodes are made of them."""
        depth = 0
        for event in yaml.parse(text, Loader=yaml.SafeLoader):
            wrong = ""
            if isinstance(event, yaml.CollectionStartEvent):
                depth += 1
                wrong = "this is nested too deep" if depth > _DEEPEST else ""
            elif isinstance(event, yaml.CollectionEndEvent):
                depth -= 1
            if isinstance(event, yaml.NodeEvent) and event.anchor:
                wrong = "& and * have no meaning here; put the text in quotes"
            elif getattr(event, "tag", None):
                wrong = "! has no meaning here; put the text in quotes"
            elif isinstance(event, yaml.DocumentStartEvent) and event.explicit:
                wrong = "front matter is one document"
            if wrong:
                mark = event.start_mark
                self._problems.add(self._stretch.place(mark.index if mark else 0), wrong)
                return False
        return True

    # Each returns what the node says, or None after it has reported a problem.

    def _entries(
        self, node: yaml.Node, most: int = MAX_ENTRIES
    ) -> Iterator[tuple[str, yaml.Node, yaml.Node]]:
        """Keys, and the nodes of keys and values."""
        if not isinstance(node, yaml.MappingNode):
            self._problem(node, "names with values are expected here; write name: value")
            return
        seen: set[str] = set()
        for key_node, value in node.value:
            if not isinstance(key_node, yaml.ScalarNode):
                self._problem(key_node, "a name is expected here, one word before a colon")
            elif key_node.value.lower() in seen:
                self._problem(key_node, f"{quoted(key_node.value)} stands here twice")
            else:
                seen.add(key_node.value.lower())
                yield key_node.value, key_node, value
        if len(node.value) > most:
            self._problem(node, f"these are too many; the most is {most}")

    def _text(self, node: yaml.Node, longest: int = MAX_TITLE) -> str | None:
        if not isinstance(node, yaml.ScalarNode):
            self._problem(node, "plain text is expected here; put it in quotes")
            return None
        text = " ".join(node.value.split())
        if not text or (node.style is None and node.tag.endswith(":null")):
            self._problem(node, "there is no value; write one, or leave out the name")
            return None
        if len(text) > longest or UNWANTED.search(text):
            self._problem(node, f"this is too long, or no text; the most is {longest} characters")
            return None
        return text

    def _title(self, node: yaml.Node) -> str | None:
        title = self._text(node)
        if title and not can_be_spoken(title):
            self._problem(node, "a title has words")
            return None
        return title

    def _language(self, node: yaml.Node) -> str | None:
        tag = self._text(node)
        if tag and LANGUAGE.fullmatch(tag) is None:
            self._problem(node, f"{quoted(tag)} is no language; write it like en-US or de")
            return None
        return tag

    def _ambience(self, node: yaml.Node) -> str | None:
        text = self._text(node, MAX_AMBIENCE)
        try:
            return checked_layers(text) if text else None
        except ValueError as error:
            self._problem(node, str(error))
            return None

    def _pace(self, node: yaml.Node) -> Pace | None:
        word = self._text(node)
        if word and word not in list(Pace):
            self._problem(node, f"{quoted(word)} is no pace{nearest(word, list(Pace))}")
            return None
        return Pace(word) if word else None

    def _length(self, node: yaml.Node) -> Ms | None:
        text = self._text(node)
        try:
            return read_length(text) if text else None
        except ValueError as error:
            self._problem(node, str(error))
            return None

    def _list(self, node: yaml.Node) -> list[tuple[str, yaml.Node]]:
        if not isinstance(node, yaml.SequenceNode):
            self._problem(node, "a list is expected here; write [one, two]")
            return []
        if len(node.value) > MAX_ENTRIES:
            self._problem(node, f"these are too many; the most is {MAX_ENTRIES}")
        return [(text, item) for item in node.value if (text := self._text(item))]

    def _tags(self, node: yaml.Node) -> tuple[str, ...]:
        return tuple(dict.fromkeys(text for text, _ in self._list(node)))

    def _choices(self, node: yaml.Node) -> tuple[Choice, ...]:
        choices = []
        for name, key_node, values_node in self._entries(node, MAX_CHOICES):
            values: dict[str, None] = {}
            for value, value_node in self._list(values_node):
                if not is_value(value):
                    self._problem(
                        value_node, f"{quoted(value)} is not one word of letters, digits, - or _"
                    )
                elif value in values:
                    self._problem(value_node, f'"{value}" stands here twice')
                values[value] = None
            if isinstance(values_node, yaml.SequenceNode) and len(values_node.value) < 2:
                self._problem(values_node, "a choice has two values or more")
            if not is_name(name) or name in RESERVED:
                self._problem(
                    key_node,
                    f"{quoted(name)} cannot be the name of a choice; write letters, digits, - or _,"
                    f" and none of {', '.join(RESERVED)}",
                )
            choices.append(Choice(name, tuple(values), self._place(key_node)))
        return tuple(choices)

    def _announce(self, node: yaml.Node) -> Announce | None:
        if isinstance(node, yaml.SequenceNode):
            found = self._list(node)
        else:
            text = self._text(node)
            found = [(kind.strip(), node) for kind in text.split(",")] if text else []
        for kind, kind_node in found:
            if kind not in ANNOUNCEMENTS:
                self._problem(
                    kind_node, f"{quoted(kind)} is no announcement{nearest(kind, ANNOUNCEMENTS)}"
                )
        kinds = tuple(dict.fromkeys(kind for kind, _ in found if kind in ANNOUNCEMENTS))
        return Announce(kinds, self._place(node)) if kinds else None

    def _say_as(self, node: yaml.Node) -> tuple[tuple[str, str], ...]:
        said = []
        for word, key_node, value in self._entries(node):
            spoken, written = self._text(value), self._text(key_node)
            if written and not can_be_spoken(written):
                self._problem(key_node, f"{quoted(word)} is no word")
            elif spoken and not can_be_spoken(spoken):
                self._problem(value, "there is nothing to speak in this")
            elif spoken and written:
                said.append((written, spoken))
        return tuple(said)

    def _place(self, node: yaml.Node) -> Place:
        return self._stretch.place(node.start_mark.index)
