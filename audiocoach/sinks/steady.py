"""An output that outlasts its loudspeaker.

Headphones are pulled, a sound server is started again, a loudspeaker on the air runs out of
power. The source is told and read on into nowhere, so that it still obeys; and as soon as
there is a loudspeaker again, it is heard there.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable
from concurrent.futures import CancelledError, Future
from typing import Protocol

from audiocoach.errors import AudiocoachError, DeviceError
from audiocoach.sinks.output import NullOutput, Output, Source

PATIENCE_S = 600.0
"""How long a loudspeaker is waited for."""
_REST_S = 1.0
"""Between two attempts to open one."""
_LASTING_S = 10.0
"""One that is lost before this was none: the next is waited for twice as long."""

_CLOSE_S = 3.0
"""An output that is being opened is waited for this long in the end."""


class LastingSource(Source, Protocol):
    """A source that can stand still."""

    def lost(self) -> None:
        """It is read for nobody from now on."""

    def found(self) -> None:
        """It is heard again."""


class SteadyOutput:
    """Opens an output in the background, and another one whenever that is lost.

    ``open_output`` gets the one that was lost, at first ``None``, and raises a ``DeviceError``
    or a ``NotFoundError`` where there is none. It is called at once; what it raises then,
    ``start`` raises.
    """

    def __init__(
        self,
        open_output: Callable[[Output | None], Output],
        *,
        patience_s: float = PATIENCE_S,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._open = open_output
        self._patience_s, self._now = patience_s, now
        self._closed = threading.Event()
        self._underruns = 0
        """Of the outputs that were lost."""
        self._output: Output | None = None
        self._lost: Output | None = None
        """The last one, while there is none."""
        self._nowhere = NullOutput()
        """What reads the source meanwhile."""
        self._source: LastingSource
        self._rest_s = _REST_S
        self._began = self._lost_at = now()
        self._opening = self._opened(None)

    @property
    def name(self) -> str:
        """What the listener knows it by."""
        known = self._output or self._lost
        return known.name if known else "the loudspeaker"

    @property
    def underruns(self) -> int:
        """How often there was a gap in the sound because a block came too late."""
        return self._underruns + (self._output.underruns if self._output else 0)

    def start(self, source: LastingSource) -> None:
        """Begin to play; raises what opening the output has raised."""
        self._source = source
        self._output = self._opening.result()
        self._output.start(source)
        self._began = self._now()

    def finished(self, timeout_s: float) -> bool:
        """See ``Output``; raises ``DeviceError`` when no loudspeaker came for too long."""
        if self._output is not None:
            try:
                return self._output.finished(timeout_s)
            except DeviceError:
                self._lose(self._output)
                return False
        if self._nowhere.finished(timeout_s):
            return True
        if self._opening.done():
            self._find(self._opening.result())
        elif self._now() - self._lost_at > self._patience_s:
            raise DeviceError(
                f"{self.name} was lost, and none has come back in "
                f"{self._patience_s / 60:.0f} minutes; --resume goes on there when there is one"
            )
        return False

    def close(self) -> None:
        """Stop, and open nothing more."""
        self._closed.set()
        self._nowhere.close()
        with contextlib.suppress(AudiocoachError, CancelledError, TimeoutError):
            self._opening.result(_CLOSE_S).close()

    def _lose(self, output: Output) -> None:
        now = self._now()
        if now - self._began > _LASTING_S:
            self._lost_at, self._rest_s = now, _REST_S
        else:
            self._rest_s = min(2 * self._rest_s, self._patience_s)
        self._underruns += output.underruns
        output.close()
        self._output, self._lost = None, output
        self._source.lost()
        self._nowhere = NullOutput()
        self._nowhere.start(self._source)
        self._opening = self._opened(output)

    def _find(self, output: Output) -> None:
        self._nowhere.close()
        self._source.found()
        self._output = output
        self._began = self._now()
        try:
            output.start(self._source)
        except DeviceError:
            self._lose(output)

    def _opened(self, lost: Output | None) -> Future[Output]:
        """An output that is being opened; in place of one that was lost, as often as it takes."""
        result: Future[Output] = Future()

        def work() -> None:
            while not result.done():
                if lost and self._closed.wait(self._rest_s):
                    result.cancel()
                    return
                try:
                    result.set_result(self._open(lost))
                except AudiocoachError as error:
                    if not lost:
                        result.set_exception(error)
                except BaseException as error:  # noqa: BLE001 - whatever it is, it is raised later
                    result.set_exception(error)

        threading.Thread(target=work, name="opening", daemon=True).start()
        return result
