"""What ``show`` writes can be read by what it is written for."""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from click.testing import CliRunner, Result
from hypothesis import given
from hypothesis import strategies as st

from audiocoach import library, listing, picture, render
from audiocoach.cli import cli
from audiocoach.routine import Cue, Place, Sound, Step
from audiocoach.script import load
from audiocoach.timeline import PlacedChapter, PlacedCue, PlacedSound, PlacedStep, Timeline
from audiocoach.units import HOUR

HERE = Place("x.md", 1)
SVG = "{http://www.w3.org/2000/svg}"


def run(*arguments: str) -> Result:
    return CliRunner().invoke(cli, arguments, prog_name="audiocoach")


def massage() -> Timeline:
    return render.estimate(load(library.find_routine("back-massage"), {}))


def of_texts(*texts: str, each: int = 2_000) -> Timeline:
    """A second of silence after each text."""
    cues = tuple(
        PlacedCue(at * (each + 1_000), at * (each + 1_000) + each, Cue(text, text, HERE), 0)
        for at, text in enumerate(texts)
    )
    length = cues[-1].end
    step = PlacedStep(0, length, Step(tuple(cue.cue for cue in cues), None, (), HERE), 0)
    return Timeline(length, (PlacedChapter(0, length, texts[0]),), (step,), cues, (), ())


def subtitles(text: str) -> list[tuple[int, int, str]]:
    """A strict reader: start, end and words of each block, whose numbers are in order."""
    found = []
    assert text.endswith("\n\n")
    for number, block in enumerate(text.removesuffix("\n\n").split("\n\n"), 1):
        head, times, *lines = block.split("\n")
        assert head == str(number)
        match = re.fullmatch(
            r"(\d\d):([0-5]\d):([0-5]\d),(\d{3}) --> (\d\d):([0-5]\d):([0-5]\d),(\d{3})", times
        )
        assert match, times
        numbers = [int(group) for group in match.groups()]
        start, end = (
            ((hours * 60 + minutes) * 60 + seconds) * 1000 + ms
            for hours, minutes, seconds, ms in (numbers[:4], numbers[4:])
        )
        assert lines
        assert all(lines)
        assert "-->" not in "".join(lines)
        found.append((start, end, " ".join(lines)))
    return found


def test_subtitles_are_the_cues() -> None:
    timeline = massage()
    result = run("show", "back-massage", "--format", "srt")
    assert subtitles(result.output) == [(cue.start, cue.end, cue.cue.text) for cue in timeline.cues]


words = st.text(st.characters(exclude_categories=["Z", "C"]), min_size=1, max_size=60)


@given(st.lists(st.lists(words, min_size=1, max_size=9).map(" ".join), min_size=1, max_size=4))
def test_no_text_breaks_subtitles(texts: list[str]) -> None:
    found = subtitles(listing.to_srt(of_texts(*texts)))
    assert [start for start, _, _ in found] == [at * 3_000 for at in range(len(texts))]
    for (_, _, text), wanted in zip(found, texts, strict=True):
        plain = text.replace("\u200b", "").replace("\u2192", "-->")
        assert re.sub(r"\s", "", plain) == re.sub(r"\s", "", wanted.replace("\u2192", "-->"))


def test_what_players_take_for_a_mark_is_none() -> None:
    texts = ("7 00:00:01,000 --> 00:00:02,000 x", "<b>bold</b> and a < b", "{\\an8}up {name}")
    found = [text for _, _, text in subtitles(listing.to_srt(of_texts(*texts)))]
    assert not re.search(r"<[a-zA-Z/]|\{\\", " ".join(found))
    assert "a < b" in found[1]
    assert "{name}" in found[2]


def test_subtitles_go_on_after_hours() -> None:
    timeline = of_texts("a", "b", each=100 * HOUR)
    assert "100:00:01,000 --> 200:00:01,000" in listing.to_srt(timeline)


def test_csv_has_a_row_for_everything() -> None:
    timeline = massage()
    result = run("show", "back-massage", "--format", "csv")
    rows = list(csv.DictReader(io.StringIO(result.output)))
    assert [row["text"] for row in rows if row["kind"] == "cue"] == [
        cue.cue.text for cue in timeline.cues
    ]
    steps = [row for row in rows if row["kind"] == "step"]
    assert [int(row["step"]) for row in steps] == list(range(1, len(timeline.steps) + 1))
    assert [float(row["start"]) for row in rows] == sorted(float(row["start"]) for row in rows)
    assert {row["kind"] for row in rows} == {"chapter", "step", "cue", "sound"}


def tips(root: ET.Element) -> list[str]:
    return [each.text or "" for each in root.iter(f"{SVG}title")]


def test_the_picture_shows_everything_inside_its_frame(tmp_path: Path) -> None:
    target = tmp_path / "a.svg"
    assert run("show", "back-massage", "--plot", str(target)).exit_code == 0
    assert [path.name for path in tmp_path.iterdir()] == ["a.svg"]
    timeline = massage()
    root = ET.fromstring(target.read_text(encoding="utf-8"))  # noqa: S314 - our own
    width, height = float(root.attrib["width"]), float(root.attrib["height"])
    for rect in root.iter(f"{SVG}rect"):
        x, y = float(rect.attrib.get("x", 0)), float(rect.attrib.get("y", 0))
        assert 0 <= x <= x + float(rect.attrib["width"]) <= width
        assert 0 <= y <= y + float(rect.attrib["height"]) <= height
    shown = tips(root)
    assert sum(tip.startswith("step ") for tip in shown) >= len(timeline.steps)
    for cue in timeline.cues:
        assert any(cue.cue.text in tip for tip in shown), cue.cue.text
    written = " ".join(each.text or "" for each in root.iter(f"{SVG}text"))
    assert all(chapter.title in written for chapter in timeline.chapters)


def test_the_bed_sinks_under_words_and_fades_at_both_ends() -> None:
    timeline = massage()
    root = ET.fromstring(picture.draw(timeline, "x"))  # noqa: S314 - our own
    heights = []
    for polygon in root.iter(f"{SVG}polygon"):
        points = [tuple(map(float, each.split(","))) for each in polygon.attrib["points"].split()]
        base = points[0][1]
        heights += [base - y for _, y in points[1:-1]]
    assert heights[0] == heights[-1] == 0
    highest = max(heights)
    ducked = [height for height in heights if height < 0.62 * highest]
    assert 0.3 < len(ducked) / len(heights) < 0.7
    assert min(heights[100:-100]) == pytest.approx(10 ** (-4.5 / 20) * highest, rel=0.02)


@given(st.lists(words, min_size=1, max_size=3), st.integers(1, 3_000_000))
def test_no_text_and_no_length_breaks_the_picture(texts: list[str], each: int) -> None:
    timeline = of_texts(*texts, each=each)
    root = ET.fromstring(picture.draw(timeline, texts[0]))  # noqa: S314 - our own
    assert texts[0] in tips(root)


def test_a_picture_of_very_many_cues_stays_small() -> None:
    assert len(picture.draw(of_texts(*(["word"] * 20_000), each=300), "x")) < 3_000_000


def test_a_sound_at_the_very_end_is_in_the_picture() -> None:
    timeline = of_texts("a", "b")
    sound = PlacedSound(timeline.length, timeline.length, Sound("bell", HERE), 0)
    drawn = picture.draw(
        Timeline(timeline.length, timeline.chapters, timeline.steps, timeline.cues, (sound,), ()),
        "x",
    )
    assert "bell" in tips(ET.fromstring(drawn))[-1]  # noqa: S314 - our own


def test_png_is_the_same_picture_twice_as_large(tmp_path: Path) -> None:
    pytest.importorskip("resvg_py")
    target = tmp_path / "a.png"
    assert run("show", "shoulder-rub", "--plot", str(target)).exit_code == 0
    data = target.read_bytes()
    assert data.startswith(b"\x89PNG\r\n\x1a\n")
    assert int.from_bytes(data[16:20], "big") == 2 * 1_264


def test_png_without_the_extra_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "resvg_py", None)
    result = run("show", "shoulder-rub", "--plot", str(tmp_path / "a.png"))
    assert result.exit_code == 1
    assert "pip install 'audiocoach[picture]'" in result.output
    assert not list(tmp_path.iterdir())


def test_a_picture_of_another_kind_is_refused_before_all_else(tmp_path: Path) -> None:
    result = run("show", "shoulder-rub", "--plot", str(tmp_path / "a.jpg"))
    assert result.exit_code == 2
    assert "must end in .svg or .png" in result.output
