from __future__ import annotations

import subprocess
import sys
import wave
from collections.abc import Callable
from pathlib import Path

import av
import meters
import numpy as np
import pytest
from numpy.typing import NDArray

from audiocoach import decode, loops, soundbank
from audiocoach.errors import NotFoundError, SoundError
from audiocoach.library import data_folder
from audiocoach.loudness import hop_energies, integrated_loudness, step_energies, true_peak
from audiocoach.soundbank import Bed, find_sound, load_mark, loudest_moment, room_tone, sounds
from audiocoach.units import RATE

BEDS = [info.name for info in sounds() if info.kind == "bed"]
MARKS = [info.name for info in sounds() if info.kind == "mark"]

Sound = NDArray[np.float32]


@pytest.fixture(scope="module")
def loop_of() -> Callable[[str], Sound]:
    known: dict[str, Sound] = {}

    def loop(name: str) -> Sound:
        if name not in known:
            bed = Bed.open(find_sound(name, None))
            known[name] = bed.read(bed.frames)
        return known[name]

    return loop


def level(sound: NDArray[np.floating]) -> float:
    """RMS in dB over full scale."""
    return float(10 * np.log10(np.mean(np.square(sound, dtype=np.float64)) + 1e-20))


def highpass(sound: Sound, hertz: float) -> Sound:
    """What is over ``hertz``, on the circle; shape ``(n, channels)``."""
    spectrum = np.fft.rfft(sound, axis=0)
    spectrum[: round(hertz * len(sound) / RATE)] = 0
    return np.fft.irfft(spectrum, len(sound), axis=0).astype(np.float32)


def click_at(sound: Sound, frame: int) -> float:
    """How many dB the highs around ``frame`` of a loop peak over those 4 s before and after."""
    around = sound[np.arange(frame - 5 * RATE, frame + 5 * RATE) % len(sound)].copy()
    edge = (np.arange(RATE) / RATE)[:, None].astype(np.float32)
    around[:RATE] *= edge
    around[-RATE:] *= edge[::-1]
    highs = np.abs(highpass(around, 12_000)[RATE:-RATE]).max(axis=1)
    near = slice(4 * RATE - 256, 4 * RATE + 256)
    peak = highs[near].max()
    highs[near] = 0
    return float(20 * np.log10(peak / highs.max()))


def short_term(loop: Sound, seconds: float = 3.0) -> NDArray[np.float64]:
    """Loudness of every window of the loop, against its integrated loudness."""
    hops = hop_energies(loop, circular=True)
    count = round(seconds * 100)
    total = np.asarray(np.cumsum(np.concatenate([[0.0], hops, hops[:count]])), dtype=np.float64)
    power = total[count:] - total[:-count]
    return np.asarray(10 * np.log10(power / power.mean()))


def write_wav(path: Path, sound: NDArray[np.floating], rate: int = RATE, width: int = 2) -> Path:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(sound.shape[1])
        file.setsampwidth(width)
        file.setframerate(rate)
        if width == 1:
            data = (np.rint(sound * 127) + 128).astype(np.uint8).tobytes()
        else:
            scaled = np.rint(sound * (2 ** (8 * width - 1) - 1)).astype("<i4")
            data = scaled.view(np.uint8).reshape(-1, 4)[:, :width].tobytes()
        file.writeframes(data)
    return path


def write_file(path: Path, codec: str, layout: str, sound: Sound) -> Path:
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=RATE, layout=layout)
        assert isinstance(stream, av.AudioStream)
        kind = stream.format.name
        for at in range(0, len(sound), 1152):
            part = np.ascontiguousarray(sound[at : at + 1152])
            part = part.T if stream.format.is_planar else part.reshape(1, -1)
            if kind.startswith("s16"):
                part = np.rint(part * 32767).astype(np.int16)
            samples = np.ascontiguousarray(part)
            frame = av.AudioFrame.from_ndarray(samples, format=kind, layout=layout)
            frame.sample_rate, frame.pts = RATE, at
            for packet in stream.encode(frame):
                container.mux(packet)
        for packet in stream.encode(None):
            container.mux(packet)
    return path


def tone(seconds: float, channels: int = 1, rate: int = RATE, hertz: float = 1000.0) -> Sound:
    one = 0.25 * np.sin(2 * np.pi * hertz * np.arange(round(seconds * rate)) / rate)
    return np.repeat(one[:, None], channels, axis=1).astype(np.float32)


def hiss(seconds: float, seed: int = 1) -> Sound:
    rng = np.random.default_rng(seed)
    return (0.1 * rng.standard_normal((round(seconds * RATE), 2))).astype(np.float32)


def bed_of(path: Path) -> Bed:
    return Bed.open(find_sound(str(path), None))


# The built-in sounds


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
def test_a_bed_has_its_loudness(name: str, loop_of: Callable[[str], Sound]) -> None:
    loop = loop_of(name)
    assert integrated_loudness(loop, circular=True) == pytest.approx(-23.0, abs=0.05)
    assert meters.measure(loop).integrated == pytest.approx(-23.0, abs=0.15)
    assert true_peak(loop) < -6.0
    assert find_sound(name, None).loudness == -23.0


@pytest.mark.parametrize("name", BEDS)
def test_a_bed_has_no_seam(name: str, loop_of: Callable[[str], Sound]) -> None:
    assert click_at(loop_of(name), 0) < 0.0


def test_a_seam_would_be_found(loop_of: Callable[[str], Sound]) -> None:
    info = find_sound("drone", None)
    assert info.frames is not None
    # Cut from the decoded file and put end to end: the error of the encoder jumps.
    raw = loops.gather(loops.cut(decode.decode(info.path), info.start, info.frames), info.frames)
    assert click_at(raw, 0) > 10.0
    assert np.abs(raw - loop_of("drone"))[: -soundbank._SEAM].max() < 1 / 32768
    assert click_at(loop_of("ocean")[:-441], 0) > click_at(loop_of("ocean"), 0)


@pytest.mark.parametrize(("name", "reach"), [("ocean", 3.0), ("rain", 1.0), ("drone", 2.0)])
def test_a_bed_is_even(name: str, reach: float, loop_of: Callable[[str], Sound]) -> None:
    assert np.abs(short_term(loop_of(name))).max() < reach


def test_the_ocean_moves_but_never_stops(loop_of: Callable[[str], Sound]) -> None:
    assert np.ptp(short_term(loop_of("ocean"))) > 3.0
    assert short_term(loop_of("ocean"), 0.1).min() > -6.0


@pytest.mark.parametrize("name", BEDS)
def test_a_bed_survives_mono_and_a_phone(name: str, loop_of: Callable[[str], Sound]) -> None:
    loop = loop_of(name)[: 30 * RATE]
    mono = np.repeat(loop.mean(axis=1, keepdims=True), 2, axis=1)
    full, folded = (integrated_loudness(sound) for sound in (loop, mono))
    phone = integrated_loudness(highpass(mono, 400.0))
    assert full - folded < 1.0
    assert full - phone < 7.0
    assert np.asarray(np.corrcoef(loop.T))[0, 1] < 0.8, "it is not wide"


@pytest.mark.parametrize("name", BEDS)
def test_a_bed_leaves_room_for_speech(name: str, loop_of: Callable[[str], Sound]) -> None:
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


def test_a_damaged_bank_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(soundbank, "data_folder", lambda kind: tmp_path)
    with pytest.raises(SoundError, match="install audiocoach again"):
        sounds()
    for name in ("sounds.json", "drone.mp3", "bell.mp3"):
        data = (data_folder("sounds") / name).read_bytes()
        (tmp_path / name).write_bytes(data if name == "sounds.json" else data[: len(data) // 2])
    with pytest.raises(SoundError, match=r"drone.*install audiocoach again"):
        Bed.open(find_sound("drone", None)).read(80 * RATE)
    with pytest.raises(SoundError, match=r"bell.*install audiocoach again"):
        load_mark(find_sound("bell", None))


# Reading


def test_a_bed_goes_round_and_round(loop_of: Callable[[str], Sound]) -> None:
    loop = loop_of("rain")
    bed = Bed.open(find_sound("rain", None))
    at = 0
    while at < 2.5 * len(loop):
        count = 100_003
        expected = loop[np.arange(at, at + count) % len(loop)]
        assert np.array_equal(bed.read(count), expected), f"from {at} on"
        at += count
    assert bed.position == at % len(loop)


def test_a_read_may_be_longer_than_the_loop(tmp_path: Path) -> None:
    bed = bed_of(write_wav(tmp_path / "a.wav", hiss(2)))
    long = bed.read(10 * RATE)
    assert np.array_equal(long[: RATE // 2], long[bed.frames : bed.frames + RATE // 2])


def test_the_first_read_decodes_only_the_beginning() -> None:
    bed = Bed.open(find_sound("ocean", None))
    bed.read(RATE // 4)
    assert bed._decoded < RATE
    assert bed.frames == 84 * RATE, "known before it is decoded"
    assert bed.loudness == -23.0
    assert bed._decoded < RATE


def test_seeking_finds_what_reading_finds(loop_of: Callable[[str], Sound]) -> None:
    loop = loop_of("drone")
    bed = Bed.open(find_sound("drone", None))
    for frame in (5 * RATE, 0, len(loop) - 10, 3 * len(loop) + 77):
        bed.seek(frame)
        assert bed.position == frame % len(loop)
        assert np.array_equal(bed.read(1000), loop[np.arange(frame, frame + 1000) % len(loop)])


def test_energies_are_those_of_the_loop(loop_of: Callable[[str], Sound]) -> None:
    expected = step_energies(hop_energies(loop_of("drone"), circular=True))
    found = Bed.open(find_sound("drone", None)).step_energies(2 * len(expected) + 5)
    assert len(found) == 2 * len(expected) + 5
    # At most 0.01 dB apart: the one is weighted in pieces.
    assert np.allclose(found[: len(expected)], expected, rtol=0.0023)
    assert np.array_equal(found[len(expected) : len(expected) + 5], found[:5])


def test_room_tone_is_barely_there_but_there() -> None:
    bed = room_tone()
    tone = bed.read(9 * RATE)
    assert level(tone) == pytest.approx(-70.0, abs=0.5)
    assert bed.loudness == -23.0, "so that nobody brings it up"
    quiet = np.rint(tone * 10 ** (-13.5 / 20) * 32768)
    assert np.abs(quiet).reshape(-1, RATE // 10 * 2).max(axis=1).min() >= 2
    assert soundbank.open_bed("none", None).frames == bed.frames


# Files of one's own


@pytest.mark.parametrize(
    ("channels", "rate", "width"),
    [
        (1, 44_100, 2),
        (2, 44_100, 1),
        (2, 48_000, 3),
        (8, 44_100, 2),
        (1, 192_000, 4),
        (1, 8_000, 2),
    ],
)
def test_files_of_every_shape_are_read(
    tmp_path: Path, channels: int, rate: int, width: int
) -> None:
    bed = bed_of(write_wav(tmp_path / "a.wav", tone(8, channels, rate), rate, width))
    sound = bed.read(bed.frames)
    assert len(sound) == pytest.approx(6 * RATE, abs=10), "8 s less the crossfade of a quarter"
    inside = sound[RATE : 3 * RATE]
    assert level(inside) == pytest.approx(20 * np.log10(0.25 / np.sqrt(2)), abs=0.2)
    assert np.allclose(inside[:, 0], inside[:, 1])
    spectrum = np.abs(np.fft.rfft(inside[:, 0]))
    assert np.argmax(spectrum) == 2000, "1 kHz in a window of 2 s"


def test_resampling_leaves_no_image(tmp_path: Path) -> None:
    both = tone(8, 1, 192_000, 1000.0) + tone(8, 1, 192_000, 60_000.0)
    sound = bed_of(write_wav(tmp_path / "a.wav", both, 192_000)).read(3 * RATE)
    spectrum = np.abs(np.fft.rfft(sound[RATE:, 0] * np.hanning(2 * RATE)))
    spectrum[1990:2011] = 0
    assert 20 * np.log10(spectrum.max() / (0.25 * RATE / 2)) < -90.0


@pytest.mark.parametrize(
    ("name", "codec"),
    [("a.flac", "flac"), ("a.m4a", "aac"), ("a.mka", "pcm_f32le"), ("a.mp2", "mp2")],
)
def test_other_formats_are_read(tmp_path: Path, name: str, codec: str) -> None:
    bed = bed_of(write_file(tmp_path / name, codec, "stereo", tone(6, 2)))
    inside = bed.read(4 * RATE)[RATE : 3 * RATE]
    assert level(inside) == pytest.approx(20 * np.log10(0.25 / np.sqrt(2)), abs=0.3)


def test_surround_is_folded_down_by_place(tmp_path: Path) -> None:
    sound = np.zeros((6 * RATE, 6), dtype=np.float32)
    for channel, hertz in enumerate((400, 600, 800, 1000, 1200, 1400)):
        sound[:, channel] = tone(6, 1, RATE, hertz)[:, 0]
    path = write_file(tmp_path / "a.wav", "pcm_s16le", "5.1", sound)
    inside = bed_of(path).read(2 * RATE)[RATE:]
    spectrum = np.abs(np.fft.rfft(inside, axis=0)) / (0.25 * RATE / 2)
    left, right = spectrum[[400, 600, 800, 1000, 1200, 1400]].T
    front = 1 / (1 + 2 * 0.5**0.5)
    side = front * 0.5**0.5
    # FL, FR, FC, LFE, BL, BR
    assert left == pytest.approx([front, 0, side, 0, side, 0], abs=0.002)
    assert right == pytest.approx([0, front, side, 0, 0, side], abs=0.002)


def test_a_file_is_looped_with_equal_power(tmp_path: Path) -> None:
    bed = bed_of(write_wav(tmp_path / "a.wav", hiss(30)))
    assert bed.frames == 27 * RATE
    loop = bed.read(bed.frames)
    windows = [level(part) for part in np.array_split(loop, 54)]
    assert max(windows) - min(windows) < 0.5
    assert click_at(loop, 0) < 0.0
    assert click_at(loop, 24 * RATE) < 0.0
    assert bed.loudness == pytest.approx(integrated_loudness(loop, circular=True), abs=0.02)


def test_a_file_is_looped_without_a_click(tmp_path: Path) -> None:
    bed = bed_of(write_wav(tmp_path / "a.wav", tone(20, 2, RATE, 441.3)))
    loop = bed.read(bed.frames)
    bends = np.abs(np.diff(np.concatenate([loop, loop[:2]]), n=2, axis=0)).max(axis=1)
    assert bends[-3:].max() <= 1.05 * bends[:-3].max()


def test_silence_around_a_sound_is_left_out(tmp_path: Path) -> None:
    silence = np.zeros((3 * RATE, 2), dtype=np.float32)
    gap = np.zeros((RATE, 2), dtype=np.float32)
    sound = np.concatenate([silence, hiss(8), gap, hiss(8, 2), silence])
    bed = bed_of(write_wav(tmp_path / "a.wav", sound))
    assert bed.frames == 17 * RATE - loops.CROSSFADE


def damaged_mp3() -> bytes:
    data = bytearray((data_folder("sounds") / "bowl.mp3").read_bytes())
    data[3000:-3000] = np.random.default_rng(3).bytes(len(data) - 6000)
    return bytes(data)


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("empty.wav", b""),
        ("text.mp3", b"no sound at all\n" * 500),
        ("random.mp3", np.random.default_rng(1).bytes(300_000)),
        ("random.wav", np.random.default_rng(1).bytes(300_000)),
        ("script.md", b"# A chapter\n\nSome words. [5s]\n"),
        ("picture.png", b"\x89PNG\r\n\x1a\n" + bytes(100)),
        ("damaged.mp3", damaged_mp3()),
    ],
)
def test_what_is_no_sound_is_one_clear_error(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], name: str, data: bytes
) -> None:
    (tmp_path / name).write_bytes(data)
    info = find_sound(name, tmp_path)
    for use in (lambda: Bed.open(info).loudness, lambda: load_mark(info)):
        with pytest.raises(SoundError, match=name):
            use()
    assert capfd.readouterr() == ("", "")


def test_a_wav_of_nothing_and_one_of_silence_are_errors(tmp_path: Path) -> None:
    for sound in (tone(0, 2), np.zeros((3 * RATE, 2), dtype=np.float32), tone(0.3, 2)):
        path = write_wav(tmp_path / "a.wav", sound)
        with pytest.raises(SoundError, match=r"a\.wav"):
            bed_of(path).read(100)


def test_a_bed_that_is_too_quiet_is_an_error(tmp_path: Path) -> None:
    path = write_wav(tmp_path / "a.wav", hiss(5) / 300)
    with pytest.raises(SoundError, match="too quiet"):
        _ = bed_of(path).loudness


def test_an_error_in_a_file_stays_one(tmp_path: Path) -> None:
    path = tmp_path / "a.mp3"
    data = bytearray((data_folder("sounds") / "ocean.mp3").read_bytes())
    data[400_000:] = np.random.default_rng(3).bytes(len(data) - 400_000)
    path.write_bytes(data)
    bed = bed_of(path)
    bed.read(RATE)
    for _ in range(2):
        with pytest.raises(SoundError, match="damaged"):
            bed.read(100 * RATE)


def test_a_folder_is_no_sound(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError):
        find_sound(str(tmp_path), None)


def test_too_many_channels_are_refused(tmp_path: Path) -> None:
    with pytest.raises(SoundError, match="16 channels"):
        bed_of(write_wav(tmp_path / "a.wav", tone(2, 16))).read(10)


def test_a_file_that_lasts_for_ever_is_refused_at_once(tmp_path: Path) -> None:
    path = write_wav(tmp_path / "a.wav", tone(1, 1, 2000), 2000, 1)
    data = 7 * 3600 * 2000
    with path.open("r+b") as file:
        head = bytearray(file.read(44))
        head[4:8], head[40:44] = (data + 36).to_bytes(4, "little"), data.to_bytes(4, "little")
        file.seek(0)
        file.write(head)
        file.truncate(44 + data)
    with pytest.raises(SoundError, match=r"7:00:00 long.*6 h at most"):
        bed_of(path).read(10)


def test_a_file_that_decodes_to_too_much_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(decode, "LARGEST", 5 * RATE)
    path = write_wav(tmp_path / "a.wav", tone(6, 2))
    with pytest.raises(SoundError, match="too long; a sound may last 0:05"):
        bed_of(path).read(10)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.ffconcat", "ffconcat version 1.0\nfile 'secret.wav'\n"),
        ("a.m3u8", "#EXTM3U\n#EXT-X-TARGETDURATION:5\n#EXTINF:5,\nsecret.ts\n#EXT-X-ENDLIST\n"),
    ],
)
def test_a_playlist_cannot_reach_another_file(tmp_path: Path, name: str, text: str) -> None:
    write_wav(tmp_path / "secret.wav", tone(5, 2))
    write_file(tmp_path / "secret.ts", "mp2", "stereo", tone(1, 2))
    (tmp_path / name).write_text(text)
    with av.open(str(tmp_path / name)) as container:
        assert container.streams.audio, "it would work"
    with pytest.raises(SoundError):
        bed_of(tmp_path / name).read(10)


def test_a_mark_of_ones_own_has_the_level_of_the_others(tmp_path: Path) -> None:
    silence = np.zeros((RATE, 2), dtype=np.float32)
    sound = np.concatenate([silence, tone(2, 2), silence])
    mark = load_mark(find_sound("a.wav", write_wav(tmp_path / "a.wav", sound).parent))
    assert len(mark) == pytest.approx(2 * RATE, abs=100)
    assert loudest_moment(mark) == pytest.approx(-23.0, abs=0.05)
    assert np.abs(mark[[0, -1]]).max() < 0.001


def test_a_click_of_a_mark_is_not_blown_up(tmp_path: Path) -> None:
    sound = np.zeros((RATE, 2), dtype=np.float32)
    sound[1000:1100] = 0.1
    mark = load_mark(find_sound(str(write_wav(tmp_path / "a.wav", sound)), None))
    assert np.abs(mark).max() <= 0.502


def test_a_mark_may_not_last_for_ever(tmp_path: Path) -> None:
    with pytest.raises(SoundError, match="too long for a mark; it may last 1:00"):
        load_mark(find_sound(str(write_wav(tmp_path / "a.wav", tone(61))), None))


def test_a_bed_is_no_mark_and_a_mark_no_bed() -> None:
    with pytest.raises(NotFoundError, match="bell, bowl"):
        load_mark(find_sound("ocean", None))
    with pytest.raises(NotFoundError, match="ocean, rain, drone"):
        Bed.open(find_sound("bell", None))


# Finding


def test_a_name_of_the_bank_comes_first(tmp_path: Path) -> None:
    (tmp_path / "ocean").write_bytes(b"x")
    assert find_sound("ocean", tmp_path).kind == "bed"


def test_a_file_is_found_beside_the_script_and_below(tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "gong.wav").write_bytes(b"x")
    info = find_sound("deep/gong.wav", tmp_path)
    assert (info.kind, info.name) == ("file", "deep/gong.wav")
    assert info.path == (tmp_path / "deep" / "gong.wav").resolve()


@pytest.mark.parametrize(
    "name", ["../secret.wav", "{base}/../secret.wav", "link.wav", "up/secret.wav"]
)
def test_nothing_outside_the_folder_of_a_script_is_found(tmp_path: Path, name: str) -> None:
    base = tmp_path / "scripts"
    base.mkdir()
    (tmp_path / "secret.wav").write_bytes(b"x")
    (base / "link.wav").symlink_to(tmp_path / "secret.wav")
    (base / "up").symlink_to(tmp_path)
    with pytest.raises(NotFoundError, match="outside the folder of the script"):
        find_sound(name.format(base=base), base)
    assert find_sound(str(tmp_path / "secret.wav"), None).kind == "file"


def test_a_link_inside_the_folder_is_followed(tmp_path: Path) -> None:
    (tmp_path / "a.wav").write_bytes(b"x")
    (tmp_path / "b.wav").symlink_to("a.wav")
    assert find_sound("b.wav", tmp_path).path == (tmp_path / "a.wav").resolve()


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("ocaen", 'did you mean "ocean"'),
        ("xyzzy", "there is ocean, rain"),
        ("gnog.wav", 'did you mean "gong.wav"'),
        ("sub/gong.wav", "no sound file"),
        ("loop.wav", "no sound file"),
        ("nul\0.wav", "no sound file"),
        ("a" * 5000 + ".wav", "no sound file"),
        ("", "no sound is called"),
        (".", "no sound is called"),
    ],
)
@pytest.mark.parametrize("from_script", [True, False])
def test_what_is_not_there_is_named_with_the_nearest(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    message: str,
    from_script: bool,
) -> None:
    (tmp_path / "gong.wav").write_bytes(b"x")
    (tmp_path / "loop.wav").symlink_to("loop.wav")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(NotFoundError, match=message):
        find_sound(name, tmp_path if from_script else None)
