"""Where the blocks of a mix go: one file for each place."""

from __future__ import annotations

from typing import Protocol

from audiocoach.segments import AudioSegment


class Sink(Protocol):
    """Takes the blocks of a mix, in order."""

    def write(self, block: AudioSegment) -> None:
        """Take the next block: 44.1 kHz, two channels, 16 bit."""

    def close(self) -> None:
        """Finish; after this, what was written is whole."""
