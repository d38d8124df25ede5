"""Words that were cut or never heard, and where they begin again."""

from __future__ import annotations

from typing import TypeAlias

from audiocoach.live.plan import Key
from audiocoach.live.sounding import NOTHING, ONE, Gain, Glide
from audiocoach.units import Frames, Ms, ms_to_frames

_READ_AHEAD: Ms = 500
"""What an output reads before it is heard, and more; see ``sinks/device.py``."""
_RISE: Ms = 1_500
"""Everything rises in this time when a lost output is back."""
_FALL: Ms = 50

Spot: TypeAlias = tuple[int, Key]
"""A step's index, and a cue in it."""


class Unheard:
    """What the listener has missed because of a pause, or because the output was lost."""

    def __init__(self) -> None:
        self.lost = False
        """Nothing is heard at all."""
        self._again: Spot | None = None
        self._last: tuple[Spot, Frames] | None = None
        """The words that began last, and when they end."""
        self._presence = Glide(1.0, _RISE, _FALL)

    def begin(self, spot: Spot, end: Frames) -> None:
        """The words at ``spot`` begin; they end at ``end`` of all that is read."""
        self._last = (spot, end)

    def cut(self, spot: Spot) -> None:
        """The words at ``spot`` were cut off."""
        self._again = spot

    def lose(self, read: Frames) -> None:
        """The output is lost, with the last moments of the ``read`` frames."""
        self.lost = True
        if self._again is None and self._last is not None:
            spot, end = self._last
            if end > read - ms_to_frames(_READ_AHEAD):
                self._again = spot

    def find(self) -> None:
        """The output is back, or another one has come."""
        self.lost = False
        self._presence = Glide(0.0, _RISE, _FALL)

    @property
    def again(self) -> Spot | None:
        """Where to begin again."""
        return self._again

    def take(self) -> Spot | None:
        """Where to begin again; asked once."""
        spot, self._again = self._again, None
        return spot

    def forget(self) -> None:
        """The listener is elsewhere."""
        self._again = self._last = None

    def gain(self, count: Frames) -> Gain:
        """Of everything, for the next ``count`` frames."""
        return self._presence.follow(NOTHING if self.lost else ONE, count)
