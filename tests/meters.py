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
