"""The frozen model of a routine: what is to be said, and with how much time for it.

A script becomes a ``Routine`` once its choices are made and its loops unrolled, so
a routine is flat: chapters hold steps, steps hold parts in the order they sound.
Nothing here knows how a script is written or what a cue sounds like.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

from audiocoach.units import Ms


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """Where in a script something is written."""

    path: str
    line: int
    """From 1."""
    column: int = 1
    """From 1, in characters."""

    def __str__(self) -> str:
        return f"{self.path}:{self.line}:{self.column}"


class Pace(StrEnum):
    """How fast the voice speaks and how long it rests between sentences."""

    CALM = "calm"
    NORMAL = "normal"
    BRISK = "brisk"


Asked: TypeAlias = tuple[tuple[str, str], ...]
"""What is asked of the voice: names of Speech Markdown with their values, for instance
``(("rate", "slow"), ("voice", "joe"))``; always in the same order."""


@dataclass(frozen=True, slots=True)
class Span:
    """Words of a cue that are said in a manner of their own."""

    words: str
    """With the spaces at their ends: the words of all spans together are the cue."""
    asked: Asked
    """Empty for words that are said as usual."""
    place: Place

    def get(self, name: str) -> str | None:
        """What is asked under ``name``; ``None`` if nothing is."""
        return next((value for key, value in self.asked if key == name), None)


@dataclass(frozen=True, slots=True)
class Cue:
    """Words that are spoken in one breath, from one break to the next."""

    text: str
    """The words as they are shown and reported."""
    spoken: str
    """Names what is spoken, no other cue's words or manner: ``text`` with the script's
    ``say-as`` applied, or what ``spoken_spans`` gives."""
    place: Place
    spans: tuple[Span, ...] = ()
    """None where the whole cue is said as usual."""

    @property
    def words(self) -> str:
        """The words as the voice gets them, without what is asked of it."""
        return "".join(span.words for span in self.spans) if self.spans else self.spoken


def spoken_spans(spans: tuple[Span, ...]) -> str:
    """``Cue.spoken`` of a cue with spans: no script can hold a text that begins like it."""
    return "\x1e" + json.dumps([[span.words, span.asked] for span in spans], ensure_ascii=False)


@dataclass(frozen=True, slots=True)
class Break:
    """Silence of the voice; the bed goes on."""

    length: Ms
    place: Place
    protected: bool = False
    """Keeps its length when the routine is fitted to another one."""


@dataclass(frozen=True, slots=True)
class Sound:
    """A sound from the sound bank, or a file beside the script."""

    name: str
    """The name in the bank, or a path relative to the script."""
    place: Place


class Phase(StrEnum):
    """What the breath does during a beat."""

    IN = "in"
    HOLD = "hold"
    OUT = "out"


@dataclass(frozen=True, slots=True)
class Beat:
    """One beat of counting or breathing."""

    length: Ms
    """Kept exactly, unless its words take longer."""
    cue: Cue | None
    """Begins with the beat."""
    phase: Phase | None = None
    """``None`` in counting."""


@dataclass(frozen=True, slots=True)
class Beats:
    """Counted repetitions or paced breathing: beats of exact lengths, one after the other."""

    beats: tuple[Beat, ...]
    place: Place
    swell: bool = False
    """The bed swells with the in-breath and falls with the out-breath."""

    @property
    def length(self) -> Ms:
        """Of all beats together, as written."""
        return sum(beat.length for beat in self.beats)


Part: TypeAlias = Cue | Break | Sound | Beats


class Anchor(StrEnum):
    """What the time of a timed cue is counted from."""

    AT = "at"
    """From the step's first word."""
    HALF = "half"
    """The middle of the step."""
    LEFT = "left"
    """Back from the step's end."""
    EVERY = "every"
    """Again and again from the step's first word, until its end."""


@dataclass(frozen=True, slots=True)
class TimedCue:
    """A cue inside the working time of a step."""

    anchor: Anchor
    time: Ms
    """The offset or interval; 0 for ``HALF``."""
    texts: tuple[tuple[Part, ...], ...]
    """What is said: one sequence of parts; for ``EVERY`` one or more, taken in turn."""
    place: Place


@dataclass(frozen=True, slots=True)
class Hold:
    """How long a step lasts when that is more than its speech."""

    length: Ms
    """From the step's first word (``for``), or after its last (``until done``)."""
    until_done: bool
    """Live, the listener ends the step; exported, ``length`` is waited."""
    place: Place
    protected: bool = False
    """Keeps its length when the routine is fitted to another one."""
    shortest: Ms | None = None
    """Where the script bounds it: fitted, it lasts no less, as far as its words allow."""
    longest: Ms | None = None
    """Where the script bounds it: fitted, it lasts no more."""


@dataclass(frozen=True, slots=True)
class Backdrop:
    """A bed that the script asks for in the middle of it."""

    layers: str
    """As ``Routine.ambience``."""
    place: Place


@dataclass(frozen=True, slots=True)
class Step:
    """A paragraph: parts in order, then what is left of its hold as working time."""

    parts: tuple[Part, ...]
    hold: Hold | None
    timed: tuple[TimedCue, ...]
    place: Place
    backdrop: Backdrop | None = None
    """``None``: the bed of the routine."""


@dataclass(frozen=True, slots=True)
class Chapter:
    """A heading and the steps under it; one or more."""

    title: str
    steps: tuple[Step, ...]
    place: Place


@dataclass(frozen=True, slots=True)
class Routine:
    """A whole routine, ready to be spoken and scheduled."""

    title: str
    summary: str
    language: str
    """A BCP 47 tag, for instance ``en-US``."""
    ambience: str
    """The bed: names in the sound bank and paths relative to the script, in the language of
    ``layers``; or ``none``."""
    pace: Pace
    tags: tuple[str, ...]
    chapters: tuple[Chapter, ...]
    path: str
    """The script it came from."""
    length: Ms | None = None
    """How long the script wants the whole to last; ``None``: as long as it takes."""

    def cues(self) -> tuple[Cue, ...]:
        """Every cue that can be spoken, in the order of the script, alternatives too."""
        cues: list[Cue] = []
        for part in self.parts():
            if isinstance(part, Cue):
                cues.append(part)
            elif isinstance(part, Beats):
                cues += [beat.cue for beat in part.beats if beat.cue]
        return tuple(cues)

    def parts(self) -> tuple[Part, ...]:
        """Every part of every step and of every timed cue, in the order of the script."""
        return tuple(
            part
            for chapter in self.chapters
            for step in chapter.steps
            for run in (step.parts, *(text for timed in step.timed for text in timed.texts))
            for part in run
        )
