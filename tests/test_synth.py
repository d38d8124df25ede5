from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from audiocoach import synth
from audiocoach.errors import NotFoundError, OutputError
from audiocoach.library import data_folder
from audiocoach.synth import circular
from audiocoach.synth.strike import Mode, strike
from audiocoach.synth.tones import Tones, ring, steadied
from audiocoach.units import RATE

BANK = data_folder("sounds")
NAMES = [recipe.name for recipe in synth.RECIPES]


@pytest.mark.parametrize("name", NAMES)
def test_every_sound_is_made_again_bit_for_bit(name: str) -> None:
    assert synth.verify(BANK, [name]) == []


def test_the_bank_holds_what_the_recipes_say() -> None:
    entries = json.loads((BANK / "sounds.json").read_bytes())["sounds"]
    for entry, recipe in zip(entries, synth.RECIPES, strict=True):
        assert (entry["name"], entry["kind"]) == (recipe.name, recipe.kind)
        assert entry["description"] == recipe.description
        assert entry["frames"] == recipe.frames


def test_the_bank_is_small() -> None:
    assert sum(path.stat().st_size for path in BANK.iterdir()) < 12_000_000


def test_making_again_changes_nothing_and_keeps_the_others(tmp_path: Path) -> None:
    written = synth.make(tmp_path, ["bowl"])
    assert written == [tmp_path / "bowl.mp3", tmp_path / "sounds.json"]
    first = [path.read_bytes() for path in written]
    synth.make(tmp_path, ["bell"])
    synth.make(tmp_path, ["bowl"])
    assert (tmp_path / "bowl.mp3").read_bytes() == first[0]
    entries = json.loads((tmp_path / "sounds.json").read_bytes())["sounds"]
    assert [entry["name"] for entry in entries] == ["bell", "bowl"]
    assert {path.name for path in tmp_path.iterdir()} == {"bell.mp3", "bowl.mp3", "sounds.json"}


def test_differences_are_told(tmp_path: Path) -> None:
    assert synth.verify(tmp_path, ["bell"]) == ["bell: not in sounds.json"]
    synth.make(tmp_path, ["bell"])
    file, manifest = tmp_path / "bell.mp3", tmp_path / "sounds.json"
    whole = file.read_bytes()
    file.write_bytes(whole[:-1] + b"\0")
    assert any("not the one" in line for line in synth.verify(tmp_path, ["bell"]))
    file.write_bytes(whole)
    entries = json.loads(manifest.read_bytes())
    entries["sounds"][0]["pcm_sha256"] = "0" * 64
    manifest.write_text(json.dumps(entries))
    assert synth.verify(tmp_path, ["bell"]) == [
        "bell: the generator makes another sound than it did"
    ]
    file.unlink()
    assert "cannot be read" in synth.verify(tmp_path, ["bell"])[0]


def test_another_seed_is_another_sound() -> None:
    recipe = next(recipe for recipe in synth.RECIPES if recipe.name == "rain")
    one, other = (recipe.function(RATE, seed) for seed in (1, 2))
    assert abs(np.corrcoef(one[:, 0], other[:, 0])[0, 1]) < 0.2


def test_an_unknown_name_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match='did you mean "ocean"'):
        synth.make(tmp_path, ["ocaen"])
    assert list(tmp_path.iterdir()) == []


def test_where_nothing_can_be_written_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="file"):
        synth.make(tmp_path / "file", ["bell"])


def test_the_registry_is_light_to_import() -> None:
    code = "import sys, audiocoach.synth; assert 'numpy' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_noise_has_the_spectrum_of_its_curve() -> None:
    sound = circular.noise(circular.generator(1), 4 * RATE, [(500, 0.0), (2000, -12.0)])
    power = np.abs(np.fft.rfft(sound)) ** 2
    level = [10 * np.log10(power[4 * hz - 400 : 4 * hz + 400].mean()) for hz in (250, 1000, 4000)]
    assert np.mean(sound**2) == pytest.approx(1.0)
    assert level[1] - level[0] == pytest.approx(-6.0, abs=0.7)
    assert level[2] - level[0] == pytest.approx(-12.0, abs=0.7)


def test_movement_comes_back_to_where_it_began() -> None:
    frames = 10 * RATE
    moved = circular.gain(6.0 * circular.drift(circular.generator(2), frames, (1, 2, 5)))
    assert len(moved) == frames
    steps = np.abs(np.diff(np.append(moved, moved[0])))
    assert steps[-1] <= steps.max() < 1e-4


def test_what_rings_past_the_end_goes_on_at_the_beginning() -> None:
    loop = np.zeros(10)
    circular.add_wrapped(loop, np.arange(1.0, 6.0), 7)
    assert loop.tolist() == [4, 5, 0, 0, 0, 0, 0, 1, 2, 3]


def test_width_costs_what_it_says_in_mono() -> None:
    rng = circular.generator(3)
    mid, side = (circular.noise(rng, RATE, [(1000, 0.0)]) for _ in range(2))
    wide = circular.mid_side(mid, side, 0.46)
    loss = 10 * np.log10(np.mean(wide**2) / np.mean(wide.mean(axis=1) ** 2))
    assert loss == pytest.approx(0.83, abs=0.05)


def test_a_stroke_rings_down_as_fast_as_its_mode_says() -> None:
    sound = strike(3 * RATE, (Mode(1000.0, 0.0, 4.0),), rise_s=0.01, fade_s=0.5)
    early, late = (np.sqrt(np.mean(sound[at : at + 4410] ** 2)) for at in (RATE // 2, 2 * RATE))
    assert 20 * np.log10(late / early) == pytest.approx(-60 / 4.0 * 1.5, abs=0.1)
    assert np.abs(sound[0]).max() == 0
    assert np.abs(sound[-1]).max() < 1e-9


def test_a_tone_is_as_strong_as_it_is_told() -> None:
    tones = Tones(2 * RATE)
    strength = 0.5 + 0.3 * np.cos(circular.turns(2 * RATE, 3))
    tones.add(1000.0, strength, 0.25, 0.0)
    time = np.arange(2 * RATE) / RATE
    told = 0.5 + 0.3 * np.cos(2 * np.pi * 1.5 * time)
    expected = told * np.cos(2 * np.pi * (1000 * time + 0.25)) * np.sqrt(0.5)
    assert np.abs(tones.sound() - expected[:, None]).max() < 1e-9


def test_a_tone_rings_on_from_the_beginning() -> None:
    strength = np.zeros(500)
    ring(strength, 450, rise_s=0.1, decay_s=3.0, level=1.0)
    assert strength[449] == 0.0
    assert 0.85 < strength[455:465].max() < 1.0
    assert 20 * np.log10(strength[150] / strength[50]) == pytest.approx(-20.0, abs=0.1)


def test_what_is_too_loud_is_tamed_and_the_rest_stays() -> None:
    loop = np.repeat(circular.noise(circular.generator(4), 4 * RATE, [(500, 0.0)])[:, None], 2, 1)
    loop[2 * RATE : 2 * RATE + 441] *= 10.0
    tamed = circular.tamed(loop, 6.0)
    level = 10 * np.log10(np.mean(tamed.reshape(-1, 882) ** 2, axis=1) / np.mean(loop**2))
    assert level.max() < 6.5
    assert np.array_equal(tamed[: 2 * RATE - 5 * 441], loop[: 2 * RATE - 5 * 441])


def test_a_slow_change_of_level_is_steadied() -> None:
    loop = np.repeat(circular.noise(circular.generator(5), 40 * RATE, [(500, 0.0)])[:, None], 2, 1)
    loop *= circular.gain(6.0 * np.cos(circular.turns(40 * RATE, 1)))[:, None]
    steady = circular.TICK * 200
    seconds = np.mean(steadied(loop, 0.8)[: 20 * steady].reshape(-1, steady * 2) ** 2, axis=1)
    assert np.ptp(10 * np.log10(seconds)) == pytest.approx(2.4, abs=0.6)
