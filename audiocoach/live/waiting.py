"""Waiting: for the listener, who is reminded now and then, and before the first word."""

from __future__ import annotations

from audiocoach.units import MINUTE, SECOND, Frames, Ms, frames_to_ms, ms_to_frames


class Patience:
    """When a listener who is waited for is reminded: after a while, then ever more rarely."""

    FIRST: Ms = 30 * SECOND
    """At least; a step that is exported with a longer wait is given that."""
    LONGEST: Ms = 10 * MINUTE
    """Between two reminders; each is twice as far from the last."""

    def __init__(self, expected: Ms = 0) -> None:
        """``expected`` is how long the script gives the step in an export."""
        self._pause = ms_to_frames(max(self.FIRST, min(expected, self.LONGEST)))
        self._left: Frames = self._pause

    def wait(self, frames: Frames) -> bool:
        """Let time pass; whether it is time for a reminder."""
        self._left -= frames
        if self._left > 0:
            return False
        self._pause = min(2 * self._pause, ms_to_frames(self.LONGEST))
        self._left = self._pause
        return True

    def again(self) -> None:
        """The listener was heard: begin to wait anew."""
        self._left = self._pause


class Countdown:
    """The time to lie down before a routine begins, told by soft bells.

    They ring at every whole minute that is left until the first word, and in the last minute
    every ten seconds.
    """

    def __init__(self, time: Ms, after: Ms) -> None:
        """It lasts ``time`` up to the first word, which is ``after`` later than its own end."""
        self._to_words = ms_to_frames(time)
        self._end = ms_to_frames(after)
        self._bell = _bell_before(time)

    @property
    def over(self) -> bool:
        """Whether the routine shall begin."""
        return self._to_words <= self._end

    @property
    def left(self) -> Ms:
        """Until the first word."""
        return frames_to_ms(max(0, self._to_words))

    def pass_by(self, frames: Frames) -> bool:
        """Let time pass; whether a bell is due in it."""
        self._to_words -= frames
        due = self._bell > 0 and self._to_words < ms_to_frames(self._bell)
        if due:
            self._bell = _bell_before(self._bell)
        return due

    def end(self) -> None:
        """The listener does not want to wait."""
        self._to_words = min(self._to_words, self._end)


def _bell_before(left: Ms) -> Ms:
    every = MINUTE if left > MINUTE else 10 * SECOND
    return (left - 1) // every * every
