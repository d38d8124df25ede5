"""The files of one export: the whole, or a file for each chapter; and stems beside it."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from audiocoach.artwork import kept_cover
from audiocoach.cache import Body
from audiocoach.segments import AudioSegment
from audiocoach.sinks import Sink
from audiocoach.sinks.about import About
from audiocoach.sinks.check import check
from audiocoach.sinks.files import WholeFiles
from audiocoach.sinks.formats import Format
from audiocoach.sinks.mp3 import Mp3Sink
from audiocoach.sinks.split import SplitSink
from audiocoach.units import Frames, ms_to_frames

_log = logging.getLogger(__name__)


class Outputs:
    """Writes the mix, and a stem of each name in ``stems``, to files that ``files`` opens.

    ``path`` is the file, or the playlist of the files of the chapters; ``paths`` are all
    files with sound; ``frames`` is how much of the mix was written.
    """

    def __init__(
        self,
        files: WholeFiles,
        target: Path,
        form: Format,
        bitrate: int | None,
        about: About,
        *,
        split: bool = False,
        stems: Sequence[str] = (),
    ) -> None:
        about = replace(about, cover=kept_cover(about.title, about.length))
        self.path, self.paths = target, [target]
        self.frames: Frames = 0
        self._files, self._form = files, form
        self._sinks: list[Sink] = []
        self._planned: list[tuple[Path, About, Frames]] = []
        """Each file with sound, what it shall say of itself, and how long it shall be."""
        if split:
            parts = SplitSink(files, target, form, about, bitrate)
            self.path, self.paths = parts.playlist, parts.paths
            self._sinks.append(parts)
            self._planned += parts.planned
        else:
            self._sinks.append(form.make(files.open(target), about, bitrate))
            self._planned.append((target, about, ms_to_frames(about.length)))
        for name in stems:
            path = target.with_name(f"{target.stem}.{name}{target.suffix}")
            said = replace(about, title=f"{about.title} ({name})", gain=None, embedded=b"")
            self._sinks.append(form.make(files.open(path), said, bitrate))
            self._planned.append((path, said, ms_to_frames(about.length)))
            self.paths.append(path)

    def write(self, blocks: tuple[AudioSegment, ...]) -> None:
        """Take the next block of the mix and of each stem."""
        for sink, block in zip(self._sinks, blocks, strict=True):
            sink.write(block)
        self.frames += len(blocks[0].raw_data) // 4

    @property
    def joins(self) -> bool:
        """Whether all there is to write is one MP3."""
        return len(self._sinks) == 1 and isinstance(self._sinks[0], Mp3Sink)

    def join(self, pieces: Iterable[Body], count: int, size: int) -> None:
        """Write that one MP3 as it was encoded elsewhere; see ``Mp3Sink.join``."""
        (sink,), (_, _, frames) = self._sinks, self._planned[0]
        assert isinstance(sink, Mp3Sink)  # noqa: S101 - whoever calls this has asked ``joins``
        sink.join(pieces, count, size, frames)
        self.frames = frames

    def close(self) -> None:
        """Finish all files. Raises ``RenderError`` where one does not hold what was planned."""
        for sink in self._sinks:
            sink.close()
        began = time.monotonic()
        for path, about, frames in self._planned:
            check(self._files.finished(path), self._form.name, about, frames, path)
        took = time.monotonic() - began
        count, form = len(self._planned), self._form.name
        _log.info("%d files as .%s, looked through in %.2f s", count, form, took)
