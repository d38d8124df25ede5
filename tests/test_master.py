"""The plan of a mix, and that the mix measures as planned."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import meters
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from audiocoach import library, render
from audiocoach.clips import CLIP_LOUDNESS, ClipCache
from audiocoach.limiter import Limiter
from audiocoach.loudness import HOP, STEP, mean_power
from audiocoach.master import Master, estimate, plan
from audiocoach.mix import Mix, bed_gain
from audiocoach.presets import PRESETS, Levels, preset
from audiocoach.routine import Cue, Place
from audiocoach.script import load
from audiocoach.speech import Speaker
from audiocoach.testing import ToneVoice
from audiocoach.timeline import PlacedCue, Timeline, estimated_length, schedule
from audiocoach.units import Db, Ms, ms_to_frames

LEVELS = Levels()
BED: Db = -23.0
HERE = Place("a.md", 1)


@dataclass(frozen=True)
class Waves:
    """A bed that rises and falls by ``swing`` dB, ``period`` steps long, at -23 LUFS on average."""

    swing: Db = 0.0
    period: int = 70
    loudness: Db = BED

    def step_energies(self, steps: int) -> NDArray[np.float64]:
        angles = np.arange(max(steps, self.period)) * 2 * np.pi / self.period
        powers = 10 ** (self.swing * np.sin(angles) / 10)
        mean = powers[: self.period].mean()
        return np.asarray(STEP * mean_power(BED) * powers / mean)[:steps]


def spoken(cue: PlacedCue) -> NDArray[np.float64]:
    return np.full((cue.end - cue.start) // 10, HOP * mean_power(CLIP_LOUDNESS))


def timeline(gaps: list[Ms], cue: Ms = 4_000) -> Timeline:
    now, cues = 4_000, []
    for number, gap in enumerate(gaps):
        cues.append(PlacedCue(now, now + cue, Cue(f"{number}", f"{number}", HERE), 0))
        now += cue + gap
    return Timeline(now + 8_000, (), (), tuple(cues), (), ())


def planned(gaps: list[Ms], bed: Waves = Waves(), levels: Levels = LEVELS) -> Master:
    return plan(timeline(gaps), spoken, {}, bed, levels)


gaps = st.lists(st.integers(300, 90_000), min_size=5, max_size=30)
beds = st.builds(Waves, st.floats(0, 6), st.integers(5, 200))


@given(gaps, beds)
@settings(max_examples=60)
def test_the_whole_comes_to_its_loudness_and_the_bed_stays_in_its_bounds(
    gaps: list[Ms], bed: Waves
) -> None:
    found = planned(gaps, bed)
    assert LEVELS.bed_least <= found.levels.bed <= LEVELS.bed
    assert found.levels.duck <= LEVELS.duck
    assert found.trim <= LEVELS.most_trim
    assert found.loudness == pytest.approx(LEVELS.programme, abs=0.21)  # steps of 0.4 dB
    assert replace(found.levels, bed=LEVELS.bed, duck=LEVELS.duck) == LEVELS


@given(gaps, beds, st.sampled_from([False, True]))
@settings(max_examples=60)
def test_speech_stands_over_the_bed_under_every_cue(
    gaps: list[Ms], bed: Waves, accessible: bool
) -> None:
    """Over the loudest two seconds of the bed under it."""
    levels = preset("phone", accessible=accessible).levels
    found = planned(gaps, bed, levels).levels
    steps = bed.step_energies(100_000) / STEP
    for cue in timeline(gaps).cues:
        under = steps[cue.start // 100 : cue.end // 100 + 1]
        loudest = np.convolve(under, np.ones(20) / 20, mode="valid").max()
        level = 10 * np.log10(loudest / mean_power(BED)) + found.bed + found.duck
        assert -level >= levels.clear - 0.01


def test_the_fewer_the_words_the_lower_the_bed() -> None:
    many, some, few = (planned([gap] * 12).levels.bed for gap in (3_000, 20_000, 60_000))
    assert many == LEVELS.bed
    assert many > some > few > LEVELS.bed_least
    assert few < -20


def test_the_bed_is_no_lower_than_it_need_be() -> None:
    """Half a decibel higher, and it would pass the gate."""
    found = planned([30_000] * 12)
    higher = replace(LEVELS, bed=found.levels.bed + 0.5, bed_least=found.levels.bed + 0.5)
    assert planned([30_000] * 12, levels=replace(higher, most_trim=20.0)).trim > found.trim + 0.5


def test_a_routine_without_words_keeps_its_bed_where_it_was() -> None:
    found = planned([])
    assert found.levels == LEVELS
    assert found.trim == LEVELS.most_trim


def test_the_range_is_told() -> None:
    found = planned([30_000] * 12)
    assert found.range == pytest.approx(-found.levels.bed, abs=1.5)


# The same on real sound


@pytest.fixture(scope="module")
def speaker(tmp_path_factory: pytest.TempPathFactory) -> Speaker:
    return Speaker(ToneVoice(), ClipCache(tmp_path_factory.mktemp("cache")))


@pytest.mark.parametrize("name", ["body-scan", "wind-down", "box-breathing", "hand-massage"])
def test_a_routine_is_planned_at_its_loudness(name: str, speaker: Speaker) -> None:
    """For a phone: -16 LUFS within 0.2; live, from estimated lengths, nearly the same."""
    routine = load(library.find_routine(name), {})
    render.speak(routine, speaker, lambda *_: None)
    marks = render.load_marks(routine)
    lengths = render.mark_lengths(marks)
    exact = schedule(routine, speaker.length, lengths)
    bed = render.open_bed(routine, None)
    bed.follow(exact, routine.ambience)
    found = plan(exact, lambda cue: speaker.clip(cue.cue).energies, marks, bed, LEVELS)
    assert found.loudness == pytest.approx(-16.0, abs=0.2)
    guessed = schedule(routine, partial(estimated_length, pace=routine.pace), lengths)
    live = estimate(guessed, marks, LEVELS)
    assert live.levels.bed == pytest.approx(found.levels.bed, abs=2)
    assert live.trim == pytest.approx(found.trim, abs=1)


@pytest.mark.parametrize(
    ("name", "preset_name"),
    [("wind-down", "phone"), ("breathing-pause", "headphones")],
)
def test_a_routine_measures_as_planned(
    name: str, preset_name: str, speaker: Speaker, tmp_path: Path
) -> None:
    """By another meter, behind the decoder: sparse words, a bell, a bed that swells."""
    routine = load(library.find_routine(name), {})
    chosen = PRESETS[preset_name]
    done = render.export(routine, speaker, tmp_path / "out.mp3", preset=chosen)
    measured = meters.measure(meters.decode(done.path))
    assert measured.integrated == pytest.approx(done.master.loudness, abs=0.1)
    assert measured.integrated == pytest.approx(chosen.levels.programme, abs=0.3)
    assert measured.range == pytest.approx(done.master.range, abs=1)
    assert measured.true_peak <= -1.0


def test_the_limiter_rests(
    speaker: Speaker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is there for what nobody foresaw: it lowers under a hundredth of a routine, hardly."""
    worked = [0, 0]
    lowest = [1.0]

    class Watched(Limiter):
        def push(self, block: NDArray[np.float32]) -> NDArray[np.float32]:
            given = np.concatenate([self._held, block])[: len(block)]
            out = super().push(block)
            loud = np.abs(given) > 0.1
            lowest.append(float((out[loud] / given[loud]).min(initial=1.0)))
            worked[0] += int((out != given).any(axis=1).sum())
            worked[1] += len(block)
            return out

    monkeypatch.setattr("audiocoach.mix.Limiter", Watched)
    routine = load(library.find_routine("breathing-pause"), {})
    render.export(routine, speaker, tmp_path / "out.wav")
    assert worked[0] < 0.01 * worked[1]
    assert 20 * np.log10(min(lowest)) > -1


@pytest.mark.parametrize("accessible", [False, True])
def test_each_cue_of_a_routine_stands_over_its_bed(speaker: Speaker, accessible: bool) -> None:
    """The bed alone, as it is mixed, under each cue, by another meter."""
    chosen = preset("phone", accessible=accessible)
    routine = load(library.find_routine("back-massage"), {})
    render.speak(routine, speaker, lambda *_: None)
    marks = render.load_marks(routine)
    line = schedule(routine, speaker.length, render.mark_lengths(marks))
    bed = render.open_bed(routine, None, chosen.bed_tone)
    bed.follow(line, routine.ambience)
    found = plan(line, lambda cue: speaker.clip(cue.cue).energies, marks, bed, chosen.levels)
    mix = Mix(line, speaker.clip, marks, found.levels, 0.0)
    for cue in line.cues[::25]:
        start, count = ms_to_frames(cue.start), ms_to_frames(cue.end - cue.start)
        bed.seek(start)
        under = bed.read(count) * bed_gain(bed, found.levels, 0.0) * mix.duck(start, count)
        level = meters.measure(np.asarray(under, dtype=np.float32)).integrated
        assert chosen.levels.programme - level >= chosen.levels.clear - 0.1
