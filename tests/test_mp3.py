from __future__ import annotations

import io
from pathlib import Path

import meters
import mutagen.mp3
import numpy as np
import pytest

from audiocoach.errors import OutputError
from audiocoach.segments import segment
from audiocoach.sinks.files import whole_file
from audiocoach.sinks.mp3 import Mp3Sink, makeup
from audiocoach.units import RATE, db_to_gain


def encoded(path: Path, sound: np.ndarray, bitrate: int = 128, block: int = 10_000) -> Path:
    with path.open("w+b") as file:
        sink = Mp3Sink(file, bitrate, b"")
        for at in range(0, len(sound), block):
            sink.write(segment(sound[at : at + block], 32767 * db_to_gain(makeup(bitrate))))
        sink.close()
    return path


def music(frames: int) -> np.ndarray:
    rng = np.random.default_rng(3)
    at = np.arange(frames) / RATE
    wave = 0.2 * np.sin(2 * np.pi * 330 * at * (1 + 0.1 * at)) + 0.002 * rng.standard_normal(frames)
    return np.stack([wave, wave], axis=1).astype(np.float32)


@pytest.mark.parametrize("frames", [1, 575, 1_152, 30_000, RATE * 3 + 17])
def test_the_file_lasts_exactly_as_long_as_what_was_written(tmp_path: Path, frames: int) -> None:
    path = encoded(tmp_path / "a.mp3", music(frames))
    assert len(meters.decode(path)) == frames


@pytest.mark.parametrize("bitrate", [64, 128, 160, 192, 224, 256, 320])
def test_the_level_is_kept_at_every_bitrate(tmp_path: Path, bitrate: int) -> None:
    sound = music(RATE * 2)
    decoded = meters.decode(encoded(tmp_path / "a.mp3", sound, bitrate))[:, 0]
    gain = float(np.dot(decoded, sound[:, 0]) / np.dot(sound[:, 0], sound[:, 0]))
    assert 20 * np.log10(gain) == pytest.approx(0, abs=0.05)


def test_another_reader_finds_the_header_right(tmp_path: Path) -> None:
    info = mutagen.mp3.MP3(encoded(tmp_path / "a.mp3", music(RATE * 5 + 100))).info
    assert info.bitrate == 128_000
    assert info.bitrate_mode is mutagen.mp3.BitrateMode.CBR
    assert info.length == pytest.approx(5 + 100 / RATE, abs=0.002)
    assert info.encoder_info.startswith("LAME 3.100")


def test_an_unknown_bitrate_is_refused() -> None:
    with pytest.raises(OutputError, match="no bit rate of 100"):
        Mp3Sink(io.BytesIO(), 100, b"")


def test_a_file_appears_whole_or_not_at_all(tmp_path: Path) -> None:
    path = tmp_path / "a.bin"
    path.write_bytes(b"old")

    def fail_halfway() -> None:
        with whole_file(path) as file:
            file.write(b"half")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail_halfway()
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]
    with whole_file(path) as file:
        file.write(b"new")
        assert path.read_bytes() == b"old"
    assert path.read_bytes() == b"new"


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with (
        pytest.raises(OutputError, match="there is no folder"),
        whole_file(tmp_path / "no" / "a.mp3"),
    ):
        pass
