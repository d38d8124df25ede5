"""What an author writes for the sound behind the voice: ``ocean + bowls -6dB``.

Pure text: whether there are such sounds is not asked here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from audiocoach.units import Db

NONE = "none"
"""No sound of its own, only a room tone."""

MOST_LAYERS = 8
LOUDEST: Db = 20.0
QUIETEST: Db = -60.0
"""Bounds of a layer's gain."""

_FORM = 'write names with + between them, each with a gain if you like: "ocean + rain -6dB"'
_GAIN = r"(?P<gain>(?:[+-] ?)?\d{1,3}(?:\.\d{1,2})?) ?dB"
_QUOTED = re.compile(r"""(?P<quote>["'])(?P<name>(?:(?!(?P=quote)).)*)(?P=quote)\s*""")
_AFTER_QUOTED = re.compile(rf"(?:{_GAIN})?\s*(?:(?P<plus>\+)(?:\s+|\Z)|\Z)", re.IGNORECASE)
_PLAIN = re.compile(r"(?P<text>.*?)(?:(?P<plus>(?:(?<=\s)|(?<!.))\+(?:\s+|\Z))|\Z)", re.DOTALL)
_NAME_AND_GAIN = re.compile(rf"(?P<name>.+?)(?:\s+{_GAIN})?", re.IGNORECASE | re.DOTALL)
_LOOSE_GAIN = re.compile(r".*\s(?P<gain>[+-] ?\d+(?:[.,]\d+)?(?: ?[Dd][Bb])?)", re.DOTALL)
_NEEDS_QUOTES = re.compile(rf"""["'].*|.*\s\+\s.*|(?:.*\s)?\+|\+\s.*|.*\s{_GAIN}""", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Layer:
    """One sound of a bed."""

    name: str
    """A name in the sound bank, the path of a file, or ``NONE``."""
    gain: Db = 0.0
    """Against the level that every bed has."""


def parse_layers(text: str) -> tuple[Layer, ...]:
    """``ocean + "my file.ogg" -6dB`` -> its layers, one at least.

    A ``+`` with white space around it parts two layers; quotes, single or double, keep a
    name together that looks like more. Raises ``ValueError`` that names the layer that is
    wrong and says what is expected.
    """
    layers = list(_layers(text.replace("\N{MINUS SIGN}", "-")))
    names = [layer.name for layer in layers]
    if len(layers) > MOST_LAYERS:
        raise ValueError(f"these are {len(layers)} layers; the most is {MOST_LAYERS}")
    for at, name in enumerate(names):
        if name in names[:at]:
            raise ValueError(
                f'layer {at + 1}, "{name}", stands here twice; give one of them a gain'
            )
    if NONE in names and (len(layers) > 1 or layers[0].gain):
        raise ValueError(f'"{NONE}" stands alone, without a gain and without other layers')
    return tuple(layers)


def layers_text(layers: Sequence[Layer]) -> str:
    """What ``parse_layers`` reads back."""
    return " + ".join(
        _name_text(layer.name) + (f" {layer.gain:+g}dB" if layer.gain else "") for layer in layers
    )


def _name_text(name: str) -> str:
    if not (_NEEDS_QUOTES.fullmatch(name) or _LOOSE_GAIN.fullmatch(name)):
        return name
    return f"'{name}'" if '"' in name else f'"{name}"'


def _layers(text: str) -> Iterator[Layer]:
    rest, number, more = text.strip(), 1, True
    while more:
        name, gain, rest, more = _first(rest, number)
        if not name.strip():
            raise ValueError(f"layer {number} has no name; {_FORM}")
        if not QUIETEST <= gain <= LOUDEST:
            raise ValueError(
                f'layer {number}, "{name}", cannot have {gain:+g}dB; write {QUIETEST:g}dB to '
                f"{LOUDEST:+g}dB"
            )
        yield Layer(name, gain)
        number += 1


def _first(text: str, number: int) -> tuple[str, Db, str, bool]:
    """The name and gain of the first layer, what follows it, and whether another does."""
    if quoted := _QUOTED.match(text):
        after = _AFTER_QUOTED.match(text, quoted.end())
        if after is None:
            rest = text[quoted.end() :]
            raise ValueError(
                f'layer {number}, "{quoted["name"]}": "{rest}" is not understood; {_FORM}'
            )
        return quoted["name"], _gain(after["gain"]), text[after.end() :], bool(after["plus"])
    if text[:1] in {'"', "'"}:
        raise ValueError(f"layer {number}: the quote {text[0]} is not closed")
    plain = _PLAIN.match(text)
    layer = plain and _NAME_AND_GAIN.fullmatch(plain["text"].strip())
    if plain is None or layer is None:
        return "", 0.0, "", False
    if loose := _LOOSE_GAIN.fullmatch(layer["name"]):
        raise ValueError(
            f'layer {number}, "{layer["name"]}": "{loose["gain"]}" is no gain; write -6dB, or put '
            "the whole name in quotes"
        )
    return layer["name"], _gain(layer["gain"]), text[plain.end() :], bool(plain["plus"])


def _gain(text: str | None) -> Db:
    return float(text.replace(" ", "")) if text else 0.0
