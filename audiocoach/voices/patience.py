"""A voice that may hang within this process: it is given up after a while.

A thread that hangs in an engine cannot be ended. It is left behind, and never keeps the
program from ending.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable
from concurrent.futures import Future, InvalidStateError

from audiocoach.errors import SpeechError
from audiocoach.units import SECOND, Ms
from audiocoach.voices import Phrase, Speech, Voice, VoiceInfo
from audiocoach.voices.spoken import quote

CUE_TIME: Ms = 60 * SECOND
CHARACTER_TIME: Ms = SECOND
"""Together a hundred times what Piper takes on a small computer, five times what Kokoro does."""


class PatientVoice:
    """The same voice, with a deadline for each cue."""

    def __init__(self, voice: Voice) -> None:
        self._voice = voice
        self._awaited: set[Future[Speech]] = set()

    @property
    def info(self) -> VoiceInfo:
        """The voice's."""
        return self._voice.info

    @property
    def key(self) -> str:
        """The voice's: the deadline changes nothing that is heard."""
        return self._voice.key

    @property
    def parallel(self) -> int:
        """The voice's."""
        return self._voice.parallel

    @property
    def rest(self) -> Ms:
        """The voice's."""
        return self._voice.rest

    def speak(self, text: str) -> Speech:
        """As the voice does, or ``SpeechError`` where it does not answer in time."""
        return self._within(lambda: self._voice.speak(text), text)

    def speak_phrase(self, phrase: Phrase) -> Speech:
        """As the voice does, or ``SpeechError`` where it does not answer in time."""
        return self._within(lambda: self._voice.speak_phrase(phrase), phrase.text)

    def lacks(self, phrase: Phrase) -> frozenset[str]:
        """The voice's."""
        return self._voice.lacks(phrase)

    def close(self) -> None:
        """Free the engine, and whoever waits for it."""
        for future in list(self._awaited):
            with contextlib.suppress(InvalidStateError):
                future.set_exception(SpeechError(f'the voice "{self.info.name}" was closed'))
        self._voice.close()

    def _within(self, speak: Callable[[], Speech], text: str) -> Speech:
        spoken: Future[Speech] = Future()

        def run() -> None:
            with contextlib.suppress(InvalidStateError):  # nobody waits any more
                try:
                    spoken.set_result(speak())
                except BaseException as error:  # noqa: BLE001 - whoever waits gets it
                    spoken.set_exception(error)

        deadline = (CUE_TIME + CHARACTER_TIME * len(text)) / SECOND
        self._awaited.add(spoken)
        threading.Thread(target=run, name="speaking a cue", daemon=True).start()
        try:
            return spoken.result(deadline)
        except TimeoutError as error:
            if spoken.done():
                raise
            raise SpeechError(
                f"the cue {quote(text)} could not be spoken by the voice "
                f'"{self.info.name}": it gave no answer in {deadline:.0f} s; start again, or try '
                "another voice: 'audiocoach voices' lists them"
            ) from error
        finally:
            self._awaited.discard(spoken)
