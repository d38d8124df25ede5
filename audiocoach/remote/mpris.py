"""A session as a media player: the interfaces of MPRIS 2.2.

https://specifications.freedesktop.org/mpris-spec/latest/ - times there are microseconds.
The whole routine is one track, whose title is that of the chapter; "next" and "previous" go
by steps.
"""

from __future__ import annotations

import time
from typing import Annotated, Any

from dbus_fast import PropertyAccess, Variant
from dbus_fast.annotations import (
    DBusBool,
    DBusDict,
    DBusDouble,
    DBusInt64,
    DBusObjectPath,
    DBusSignature,
    DBusStr,
)
from dbus_fast.service import ServiceInterface, dbus_method, dbus_property, dbus_signal

from audiocoach.live.status import Command, State, Status
from audiocoach.remote import Controlled
from audiocoach.units import SECOND, Ms

_TRACK = "/org/audiocoach/routine"
_JUMP: Ms = 1_000
"""Clients count the time themselves, and are told where it is off by more than this."""

_STANDING = {State.PAUSED, State.WAITING_FOR_LISTENER, State.WAITING_FOR_DEVICE}
_READ = PropertyAccess.READ

_Nothing = Annotated[None, DBusSignature("")]
_Strings = Annotated[list[str], DBusSignature("as")]


class Application(ServiceInterface):
    """``org.mpris.MediaPlayer2``."""

    def __init__(self, session: Controlled) -> None:
        super().__init__("org.mpris.MediaPlayer2")
        self._session = session

    @dbus_method("Quit")
    def quit(self) -> _Nothing:
        """Fade out and leave."""
        self._session.do(Command.QUIT)

    @dbus_method("Raise")
    def show(self) -> _Nothing:
        """There is no window to show."""

    @dbus_property(_READ, "CanQuit")
    def can_quit(self) -> DBusBool:
        """Yes."""
        return True

    @dbus_property(_READ, "CanRaise")
    def can_raise(self) -> DBusBool:
        """No: it is in a terminal."""
        return False

    @dbus_property(_READ, "HasTrackList")
    def has_track_list(self) -> DBusBool:
        """No: it is one track."""
        return False

    @dbus_property(_READ, "Identity")
    def identity(self) -> DBusStr:
        """What people know it by."""
        return "audiocoach"

    @dbus_property(_READ, "SupportedUriSchemes")
    def schemes(self) -> _Strings:
        """None: it opens nothing else."""
        return []

    @dbus_property(_READ, "SupportedMimeTypes")
    def types(self) -> _Strings:
        """None, likewise."""
        return []


class Player(ServiceInterface):
    """``org.mpris.MediaPlayer2.Player``."""

    def __init__(self, session: Controlled, title: str) -> None:
        super().__init__("org.mpris.MediaPlayer2.Player")
        self._session, self._title = session, title
        status = session.status()
        self._told = self._properties(status)
        self._position, self._counted = status.position, time.monotonic()

    def look(self) -> None:
        """Tell clients what has changed since this was called last."""
        status = self._session.status()
        properties = self._properties(status)
        changed = {name: value for name, value in properties.items() if value != self._told[name]}
        self._told = properties
        if changed:
            self.emit_properties_changed(changed)
        now = time.monotonic()
        passed = round((now - self._counted) * SECOND) if status.state is State.PLAYING else 0
        if abs(status.position - self._position - passed) > _JUMP:
            self.seeked(status.position)
        self._position, self._counted = status.position, now

    def _properties(self, status: Status) -> dict[str, Any]:
        """What is told when it changes."""
        standing = status.state in _STANDING
        length = (status.position + status.left) // SECOND * SECOND
        number = status.chapter_number
        return {
            "PlaybackStatus": "Paused" if standing else "Playing",
            "Volume": status.volume / 100,
            "Metadata": {
                "mpris:trackid": Variant("o", _TRACK),
                "mpris:length": Variant("x", length * 1_000),
                "xesam:title": Variant("s", _text(self._session.chapters[number])),
                "xesam:album": Variant("s", _text(self._title)),
                "xesam:artist": Variant("as", ["audiocoach"]),
                "xesam:trackNumber": Variant("i", number + 1),
            },
        }

    @dbus_method("PlayPause")
    def play_pause(self) -> _Nothing:
        """As the space bar."""
        self._session.do(Command.TOGGLE)

    @dbus_method("Play")
    def play(self) -> _Nothing:
        """Go on, also where the listener is waited for."""
        if self._session.status().state is State.WAITING_FOR_LISTENER:
            self._session.do(Command.DONE)
        else:
            self._session.do(Command.RESUME)

    @dbus_method("Pause")
    def pause(self) -> _Nothing:
        """The bed goes on."""
        self._session.do(Command.PAUSE)

    @dbus_method("Stop")
    def stop(self) -> _Nothing:
        """Fade out and leave."""
        self._session.do(Command.QUIT)

    @dbus_method("Next")
    def next(self) -> _Nothing:
        """The next step."""
        self._session.do(Command.NEXT)

    @dbus_method("Previous")
    def previous(self) -> _Nothing:
        """The step before."""
        self._session.do(Command.PREVIOUS)

    @dbus_method("Seek")
    def seek(self, offset: DBusInt64) -> _Nothing:
        """Go on, or back if it is negative, by microseconds."""
        self._session.skip(offset // 1_000)

    @dbus_method("SetPosition")
    def set_position(self, track: DBusObjectPath, position: DBusInt64) -> _Nothing:
        """Go to a place in the routine, unless it is not in there."""
        status = self._session.status()
        target = position // 1_000
        if track == _TRACK and 0 <= target <= status.position + status.left:
            self._session.skip(target - status.position)

    @dbus_method("OpenUri")
    def open_uri(self, uri: DBusStr) -> _Nothing:
        """Nothing: no kind of address is offered."""

    @dbus_signal("Seeked")
    def seeked(self, position: Ms) -> DBusInt64:
        """The position is another one than clients have counted."""
        return position * 1_000

    @dbus_property(_READ, "PlaybackStatus")
    def playback_status(self) -> DBusStr:
        """``Paused`` also where the listener, or a loudspeaker, is waited for."""
        return str(self._told["PlaybackStatus"])

    @dbus_property(_READ, "Metadata")
    def metadata(self) -> DBusDict:
        """The routine, and the chapter that is heard."""
        return dict(self._told["Metadata"])

    @dbus_property(_READ, "Position")
    def position(self) -> DBusInt64:
        """In the routine."""
        return max(0, self._session.status().position) * 1_000

    @dbus_property(PropertyAccess.READWRITE, "Volume")
    def volume(self) -> DBusDouble:
        """1 is 100 %."""
        return float(self._told["Volume"])

    @volume.setter  # type: ignore[no-redef]
    def volume(self, volume: DBusDouble) -> None:
        self._session.set_volume(round(100 * volume))

    @dbus_property(PropertyAccess.READWRITE, "Rate")
    def rate(self) -> DBusDouble:
        """Always that of the routine."""
        return 1.0

    @rate.setter  # type: ignore[no-redef]
    def rate(self, rate: DBusDouble) -> None:
        """Other rates are not offered."""

    @dbus_property(_READ, "MinimumRate")
    def minimum_rate(self) -> DBusDouble:
        """Always that of the routine."""
        return 1.0

    @dbus_property(_READ, "MaximumRate")
    def maximum_rate(self) -> DBusDouble:
        """Always that of the routine."""
        return 1.0

    @dbus_property(_READ, "CanGoNext")
    def can_go_next(self) -> DBusBool:
        """Yes."""
        return True

    @dbus_property(_READ, "CanGoPrevious")
    def can_go_previous(self) -> DBusBool:
        """Yes."""
        return True

    @dbus_property(_READ, "CanPlay")
    def can_play(self) -> DBusBool:
        """Yes."""
        return True

    @dbus_property(_READ, "CanPause")
    def can_pause(self) -> DBusBool:
        """Yes."""
        return True

    @dbus_property(_READ, "CanSeek")
    def can_seek(self) -> DBusBool:
        """Yes."""
        return True

    @dbus_property(_READ, "CanControl")
    def can_control(self) -> DBusBool:
        """Yes."""
        return True


def _text(text: str) -> str:
    """What D-Bus can carry: a string of it holds no NUL."""
    return text.replace("\0", "")
