"""Sound files of any format -> blocks of samples, through PyAV and soxr."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from audiocoach.errors import SoundError
from audiocoach.units import HOUR, RATE, SECOND, Frames, clock, frames_to_ms

if TYPE_CHECKING:
    import av

Block = NDArray[np.float32]
"""Sound of shape ``(n, 2)``, full scale at +/- 1.0, at ``RATE``."""

LONGEST_H = 6
"""Hours; a file that says it is longer is refused at once."""
LARGEST: Frames = LONGEST_H * HOUR // SECOND * RATE
"""What one file may become, whatever it says."""

_MOST_CHANNELS = 8
_RATES = range(2_000, 1_000_001)
"""Hertz."""
_SIDE_GAIN = 0.5**0.5
"""ITU-R BS.775-3, annex 4, table 2: centre and surround channels in a stereo downmix."""
_FULL_SCALE = {"u8": 1 << 7, "s16": 1 << 15, "s32": 1 << 31, "s64": 1 << 63, "flt": 1, "dbl": 1}
_BATCH: Frames = 8192
"""Decoders give a few hundred frames at a time; handed on by this many they cost less."""
_WORST = 4.0
"""Floating-point samples beyond this (12 dB over full scale) are damage."""
_BAD_PART = 0.05
"""More than this part of the packets damaged: the file is."""

_TOLERANT = 19
"""From this version on, PyAV reads titles in an unknown encoding without being asked to."""

_ADVICE = "use a WAV, FLAC, MP3, Ogg or M4A file"


def decode(path: Path, *, bounded: bool = True) -> Iterator[Block]:
    """The sound in ``path``, block by block, decoded as it is asked for.

    One to eight channels become two; any rate becomes ``RATE``. Only this one file is
    read, whatever it refers to. Raises ``SoundError`` where the file is no sound, is
    damaged, empty or, where it is ``bounded``, too long; damage may show only in a later block.
    """
    with _converted(path), _opened(path) as container:
        stream = _stream(path, container, bounded=bounded)
        yield from _resampled(path, stream, bounded=bounded)


def probe(path: Path, places: int, frames: Frames) -> Iterator[Block]:
    """Short sounds of ``frames`` frames or less from so many places all over ``path``.

    All of it in one, if it is no longer than that or does not say how long it is, up to as
    much. Raises as ``decode`` does.
    """
    import av

    found = 0
    # Without "fastseek", an MP3 without a table is read up to where one seeks.
    with _converted(path), _opened(path, fflags="fastseek") as container:
        _stream_of(path, container)
        length = container.duration or 0
        for place in range(places if length * RATE > places * frames * av.time_base else 0):
            # A file that is damaged here may be whole elsewhere; and not all can be sought.
            with suppress(SoundError), _converted(path):
                container.seek(int((place + 0.5) / places * length))
                for sound in _first(_resampled(path, _stream(path, container)), frames):
                    found += 1
                    yield sound
    if not found:
        yield from _first(decode(path), places * frames)


def _first(blocks: Iterator[Block], frames: Frames) -> Iterator[Block]:
    """The first ``frames`` frames of a sound, in one block."""
    held: list[Block] = []
    count = 0
    for block in blocks:
        held.append(block)
        count += len(block)
        if count >= frames:
            break
    if held:
        yield np.concatenate(held)[:frames]


@contextmanager
def _converted(path: Path) -> Iterator[None]:
    """Turn what goes wrong inside into ``SoundError``."""
    import av

    try:
        yield
    except av.error.FFmpegError as error:
        reason = f"no sound that can be read ({_reason(error)})"
        raise SoundError(f"{path}: {reason}; {_ADVICE}") from error
    except (OSError, ValueError) as error:
        raise SoundError(f"{path}: cannot be read ({error})") from error


@contextmanager
def _opened(path: Path, **options: str) -> Iterator[av.container.InputContainer]:
    import av

    if not path.is_file():
        raise SoundError(f"{path}: {'not a file' if path.exists() else 'there is no such file'}")
    with ExitStack() as stack:
        file = stack.enter_context(path.open("rb"))
        if not path.stat().st_size:
            raise SoundError(f"{path}: the file is empty; {_ADVICE}")
        # Playlists name other files and addresses; no protocol is left to reach them by.
        asked: dict[str, Any] = {"options": {"protocol_whitelist": "none", **options}}
        if int(av.__version__.partition(".")[0]) < _TOLERANT:
            asked["metadata_errors"] = "ignore"
        yield stack.enter_context(av.open(file, mode="r", **asked))


def _reason(error: Exception) -> str:
    return str(getattr(error, "strerror", None) or error)


def _stream(
    path: Path, container: av.container.InputContainer, *, bounded: bool = True
) -> Iterator[tuple[int, Block]]:
    """Each decoded frame: its rate, and its samples folded to stereo."""
    stream = _stream_of(path, container, bounded=bounded)
    for frames in _batches(path, container.demux(stream)):
        yield frames[0].sample_rate, _stereo(path, frames)


def _stream_of(
    path: Path, container: av.container.InputContainer, *, bounded: bool = True
) -> av.AudioStream:
    """What is to be heard of a file."""
    import av

    if not container.streams.audio:
        raise SoundError(f"{path}: there is no sound in it; {_ADVICE}")
    stream = container.streams.audio[0]
    if bounded and (container.duration or 0) > LONGEST_H * HOUR // SECOND * av.time_base:
        length = clock(int(container.duration or 0) * SECOND // av.time_base)
        raise SoundError(f"{path}: {length} long; a sound may last {LONGEST_H} h at most")
    return stream


def _batches(path: Path, demuxed: Iterator[Any]) -> Iterator[list[av.AudioFrame]]:
    """The frames of an audio stream, some at a time, all of a batch of one kind."""
    import av

    packets = damaged = samples = 0
    reason = "nothing in it can be decoded"
    batch: list[av.AudioFrame] = []
    for packet in demuxed:
        packets += 1
        try:
            frames = packet.decode()
        except av.error.InvalidDataError as error:
            damaged += 1
            reason = _reason(error)
            continue
        for frame in frames:
            if not isinstance(frame, av.AudioFrame) or not frame.samples:
                continue
            if batch and _kind(frame) != _kind(batch[0]):
                yield batch
                batch, samples = [], 0
            batch.append(frame)
            samples += frame.samples
            if samples >= _BATCH:
                yield batch
                batch, samples = [], 0
    if batch:
        yield batch
    if damaged > 1 + _BAD_PART * packets:
        raise SoundError(f"{path}: damaged, {damaged} of {packets} parts ({reason})")


def _kind(frame: av.AudioFrame) -> tuple[int, str, str]:
    return frame.sample_rate, frame.format.name, frame.layout.name


def _stereo(path: Path, frames: list[av.AudioFrame]) -> Block:
    """The samples of ``frames``, of one kind, whichever it is, as two channels."""
    frame = frames[0]
    names = tuple(channel.name for channel in frame.layout.channels)
    if len(names) > _MOST_CHANNELS:
        raise SoundError(f"{path}: {len(names)} channels; {_MOST_CHANNELS} at most can be read")
    kind = frame.format.name.removesuffix("p")
    if kind not in _FULL_SCALE:
        raise SoundError(f"{path}: samples of an unknown kind ({frame.format.name}); {_ADVICE}")
    samples = np.concatenate([other.to_ndarray() for other in frames], axis=1)
    samples = samples.T if frame.format.is_planar else samples.reshape(-1, len(names))
    if kind in {"flt", "dbl"}:
        scaled = np.clip(np.nan_to_num(samples), -_WORST, _WORST).astype(np.float32)
    else:
        offset = 128.0 if kind == "u8" else 0.0
        scaled = (samples.astype(np.float32) - np.float32(offset)) / np.float32(_FULL_SCALE[kind])
    return np.asarray(scaled @ _downmix(names), dtype=np.float32)


@lru_cache(maxsize=16)
def _downmix(names: tuple[str, ...]) -> Block:
    """What each channel gives to left and right; shape ``(channels, 2)``; never clips.

    After ITU-R BS.775-3: the low-frequency channel is left out. Channels without a place
    go left and right in turn.
    """
    gains = np.zeros((len(names), 2))
    for index, name in enumerate(names):
        side = name.removesuffix("C")[-1:] if name in {"FLC", "FRC"} else name[-1:]
        gain = 1.0 if name in {"FL", "FR"} else _SIDE_GAIN
        if len(names) == 1:
            gains[index] = 1.0
        elif name.startswith("LFE"):
            continue
        elif side == "C":
            gains[index] = gain if name == "FC" else gain * _SIDE_GAIN
        elif side in {"L", "R"}:
            gains[index, "LR".index(side)] = gain
        else:
            gains[index, index % 2] = gain
    gains[:, gains.sum(axis=0) == 0] = 1.0
    return np.asarray(gains / gains.sum(axis=0).max(), dtype=np.float32)


def _resampled(
    path: Path, stream: Iterator[tuple[int, Block]], *, bounded: bool = True
) -> Iterator[Block]:
    """The blocks of ``stream`` at ``RATE``, none of them empty."""
    total = 0
    for block in _at_rate(path, stream):
        total += len(block)
        if bounded and total > LARGEST:
            length = clock(frames_to_ms(LARGEST))
            raise SoundError(f"{path}: too long; a sound may last {length} at most")
        if len(block):
            yield block
    if not total:
        raise SoundError(f"{path}: there is no sound in it; {_ADVICE}")


def _at_rate(path: Path, stream: Iterator[tuple[int, Block]]) -> Iterator[Block]:
    import soxr

    first_rate = 0
    resampler = None
    for rate, block in stream:
        if not first_rate:
            if rate not in _RATES:
                raise SoundError(f"{path}: a sample rate of {rate} Hz cannot be read; {_ADVICE}")
            first_rate = rate
            if rate != RATE:
                resampler = soxr.ResampleStream(rate, RATE, 2, dtype="float32", quality="HQ")
        elif rate != first_rate:
            raise SoundError(f"{path}: damaged, its sample rate changes midway; {_ADVICE}")
        yield block if resampler is None else resampler.resample_chunk(block)
    if resampler is not None:
        yield resampler.resample_chunk(np.zeros((0, 2), dtype=np.float32), last=True)
