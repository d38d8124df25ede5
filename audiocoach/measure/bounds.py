"""What a file must keep to, by preset; docs/measure.md lists it, and a test holds both together."""

from __future__ import annotations

from dataclasses import dataclass

from audiocoach.presets import PRESETS, Preset, preset
from audiocoach.units import Db, Ms


@dataclass(frozen=True, slots=True)
class Bounds:
    """Every bound of a preset."""

    integrated: Db
    """LUFS of the whole."""
    over_bed: Db
    """LU of each cue over the bed under it, at least."""
    mono_loss: Db | None
    """LU that the bed loses where both channels become one, at most."""
    integrated_within: Db = 0.5
    true_peak: Db = -1.0
    """dBTP, at most (EBU R 128, section 5; AES TD1004)."""
    guess: Db = 2.0
    """LU that are allowed for where the bed under a cue is only known from around it."""
    cue_spread: Db = 1.0
    """LU between the softest and the loudest cue, but for one in ten at either end."""
    cue_off: Db = 6.0
    """LU of any cue from the middle one, at most; a cue that is asked to be soft is less."""
    silence_inside: Ms = 50
    """From here on, digital silence is a hole."""
    silence_at_start: Ms = 500
    """So much may pass before anything sounds; a fade rises from under the last bit."""
    silence_at_end: Ms = 3_000
    """In this time before the end, where the fade goes under the last bit, it may be silent."""
    repetition: Ms = 40_000
    """The bed must not come again sooner: twice what listeners notice (see ``repetition.py``)."""
    likeness: float = 0.5
    """Where it resembles itself by less, other layers hide it."""
    audible: Db = -60.0
    """LUFS of a bed between words, under which nobody hears it come again: a room tone."""


_MONO_LOSS: dict[str, Db | None] = {"phone": 1.0, "headphones": None, "speaker": 3.0}
"""A phone has one loudspeaker, a room often has only one that is near."""

ACCESSIBLE: Db = 20.0
"""W3C, Techniques for WCAG 2.2, G56."""


def bounds(name: str, *, accessible: bool = False) -> Bounds:
    """The bounds of a preset; raises ``NotFoundError`` that names the nearest."""
    found: Preset = preset(name)
    clear = max(found.levels.clear, ACCESSIBLE) if accessible else found.levels.clear
    return Bounds(found.levels.programme, clear, _MONO_LOSS[found.name])


DEFAULT = next(iter(PRESETS))
"""The preset by which a file is judged that does not tell its own."""
