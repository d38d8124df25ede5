from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from waves import (
    bed_of,
    click_at,
    hiss,
    level,
    loop_of,
    tone,
    write_wav,
)

from audiocoach import loops
from audiocoach.ambience import open_ambience
from audiocoach.bed import Bed, room_tone
from audiocoach.errors import NotFoundError, SoundError
from audiocoach.library import data_folder
from audiocoach.loudness import hop_energies, integrated_loudness, loudest_moment, step_energies
from audiocoach.soundbank import find_sound, load_mark
from audiocoach.units import RATE


def test_a_bed_goes_round_and_round() -> None:
    loop = loop_of("rain")
    bed = Bed.open(find_sound("rain", None))
    at = 0
    while at < 2.5 * len(loop):
        count = 100_003
        expected = loop[np.arange(at, at + count) % len(loop)]
        assert np.array_equal(bed.read(count), expected), f"from {at} on"
        at += count
    assert bed.position == at % len(loop)


def test_a_read_may_be_longer_than_the_loop(tmp_path: Path) -> None:
    bed = bed_of(write_wav(tmp_path / "a.wav", hiss(2)))
    long = bed.read(10 * RATE)
    assert np.array_equal(long[: RATE // 2], long[bed.frames : bed.frames + RATE // 2])


def test_the_first_read_decodes_only_the_beginning() -> None:
    bed = Bed.open(find_sound("ocean", None))
    bed.read(RATE // 4)
    assert bed._decoded < RATE
    assert bed.frames == 128 * RATE, "known before it is decoded"
    assert bed.loudness == -23.0
    assert bed._decoded < RATE


def test_seeking_finds_what_reading_finds() -> None:
    loop = loop_of("drone")
    bed = Bed.open(find_sound("drone", None))
    for frame in (5 * RATE, 0, len(loop) - 10, 3 * len(loop) + 77):
        bed.seek(frame)
        assert bed.position == frame % len(loop)
        assert np.array_equal(bed.read(1000), loop[np.arange(frame, frame + 1000) % len(loop)])


def test_energies_are_those_of_the_loop() -> None:
    expected = step_energies(hop_energies(loop_of("drone"), circular=True))
    found = Bed.open(find_sound("drone", None)).step_energies(2 * len(expected) + 5)
    assert len(found) == 2 * len(expected) + 5
    # At most 0.01 dB apart: the one is weighted in pieces.
    assert np.allclose(found[: len(expected)], expected, rtol=0.0023)
    assert np.array_equal(found[len(expected) : len(expected) + 5], found[:5])


def test_room_tone_is_barely_there_but_there() -> None:
    bed = room_tone()
    tone = bed.read(9 * RATE)
    assert level(tone) == pytest.approx(-70.0, abs=0.5)
    assert bed.loudness == -23.0, "so that nobody brings it up"
    quiet = np.rint(tone * 10 ** (-13.5 / 20) * 32768)
    assert np.abs(quiet).reshape(-1, RATE // 10 * 2).max(axis=1).min() >= 2
    assert np.array_equal(open_ambience(["none"], None).read(9 * RATE), tone)


def test_a_file_is_looped_with_equal_power(tmp_path: Path) -> None:
    bed = bed_of(write_wav(tmp_path / "a.wav", hiss(30)))
    assert bed.frames == 27 * RATE
    loop = bed.read(bed.frames)
    windows = [level(part) for part in np.array_split(loop, 54)]
    assert max(windows) - min(windows) < 0.5
    assert click_at(loop, 0) < 0.0
    assert click_at(loop, 24 * RATE) < 0.0
    assert bed.loudness == pytest.approx(integrated_loudness(loop, circular=True), abs=0.02)


def test_a_file_is_looped_without_a_click(tmp_path: Path) -> None:
    bed = bed_of(write_wav(tmp_path / "a.wav", tone(20, 2, RATE, 441.3)))
    loop = bed.read(bed.frames)
    bends = np.abs(np.diff(np.concatenate([loop, loop[:2]]), n=2, axis=0)).max(axis=1)
    assert bends[-3:].max() <= 1.05 * bends[:-3].max()


def test_silence_around_a_sound_is_left_out(tmp_path: Path) -> None:
    silence = np.zeros((3 * RATE, 2), dtype=np.float32)
    gap = np.zeros((RATE, 2), dtype=np.float32)
    sound = np.concatenate([silence, hiss(8), gap, hiss(8, 2), silence])
    bed = bed_of(write_wav(tmp_path / "a.wav", sound))
    assert bed.frames == 17 * RATE - loops.CROSSFADE


def test_a_bed_that_is_too_quiet_is_an_error(tmp_path: Path) -> None:
    path = write_wav(tmp_path / "a.wav", hiss(5) / 300)
    with pytest.raises(SoundError, match="too quiet"):
        _ = bed_of(path).loudness


def test_an_error_in_a_file_stays_one(tmp_path: Path) -> None:
    path = tmp_path / "a.mp3"
    data = bytearray((data_folder("sounds") / "ocean.mp3").read_bytes())
    data[400_000:] = np.random.default_rng(3).bytes(len(data) - 400_000)
    path.write_bytes(data)
    bed = bed_of(path)
    bed.read(RATE)
    for _ in range(2):
        with pytest.raises(SoundError, match="damaged"):
            bed.read(100 * RATE)


def test_a_folder_is_no_sound(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError):
        find_sound(str(tmp_path), None)


def test_a_mark_of_ones_own_has_the_level_of_the_others(tmp_path: Path) -> None:
    silence = np.zeros((RATE, 2), dtype=np.float32)
    sound = np.concatenate([silence, tone(2, 2), silence])
    mark = load_mark(find_sound("a.wav", write_wav(tmp_path / "a.wav", sound).parent))
    assert len(mark) == pytest.approx(2 * RATE, abs=100)
    assert loudest_moment(mark) == pytest.approx(-23.0, abs=0.05)
    assert np.abs(mark[[0, -1]]).max() < 0.001


def test_a_click_of_a_mark_is_not_blown_up(tmp_path: Path) -> None:
    sound = np.zeros((RATE, 2), dtype=np.float32)
    sound[1000:1100] = 0.1
    mark = load_mark(find_sound(str(write_wav(tmp_path / "a.wav", sound)), None))
    assert np.abs(mark).max() <= 0.502


def test_a_mark_may_not_last_for_ever(tmp_path: Path) -> None:
    with pytest.raises(SoundError, match="too long for a mark; it may last 1:00"):
        load_mark(find_sound(str(write_wav(tmp_path / "a.wav", tone(61))), None))


def test_a_bed_is_no_mark_and_a_mark_no_bed() -> None:
    with pytest.raises(NotFoundError, match="bell, bowl"):
        load_mark(find_sound("ocean", None))
    with pytest.raises(NotFoundError, match="ocean, rain, leaves"):
        Bed.open(find_sound("bell", None))


def test_a_name_of_the_bank_comes_first(tmp_path: Path) -> None:
    (tmp_path / "ocean").write_bytes(b"x")
    assert find_sound("ocean", tmp_path).kind == "bed"


def test_a_file_is_found_beside_the_script_and_below(tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "gong.wav").write_bytes(b"x")
    info = find_sound("deep/gong.wav", tmp_path)
    assert (info.kind, info.name) == ("file", "deep/gong.wav")
    assert info.path == (tmp_path / "deep" / "gong.wav").resolve()


@pytest.mark.parametrize(
    "name", ["../secret.wav", "{base}/../secret.wav", "link.wav", "up/secret.wav"]
)
def test_nothing_outside_the_folder_of_a_script_is_found(tmp_path: Path, name: str) -> None:
    base = tmp_path / "scripts"
    base.mkdir()
    (tmp_path / "secret.wav").write_bytes(b"x")
    (base / "link.wav").symlink_to(tmp_path / "secret.wav")
    (base / "up").symlink_to(tmp_path)
    with pytest.raises(NotFoundError, match="outside the folder of the script"):
        find_sound(name.format(base=base), base)
    assert find_sound(str(tmp_path / "secret.wav"), None).kind == "file"


def test_a_link_inside_the_folder_is_followed(tmp_path: Path) -> None:
    (tmp_path / "a.wav").write_bytes(b"x")
    (tmp_path / "b.wav").symlink_to("a.wav")
    assert find_sound("b.wav", tmp_path).path == (tmp_path / "a.wav").resolve()


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("ocaen", 'did you mean "ocean"'),
        ("xyzzy", "there is ocean, rain"),
        ("gnog.wav", 'did you mean "gong.wav"'),
        ("sub/gong.wav", "no sound file"),
        ("loop.wav", "no sound file"),
        ("nul\0.wav", "no sound file"),
        ("a" * 5000 + ".wav", "no sound file"),
        ("", "no sound is called"),
        (".", "no sound is called"),
    ],
)
@pytest.mark.parametrize("from_script", [True, False])
def test_what_is_not_there_is_named_with_the_nearest(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    message: str,
    from_script: bool,
) -> None:
    (tmp_path / "gong.wav").write_bytes(b"x")
    (tmp_path / "loop.wav").symlink_to("loop.wav")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(NotFoundError, match=message):
        find_sound(name, tmp_path if from_script else None)
