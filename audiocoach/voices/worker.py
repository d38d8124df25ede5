"""The process that pyttsx3 runs in: ``python -m audiocoach.voices.worker FOLDER``.

One JSON object a line comes in on standard input, one goes out on standard output
for each, with the ``id`` of its request:

``{"id": 1, "do": "voices"}``
    ``{"id": 1, "driver": "espeak", "version": "1.52.0", "packaged": true, "default": ID,
    "voices": [{"id": ID, "name": NAME, "language": TAG}]}``
``{"id": 2, "do": "speak", "text": WORDS, "voice": ID, "rate": 115, "pitch": 42, "gap": 3,
"file": NAME}``
    ``{"id": 2}`` once FOLDER/NAME is written

or ``{"id": N, "error": MESSAGE}``. The process ends, and takes FOLDER with it, when
its standard input ends: it never outlives the program that started it.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import platform
import queue
import shutil
import signal
import sys
import threading
import time
from importlib.metadata import version
from pathlib import Path
from typing import IO, Any

_LONGEST_DATA_PATH = 150
"""Bytes. eSpeak NG copies the path of its data into 160 bytes (``N_PATH_HOME``); where it
does not fit, eSpeak NG finds no data and ends the process."""

_WORD_GAP = 7
"""``espeakWORDGAP`` of ``speak_lib.h``: a pause after each word, in 10 ms at its usual speed."""

_POLL_S = 0.005


def main() -> None:
    """Serve requests until standard input ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the program, which ends this
    folder = Path(sys.argv[1])
    requests, replies = _own_pipes()
    lines: queue.SimpleQueue[str] = queue.SimpleQueue()
    threading.Thread(target=_listen, args=(requests, lines, folder), daemon=True).start()
    engine: _Engine | None = None
    while True:
        request = json.loads(lines.get())
        reply: dict[str, Any]
        try:
            engine = engine or _Engine(folder)
            reply = engine.answer(request)
        except Exception as error:  # noqa: BLE001 - drivers raise what they like
            reply = {"error": str(error) or repr(error)}
        print(json.dumps({"id": request["id"], **reply}), file=replies, flush=True)


def _own_pipes() -> tuple[IO[str], IO[str]]:
    """The pipes to the parent, out of reach of drivers that print or read."""
    requests = os.fdopen(os.dup(0), "r", encoding="utf-8")
    replies = os.fdopen(os.dup(1), "w", encoding="utf-8")
    with Path(os.devnull).open("r+b") as nothing:
        os.dup2(nothing.fileno(), 0)
        os.dup2(nothing.fileno(), 1)
    return requests, replies


def _listen(requests: IO[str], lines: queue.SimpleQueue[str], folder: Path) -> None:
    """Hand on every line; at the end leave at once, even from within an engine that hangs."""
    for line in requests:
        lines.put(line)
    shutil.rmtree(folder, ignore_errors=True)
    os._exit(0)


class _Engine:
    """pyttsx3 with the default driver of this system."""

    def __init__(self, folder: Path) -> None:
        packaged = sys.platform == "linux" and _load_espeak(folder)
        import pyttsx3

        self._folder = folder
        self._engine = pyttsx3.init()
        self._driver = str(self._engine)
        self._packaged = packaged and self._driver == "espeak"
        self._errors: list[str] = []
        self._finished = False
        self._engine.connect("error", self._on_error)
        self._engine.connect("finished-utterance", self._on_finished)
        if self._driver == "espeak":
            self._engine.proxy.setBusy(False)  # it begins busy, and would queue what is set
        sys.unraisablehook = _on_lost_error

    def _on_error(self, exception: object = "", **_: object) -> None:
        self._errors.append(str(exception) or repr(exception))

    def _on_finished(self, **_: object) -> None:
        self._finished = True

    def answer(self, request: dict[str, Any]) -> dict[str, Any]:
        """The reply to one request; raises whatever the driver raises."""
        if request["do"] == "voices":
            return self._voices()
        self._speak(request)
        return {}

    def _voices(self) -> dict[str, Any]:
        voices = [
            {"id": voice.id, "name": str(voice.name or ""), "language": _language(voice.languages)}
            for voice in self._engine.getProperty("voices")
        ]
        return {
            "driver": self._driver,
            "version": f"{version('pyttsx3')} {self._driver} {self._driver_version()}",
            "packaged": self._packaged,
            "default": self._engine.getProperty("voice"),
            "voices": voices,
        }

    def _driver_version(self) -> str:
        if self._driver == "espeak":
            return str(_espeak().Info(None).decode())
        return platform.version()

    def _speak(self, request: dict[str, Any]) -> None:
        self._errors.clear()
        self._finished = False
        self._engine.setProperty("voice", request["voice"])  # first: it may reset the rate
        self._engine.setProperty("rate", request["rate"])
        if self._driver == "espeak":
            self._engine.setProperty("pitch", request["pitch"])
            self._set(_WORD_GAP, request.get("gap", 0))
            self._settle(request["rate"])
        self._engine.save_to_file(request["text"], str(self._folder / request["file"]))
        self._engine.runAndWait()
        # eSpeak speaks in a thread of its own, and the loop may end before it does.
        while self._driver == "espeak" and not self._errors:
            if self._finished and not _espeak().IsPlaying():
                break
            time.sleep(_POLL_S)
        self._check()

    def _set(self, parameter: int, value: int) -> None:
        """Set a parameter of eSpeak that pyttsx3 does not know."""
        if _espeak().dll.espeak_SetParameter(parameter, value, 0):
            raise RuntimeError(f"eSpeak NG does not take {value} as its parameter {parameter}")

    def _settle(self, rate: int) -> None:
        """Wait until eSpeak has taken its settings.

        They wait in its queue, and the end of pyttsx3's loop clears the queue of an eSpeak
        that is busy: one process in 150 spoke at the default rate for good (2.99, seen).
        """
        library = _espeak()
        while library.IsPlaying():
            time.sleep(_POLL_S)
        self._check()
        # Not the driver's getProperty: it leaves out the second argument, "the current value".
        if (taken := library.dll.espeak_GetParameter(library.RATE, 1)) != rate:
            raise RuntimeError(f"eSpeak NG stays at the rate {taken}")

    def _check(self) -> None:
        if self._errors:
            raise RuntimeError("; ".join(self._errors))


def _on_lost_error(lost: sys.UnraisableHookArgs) -> None:
    """End the process after an error in a driver's C callback (a file not written).

    It reaches no caller, and the driver's loop would wait for ever.
    """
    if "callback" not in (lost.err_msg or ""):
        sys.__unraisablehook__(lost)
        return
    sys.stderr.write(f"{lost.exc_value}\n")
    sys.stderr.flush()
    os._exit(1)


def _espeak() -> Any:
    """The library as pyttsx3 has it; only once its driver is loaded."""
    from pyttsx3.drivers import _espeak as library

    return library


def _language(languages: object) -> str:
    """The first language a driver gives, a tag of some kind; drivers differ in the type."""
    first = languages[0] if isinstance(languages, list | tuple) and languages else languages
    if isinstance(first, bytes):
        first = first.decode("utf-8", "ignore").strip("\x00\x02\x05")
    return str(first or "")


def _load_espeak(folder: Path) -> bool:
    """Load the eSpeak NG of ``espeakng_loader``, whose soname pyttsx3 then finds.

    It goes before one of the system: it is one known version, with its own data,
    and sounds the same on every machine. Without it, pyttsx3 looks for the system's.
    The result is whether it is there.
    """
    with contextlib.suppress(ImportError, OSError, RuntimeError):
        import espeakng_loader

        data = _short(Path(espeakng_loader.get_data_path()), folder)
        ctypes.CDLL(espeakng_loader.get_library_path())
        os.environ["ESPEAK_DATA_PATH"] = str(data)
        return True
    return False


def _short(data: Path, folder: Path) -> Path:
    """``data``, or a link to it whose path eSpeak NG can hold."""
    if len(os.fsencode(data)) <= _LONGEST_DATA_PATH:
        return data
    link = folder / "espeak"
    if len(os.fsencode(link)) > _LONGEST_DATA_PATH:
        raise ValueError(
            f"eSpeak NG cannot use a path as long as {data}; install audiocoach in a folder "
            "with a shorter path, or set TMPDIR to a folder with a short one"
        )
    if not link.is_symlink():
        link.symlink_to(data, target_is_directory=True)
    return link


if __name__ == "__main__":
    main()
