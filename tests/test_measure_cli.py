"""``audiocoach measure`` as one meets it: what it prints, draws and returns."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree as ET

import planted
import pytest
from click.testing import CliRunner, Result
from planted import Rendered, rendered, write
from waves import hiss, write_wav

from audiocoach.cli import cli
from audiocoach.units import RATE, clock


@pytest.fixture(scope="module")
def clean(tmp_path_factory: pytest.TempPathFactory) -> Rendered:
    return rendered(tmp_path_factory.mktemp("clean"), name="clean.mp3")


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(cli, ["measure", *map(str, arguments)])


def test_a_clean_file_is_told_line_by_line(clean: Rendered) -> None:
    result = run(clean.path)
    assert result.exit_code == 0, result.output
    lines = result.stdout.splitlines()
    assert lines[0] == (
        f"{clean.path}: A short pause, {clock(clean.told.length_ms)}, judged as phone"
    )
    for name in ("loudness ", "true peak", "words over the bed", "clicks", "the bed comes again"):
        assert any(line.strip().startswith(name) and line.endswith(" ok") for line in lines), name
    assert "BROKEN" not in result.stdout


def test_a_broken_bound_is_told_with_its_place_and_the_exit_code_is_1(
    clean: Rendered, tmp_path: Path
) -> None:
    path = write(tmp_path / "planted.mp3", planted.lost_cue(clean), clean.told)
    result = run(path)
    assert result.exit_code == 1
    assert 'broken: 0:21: nobody says what should be said here ("Breathe in,' in result.stdout
    assert [line for line in result.stdout.splitlines() if line.endswith("BROKEN")]


def test_another_preset_judges_otherwise(clean: Rendered) -> None:
    result = run(clean.path, "--preset", "headphones")
    assert result.exit_code == 1
    assert "LU louder than it should be (-1" in result.stdout
    assert "LUFS, not -18.0)" in result.stdout
    result = run(clean.path, "--accessible", "--json")
    assert json.loads(result.stdout)["speech_to_bed"]["bound"] == 18  # 20 but for the guess


def test_all_of_it_as_json(clean: Rendered, tmp_path: Path) -> None:
    path = write(tmp_path / "planted.wav", planted.click(clean), clean.told)
    result = run(path, "--json")
    assert result.exit_code == 1
    told = json.loads(result.stdout)
    assert told["file"] == str(path)
    assert told["passed"] is False
    (broken,) = told["broken"]
    assert broken["check"] == "click"
    assert broken["at"] == pytest.approx(clean.pause() / 1000, abs=0.01)
    assert told["clicks"][0]["at"] == broken["at"]
    assert [cue["text"] for cue in told["cues"]] == [cue.text for cue in clean.told.cues]
    assert told["integrated"] == pytest.approx(-16, abs=0.5)
    assert told["phone"]["speech"] > 0


def test_a_picture_shows_cues_bed_loudness_and_faults(clean: Rendered, tmp_path: Path) -> None:
    path = write(tmp_path / "planted.wav", planted.hole(clean), clean.told)
    drawn = tmp_path / "drawn.svg"
    assert run(path, "--plot", drawn).exit_code == 1
    text = drawn.read_text(encoding="utf-8")
    root = ET.fromstring(text)  # noqa: S314  # our own drawing
    titles = [each.text or "" for each in root.iter("{http://www.w3.org/2000/svg}title")]
    for cue in clean.told.cues:
        assert any(cue.text in title for title in titles)
    assert any("digital silence" in title for title in titles)
    assert any("LU under the words" in title for title in titles)
    assert "bell" in titles
    assert text.count("<polyline") >= 3
    assert "nan" not in text


def test_a_picture_of_a_foreign_file(tmp_path: Path) -> None:
    path = write_wav(tmp_path / "foreign.wav", hiss(2.0))
    assert run(path, "--plot", tmp_path / "drawn.svg").exit_code == 1
    assert "without a timeline" in (tmp_path / "drawn.svg").read_text(encoding="utf-8")
    result = run(path)
    assert "unknown: the file does not tell its timeline" in result.stdout
    assert "louder than it should be" in result.stdout


def test_a_routine_is_exported_and_measured(tmp_path: Path) -> None:
    source = tmp_path / "pause.md"
    source.write_text(planted.SCRIPT.format(bed="rain"), encoding="utf-8")
    result = run(source, "--voice", "pyttsx3", "--json")
    if result.exit_code == 2:
        pytest.skip("no system voice here")
    assert result.exit_code == 0, result.output
    told = json.loads(result.stdout[result.stdout.index("{") :])
    assert told["speech_to_bed"] == {
        "exact": True,
        "least": told["speech_to_bed"]["least"],
        "bound": 18,
    }
    assert all(cue["over_bed"] >= 18 for cue in told["cues"])
    assert {path.name for path in tmp_path.iterdir()} == {"pause.md"}


def test_what_cannot_be_measured_is_said(tmp_path: Path) -> None:
    result = run(tmp_path / "nothing.mp3")
    assert result.exit_code == 2
    assert "no file at" in result.output
    result = run("bakc-massage")
    assert result.exit_code == 2
    assert 'did you mean "back-massage"' in result.output
    (tmp_path / "text.mp3").write_text("no sound at all", encoding="utf-8")
    result = run(tmp_path / "text.mp3")
    assert result.exit_code == 1
    assert "no sound that can be read" in result.output
    sound = write_wav(tmp_path / "a.wav", hiss(1.0)[: RATE // 2])
    assert run(sound, "--plot", tmp_path / "a.gif").exit_code == 2
    assert run(sound, "--preset", "fone").exit_code == 2


def test_a_damaged_timeline_is_said(clean: Rendered, tmp_path: Path) -> None:
    data = clean.path.read_bytes().replace(b'"length_ms":', b'"length_mx":')
    (tmp_path / "damaged.mp3").write_bytes(data)
    result = run(tmp_path / "damaged.mp3")
    assert result.exit_code == 1
    assert "does not say how long it is; export it again" in result.output
