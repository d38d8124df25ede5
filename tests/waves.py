"""Sounds for tests, files to hold them, and ways to look at them."""

from __future__ import annotations

import wave
from functools import cache
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

from audiocoach.bed import Bed
from audiocoach.loudness import hop_energies
from audiocoach.soundbank import find_sound
from audiocoach.units import RATE

Sound = NDArray[np.float32]


@cache
def loop_of(name: str) -> Sound:
    """The whole loop of a built-in bed, as it is read."""
    bed = Bed.open(find_sound(name, None))
    return bed.read(bed.frames)


@cache
def hops_of(name: str) -> NDArray[np.float64]:
    """The K-weighted energy of each 10 ms of the loop of a built-in bed."""
    return hop_energies(loop_of(name), circular=True)


def level(sound: NDArray[np.floating]) -> float:
    """RMS in dB over full scale."""
    return float(10 * np.log10(np.mean(np.square(sound, dtype=np.float64)) + 1e-20))


def highpass(sound: Sound, hertz: float) -> Sound:
    """What is over ``hertz``, on the circle; shape ``(n, channels)``."""
    spectrum = np.fft.rfft(sound, axis=0)
    spectrum[: round(hertz * len(sound) / RATE)] = 0
    return np.fft.irfft(spectrum, len(sound), axis=0).astype(np.float32)


def click_at(sound: Sound, frame: int) -> float:
    """How many dB the highs around ``frame`` of a loop peak over those 4 s before and after."""
    around = sound[np.arange(frame - 5 * RATE, frame + 5 * RATE) % len(sound)].copy()
    edge = (np.arange(RATE) / RATE)[:, None].astype(np.float32)
    around[:RATE] *= edge
    around[-RATE:] *= edge[::-1]
    highs = np.abs(highpass(around, 12_000)[RATE:-RATE]).max(axis=1)
    near = slice(4 * RATE - 256, 4 * RATE + 256)
    peak = highs[near].max()
    highs[near] = 0
    return float(20 * np.log10(peak / highs.max()))


def short_term(hops: NDArray[np.float64], seconds: float = 3.0) -> NDArray[np.float64]:
    """Loudness of every window of a loop with these energies, against its integrated loudness."""
    count = round(seconds * 100)
    total = np.asarray(np.cumsum(np.concatenate([[0.0], hops, hops[:count]])), dtype=np.float64)
    power = total[count:] - total[:-count]
    return np.asarray(10 * np.log10(power / power.mean()))


def write_wav(path: Path, sound: NDArray[np.floating], rate: int = RATE, width: int = 2) -> Path:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(sound.shape[1])
        file.setsampwidth(width)
        file.setframerate(rate)
        if width == 1:
            data = (np.rint(sound * 127) + 128).astype(np.uint8).tobytes()
        else:
            scaled = np.rint(sound * (2 ** (8 * width - 1) - 1)).astype("<i4")
            data = scaled.view(np.uint8).reshape(-1, 4)[:, :width].tobytes()
        file.writeframes(data)
    return path


def write_file(path: Path, codec: str, layout: str, sound: Sound, rate: int = RATE) -> Path:
    """``sound`` as a file of any kind; one that can hold pictures has some before it."""
    with av.open(str(path), "w") as container:
        video = None
        if path.suffix in {".mp4", ".mkv", ".avi"}:
            video = container.add_stream("mpeg4", rate=10)
            assert isinstance(video, av.VideoStream)
        stream = container.add_stream(codec, rate=rate, layout=layout)
        assert isinstance(stream, av.AudioStream)
        if video:
            _add_pictures(container, video)
        kind = stream.format.name
        size = stream.frame_size or 1152
        for at in range(0, len(sound), size):
            part = np.ascontiguousarray(sound[at : at + size])
            part = part.T if stream.format.is_planar else part.reshape(1, -1)
            if kind.startswith("s16"):
                part = np.rint(part * 32767).astype(np.int16)
            elif kind.startswith("s32"):
                part = np.rint(part.astype(np.float64) * (2**31 - 1)).astype(np.int32)
            samples = np.ascontiguousarray(part)
            frame = av.AudioFrame.from_ndarray(samples, format=kind, layout=layout)
            frame.sample_rate, frame.pts = rate, at
            for packet in stream.encode(frame):
                container.mux(packet)
        for packet in stream.encode(None):
            container.mux(packet)
    return path


def _add_pictures(container: av.container.OutputContainer, stream: av.VideoStream) -> None:
    stream.width = stream.height = 32
    for shade in range(20):
        picture = np.full((32, 32, 3), 10 * shade, dtype=np.uint8)
        for packet in stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")):
            container.mux(packet)
    for packet in stream.encode(None):
        container.mux(packet)


def tone(seconds: float, channels: int = 1, rate: int = RATE, hertz: float = 1000.0) -> Sound:
    one = 0.25 * np.sin(2 * np.pi * hertz * np.arange(round(seconds * rate)) / rate)
    return np.repeat(one[:, None], channels, axis=1).astype(np.float32)


def hiss(seconds: float, seed: int = 1) -> Sound:
    rng = np.random.default_rng(seed)
    return (0.1 * rng.standard_normal((round(seconds * RATE), 2))).astype(np.float32)


def bed_of(path: Path) -> Bed:
    return Bed.open(find_sound(str(path), None))


def db(ratio: float) -> float:
    return float(20 * np.log10(max(ratio, 1e-12)))


def rms(sound: NDArray[np.floating]) -> float:
    return float(np.sqrt(np.mean(np.square(sound, dtype=np.float64))))
