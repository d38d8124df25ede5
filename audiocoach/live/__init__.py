"""A routine that is heard now: the bed at once, the words as they are spoken."""

from audiocoach.live.session import VOLUMES, Session
from audiocoach.live.status import Command, Earcon, Heard, State, Status

__all__ = ["VOLUMES", "Command", "Earcon", "Heard", "Session", "State", "Status"]
