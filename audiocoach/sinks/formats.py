"""The kinds of files that can be written, each with its bit rates and its sink."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import IO

from audiocoach.errors import OutputError
from audiocoach.presets import Levels
from audiocoach.sinks import Sink
from audiocoach.sinks.about import About
from audiocoach.units import Db, Frames, ms_to_frames

_RATES = (64, 80, 96, 112, 128, 160, 192, 224, 256, 320)
_AAC_HEADROOMS = {80: 0.4}
_OPUS_RATES = (32, 40, 48, 64, 80, 96, 112, 128, 160, 192, 256)


@dataclass(frozen=True, slots=True)
class Format:
    """One kind of file."""

    name: str
    """Also its suffix, without the dot."""
    make: Callable[[IO[bytes], About, int | None], Sink]
    bitrates: tuple[int, ...] = ()
    """In kbit/s; none where the format has no choice of them."""
    bitrate: int | None = None
    """If nobody says otherwise."""
    gain: Callable[[int | None], Db] = lambda _bitrate: 0.0
    """What makes up for what its encoder takes."""
    headrooms: Mapping[int, Db] = field(default_factory=dict)
    """By bit rate: how much peaks are limited further for it and all below, because its
    decoder adds to them. Measured on speech over ocean, so that none passes -1 dBTP."""

    def headroom(self, bitrate: int | None) -> Db:
        """How far under the usual ceiling the limiter shall stay."""
        return next((room for most, room in self.headrooms.items() if (bitrate or 0) <= most), 0.0)

    def limited(self, levels: Levels, bitrate: int | None) -> Levels:
        """``levels`` with a ceiling under which nothing that is decoded passes -1 dBTP."""
        return replace(levels, ceiling=levels.ceiling - self.headroom(bitrate))

    def checked(self, bitrate: int | None) -> int | None:
        """``bitrate``, or the usual one; raises ``OutputError`` where there is no such one."""
        if bitrate is None:
            return self.bitrate
        if bitrate not in self.bitrates:
            there = f"there is {', '.join(map(str, self.bitrates))}"
            raise OutputError(
                f"no bit rate of {bitrate} kbit/s for .{self.name}; "
                f"{there if self.bitrates else 'it has no choice of bit rates'}"
            )
        return bitrate


def find(path: Path, name: str | None = None) -> Format:
    """The format called ``name``, or that of the suffix of ``path``.

    Raises ``OutputError`` that names what there is.
    """
    wanted = name or path.suffix.lower().removeprefix(".")
    if wanted not in FORMATS:
        known = ", ".join(f".{each}" for each in FORMATS)
        raise OutputError(f"cannot write {path}: its name must end in one of {known}")
    return FORMATS[wanted]


def _mp3(file: IO[bytes], about: About, bitrate: int | None) -> Sink:
    from audiocoach.sinks.mp3 import Mp3Sink
    from audiocoach.sinks.tags import id3

    return Mp3Sink(file, bitrate or 0, id3(about))


def _mp3_gain(bitrate: int | None) -> Db:
    from audiocoach.sinks.mp3 import makeup

    return makeup(bitrate or 0)


def _wav(file: IO[bytes], about: About, _bitrate: int | None) -> Sink:
    from audiocoach.sinks.riff import chunks
    from audiocoach.sinks.wav import WavSink

    return WavSink(file, ms_to_frames(about.length), about.embedded, chunks(about))


def _mp4(file: IO[bytes], about: About, bitrate: int | None, *, book: bool = False) -> Sink:
    from audiocoach.sinks.atoms import tag
    from audiocoach.sinks.ffmpeg import FfmpegSink, Recipe

    def finish(file: IO[bytes], about: About, _frames: Frames) -> None:
        tag(file, about, book=book)

    # The tables stand before the sound, so that it plays while it loads; edit lists are in
    # frames, so that they are exact. The coder "fast" errs by 12 dB less than FFmpeg's usual
    # one on speech over rain, and its peaks stay where they were: the other's rise by 1.7 dB at
    # 64 kbit/s.
    options = {
        "movflags": "+faststart",
        "movie_timescale": "44100",
        "brand": "M4B " if book else "M4A ",
    }
    recipe = Recipe(
        "ipod",
        "aac",
        options=options,
        codec_options={"aac_coder": "fast"},
        chapters=True,
        finish=finish,
    )
    return FfmpegSink(file, recipe, about, bitrate)


def _m4b(file: IO[bytes], about: About, bitrate: int | None) -> Sink:
    return _mp4(file, about, bitrate, book=True)


def _opus(file: IO[bytes], about: About, bitrate: int | None) -> Sink:
    from audiocoach.sinks.comments import comments
    from audiocoach.sinks.ffmpeg import FfmpegSink, Recipe

    recipe = Recipe(
        "opus", "libopus", rate=48_000, comments=lambda about: comments(about, opus=True)
    )
    return FfmpegSink(file, recipe, about, bitrate)


def _ogg(file: IO[bytes], about: About, _bitrate: int | None) -> Sink:
    from audiocoach.sinks.comments import comments, end_at
    from audiocoach.sinks.ffmpeg import FfmpegSink, Recipe

    def finish(file: IO[bytes], _about: About, frames: Frames) -> None:
        end_at(file, frames)

    recipe = Recipe(
        "ogg",
        "vorbis",
        codec_options={
            "strict": "experimental",
            "flags": "+bitexact+qscale",
            "global_quality": str(_VORBIS_QUALITY * _LAMBDA),
        },
        comments=comments,
        swallows=1_024,
        finish=finish,
    )
    return FfmpegSink(file, recipe, about)


_VORBIS_QUALITY = 20
"""Of FFmpeg's own encoder, which below this takes the rain out of the rain: some 160 kbit/s."""
_LAMBDA = 118
"""FFmpeg's ``FF_QP2LAMBDA``."""


def _flac(file: IO[bytes], about: About, _bitrate: int | None) -> Sink:
    from audiocoach.sinks.comments import add_picture, comments
    from audiocoach.sinks.ffmpeg import FfmpegSink, Recipe

    def finish(file: IO[bytes], about: About, _frames: Frames) -> None:
        add_picture(file, about.cover)

    recipe = Recipe(
        "flac", "flac", comments=lambda about: comments(about, picture=False), finish=finish
    )
    return FfmpegSink(file, recipe, about)


FORMATS = {
    each.name: each
    for each in (
        Format("mp3", _mp3, _RATES, 128, _mp3_gain, {80: 0.6}),
        Format("m4a", _mp4, _RATES, 128, headrooms=_AAC_HEADROOMS),
        Format("m4b", _m4b, _RATES, 128, headrooms=_AAC_HEADROOMS),
        Format("opus", _opus, _OPUS_RATES, 96, headrooms={48: 0.8, 80: 0.4}),
        Format("ogg", _ogg),
        Format("flac", _flac),
        Format("wav", _wav),
    )
}
"""By name, the usual one first."""
