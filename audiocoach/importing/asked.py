"""What SSML's elements ask of a voice, in the marks of a script.

W3C, Speech Synthesis Markup Language 1.1, sections 3.1.10 to 3.2.4. Numbers become the
nearest of the names that a script has.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from audiocoach.routine import Asked, Place, Span
from audiocoach.script.modifiers import LEVELS, read_modifiers, to_text
from audiocoach.script.problems import Problems
from audiocoach.voices.spans import asked_manner

_LONGEST_MARK = 300
"""Characters that stand between the brackets of a script."""
_LONGEST_TAG = 35
"""Characters of a language (RFC 5646, section 4.4.1)."""

_NUMBER = re.compile(
    r"(?P<number>[+-]?(?:\d{1,6}(?:\.\d{0,6})?|\.\d{1,6}))(?P<unit>%|st|dB)?", re.ASCII
)
_SEMITONES = {"x-low": -4.0, "low": -2.0, "medium": 0.0, "high": 2.0, "x-high": 4.0}
"""What the names of a pitch stand for; SSML leaves them open."""
_SAY_AS = {
    "cardinal": "number",
    "number": "number",
    "ordinal": "ordinal",
    "fraction": "fraction",
    "digits": "digits",
    "characters": "characters",
    "spell-out": "characters",
    "verbatim": "characters",
    "date": "date",
    "time": "time",
    "telephone": "telephone",
}
"""Kinds of ``interpret-as`` (W3C, SSML 1.0 say-as attribute values, and what is common)."""


@dataclass(slots=True)
class Wanted:
    """What one element asks for."""

    how: dict[str, str] = field(default_factory=dict)
    """The manner of all words inside."""
    kind: tuple[str, str] | None = None
    """What the words inside are, all together."""
    became: list[str] = field(default_factory=list)
    """What is said in another way, in words."""
    lost: list[str] = field(default_factory=list)
    """What has no counterpart, as it is written."""


def read_element(name: str, attributes: Mapping[str, str]) -> Wanted | None:
    """What the element asks for; ``None`` if a script has nothing like it."""
    if name not in _READERS:
        return None
    wanted = Wanted()
    left = {key: value.strip() for key, value in attributes.items()}
    for key in [key for key in left if key == "xmlns" or key.startswith(("xmlns:", "xml:"))]:
        del left[key]
    _READERS[name](left, wanted)
    wanted.lost += [f'{key}="{value}"' for key, value in left.items()]
    return wanted


def checked(asked: Mapping[str, str]) -> Asked | None:
    """``asked`` as a script writes it; ``None`` where it cannot."""
    pairs = {key: " ".join(value.split()) for key, value in asked.items()}
    if len(pairs.get("lang", "")) > _LONGEST_TAG:
        return None
    text = to_text(tuple(pairs.items()))
    if len(text) > _LONGEST_MARK or "[" in text or "]" in text:
        return None
    found = read_modifiers(text, Place("", 1), 1, Problems("", ())) if pairs else ()
    return found if found is not None and dict(found) == pairs else None


# Each takes what it reads out of the attributes.


def _emphasis(left: dict[str, str], wanted: Wanted) -> None:
    level = left.get("level", "moderate")
    if level in LEVELS["emphasis"]:
        wanted.how["emphasis"] = level
        left.pop("level", None)


def _prosody(left: dict[str, str], wanted: Wanted) -> None:
    for key in ("rate", "pitch", "volume"):
        given = left.get(key, "")
        value = "medium" if given == "default" else given
        if value not in LEVELS[key]:
            value = _nearest(key, given)
            if value:
                wanted.became.append(f'{key} "{given}" becomes "{value}"')
        if value:
            wanted.how[key] = value
            del left[key]


def _nearest(key: str, given: str) -> str:
    """The name whose effect is nearest to a number; empty if it is none."""
    match = _NUMBER.fullmatch(given)
    if match is None:
        return ""
    number, unit = float(match["number"]), match["unit"] or ""
    signed = given[0] in "+-"
    if unit == "%":
        ratio = number / 100 + signed
    elif key == "rate" and not unit and not signed:
        ratio = number
    elif key == "volume" and not unit:  # SSML 1.0: 0 to 100
        ratio = number / 100 + signed
    elif (key, unit) == ("pitch", "st") and signed:
        ratio = 2 ** (number / 12) if abs(number) <= 100 else 0.0
    elif (key, unit) == ("volume", "dB"):
        ratio = 10 ** (number / 20) if abs(number) <= 200 else 0.0
    else:
        return ""
    if ratio <= 0:
        return ""
    return min(LEVELS[key], key=lambda name: abs(math.log(ratio / _effect(key, name))))


def _effect(key: str, name: str) -> float:
    """Times the rate, the frequency, the amplitude."""
    if key == "pitch":
        return math.pow(2, _SEMITONES[name] / 12)
    manner, gain = asked_manner(Span("", ((key, name),), Place("", 1)))
    return manner.rate if key == "rate" else math.pow(10, gain / 20)


def _say_as(left: dict[str, str], wanted: Wanted) -> None:
    kind = _SAY_AS.get(left.get("interpret-as", ""), "")
    form = left.get("format", "")
    if kind == "date":  # yyyymmdd is written, too
        form = re.sub(r"(.)\1+", r"\1", form)
    value = form if kind in ("date", "time", "telephone") else ""
    if kind and (value or kind != "date") and checked({kind: value}) is not None:
        wanted.kind = (kind, value)
        del left["interpret-as"]
        if value:
            del left["format"]


def _phoneme(left: dict[str, str], wanted: Wanted) -> None:
    sounds = left.get("ph", "")
    if left.get("alphabet", "ipa") == "ipa" and sounds and checked({"ipa": sounds}):
        wanted.kind = ("ipa", sounds)
        del left["ph"]
        left.pop("alphabet", None)


def _sub(left: dict[str, str], wanted: Wanted) -> None:
    if left.get("alias"):
        wanted.kind = ("sub", left.pop("alias"))


def _voice(left: dict[str, str], wanted: Wanted) -> None:
    if checked({"voice": left.get("name", "")}):
        wanted.how["voice"] = left.pop("name")
    if checked({"lang": left.get("languages", "")}):
        wanted.how["lang"] = left.pop("languages")


def _lang(left: dict[str, str], wanted: Wanted) -> None:
    """All it says is in its ``xml:lang``, which any element may have."""
    del left, wanted


_READERS: Mapping[str, Callable[[dict[str, str], Wanted], None]] = {
    "emphasis": _emphasis,
    "prosody": _prosody,
    "say-as": _say_as,
    "phoneme": _phoneme,
    "sub": _sub,
    "voice": _voice,
    "lang": _lang,
}
