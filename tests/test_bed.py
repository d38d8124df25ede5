"""A user's file as a bed: any format, any length."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from listening import wait_for
from numpy.typing import NDArray
from waves import bed_of, hiss, level, tone, write_file, write_wav

from audiocoach import bed as bed_module
from audiocoach import loops, measured
from audiocoach.ambience import open_ambience
from audiocoach.bed import Bed
from audiocoach.decode import Block, decode
from audiocoach.errors import SoundError
from audiocoach.library import cache_folder
from audiocoach.loudness import hop_energies, integrated_loudness, step_energies
from audiocoach.measured import MeasuredCache, estimate_loudness, measure
from audiocoach.soundbank import find_sound
from audiocoach.units import RATE

Sound = NDArray[np.float32]


def pieces(sound: Sound, size: int) -> Iterator[Block]:
    for at in range(0, len(sound), size):
        yield sound[at : at + size]


# Reading


class Loop:
    """A loop that can be had again and again, and counts how often it was."""

    def __init__(self, sound: Sound) -> None:
        self.sound = sound
        self.rounds = 0

    def __iter__(self) -> Iterator[Block]:
        self.rounds += 1
        return pieces(self.sound, 8192)


LOOP = np.round(hiss(4.37) * 32768).astype(np.float32) / np.float32(32768)


@given(
    st.lists(st.tuples(st.integers(0, 5 * len(LOOP)) | st.none(), st.integers(1, 60_000))),
    st.booleans(),
    st.booleans(),
)
@settings(max_examples=60)
def test_a_long_loop_is_read_as_a_short_one_is(
    reads: list[tuple[int | None, int]], known: bool, long: bool
) -> None:
    bed = Bed("x", Loop(LOOP), frames=len(LOOP) if known else None)
    at = 0
    with pytest.MonkeyPatch.context() as patch:
        if long:
            patch.setattr(bed_module, "_LONGEST_HELD", RATE)
        for sought, count in reads:
            if sought is not None:
                at = sought
                bed.seek(at)
            assert np.array_equal(bed.read(count), LOOP[np.arange(at, at + count) % len(LOOP)])
            at += count


def test_of_a_long_loop_little_is_held(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bed_module, "_LONGEST_HELD", 5 * RATE)
    loop = Loop(np.tile(LOOP, (8, 1)))
    bed = Bed("x", loop)
    most = 0
    for _ in range(80 * RATE // 16384):
        bed.read(16384)
        most = max(most, len(bed._pcm))
    assert most <= 100 * RATE  # the room that was made while it could still be short
    assert len(bed._pcm) < RATE
    assert loop.rounds == 3  # two rounds and a part of the third
    assert bed.loudness == pytest.approx(integrated_loudness(loop.sound, circular=True), abs=0.02)
    assert loop.rounds == 4


# Measuring


@given(st.integers(3 * RATE, 6 * RATE), st.integers(500, 200_000), st.integers(0, 3))
@settings(max_examples=10)
def test_a_loop_is_measured_as_it_streams_by(frames: int, size: int, seed: int) -> None:
    sound = hiss(frames / RATE + 1, seed)[:frames]
    sound *= 1 + 0.8 * np.sin(np.arange(frames) / 40_000)[:, None].astype(np.float32)
    found = measure(pieces(sound, size))
    longer = np.concatenate([sound, sound, sound[:RATE]])
    wanted = step_energies(hop_energies(longer[frames - RATE // 4 // 441 * 441 :])[25:])
    count = -(-frames // 4410)
    assert found.frames == frames
    assert len(found.energies) == count
    assert np.allclose(found.energies, wanted[:count], rtol=0.003)
    # A part of a step at the end counts as a whole one, which tells in so short a loop.
    assert found.loudness == pytest.approx(integrated_loudness(np.tile(sound, (5, 1))), abs=0.25)


def swelling(seconds: float) -> Sound:
    """Noise that grows by 12 dB."""
    sound = hiss(seconds)
    return sound * np.linspace(0.25, 1, len(sound), dtype=np.float32)[:, None]


def test_live_the_loudness_of_a_long_file_is_estimated(tmp_path: Path) -> None:
    path = write_wav(tmp_path / "a.wav", swelling(240))
    live = open_ambience([str(path)], None, at_once=True)
    live.read(1000)
    (sound,) = live._sounds
    assert sound._decoded < 20 * RATE
    assert sound.loudness == pytest.approx(bed_of(path).loudness, abs=1.0)


def test_what_was_measured_is_known_the_next_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write_wav(tmp_path / "a.wav", swelling(30))
    exact = bed_of(path)
    energies = exact.step_energies(10)
    (entry,) = (cache_folder() / "beds").iterdir()

    def never(_: object) -> None:
        raise AssertionError

    with monkeypatch.context() as patch:
        patch.setattr(bed_module, "measure", never)
        patch.setattr(bed_module, "estimate_loudness", never)
        again = Bed.open(find_sound(str(path), None), at_once=True)
        assert (again.frames, again.loudness) == (exact.frames, exact.loudness)
        assert np.array_equal(again.step_energies(10), energies)
    entry.write_bytes(entry.read_bytes()[:-3] + b"abc")
    assert bed_of(path).loudness == exact.loudness  # measured again
    write_wav(path, hiss(30))
    assert bed_of(path).loudness > exact.loudness + 2  # another file of the same name and size
    assert len(list((cache_folder() / "beds").iterdir())) == 2


def test_a_cache_that_cannot_be_written_is_done_without(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_bytes(b"")
    monkeypatch.setattr(bed_module, "_measured_cache", lambda: MeasuredCache(tmp_path / "file"))
    path = write_wav(tmp_path / "a.wav", hiss(10))
    assert bed_of(path).loudness == pytest.approx(integrated_loudness(hiss(10)), abs=0.2)


def test_an_estimate_of_a_short_file_hears_all_of_it(tmp_path: Path) -> None:
    path = write_wav(tmp_path / "a.wav", swelling(12))
    assert estimate_loudness(path) == pytest.approx(integrated_loudness(swelling(12)), abs=0.01)


# The seam


def levels_around_the_seam(sound: Sound, window: float) -> tuple[float, float]:
    """How far the level of a loop goes up and down around its seam, in dB, against elsewhere."""
    loop = np.concatenate(list(loops.crossfaded(pieces(sound, 5000))))
    assert len(sound) - loops.CROSSFADE - loops._SLACK <= len(loop) <= len(sound) - loops.CROSSFADE
    turned = np.roll(loop, loops.CROSSFADE + 5 * RATE, axis=0)
    size = round(window * RATE)
    parts = turned[: len(turned) // size * size].reshape(-1, size, 2).astype(np.float64)
    powers = 10 * np.log10(np.mean(parts**2, axis=(1, 2)))
    seam = powers[4 * RATE // size : (6 * RATE + loops.CROSSFADE) // size]
    rest = np.concatenate([powers[: 3 * RATE // size], powers[-5 * RATE // size :]])
    return float(seam.max() - rest.mean()), float(rest.mean() - seam.min())


@given(st.integers(0, 1000), st.floats(0, 1), st.floats(0, 1))
@settings(max_examples=12)
def test_noise_of_any_colour_runs_into_itself_at_one_level(
    seed: int, colour: float, width: float
) -> None:
    """From white to brown, from mono to two channels that have nothing in common."""
    white = hiss(25, seed)
    spectrum = np.fft.rfft(white, axis=0)
    hertz = np.fft.rfftfreq(len(white), 1 / RATE)[:, None]
    spectrum *= (np.maximum(hertz, 30) / 30) ** -colour * (hertz > 60)
    sound = np.fft.irfft(spectrum, len(white), axis=0).astype(np.float32)
    sound[:, 1] = width * sound[:, 1] + (1 - width) * sound[:, 0]
    up, down = levels_around_the_seam(sound, 1.0)
    assert max(up, down) < 1.2


@given(st.floats(60, 2000), st.floats(13.0, 20.0), st.floats(0, 6.28))
@settings(max_examples=20)
def test_a_steady_tone_runs_into_itself_at_one_level(
    hertz: float, seconds: float, phase: float
) -> None:
    """Whatever its phase is at the end: without a swell where it fits, a hole where not."""
    at = np.arange(round(seconds * RATE)) / RATE
    one = 0.2 * np.sin(2 * np.pi * hertz * at + phase)
    up, down = levels_around_the_seam(np.stack([one, one], axis=1).astype(np.float32), 0.25)
    assert max(up, down) < 0.3


def test_a_chord_runs_into_itself_almost_at_one_level() -> None:
    at = np.arange(20 * RATE) / RATE
    one = sum(0.1 * np.sin(2 * np.pi * hertz * at) for hertz in (110.0, 138.6, 164.8, 220.5))
    up, down = levels_around_the_seam(np.stack([one, one], axis=1).astype(np.float32), 0.5)
    assert max(up, down) < 1.0


@pytest.mark.parametrize("kind", ["noise", "tone"])
def test_a_seam_of_the_careless_kind_would_be_found(
    kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Straight lines instead of equal power; equal power for what is not alike at all."""
    sound = hiss(25) if kind == "noise" else tone(25.0005, 2, RATE, 1000.0)

    def straight(end: Block, head: Block) -> Block:
        share = np.linspace(0, 1, len(head), dtype=np.float32)[:, None]
        last = end[-len(head) :]
        return np.concatenate([end[: -len(head)], last * (1 - share) + head * share])

    monkeypatch.setattr(loops, "_joined", straight)
    assert levels_around_the_seam(sound, 0.5)[1] > 1.5


def test_a_long_silence_inside_a_file_is_not_held(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loops, "_HELD", 2 * RATE)
    quiet: Sound = hiss(1) / np.float32(1000)
    sound: list[Sound] = [hiss(1), np.tile(quiet, (5, 1)), hiss(1, 2), np.tile(quiet, (9, 1))]
    found = np.concatenate(list(loops.trimmed(pieces(np.concatenate(sound), 4410))))
    assert len(found) == 7 * RATE
    assert np.array_equal(found[:RATE], sound[0])
    assert np.array_equal(found[-RATE:], sound[2])
    assert not found[round(3.2 * RATE) : round(5.9 * RATE)].any()


# Formats


@pytest.mark.parametrize(
    ("name", "codec", "layout", "rate"),
    [
        ("a.mp3", "libmp3lame", "stereo", RATE),
        ("a.mp3", "libmp3lame", "mono", 8_000),
        ("a.mp3", "libmp3lame", "mono", 11_025),
        ("a.flac", "flac", "mono", 96_000),
        ("a.flac", "flac", "7.1", 192_000),
        ("a.ogg", "libopus", "stereo", 48_000),
        ("a.opus", "libopus", "mono", 48_000),
        ("a.m4a", "aac", "stereo", 48_000),
        ("a.m4a", "alac", "stereo", RATE),
        ("a.wav", "pcm_s24le", "stereo", 48_000),
        ("a.wav", "pcm_f32le", "stereo", 96_000),
        ("a.aiff", "pcm_s24be", "mono", 22_050),
        ("a.mp4", "aac", "stereo", RATE),
        ("a.mkv", "libopus", "stereo", 48_000),
        ("a.avi", "libmp3lame", "stereo", RATE),
    ],
)
def test_every_format_becomes_the_same_bed(
    tmp_path: Path, name: str, codec: str, layout: str, rate: int
) -> None:
    channels = {"mono": 1, "stereo": 2, "7.1": 8}[layout]
    path = write_file(tmp_path / name, codec, layout, tone(15, channels, rate), rate)
    bed = bed_of(path)
    sound = bed.read(12 * RATE)
    assert bed.frames == pytest.approx(12 * RATE, abs=RATE // 5)
    inside = sound[2 * RATE : 8 * RATE, 0]
    # LAME takes 0.45 dB off.
    assert level(inside) == pytest.approx(20 * np.log10(0.25 / np.sqrt(2)), abs=0.5)
    spectrum = np.abs(np.fft.rfft(inside * np.hanning(len(inside))))
    assert abs(int(np.argmax(spectrum)) - 6000) <= 2, "1 kHz in a window of 6 s"
    spectrum[5900:6100] = 0
    assert 20 * np.log10(spectrum.max() / (0.25 * 6 * RATE / 4)) < -40
    assert integrated_loudness(open_ambience([str(path)], None).read(11 * RATE)) == pytest.approx(
        -23.0, abs=0.1
    )


def test_the_probes_are_all_over_a_file(tmp_path: Path) -> None:
    """A file whose loud half comes last is not taken for a quiet one, nor the other way."""
    sound = np.concatenate([hiss(40) / 8, hiss(40, 2)])
    for name, codec in (("a.mp3", "libmp3lame"), ("a.flac", "flac")):
        path = write_file(tmp_path / name, codec, "stereo", sound)
        exact = integrated_loudness(np.concatenate(list(decode(path))))
        assert measured.estimate_loudness(path) == pytest.approx(exact, abs=0.7), name


def test_live_a_bed_that_comes_later_is_estimated_meanwhile(tmp_path: Path) -> None:
    """One that is too quiet first ends nothing; one that is no sound at all does, at once."""
    first, quiet = (write_wav(tmp_path / f"{name}.wav", hiss(60)) for name in "ab")
    write_wav(quiet, hiss(60) / 300)
    ambience = open_ambience([str(first), str(quiet)], None, at_once=True)
    wait_for(lambda: not any(thread.name == "beds" for thread in threading.enumerate()))
    assert ambience._sounds[0]._loudness is not None
    ambience.read(RATE)
    ambience.turn(str(quiet))
    with pytest.raises(SoundError, match="too quiet for a bed"):
        ambience.read(RATE)
    quiet.write_bytes(b"no sound")
    with pytest.raises(SoundError, match="no sound that can be read"):
        open_ambience([str(first), str(quiet)], None, at_once=True)
