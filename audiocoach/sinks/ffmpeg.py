"""Files by the encoders and containers of FFmpeg, which PyAV brings along."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from fractions import Fraction
from typing import IO, TYPE_CHECKING, Any, cast

import numpy as np
from numpy.typing import NDArray

from audiocoach.errors import OutputError
from audiocoach.segments import AudioSegment
from audiocoach.sinks.about import About
from audiocoach.units import RATE, Frames

if TYPE_CHECKING:
    from av import AudioStream


@dataclass(frozen=True, slots=True)
class Recipe:
    """How FFmpeg makes one kind of file."""

    container: str
    codec: str
    rate: int = RATE
    options: Mapping[str, str] = field(default_factory=dict)
    """Of the container."""
    codec_options: Mapping[str, str] = field(default_factory=dict)
    comments: Callable[[About], dict[str, str]] = lambda _about: {}
    """What is written as the container's own tags before the sound."""
    chapters: bool = False
    """Whether the container takes chapters from FFmpeg."""
    swallows: Frames = 0
    """The length of a block, for an encoder that swallows the last one where the sound fills
    it to the end: then a frame of silence follows, which ``finish`` cuts off."""
    finish: Callable[[IO[bytes], About, Frames], None] = lambda _file, _about, _frames: None
    """What is done to the file when all sound is in it."""


class FfmpegSink:
    """Encodes to ``file``, which must be seekable and readable; the same input, same bytes."""

    def __init__(
        self, file: IO[bytes], recipe: Recipe, about: About, bitrate: int | None = None
    ) -> None:
        """``bitrate`` is in kbit/s; ``None`` where the codec has none."""
        import av

        self._file = file
        self._recipe = recipe
        self._about = about
        self._frames: Frames = 0
        with self._told():
            self._container = av.open(
                file,
                "w",
                format=recipe.container,
                options={"fflags": "+bitexact", **recipe.options},
                io_open=lambda _url, _flags, _options: _View(file),
            )
            options = {"flags": "+bitexact", **recipe.codec_options}
            self._stream: AudioStream = cast(
                "AudioStream",
                self._container.add_stream(recipe.codec, rate=recipe.rate, options=options),
            )
            if bitrate is not None:
                self._stream.bit_rate = bitrate * 1000
            self._stream.metadata["language"] = about.language
            self._container.metadata.update(recipe.comments(about))
            if recipe.chapters and about.chapters:
                self._container.set_chapters(_chapters(about))
            # Opened now: only then does it tell in which form it takes its samples.
            self._stream.codec_context.open(strict=False)
            self._resampler = av.AudioResampler(
                format=self._stream.codec_context.format.name, layout="stereo", rate=recipe.rate
            )

    def write(self, block: AudioSegment) -> None:
        """Encode a block."""
        self._encode(np.frombuffer(block.raw_data, np.int16))
        self._frames += len(block.raw_data) // 4

    def close(self) -> None:
        """Encode what is left and write what stands at the end, or must be known by then."""
        from mutagen import MutagenError

        if self._recipe.swallows and self._frames % self._recipe.swallows == 0:
            self._encode(np.zeros(2, np.int16))
        with self._told():
            self._put(None)
            self._container.mux(self._stream.encode(None))
            self._container.close()
        try:
            self._recipe.finish(self._file, self._about, self._frames)
        except MutagenError as error:
            raise OutputError(f"the tags cannot be written ({error})") from error
        self._file.seek(0, 2)

    def _encode(self, samples: NDArray[np.int16]) -> None:
        """Left and right in turn."""
        import av

        with self._told():
            frame = av.AudioFrame.from_ndarray(samples[None, :], format="s16", layout="stereo")
            frame.sample_rate = RATE
            frame.pts = self._frames
            frame.time_base = Fraction(1, RATE)
            self._put(frame)

    def _put(self, frame: Any) -> None:
        for part in self._resampler.resample(frame):
            self._container.mux(self._stream.encode(part))

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Turns FFmpeg's errors into ours."""
        import av

        try:
            yield
        except av.FFmpegError as error:
            raise OutputError(
                f"FFmpeg cannot write {self._recipe.codec} to {self._recipe.container} ({error})"
            ) from error


class _View:
    """A second place in a file that is being written, to read from.

    FFmpeg asks for one to move the sound behind the tables, which a player needs first.
    """

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._at = 0

    def read(self, count: int = -1) -> bytes:
        here = self._file.tell()
        self._file.seek(self._at)
        data = self._file.read(count)
        self._at += len(data)
        self._file.seek(here)
        return data

    def seek(self, offset: int, whence: int = 0) -> int:
        here = self._file.tell()
        origin = (0, self._at, self._file.seek(0, 2) if whence == 2 else 0)[whence]
        self._file.seek(here)
        self._at = origin + offset
        return self._at

    def tell(self) -> int:
        return self._at

    def close(self) -> None:
        """The file itself stays open."""


def _chapters(about: About) -> list[Any]:
    return [
        {
            "id": number,
            "start": chapter.start,
            "end": chapter.end,
            "time_base": Fraction(1, 1000),
            "metadata": {"title": chapter.text},
        }
        for number, chapter in enumerate(about.chapters, 1)
    ]
