"""The words of every screen: what is told of a session, and what the keys do."""

from __future__ import annotations

from dataclasses import dataclass

from audiocoach.live.status import State, Status
from audiocoach.units import clock


@dataclass(frozen=True, slots=True)
class About:
    """What stays the same while a routine is played."""

    title: str
    chapters: tuple[str, ...]
    """Their titles."""
    keys: bool
    """The listener can press some."""


_TOLD = {
    State.PAUSED: "Paused.",
    State.WAITING_FOR_LISTENER: "Waiting for you.",
    State.WAITING_FOR_SPEECH: "The voice is getting ready ...",
    State.WAITING_FOR_DEVICE: "The loudspeaker is gone.",
    State.LEAVING: "Good-bye ...",
}
_ASKED = {
    State.STARTING: "Press enter to begin now.",
    State.PAUSED: "Press space to go on.",
    State.WAITING_FOR_LISTENER: "Press space when you are done.",
}
_HOPED = {State.WAITING_FOR_DEVICE: "It goes on when that, or another one, is there."}


def told(status: Status, *, keys: bool) -> str:
    """What the session does, where that is not playing."""
    begins = f"It begins in {clock(status.starts_in)}."
    does = begins if status.state is State.STARTING else _TOLD.get(status.state, "")
    then = _HOPED.get(status.state) or (_ASKED.get(status.state, "") if keys else "")
    return f"{does} {then}".strip()


def key_help(*, arrows: bool = True) -> tuple[tuple[str, str], ...]:
    """Each key, or two that belong together, and what they do."""
    return (
        ("space", "pause, go on"),
        ("← →" if arrows else "left right", "a step back, a step on"),
        ("r", "this step again"),
        ("p n", "the chapter before, the next one"),
        (", .", "15 seconds back, on"),
        ("enter d", "done, where the coach waits"),
        ("l k", "a minute more, a minute less in this step"),
        ("[ ]", "slower, faster"),
        ("t", "how long it still takes"),
        ("+ -", "louder, quieter"),
        ("0 9", "the same of the bed alone"),
        ("8 7", "the same of the voice alone"),
        ("mouse", "click: pause, go on; wheel: volume"),
        ("q", "fade out and leave"),
        ("?", "these keys"),
    )
