"""A bed's tone, by what a listener would notice."""

from __future__ import annotations

import itertools
import json
import os
from collections.abc import Iterator
from dataclasses import replace

import meters
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from waves import db, rms

from audiocoach import library
from audiocoach.bed import Bed
from audiocoach.decode import Block
from audiocoach.presets import PRESETS, Preset
from audiocoach.soundbank import SoundInfo, find_bed, sounds
from audiocoach.synth import MANIFEST
from audiocoach.synth.files import toned
from audiocoach.tone import bed_toned
from audiocoach.units import RATE

PHONE = PRESETS["phone"]
each = pytest.mark.parametrize("preset", PRESETS.values(), ids=PRESETS)
BEDS = [info for info in sounds() if info.kind == "bed"]


def stereo(seconds: float, alike: float, seed: int = 1) -> Block:
    """Noise; ``alike`` is how far left and right resemble each other, -1 to 1."""
    rng = np.random.default_rng(seed)
    both = rng.standard_normal((round(seconds * RATE), 2)) * 0.05
    both[:, 1] = alike * both[:, 0] + np.sqrt(1 - alike**2) * both[:, 1]
    return both.astype(np.float32)


def in_blocks(sound: Block, sizes: list[int]) -> Iterator[Block]:
    at = 0
    for size in itertools.cycle(sizes):
        if at >= len(sound):
            return
        yield sound[at : at + size]
        at += size


def whole(blocks: Iterator[Block]) -> Block:
    return np.concatenate(list(blocks))


def fold_loss(sound: Block) -> float:
    """What is lost, in dB, where one loudspeaker plays the mean of both channels."""
    return db(rms(sound) / max(rms(sound.mean(axis=1)), 1e-9))


@given(st.integers(1, 300_000), st.lists(st.integers(1, 50_000), min_size=1, max_size=5))
@settings(max_examples=25)
def test_a_bed_is_coloured_alike_however_it_comes(frames: int, sizes: list[int]) -> None:
    sound = stereo(frames / RATE, 0.2)
    by_parts = whole(bed_toned(in_blocks(sound, sizes), PHONE.bed_tone))
    at_once = whole(bed_toned(iter([sound]), PHONE.bed_tone))
    assert by_parts.shape == sound.shape
    np.testing.assert_array_equal(by_parts, at_once)


@each
def test_a_bed_has_its_tone_and_nothing_moves_in_time(preset: Preset) -> None:
    impulse = np.zeros((RATE, 2), np.float32)
    impulse[RATE // 2] = 1
    out = whole(bed_toned(iter([impulse]), preset.bed_tone))[:, 0]
    assert int(np.argmax(np.abs(out))) == RATE // 2
    np.testing.assert_allclose(
        out[RATE // 2 - 2_000 :][:4_001], out[RATE // 2 - 2_000 :][4_000::-1], atol=1e-6
    )
    response = 20 * np.log10(np.abs(np.fft.rfft(out)))
    tone = preset.bed_tone
    assert response[round(tone.highpass)] == pytest.approx(-3, abs=0.8)
    assert response[round(tone.dip)] == pytest.approx(tone.dip_gain, abs=0.2)
    assert response[12_000] == pytest.approx(0, abs=0.1)
    assert tone.highpass < 50 or response[round(tone.highpass / 4)] < -20


@pytest.mark.parametrize("alike", [-1.0, -0.95, -0.5, 0.0, 0.5, 1.0])
def test_a_bed_for_a_phone_loses_nothing_on_one_loudspeaker(alike: float) -> None:
    """A bed whose channels are against each other is turned, then narrowed."""
    sound = stereo(4, alike)
    assert fold_loss(whole(bed_toned(iter([sound]), PHONE.bed_tone))) < 0.9
    assert alike > 0 or fold_loss(sound) > 2


@pytest.mark.parametrize("info", BEDS, ids=lambda info: info.name)
def test_every_built_in_bed_folds_to_mono(info: SoundInfo) -> None:
    bed = Bed.open(info, PHONE.bed_tone)
    assert fold_loss(bed.read(bed.frames)) < 1


def test_a_bed_with_its_tone_still_has_no_seam() -> None:
    """Across the end of the loop it bends no more than elsewhere."""
    bed = Bed.open(find_bed("ocean", None), PHONE.bed_tone)
    bed.seek(bed.frames - RATE // 2)
    around = bed.read(RATE)[:, 0].astype(np.float64)
    bends = np.abs(np.diff(around, n=2))
    assert bends[RATE // 2 - 20 : RATE // 2 + 20].max() <= 1.2 * np.percentile(bends, 99.9)


def test_loudness_is_that_of_the_bed_with_its_tone() -> None:
    bed = Bed.open(find_bed("drone", None), PHONE.bed_tone)
    heard = bed.read(bed.frames)
    assert bed.loudness == pytest.approx(meters.measure(heard).integrated, abs=0.1)
    assert bed.loudness < -25  # most of it is too low for a phone


def test_the_manifest_knows_the_loudness_of_every_bed_in_every_tone() -> None:
    """So that a bed begins at once; ``AUDIOCOACH_WRITE_DOCS=1`` measures and writes it anew."""
    manifest = library.data_folder("sounds") / MANIFEST
    told = json.loads(manifest.read_bytes())
    if os.environ.get("AUDIOCOACH_WRITE_DOCS"):
        for entry in told["sounds"]:
            if entry["kind"] == "bed":
                sound = Bed.open(find_bed(entry["name"], None)).read(entry["frames"])
                entry["toned"] = toned(np.rint(sound * 32768).astype(np.int16))
        manifest.write_text(json.dumps(told, indent=2) + "\n", encoding="utf-8")
    tones = [preset.bed_tone for preset in PRESETS.values()]
    for info, tone in zip(BEDS, itertools.cycle(tones), strict=False):
        known = dict(info.toned)
        assert set(known) >= set(tones), info.name
        measured = Bed.open(replace(info, toned=()), tone).loudness
        assert known[tone] == pytest.approx(measured, abs=0.1), info.name
