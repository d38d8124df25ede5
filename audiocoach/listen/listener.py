"""The listener: an ear beside a session, in a thread of its own."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from audiocoach.errors import DeviceError
from audiocoach.listen.attention import Said
from audiocoach.listen.canceller import BLOCK
from audiocoach.listen.ear import Ear
from audiocoach.listen.microphone import Microphone
from audiocoach.listen.played import Played
from audiocoach.listen.recogniser import Recogniser

_LOOK_S = 0.2
_WAIT = 6
"""Blocks, 96 ms, by which the microphone is heard later than it brings them: what is played has to
be known before its echo comes, also where the output takes next to no time."""
_LONGEST_CLOSE_S = 2.0


class Listener:
    """Listens to a microphone and tells what was said, until it is closed.

    ``tell`` is called in the listener's own thread. ``error`` is what ended it before its
    time, a microphone that was unplugged; whatever plays goes on.
    """

    def __init__(
        self, microphone: Microphone, recogniser: Recogniser, tell: Callable[[Said], None]
    ) -> None:
        self._microphone, self._tell = microphone, tell
        self._ear = Ear(recogniser)
        self._played = Played()
        self._stopped = False
        self._thread = threading.Thread(target=self._listen, name="listening", daemon=True)
        self.error: DeviceError | None = None

    @property
    def level(self) -> float:
        """How loud it is at the microphone, without the echo: a power in the band of speech."""
        return self._ear.level

    def tap(self, block: NDArray[np.float32]) -> None:
        """What goes to the loudspeaker, shape ``(frames, 2)``; from any one thread."""
        self._played.put(block)

    def start(self) -> None:
        """Begin; raises ``DeviceError`` where the microphone does not."""
        self._microphone.start()
        self._thread.start()

    def close(self) -> None:
        """Stop, and free the microphone."""
        self._stopped = True
        if self._thread.is_alive():
            self._thread.join(_LONGEST_CLOSE_S)
        self._microphone.close()

    def _listen(self) -> None:
        waiting = deque([np.zeros(BLOCK)] * _WAIT)
        try:
            while not self._stopped:
                near = self._microphone.read(_LOOK_S)
                if near is None:
                    continue
                waiting.append(near)
                for said in self._ear.push(self._played.take(), waiting.popleft()):
                    self._tell(said)
        except DeviceError as error:
            self.error = error
