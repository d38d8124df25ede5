"""A routine that is heard now: the bed at once, the words as they are spoken."""

from audiocoach.live.session import VOLUMES, Session
from audiocoach.live.status import Command, Heard, State, Status

__all__ = ["VOLUMES", "Command", "Heard", "Session", "State", "Status"]
