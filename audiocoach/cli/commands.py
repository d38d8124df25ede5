"""What each key means while a routine is played."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from audiocoach.live import Command


def by_key() -> dict[str, Command]:
    """The command of each key, by the names that ``Keys.read`` gives."""
    from audiocoach.live import Command

    return {
        "space": Command.TOGGLE,
        "right": Command.NEXT,
        "left": Command.PREVIOUS,
        "r": Command.REPEAT,
        "n": Command.NEXT_CHAPTER,
        "p": Command.PREVIOUS_CHAPTER,
        ".": Command.SKIP_AHEAD,
        ",": Command.SKIP_BACK,
        "d": Command.DONE,
        "enter": Command.DONE,
        "l": Command.LONGER,
        "k": Command.SHORTER,
        "[": Command.SLOWER,
        "]": Command.FASTER,
        "t": Command.HOW_LONG,
        "+": Command.LOUDER,
        "=": Command.LOUDER,  # the same key without Shift
        "up": Command.LOUDER,
        "-": Command.QUIETER,
        "down": Command.QUIETER,
        "0": Command.BED_LOUDER,
        "9": Command.BED_QUIETER,
        "8": Command.VOICE_LOUDER,
        "7": Command.VOICE_QUIETER,
        "q": Command.QUIT,
        "ctrl-c": Command.QUIT,
        # What turns pages for musicians and speakers, with a foot or from afar.
        "pagedown": Command.NEXT,
        "pageup": Command.PREVIOUS,
        "b": Command.TOGGLE,
        "click": Command.TOGGLE,
        "wheel-up": Command.LOUDER,
        "wheel-down": Command.QUIETER,
    }
