"""Every error that audiocoach raises on purpose.

The tree, with the exit code that the command line gives for each::

    AudiocoachError                 1
    ├── ScriptError                 1   a script has errors: each with its place
    ├── NotFoundError               2   no routine, voice, sound or choice of that name
    ├── SoundError                  1   a sound file cannot be read as sound
    ├── LengthError                 1   a routine cannot last as long as is asked for
    ├── OutputError                 1   the result cannot be written
    ├── FetchError                  1   a voice cannot be fetched from the network
    ├── DeviceError                 3   no loudspeaker, or it was lost
    ├── BatchError                  5   some files of a batch were not made
    ├── ClusterError                6   no scheduler or worker that can be used, or it was lost
    └── RenderError                 4   the result would not be whole
        └── SpeechError             4   a cue could not be spoken

An error owns its exit code, so that the command line needs one catch. Errors of
other libraries are turned into these where that library is called.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal


class AudiocoachError(Exception):
    """The root: ``str(error)`` says what, where and what to do."""

    exit_code: ClassVar[int] = 1


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One thing that is wrong at one place in a script."""

    path: str
    line: int
    """From 1."""
    column: int
    """From 1, in characters."""
    message: str
    """What is wrong; what was expected."""
    source: str = ""
    """The whole source line, without its line end."""
    width: int = 1
    """How many characters the caret marks, from ``column`` on."""
    severity: Literal["error", "warning"] = "error"

    def __str__(self) -> str:
        """``path:line:column: error: message``, the source line and a caret under it."""
        head = f"{self.path}:{self.line}:{self.column}: {self.severity}: {self.message}"
        if not self.source.strip():
            return head
        shown = self.source.expandtabs(1)
        caret = " " * (self.column - 1) + "^" * max(1, min(self.width, len(shown)))
        return f"{head}\n    {shown}\n    {caret}"


class ScriptError(AudiocoachError):
    """A script has errors; ``problems`` holds all of them, in order of line."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(sorted(problems))
        super().__init__("\n".join(str(problem) for problem in self.problems))


class NotFoundError(AudiocoachError):
    """Nothing of that name; the message names the nearest that exist."""

    exit_code = 2


class SoundError(AudiocoachError):
    """A sound file cannot be read as sound."""


class LengthError(AudiocoachError):
    """A routine cannot last so long or so short; the message names what is possible."""


class OutputError(AudiocoachError):
    """The result cannot be written: no permission, no space, a format unknown."""


class FetchError(AudiocoachError):
    """A voice cannot be fetched: no network, no space, not what was promised."""


class DeviceError(AudiocoachError):
    """There is no loudspeaker to play on or no microphone to listen with, or it was lost."""

    exit_code = 3


class BatchError(AudiocoachError):
    """Some files of a batch were not made; its summary says why."""

    exit_code = 5


class ClusterError(AudiocoachError):
    """There is no scheduler or worker that can be used, or it was lost."""

    exit_code = 6


class RenderError(AudiocoachError):
    """The result would not be whole, so there is none; the message says what is missing."""

    exit_code = 4


class SpeechError(RenderError):
    """A cue could not be spoken; the message names the cue and the voice."""


def nearest(name: str, names: Iterable[str]) -> str:
    """``'; did you mean "X"?'`` for the closest of ``names``, or all of them, or nothing."""
    known = list(dict.fromkeys(names))
    close = difflib.get_close_matches(name.lower(), known, n=1, cutoff=0.6)
    if close:
        return f'; did you mean "{close[0]}"?'
    if known:
        return "; there is " + ", ".join(known)
    return ""
