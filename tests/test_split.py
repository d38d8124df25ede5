"""A routine in several files: chapters that join without a gap, stems that add up."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

import av
import meters
import mutagen
import numpy as np
import pytest
from click.testing import CliRunner
from exporting import SCRIPT, export
from hypothesis import given, settings
from hypothesis import strategies as st

from audiocoach.cli import cli
from audiocoach.errors import OutputError, SpeechError
from audiocoach.sinks.files import WholeFiles, whole_files
from audiocoach.sinks.split import file_name, playlist
from audiocoach.testing import ToneVoice
from audiocoach.units import ms_to_frames


@pytest.mark.parametrize(("suffix", "least_db"), [("wav", 200), ("flac", 200), ("mp3", 18)])
def test_the_chapters_joined_are_the_whole(tmp_path: Path, suffix: str, least_db: float) -> None:
    whole = meters.decode(export(tmp_path, f"ruhe.{suffix}").path)
    parts = export(tmp_path, f"ruhe.{suffix}", split=True)
    sounds = [meters.decode(path) for path in parts.files]
    assert [len(sound) for sound in sounds] == [
        ms_to_frames(chapter.end) - ms_to_frames(chapter.start)
        for chapter in parts.timeline.chapters
    ]
    joined = np.concatenate(sounds)
    error = float(np.mean((joined - whole) ** 2))
    assert 10 * np.log10(np.mean(whole**2) / max(error, 1e-30)) > least_db
    for chapter in parts.timeline.chapters[1:]:
        seam = slice(ms_to_frames(chapter.start) - 200, ms_to_frames(chapter.start) + 200)
        assert np.abs(joined[seam] - whole[seam]).max() < 0.03


def test_the_files_are_numbered_tagged_and_listed(tmp_path: Path) -> None:
    done = export(tmp_path, "ruhe.mp3", split=True)
    names = [path.name for path in done.files]
    assert names[0] == "ruhe 01 Ankommen.mp3"
    assert names[1].startswith("ruhe 02 He said “go” & stop b ; 🎧")
    assert names == sorted(names)
    assert not (tmp_path / "ruhe.mp3").exists()
    for number, (path, chapter) in enumerate(
        zip(done.files, done.timeline.chapters, strict=True), 1
    ):
        tags = mutagen.File(path)
        assert str(tags["TRCK"]) == f"{number}/3"
        assert str(tags["TIT2"]) == chapter.title
        assert str(tags["TALB"]) == done.routine.title
        assert int(str(tags["TLEN"])) == chapter.end - chapter.start
        assert tags.tags.getall("CHAP") == []
        said = [
            (cue.cue.text, cue.start - chapter.start)
            for cue in done.timeline.cues
            if chapter.start <= cue.start < chapter.end
        ]
        assert [(text.strip(), at) for text, at in tags.tags.getall("SYLT")[0].text] == said
    gains = {str(mutagen.File(path)["TXXX:REPLAYGAIN_TRACK_GAIN"]) for path in done.files}
    assert len(gains) == 1
    assert done.path.name == "ruhe.m3u8"
    lines = done.path.read_text(encoding="utf-8").splitlines()
    assert lines[:2] == ["#EXTM3U", f"#PLAYLIST:{done.routine.title}"]
    assert lines[3::2] == names
    lengths = [float(line.partition(":")[2].partition(",")[0]) for line in lines[2::2]]
    assert sum(lengths) == pytest.approx(done.timeline.length / 1000)


@pytest.mark.parametrize("suffix", ["m4a", "opus", "ogg"])
def test_other_formats_split_too(tmp_path: Path, suffix: str) -> None:
    done = export(tmp_path, f"ruhe.{suffix}", split=True)
    tags = mutagen.File(done.files[1])
    number = tags["trkn"][0] if suffix == "m4a" else (int(tags["tracknumber"][0]), 3)
    assert number == (2, 3)
    with av.open(str(done.files[1]), "r") as container:
        assert container.chapters() == []
        chapter = done.timeline.chapters[1]
        assert float(container.duration or 0) / 1e6 == pytest.approx(
            (chapter.end - chapter.start) / 1000, abs=0.03
        )


@pytest.mark.parametrize("options", [{"split": True}, {"apart": True}])
def test_one_missing_cue_leaves_none_of_the_files(tmp_path: Path, options: dict[str, Any]) -> None:
    voice = ToneVoice(fails=["Noch ein letztes Mal."])
    with pytest.raises(SpeechError):
        export(tmp_path, "ruhe.mp3", voice=voice, **options)
    assert {path.name for path in tmp_path.iterdir()} == {"ruhe.md", "cache"}


def test_a_routine_with_hundreds_of_chapters_needs_few_open_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    most = 0
    whole = WholeFiles.open

    def watched(self: WholeFiles, path: Path) -> object:
        nonlocal most
        file = whole(self, path)
        most = max(most, sum(not part[0].closed for part in self._parts))
        return file

    monkeypatch.setattr(WholeFiles, "open", watched)
    script = "".join(f"# Kapitel {at}\n\nEins. [100ms]\n\n" for at in range(120))
    done = export(tmp_path, "viele.wav", script, split=True)
    assert len(done.files) == 120
    assert done.files[0].name == "viele 001 Kapitel 0.wav"
    assert most <= 18


def test_the_stems_add_up_to_the_mix(tmp_path: Path) -> None:
    """Within the dither and the rounding of three files, wherever nothing is limited."""
    done = export(tmp_path, "ruhe.wav", apart=True)
    assert [path.name for path in done.files] == ["ruhe.wav", "ruhe.voice.wav", "ruhe.bed.wav"]
    mix, voice, bed = (meters.decode(path) for path in done.files)
    assert len(mix) == len(voice) == len(bed)
    error = np.abs(mix - (voice + bed)) * 32_768
    quiet = np.abs(voice).max(axis=1) < 0.5
    assert quiet.mean() > 0.9
    assert error[quiet].max() <= 2.5
    for cue in done.timeline.cues:
        span = slice(ms_to_frames(cue.start), ms_to_frames(cue.end))
        assert meters.measure(voice[span]).integrated > -30
        assert meters.measure(bed[span]).integrated < -30
    first = ms_to_frames(done.timeline.cues[-1].end) + 1_000
    assert np.abs(voice[first:]).max() * 32_768 <= 1
    assert np.abs(bed[first : first + 44_100]).max() * 32_768 > 100
    bell = done.timeline.sounds[0]
    span = slice(ms_to_frames(bell.start), ms_to_frames(bell.start) + 20_000)
    assert meters.measure(bed[span]).integrated > -30


def test_stems_say_which_they_are(tmp_path: Path) -> None:
    done = export(tmp_path, "ruhe.mp3", apart=True)
    titles = [str(mutagen.File(path)["TIT2"]) for path in done.files]
    title = done.routine.title
    assert titles == [title, f"{title} (voice)", f"{title} (bed)"]


def test_stems_and_split_exclude_each_other(tmp_path: Path) -> None:
    result = CliRunner().invoke(
        cli, ["export", "breathing-pause", "--stems", "--split", "chapters"]
    )
    assert result.exit_code == 2
    assert "give --stems or --split, not both" in result.output


def test_files_take_their_names_together(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a").write_bytes(b"old")

    def full(_handle: int) -> None:
        raise OSError(28, "No space left on device")

    def write_both() -> None:
        with whole_files() as files:
            files.open(tmp_path / "a").write(b"new")
            files.open(tmp_path / "b").write(b"new")
            monkeypatch.setattr(os, "fsync", full)

    with pytest.raises(OutputError, match="No space left on device"):
        write_both()
    assert [path.name for path in tmp_path.iterdir()] == ["a"]
    assert (tmp_path / "a").read_bytes() == b"old"


@settings(max_examples=150)
@given(st.text(max_size=200))
def test_any_title_makes_a_name_that_every_system_takes(title: str) -> None:
    name = file_name("ruhe 01", title, "mp3")
    assert name.startswith("ruhe 01")
    assert name.endswith(".mp3")
    assert not re.search(r'[<>:"/\\|?*\x00-\x1f]', name)
    assert not name.removesuffix(".mp3").endswith((" ", "."))
    assert len(name.encode("utf-8", "replace")) < 200


def test_a_playlist_takes_names_that_look_like_something_else() -> None:
    told = playlist("t", [(Path("#1 a.mp3"), "a", 1_500), (Path("b.mp3"), "b, c", 2)])
    assert told.splitlines()[2:] == ["#EXTINF:1.500,a", "./#1 a.mp3", "#EXTINF:0.002,b, c", "b.mp3"]


def test_the_command_tells_where_the_files_are(tmp_path: Path) -> None:
    source = tmp_path / "ruhe.md"
    source.write_text(SCRIPT, encoding="utf-8")
    result = CliRunner().invoke(
        cli, ["export", str(source), "-o", str(tmp_path / "x"), "--format", "wma"]
    )
    assert result.exit_code == 2
    assert "'mp3', 'm4a', 'm4b', 'opus', 'ogg', 'flac', 'wav'" in result.output
