"""Where each routine was left, kept from one session to the next.

One JSON file for each script, in the state folder of the account. It is written beside its
place and renamed when whole, so it can be read at any moment, also after a crash.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import threading
from bisect import bisect_left
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from pathlib import Path
from typing import Any

from audiocoach import held
from audiocoach.live.status import Status, Times, Where
from audiocoach.routine import Beats, Break, Cue, Part, Routine, Sound, Step
from audiocoach.units import MINUTE, Ms

_VERSION = 1
_LARGEST = 4_000_000
"""Bytes; a larger file is none of ours."""
_LONGEST: Ms = 24 * 60 * MINUTE
"""Of a time that was kept."""
_EVERY_S = 2.0
"""Where a session is is saved so often."""


@dataclass(frozen=True, slots=True)
class Bookmark:
    """Where a routine was left."""

    where: Where
    tempo: int = 100
    """Percent; see ``Session``."""
    finished: bool = False
    asked: Mapping[str, Any] = field(default_factory=dict)
    """How it was played: whatever the command line wants to find again; JSON."""
    content: str = ""
    """Names the routine with all its words and times."""
    steps: tuple[str, ...] = ()
    """Names the words of each of its steps."""
    times: tuple[Times, ...] = ()
    """Of the steps that were made longer or shorter; for this very content."""

    def find(self, routine: Routine) -> tuple[Where, bool]:
        """The same place in ``routine``, or the nearest; whether the routine is the same.

        Steps are compared by their words, so that those before and after a change are found.
        """
        if self.content == content(routine):
            return self.where, True
        names = _names(routine)
        matcher = SequenceMatcher(None, self.steps, names, autojunk=False)
        known = {
            old + n: new + n
            for old, new, size in matcher.get_matching_blocks()
            for n in range(size)
        }
        old = min(self.where.step, max(0, len(self.steps) - 1))
        if old in known:
            return Where(known[old], self.where.offset, self.where.said), False
        before = sorted(known)
        at = bisect_left(before, old)
        step = known[before[at - 1]] + 1 if at else 0
        return Where(min(step, len(names) - 1)), False


class Bookmarks:
    """The bookmark of one script, in ``folder``, which need not exist."""

    def __init__(self, folder: Path, script: Path) -> None:
        path = script.resolve()
        digest = hashlib.sha256(os.fsencode(path)).hexdigest()[:12]
        stem = re.sub(r"[^\w-]+", "-", path.stem)[:40]
        self.path = folder / f"{stem}-{digest}.json"
        self._script = path

    def load(self) -> Bookmark | None:
        """Where it was left; ``None`` where it never was, or where that cannot be read."""
        try:
            if self.path.stat().st_size > _LARGEST:
                return None
            return _read(json.loads(self.path.read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError, KeyError):
            return None

    def save(self, bookmark: Bookmark) -> None:
        """Replace what was saved, whole or not at all; raises ``OSError``."""
        where = bookmark.where
        data = {
            "version": _VERSION,
            "script": str(self._script),
            "step": where.step,
            "offset": where.offset,
            "said": where.said,
            "tempo": bookmark.tempo,
            "finished": bookmark.finished,
            "asked": dict(bookmark.asked),
            "content": bookmark.content,
            "steps": list(bookmark.steps),
            "times": [[each.step, each.hold, each.parts] for each in bookmark.times],
        }
        folder = self.path.parent
        folder.mkdir(parents=True, exist_ok=True)
        handle, part = held.make(folder, f".{self.path.name}", ".part")
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                json.dump(data, file, ensure_ascii=False)
                file.flush()
                os.fsync(file.fileno())
                if os.name != "nt":
                    part.replace(self.path)
            if os.name == "nt":  # there, an open file cannot be renamed
                part.replace(self.path)
        except BaseException:
            part.unlink(missing_ok=True)
            raise

    def sweep(self) -> None:
        """Remove what sessions have left that were killed while they saved."""
        held.sweep(self.path.parent, f".{self.path.name}", ".part")


class Keeper:
    """Saves where a session is, now and then and at its end, in a thread of its own.

    As long as nothing was said, what was saved before stays.
    """

    def __init__(
        self,
        bookmarks: Bookmarks,
        routine: Routine,
        status: Callable[[], Status],
        asked: Mapping[str, Any],
    ) -> None:
        self.problem: OSError | None = None
        """Why where it is could not be saved, if it could not."""
        self._bookmarks, self._status, self._asked = bookmarks, status, asked
        self._content, self._steps = content(routine), _names(routine)
        self._begun = status().where
        self._saved: Bookmark | None = None
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="bookmark", daemon=True)

    def start(self) -> None:
        """Begin to save."""
        self._bookmarks.sweep()
        self._thread.start()

    def close(self) -> Bookmark | None:
        """Save for the last time; where it was left, if that is saved."""
        self._stopped.set()
        if self._thread.is_alive():
            self._thread.join()
        self._save()
        return self._saved

    def _run(self) -> None:
        while not self._stopped.wait(_EVERY_S):
            self._save()

    def _save(self) -> None:
        bookmark = self._bookmark()
        if bookmark == self._saved or (bookmark.where == self._begun and not self._saved):
            return
        try:
            self._bookmarks.save(bookmark)
            self._saved, self.problem = bookmark, None
        except OSError as error:
            self.problem = error

    def _bookmark(self) -> Bookmark:
        status = self._status()
        return Bookmark(
            *(status.where, status.tempo, status.finished),
            *(self._asked, self._content, self._steps),
            times=status.times,
        )


def content(routine: Routine) -> str:
    """Names a routine with all that is said and done in it, wherever it is written."""
    steps = [
        [chapter.title, *(_described(step) for step in chapter.steps)]
        for chapter in routine.chapters
    ]
    return _digest([routine.language, routine.pace.value, steps])


def _names(routine: Routine) -> tuple[str, ...]:
    return tuple(
        _digest([_part(part) for part in _parts(step) if not isinstance(part, Break)])[:10]
        for chapter in routine.chapters
        for step in chapter.steps
    )


def _digest(described: object) -> str:
    return hashlib.sha256(json.dumps(described).encode()).hexdigest()


def _parts(step: Step) -> list[Part]:
    runs = [step.parts, *(text for timed in step.timed for text in timed.texts)]
    return [part for run in runs for part in run]


def _described(step: Step) -> list[object]:
    hold = step.hold
    return [
        [_part(part) for part in _parts(step)],
        [hold.length, hold.until_done] if hold else [],
        [[timed.anchor.value, timed.time] for timed in step.timed],
    ]


def _part(part: Part) -> object:
    match part:
        case Cue():
            return part.spoken
        case Break():
            return part.length
        case Sound():
            return [part.name]
        case Beats():
            return [[beat.length, beat.cue.spoken if beat.cue else ""] for beat in part.beats]


def _read(data: Any) -> Bookmark:
    """Raises ``ValueError``, ``TypeError`` or ``KeyError`` for what was not saved here."""
    if data["version"] != _VERSION:
        raise ValueError(data["version"])
    numbers = [data[name] for name in ("step", "offset", "said", "tempo")]
    if not all(type(number) is int and number >= 0 for number in numbers):
        raise TypeError(numbers)
    steps = tuple(str(name) for name in data["steps"])
    where = Where(*numbers[:3])
    if not isinstance(data["asked"], dict):
        raise TypeError(data["asked"])
    times = tuple(_read_times(*each) for each in data.get("times", []))  # older ones have none
    return Bookmark(
        *(where, numbers[3], bool(data["finished"])),
        *(data["asked"], str(data["content"]), steps),
        times=times,
    )


def _read_times(step: Any, hold: Any, parts: Any) -> Times:
    lengths = [length for length in (hold, *parts) if length is not None]
    if not all(type(length) is int and 0 <= length <= _LONGEST for length in (step, *lengths)):
        raise TypeError(step, hold, parts)
    return Times(step, hold, tuple(parts))
