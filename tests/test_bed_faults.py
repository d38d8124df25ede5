"""A user's file as a bed, and what may be wrong with it: damage, places, what happens meanwhile."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from waves import bed_of, hiss, level, tone, write_file, write_wav

from audiocoach import bed as bed_module
from audiocoach.ambience import open_ambience
from audiocoach.bed import Bed
from audiocoach.decode import decode
from audiocoach.errors import NotFoundError, SoundError
from audiocoach.measured import estimate_loudness
from audiocoach.soundbank import find_bed, find_sound, load_mark
from audiocoach.units import RATE


def test_a_folder_a_pipe_and_a_device_are_told(tmp_path: Path) -> None:
    names = [tmp_path / "folder"]
    names[0].mkdir()
    if hasattr(os, "mkfifo"):
        names += [tmp_path / "pipe.wav", Path("/dev/zero")]
        os.mkfifo(names[1])
    for name in names:
        with pytest.raises(NotFoundError, match="is no sound file, but a folder or a device"):
            find_bed(str(name), None)
        with pytest.raises(SoundError, match="not a file"):
            next(decode(name))


@pytest.mark.parametrize("codec", ["libmp3lame", "flac", "libopus", "aac", "pcm_s16le"])
def test_a_file_that_was_cut_off_is_a_shorter_one_or_an_error(tmp_path: Path, codec: str) -> None:
    suffix = {"libmp3lame": "mp3", "libopus": "ogg", "aac": "m4a", "pcm_s16le": "wav"}
    path = write_file(
        tmp_path / f"a.{suffix.get(codec, codec)}", codec, "stereo", tone(20, 2, 48_000), 48_000
    )
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2])
    try:
        bed = bed_of(path)
        frames = bed.frames
    except SoundError as error:
        assert str(path) in str(error)  # noqa: PT017 - of some formats the end says what it is
        assert codec == "aac"
        return
    assert codec != "aac"
    assert frames == pytest.approx(7 * RATE, abs=RATE)
    assert level(bed.read(frames)) == pytest.approx(20 * np.log10(0.25 / np.sqrt(2)), abs=0.5)


def test_a_long_file_that_vanishes_while_it_plays_ends_with_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bed_module, "_LONGEST_HELD", 2 * RATE)
    path = write_wav(tmp_path / "a.wav", hiss(30))
    bed = bed_of(path)
    assert bed.loudness < 0
    bed.read(5 * RATE)
    path.unlink()
    with pytest.raises(SoundError, match=r"a\.wav: (there is no such file|cannot be read)"):
        bed.read(60 * RATE)


def test_a_file_that_shrinks_while_it_plays_ends_with_an_error_if_it_was_measured(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bed_module, "_LONGEST_HELD", 2 * RATE)
    path = write_wav(tmp_path / "a.wav", hiss(40))
    exact = bed_of(path)
    assert exact.frames == 37 * RATE
    live = Bed.open(find_sound(str(path), None), at_once=True)
    live._frames = live._measured = None  # as if it had never been measured
    for bed in (exact, live):
        bed.read(RATE)
    with path.open("r+b") as file:
        file.truncate(30 * RATE * 4)
    with pytest.raises(SoundError, match="has changed while it was read"):
        exact.read(100 * RATE)
    assert level(live.read(100 * RATE)) == pytest.approx(level(hiss(5)), abs=0.2)


def test_an_export_over_a_file_that_is_none_leaves_nothing(tmp_path: Path) -> None:
    from click.testing import CliRunner

    from audiocoach.cli import cli

    path = tmp_path / "text.mp3"
    path.write_text("no sound at all\n" * 500)
    target = tmp_path / "out.mp3"
    result = CliRunner().invoke(
        cli, ["export", "box-breathing", "-o", str(target), "--ambience", f"ocean + {path}"]
    )
    assert result.exit_code == 1
    assert f"{path}: no sound that can be read" in result.output
    assert not target.exists()


FORMATS = {
    "a.mp3": "libmp3lame",
    "a.flac": "flac",
    "a.ogg": "libopus",
    "a.m4a": "aac",
    "a.wav": "pcm_s16le",
    "a.mkv": "libopus",
}


@pytest.fixture(scope="module")
def whole_files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    folder = tmp_path_factory.mktemp("whole")
    sound = hiss(4)[: 3 * 48_000]
    return {
        name: write_file(folder / name, codec, "stereo", sound, 48_000).read_bytes()
        for name, codec in FORMATS.items()
    }


DAMAGE = st.lists(
    st.tuples(st.floats(0, 1), st.binary(max_size=12), st.integers(0, 200)), min_size=1, max_size=12
)


@given(st.sampled_from(sorted(FORMATS)), DAMAGE, st.tuples(st.floats(0, 1), st.booleans()))
@settings(max_examples=100, suppress_health_check=list(HealthCheck))
def test_damaged_bytes_are_sound_or_a_sound_error(
    whole_files: dict[str, bytes],
    tmp_path_factory: pytest.TempPathFactory,
    name: str,
    damage: list[tuple[float, bytes, int]],
    how: tuple[float, bool],
) -> None:
    kept, near_start = how
    data = bytearray(whole_files[name])
    for where, new, gone in damage:
        at = round(where * (min(600, len(data)) if near_start else len(data)))
        data[at : at + gone] = new
    path = tmp_path_factory.mktemp("damaged") / name
    path.write_bytes(data[: max(1, round(kept * len(data)))] if kept < 0.3 else data)
    for use in (heard_as_a_bed, heard_at_once, estimate_loudness, heard_as_a_mark):
        try:
            use(path)
        except SoundError as error:
            assert str(path) in str(error)  # noqa: PT017 - whether there is one is not the point


def heard_as_a_bed(path: Path) -> None:
    bed = bed_of(path)
    assert bed.loudness < 30
    assert np.isfinite(bed.read(5 * RATE)).all()


def heard_at_once(path: Path) -> None:
    assert np.isfinite(open_ambience([f"'{path}'"], None, at_once=True).read(RATE)).all()


def heard_as_a_mark(path: Path) -> None:
    assert np.isfinite(load_mark(find_sound(str(path), None))).all()
