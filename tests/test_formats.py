"""Every format, read back by other readers than the project's own."""

from __future__ import annotations

import contextlib
import json
import shutil
import subprocess
from pathlib import Path

import av
import meters
import mutagen
import mutagen.flac
import mutagen.mp4
import numpy as np
import pytest
from exporting import NASTY, Small, export

from audiocoach import embedded
from audiocoach.cli.export import BITRATES
from audiocoach.cli.export import FORMATS as NAMES
from audiocoach.errors import OutputError, SoundError, SpeechError
from audiocoach.segments import segment
from audiocoach.sinks.about import DATE, About, Span
from audiocoach.sinks.formats import FORMATS, find
from audiocoach.testing import ToneVoice
from audiocoach.units import RATE, db_to_gain, ms_to_frames

LOSSLESS = ("flac", "wav")
KINDS = [name for name in FORMATS if name != "m4b"]
"""Without the one that differs in two bytes and a tag."""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Small]:
    folder = tmp_path_factory.mktemp("formats")
    return {name: export(folder, f"out.{name}") for name in FORMATS}


def decode(path: Path) -> np.ndarray:
    """At 44.1 kHz, whatever the file has."""
    with av.open(str(path), "r") as container:
        resampler = av.AudioResampler(format="fltp", layout="stereo", rate=RATE)
        frames = [*container.decode(audio=0), None]
        parts = [part.to_ndarray() for frame in frames for part in resampler.resample(frame)]
    return np.concatenate(parts, axis=1).T


def sound(frames: int, seed: int = 3) -> np.ndarray:
    rng = np.random.default_rng(seed)
    at = np.arange(frames) / RATE
    wave = 0.2 * np.sin(2 * np.pi * 330 * at * (1 + 0.1 * at)) + 0.02 * rng.standard_normal(frames)
    return np.stack([wave, 0.7 * wave], axis=1).astype(np.float32)


def written(path: Path, samples: np.ndarray, about: About, bitrate: int | None = None) -> Path:
    form = find(path)
    bitrate = form.checked(bitrate)
    with path.open("w+b") as file:
        sink = form.make(file, about, bitrate)
        for at in range(0, len(samples), 10_000):
            scale = 32767 * db_to_gain(form.gain(bitrate))
            sink.write(segment(samples[at : at + 10_000], scale))
        sink.close()
    return path


def blank(frames: int, **changed: object) -> About:
    fields = {
        "title": "t",
        "album": "a",
        "summary": "",
        "language": "eng",
        "length": frames * 1000 // RATE,
        "date": DATE,
        "chapters": (),
        "cues": (),
    }
    return About(**(fields | changed))  # type: ignore[arg-type]


def test_the_command_line_knows_the_formats() -> None:
    assert tuple(FORMATS) == NAMES
    assert {rate for form in FORMATS.values() for rate in form.bitrates} == set(BITRATES)


@pytest.mark.parametrize("name", KINDS)
@pytest.mark.parametrize("frames", [RATE, 46_080, RATE + 17])
def test_a_file_lasts_exactly_as_long_as_what_was_written(
    tmp_path: Path, name: str, frames: int
) -> None:
    path = written(tmp_path / f"a.{name}", sound(frames), blank(frames))
    if name in ("m4a", "m4b"):
        # FFmpeg passes over where an edit list ends; players of films and of Apple do not.
        data = path.read_bytes()
        at = data.index(b"elst")
        assert data[at + 4 : at + 20] == bytes(7) + b"\1" + frames.to_bytes(4, "big") + (
            1024
        ).to_bytes(4, "big")
        assert frames <= len(meters.decode(path)) < frames + 1024
    elif name == "opus":
        assert len(meters.decode(path)) == -(-frames * 48_000 // RATE)
    else:
        assert len(meters.decode(path)) == frames


@pytest.mark.parametrize(("name", "least_db"), [("m4a", 10), ("opus", 10), ("ogg", 20)])
def test_the_sound_is_in_its_place(tmp_path: Path, name: str, least_db: float) -> None:
    """A shift by a millisecond would leave no likeness at all."""
    samples = sound(4 * RATE)
    decoded = decode(written(tmp_path / f"a.{name}", samples, blank(len(samples))))
    middle = slice(RATE, 3 * RATE)
    error = decoded[middle] - samples[middle]
    assert 10 * np.log10(np.mean(samples[middle] ** 2) / np.mean(error**2)) > least_db
    shifted = decoded[RATE + 44 : 3 * RATE + 44] - samples[middle]
    assert 10 * np.log10(np.mean(samples[middle] ** 2) / np.mean(shifted**2)) < 3


@pytest.mark.parametrize("name", LOSSLESS)
def test_what_is_lossless_loses_nothing(made: dict[str, Small], name: str) -> None:
    assert np.array_equal(decode(made[name].path), decode(made["wav"].path))
    assert len(decode(made[name].path)) == ms_to_frames(made[name].timeline.length)


@pytest.mark.parametrize("name", KINDS)
def test_loudness_and_peak_hold_after_each_decoder(made: dict[str, Small], name: str) -> None:
    measured = meters.measure(decode(made[name].path))
    lossless = meters.measure(decode(made["wav"].path))
    assert measured.true_peak <= -1.0
    assert measured.integrated == pytest.approx(lossless.integrated, abs=0.2)


@pytest.mark.parametrize(
    ("name", "bitrate"), [("mp3", 64), ("m4a", 64), ("m4a", 96), ("opus", 32), ("opus", 64)]
)
def test_peaks_hold_at_low_bit_rates(tmp_path: Path, name: str, bitrate: int) -> None:
    done = export(tmp_path, f"a.{name}", bitrate=bitrate)
    assert meters.measure(decode(done.path)).true_peak <= -1.0
    seconds = done.timeline.length / 1000
    kbits = (done.path.stat().st_size - 60_000) * 8 / 1000 / seconds
    assert 0.5 * bitrate < kbits < 1.6 * bitrate


@pytest.mark.parametrize(("name", "bitrate"), [("mp3", 100), ("m4a", 32), ("opus", 320)])
def test_a_bit_rate_that_is_none_is_refused(tmp_path: Path, name: str, bitrate: int) -> None:
    with pytest.raises(OutputError, match=rf"no bit rate of {bitrate} kbit/s for \.{name}; there"):
        export(tmp_path, f"a.{name}", bitrate=bitrate)
    assert not list(tmp_path.glob("*a.*"))


@pytest.mark.parametrize("name", ["ogg", "flac", "wav"])
def test_a_bit_rate_where_there_is_no_choice_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(OutputError, match="it has no choice of bit rates"):
        export(tmp_path, f"a.{name}", bitrate=128)


@pytest.mark.parametrize("name", KINDS)
def test_the_same_input_gives_the_same_bytes(
    made: dict[str, Small], tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At another time, in another folder, on a machine of another name."""
    first = made[name].path.read_bytes()
    monkeypatch.setattr("time.time", lambda: 2_000_000_000.0)
    monkeypatch.setenv("HOSTNAME", "elsewhere")
    again = export(tmp_path / "other folder", f"second.{name}").path.read_bytes()
    assert again == first
    for secret in (str(made[name].path.parent), "elsewhere", "out.", "pytest"):
        assert secret.encode() not in first


def test_the_date_is_that_of_source_date_epoch(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "86400")
    assert str(mutagen.File(export(tmp_path, "a.mp3").path)["TDRC"]) == "1970-01-02"
    assert mutagen.File(export(tmp_path, "a.flac").path)["date"] == ["1970-01-02"]
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "tomorrow")
    with pytest.raises(OutputError, match='SOURCE_DATE_EPOCH is "tomorrow"'):
        export(tmp_path, "b.mp3")
    assert not (tmp_path / "b.mp3").exists()


@pytest.mark.parametrize("name", FORMATS)
def test_chapters_are_where_the_timeline_has_them(made: dict[str, Small], name: str) -> None:
    """As FFmpeg reads them, and with it mpv and many a player."""
    with av.open(str(made[name].path), "r") as container:
        told = [
            (float(c["start"] * (c["time_base"] or 0)), c["metadata"].get("title"))
            for c in container.chapters()
        ]
    chapters = made[name].timeline.chapters
    assert [title for _, title in told] == [chapter.title for chapter in chapters]
    assert [start for start, _ in told] == pytest.approx(
        [chapter.start / 1000 for chapter in chapters], abs=0.0005
    )


@pytest.mark.parametrize("name", FORMATS)
def test_title_language_and_words_are_there(made: dict[str, Small], name: str) -> None:
    """As mutagen reads them."""
    done = made[name]
    tags = mutagen.File(done.path)
    words = [cue.cue.text for cue in done.timeline.cues]
    names = {
        "id3": ("TIT2", "TLAN", "COMM", "USLT"),
        "mp4": ("\xa9nam", "----:com.apple.iTunes:language", "ldes", "\xa9lyr"),
        "vorbis": ("title", "language", "description", "lyrics"),
    }
    kind = {"mp3": "id3", "wav": "id3", "m4a": "mp4", "m4b": "mp4"}.get(name, "vorbis")

    def told(key: str) -> str:
        found = tags.tags.getall(key)[0] if kind == "id3" else tags[key][0]
        return found.decode() if isinstance(found, bytes) else str(found)

    title, language, summary, lyrics = map(told, names[kind])
    assert title == done.routine.title
    assert NASTY in title
    assert language == "deu"
    assert summary == done.routine.summary.strip()
    assert len(summary) > 800
    assert [line for part in lyrics.split("\n\n") for line in part.splitlines()[1:]] == words
    assert NASTY in lyrics


@pytest.mark.parametrize("name", FORMATS)
def test_the_cover_is_in_it(made: dict[str, Small], name: str) -> None:
    with av.open(str(made[name].path), "r") as container:
        (picture,) = container.streams.video
        assert (picture.width, picture.height) == (1_400, 1_400)
        assert next(container.decode(picture)).to_ndarray(format="rgb24").shape == (1400, 1400, 3)


@pytest.mark.parametrize("name", KINDS)
def test_the_gain_is_told_as_it_is(made: dict[str, Small], name: str) -> None:
    tags = mutagen.File(made[name].path)
    loudness = meters.measure(decode(made[name].path)).integrated
    if name == "opus":
        gain = int(tags["r128_track_gain"][0]) / 256 + 5
        assert "replaygain_track_gain" not in tags
    else:
        key = {
            "mp3": "TXXX:REPLAYGAIN_TRACK_GAIN",
            "wav": "TXXX:REPLAYGAIN_TRACK_GAIN",
            "m4a": "----:com.apple.iTunes:replaygain_track_gain",
        }.get(name, "replaygain_track_gain")
        told = tags[key] if name in ("mp3", "wav") else tags[key][0]
        gain = float((told.decode() if isinstance(told, bytes) else str(told)).split()[0])
    assert gain == pytest.approx(-18 - loudness, abs=0.5)


def test_the_edges_of_m4b_are_those_of_a_book(made: dict[str, Small]) -> None:
    assert made["m4b"].path.read_bytes()[4:12] == b"ftypM4B "
    assert made["m4a"].path.read_bytes()[4:12] == b"ftypM4A "
    assert mutagen.mp4.MP4(made["m4b"].path)["stik"] == [2]
    assert "stik" not in mutagen.mp4.MP4(made["m4a"].path)


def test_an_m4a_plays_while_it_loads(made: dict[str, Small]) -> None:
    data = made["m4a"].path.read_bytes()
    assert 0 < data.index(b"moov") < data.index(b"mdat")
    assert len(mutagen.mp4.MP4(made["m4a"].path).chapters) == 3  # Nero's; FFmpeg reads Apple's


@pytest.mark.parametrize("name", FORMATS)
def test_the_timeline_travels_in_every_format(made: dict[str, Small], name: str) -> None:
    told = embedded.read(made[name].path)
    assert told is not None
    assert [cue.text for cue in told.cues] == [c.cue.text for c in made[name].timeline.cues]


@pytest.mark.parametrize("name", KINDS)
def test_no_chapters_and_no_words_are_no_trouble(tmp_path: Path, name: str) -> None:
    path = written(tmp_path / f"a.{name}", sound(9_000), blank(9_000))
    with av.open(str(path), "r") as container:
        assert container.chapters() == []
    assert mutagen.File(path) is not None


@pytest.mark.parametrize("name", KINDS)
def test_long_texts_are_whole(tmp_path: Path, name: str) -> None:
    """Four thousand characters with quotes, emoji and right-to-left script, and a long title."""
    text = (f"{NASTY} " * 80).strip()
    assert len(text) > 4_000
    cues = (Span(100, 400, text), Span(500, 900, NASTY))
    said = blank(RATE, title=text[:500].strip(), summary=text, cues=cues)
    path = written(tmp_path / f"a.{name}", sound(RATE), said)
    tags = mutagen.File(path)
    found = {
        "mp3": lambda: [tags["TIT2"], tags.tags.getall("COMM")[0], tags.tags.getall("USLT")[0]],
        "wav": lambda: [tags["TIT2"], tags.tags.getall("COMM")[0], tags.tags.getall("USLT")[0]],
        "m4a": lambda: [tags["\xa9nam"][0], tags["ldes"][0], tags["\xa9lyr"][0]],
    }.get(name, lambda: [tags[key][0] for key in ("title", "description", "lyrics")])()
    assert list(map(str, found)) == [said.title, text, f"{text}\n{NASTY}"]


@pytest.mark.parametrize("name", KINDS)
@pytest.mark.parametrize("count", [1, 255, 700])
def test_many_chapters(tmp_path: Path, name: str, count: int) -> None:
    frames = RATE * 2
    edges = [number * 2_000 // count for number in range(count + 1)]
    spans = tuple(Span(edges[at], edges[at + 1], f"Kapitel {at + 1} „ü“") for at in range(count))
    path = written(tmp_path / f"a.{name}", sound(frames), blank(frames, chapters=spans))
    with av.open(str(path), "r") as container:
        told = [chapter["metadata"]["title"] for chapter in container.chapters()]
    assert told == [span.text for span in spans]


@pytest.mark.parametrize("name", KINDS)
def test_a_missing_cue_leaves_no_file(tmp_path: Path, name: str) -> None:
    with pytest.raises(SpeechError):
        export(tmp_path, f"a.{name}", voice=ToneVoice(fails=["Noch ein letztes Mal."]))
    assert {path.name for path in tmp_path.iterdir()} == {"ruhe.md", "cache"}


@pytest.mark.parametrize("name", ["mp3", "m4a", "ogg", "flac"])
def test_a_full_disk_leaves_no_file(
    tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from audiocoach.sinks import files

    class Full:
        """A file on a disk with room for 100 kB."""

        def __init__(self, file: object) -> None:
            self._file = file

        def __getattr__(self, name: str) -> object:
            return getattr(self._file, name)

        def write(self, data: bytes) -> int:
            if self._file.tell() + len(data) > 100_000:  # type: ignore[attr-defined]
                raise OSError(28, "No space left on device")
            return int(self._file.write(data))  # type: ignore[attr-defined]

    whole = files.WholeFiles.open
    monkeypatch.setattr(files.WholeFiles, "open", lambda self, path: Full(whole(self, path)))
    with pytest.raises(OutputError, match="No space left on device"):
        export(tmp_path, f"a.{name}")
    assert {path.name for path in tmp_path.iterdir()} == {"ruhe.md", "cache"}


def test_tags_that_cannot_be_written_leave_no_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_args: object, **_options: object) -> None:
        raise mutagen.MutagenError("no room")

    monkeypatch.setattr(mutagen.mp4.MP4, "save", fail)
    with pytest.raises(OutputError, match=r"the tags cannot be written \(no room\)"):
        export(tmp_path, "a.m4a")
    assert {path.name for path in tmp_path.iterdir()} == {"ruhe.md", "cache"}


@pytest.mark.parametrize("name", ["m4a", "ogg", "flac", "opus"])
def test_a_damaged_file_is_told_or_says_nothing(tmp_path: Path, name: str) -> None:
    told = b'{"format": 1}'
    whole = written(tmp_path / f"a.{name}", sound(9_000), blank(9_000, embedded=told)).read_bytes()
    rng = np.random.default_rng(5)
    path = tmp_path / f"b.{name}"
    for _ in range(150):
        data = bytearray(whole)
        for at in rng.integers(0, min(len(data), 4_000), 4):
            data[at] = rng.integers(0, 256)
        path.write_bytes(data[: rng.integers(1, len(data) + 1)])
        with contextlib.suppress(SoundError):
            embedded.read(path)


def program(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        pytest.skip(f"{name} is not installed here")
    return found


@pytest.mark.parametrize("name", KINDS)
def test_ffprobe_reads_it(made: dict[str, Small], name: str) -> None:
    command = [program("ffprobe"), "-v", "error", "-print_format", "json", "-show_chapters"]
    done = subprocess.run(
        [*command, "-show_format", str(made[name].path)], capture_output=True, check=True
    )
    told = json.loads(done.stdout)
    assert b"rror" not in done.stderr
    assert [c["tags"]["title"] for c in told["chapters"]] == [
        chapter.title for chapter in made[name].timeline.chapters
    ]
    assert float(told["format"]["duration"]) == pytest.approx(
        made[name].timeline.length / 1000, abs=0.06
    )


def test_mp3val_finds_nothing_wrong(made: dict[str, Small]) -> None:
    done = subprocess.run(
        [program("mp3val"), str(made["mp3"].path)], capture_output=True, check=True, text=True
    )
    assert "WARNING" not in done.stdout
    assert "MPEG frames (MPEG 1 Layer III), +ID3v2, CBR" in done.stdout


@pytest.mark.parametrize("name", KINDS)
def test_mpv_lists_the_chapters(made: dict[str, Small], name: str) -> None:
    told = "${media-title}\n" + "".join(
        f"${{chapter-list/{at}/title}} ${{=chapter-list/{at}/time}}\n" for at in range(3)
    )
    command = [program("mpv"), "--no-config", "--ao=null", "--vo=null", "--length=0.1"]
    quiet = ["--msg-level=all=no,term-msg=info", f"--term-playing-msg={told}"]
    done = subprocess.run(
        [*command, *quiet, str(made[name].path)], capture_output=True, check=True, timeout=60
    )
    lines = done.stdout.decode().splitlines()
    assert made[name].routine.title in lines
    for chapter in made[name].timeline.chapters:
        line = next(line for line in lines if line.startswith(chapter.title))
        # mpv counts an MP3 from before the silence that LAME adds: 25 ms.
        assert float(line.rpartition(" ")[2]) == pytest.approx(chapter.start / 1000, abs=0.026)
