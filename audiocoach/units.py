"""Units, and every conversion between them.

Time is absolute and whole: milliseconds (``Ms``) wherever a script or a timeline
speaks of time, frames (one sample for each channel) wherever sound is handled.
"""

from __future__ import annotations

import re
from typing import TypeAlias

Ms: TypeAlias = int
"""A time or a length in whole milliseconds."""

Db: TypeAlias = float
"""A level or a gain in decibels."""

Hz: TypeAlias = float
"""A frequency."""

Frames: TypeAlias = int
"""A time or a length in frames at ``RATE``."""

RATE = 44_100
"""Frames in a second, everywhere in the mix."""

SECOND: Ms = 1_000
MINUTE: Ms = 60 * SECOND
HOUR: Ms = 60 * MINUTE

_UNITS: dict[str, Ms] = {"h": HOUR, "m": MINUTE, "s": SECOND, "ms": 1}
_DURATION = re.compile(
    r"(?:(?P<h>\d+(?:\.\d+)?)h)?"
    r"(?:(?P<m>\d+(?:\.\d+)?)m(?!s))?"
    r"(?:(?P<s>\d+(?:\.\d+)?)s)?"
    r"(?:(?P<ms>\d+)ms)?",
    re.ASCII,
)
_LONGEST_DURATION = 32
"""Characters; longer text is no duration (and no work for the pattern)."""


def parse_duration(text: str) -> Ms:
    """``"1m30s"``, ``"500ms"``, ``"1.5h"`` -> milliseconds, rounded to the nearest.

    Raises ``ValueError`` for anything else.
    """
    match = _DURATION.fullmatch(text) if 0 < len(text) <= _LONGEST_DURATION else None
    if match is None:
        raise ValueError(f"not a duration: {text!r}")
    parts = {unit: value for unit, value in match.groupdict().items() if value is not None}
    return round(sum(float(value) * _UNITS[unit] for unit, value in parts.items()))


def format_duration(length: Ms) -> str:
    """The shortest text that ``parse_duration`` reads back: ``90000`` -> ``"1m30s"``."""
    if length < 0:
        raise ValueError(f"a length is not negative: {length}")
    parts = []
    rest = length
    for unit in ("h", "m", "s", "ms"):
        count, rest = divmod(rest, _UNITS[unit])
        if count:
            parts.append(f"{count}{unit}")
    return "".join(parts) or "0s"


def clock(time: Ms) -> str:
    """A time for the eye: ``65_000`` -> ``"1:05"``, ``3_661_000`` -> ``"1:01:01"``."""
    hours, rest = divmod(max(0, time), HOUR)
    minutes, rest = divmod(rest, MINUTE)
    seconds = rest // SECOND
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"


def ms_to_frames(time: Ms) -> Frames:
    """Exact: the frame that begins at or just before ``time``."""
    return time * RATE // 1000


def frames_to_ms(frames: Frames) -> Ms:
    """Rounded up, so that a span in ``Ms`` always holds its frames."""
    return -(-frames * 1000 // RATE)


def db_to_gain(level: Db) -> float:
    """Decibels -> amplitude factor, ``10^(dB/20)``."""
    return float(10.0 ** (level / 20.0))
