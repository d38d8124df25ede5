"""The ID3 tag itself, as its standard and its readers have it."""

from __future__ import annotations

import io

import mutagen.id3
import pytest
from exporting import NASTY

from audiocoach.sinks.about import DATE, About, Span, clean
from audiocoach.sinks.tags import id3

LONG = "Vier Tausend Zeichen, „mit“ 🎧 und עברית. " * 100


def about(count: int = 3, **changed: object) -> About:
    spans = tuple(Span(at * 1_000, (at + 1) * 1_000, f"Kapitel {at + 1}") for at in range(count))
    cues = tuple(Span(at * 1_000 + 100, at * 1_000 + 900, f"Wort {at} {NASTY}") for at in range(4))
    fields = {
        "title": NASTY,
        "album": "audiocoach",
        "summary": LONG,
        "language": "deu",
        "length": max(1, count) * 1_000,
        "date": DATE,
        "chapters": spans,
        "cues": cues,
        "cover": b"\x89PNG" + bytes(900),
        "gain": -2.04,
        "embedded": b"{}",
    }
    return About(**(fields | changed))  # type: ignore[arg-type]


def read(tag: bytes) -> mutagen.id3.ID3:
    return mutagen.id3.ID3(io.BytesIO(tag + bytes(100)), translate=False)


def frames(tag: bytes) -> list[tuple[str, bytes]]:
    """Walked by hand: name and content of each frame, as ID3v2.3.0, section 3.3, lays them out."""
    assert tag[:6] == b"ID3\3\0\0"
    size = sum(byte << shift for byte, shift in zip(tag[6:10], (21, 14, 7, 0), strict=True))
    assert size == len(tag) - 10
    at, found = 10, []
    while at < len(tag):
        count = int.from_bytes(tag[at + 4 : at + 8], "big")
        assert tag[at + 8 : at + 10] == b"\0\0"
        found.append((tag[at : at + 4].decode(), tag[at + 10 : at + 10 + count]))
        at += 10 + count
    assert at == len(tag)
    return found


def test_every_frame_is_there_and_whole() -> None:
    tag = id3(about())
    names = [name for name, _ in frames(tag)]
    assert set(names) == {
        *("TIT2", "TALB", "TPE1", "TCON", "TLAN", "TLEN", "TSSE", "TYER", "TDAT", "COMM"),
        *("TXXX", "CHAP", "CTOC", "USLT", "SYLT", "APIC", "PRIV"),
    }
    tags = read(tag)
    assert str(tags["TIT2"]) == NASTY
    assert str(tags["TYER"]) == "2026"
    assert str(tags.getall("COMM")[0]) == LONG
    assert len(LONG) > 4_000
    assert tags.getall("COMM")[0].lang == "deu"
    assert str(tags["TXXX:REPLAYGAIN_TRACK_GAIN"]) == "-2.04 dB"
    assert str(tags["TXXX:REPLAYGAIN_TRACK_PEAK"]) == "0.891251"
    picture = tags.getall("APIC")[0]
    assert (picture.mime, picture.type, picture.data[:4]) == ("image/png", 3, b"\x89PNG")


def test_words_have_their_times_in_milliseconds() -> None:
    said = about()
    tags = read(id3(said))
    lines = tags.getall("SYLT")[0]
    assert (lines.format, lines.type) == (2, 1)
    assert [(text.removeprefix("\n"), at) for text, at in lines.text] == [
        (cue.text, cue.start) for cue in said.cues
    ]
    assert tags.getall("USLT")[0].text == said.transcript


def test_plain_text_is_written_as_plainly_as_can_be() -> None:
    told = dict(frames(id3(about(title="Rest", summary="Plain."))))
    assert told["TIT2"].strip(b"\0") == b"Rest"
    assert dict(frames(id3(about(title="Schön"))))["TIT2"][:3] == b"\1\xff\xfe"


@pytest.mark.parametrize("count", [0, 1, 255, 256, 700])
def test_every_chapter_is_reached_from_the_top_table(count: int) -> None:
    tags = read(id3(about(count)))
    tables = {table.element_id: table for table in tags.getall("CTOC")}
    chapters = {chapter.element_id: chapter for chapter in tags.getall("CHAP")}
    if not count:
        assert not tables
        assert not chapters
        return
    tops = [table for table in tables.values() if table.flags & 2]
    assert len(tops) == 1
    reached: list[str] = []

    def follow(name: str) -> None:
        if name in chapters:
            reached.append(name)
            return
        assert tables[name].flags & 1
        assert 1 <= len(tables[name].child_element_ids) <= 255
        for child in tables[name].child_element_ids:
            follow(child)

    follow(tops[0].element_id)
    assert [str(chapters[name].sub_frames["TIT2"]) for name in reached] == [
        f"Kapitel {at + 1}" for at in range(count)
    ]
    assert [chapters[name].start_time for name in reached] == [at * 1_000 for at in range(count)]


def test_the_number_in_each_table_is_that_of_its_entries() -> None:
    """One byte: readers that trust it must not lose what comes after."""
    tables = [content for name, content in frames(id3(about(600))) if name == "CTOC"]
    for content in tables:
        name, _, rest = content.partition(b"\0")
        del name
        told, entries = rest[1], 0
        at = 2
        while entries < told:
            at = rest.index(b"\0", at) + 1
            entries += 1
        assert rest[at:] == b"" or rest[at : at + 4] == b"TIT2"
    assert len(tables) == 4


def test_chapters_stand_in_order_of_time() -> None:
    """FFmpeg lists them as they come."""
    said = about(3)
    titles = ("a long title of a chapter", "b", "another")
    spans = tuple(Span(at * 1_000, at * 1_000 + 1_000, text) for at, text in enumerate(titles))
    named = id3(about(3, chapters=spans, cues=said.cues))
    starts = [
        int.from_bytes(content.partition(b"\0")[2][:4], "big")
        for name, content in frames(named)
        if name == "CHAP"
    ]
    assert starts == [0, 1_000, 2_000]


def test_no_text_ends_early() -> None:
    assert clean("a\0b\r\nc\ud800d\u2028e\t") == "a b c d e"
