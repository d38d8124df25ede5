"""The last look at a file finds what is missing from it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from exporting import KINDS, NASTY, blank, export, sound, written

from audiocoach import __version__, embedded
from audiocoach.embedded import Embedded, EmbeddedChapter, EmbeddedCue
from audiocoach.errors import RenderError
from audiocoach.sinks.about import About, Span, clean
from audiocoach.sinks.check import check
from audiocoach.sinks.mp3 import Mp3Sink
from audiocoach.units import RATE

FRAMES = 3 * RATE


def told(cues: tuple[Span, ...], chapters: tuple[Span, ...]) -> About:
    data = Embedded(
        title="Ruhe",
        language="de-DE",
        preset="phone",
        length_ms=3000,
        chapters=tuple(EmbeddedChapter(each.start, each.end, each.text) for each in chapters),
        cues=tuple(EmbeddedCue(each.start, each.end, each.text) for each in cues),
        program=__version__,
    )
    return blank(FRAMES, chapters=chapters, cues=cues, embedded=embedded.to_json(data))


CHAPTERS = (Span(0, 1000, "Eins"), Span(1000, 3000, clean(NASTY)))
CUES = (Span(100, 700, "Atme ein."), Span(1200, 1900, clean(NASTY)), Span(2000, 2500, "Und aus."))
ABOUT = told(CUES, CHAPTERS)


@pytest.fixture(scope="module", params=KINDS)
def whole(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("whole") / f"ruhe.{request.param}"
    return written(path, sound(FRAMES), ABOUT)


def form(path: Path) -> str:
    return path.suffix[1:]


def test_a_whole_file_is_whole(whole: Path) -> None:
    check(whole, form(whole), ABOUT, FRAMES)


@pytest.mark.parametrize(
    ("about", "what"),
    [
        (told(CUES[:2], CHAPTERS), "cues"),
        (told((*CUES[:2], replace(CUES[2], text="Und jetzt")), CHAPTERS), "cues"),
        (told(CUES, CHAPTERS[:1]), "chapters"),
        (told(CUES, (CHAPTERS[0], replace(CHAPTERS[1], start=1001))), "chapters"),
        (told(CUES, (CHAPTERS[0], replace(CHAPTERS[1], text="Zwei"))), "chapters"),
        (told((*CUES[:2], replace(CUES[2], start=2001)), CHAPTERS), "timeline"),
    ],
)
def test_another_plan_is_found(whole: Path, about: About, what: str) -> None:
    with pytest.raises(RenderError, match=what):
        check(whole, form(whole), about, FRAMES)


@pytest.mark.parametrize("frames", [FRAMES - 1, FRAMES + 1, FRAMES + 1152])
def test_one_sample_too_few_or_too_many_is_found(whole: Path, frames: int) -> None:
    if form(whole) == "opus" and abs(frames - FRAMES) == 1:
        pytest.skip("Opus counts at 48 kHz: one sample of 44.1 kHz is within its rounding")
    with pytest.raises(RenderError, match=r"lasts 3\.000 s instead"):
        check(whole, form(whole), ABOUT, frames)


@pytest.mark.parametrize("kind", KINDS)
def test_a_file_of_half_a_second_is_whole_too(tmp_path: Path, kind: str) -> None:
    frames = RATE // 2
    path = written(tmp_path / f"kurz.{kind}", sound(frames), blank(frames))
    check(path, kind, blank(frames), frames)


@pytest.mark.parametrize("part", [0.5, 0.75, 0.99])
def test_a_file_that_is_cut_is_found(whole: Path, tmp_path: Path, part: float) -> None:
    cut = tmp_path / whole.name
    data = whole.read_bytes()
    cut.write_bytes(data[: int(len(data) * part)])
    with pytest.raises(RenderError, match="not what was planned"):
        check(cut, form(whole), ABOUT, FRAMES, Path("ruhe"))


def test_a_frame_that_is_lost_within_an_mp3_is_found(tmp_path: Path) -> None:
    path = written(tmp_path / "ruhe.mp3", sound(FRAMES), ABOUT)
    data = path.read_bytes()
    size = 144_000 * 128 // RATE
    at = next(
        at
        for at in range(len(data) - 20 * size, len(data))
        if data[at : at + 2] == b"\xff\xfb" and data[at + size : at + size + 2] == b"\xff\xfb"
    )
    path.write_bytes(data[:at] + data[at + size :])
    with pytest.raises(RenderError, match="frames of MP3 instead of"):
        check(path, "mp3", ABOUT, FRAMES)
    path.write_bytes(data + b"more")
    with pytest.raises(RenderError, match="not what was planned"):
        check(path, "mp3", ABOUT, FRAMES)


def test_a_disk_that_swallows_bytes_leaves_no_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    close = Mp3Sink.close

    def swallowing(self: Mp3Sink) -> None:
        close(self)
        self._file.seek(-1, 2)
        self._file.truncate()

    monkeypatch.setattr(Mp3Sink, "close", swallowing)
    with pytest.raises(RenderError, match=r"ruhe\.mp3: what was written is not what was planned"):
        export(tmp_path, "ruhe.mp3")
    assert {path.name for path in tmp_path.iterdir()} == {"ruhe.md", "cache"}
