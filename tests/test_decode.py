from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest
from waves import (
    bed_of,
    level,
    tone,
    write_file,
    write_wav,
)

from audiocoach import decode
from audiocoach.bed import Bed
from audiocoach.errors import SoundError
from audiocoach.library import data_folder
from audiocoach.soundbank import find_sound, load_mark
from audiocoach.units import RATE


@pytest.mark.parametrize(
    ("channels", "rate", "width"),
    [
        (1, 44_100, 2),
        (2, 44_100, 1),
        (2, 48_000, 3),
        (8, 44_100, 2),
        (1, 192_000, 4),
        (1, 8_000, 2),
    ],
)
def test_files_of_every_shape_are_read(
    tmp_path: Path, channels: int, rate: int, width: int
) -> None:
    bed = bed_of(write_wav(tmp_path / "a.wav", tone(8, channels, rate), rate, width))
    sound = bed.read(bed.frames)
    assert len(sound) == pytest.approx(6 * RATE, abs=10), "8 s less the crossfade of a quarter"
    inside = sound[RATE : 3 * RATE]
    assert level(inside) == pytest.approx(20 * np.log10(0.25 / np.sqrt(2)), abs=0.2)
    assert np.allclose(inside[:, 0], inside[:, 1])
    spectrum = np.abs(np.fft.rfft(inside[:, 0]))
    assert np.argmax(spectrum) == 2000, "1 kHz in a window of 2 s"


def test_resampling_leaves_no_image(tmp_path: Path) -> None:
    both = tone(8, 1, 192_000, 1000.0) + tone(8, 1, 192_000, 60_000.0)
    sound = bed_of(write_wav(tmp_path / "a.wav", both, 192_000)).read(3 * RATE)
    spectrum = np.abs(np.fft.rfft(sound[RATE:, 0] * np.hanning(2 * RATE)))
    spectrum[1990:2011] = 0
    assert 20 * np.log10(spectrum.max() / (0.25 * RATE / 2)) < -90.0


@pytest.mark.parametrize(
    ("name", "codec"),
    [("a.flac", "flac"), ("a.m4a", "aac"), ("a.mka", "pcm_f32le"), ("a.mp2", "mp2")],
)
def test_other_formats_are_read(tmp_path: Path, name: str, codec: str) -> None:
    bed = bed_of(write_file(tmp_path / name, codec, "stereo", tone(6, 2)))
    inside = bed.read(4 * RATE)[RATE : 3 * RATE]
    assert level(inside) == pytest.approx(20 * np.log10(0.25 / np.sqrt(2)), abs=0.3)


def test_damaged_floating_point_does_no_harm(tmp_path: Path) -> None:
    sound = tone(6, 2)
    sound[5 * RATE] = np.nan, np.inf
    bed = bed_of(write_file(tmp_path / "a.mka", "pcm_f32le", "stereo", sound))
    loop = bed.read(bed.frames)
    assert np.isfinite(loop).all()
    assert np.abs(loop).max() <= 1.0


def test_surround_is_folded_down_by_place(tmp_path: Path) -> None:
    sound = np.zeros((6 * RATE, 6), dtype=np.float32)
    for channel, hertz in enumerate((400, 600, 800, 1000, 1200, 1400)):
        sound[:, channel] = tone(6, 1, RATE, hertz)[:, 0]
    path = write_file(tmp_path / "a.wav", "pcm_s16le", "5.1", sound)
    inside = bed_of(path).read(2 * RATE)[RATE:]
    spectrum = np.abs(np.fft.rfft(inside, axis=0)) / (0.25 * RATE / 2)
    left, right = spectrum[[400, 600, 800, 1000, 1200, 1400]].T
    front = 1 / (1 + 2 * 0.5**0.5)
    side = front * 0.5**0.5
    # FL, FR, FC, LFE, BL, BR
    assert left == pytest.approx([front, 0, side, 0, side, 0], abs=0.002)
    assert right == pytest.approx([0, front, side, 0, 0, side], abs=0.002)


def damaged_mp3() -> bytes:
    data = bytearray((data_folder("sounds") / "bowl.mp3").read_bytes())
    data[3000:-3000] = np.random.default_rng(3).bytes(len(data) - 6000)
    return bytes(data)


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("empty.wav", b""),
        ("empty.mp3", b""),
        ("text.mp3", b"no sound at all\n" * 500),
        ("random.mp3", np.random.default_rng(1).bytes(300_000)),
        ("random.wav", np.random.default_rng(1).bytes(300_000)),
        ("script.md", b"# A chapter\n\nSome words. [5s]\n"),
        ("picture.png", b"\x89PNG\r\n\x1a\n" + bytes(100)),
        ("damaged.mp3", damaged_mp3()),
    ],
)
def test_what_is_no_sound_is_one_clear_error(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], name: str, data: bytes
) -> None:
    (tmp_path / name).write_bytes(data)
    info = find_sound(name, tmp_path)
    for use in (lambda: Bed.open(info).loudness, lambda: load_mark(info)):
        with pytest.raises(SoundError, match=name):
            use()
    assert capfd.readouterr() == ("", "")


def test_a_wav_of_nothing_and_one_of_silence_are_errors(tmp_path: Path) -> None:
    for sound in (tone(0, 2), np.zeros((3 * RATE, 2), dtype=np.float32), tone(0.3, 2)):
        path = write_wav(tmp_path / "a.wav", sound)
        with pytest.raises(SoundError, match=r"a\.wav"):
            bed_of(path).read(100)


def test_too_many_channels_are_refused(tmp_path: Path) -> None:
    with pytest.raises(SoundError, match="16 channels"):
        bed_of(write_wav(tmp_path / "a.wav", tone(2, 16))).read(10)


def test_a_file_that_lasts_for_ever_is_refused_at_once(tmp_path: Path) -> None:
    path = write_wav(tmp_path / "a.wav", tone(1, 1, 2000), 2000, 1)
    data = 7 * 3600 * 2000
    with path.open("r+b") as file:
        head = bytearray(file.read(44))
        head[4:8], head[40:44] = (data + 36).to_bytes(4, "little"), data.to_bytes(4, "little")
        file.seek(0)
        file.write(head)
        file.truncate(44 + data)
    with pytest.raises(SoundError, match=r"7:00:00 long.*6 h at most"):
        bed_of(path).read(10)


def test_a_file_that_decodes_to_too_much_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(decode, "LARGEST", 5 * RATE)
    path = write_wav(tmp_path / "a.wav", tone(6, 2))
    with pytest.raises(SoundError, match="too long; a sound may last 0:05"):
        bed_of(path).read(10)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.ffconcat", "ffconcat version 1.0\nfile 'secret.wav'\n"),
        ("a.m3u8", "#EXTM3U\n#EXT-X-TARGETDURATION:5\n#EXTINF:5,\nsecret.ts\n#EXT-X-ENDLIST\n"),
    ],
)
def test_a_playlist_cannot_reach_another_file(tmp_path: Path, name: str, text: str) -> None:
    write_wav(tmp_path / "secret.wav", tone(5, 2))
    write_file(tmp_path / "secret.ts", "mp2", "stereo", tone(1, 2))
    (tmp_path / name).write_text(text)
    with av.open(str(tmp_path / name)) as container:
        assert container.streams.audio, "it would work"
    with pytest.raises(SoundError):
        bed_of(tmp_path / name).read(10)
