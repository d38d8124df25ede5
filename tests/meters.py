"""Meters that are not the project's own: ffmpeg's, inside PyAV."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import av.filter
import numpy as np
from numpy.typing import NDArray

RATE = 44_100


@dataclass(frozen=True, slots=True)
class Measured:
    integrated: float
    """LUFS."""
    true_peak: float
    """dBTP."""
    range: float
    """Loudness range, in LU."""


def measure(samples: NDArray[np.float32]) -> Measured:
    """Loudness and peak of sound of shape ``(n, 2)`` by ffmpeg's ``ebur128``."""
    graph = av.filter.Graph()
    source = graph.add_abuffer(
        sample_rate=RATE, format="flt", layout="stereo", time_base=Fraction(1, RATE)
    )
    meter = graph.add("ebur128", "peak=true:metadata=1")
    sink = graph.add("abuffersink")
    source.link_to(meter)
    meter.link_to(sink)
    graph.configure()
    metadata: dict[str, str] = {}
    for start in range(0, len(samples), RATE):
        part = np.ascontiguousarray(samples[start : start + RATE].reshape(1, -1), dtype=np.float32)
        frame = av.AudioFrame.from_ndarray(part, format="flt", layout="stereo")
        frame.sample_rate = RATE
        frame.pts = start
        graph.push(frame)
        while True:
            try:
                metadata = dict(graph.pull().metadata)
            except (av.BlockingIOError, EOFError):
                break
    return Measured(
        float(metadata["lavfi.r128.I"]),
        20 * float(np.log10(float(metadata["lavfi.r128.true_peak"]))),
        float(metadata["lavfi.r128.LRA"]),
    )


def loudest_short(mono: NDArray[np.float64]) -> float:
    """LUFS of the loudest 3 s of one channel on both loudspeakers; of all, if it is shorter.

    By the filters of BS.1770-4 at 48 kHz, sample by sample, every 10 ms.
    """
    import soxr

    sound = soxr.resample(mono, RATE, 48_000)
    for b, a in (
        (
            (1.53512485958697, -2.69169618940638, 1.19839281085285),
            (-1.69065929318241, 0.73248077421585),
        ),
        ((1.0, -2.0, 1.0), (-1.99004745483398, 0.99007225036621)),
    ):
        before, after = [0.0, 0.0], [0.0, 0.0]
        out = np.empty_like(sound)
        for at, value in enumerate(sound.tolist()):
            found = b[0] * value + b[1] * before[0] + b[2] * before[1]
            found -= a[0] * after[0] + a[1] * after[1]
            before, after = [value, before[0]], [found, after[0]]
            out[at] = found
        sound = out
    total = np.concatenate([[0.0], np.cumsum(2 * sound * sound)])
    width = min(3 * 48_000, len(sound))
    powers = (total[width:] - total[: len(total) - width])[::480] / width
    return float(-0.691 + 10 * np.log10(powers.max()))


def decode(path: Path) -> NDArray[np.float32]:
    """Any file as sound of shape ``(n, channels)``, gaplessly, by ffmpeg's decoders."""
    with av.open(str(path)) as container:
        resampler = av.AudioResampler(format="fltp")
        parts: list[NDArray[np.float32]] = [
            np.asarray(part.to_ndarray(), dtype=np.float32)
            for frame in container.decode(audio=0)
            for part in resampler.resample(frame)
        ]
    return np.concatenate(parts, axis=1).T
