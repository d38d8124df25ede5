"""A routine that is heard now: the bed at once, the words as they are spoken."""

from audiocoach.live.retime import TEMPOS
from audiocoach.live.session import Session
from audiocoach.live.sounds import VOLUMES
from audiocoach.live.status import Command, Earcon, Heard, State, Status, Times, Where

__all__ = [
    "TEMPOS", "VOLUMES", "Command", "Earcon", "Heard", "Session", "State", "Status",
    "Times", "Where",
]  # fmt: skip
