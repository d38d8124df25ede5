"""Stretches of an MP3, mixed and encoded side by side, or taken from where they were kept.

All that a stretch is made of, and nothing else, is in the name under which it is kept. So a
change of one cue makes anew only the stretches in which it is heard, and what comes out is the
same to the byte, whatever was kept and however many threads there are.
"""

from __future__ import annotations

import hashlib
import json
import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import astuple, dataclass
from functools import lru_cache

import numpy as np

from audiocoach.cache import Body, Entries
from audiocoach.cores import own
from audiocoach.errors import OutputError
from audiocoach.library import cache_folder
from audiocoach.limiter import LATENCY, Limiter, unlimited
from audiocoach.mix import BLOCK, Stereo, Whole
from audiocoach.routine import Cue
from audiocoach.sinks import lame
from audiocoach.sinks.mp3 import QUALITY
from audiocoach.speech import Known
from audiocoach.stretches import FRAME, LOOP_STRETCH, Piece, Stretch, cut, frames_for, size
from audiocoach.units import RATE, Db, Frames, db_to_gain, ms_to_frames

_FORMAT = 1
"""Part of each name: raised when the same description would be mixed or encoded otherwise."""
_PREROLL: Frames = 4 * RATE // FRAME * FRAME
"""Where words sound, mixing begins so much earlier. What a limiter does not know of the time
before is then less than a rounding error: ``exp(-33)``."""
_WINDOW = 16
"""Stretches for each thread that are begun before the first of them is written."""


class Unfit(Exception):  # noqa: N818 - nothing is wrong: the plain way does it
    """This cannot be made in stretches, or not here."""


@dataclass(frozen=True, slots=True)
class Encoding:
    """How stretches are encoded."""

    bitrate: int
    """In kbit/s."""
    quality: int
    """LAME's ``-q``."""
    gain: Db
    """Makes up for what the encoder takes."""


class Joining:
    """The frames of an MP3, without tags and header, made of stretches of ``whole``."""

    def __init__(
        self,
        whole: Whole,
        known: Callable[[Cue], Known],
        marks: Mapping[str, Stereo],
        encoding: Encoding,
        *,
        entries: Entries | None = None,
        threads: int | None = None,
    ) -> None:
        """``known`` tells of each clip, ``marks`` holds each mark; ``entries`` keep stretches.

        Raises ``Unfit`` where LAME cannot be called as needed, or where the bed is too long to
        be held or too loud to pass the limiter as it is.
        """
        try:
            self._lame = lame.version()
        except lame.LameError as error:
            raise Unfit(str(error)) from error
        bed = whole.bed
        if not bed.held or bed.peak * float(whole.bed_gain) >= unlimited(whole.levels.ceiling):
            raise Unfit("the bed is too long, or too loud")
        self._whole, self._known, self._marks = whole, known, marks
        self._encoding = encoding
        self._entries = entries
        self._threads = threads or own()
        self._mark = lru_cache(maxsize=None)(self._mark_content)
        self._reading = threading.Lock()
        self._stopped = threading.Event()
        self._samples = ms_to_frames(whole.timeline.length)
        self._loop = bed.loop if bed.loop and bed.loop % (FRAME * LOOP_STRETCH) == 0 else None
        self.frames = frames_for(self._samples)
        """Of the MP3."""
        self.size = size(encoding.bitrate, self.frames)
        """Their bytes."""
        self.encoded: list[Stretch] = []
        """Those that were not taken from where they were kept."""

    def __iter__(self) -> Iterator[tuple[int, Body]]:
        """Each piece in order: up to which frame of the MP3 it goes, and its bytes.

        Raises ``Unfit`` where the encoder gives something else than it was asked for, and what
        mixing raises.
        """
        loops: dict[Stretch, Future[Body]] = {}
        waiting: deque[tuple[Piece, Future[Body]]] = deque()
        pool = ThreadPoolExecutor(self._threads, "stretch")

        def begun(stretch: Stretch) -> Future[Body]:
            made = loops.get(stretch) or pool.submit(self._bytes, stretch)
            if stretch.of_loop:
                loops[stretch] = made
            return made

        try:
            for piece in self._pieces():
                waiting.append((piece, begun(piece.stretch)))
                if len(waiting) > _WINDOW * self._threads:
                    yield self._finished(*waiting.popleft())
            while waiting:
                yield self._finished(*waiting.popleft())
        finally:
            self._stopped.set()
            pool.shutdown(cancel_futures=True)

    def keep(self, until: Frames, over: threading.Event) -> int:
        """Encode and keep what is not kept yet of what lies before ``until``, until it is over.

        The result is of how many stretches. Raises what mixing raises, and ``Unfit``.
        """
        wanted = dict.fromkeys(
            piece.stretch
            for piece in self._pieces()
            if piece.stretch.of_loop or piece.last * FRAME <= until
        )

        def make(stretch: Stretch) -> None:
            name = "" if over.is_set() else self._name(stretch)
            if name and self._entries and not self._entries.path(name).exists():
                self._bytes(stretch)

        with ThreadPoolExecutor(self._threads, "early") as pool:
            try:
                for _ in pool.map(make, wanted):
                    pass
            except lame.LameError as error:
                raise Unfit(str(error)) from error
        return len(self.encoded)

    def _pieces(self) -> Iterator[Piece]:
        return cut(self._spans(), self.frames, self._loop // FRAME if self._loop else None)

    def _spans(self) -> Iterator[tuple[Frames, Frames]]:
        """When more is heard than the bed at one level."""
        levels = self._whole.levels
        yield 0, ms_to_frames(levels.fade_in)
        yield self._samples - ms_to_frames(levels.fade_out), self.frames * FRAME
        yield from self._whole.mix.active()

    def _finished(self, piece: Piece, made: Future[Body]) -> tuple[int, Body]:
        try:
            data = made.result()
        except lame.LameError as error:
            raise Unfit(str(error)) from error
        if not piece.stretch.of_loop:
            first, last = piece.first * FRAME, piece.last * FRAME
            self._whole.mix.count(first, last, lambda cue: self._known(cue).frames)
        first, count = piece.stretch.first + piece.offset, piece.last - piece.first
        begin, start, end = (
            size(self._encoding.bitrate, at) for at in (piece.stretch.first, first, first + count)
        )
        return piece.last, data[start - begin : end - begin]

    # One stretch

    def _bytes(self, stretch: Stretch) -> Body:
        bitrate = self._encoding.bitrate
        wanted = size(bitrate, stretch.last) - size(bitrate, stretch.first)
        name = self._name(stretch) if self._entries else ""
        kept = self._entries.get(name) if name and self._entries else None
        if kept is not None and len(kept) == wanted:
            return kept
        data = self._encode(stretch)
        # A clip that was lost meanwhile was spoken again: then this is not what was named.
        if name and self._entries and name == self._name(stretch):
            try:
                self._entries.put(name, data)
            except OutputError:
                self._entries = None
        return data

    def _name(self, stretch: Stretch) -> str:
        """Made of all that its bytes depend on; empty where that is not known."""
        whole, levels = self._whole, self._whole.levels
        start, end = self._span(stretch)
        bed = whole.bed.described(start, end)
        if not bed:
            return ""
        parts = [_FORMAT, self._lame, np.__version__, astuple(self._encoding), bed]
        parts += [float(whole.bed_gain), stretch.last - stretch.first, stretch.of_loop]
        parts += [stretch.blank, stretch.skipped]
        if not stretch.of_loop:
            mixed = whole.mix.described(
                start, end, lambda cue: self._known(cue).content, self._mark
            )
            fades = [whole.timeline.length, levels.fade_in, levels.fade_out, start]
            rise = start < ms_to_frames(levels.fade_in)
            fall = end > self._samples - ms_to_frames(levels.fade_out)
            parts += [levels.ceiling, mixed, fades if rise or fall else []]
        return hashlib.blake2b(json.dumps(parts).encode(), digest_size=20).hexdigest()

    def _span(self, stretch: Stretch) -> tuple[Frames, Frames]:
        """From where to where it is mixed; for a loop, within it or beyond its end."""
        start, end = stretch.start, stretch.last * FRAME + lame.LOOK_AHEAD
        if stretch.of_loop and self._loop:
            return start % self._loop, start % self._loop + end - start
        before = max(0, start - _PREROLL)
        return (before if self._whole.mix.sounds_between(before, start) else start), end

    def _encode(self, stretch: Stretch) -> bytes:
        """Its frames; raises ``LameError`` where they are not those that were asked for."""
        encoder = lame.Lame(self._encoding.bitrate, self._encoding.quality)
        gain = np.float32(db_to_gain(self._encoding.gain))
        parts = [encoder.encode(np.zeros((stretch.blank * FRAME, 2), np.float32))]
        for block in self._loop_sound(stretch) if stretch.of_loop else self._sound(stretch):
            if self._stopped.is_set():
                raise lame.LameError("stopped")
            parts.append(encoder.encode(block * gain))
        self.encoded.append(stretch)
        bitrate, count = self._encoding.bitrate, stretch.last - stretch.first
        return lame.frames(b"".join(parts), bitrate, stretch.skipped, count)

    def _loop_sound(self, stretch: Stretch) -> Iterator[Stereo]:
        start, end = self._span(stretch)
        for at in range(start, end, BLOCK):
            yield self._bed(at, min(BLOCK, end - at)) * self._whole.bed_gain

    def _sound(self, stretch: Stretch) -> Iterator[Stereo]:
        """What is heard from its start on, limited."""
        start, end = self._span(stretch)
        limiter = Limiter(self._whole.levels.ceiling)
        limiter.push(self._whole.over(self._bed(start, LATENCY), start, counted=False))
        for at in range(start, end, BLOCK):
            count = min(BLOCK, end - at)
            bed = self._bed(at + LATENCY, count)
            limited = limiter.push(self._whole.over(bed, at + LATENCY, counted=False))
            yield limited[max(0, stretch.start - at) :]

    def _bed(self, start: Frames, count: Frames) -> Stereo:
        with self._reading:
            self._whole.bed.hold()
            self._whole.bed.seek(start)
            return self._whole.bed.read(count)

    def _mark_content(self, name: str) -> str:
        return hashlib.blake2b(self._marks[name].tobytes(), digest_size=16).hexdigest()


def join(
    whole: Whole,
    known: Callable[[Cue], Known],
    marks: Mapping[str, Stereo],
    bitrate: int,
    gain: Db,
    *,
    threads: int | None = None,
) -> Joining:
    """As an export does it: at the quality of every MP3, kept in the cache. Raises ``Unfit``."""
    entries = Entries(cache_folder() / "stretches", "mp3", needed=False)
    encoding = Encoding(bitrate, QUALITY, gain)
    return Joining(whole, known, marks, encoding, entries=entries, threads=threads)
