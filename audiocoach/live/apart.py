"""A speaker in a process of its own.

Speaking needs both cores and the interpreter for seconds; beside it in one process, the
sound would have gaps. The other process has a lower priority, and what it speaks comes
back through the cache of clips.
"""

from __future__ import annotations

import contextlib
import json
import os
import queue
import subprocess
import sys
import tempfile
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import IO, Any, Self

import audiocoach
from audiocoach import errors
from audiocoach.cache import in_use
from audiocoach.clips import Clip, ClipCache
from audiocoach.errors import AudiocoachError, SpeechError
from audiocoach.presets import PHONE, Tone
from audiocoach.routine import Cue, Place, Routine
from audiocoach.speech import Spoken

_CHILD = "audiocoach.live.speaking"
_LAST_WORDS_S = 1.0


class SpeakerApart:
    """Speaks like a ``Speaker``, with the voice called ``voice``, while it is open.

    ``cache`` is the folder of the clips; where it cannot be written, they are kept for
    this session alone.
    """

    def __init__(self, routine: Routine, voice: str, cache: Path, tone: Tone = PHONE.tone) -> None:
        self._hello = {
            "voice": voice,
            "language": routine.language,
            "pace": routine.pace.value,
            "tone": asdict(tone),
        }
        self._folder = cache
        self._temporary: tempfile.TemporaryDirectory[str] | None = None
        self._cache = ClipCache(cache)
        self._keys: dict[str, str] = {}
        """The names of the clips in the cache, by spoken text."""
        self._process: subprocess.Popen[bytes] | None = None
        self._replies: queue.SimpleQueue[bytes] = queue.SimpleQueue()
        self._last_words: deque[bytes] = deque(maxlen=3)
        """Of its standard error, then an empty line."""
        self._threads: list[threading.Thread] = []
        self._closed = False

    @contextlib.contextmanager
    def open(self) -> Iterator[Self]:
        """Start the process; end it with the block."""
        if not _can_be_written(self._folder):
            self._temporary = tempfile.TemporaryDirectory(prefix="audiocoach-")
            self._folder = Path(self._temporary.name)
            self._cache = ClipCache(self._folder)
        with in_use(self._folder):
            try:
                self._start()
                yield self
            finally:
                self.close()

    def speak(
        self, cues: Iterable[Cue], *, stop: Callable[[], bool] | None = None
    ) -> Iterator[Spoken]:
        """As ``Speaker.speak``."""
        wanted = [
            {
                "text": cue.text,
                "spoken": cue.spoken,
                "place": _fields(cue.place),
                "spans": [(span.words, span.asked, _fields(span.place)) for span in cue.spans],
            }
            for cue in cues
        ]
        self._send({"cues": wanted})
        stopping = False
        while True:
            reply = self._reply()
            if "end" in reply:
                return
            if "error" in reply:
                raise _error(reply)
            self._keys[reply["spoken"]] = reply["key"]
            yield Spoken(reply["spoken"], reply["length"])
            if not stopping and stop is not None and stop():
                stopping = True
                self._send({})

    def clip(self, cue: Cue) -> Clip:
        """The clip of a cue that was spoken; raises ``SpeechError`` if the cache lost it."""
        clip = self._cache.get(self._keys[cue.spoken])
        if clip is None:
            raise SpeechError(
                f'{cue.place}: the clip of "{cue.text}" is no longer in {self._folder}; '
                "start again, so that it is spoken again"
            )
        return clip

    def close(self) -> None:
        """End the process at once; from any thread, also twice."""
        self._closed = True
        process = self._process
        if process is not None:
            with contextlib.suppress(OSError):
                process.kill()
            process.wait()
            if process.stdin is not None:
                with contextlib.suppress(OSError):  # what was not yet written is lost with it
                    process.stdin.close()
        if self._temporary is not None:
            self._temporary.cleanup()

    def _start(self) -> None:
        try:
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-m", _CHILD],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                env=_environment(),
                start_new_session=True,  # Ctrl-C is not meant for it
                creationflags=_creation_flags(),
            )
        except OSError as error:
            raise SpeechError(f"the process that speaks cannot be started: {error}") from error
        if self._closed:  # meanwhile, by another thread
            self.close()
        for pipe, lines in (
            (self._process.stdout, self._replies.put),
            (self._process.stderr, self._last_words.append),
        ):
            assert pipe is not None  # noqa: S101 - PIPE, above
            thread = threading.Thread(target=_hand_on, args=(pipe, lines), daemon=True)
            thread.start()
            self._threads.append(thread)
        self._send({**self._hello, "folder": str(self._folder)})

    def _send(self, request: dict[str, Any]) -> None:
        assert self._process is not None  # noqa: S101 - open() started it
        pipe = self._process.stdin
        assert pipe is not None  # noqa: S101 - PIPE, above
        with contextlib.suppress(OSError, ValueError):  # it is dead, and its last line says so
            pipe.write(json.dumps(request).encode() + b"\n")
            pipe.flush()

    def _reply(self) -> dict[str, Any]:
        line = self._replies.get()
        if not line:
            raise SpeechError(
                f"the process that speaks has ended ({self._obituary()}); "
                "'audiocoach voices' lists the voices, try another one with --voice"
            )
        reply: dict[str, Any] = json.loads(line)
        return reply

    def _obituary(self) -> str:
        code = self._process.wait() if self._process else None
        for thread in self._threads:
            thread.join(_LAST_WORDS_S)
        words = b" ".join(self._last_words).decode(errors="replace").split()
        return " ".join(["exit code", str(code), *words])


def _can_be_written(folder: Path) -> bool:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return True
    except OSError:
        return False


def _environment() -> dict[str, str]:
    """This program's; the process finds the package in a checkout too."""
    home = Path(audiocoach.__file__).parents[1]
    paths = [os.environ.get("PYTHONPATH", "")]
    if home.name not in ("site-packages", "dist-packages"):
        paths.append(str(home))
    return {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, paths)), "PYTHONUTF8": "1"}


def _creation_flags() -> int:
    if sys.platform == "win32":
        return (
            subprocess.CREATE_NO_WINDOW
            | subprocess.CREATE_NEW_PROCESS_GROUP
            | subprocess.BELOW_NORMAL_PRIORITY_CLASS
        )
    return 0


def _fields(place: Place) -> list[str | int]:
    return [place.path, place.line, place.column]


def _hand_on(pipe: IO[bytes], take: Callable[[bytes], None]) -> None:
    """Hand on every line, and an empty one at the end."""
    with pipe:
        for line in pipe:
            take(line)
    take(b"")


def _error(reply: dict[str, Any]) -> AudiocoachError:
    """The error that the other process met."""
    kind = getattr(errors, reply["error"], SpeechError)
    if kind not in (errors.NotFoundError, errors.SpeechError):
        kind = SpeechError
    error: AudiocoachError = kind(reply["message"])
    return error
