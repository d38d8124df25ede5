"""Properties of the mix: whatever the timeline, all of it sounds, and no more than it should."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audiocoach.ambience import Ambience
from audiocoach.bed import Bed
from audiocoach.clips import Clip
from audiocoach.dither import to_16_bits
from audiocoach.errors import RenderError
from audiocoach.mix import BLOCK, Mix, Whole, blocks, fade
from audiocoach.presets import Levels
from audiocoach.routine import Cue, Place, Sound
from audiocoach.timeline import PlacedChapter, PlacedCue, PlacedSound, Timeline
from audiocoach.units import RATE, db_to_gain, frames_to_ms, ms_to_frames

HERE = Place("a.md", 1)
LEVELS = Levels(fade_in=200, fade_out=300)


def clip(frames: int, seed: int) -> Clip:
    noise = np.random.default_rng(seed).uniform(-3_000, 3_000, frames).astype(np.int16)
    return Clip(noise, np.ones(-(-frames // 441), np.float32))


def silent_bed() -> Ambience:
    return Ambience.of(Bed("silence", iter([np.zeros((RATE, 2), np.float32)]), loudness=-23.0))


def humming_bed() -> Ambience:
    wave = 0.1 * np.sin(2 * np.pi * 100 * np.arange(RATE) / RATE)
    return Ambience.of(
        Bed("hum", iter([np.stack([wave, wave], axis=1).astype(np.float32)]), loudness=-23.0)
    )


@st.composite
def timelines(draw: st.DrawFn) -> tuple[Timeline, dict[Cue, Clip]]:
    """Up to six cues of 30 ms to 1.5 s, with gaps of 0 to 4 s."""
    cues, clips, now = [], {}, draw(st.integers(0, 1_500))
    for number in range(draw(st.integers(0, 6))):
        made = clip(draw(st.integers(1_300, 66_000)), number)
        cue = Cue(f"cue {number}", f"cue {number}", HERE)
        cues.append(PlacedCue(now, now + made.length, cue, 0))
        clips[cue] = made
        now += made.length + draw(st.sampled_from([0, 300, 1_000, 4_000]))
    length = now + draw(st.integers(0, 3_000)) + 1
    chapter = PlacedChapter(0, length, "All")
    return Timeline(length, (chapter,), (), tuple(cues), (), ()), clips


def rendered(timeline: Timeline, mix: Mix, bed: Ambience) -> np.ndarray:
    """Left channel of the whole mix, full scale at 1."""
    data = b"".join(block.raw_data for block in blocks(Whole(timeline, mix, bed, LEVELS, 0.0)))
    return np.frombuffer(data, "<i2").reshape(-1, 2)[:, 0] / 32767


@given(timelines())
@settings(max_examples=40)
def test_the_mix_is_as_long_as_its_timeline_in_blocks_of_one_format(
    given_: tuple[Timeline, dict[Cue, Clip]],
) -> None:
    timeline, clips = given_
    mix = Mix(timeline, clips.__getitem__, {}, LEVELS)
    made = list(blocks(Whole(timeline, mix, humming_bed(), LEVELS, 0.0)))
    assert {(part.channels, part.frame_rate, part.sample_width) for part in made} == {(2, RATE, 2)}
    sizes = [len(part.raw_data) // 4 for part in made]
    assert set(sizes[:-1]) <= {BLOCK}
    assert sum(sizes) == ms_to_frames(timeline.length)


@given(timelines())
@settings(max_examples=40)
def test_every_cue_is_in_the_mix_sample_by_sample(
    given_: tuple[Timeline, dict[Cue, Clip]],
) -> None:
    timeline, clips = given_
    mix = Mix(timeline, clips.__getitem__, {}, LEVELS)
    sound = rendered(timeline, mix, silent_bed())
    assert mix.missing() == []
    wanted = np.zeros(len(sound) + RATE)
    for placed in timeline.cues:
        samples = clips[placed.cue].samples / 32767
        start = ms_to_frames(placed.start)
        wanted[start : start + len(samples)] += samples
    wanted = wanted[: len(sound)]
    faded = fade(LEVELS, timeline.length, 0, len(sound))
    if faded is not None:
        wanted = wanted * faded[:, 0]
    both = np.stack([wanted, wanted], axis=1).astype(np.float32)
    rounded = to_16_bits(both, 32767, 0)[:, 0] / 32767
    assert np.abs(sound - rounded).max(initial=0.0) <= 1.01 / 32767


@given(timelines())
@settings(max_examples=60)
def test_the_bed_is_down_under_every_word_and_never_jumps(
    given_: tuple[Timeline, dict[Cue, Clip]],
) -> None:
    timeline, clips = given_
    mix = Mix(timeline, clips.__getitem__, {}, LEVELS)
    count = ms_to_frames(timeline.length)
    gain = np.broadcast_to(mix.duck(0, count), (count, 1))[:, 0]
    low = db_to_gain(LEVELS.duck)
    assert gain.max(initial=1.0) <= 1 + 1e-6
    assert gain.min(initial=1.0) >= low - 1e-6
    for placed in timeline.cues:
        under = gain[ms_to_frames(placed.start) : ms_to_frames(placed.end)]
        np.testing.assert_allclose(under, low, rtol=1e-3)
    steepest = 1.6 * (1 - low) / ms_to_frames(LEVELS.attack)
    assert np.abs(np.diff(gain)).max(initial=0.0) <= steepest


@given(timelines(), st.lists(st.integers(1, 30_000), min_size=1, max_size=8))
@settings(max_examples=40)
def test_a_stretch_sounds_the_same_however_it_is_asked_for(
    given_: tuple[Timeline, dict[Cue, Clip]], sizes: list[int]
) -> None:
    timeline, clips = given_
    mix = Mix(timeline, clips.__getitem__, {}, LEVELS)
    total = sum(sizes)
    whole = np.zeros((total, 2), np.float32)
    mix.add_speech(whole, 0)
    duck = np.broadcast_to(mix.duck(0, total), (total, 1))
    for start, end in itertools.pairwise([0, *itertools.accumulate(sizes)]):
        part = np.zeros((end - start, 2), np.float32)
        mix.add_speech(part, start)
        np.testing.assert_array_equal(part, whole[start:end])
        np.testing.assert_allclose(
            np.broadcast_to(mix.duck(start, end - start), (end - start, 1)),
            duck[start:end],
            atol=1e-5,
        )


def test_close_cues_share_one_duck_and_far_ones_do_not() -> None:
    cue = Cue("a", "a", HERE)

    def highest_between(gap: int) -> float:
        cues = (PlacedCue(2_000, 3_000, cue, 0), PlacedCue(3_000 + gap, 4_000 + gap, cue, 0))
        mix = Mix(Timeline(20_000, (), (), cues, (), ()), lambda _: clip(RATE, 0), {}, LEVELS)
        return float(mix.duck_at(np.arange(ms_to_frames(3_000), ms_to_frames(3_000 + gap))).max())

    assert highest_between(2_500) == pytest.approx(db_to_gain(LEVELS.duck))
    assert highest_between(6_000) == pytest.approx(1.0)


@given(st.lists(st.integers(0, 9_000), min_size=1, max_size=8))
@settings(max_examples=60)
def test_the_bed_does_not_pump(gaps: list[int]) -> None:
    """Between two cues it either stays down, or comes up wholly and stays there for a while."""
    cue = Cue("a", "a", HERE)
    starts = [3_000, *(3_000 + at for at in itertools.accumulate(gap + 1_000 for gap in gaps))]
    cues = tuple(PlacedCue(start, start + 1_000, cue, 0) for start in starts)
    mix = Mix(Timeline(200_000, (), (), cues, (), ()), lambda _: clip(RATE, 0), {}, LEVELS)
    shortest = LEVELS.hold + LEVELS.release + 2 * LEVELS.attack
    assert shortest > 3_000
    for gap, (one, other) in zip(gaps, itertools.pairwise(cues), strict=True):
        between = mix.duck_at(np.arange(ms_to_frames(one.end), ms_to_frames(other.start) + 1, 20))
        if gap < shortest:
            np.testing.assert_allclose(between, db_to_gain(LEVELS.duck), rtol=1e-6)
        else:
            up = between > 1 - 1e-6
            assert up.sum() * 20 >= 0.95 * ms_to_frames(LEVELS.attack)
            # Once up, once down: no second rise before the next cue.
            moves = np.sign(np.diff(between)[np.abs(np.diff(between)) > 1e-9])
            assert np.count_nonzero(np.diff(moves)) == 1


def test_a_bell_that_rings_under_words_is_ducked_with_the_bed() -> None:
    made = clip(RATE, 0)
    cue = Cue("a", "a", HERE)
    bell = PlacedSound(1_000, 5_000, Sound("bell", HERE), 0)
    cues = (PlacedCue(3_000, 3_000 + made.length, cue, 0),)
    timeline = Timeline(8_000, (), (), cues, (bell,), ())
    mark = np.full((4 * RATE, 2), 0.01, np.float32)
    mix = Mix(timeline, lambda _: made, {"bell": mark}, LEVELS)
    out = np.zeros((6 * RATE, 2), np.float32)
    mix.add_marks(out, 0)
    assert out[ms_to_frames(3_500), 0] / out[ms_to_frames(1_500), 0] == pytest.approx(
        db_to_gain(LEVELS.duck), rel=1e-3
    )
    assert not out[: ms_to_frames(1_000)].any()


def test_a_clip_of_another_length_than_scheduled_is_refused() -> None:
    cue = Cue("Turn over.", "Turn over.", HERE)
    timeline = Timeline(5_000, (), (), (PlacedCue(0, 1_000, cue, 0),), (), ())
    mix = Mix(timeline, lambda _: clip(RATE // 2, 0), {}, LEVELS)
    with pytest.raises(RenderError, match=r'a\.md:1:1: the clip of "Turn over\."'):
        mix.add_speech(np.zeros((RATE, 2), np.float32), 0)
    assert [placed.cue.text for placed in mix.missing()] == ["Turn over."]


def test_a_cue_length_in_ms_always_holds_its_clip() -> None:
    for frames in (1, 440, 441, 44_099, 44_100, 44_101):
        assert ms_to_frames(frames_to_ms(frames)) >= frames


def test_the_closing_fade_of_a_long_routine_has_no_steps() -> None:
    """Over 2^24 frames, 6:20, a number of 32 bits no longer counts them."""
    levels = Levels()
    length = 40 * 60_000
    start = ms_to_frames(length - levels.fade_out) + 1_000
    parts = [fade(levels, length, start + at * BLOCK, BLOCK) for at in range(8)]
    gains = np.concatenate([part for part in parts if part is not None])[:, 0]
    assert len(gains) == 8 * BLOCK
    assert np.abs(np.diff(gains)).max() < 2.5 / ms_to_frames(levels.fade_out)
    assert np.diff(gains[:: BLOCK // 4]).max() < 0
