"""The generator: every sound that travels with the program is made here, from a seed.

One file for each sound. ``RECIPES`` lists them; ``make`` writes the files of ``sounds/``,
``verify`` makes them again and compares. Importing this loads no NumPy.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeAlias, cast

from audiocoach.units import Db

if TYPE_CHECKING:
    from audiocoach.synth.circular import Wave

MANIFEST = "sounds.json"
"""Lies beside the sounds and says what they are."""

LEVEL: Db = -23.0
"""LUFS of every sound: of a bed over its loop, of a mark over its loudest 400 ms."""

Kind: TypeAlias = Literal["bed", "mark"]
"""A bed is a loop that lies under everything; a mark sounds once."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """How one sound is made."""

    name: str
    """What a script calls it; also its module here and the function in that."""
    kind: Kind
    seconds: int
    """The length of the loop, or of the mark until it is silent."""
    seed: int
    kbps: int
    """The bit rate of its MP3."""
    coding_gain: Db
    """Decibels by which the encoder's own noise makes it louder; taken off before."""
    description: str
    """A few words for a person who chooses."""

    @property
    def function(self) -> Callable[[int, int], Wave]:
        """``(frames, seed)`` -> sound of shape ``(frames, 2)``, at no level in particular."""
        module = importlib.import_module(f"{__name__}.{self.name}")
        return cast("Callable[[int, int], Wave]", getattr(module, self.name))


RECIPES: tuple[Recipe, ...] = (
    Recipe("ocean", "bed", 84, 1, 160, 0.026, "slow swells on a beach, from some way off"),
    Recipe("rain", "bed", 72, 2, 160, 0.038, "gentle, steady rain with soft drops"),
    Recipe("drone", "bed", 80, 3, 128, 0.0, "a warm open chord that beats slowly"),
    Recipe("bell", "mark", 5, 4, 128, 0.0, "a small bell, soft and clear"),
    Recipe("bowl", "mark", 11, 5, 128, 0.0, "a singing bowl, struck with felt"),
)
"""In the order in which they are listed."""


def make(folder: Path, names: Iterable[str] | None = None) -> list[Path]:
    """Write the sounds called ``names`` (all of them) and the manifest into ``folder``.

    Returns what was written, the manifest last. A file appears whole or not at all.
    Raises ``NotFoundError`` for a name that is none, ``OutputError`` where it cannot write.
    """
    from audiocoach.synth.files import make_files

    return make_files(folder, names)


def verify(folder: Path, names: Iterable[str] | None = None) -> list[str]:
    """Make the sounds called ``names`` (all of them) again and compare: a line for each difference.

    Bit for bit: the MP3 file where the encoder is the one that wrote it, else the PCM
    that it was given.
    """
    from audiocoach.synth.files import verify_files

    return verify_files(folder, names)
