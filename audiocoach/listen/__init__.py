"""Spoken control: short commands, heard while the coach plays.

::

    microphone --------> canceller -> activity -> attention -> commands
    what is played -> delay --^        (when)      ^ recogniser (what)

``Ear`` is all of it without threads and devices, ``Listener`` runs it beside a session.
"""

from audiocoach.listen.recogniser import INSTALL, check_installed, installed
from audiocoach.listen.words import PHRASES, WAKE, Phrase

__all__ = ["INSTALL", "PHRASES", "WAKE", "Phrase", "check_installed", "installed"]
