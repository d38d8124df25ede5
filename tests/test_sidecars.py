"""Each file that lies beside the sound is read by the rules of its own format."""

from __future__ import annotations

import html.parser
import itertools
import json
import re
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from audiocoach import embedded, library, render, sidecars
from audiocoach.cli import cli
from audiocoach.embedded import Embedded, EmbeddedChapter, EmbeddedCue
from audiocoach.errors import OutputError
from audiocoach.script import load
from audiocoach.sidecars.card import STYLE, STYLE_HASH, to_card
from audiocoach.sidecars.chapters import to_chapters
from audiocoach.sidecars.subtitles import to_lrc, to_srt, to_vtt
from audiocoach.sidecars.transcript import to_transcript
from audiocoach.testing import ToneVoice
from audiocoach.units import HOUR

HOSTILE = (
    'Say "softly", it\'s <script>alert(1)</script> &amp; fine',
    "7 00:00:01,000 --> 00:00:02,000 no",
    "[00:01.00][00:02.00]twice <00:03.00> words",
    "שלום, הרפו את הכתפיים \N{RIGHT-TO-LEFT OVERRIDE}abc",
    "\N{FACE WITH TEARS OF JOY}\N{ZERO WIDTH JOINER}\N{FIRE} " * 20,
    "line\nbreak\r\n\r\nand\N{LINE SEPARATOR}more\tof\N{NEXT LINE}it",
    "# not a *heading* `code` [link](http://x) ![p](y) | ~~a~~ \\ 1. 2. - + >",
    "{\\an8}up </style></title>--><!-- ]]>",
    "x" * 4_000,
    "NOTE this",
    "WEBVTT",
    "STYLE",
    "",
    "   ",
)


def of_texts(*texts: str, title: str = "A", chapters: int = 1) -> Embedded:
    """Two seconds for each text, one second of silence after it."""
    cues = tuple(EmbeddedCue(at * 3_000, at * 3_000 + 2_000, text) for at, text in enumerate(texts))
    length = 3_000 * max(1, len(texts), chapters)
    edges = [length * at // chapters for at in range(chapters + 1)] if chapters else []
    return Embedded(
        title,
        "en-US",
        "phone",
        length,
        tuple(EmbeddedChapter(a, b, f"{title} {a}") for a, b in itertools.pairwise(edges)),
        cues,
    )


def massage() -> Embedded:
    routine = load(library.find_routine("back-massage"), {})
    return embedded.describe(routine, render.estimate(routine))


def flat(text: str) -> str:
    return " ".join(text.split())


# Readers, each as strict as its format


def read_vtt(text: str) -> list[tuple[int, int, str]]:
    """W3C WebVTT, sections 4.1 to 4.3, for files of plain cues."""
    assert not re.search("[\r\x00]", text)
    head, *blocks = text.removesuffix("\n").split("\n\n") if "\n\n" in text else [text.rstrip()]
    assert head == "WEBVTT"
    found = []
    for block in blocks:
        times, *lines = block.split("\n")
        match = re.fullmatch(
            r"(\d{2,}):([0-5]\d):([0-5]\d)\.(\d{3}) --> (\d{2,}):([0-5]\d):([0-5]\d)\.(\d{3})",
            times,
        )
        assert match, times
        hours, minutes, seconds, ms, *end = map(int, match.groups())
        start_ms = ((hours * 60 + minutes) * 60 + seconds) * 1000 + ms
        end_ms = ((end[0] * 60 + end[1]) * 60 + end[2]) * 1000 + end[3]
        assert end_ms > start_ms
        assert lines
        assert all(line.strip() for line in lines)
        payload = " ".join(lines)
        assert "-->" not in payload
        assert "<" not in payload
        assert not re.search(r"&(?!(amp|lt|gt);)", payload)
        plain = payload.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
        found.append((start_ms, end_ms, plain))
    starts = [start for start, _, _ in found]
    assert starts == sorted(starts)
    return found


def read_lrc(text: str) -> tuple[dict[str, str], list[tuple[int, str]]]:
    """Tags, then times in hundredths with words. Any stamp inside words would be one more time."""
    tags: dict[str, str] = {}
    lines = []
    for line in text.split("\n")[:-1]:
        if match := re.fullmatch(r"\[([a-z]+):([^\]]*)\]", line):
            tags[match[1]] = match[2]
            continue
        stamps = re.findall(r"[\[<]\s*(\d+:\d+(?:\.\d+)?)[\]>]", line)
        assert len(stamps) == 1, line
        match = re.fullmatch(r"\[(\d{2,}):([0-5]\d)\.(\d\d)\](.*)", line)
        assert match, line
        at = (int(match[1]) * 60 + int(match[2])) * 100 + int(match[3])
        lines.append((at, match[4]))
    assert [at for at, _ in lines] == sorted(at for at, _ in lines)
    return tags, lines


def check_chapters(document: Any) -> None:
    """JSON Chapters Format 1.2: what is required, types, order."""
    assert document["version"] == "1.2.0"
    assert set(document) <= {"version", "chapters", "author", "title"}
    starts = []
    for chapter in document["chapters"]:
        assert set(chapter) == {"startTime", "endTime", "title"}
        assert isinstance(chapter["title"], str)
        assert 0 <= chapter["startTime"] <= chapter["endTime"]
        starts.append(chapter["startTime"])
    assert starts == sorted(starts)


class Page(html.parser.HTMLParser):
    """What a page has, and that it loads nothing."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.items: list[str] = []
        self.words: list[str] = []
        self.tags: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        for name, _ in attrs:
            assert not name.startswith("on")
            assert name not in {"src", "href", "srcdoc", "style", "action"}
        if tag == "li":
            self.items.append("")

    def handle_data(self, data: str) -> None:
        if self.tags[-1:] == ["li"] and self.items:
            self.items[-1] += data
        if self.tags[-1:] != ["style"]:
            self.words.append(data)

    def handle_endtag(self, tag: str) -> None:
        self.tags.append(f"/{tag}")


ALLOWED_TAGS = {
    *("html", "head", "meta", "title", "style", "body", "header", "h1", "p", "main", "section"),
    *("h2", "time", "ul", "li"),
}


def check_card(told: Embedded) -> Page:
    text = to_card(told)
    page = Page(text)
    assert {tag.removeprefix("/") for tag in page.tags} <= ALLOWED_TAGS
    assert not re.search(r"https?:|url\(|@import|javascript:", STYLE)
    assert STYLE_HASH in text
    assert f"<style>{STYLE}</style>" in text
    return page


# What they hold


def test_webvtt_is_the_cues() -> None:
    told = massage()
    assert read_vtt(to_vtt(told.cues)) == [(c.start_ms, c.end_ms, c.text) for c in told.cues]


def test_lrc_is_the_cues_and_clears_the_words_before_a_rest() -> None:
    told = massage()
    tags, lines = read_lrc(to_lrc(told))
    assert tags["ti"] == told.title
    minutes, seconds = map(int, tags["length"].split(":"))
    assert minutes * 60 + seconds == told.length_ms // 1000
    worded = [(at, text) for at, text in lines if text]
    assert worded == [(cue.start_ms // 10, cue.text) for cue in told.cues]
    gaps = [b.start_ms - a.end_ms for a, b in itertools.pairwise(told.cues)]
    assert len(lines) - len(worded) == sum(gap >= 3_000 for gap in gaps) + 1


def test_chapters_are_the_chapters() -> None:
    told = massage()
    document = json.loads(to_chapters(told))
    check_chapters(document)
    assert [(c["startTime"], c["endTime"], c["title"]) for c in document["chapters"]] == [
        (c.start_ms / 1000, c.end_ms / 1000, c.title) for c in told.chapters
    ]


def markdown_of(text: str) -> tuple[list[str], list[str]]:
    """Headings and list items as a reader of Markdown sees them, without any markup."""
    headings, items = [], []
    tokens = MarkdownIt("commonmark").enable(["strikethrough", "table"]).parse(text)
    for before, token in itertools.pairwise(tokens):
        if token.type != "inline":
            continue
        assert {child.type for child in token.children or ()} <= {"text", "text_special"}, token
        plain = "".join(child.content for child in token.children or ())
        if before.type == "heading_open":
            headings.append(plain)
        elif plain[:1].isdigit():
            items.append(plain.partition(" ")[2])
    return headings, items


def test_the_transcript_has_every_chapter_and_every_cue() -> None:
    told = massage()
    headings, items = markdown_of(to_transcript(told))
    assert headings == [told.title, *(chapter.title for chapter in told.chapters)]
    assert items[-len(told.cues) :] == [cue.text for cue in told.cues]


def test_the_card_has_every_chapter_and_every_text_once() -> None:
    told = massage()
    page = check_card(told)
    words = flat(" ".join(page.words))
    for chapter in told.chapters:
        assert chapter.title in words
    assert page.items[0] == told.cues[0].text
    assert len(page.items) < len(told.cues)


# Nothing breaks them

words = st.text(st.characters(exclude_categories=["C"]), max_size=80)


@given(st.lists(words, max_size=5), words, st.integers(0, 3))
@example(list(HOSTILE), HOSTILE[0], 2)
@example(list(HOSTILE), HOSTILE[5], 0)
@example([], "", 0)
def test_no_text_breaks_any_of_them(texts: list[str], title: str, chapters: int) -> None:
    told = of_texts(*texts, title=title, chapters=chapters)
    shown = [flat(text) or "-" for text in texts]
    cues = read_vtt(to_vtt(told.cues))
    assert [re.sub(r"\s", "", text) for _, _, text in cues] == [
        re.sub(r"\s", "", text) for text in shown
    ]
    assert [start for start, _, _ in cues] == [cue.start_ms for cue in told.cues]
    tags, lines = read_lrc(to_lrc(told))
    assert tags.get("ti", "") == flat(title).replace("]", ")")
    assert {cue.start_ms // 10 for cue in told.cues} <= {at for at, _ in lines}
    document = json.loads(to_chapters(told))
    check_chapters(document)
    assert document["title"] == title
    headings, items = markdown_of(to_transcript(told))
    assert len(headings) == 1 + chapters
    assert headings[0] == (flat(title) or "-")
    assert items[-len(texts) :] == shown if texts else True
    page = check_card(told)
    assert page.items == list(dict.fromkeys(page.items)) or chapters > 1
    assert flat(title)[:150] in flat("".join(page.words))


def test_times_go_on_after_hours() -> None:
    told = Embedded("x", "en", "phone", 101 * HOUR, (), (EmbeddedCue(100 * HOUR, 100 * HOUR, "a"),))
    assert read_vtt(to_vtt(told.cues)) == [(100 * HOUR, 100 * HOUR + 1, "a")]
    assert "100:00:00,000 --> 100:00:00,001" in to_srt(told.cues)
    assert read_lrc(to_lrc(told))[1][0] == (360_000_00, "a")


def test_a_card_of_too_much_says_what_it_leaves_out() -> None:
    long = check_card(of_texts(*(f"text number {n} " * 20 for n in range(400)), chapters=4))
    assert re.search(r"and \d+ more", "".join(long.words))
    many = check_card(of_texts(chapters=2_000))
    assert re.search(r"2000 chapters; the first \d+ are here", "".join(many.words))


# On the command line

SMALL = (
    "---\ntitle: Small\nambience: none\n---\n\n# One\n\nBreathe in. [1s]\n\n# Two\n\nOut. [1s]\n"
)


def run(*arguments: str) -> Result:
    return CliRunner().invoke(cli, arguments, prog_name="audiocoach")


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "small.md").write_text(SMALL)
    monkeypatch.setattr("audiocoach.voices.catalogue.open_voice", lambda *_: ToneVoice())
    return tmp_path


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()} - {"small.md"}


def test_export_writes_them_beside_the_sound(here: Path) -> None:
    result = run("export", "small.md", "--beside", "all")
    assert result.exit_code == 0, result.output
    assert names(here) == {
        *("small.mp3", "small.vtt", "small.srt", "small.lrc", "small.chapters.json"),
        *("small.transcript.md", "small.card.html"),
    }
    told = embedded.read(here / "small.mp3")
    assert told is not None
    for path, sidecar in sidecars.beside(here / "small.mp3", sidecars.SIDECARS).items():
        assert path.read_bytes() == sidecar.write(told).encode()
        assert path.name in result.output


def test_only_what_is_asked_for_is_written(here: Path) -> None:
    assert run("export", "small.md", "-o", "a.wav", "--beside", "SRT, vtt").exit_code == 0
    assert names(here) == {"a.wav", "a.srt", "a.vtt"}
    wrong = run("export", "small.md", "--beside", "vtt,stt")
    assert wrong.exit_code == 2
    assert '"stt" is none of vtt, srt, lrc, chapters, transcript, card, all' in wrong.output
    both = run("export", "small.md", "--beside", "chapters", "--cues", "small.chapters.json")
    assert both.exit_code == 2


@pytest.mark.parametrize("taken", ["small.lrc", "small.mp3"])
def test_where_one_cannot_be_written_there_is_none(here: Path, taken: str) -> None:
    (here / taken).mkdir()
    result = run("export", "small.md", "--beside", "all")
    assert result.exit_code == OutputError.exit_code
    assert f"cannot write {taken}: it is a folder" in result.output
    assert names(here) == {taken}


def test_where_a_cue_is_missing_there_is_none(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    silent = ToneVoice(silent=["Out."])
    monkeypatch.setattr("audiocoach.voices.catalogue.open_voice", lambda *_: silent)
    assert run("export", "small.md", "--beside", "all").exit_code == 4
    assert names(here) == set()


def test_a_disk_that_is_full_at_the_last_moment_leaves_none(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[int] = []

    def full(number: int) -> None:
        calls.append(number)
        if len(calls) == 7:
            raise OSError(28, "No space left on device")

    monkeypatch.setattr("audiocoach.sinks.files.os.fsync", full)
    result = run("export", "small.md", "--beside", "all")
    assert result.exit_code == OutputError.exit_code
    assert "No space left" in result.output
    assert len(calls) == 7
    assert names(here) == set()
