"""An MP3 of stretches: what is heard is one sound, and only what changed is made anew."""

from __future__ import annotations

import io
import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import av
import exporting
import meters
import mutagen.mp3
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from audiocoach import joining
from audiocoach.ambience import Ambience
from audiocoach.bed import Bed
from audiocoach.cache import Entries
from audiocoach.clips import Clip
from audiocoach.errors import RenderError
from audiocoach.joining import Encoding, Joining, Unfit
from audiocoach.limiter import LATENCY, Limiter
from audiocoach.measure import stream
from audiocoach.measure.clicks import Click, ClickMeter
from audiocoach.mix import BLOCK, Mix, Whole
from audiocoach.presets import Levels
from audiocoach.routine import Cue, Place
from audiocoach.sinks import lame
from audiocoach.sinks.mp3 import QUALITY
from audiocoach.speech import Known
from audiocoach.stretches import FRAME, LOOP_STRETCH, Stretch, size
from audiocoach.timeline import PlacedChapter, PlacedCue, Timeline
from audiocoach.units import RATE, ms_to_frames

HERE = Place("a.md", 1)
LEVELS = Levels(fade_in=200, fade_out=300)
ENCODING = Encoding(128, 5, 0.4455)
LOOP = LOOP_STRETCH * FRAME

try:
    lame.version()
except lame.LameError as error:
    pytest.skip(f"LAME cannot be called here: {error}", allow_module_level=True)

SCRIPT = """\
---
title: Hands
ambience: ocean
---

# One

!["bell"]

Hold one hand in both of yours. [for 30s]
- at 12s: Press softly.
- 8s left: One last stroke.

# Two

Now the other hand. [for 35s]
- at half: {word}
- 9s left: Let it go.

Rest. [6s]
"""


def known(clip: Clip, content: str) -> Known:
    return Known(clip.length, len(clip.samples), clip.energies, content)


def loop_bed(loudness: float = -23.0) -> Ambience:
    sound = (0.05 * np.random.default_rng(8).standard_normal((LOOP, 2))).astype(np.float32)
    return Ambience.of(Bed("noise", iter([sound]), frames=LOOP, loudness=loudness, content="noise"))


@dataclass(frozen=True)
class Case:
    timeline: Timeline
    clips: dict[Cue, Clip]

    def whole(self, bed: Ambience | None = None) -> Whole:
        mix = Mix(self.timeline, self.clips.__getitem__, {}, LEVELS)
        return Whole(self.timeline, mix, bed or loop_bed(), LEVELS, 0.0)

    def joining(self, entries: Entries | None = None, threads: int = 2) -> Joining:
        def of(cue: Cue) -> Known:
            return known(self.clips[cue], cue.text)

        return Joining(self.whole(), of, {}, ENCODING, entries=entries, threads=threads)


@st.composite
def cases(draw: st.DrawFn, most: int = 5) -> Case:
    """Loud cues, some of them near each other, some far; 10 to 60 s."""
    cues, clips, now = [], {}, draw(st.integers(0, 3_000))
    for number in range(draw(st.integers(0, most))):
        rng = np.random.default_rng(draw(st.integers(0, 99)))
        level = draw(st.sampled_from([2_000, 9_000, 30_000]))
        samples = rng.uniform(-level, level, draw(st.integers(1_300, 66_000))).astype(np.int16)
        made = Clip(samples, np.ones(-(-len(samples) // 441), np.float32))
        cue = Cue(f"{number}", f"{number}", HERE)
        cues.append(PlacedCue(now, now + made.length, cue, 0))
        clips[cue] = made
        now += made.length + draw(st.sampled_from([0, 300, 2_000, 9_000]))
    length = now + draw(st.integers(400, 9_000))
    chapter = PlacedChapter(0, length, "All")
    return Case(Timeline(length, (chapter,), (), tuple(cues), (), ()), clips)


def in_one_go(case: Case, start: int, count: int) -> NDArray[np.float32]:
    """What is heard, limited, mixed from the beginning."""
    whole, limiter = case.whole(), Limiter(LEVELS.ceiling)
    limiter.push(whole.over(whole.bed.read(LATENCY), 0))
    parts = [
        limiter.push(whole.over(whole.bed.read(BLOCK), at + LATENCY))
        for at in range(0, start + count, BLOCK)
    ]
    return np.concatenate(parts)[start : start + count]


def one_encoder(case: Case) -> bytes:
    """The same encoder at work from beginning to end."""
    encoder = lame.Lame(ENCODING.bitrate, ENCODING.quality)
    count = case.joining().frames
    sound = in_one_go(case, 0, (count + 1) * FRAME) * np.float32(10 ** (ENCODING.gain / 20))
    return lame.frames(encoder.encode(sound), ENCODING.bitrate, 0, count)


@given(cases(), st.integers(0, 40), st.integers(10, 700))
@settings(max_examples=40, deadline=None)
def test_a_stretch_is_mixed_bit_for_bit_as_the_whole_is(case: Case, first: int, count: int) -> None:
    made = case.joining()
    stretch = Stretch(first, min(first + count, made.frames))
    if stretch.last > stretch.first:
        sound = np.concatenate(list(made._sound(stretch)))
        np.testing.assert_array_equal(sound, in_one_go(case, stretch.start, len(sound)))


@given(cases(most=3))
@settings(max_examples=10, deadline=None)
def test_joined_stretches_have_every_cue_and_are_as_one_encoder_makes_them(case: Case) -> None:
    made = case.joining()
    frames = b"".join(data for _, data in made)
    assert made._whole.mix.missing() == []
    wanted = one_encoder(case)
    assert len(frames) == made.size == len(wanted)
    ends = [size(128, number) for number in range(made.frames + 1)]
    same = [frames[a:b] == wanted[a:b] for a, b in itertools.pairwise(ends)]
    assert np.mean(same) > 0.97


@dataclass(frozen=True)
class Hands:
    folder: Path

    def export(self, name: str, word: str = "Slow and even.") -> Path:
        return exporting.export(self.folder, name, SCRIPT.format(word=word)).path


@pytest.fixture
def hands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Hands:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "kept"))
    monkeypatch.setattr(joining, "cache_folder", lambda: tmp_path / "kept")
    return Hands(tmp_path)


@pytest.fixture
def encoded(monkeypatch: pytest.MonkeyPatch) -> list[Stretch]:
    """The stretches that were encoded so far."""
    found: list[Stretch] = []
    encode = Joining._encode

    def counting(made: Joining, stretch: Stretch) -> bytes:
        found.append(stretch)
        return encode(made, stretch)

    monkeypatch.setattr(Joining, "_encode", counting)
    return found


def test_an_edited_cue_touches_only_where_it_is_heard_and_the_bytes_are_those_of_a_new_render(
    hands: Hands, encoded: list[Stretch], tmp_path: Path
) -> None:
    hands.export("first.mp3")
    all_of_it = sum(each.last - each.first for each in encoded)
    encoded.clear()
    hands.export("again.mp3")
    assert encoded == []
    assert (tmp_path / "again.mp3").read_bytes() == (tmp_path / "first.mp3").read_bytes()
    edited = hands.export("edited.mp3", "Soft and slow.").read_bytes()
    assert 0 < sum(each.last - each.first for each in encoded) < all_of_it / 3
    for kept in (tmp_path / "kept" / "stretches").rglob("*.mp3"):
        kept.unlink()
    assert hands.export("new.mp3", "Soft and slow.").read_bytes() == edited


@pytest.mark.parametrize("harm", ["flipped", "cut", "another"])
def test_a_damaged_stretch_is_made_anew(
    hands: Hands, encoded: list[Stretch], tmp_path: Path, harm: str
) -> None:
    whole = hands.export("first.mp3").read_bytes()
    encoded.clear()
    one, other, *_ = sorted((tmp_path / "kept" / "stretches").rglob("*.mp3"))
    data = bytearray(one.read_bytes())
    data[len(data) // 2] ^= 1
    one.write_bytes({"flipped": bytes(data), "cut": bytes(data[:-9]), "another": b""}[harm])
    assert other.exists()
    assert hands.export("again.mp3").read_bytes() == whole
    assert len(encoded) == 1


def test_one_thread_or_four_make_the_same(tmp_path: Path) -> None:
    rng = np.random.default_rng(2)
    samples = rng.uniform(-9_000, 9_000, 2 * RATE).astype(np.int16)
    clip, cue = Clip(samples, np.ones(200, np.float32)), Cue("a", "a", HERE)
    cues = tuple(PlacedCue(at, at + clip.length, cue, 0) for at in (4_000, 21_000, 50_000))
    case = Case(Timeline(60_000, (PlacedChapter(0, 60_000, ""),), (), cues, (), ()), {cue: clip})
    made = [b"".join(data for _, data in case.joining(None, threads)) for threads in (1, 4)]
    assert made[0] == made[1]
    entries = Entries(tmp_path, "mp3")
    kept = [b"".join(data for _, data in case.joining(entries)) for _ in range(2)]
    assert kept == made


def decoded(path: Path) -> NDArray[np.float32]:
    return meters.decode(path)


def test_the_file_is_whole_and_players_read_it_right(hands: Hands, tmp_path: Path) -> None:
    done = exporting.export(tmp_path, "hands.mp3", SCRIPT.format(word="Slow and even."))
    info = mutagen.mp3.MP3(done.path).info
    assert info.length == pytest.approx(done.timeline.length / 1000, abs=0.002)
    assert info.bitrate == 128_000
    assert info.bitrate_mode is mutagen.mp3.BitrateMode.CBR
    assert len(decoded(done.path)) == ms_to_frames(done.timeline.length)
    with av.open(io.BytesIO(done.path.read_bytes()), "r") as container:
        packets = [packet for packet in container.demux(audio=0) if packet.size]
    assert {packet.size for packet in packets} <= {417, 418}


class OneGo(Joining):
    """The same frames as one encoder makes them, from beginning to end."""

    def __iter__(self) -> Iterator[tuple[int, bytes]]:
        self.joins = [piece.last for piece, _ in itertools.pairwise(super()._pieces())]
        sound = np.concatenate(list(self._sound(Stretch(0, self.frames))))
        encoder = lame.Lame(self._encoding.bitrate, self._encoding.quality)
        data = encoder.encode(sound * np.float32(10 ** (self._encoding.gain / 20)))
        self._whole.mix.count(0, self.frames * FRAME, lambda cue: self._known(cue).frames)
        yield self.frames, lame.frames(data, self._encoding.bitrate, 0, self.frames)


def clicks(sound: NDArray[np.float32]) -> tuple[Click, ...]:
    meter = ClickMeter()
    for at in range(0, len(sound), stream.BLOCK):
        meter.push(sound[at : at + stream.BLOCK])
    return meter.clicks()


@pytest.fixture
def one_go(hands: Hands, monkeypatch: pytest.MonkeyPatch) -> Callable[[], tuple[Path, list[int]]]:
    """Exports in one go, without a reservoir; tells too at which frames stretches would meet."""

    def export() -> tuple[Path, list[int]]:
        made: list[OneGo] = []

        def join(*args: Any, **options: Any) -> OneGo:
            whole, known, marks, bitrate, gain = args
            made.append(OneGo(whole, known, marks, Encoding(bitrate, QUALITY, gain), **options))
            return made[0]

        with monkeypatch.context() as patch:
            patch.setattr(joining, "join", join)
            path = hands.export("one.mp3")
        return path, made[0].joins

    return export


def test_stretches_are_as_one_encoder_makes_them(
    hands: Hands, one_go: Callable[[], tuple[Path, list[int]]]
) -> None:
    """On real sound: frame by frame, and by ear where a frame is another one."""
    joined, (one, joins) = hands.export("joined.mp3"), one_go()
    assert len(joins) > 8
    data, wanted = joined.read_bytes(), one.read_bytes()
    assert len(data) == len(wanted)
    count = len(decoded(joined)) // FRAME
    ends = [len(data) - size(128, count) + size(128, number) for number in range(count + 1)]
    same = np.array([data[a:b] == wanted[a:b] for a, b in itertools.pairwise(ends)])
    assert same.mean() >= 0.996
    sound, once, lossless = (decoded(path) for path in (joined, one, hands.export("whole.wav")))
    hops = len(sound) // RATE
    errors, usual = (
        ((each - lossless)[: hops * RATE] ** 2).reshape(hops, -1).mean(axis=1)
        for each in (sound, once)
    )
    assert (errors < 1.1 * usual).all()


def test_nothing_clicks_where_stretches_meet(
    hands: Hands, one_go: Callable[[], tuple[Path, list[int]]], tmp_path: Path
) -> None:
    """Around each join the error is as elsewhere; frames that are not joined rightly are heard."""
    joined, (one, joins) = hands.export("joined.mp3"), one_go()
    sound, once, lossless = (decoded(path) for path in (joined, one, hands.export("whole.wav")))
    assert clicks(sound) == clicks(once) == clicks(lossless) == ()

    def stands_out(sound: NDArray[np.float32], join: int) -> bool:
        near = slice(max(0, join * FRAME - 2 * FRAME), join * FRAME + 2 * FRAME)
        error, usual = (np.mean((each - lossless)[near] ** 2) for each in (sound, once))
        return bool(error >= 1.25 * usual)

    for join in joins:
        assert not stands_out(sound, join)
        late = sound.copy()  # as if the stretch had come by a hundredth of a frame too late
        late[join * FRAME :] = np.roll(late[join * FRAME :], FRAME // 100, axis=0)
        assert stands_out(late, join)


def test_without_a_reservoir_the_sound_is_nearly_as_with_one(
    hands: Hands, monkeypatch: pytest.MonkeyPatch
) -> None:
    joined = decoded(hands.export("joined.mp3"))

    def refuse(*_: object, **__: object) -> Joining:
        raise Unfit

    monkeypatch.setattr(joining, "join", refuse)
    plain, lossless = (decoded(hands.export(name)) for name in ("plain.mp3", "whole.wav"))
    assert len(joined) == len(plain) == len(lossless)
    errors = [10 * np.log10(np.mean((sound - lossless) ** 2)) for sound in (joined, plain)]
    assert errors[0] < errors[1] + 2.0


def test_what_lame_gives_is_looked_at_and_the_plain_way_is_taken_where_it_is_wrong(
    hands: Hands, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    encode = lame.Lame.encode
    calls = iter(range(100_000))

    def breaking(encoder: lame.Lame, sound: NDArray[np.float32]) -> bytes:
        data = encode(encoder, sound)
        return data[:-1] if next(calls) == 60 else data

    monkeypatch.setattr(lame.Lame, "encode", breaking)
    path = hands.export("hands.mp3")
    assert next(calls) > 60
    length = exporting.export(tmp_path, "b.wav", SCRIPT.format(word="Slow and even.")).timeline
    assert len(decoded(path)) == ms_to_frames(length.length)
    assert mutagen.mp3.MP3(path).info.encoder_info.startswith("LAME")


def test_a_stretch_that_lacks_a_cue_leaves_no_file(
    hands: Hands, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(joining, "cut", lambda *_: iter(()))
    with pytest.raises(RenderError):
        hands.export("hands.mp3")
    assert not list(tmp_path.glob("*.mp3"))


def test_a_bed_that_would_be_limited_goes_the_plain_way() -> None:
    case = Case(Timeline(9_000, (PlacedChapter(0, 9_000, ""),), (), (), (), ()), {})
    for loudness, fits in ((-23.0, True), (-45.0, False)):
        whole = case.whole(loop_bed(loudness=loudness))
        try:
            Joining(whole, lambda _: known(case.clips[_], ""), {}, ENCODING)
        except Unfit:
            assert not fits
        else:
            assert fits
