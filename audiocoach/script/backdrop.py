"""The sound behind the voice, as a script asks for it: ``ambience:`` and ``#[ambience:"..."]``."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import PurePath

from audiocoach.layers import layers_text, parse_layers
from audiocoach.routine import Backdrop, Place
from audiocoach.script.limits import MAX_AMBIENCE
from audiocoach.script.names import is_sound
from audiocoach.script.problems import Problems, quoted

_MARK = re.compile(
    r"""\s*ambience\s*(?::\s*(?:"(?P<double>[^"]*)"|'(?P<single>[^']*)')\s*)?;?\s*"""
)
_BEGINS = re.compile(r"\s*ambience\b")


def checked_layers(text: str) -> str:
    """``text``, if it names sounds that a script may have; raises ``ValueError`` otherwise."""
    if len(text) > MAX_AMBIENCE:
        raise ValueError(f"this is too long; the most is {MAX_AMBIENCE} characters")
    for layer in parse_layers(text):
        if not is_sound(layer.name):
            raise ValueError(
                f"{quoted(layer.name)} is no ambience: it takes a name, none, or the path of a file"
                " inside the script's own folder, with /"
            )
    return text


def is_backdrop(inner: str) -> bool:
    """Whether ``inner``, between ``#[`` and ``]``, is about the sound behind the voice."""
    return _BEGINS.match(inner) is not None


def read_backdrop(inner: str, place: Place, width: int, problems: Problems) -> Backdrop | None:
    """What ``inner`` asks for; without a value the routine's own bed. ``None``: a problem."""
    match = _MARK.fullmatch(inner)
    if match is None:
        problems.add(
            place,
            f'{quoted(inner.strip())} is not understood; write #[ambience:"rain + bowls -6dB"], and'
            " a section for the voice beside it",
            width,
        )
        return None
    text = match["double"] if match["double"] is not None else match["single"]
    if text is None:
        return Backdrop("", place)
    try:
        return Backdrop(checked_layers(" ".join(text.split())), place)
    except ValueError as error:
        problems.add(place, f"in #[ambience]: {error}", width)
        return None


def backdrop_text(backdrop: Backdrop) -> str:
    """The mark that ``read_backdrop`` reads back."""
    quote = "'" if '"' in backdrop.layers else '"'
    return f"#[ambience:{quote}{backdrop.layers}{quote}]" if backdrop.layers else "#[ambience]"


def from_outermost(backdrop: Backdrop, outermost: str) -> Backdrop:
    """With files as the script ``outermost`` names them, of which this one is a part."""
    folder, base = PurePath(backdrop.place.path).parent, PurePath(outermost).parent
    if folder == base or not folder.is_relative_to(base):
        return backdrop
    way = folder.relative_to(base)
    layers = [
        replace(layer, name=(way / layer.name).as_posix()) if PurePath(layer.name).suffix else layer
        for layer in parse_layers(backdrop.layers)
    ]
    return replace(backdrop, layers=layers_text(layers))
