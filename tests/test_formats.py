"""Every format, read back by other readers than the project's own."""

from __future__ import annotations

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
from exporting import KINDS, NASTY, Small, decode, export

from audiocoach import embedded
from audiocoach.cli.export import BITRATES
from audiocoach.cli.export import FORMATS as NAMES
from audiocoach.errors import OutputError, SpeechError
from audiocoach.sinks.formats import FORMATS
from audiocoach.testing import ToneVoice
from audiocoach.units import ms_to_frames

LOSSLESS = ("flac", "wav")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Small]:
    folder = tmp_path_factory.mktemp("formats")
    return {name: export(folder, f"out.{name}") for name in FORMATS}


def test_the_command_line_knows_the_formats() -> None:
    assert tuple(FORMATS) == NAMES
    assert {rate for form in FORMATS.values() for rate in form.bitrates} == set(BITRATES)


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
