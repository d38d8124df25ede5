"""What is asked of a voice for some words: ``(words)[rate:"slow"; volume:"soft"]``.

The syntax is Speech Markdown's (speechmarkdown.org, "Modifiers" and "Sections"). A new
modifier is one more line in the tables below; what it does is told in ``voices/spans.py``.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from audiocoach.errors import nearest
from audiocoach.routine import Asked, Place
from audiocoach.script.limits import MAX_NAME, MAX_TITLE
from audiocoach.script.names import can_be_spoken
from audiocoach.script.problems import Problems, quoted

LEVELS: dict[str, tuple[str, ...]] = {
    "emphasis": ("strong", "moderate", "reduced", "none"),
    "rate": ("x-slow", "slow", "medium", "fast", "x-fast"),
    "pitch": ("x-low", "low", "medium", "high", "x-high"),
    "volume": ("x-soft", "soft", "medium", "loud", "x-loud"),
    "date": ("mdy", "dmy", "ymd", "ydm", "md", "dm", "ym", "my", "y", "m", "d"),
    "time": ("hms12", "hms24"),
}
"""Modifiers that take one of a few words."""

_ALIASES = {"chars": "characters", "cardinal": "number", "phone": "telephone", "vol": "volume"}
_ALONE = {
    "characters": "",
    "digits": "",
    "number": "",
    "ordinal": "",
    "fraction": "",
    "time": "",
    "telephone": "",
    "emphasis": "moderate",
}
"""Modifiers that may stand without a value, and the value they have then."""

_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8})*")
_VOICE = re.compile(r"\w[\w .()+-]*(?<!\.onnx)", re.IGNORECASE)
"""A name, never a path: a script is not to open files."""
_COUNTRY = re.compile(r"\+?\d{1,3}", re.ASCII)


def _is_text(value: str) -> bool:
    return can_be_spoken(value) and len(value) <= MAX_TITLE


_FREE: dict[str, tuple[Callable[[str], object], str]] = {
    "sub": (_is_text, "words to be spoken instead"),
    "ipa": (_is_text, "the sounds of the words in the International Phonetic Alphabet"),
    "lang": (_LANGUAGE.fullmatch, "a language, like fr-FR or de"),
    "voice": (
        lambda value: len(value) <= MAX_NAME and _VOICE.fullmatch(value),
        "a name that audiocoach voices lists",
    ),
    "telephone": (_COUNTRY.fullmatch, "the code of a country, like 1"),
}
"""Modifiers that take a value of their own: whether it is one, and what it should be."""

_ORDER = (
    "sub", "ipa", "characters", "digits", "number", "ordinal", "fraction", "date", "time",
    "telephone", "emphasis", "rate", "pitch", "volume", "lang", "voice",
)  # fmt: skip
ONE_OF = frozenset(_ORDER[: _ORDER.index("telephone") + 1])
"""Those that say what the words are: words can be only one of them."""

_SHAPES: dict[str, tuple[re.Pattern[str], str]] = {
    "digits": (re.compile(r"[\d\s.,-]*\d[\d\s.,-]*", re.ASCII), "digits"),
    "number": (re.compile(r"[+-]?\d+(?:[.,\s]\d+)*", re.ASCII), "a number"),
    "ordinal": (re.compile(r"\d{1,6}", re.ASCII), "a whole number"),
    "fraction": (re.compile(r"(?:\d{1,4}[+ ])?\d{1,4}/\d{1,4}", re.ASCII), "a fraction, like 1/2"),
    "time": (
        re.compile(r"\d{1,2}(?::\d\d){0,2}(?: ?[ap]\.?m\.?)?", re.ASCII | re.IGNORECASE),
        "a time, like 2:30 or 2:30pm",
    ),
    "telephone": (re.compile(r"[\d\s().+/-]*\d[\d\s().+/-]*", re.ASCII), "a telephone number"),
}
"""What the words must look like that are read in a way of their own."""

_ENTRY = re.compile(
    r"""\s*(?P<key>[A-Za-z]+)\s*(?::\s*(?:"(?P<double>[^"]*)"|'(?P<single>[^']*)')\s*)?(?:;|\Z)"""
)
_PHONEMES = re.compile(r"\s*/(?P<ipa>[^/]+)/\s*")
_DEFAULTS = ("voice", "lang", "defaults", "device")
"""What a section says alone to end the one before it; ``device`` only as a voice."""


def is_modifier(inner: str) -> bool:
    """Whether ``inner``, between brackets, begins as a known modifier does."""
    match = re.match(r"\s*([A-Za-z]+)\s*(?:[:;]|\Z)", inner)
    return match is not None and _ALIASES.get(match[1], match[1]) in _ORDER


def read_modifiers(inner: str, place: Place, width: int, problems: Problems) -> Asked | None:
    """What ``inner`` between the brackets asks for; ``None`` where it is a problem."""
    if match := _PHONEMES.fullmatch(inner):
        inner = f'ipa:"{match["ipa"]}"'
    try:
        return _read(inner)
    except ValueError as error:
        problems.add(place, f"in [{quoted(inner)[1:-1]}]: {error}", width)
        return None


def read_section(inner: str, place: Place, width: int, problems: Problems) -> Asked | None:
    """As ``read_modifiers``, of ``#[...]``; empty where everything goes back as it was."""
    if inner.strip().rstrip("; ") in _DEFAULTS[:-1]:
        return ()
    asked = read_modifiers(inner, place, width, problems)
    other = [key for key, _ in asked or () if key not in ("lang", "voice")]
    if other:
        problems.add(place, f"a section takes voice and lang, not {other[0]}", width)
        return None
    return () if asked == (("voice", _DEFAULTS[-1]),) else asked


def wrong_words(asked: Asked, words: str) -> str:
    """What is wrong with ``words`` that are to be read as ``asked``; empty if nothing is."""
    for key, value in asked:
        if key == "date":
            if not re.fullmatch(r"\d{1,4}" + r"[-/.]\d{1,4}" * (len(value) - 1), words, re.ASCII):
                return f'{quoted(words)} is no date of the kind "{value}"'
        elif key in _SHAPES and not _SHAPES[key][0].fullmatch(words):
            return f"{quoted(words)} is not {_SHAPES[key][1]}"
    return ""


def to_text(asked: Asked) -> str:
    """What stands between the brackets; ``read_modifiers`` reads it back."""
    return ";".join(f"{key}:{_quote(value)}" if value else key for key, value in asked)


def _quote(value: str) -> str:
    return f"'{value}'" if '"' in value else f'"{value}"'


def _read(inner: str) -> Asked:
    found: dict[str, str] = {}
    position = 0
    while position < len(inner.rstrip()) or not found:
        match = _ENTRY.match(inner, position)
        if match is None:
            rest = inner[position:].strip()
            raise ValueError(
                f'{quoted(rest)} is not understood; write name:"value", with ; between'
            )
        position = match.end()
        name = match["key"]
        key = _ALIASES.get(name, name)
        if key not in _ORDER:
            raise ValueError(f"nothing is called {quoted(name)} here{nearest(name, _ORDER)}")
        if key in found:
            raise ValueError(f"{key} stands here twice")
        given = match["double"] if match["double"] is not None else match["single"]
        found[key] = _value(key, None if given is None else " ".join(given.split()))
    kinds = [key for key in _ORDER if key in found and key in ONE_OF]
    if len(kinds) > 1:
        raise ValueError(f"the words cannot be {kinds[0]} and {kinds[1]} at once")
    return tuple((key, found[key]) for key in _ORDER if key in found)


def _value(key: str, value: str | None) -> str:
    """A checked value of ``key``; ``None`` is one that is not given."""
    if value is None:
        if key in _ALONE:
            return _ALONE[key]
        wanted = " or ".join(LEVELS[key]) if key in LEVELS else _FREE[key][1]
        raise ValueError(f'{key} takes a value, {key}:"...": {wanted}')
    if "{" in value or "}" in value:
        raise ValueError("names are not filled in here; write the value itself")
    if key in LEVELS:
        if value not in LEVELS[key]:
            raise ValueError(f"{quoted(value)} is no {key}{nearest(value, LEVELS[key])}")
    elif key not in _FREE:
        raise ValueError(f"{key} takes no value")
    elif not _FREE[key][0](value):
        raise ValueError(f"{quoted(value)} is not {_FREE[key][1]}")
    return value
