"""What a listener can ask of a session, and what a session tells."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from audiocoach.units import Ms


class Command(StrEnum):
    """What a listener can ask for."""

    TOGGLE = "toggle"
    """Go on where the session waits for the listener or is paused, else pause."""
    PAUSE = "pause"
    RESUME = "resume"
    NEXT = "next"
    PREVIOUS = "previous"
    REPEAT = "repeat"
    NEXT_CHAPTER = "next chapter"
    PREVIOUS_CHAPTER = "previous chapter"
    SKIP_AHEAD = "skip ahead"
    """15 seconds on."""
    SKIP_BACK = "skip back"
    DONE = "done"
    """Ends a step that lasts until the listener is done; nothing else."""
    LONGER = "longer"
    """One more minute in this step."""
    SHORTER = "shorter"
    SLOWER = "slower"
    """More working time in all that comes."""
    FASTER = "faster"
    HOW_LONG = "how long"
    """Speaks the time that is left."""
    LOUDER = "louder"
    QUIETER = "quieter"
    BED_LOUDER = "bed louder"
    """The sound behind the voice alone."""
    BED_QUIETER = "bed quieter"
    VOICE_LOUDER = "voice louder"
    """What is said alone."""
    VOICE_QUIETER = "voice quieter"
    ATTEND = "attend"
    """A command is awaited: the bed makes room for it."""
    IGNORE = "ignore"
    """None is awaited any longer."""
    QUIT = "quit"


class Earcon(StrEnum):
    """A soft sound that answers the listener, who may not see the screen."""

    ATTEND = "attend"
    """A command is awaited."""
    OBEYED = "obeyed"
    UNABLE = "unable"
    """The command was understood and means nothing here."""
    BELL = "bell"
    """Counts the time before the first word; reminds a listener who is waited for."""


class State(StrEnum):
    """What a session does."""

    PLAYING = "playing"
    STARTING = "starting"
    """The bed is heard alone, before the first word."""
    PAUSED = "paused"
    WAITING_FOR_LISTENER = "waiting for you"
    WAITING_FOR_SPEECH = "waiting for the voice"
    WAITING_FOR_DEVICE = "waiting for a loudspeaker"
    """The one that was played on is lost."""
    LEAVING = "leaving"
    """Fading out because of ``quit`` or an error."""
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class Where:
    """A place in a routine from which it can be gone on with."""

    step: int
    """From 0, counted over all chapters as they are played."""
    offset: Ms = 0
    """From the step's start."""
    said: int = 0
    """So many of the step's cues were said."""


@dataclass(frozen=True, slots=True)
class Times:
    """The times of a step that a listener has made longer or shorter."""

    step: int
    """As in ``Where``."""
    hold: Ms | None
    """How long it lasts, where it says so."""
    parts: tuple[int | None, ...]
    """Of each part: the length of a break, the number of beats; ``None`` for what has neither."""


@dataclass(frozen=True, slots=True)
class Status:
    """A session at one moment."""

    state: State
    chapter: str
    words: str
    """Being spoken, or spoken last."""
    coming: str
    """The first words of the next step, or the title of the next chapter; empty at the end."""
    position: Ms
    """In the timeline."""
    left: Ms
    """Until the end; an estimate until every cue was spoken."""
    step_left: Ms
    """Until the next step begins, an estimate likewise; 0 where the listener ends this one."""
    volume: int
    """Percent."""
    bed_volume: int = 100
    """Percent, of the bed alone; ``volume`` counts for it too."""
    voice_volume: int = 100
    """Percent, of what is said alone, likewise."""
    chapter_number: int = 0
    """Index into ``Session.chapters``."""
    tempo: int = 100
    """Percent of the written breaks and working times that is given to what comes."""
    starts_in: Ms = 0
    """Until the first word, as long as the session is ``STARTING``."""
    where: Where = Where(0)
    times: tuple[Times, ...] = ()
    """Of the steps that do not have the times that ``tempo`` gives them."""
    finished: bool = False
    """All was said; only the end of the bed is heard."""


@dataclass(frozen=True, slots=True)
class Heard:
    """Something that began to be heard."""

    position: Ms
    """In the timeline."""
    text: str
    """The words of a cue, or the title of a chapter."""
    chapter: bool
