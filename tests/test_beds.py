"""The laws of a built-in bed, measured on the file that is shipped, as it is decoded.

Each law says where its number comes from, and each is held against a sound that breaks it.
"""

from __future__ import annotations

import json
from functools import cache
from itertools import pairwise

import bedmeters
import numpy as np
import pytest
from waves import Sound, hops_of, loop_of, short_term, tone

from audiocoach import synth
from audiocoach.library import data_folder
from audiocoach.loudness import (
    STEP,
    gated_loudness,
    hop_energies,
    integrated_loudness,
    step_energies,
    true_peak,
)
from audiocoach.synth import bowls, music
from audiocoach.synth.circular import TICK, generator
from audiocoach.units import RATE

BEDS = [recipe.name for recipe in synth.RECIPES if recipe.kind == "bed"]

TONAL = {"drone", "bowls", "music"}

each_bed = pytest.mark.parametrize("name", BEDS)


@cache
def spectrum_of(name: str) -> bedmeters.Spectrum:
    return bedmeters.spectrum(loop_of(name))


def level(sound: Sound, loudness: float = -23.0) -> Sound:
    """The loop at that loudness."""
    own = integrated_loudness(sound, circular=True)
    return np.asarray(sound * np.float32(10 ** ((loudness - own) / 20)))


def test_there_are_ten() -> None:
    assert set(BEDS) == {
        "ocean", "rain", "leaves", "brook", "wind", "crickets", "fire", "drone", "bowls", "music"
    }  # fmt: skip


@each_bed
def test_a_loop_lies_on_the_grid(name: str) -> None:
    """49 frames of MP3 at once, so that a bed that plays alone may be copied as it is encoded;
    ticks of 10 ms, at which it was made, and steps of 100 ms, in which loudness is reckoned.
    90 s at least: noise is heard to repeat itself up to a period of 20 s (C. Kaernbach, "The
    memory of noise", Experimental Psychology 51, 2004); 2 minutes where there is an event
    that can be remembered.
    """
    entries = json.loads((data_folder("sounds") / "sounds.json").read_bytes())["sounds"]
    frames = next(entry["frames"] for entry in entries if entry["name"] == name)
    assert len(loop_of(name)) == frames
    assert synth.GRID == 49 * 1152
    assert frames % synth.GRID == frames % TICK == frames % STEP == 0
    noise_like = {"rain", "leaves", "drone"}
    assert frames >= (90 if name in noise_like else 120) * RATE


# 1: no seam


def seam(loop: Sound, hops: np.ndarray | None = None) -> tuple[float, float, float]:
    """What happens at the seam against the rest of the loop: 1 is as much as the most.

    The bend of the wave, the change of the spectrum within 23 ms, the change of loudness from
    the 400 ms before to those after. ``hops`` are its energies, if they are known.
    """
    around = np.concatenate([loop[-64:], loop[:64]]).astype(np.float64)
    bends = np.abs(np.diff(loop.astype(np.float64), n=2, axis=0)).max()
    bend = np.abs(np.diff(around, n=2, axis=0))[60:68].max() / bends
    changes = bedmeters.flux(loop)
    change = np.r_[changes[-2:], changes[:2]].max() / changes[2:-2].max()
    loud = short_term(hop_energies(loop, circular=True) if hops is None else hops, 0.4)
    steps = np.abs(loud - np.roll(loud, 40))
    step = np.r_[steps[-2:], steps[:3]].max() / steps[40:-40].max()
    return float(bend), float(change), float(step)


@each_bed
def test_no_seam(name: str) -> None:
    """Nothing at the seam may be as strong as the strongest of its kind elsewhere in the loop,
    which nobody hears as a seam either. (Clicks: ``test_sounds.py``.)"""
    assert max(seam(loop_of(name), hops_of(name))) < 1.0


@pytest.mark.parametrize("name", ["drone", "bowls"])
def test_a_seam_would_be_found(name: str) -> None:
    loop = loop_of(name)
    assert max(seam(loop[: len(loop) * 7 // 12])) >= 1.0, "cut anywhere"


def test_a_jump_of_loudness_would_be_found() -> None:
    loop = loop_of("ocean")
    assert seam(loop * np.linspace(1.0, 0.5, len(loop), dtype=np.float32)[:, None])[2] >= 1.0


# 2: no repetition within the loop


@each_bed
def test_nothing_comes_again_within_the_loop(name: str) -> None:
    """How ten bands move, against the same from 2 s to half of the loop later: 1 is a copy.

    0.45 is a fifth of the variance. Noise and drops stay under 0.2; waves, gusts, strokes of
    bowls and notes are alike because they are waves, gusts, strokes and notes.
    """
    alike, _ = bedmeters.recurrence(loop_of(name))
    assert alike < (0.45 if name in {"ocean", "wind", "bowls", "music"} else 0.2)


@pytest.mark.parametrize("name", [bed for bed in BEDS if bed not in TONAL])
def test_no_stretch_is_a_copy(name: str) -> None:
    """No 5 s of a loop are as another 5 s. Two waves reach 0.8; a copy has over 0.97.

    Tones move too little for this measure; see the next test.
    """
    alike, _, _ = bedmeters.twins(loop_of(name))
    assert alike < 0.9


def test_no_phrase_comes_again() -> None:
    """No four strokes of bowls in a row come twice within the loop, nor four notes, and none
    comes twice in a row; the first follows the last."""
    recipes = {recipe.name: recipe for recipe in synth.RECIPES}
    struck = bowls._strokes(generator(recipes["bowls"].seed), float(recipes["bowls"].seconds))
    _, notes = music._melody(generator(recipes["music"].seed), float(recipes["music"].seconds))
    for phrase in ([bowl for _, bowl in struck], notes):
        runs = [tuple((phrase + phrase)[at : at + 4]) for at in range(len(phrase))]
        assert len(set(runs)) == len(runs) > 20
        assert all(a != b for a, b in pairwise([*phrase, phrase[0]]))


@pytest.mark.parametrize("name", ["rain", "ocean", "music"])
def test_a_repetition_would_be_found(name: str) -> None:
    loop = loop_of(name)
    half = len(loop) // 4 * 2
    alike, lag = bedmeters.recurrence(np.concatenate([loop[:half], loop[:half]]))
    assert alike > 0.97
    assert lag == pytest.approx(half / RATE, abs=0.1)


@pytest.mark.parametrize("name", ["rain", "ocean"])
def test_a_copy_would_be_found(name: str) -> None:
    loop = loop_of(name).copy()
    loop[40 * RATE : 47 * RATE] = loop[20 * RATE : 27 * RATE]
    assert bedmeters.twins(loop)[0] > 0.97


# 3: room for speech


@each_bed
def test_room_for_speech(name: str) -> None:
    """In each third octave from 1 to 4 kHz speech lies 14 dB over the bed.

    With the bed 18 LU below speech, the least that this program allows. At 15 dB a band gives
    all that it can to intelligibility, and each dB less takes a thirtieth of it (ANSI
    S3.5-1997, section 5.7): so at most a thirtieth of these bands is lost. A band as narrow
    as this is that of the ear: a tone that masked consonants would show.
    """
    over = bedmeters.speech_over(spectrum_of(name), 18.0)
    assert min(over.values()) > 14.0, over


@each_bed
def test_room_for_speech_at_any_moment(name: str) -> None:
    """The same where the bed is strongest: in the loudest 1 % of moments of 93 ms, about a
    syllable's vowel, speech still lies 6 dB over it in each third octave."""
    over = bedmeters.speech_over_moments(loop_of(name), spectrum_of(name), 18.0, 99.0)
    assert min(over.values()) > 6.0, over


def test_a_bed_that_masks_would_be_found() -> None:
    loop = loop_of("rain")
    masked = level(loop + tone(len(loop) / RATE, 2, hertz=2500) * 0.1)
    over = bedmeters.speech_over(bedmeters.spectrum(masked), 18.0)
    assert over[2500] < 10.0


def test_crickets_sing_over_speech_and_softly() -> None:
    """Their song lies from 4.4 to 5.6 kHz; K-weighted it has less than half of the power."""
    hertz, power = bedmeters.powers(loop_of("crickets"))
    weighted = power * bedmeters.k_power(hertz)
    song = weighted[(hertz > 4400) & (hertz < 5600)].sum() / weighted.sum()
    assert 0.1 < song < 0.5
    below = weighted[(hertz > 3000) & (hertz < 4400)].sum() / weighted.sum()
    assert below < 0.03


# 4: a small loudspeaker


@each_bed
def test_heard_on_a_small_loudspeaker(name: str) -> None:
    """A phone's loudspeaker gives next to nothing under 400 Hz. 10 dB less is half as loud (S. S.
    Stevens, "Procedure for calculating loudness", JASA 33, 1961); a bed that loses 6 LU at
    most keeps two thirds of its loudness."""
    assert bedmeters.phone_loss(spectrum_of(name)) < 6.0


def test_a_bed_that_a_phone_swallows_would_be_found() -> None:
    assert bedmeters.phone_loss(bedmeters.spectrum(tone(10, 2, hertz=150))) > 20.0


# 5: mono


@each_bed
def test_folds_to_mono(name: str) -> None:
    """1 LU is the smallest change of level that is noticed in such sounds."""
    assert bedmeters.mono_loss(loop_of(name), gated_loudness(step_energies(hops_of(name)))) < 1.0


# 6: pleasant


@each_bed
def test_nothing_startles(name: str) -> None:
    """No 10 ms are more than 10 LU over the whole.

    The ear sums up about 100 ms: ten times the power for a tenth of that time is as loud as
    the bed itself. With the true peak at -6.5 dBTP, a bed may be brought up by 5 dB and stays
    under any ceiling of a mix.
    """
    assert bedmeters.moments_over(hops_of(name)).max() < 10.0
    assert short_term(hops_of(name), 0.4).max() < 6.0
    assert true_peak(loop_of(name)) < -6.5


@each_bed
def test_steady_enough_to_duck(name: str) -> None:
    """Over 3 s it stays within 3.5 LU of the whole (the duck is 4.5 dB deep, and must be what
    is heard), and no 400 ms sink by more than 8 LU: the bed never seems to stop."""
    slow = short_term(hops_of(name))
    assert -3.5 < slow.min() < slow.max() < 3.5
    assert short_term(hops_of(name), 0.4).min() > -8.0


@each_bed
def test_no_click_no_offset_no_silence(name: str) -> None:
    """A bend of the wave stands out less than 9 times from those within 100 ms: a crackle 8, a
    click of one hundredth of full scale among bowls over 20. The mean is under the least bit
    of 16. In each 10 ms some sample passes -66 dBFS, far over what counts as silence anywhere.
    """
    loop = loop_of(name)
    assert bedmeters.bends(loop) < 9.0
    assert np.abs(loop.mean(axis=0, dtype=np.float64)).max() < 1 / 32768
    peaks = np.abs(loop).max(axis=1).reshape(-1, RATE // 100).max(axis=1)
    assert 20 * np.log10(peaks.min()) > -66.0


def test_a_crackle_too_loud_and_a_click_would_be_found() -> None:
    loop = loop_of("fire").copy()
    loop[RATE : RATE + 441] *= 6.0
    assert bedmeters.moments_over(hop_energies(loop, circular=True)).max() > 10.0
    loop = loop_of("bowls").copy()
    loop[5 * RATE] += 0.01
    assert bedmeters.bends(loop) > 20.0


# What a sound is


@cache
def onsets(name: str, low: float, high: float) -> np.ndarray:
    """When something begins between ``low`` and ``high`` Hz, in seconds."""
    levels = bedmeters.band_levels(loop_of(name), 220, 1024, (low, high))[:, 0]
    rise = levels - np.roll(levels, 6)
    peak = (rise > 6.0) & (rise >= np.roll(rise, 1)) & (rise > np.roll(rise, -1))
    return np.asarray(np.flatnonzero(peak) * 220 / RATE)


def test_crickets_chirp_in_pulses() -> None:
    """Three or four strokes of the wings, some 34 in a second: so the level in their band moves
    at that rate more than at others. The chirps of each come 1.7 to 2.6 times in a second."""
    levels = 10 ** (bedmeters.band_levels(loop_of("crickets"), 110, 256, (4400.0, 5600.0)) / 10)
    power = np.abs(np.fft.rfft(levels[:, 0] - levels.mean())) ** 2
    hertz = np.arange(len(power)) / (len(levels) * 110 / RATE)

    def density(low: float, high: float) -> float:
        return float(power[(hertz > low) & (hertz < high)].mean())

    assert density(32, 36) > 4 * density(22, 28)
    assert density(32, 36) > 4 * density(40, 60)
    assert density(1.6, 2.7) > 2 * density(10, 20)


def test_a_fire_crackles_without_a_rhythm() -> None:
    """The gaps between crackles spread as those of chance, or more (they come in flurries): a
    rhythm has a coefficient of variation near 0, chance has 1."""
    gaps = np.diff(onsets("fire", 4600.0, 8200.0))
    assert len(gaps) > 120
    assert gaps.std() / gaps.mean() > 0.8


def test_the_music_has_no_beat() -> None:
    recipe = next(recipe for recipe in synth.RECIPES if recipe.name == "music")
    times, _ = music._melody(generator(recipe.seed), float(recipe.seconds))
    gaps = np.diff([*times, times[0] + recipe.seconds])
    assert 3.5 < gaps.min() < gaps.max() < 10.5
    assert gaps.std() / gaps.mean() > 0.15
