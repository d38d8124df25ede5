from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import meters
import numpy as np
import pytest
from waves import (
    click_at,
    highpass,
    hops_of,
    level,
    loop_of,
    short_term,
)

from audiocoach import decode, loops, soundbank
from audiocoach.bed import Bed
from audiocoach.errors import NotFoundError, SoundError
from audiocoach.library import data_folder
from audiocoach.live import Earcon
from audiocoach.loudness import (
    gated_loudness,
    integrated_loudness,
    loudest_moment,
    step_energies,
    true_peak,
)
from audiocoach.soundbank import earcons, find_sound, load_mark, sounds
from audiocoach.units import RATE

BEDS = [info.name for info in sounds() if info.kind == "bed"]
MARKS = [info.name for info in sounds() if info.kind == "mark"]


def test_the_bank_has_beds_and_marks() -> None:
    assert {"ocean", "rain", "drone"} <= set(BEDS)
    assert {"bell", "bowl"} <= set(MARKS)
    for info in sounds():
        assert info.path.is_file()
        assert info.description
        assert info.length >= (60_000 if info.kind == "bed" else 3_000)


def test_listing_the_bank_decodes_nothing() -> None:
    code = "import sys; from audiocoach.soundbank import sounds; assert sounds(); "
    code += "assert not {'av', 'soxr'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize("name", BEDS)
def test_a_bed_has_its_loudness(name: str) -> None:
    loop = loop_of(name)
    assert gated_loudness(step_energies(hops_of(name))) == pytest.approx(-23.0, abs=0.05)
    assert meters.measure(loop).integrated == pytest.approx(-23.0, abs=0.15)
    assert true_peak(loop) < -6.0
    assert find_sound(name, None).loudness == -23.0


@pytest.mark.parametrize("name", BEDS)
def test_a_bed_has_no_seam(name: str) -> None:
    assert click_at(loop_of(name), 0) < 0.0


def test_a_seam_would_be_found() -> None:
    info = find_sound("drone", None)
    assert info.frames is not None
    # Cut from the decoded file and put end to end: the error of the encoder jumps.
    raw = loops.gather(loops.cut(decode.decode(info.path), info.start, info.frames), info.frames)
    assert click_at(raw, 0) > 10.0
    assert np.abs(raw - loop_of("drone"))[: -soundbank._SEAM].max() < 1 / 32768
    assert click_at(loop_of("ocean")[:-441], 0) > click_at(loop_of("ocean"), 0)


@pytest.mark.parametrize(
    ("name", "reach"),
    [
        ("ocean", 3.0),
        ("rain", 1.0),
        ("leaves", 1.0),
        ("brook", 1.5),
        ("wind", 2.0),
        ("crickets", 1.0),
        ("fire", 1.0),
        ("drone", 2.0),
        ("bowls", 2.5),
        ("music", 2.5),
    ],
)
def test_a_bed_is_even(name: str, reach: float) -> None:
    assert np.abs(short_term(hops_of(name))).max() < reach


def test_the_ocean_moves_but_never_stops() -> None:
    assert np.ptp(short_term(hops_of("ocean"))) > 3.0
    assert short_term(hops_of("ocean"), 0.1).min() > -6.0


@pytest.mark.parametrize("name", BEDS)
def test_a_bed_survives_mono_and_a_phone(name: str) -> None:
    loop = loop_of(name)[: 30 * RATE]
    mono = np.repeat(loop.mean(axis=1, keepdims=True), 2, axis=1)
    full, folded = (integrated_loudness(sound) for sound in (loop, mono))
    phone = integrated_loudness(highpass(mono, 400.0))
    assert full - folded < 1.0
    assert full - phone < 7.0
    assert np.asarray(np.corrcoef(loop.T))[0, 1] < 0.8, "it is not wide"


@pytest.mark.parametrize("name", BEDS)
def test_a_bed_leaves_room_for_speech(name: str) -> None:
    power = np.abs(np.fft.rfft(loop_of(name), axis=0)) ** 2
    hertz = np.arange(len(power)) * RATE / len(loop_of(name))
    speech = power[(hertz > 1000) & (hertz < 4000)].sum()
    assert 10 * np.log10(speech / power.sum()) < -6.0


@pytest.mark.parametrize("name", MARKS)
def test_a_mark_has_its_level_and_fades_to_silence(name: str) -> None:
    mark = load_mark(find_sound(name, None))
    assert len(mark) == find_sound(name, None).frames
    assert loudest_moment(mark) == pytest.approx(-23.0, abs=0.05)
    assert level(mark[: RATE // 2]) - level(mark[-RATE:]) > 35.0
    assert level(mark[-RATE // 100 :]) < -90.0
    assert np.abs(mark[:20]).max() < 0.001
    assert true_peak(mark) < -6.0


def test_earcons_are_short_and_not_for_scripts() -> None:
    assert {info.name for info in earcons()} | {"bell"} == {earcon.value for earcon in Earcon}
    for info in earcons():
        sound = load_mark(info)
        assert len(sound) == RATE
        assert loudest_moment(sound) == pytest.approx(-23.0, abs=0.05)
        assert np.abs(sound[[0, -1]]).max() < 0.001
        with pytest.raises(NotFoundError):
            find_sound(info.name, None)


def test_a_damaged_bank_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(soundbank, "data_folder", lambda kind: tmp_path)
    with pytest.raises(SoundError, match="install audiocoach again"):
        sounds()
    for name in ("sounds.json", "drone.mp3", "bell.mp3"):
        data = (data_folder("sounds") / name).read_bytes()
        (tmp_path / name).write_bytes(data if name == "sounds.json" else data[: len(data) // 2])
    with pytest.raises(SoundError, match=r"drone.*install audiocoach again"):
        Bed.open(find_sound("drone", None)).read(96 * RATE)
    with pytest.raises(SoundError, match=r"bell.*install audiocoach again"):
        load_mark(find_sound("bell", None))
