"""What can lie beside an exported file: its words and chapters in the formats of others.

Each is a pure function of the timeline that the file itself carries.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from audiocoach.embedded import Embedded
from audiocoach.sidecars.card import to_card
from audiocoach.sidecars.chapters import to_chapters
from audiocoach.sidecars.subtitles import to_lrc, to_srt, to_vtt
from audiocoach.sidecars.transcript import to_transcript


@dataclass(frozen=True, slots=True)
class Sidecar:
    """A kind of file that can lie beside the sound."""

    suffix: str
    """In place of the suffix of the sound."""
    write: Callable[[Embedded], str]
    """What is in it; UTF-8, lines that end with ``\\n``."""


SIDECARS: dict[str, Sidecar] = {
    "vtt": Sidecar(".vtt", lambda told: to_vtt(told.cues)),
    "srt": Sidecar(".srt", lambda told: to_srt(told.cues)),
    "lrc": Sidecar(".lrc", to_lrc),
    "chapters": Sidecar(".chapters.json", to_chapters),
    "transcript": Sidecar(".transcript.md", to_transcript),
    "card": Sidecar(".card.html", to_card),
}
"""By the name with which ``export --beside`` asks for it."""


def beside(target: Path, names: Iterable[str]) -> dict[Path, Sidecar]:
    """The files that belong beside ``target``; raises ``KeyError`` for an unknown name.

    None of them has the name of ``target`` or of a script.
    """
    return {target.with_suffix(SIDECARS[name].suffix): SIDECARS[name] for name in names}
