"""The voice chain, by what a listener would notice."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import meters
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from waves import db, rms

from audiocoach import library
from audiocoach.clips import Clip, clip_key, make_clip
from audiocoach.errors import NotFoundError
from audiocoach.presets import PRESETS, Preset, Tone
from audiocoach.script import load
from audiocoach.tone import voiced
from audiocoach.units import RATE
from audiocoach.voices import Speech
from audiocoach.voices.catalogue import open_cast

PHONE = PRESETS["phone"]
each = pytest.mark.parametrize("preset", PRESETS.values(), ids=PRESETS)
Mono = NDArray[np.float32]


def vowel(seconds: float, pitch: float = 120.0) -> Mono:
    """Harmonics of a voice that sings "ah": formants at 0.8, 1.2, 2.6 and 3.5 kHz."""
    at = np.arange(round(seconds * RATE)) / RATE
    wave = np.zeros_like(at)
    for hertz in np.arange(pitch, 8_000, pitch):
        formants = ((800, 120, 1.0), (1_200, 150, 0.5), (2_600, 250, 0.12), (3_500, 300, 0.06))
        level = sum(a / (1 + ((hertz - f) / width) ** 2) for f, width, a in formants)
        wave += level * np.sin(2 * np.pi * hertz * at + hertz)
    return shaped((0.2 * wave / np.sqrt(np.mean(wave**2))).astype(np.float32))


def hiss(seconds: float, level: float, low: float, high: float, seed: int = 1) -> Mono:
    """Noise between two frequencies, at ``level`` dB against ``vowel``."""
    count = round(seconds * RATE)
    spectrum = np.fft.rfft(np.random.default_rng(seed).standard_normal(count))
    hertz = np.fft.rfftfreq(count, 1 / RATE)
    spectrum[(hertz < low) | (hertz > high)] = 0
    wave = np.fft.irfft(spectrum, count)
    return shaped((0.2 * 10 ** (level / 20) * wave / np.sqrt(np.mean(wave**2))).astype(np.float32))


def shaped(wave: Mono) -> Mono:
    rise = np.minimum(1, np.arange(len(wave)) / (0.01 * RATE)).astype(np.float32)
    return wave * rise * rise[::-1]


def pause(seconds: float) -> Mono:
    return np.zeros(round(seconds * RATE), np.float32)


def gain(tone: Tone, hertz: float) -> float:
    """In dB, of a vowel's worth of a pure tone."""
    wave = (0.1 * np.sin(2 * np.pi * hertz * np.arange(RATE) / RATE)).astype(np.float32)
    return db(rms(voiced(wave, tone)[RATE // 4 :]) / rms(wave[RATE // 4 :]))


PLAIN = Tone(ess_most=0.0, press=0.0, lift=0.0, consonants=0.0, even=0.0)
"""Filters alone."""


@each
def test_a_voice_keeps_no_rumble_and_its_consonants_come_forward(preset: Preset) -> None:
    tone = replace(preset.tone, ess_most=0.0, press=0.0, lift=0.0, consonants=0.0, even=0.0)
    assert gain(tone, tone.highpass) == pytest.approx(-3.0, abs=0.1)
    assert gain(tone, tone.highpass / 4) < -23
    assert gain(tone, tone.presence) == pytest.approx(tone.presence_gain, abs=0.1)
    assert gain(tone, 600) == pytest.approx(0, abs=0.5)


def test_a_sharp_s_is_softened_and_nothing_else_changes() -> None:
    around = [vowel(0.5), hiss(0.15, 2, 4_500, 9_000), vowel(0.5)]
    sound = np.concatenate(around)
    before, after = voiced(sound, PLAIN), voiced(sound, replace(PLAIN, ess_most=6.0))
    inside = slice(round(0.52 * RATE), round(0.63 * RATE))
    assert -6.5 < db(rms(after[inside]) / rms(before[inside])) < -4
    for vowels in (slice(0, round(0.48 * RATE)), slice(round(0.67 * RATE), None)):
        assert db(rms(after[vowels] - before[vowels]) / rms(before[vowels])) < -80


def test_a_soft_s_and_an_sh_at_its_right_level_stay() -> None:
    for level, low in ((-14, 4_500), (-12, 2_200)):
        sound = np.concatenate([vowel(0.5), hiss(0.15, level, low, 9_000), vowel(0.5)])
        before, after = voiced(sound, PLAIN), voiced(sound, replace(PLAIN, ess_most=6.0))
        np.testing.assert_allclose(after, before, atol=1e-6)


def test_the_de_esser_looks_ahead_and_does_not_click() -> None:
    """Its gain has come down when the s begins, and moves slowly against the s itself."""
    sound = np.concatenate([vowel(0.4), hiss(0.2, 3, 4_500, 9_000), vowel(0.4)])
    before, after = voiced(sound, PLAIN), voiced(sound, replace(PLAIN, ess_most=6.0))
    first = slice(round(0.41 * RATE), round(0.42 * RATE))
    middle = slice(round(0.47 * RATE), round(0.53 * RATE))
    at_first, later = (db(rms(after[part]) / rms(before[part])) for part in (first, middle))
    assert at_first == pytest.approx(later, abs=1.5)


def test_a_sentence_that_falls_off_is_brought_nearer_to_the_others() -> None:
    quiet = np.concatenate([vowel(2), pause(0.5), 0.5 * vowel(2)])
    levelled = voiced(quiet, replace(PLAIN, even=0.6))
    before, after = voiced(quiet, PLAIN), levelled

    def step(sound: Mono) -> float:
        return db(rms(sound[round(0.8 * RATE) : round(1.2 * RATE)])) - db(
            rms(sound[round(3.3 * RATE) : round(3.7 * RATE)])
        )

    assert step(before) == pytest.approx(6, abs=0.1)
    assert step(after) == pytest.approx(2.4, abs=0.4)


def test_a_stressed_syllable_is_pressed_and_a_soft_one_stays() -> None:
    sound = np.concatenate([vowel(0.4), 2 * vowel(0.3), vowel(0.4), vowel(0.4)])
    before, after = voiced(sound, PLAIN), voiced(sound, replace(PLAIN, press=0.5))
    stressed, soft = (slice(round(a * RATE), round(b * RATE)) for a, b in ((0.5, 0.6), (1.0, 1.2)))
    assert -3 < db(rms(after[stressed]) / rms(before[stressed])) < -1
    assert db(rms(after[soft]) / rms(before[soft])) == pytest.approx(0, abs=0.1)


def test_the_pulses_of_a_voice_take_less_room() -> None:
    """Turned phases: the same power, lower peaks."""
    pulses = np.zeros(RATE, np.float32)
    pulses[:: RATE // 110] = 1
    spread = voiced(np.convolve(pulses, np.hanning(40))[:RATE].astype(np.float32), PLAIN)
    plain = np.convolve(pulses, np.hanning(40))[:RATE]
    crest = [np.abs(wave).max() / np.sqrt(np.mean(wave**2)) for wave in (plain, spread)]
    assert db(crest[1] / crest[0]) < -1


@given(st.integers(0, 100), st.integers(1, 30_000))
@settings(max_examples=25)
def test_a_voice_stays_as_long_and_silence_stays_silence(seed: int, frames: int) -> None:
    wave = np.random.default_rng(seed).uniform(-0.3, 0.3, frames).astype(np.float32)
    out = voiced(wave, PHONE.tone)
    assert out.shape == wave.shape
    assert out.dtype == np.float32
    assert np.isfinite(out).all()
    assert not voiced(np.zeros(frames, np.float32), PHONE.tone).any()


def test_a_tone_makes_another_clip() -> None:
    keys = {clip_key("joe", "Rest.", preset.tone) for preset in PRESETS.values()}
    assert len(keys) == 3


# Real voices


@pytest.fixture(scope="module")
def system() -> Iterator[list[Speech]]:
    """Words with quiet ends, and cues of the first routine, by the system's voice."""
    routine = load(library.find_routine("back-massage"), {})
    try:
        cast = open_cast("pyttsx3", routine.language, routine.pace)
    except NotFoundError as error:
        pytest.skip(f"no system voice here: {error}")
    texts = ["Think.", "Feather soft.", "Hold this.", "She rests.", "Relax your back, and wait."]
    texts += [cue.spoken for cue in routine.cues()[:10]]
    yield [cast.voice.speak(text) for text in texts]
    cast.close()


def test_the_ends_of_real_words_are_kept(system: list[Speech]) -> None:
    """Everything louder than 60 dB under the loudest moment is there, at one gain."""
    for speech in system[:7]:
        clip = make_clip(speech)
        assert clip is not None
        whole = voiced(resampled(speech), PHONE.tone)
        sounding = np.flatnonzero(np.abs(whole) > 1e-3 * np.abs(whole).max())
        first, last = int(sounding[0]), int(sounding[-1])
        ours = clip.samples.astype(np.float64) / 32767
        start = aligned(ours, whole)
        assert start <= first
        assert start + len(ours) > last
        for at in (first, last - _END):
            was, now = whole[at:][:_END], ours[at - start :][:_END]
            assert db(rms(now) / rms(was)) > overall(ours, whole, start) - 0.5


_END = RATE // 250
"""4 ms: a fade over the end of a word would show."""


def test_the_limiter_of_a_clip_has_little_to_do(system: list[Speech]) -> None:
    """Room for the peaks is made before, by the compressor and the turned phase."""
    shares = []
    for speech in system[5:11]:
        clip = make_clip(speech)
        assert clip is not None
        whole = voiced(resampled(speech), PHONE.tone)
        ours = clip.samples.astype(np.float64) / 32767
        start = aligned(ours, whole)
        was = whole[max(0, start) :][: len(ours) - max(0, -start)]
        now = ours[max(0, -start) :][: len(was)]
        loud = np.abs(was) > 0.1 * np.abs(was).max()
        gains = np.abs(now[loud] / was[loud])
        lowered = 20 * np.log10(gains / np.percentile(gains, 95))
        assert np.percentile(lowered, 1) > -3.5  # a smack of the lips is lowered by itself
        shares.append(np.mean(lowered < -0.2))
    assert np.mean(shares) < 0.25


def overall(ours: NDArray[np.float64], whole: Mono, start: int) -> float:
    """The usual gain of a clip, in dB."""
    begin = max(0, -start)
    was = whole[max(0, start) :][: len(ours) - begin]
    now = ours[begin:][: len(was)]
    soft = (np.abs(was) < 0.3 * np.abs(was).max()) & (np.abs(was) > 0.02 * np.abs(was).max())
    return db(float(np.median(np.abs(now[soft]) / np.abs(was[soft]))))


def aligned(ours: NDArray[np.float64], whole: Mono) -> int:
    """The frame of ``whole`` with which ``ours`` begins; may be negative."""
    size = 1 << (len(ours) + len(whole)).bit_length()
    match = np.fft.irfft(np.fft.rfft(whole, size) * np.conj(np.fft.rfft(ours, size)), size)
    best = int(np.argmax(match))
    return best if best < size // 2 else best - size


def resampled(speech: Speech) -> Mono:
    import soxr

    return np.asarray(soxr.resample(speech.samples, speech.rate, RATE), dtype=np.float32)


def test_every_cue_of_a_real_voice_is_equally_loud(system: list[Speech]) -> None:
    clips = [clip for speech in system[5:] if (clip := make_clip(speech)) is not None]
    check_loudness(clips)


def test_every_cue_of_the_neural_voice_is_equally_loud() -> None:
    routine = load(library.find_routine("back-massage"), {})
    try:
        cast = open_cast("joe", routine.language, routine.pace)
    except NotFoundError as error:
        pytest.skip(f"no neural voice here: {error}")
    spoken = [
        cast.voice.speak(cue.spoken)
        for cue in sorted(routine.cues(), key=lambda cue: len(cue.text))[20:30]
    ]
    cast.close()
    check_loudness([clip for speech in spoken if (clip := make_clip(speech)) is not None])


def check_loudness(clips: list[Clip]) -> None:
    """The loudest 3 s are under 1 LU apart, of a shorter cue all of it; the whole is near."""
    assert len(clips) >= 10
    stereo = [np.repeat(clip.samples[:, None] / 32767, 2, axis=1) for clip in clips]
    whole = [meters.measure(sound.astype(np.float32)).integrated for sound in stereo]
    assert np.std(whole) < 0.3
    assert np.ptp(whole) < 1.3
    shorts = [meters.loudest_short(sound[:, 0]) for sound in stereo]
    assert np.ptp(shorts) < 0.95


def test_the_de_esser_leaves_a_real_voice_alone_but_for_its_sibilants(
    system: list[Speech],
) -> None:
    touched = count = 0
    for speech in system[5:]:
        sound = resampled(speech)
        before, after = voiced(sound, PLAIN), voiced(sound, replace(PLAIN, ess_most=6.0))
        hops = len(sound) // 441
        was, now = (part[: hops * 441].reshape(hops, 441) for part in (before, after))
        powers = np.square(was, dtype=np.float64).mean(axis=1)
        speaking = powers > 1e-4 * powers.max()
        lost = np.sqrt(np.square(now - was, dtype=np.float64).mean(axis=1) / (powers + 1e-12))
        changed = speaking & (lost > 0.02)
        touched += int(changed.sum())
        count += int(speaking.sum())
        spectrum = np.square(np.abs(np.fft.rfft(was * np.hanning(441), axis=1)))
        above = spectrum[:, 35:].sum(axis=1) / spectrum.sum(axis=1)  # over 3.5 kHz
        near = np.maximum.reduce([np.roll(above, by) for by in (-1, 0, 1)])
        assert (near[changed] > 0.5).all()
    assert 0 < touched < 0.1 * count
