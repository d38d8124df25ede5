"""The generator: every sound that travels with the program is made here, from a seed.

One file for each sound. ``RECIPES`` lists them; ``make`` writes the files of ``sounds/``,
``verify`` makes them again and compares. Importing this loads no NumPy.

Each bed is one long loop without a seam, stored as MP3; it is neither put together from
layers of coprime lengths nor synthesised while it is played. So a bed sounds the same
everywhere, bit for bit, and its laws (``tests/test_beds.py``) are measured on the very
sound that is heard, once and for all, not on a sample of what chance may bring. It costs
a player nothing but the decoding of the first minutes. And where it plays alone, every
round of it is the same again, so that its encoded frames can be copied: therefore a loop
is a whole multiple of ``GRID``. What this costs: some 1.2 MB for each bed in the package,
16 bits of it in memory while it plays (10 MB a minute), and that it does come back, after
two to three minutes. A loop is only noticed by what can be recognised in it, so those with
waves, notes or crackles are the longer ones, and none may resemble itself sooner.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeAlias, cast

from audiocoach.units import RATE, Db, Frames

if TYPE_CHECKING:
    from audiocoach.synth.circular import Wave

MANIFEST = "sounds.json"
"""Lies beside the sounds and says what they are."""

LEVEL: Db = -23.0
"""LUFS of every sound: of a bed over its loop, of a mark over its loudest 400 ms."""

GRID: Frames = 49 * 1152
"""A loop is a whole multiple of this: 49 frames of MP3, after which their padding comes round
at any bit rate (ISO 11172-3, 2.4.2.3), and 128 ticks of 10 ms."""

Kind: TypeAlias = Literal["bed", "mark", "earcon"]
"""A bed is a loop that lies under everything; a mark sounds once, where a script asks for it; an
earcon answers the listener."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """How one sound is made."""

    name: str
    """What a script calls it; also its module here and the function in that."""
    kind: Kind
    seconds: int
    """The length of a mark until it is silent, or of a loop: then a multiple of 32 s, the
    shortest that is whole in ``GRID`` and in seconds."""
    seed: int
    kbps: int
    """The bit rate of its MP3."""
    coding_gain: Db
    """Decibels by which the encoder's own noise makes it louder; taken off before."""
    description: str
    """A few words for a person who chooses."""

    @property
    def frames(self) -> Frames:
        """``seconds`` at ``RATE``."""
        return self.seconds * RATE

    @property
    def function(self) -> Callable[[int, int], Wave]:
        """``(frames, seed)`` -> sound of shape ``(frames, 2)``, at no level in particular."""
        module = importlib.import_module(f"{__name__}.{self.name}")
        return cast("Callable[[int, int], Wave]", getattr(module, self.name))


RECIPES: tuple[Recipe, ...] = (
    Recipe("ocean", "bed", 128, 1, 80, 0.0, "slow swells on a beach, from some way off"),
    Recipe("rain", "bed", 96, 2, 80, 0.002, "gentle, steady rain with soft drops"),
    Recipe("leaves", "bed", 96, 6, 80, -0.009, "rain that patters on broad leaves"),
    Recipe("brook", "bed", 128, 7, 80, -0.009, "water that murmurs over stones"),
    Recipe("wind", "bed", 128, 8, 80, -0.004, "wind that comes and goes in trees"),
    Recipe("crickets", "bed", 128, 9, 80, -0.02, "a mild night with soft crickets"),
    Recipe("fire", "bed", 128, 10, 80, -0.005, "a fireplace that crackles quietly"),
    Recipe("drone", "bed", 96, 3, 64, 0.002, "a warm open chord that beats slowly"),
    Recipe("bowls", "bed", 160, 14, 56, 0.002, "singing bowls that ring into each other"),
    Recipe("music", "bed", 192, 13, 56, 0.0, "few slow notes over a soft chord, no beat"),
    Recipe("bell", "mark", 5, 4, 128, 0.0, "a small bell, soft and clear"),
    Recipe("bowl", "mark", 11, 5, 128, 0.0, "a singing bowl, struck with felt"),
    Recipe("attend", "earcon", 1, 15, 64, 0.0, "two soft notes upwards: a command is awaited"),
    Recipe("obeyed", "earcon", 1, 16, 64, 0.0, "one soft note: done as you asked"),
    Recipe("unable", "earcon", 1, 17, 64, 0.0, "two low notes downwards: nothing to do here"),
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
