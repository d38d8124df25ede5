"""Reads a plan: what is rendered in which voices, lengths and languages, and how it is called."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

from audiocoach.batch.places import Key, Places
from audiocoach.errors import AudiocoachError, NotFoundError, Problem, ScriptError, nearest
from audiocoach.layers import parse_layers
from audiocoach.presets import PRESETS
from audiocoach.script.frontmatter import LANGUAGE
from audiocoach.script.names import is_name, is_value
from audiocoach.sidecars import SIDECARS
from audiocoach.sinks.formats import FORMATS
from audiocoach.units import HOUR, Ms, parse_duration

OWN = "own"
"""Stands for what the script says itself: its length, its language, its ambience."""
MAX_PLAN = 1 << 20
"""Bytes of a plan."""
MAX_LISTED = 2_000
"""Values of one list, includes, excludes: each."""

LISTS = {
    "routine": "routines",
    "language": "languages",
    "voice": "voices",
    "length": "lengths",
    "preset": "presets",
    "format": "formats",
    "ambience": "ambience",
}
"""What a combination is made of, with the key of its list."""
_KEYS = (*LISTS.values(), "set", "output", "to", "accessible", "bitrate", "beside",
         "include", "exclude")  # fmt: skip


@dataclass(frozen=True, slots=True)
class Some:
    """Values for some of a combination's parts: an ``[[include]]`` or an ``[[exclude]]``."""

    key: Key
    values: Mapping[str, tuple[str, ...]]
    """By the names of ``LISTS``."""
    choices: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Plan:
    """A plan as it is written: each value alone is right, names may not be there."""

    path: Path
    places: Places
    lists: Mapping[str, tuple[str, ...]]
    """By the names of ``LISTS``; never empty."""
    voices: Mapping[str, tuple[str, ...]]
    """By language, where the plan says so; then ``lists["voice"]`` holds all of them."""
    choices: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """By the name of the choice."""
    output: str | None = None
    """The pattern of the files' names."""
    to: str | None = None
    """A folder, beside the plan if it is relative, or a URL."""
    accessible: bool = False
    bitrate: int | None = None
    beside: tuple[str, ...] = ()
    includes: tuple[Some, ...] = ()
    excludes: tuple[Some, ...] = ()

    @property
    def folder(self) -> Path:
        """What its paths are relative to."""
        return self.path.parent


def read(path: Path) -> Plan:
    """The plan in the file at ``path``.

    Raises ``ScriptError`` with every problem of its text, ``NotFoundError`` where there is no
    file, ``AudiocoachError`` where it cannot be read.
    """
    try:
        with path.open("rb") as file:
            data = file.read(MAX_PLAN + 1)
    except FileNotFoundError:
        raise NotFoundError(f"no plan at {path}") from None
    except OSError as error:
        raise AudiocoachError(f"cannot read {path}: {error.strerror or error}") from error
    return parse(data, path)


def parse(data: bytes, path: Path) -> Plan:
    """The plan in ``data``; raises ``ScriptError``."""
    if len(data) > MAX_PLAN:
        raise ScriptError([Problem(str(path), 1, 1, f"a plan has {MAX_PLAN} bytes at most")])
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise ScriptError([Problem(str(path), line, 1, "this is not UTF-8")]) from None
    places = Places(str(path), text)
    try:
        told = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        match = re.search(r"\s*\(at (?:line (\d+), column (\d+)|end of document)\)", str(error))
        end = text.rstrip().count("\n") + 1
        line, column = (int(match[1]), int(match[2])) if match and match[1] else (end, 1)
        what = str(error)[: match.start()] if match else "it is nested too deep"
        problem = places.at_line(line, column, f"this is not TOML: {what}")
        raise ScriptError([problem]) from None
    return _Reader(path, places).plan(told)


class _Reader:
    """Goes through all of a plan and keeps every problem."""

    def __init__(self, path: Path, places: Places) -> None:
        self._path = path
        self._places = places
        self._problems: list[Problem] = []

    def plan(self, told: dict[str, Any]) -> Plan:
        self._check_keys((), told, _KEYS)
        voices = self._voices(told.get("voices"))
        lists = {
            name: self._values(name, (key,), told[key]) or _DEFAULTS[name]
            for name, key in LISTS.items()
            if key in told and not (name == "voice" and voices)
        }
        if "routines" not in told:
            self._add((), 'a plan has routines; write for instance: routines = ["back-massage"]')
        output = self._text(("output",), told.get("output"))
        suffix = PurePosixPath(output or "").suffix.removeprefix(".")
        if "formats" not in told and suffix in FORMATS:
            lists["format"] = (suffix,)
        if voices:
            every = (name for names in voices.values() for name in names)
            lists["voice"] = tuple(dict.fromkeys(every))
        plan = Plan(
            self._path,
            self._places,
            {**_DEFAULTS, **lists},
            voices,
            self._choices(("set",), told.get("set", {})),
            output,
            self._text(("to",), told.get("to")),
            self._accessible(told.get("accessible", False)),
            self._bitrate(told.get("bitrate")),
            self._beside(told.get("beside", [])),
            tuple(self._some("include", told.get("include", []))),
            tuple(self._some("exclude", told.get("exclude", []))),
        )
        if self._problems:
            raise ScriptError(self._problems)
        return plan

    def _add(self, key: Key, message: str, value: str | None = None) -> None:
        self._problems.append(self._places.problem(key, message, value))

    def _check_keys(self, at: Key, told: Mapping[str, Any], known: Sequence[str]) -> None:
        for key in told:
            if key not in known:
                self._add((*at, key), f'there is no key "{key}"{nearest(key, known)}')

    def _values(self, name: str, key: Key, told: object) -> tuple[str, ...]:
        """A list of texts, or one text; each is checked as ``name`` asks."""
        listed = told if isinstance(told, list) else [told]
        if not listed:
            self._add(key, "the list is empty; leave the key out, or give it a value")
        if len(listed) > MAX_LISTED:
            self._add(key, f"these are {len(listed)} values; the most is {MAX_LISTED}")
            return ()
        found: dict[str, None] = {}
        for number, value in enumerate(listed):
            at = (*key, number) if isinstance(told, list) else key
            if not isinstance(value, str) or not value.strip():
                self._add(at, f"{_shown(value)} is no text; write it in quotes")
                continue
            if problem := _wrong(name, value):
                self._add(at, problem, value)
            elif value in found:
                self._add(at, f'"{value}" stands here twice', value)
            found[value] = None
        return tuple(found)

    def _voices(self, told: object) -> dict[str, tuple[str, ...]]:
        """``[voices]``: by language; nothing where it is a list for all languages."""
        if not isinstance(told, dict):
            return {}
        for language in told:
            if not LANGUAGE.fullmatch(language):
                self._add(("voices", language), f'"{language}" is no language; write it like de')
        return {lang: self._values("voice", ("voices", lang), told[lang]) for lang in told}

    def _choices(self, key: Key, told: object) -> dict[str, tuple[str, ...]]:
        if not isinstance(told, dict):
            self._add(key, 'choices are a table; write for instance: set.position = ["chair"]')
            return {}
        for name in told:
            if not is_name(name):
                self._add((*key, name), f'"{name}" cannot be the name of a choice')
        return {name: self._values("choice", (*key, name), told[name]) for name in told}

    def _some(self, kind: str, told: object) -> Iterator[Some]:
        if not isinstance(told, list) or not all(isinstance(each, dict) for each in told):
            self._add((kind,), f"write each as a table of its own: [[{kind}]]")
            return
        if len(told) > MAX_LISTED:
            self._add((kind,), f"these are {len(told)}; the most is {MAX_LISTED}")
            return
        for number, each in enumerate(told):
            key = (kind, number)
            self._check_keys(key, each, (*LISTS, "set"))
            if not each:
                self._add(key, f"this {kind} says nothing")
            values = {
                name: self._values(name, (*key, name), each[name]) for name in LISTS if name in each
            }
            yield Some(key, values, self._choices((*key, "set"), each.get("set", {})))

    def _text(self, key: Key, told: object) -> str | None:
        if told is None:
            return None
        if isinstance(told, str) and told.strip():
            return told
        self._add(key, f"{_shown(told)} is no text; write it in quotes")
        return None

    def _accessible(self, told: object) -> bool:
        if not isinstance(told, bool):
            self._add(("accessible",), "write true or false")
        return told is True

    def _bitrate(self, told: object) -> int | None:
        if told is None or (isinstance(told, int) and not isinstance(told, bool)):
            return told
        self._add(("bitrate",), "write a number, in kbit/s")
        return None

    def _beside(self, told: object) -> tuple[str, ...]:
        return self._values("beside", ("beside",), told) if told != [] else ()


_DEFAULTS: dict[str, tuple[str, ...]] = {
    "routine": (),
    "language": (OWN,),
    "voice": ("auto",),
    "length": (OWN,),
    "preset": (next(iter(PRESETS)),),
    "format": ("mp3",),
    "ambience": (OWN,),
}


def parse_length(text: str) -> Ms | None:
    """``20m`` in milliseconds; ``None`` for ``own``. Raises ``ValueError``."""
    if text == OWN:
        return None
    length = parse_duration(text)
    if not 0 < length <= 24 * HOUR:
        raise ValueError
    return length


def _wrong(name: str, value: str) -> str:
    """What is wrong with a value by itself; nothing if it may be right."""
    known = {"preset": tuple(PRESETS), "format": tuple(FORMATS), "beside": tuple(SIDECARS)}.get(
        name
    )
    if known and value not in known:
        return f'there is no {name} "{value}"{nearest(value, known)}'
    if name == "language" and value != OWN and not LANGUAGE.fullmatch(value):
        return f'"{value}" is no language; write it like en-US or de'
    if name == "choice" and not is_value(value):
        return f'"{value}" is not one word of letters, digits, - or _'
    try:
        if name == "length":
            parse_length(value)
        if name == "ambience" and value != OWN:
            parse_layers(value)
    except ValueError as error:
        form = f'"{value}" is no length; write it like 20m, 1h30m or 90s, or own'
        return form if name == "length" else str(error)
    return ""


def _shown(value: object) -> str:
    return "an empty text" if isinstance(value, str) else f"{value!r:.40}"
