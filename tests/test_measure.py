"""What ``measure`` finds: nothing in a clean file, and every fault that is planted."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeAlias

import meters
import numpy as np
import planted
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from planted import Rendered, Sound, rendered, write
from waves import hiss, loop_of, tone, write_wav

from audiocoach import decode
from audiocoach.measure import whole
from audiocoach.measure.bounds import bounds
from audiocoach.measure.cues import State
from audiocoach.measure.repetition import RepetitionMeter
from audiocoach.measure.report import to_json
from audiocoach.measure.stream import BLOCK, evenly
from audiocoach.measure.verdict import Broken, judge
from audiocoach.measure.whole import Measured, measure
from audiocoach.units import RATE, ms_to_frames


@pytest.fixture(scope="module")
def clean(tmp_path_factory: pytest.TempPathFactory) -> Rendered:
    return rendered(tmp_path_factory.mktemp("clean"))


def judged(path: Path) -> tuple[Broken, ...]:
    return judge(measure(path), bounds("phone"))


@pytest.mark.parametrize("suffix", [".wav", ".mp3"])
def test_a_clean_file_passes(clean: Rendered, tmp_path: Path, suffix: str) -> None:
    path = write(tmp_path / f"clean{suffix}", clean.sound, clean.told)
    found = measure(path)
    assert judge(found, bounds("phone")) == ()
    assert found.cues is not None
    assert [cue.text for cue in found.cues] == [cue.text for cue in clean.told.cues]
    assert {cue.state for cue in found.cues} == {State.THERE}
    assert found.length_ms == clean.told.length_ms


@pytest.mark.parametrize("bed", ["rain", "drone", "none"])
def test_a_clean_file_passes_over_other_beds(tmp_path: Path, bed: str) -> None:
    assert judged(rendered(tmp_path, bed, "clean.mp3").path) == ()


CUE = ["speech-to-bed", "cue-loudness", "cue-spread", "integrated"]
Fault: TypeAlias = tuple[Callable[[Rendered], Sound], str, int | None, list[str]]
"""What is planted, what is told, in which cue (-1: in the pause, None: of the whole), and what
may be told as well."""

FAULTS: list[Fault] = [
    (planted.click, "click", -1, []),
    (planted.click_under_words, "click", 2, ["true-peak", "cue"]),
    (planted.seam, "click", -1, []),
    (planted.clipped_cue, "clipping", 1, CUE),
    (planted.early_cue, "cue", 1, ["true-peak"]),
    (planted.late_cue, "cue", 1, ["true-peak"]),
    (planted.lost_cue, "cue", 1, ["integrated"]),
    (planted.cut_cue, "cue", 3, ["integrated", "click"]),
    (planted.headless_cue, "cue", 3, ["click"]),
    (planted.soft_cue, "cue-loudness", 2, CUE),
    (planted.hole, "silence", -1, []),
    (planted.loud_bed, "speech-to-bed", 1, ["integrated"]),
    (planted.too_loud, "integrated", None, ["true-peak"]),
    (planted.too_soft, "integrated", None, []),
    (planted.high_peak, "true-peak", 3, ["click"]),
    (planted.wide_bed, "mono", None, ["true-peak"]),
]


@pytest.mark.parametrize("suffix", [".wav", ".mp3"])
@pytest.mark.parametrize("fault", FAULTS, ids=[fault[0].__name__ for fault in FAULTS])
def test_a_planted_fault_is_found(
    clean: Rendered, tmp_path: Path, suffix: str, fault: Fault
) -> None:
    plant, check, cue, besides = fault
    broken = judged(write(tmp_path / f"planted{suffix}", plant(clean), clean.told))
    assert {each.check for each in broken} - ({*besides} - {check}) == {check}, [
        str(each) for each in broken
    ]
    places = [each.at_ms for each in broken if each.check == check]
    if cue is None:
        assert places == [None]
    elif cue == -1:
        assert len(places) == 1
        assert places[0] == pytest.approx(clean.pause(), abs=300)
    else:
        told = clean.told.cues[cue]
        assert any(place and told.start_ms - 10 <= place <= told.end_ms for place in places)
        if check != "speech-to-bed":
            assert len(places) == 1


def test_how_far_a_cue_is_off_is_told(clean: Rendered, tmp_path: Path) -> None:
    for plant, state, off in (
        (planted.early_cue, State.EARLY, 350),
        (planted.late_cue, State.LATE, 350),
        (planted.cut_cue, State.NO_END, 1_200),
        (planted.headless_cue, State.NO_START, 500),
    ):
        found = measure(write(tmp_path / "planted.wav", plant(clean), clean.told))
        assert found.cues is not None
        wrong = [cue for cue in found.cues if cue.state is not State.THERE]
        assert [cue.state for cue in wrong] == [state]
        assert wrong[0].off_ms == pytest.approx(off, abs=200)


def test_a_bed_that_goes_round_in_a_short_loop_is_found(tmp_path: Path) -> None:
    """As somebody would do it: a few seconds of rain as a sound of their own."""
    write_wav(tmp_path / "short.wav", loop_of("rain")[: 9 * RATE])
    path = rendered(tmp_path, "short.wav").path
    found = measure(path)
    assert found.repetition is not None
    assert found.repetition.period_ms == pytest.approx(6_750, abs=100)  # a quarter is crossfade
    assert {each.check for each in judge(found, bounds("phone"))} == {"repetition"}


@pytest.mark.parametrize("name", ["ocean", "rain", "drone"])
def test_a_built_in_bed_is_found_again_only_after_all_of_it(name: str) -> None:
    loop = loop_of(name)

    def period(sound: Sound) -> int | None:
        meter = RepetitionMeter()
        for block in evenly([sound]):
            meter.push(block)
        found = meter.find()
        return found.period_ms if found else None

    assert period(loop) is None
    again = period(np.concatenate([loop, loop, loop[: 30 * RATE]]))
    assert again == pytest.approx(len(loop) * 1000 / RATE, abs=100)
    assert period(np.tile(loop[: 12 * RATE], (6, 1))) == pytest.approx(12_000, abs=100)


def test_the_bed_under_a_cue_is_known_from_around_it(clean: Rendered) -> None:
    guessed, exact = measure(clean.path), measure(clean.path, clean.energies)
    assert guessed.cues is not None
    assert exact.cues is not None
    assert judge(exact, bounds("phone")) == ()
    for one, other in zip(guessed.cues, exact.cues, strict=True):
        if one.over_bed is not None:
            assert other.over_bed is not None
            assert one.over_bed == pytest.approx(other.over_bed, abs=bounds("phone").guess)


def test_a_cue_that_cannot_be_measured_is_unknown_not_wrong(clean: Rendered) -> None:
    """Right after the bell, whose ringing covers the bed, and still over the bed of the rest."""
    found = measure(clean.path)
    assert found.cues is not None
    assert all(cue.over_bed is not None for cue in found.cues[2:])


# Other files


def test_of_a_foreign_file_is_measured_what_can_be(clean: Rendered, tmp_path: Path) -> None:
    found = measure(write(tmp_path / "foreign.mp3", clean.sound, None))
    known = measure(clean.path)
    assert found.told is None
    assert found.cues is None
    assert found.phone is None
    assert found.longest_gap is None
    assert found.integrated == pytest.approx(known.integrated, abs=0.05)
    assert judge(found, bounds("phone")) == ()


def test_shorter_than_anything(tmp_path: Path) -> None:
    for frames in (1, 100, 441, 5_000):
        found = measure(write_wav(tmp_path / "short.wav", hiss(1.0)[:frames]))
        assert found.length_ms == -(-frames * 1000 // RATE)
        assert {each.check for each in judge(found, bounds("phone"))} <= {"integrated", "click"}


def test_silence_is_measured_too(tmp_path: Path) -> None:
    found = measure(write_wav(tmp_path / "silent.wav", np.zeros((5 * RATE, 2))))
    assert (found.integrated, found.true_peak, found.loudness_range) == (-70, -70, 0)
    assert found.repetition is None
    broken = judge(found, bounds("phone"))
    assert {each.check for each in broken} == {"integrated", "silence"}


def test_a_file_longer_than_a_sound_of_the_bank_is_measured(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(decode, "LARGEST", RATE)
    assert measure(write_wav(tmp_path / "long.wav", hiss(3.0))).length_ms == 3_000


def test_bells_plosives_and_rain_are_no_clicks(tmp_path: Path) -> None:
    """Sharp sounds that belong: strikes, a drop in silence, a tone that begins at once."""
    rng = np.random.default_rng(5)
    sound = 0.002 * rng.standard_normal((12 * RATE, 2))
    at = np.arange(RATE) / RATE
    strike = np.exp(-6 * at) * np.sin(2 * np.pi * 1_700 * at) * np.minimum(1, at / 0.001)
    sound[2 * RATE : 3 * RATE] += 0.5 * strike[:, None]
    burst = rng.standard_normal(RATE // 30) * np.exp(-np.arange(RATE // 30) / 400)  # as of a "t"
    sound[5 * RATE : 5 * RATE + len(burst)] += 0.3 * burst[:, None]
    assert measure(write_wav(tmp_path / "sharp.wav", sound)).clicks == ()
    sound[8 * RATE] += 0.1
    clicks = measure(write_wav(tmp_path / "click.wav", sound)).clicks
    assert [click.at_ms for click in clicks] == [pytest.approx(8_000, abs=2)]


def test_a_click_is_found_wherever_a_second_is_cut(tmp_path: Path) -> None:
    for frame in (3 * BLOCK - 1, 3 * BLOCK, 3 * BLOCK + 1, 40, 5 * BLOCK - 40):
        sound = hiss(5.0) * np.float32(0.05)
        sound[frame] += 0.4
        clicks = measure(write_wav(tmp_path / "click.wav", sound)).clicks
        assert [click.at_ms for click in clicks] == [pytest.approx(frame / 44.1, abs=2)]


@pytest.mark.parametrize("at", [0.5, 0.995, 2.0])
def test_tops_at_full_scale_are_found(tmp_path: Path, at: float) -> None:
    sound = tone(3.0, 2) * np.float32(3.0)
    assert measure(write_wav(tmp_path / "whole.wav", sound)).clipped == ()
    start = round(at * RATE)
    sound[start : start + 400] = np.clip(sound[start : start + 400] * 2, -1, 1)
    found = measure(write_wav(tmp_path / "cut.wav", sound)).clipped
    assert [clipped.at_ms for clipped in found] == [pytest.approx(at * 1000, abs=5)]


@pytest.mark.parametrize("hertz", [45, 80, 110])
def test_a_soft_round_top_is_whole_and_the_same_cut_is_not(tmp_path: Path, hertz: float) -> None:
    wave = np.sin(np.arange(2 * RATE) * 2 * np.pi * hertz / RATE)
    noise = np.random.default_rng(1).normal(0, 1e-5, len(wave))
    for level, cut in ((0.107, False), (0.15, True)):
        sound = np.clip(level * wave, -0.12, 0.12) + noise
        path = write_wav(tmp_path / "wave.wav", np.stack([sound, sound], 1).astype(np.float32))
        assert bool(measure(path).clipped) == cut, level


@given(st.lists(st.tuples(st.integers(0, 150), st.integers(1, 40)), max_size=5))
@settings(max_examples=20)
def test_silences_are_found_to_the_hop(holes: list[tuple[int, int]]) -> None:
    from audiocoach.measure.silence import SilenceMeter

    sound = hiss(2.0)
    silent = np.zeros(200, bool)
    for start, length in holes:
        silent[start : start + length] = True
        sound[start * 441 : (start + length) * 441] = 0
    meter = SilenceMeter()
    for block in evenly([sound]):
        meter.push(block)
    edges = np.flatnonzero(np.diff(np.concatenate([[0], silent.astype(int), [0]])))
    wanted = [(a * 10, b * 10) for a, b in edges.reshape(-1, 2).tolist() if b - a >= 5]
    assert [(found.start_ms, found.end_ms) for found in meter.stretches()] == wanted


# Meters and blocks


@pytest.mark.parametrize("suffix", [".wav", ".mp3"])
def test_loudness_agrees_with_another_meter(clean: Rendered, tmp_path: Path, suffix: str) -> None:
    path = write(tmp_path / f"clean{suffix}", clean.sound, clean.told)
    found, other = measure(path), meters.measure(meters.decode(path))
    assert found.integrated == pytest.approx(other.integrated, abs=0.1)
    assert found.loudness_range == pytest.approx(other.range, abs=0.1)
    assert found.true_peak == pytest.approx(other.true_peak, abs=0.2)


@pytest.mark.parametrize("name", ["ocean", "rain", "drone"])
def test_loudness_of_beds_agrees_with_another_meter(tmp_path: Path, name: str) -> None:
    sound = loop_of(name)[: 40 * RATE + 777]
    found, other = measure(write_wav(tmp_path / "a.wav", sound)), meters.measure(sound)
    assert found.integrated == pytest.approx(other.integrated, abs=0.1)
    assert found.loudness_range == pytest.approx(other.range, abs=0.1)
    assert found.true_peak == pytest.approx(other.true_peak, abs=0.2)


def test_the_true_peak_is_found_between_samples_and_seconds(tmp_path: Path) -> None:
    """A tone at a quarter of the rate whose samples miss its peak by 3 dB."""
    wave = 0.5 * np.sin(np.pi / 2 * np.arange(3 * RATE) + np.pi / 4)
    wave[: RATE - 30] *= 0.5
    wave[RATE + 30 :] *= 0.5
    found = measure(write_wav(tmp_path / "a.wav", np.stack([wave, 0.1 * wave], axis=1)))
    assert found.true_peak == pytest.approx(-6.02, abs=0.3)
    assert found.true_peak_at == pytest.approx(1_000, abs=2)


@given(st.lists(st.integers(1, 3 * BLOCK), max_size=6))
@settings(max_examples=30)
def test_blocks_are_even_however_they_come(sizes: list[int]) -> None:
    sound = np.arange(2 * 4 * BLOCK, dtype=np.float32).reshape(-1, 2)[: 3 * BLOCK + 500]
    blocks = list(evenly(_pieces(sound, sizes)))
    assert [len(block) for block in blocks] == [BLOCK, BLOCK, BLOCK, 500]
    np.testing.assert_array_equal(np.concatenate(blocks), sound)


def test_the_verdict_does_not_depend_on_blocks(
    clean: Rendered, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(tmp_path / "planted.wav", planted.click(clean), clean.told)
    sound = meters.decode(path)

    def told(found: Measured) -> object:
        return to_json(found, bounds("phone"), "phone", judge(found, bounds("phone")))

    known = told(measure(path))
    for size in (997, 8_192, 100_000, len(sound)):
        monkeypatch.setattr(whole, "read", lambda _, size=size: evenly(_pieces(sound, [], size)))
        assert told(measure(path)) == known


def _pieces(sound: Sound, sizes: list[int], then: int = 10_000) -> Iterator[Sound]:
    at = 0
    for size in sizes:
        yield sound[at : at + size]
        at += size
    for start in range(at, len(sound), then):
        yield sound[start : start + then]


def test_the_parts_of_a_render_are_the_render(clean: Rendered) -> None:
    """What the stems heard is what is in the file."""
    start, end = ms_to_frames(5_000), ms_to_frames(clean.told.length_ms - 8_000)
    quiet = clean.words[start:end]
    assert np.abs(clean.bed[start:end]).max() < 0.35  # nothing of the words is left in it
    for index, cue in enumerate(clean.told.cues):
        said = clean.words[clean.span(index)]
        assert np.abs(said).max() > 0.2, cue.text
    assert quiet.shape[1] == 2
