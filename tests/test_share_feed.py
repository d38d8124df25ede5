"""The feed by the rules of those who read it: RSS 2.0, Apple's podcast tags, Podcasting 2.0."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from email.utils import parsedate_to_datetime
from pathlib import Path
from urllib.parse import urlsplit
from xml.etree import ElementTree as ET

import pytest

pytest.importorskip("starlette", reason="the extra share is not installed")
pytest.importorskip("uvicorn", reason="the extra share is not installed")

from sharing import SECRET, Shared, export, shared

from audiocoach.embedded import Embedded, EmbeddedChapter
from audiocoach.share.feed import make_feed
from audiocoach.share.items import Item

ITUNES = "{http://www.itunes.com/dtds/podcast-1.0.dtd}"
PODCAST = "{https://podcastindex.org/namespace/1.0}"
ATOM = "{http://www.w3.org/2005/Atom}"

CHANNEL_ONCE = {
    *("title", "link", "description", "language", "pubDate", "generator"),
    *(f"{ITUNES}author", f"{ITUNES}explicit", f"{ITUNES}type", f"{ITUNES}block"),
    *(f"{PODCAST}guid", f"{PODCAST}locked", f"{PODCAST}medium"),
}
CHANNEL = CHANNEL_ONCE | {
    *("item", f"{ATOM}link", f"{ITUNES}category", f"{ITUNES}image", f"{PODCAST}image"),
    f"{PODCAST}block",
}
ITEM_ONCE = {
    *("title", "link", "description", "enclosure", "guid", "pubDate", f"{ITUNES}duration"),
    *(f"{ITUNES}explicit", f"{ITUNES}episode", f"{ITUNES}episodeType"),
}
ITEM = ITEM_ONCE | {f"{ITUNES}image", f"{PODCAST}chapters", f"{PODCAST}transcript"}
TRANSCRIPTS = {"text/plain", "text/html", "text/vtt", "application/json", "application/x-subrip"}


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shared]:
    folder = tmp_path_factory.mktemp("feed")
    first = export(folder)
    second = folder / "second.wav"
    second.write_bytes(export(folder, name="second.wav").read_bytes())
    with shared([first, second]) as opened:
        yield opened


def text(parent: ET.Element, name: str) -> str:
    (element,) = parent.findall(name)
    assert element.text
    assert element.text.strip()
    return element.text


def check(document: str) -> ET.Element:
    """What the specifications ask of any feed; the result is its channel."""
    root = ET.fromstring(document)  # noqa: S314 - our own
    assert (root.tag, root.attrib) == ("rss", {"version": "2.0"})
    (channel,) = root
    assert {child.tag for child in channel} <= CHANNEL
    for name in CHANNEL_ONCE:
        text(channel, name)
    assert re.fullmatch(r"[a-z]{2,3}(-[a-z0-9]+)*", text(channel, "language"))
    assert text(channel, f"{ITUNES}explicit") in {"true", "false"}
    assert text(channel, f"{ITUNES}type") in {"episodic", "serial"}
    assert text(channel, f"{PODCAST}locked") in {"yes", "no"}
    assert re.fullmatch(
        r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", text(channel, f"{PODCAST}guid")
    )
    assert text(channel, f"{PODCAST}guid")[14] == "5"  # a UUID of version 5
    parsedate_to_datetime(text(channel, "pubDate"))
    seen = set()
    for item in channel.findall("item"):
        assert {child.tag for child in item} <= ITEM
        for name in ITEM_ONCE - {"enclosure"}:
            text(item, name)
        (enclosure,) = item.findall("enclosure")
        assert set(enclosure.attrib) == {"url", "length", "type"}
        assert int(enclosure.attrib["length"]) > 0
        assert enclosure.attrib["type"].startswith("audio/")
        assert item.find("guid").attrib == {"isPermaLink": "false"}  # type: ignore[union-attr]
        seen.add(text(item, "guid"))
        assert int(text(item, f"{ITUNES}duration")) > 0
        assert text(item, f"{ITUNES}episodeType") in {"full", "trailer", "bonus"}
        assert len(item.findall(f"{PODCAST}chapters")) <= 1
        for chapters in item.findall(f"{PODCAST}chapters"):
            assert set(chapters.attrib) == {"url", "type"}
            assert chapters.attrib["type"] == "application/json+chapters"
        for transcript in item.findall(f"{PODCAST}transcript"):
            assert {"url", "type"} <= set(transcript.attrib) <= {"url", "type", "language", "rel"}
            assert transcript.attrib["type"] in TRANSCRIPTS
            assert transcript.attrib.get("rel", "captions") == "captions"
        for image in item.findall(f"{ITUNES}image"):
            assert set(image.attrib) == {"href"}
    assert len(seen) == len(channel.findall("item")) > 0
    for element in root.iter():
        for name in ("url", "href"):
            if name in element.attrib:
                parts = urlsplit(element.attrib[name])
                assert parts.scheme == "http"
                assert parts.hostname
                assert element.attrib[name].isascii()
    return channel


def test_it_keeps_the_rules_and_everything_it_names_is_there(here: Shared) -> None:
    document = here.get(f"/{SECRET}/feed.xml")[2].decode()
    channel = check(document)
    assert text(channel, "link") == here.base
    dates = [parsedate_to_datetime(text(item, "pubDate")) for item in channel.findall("item")]
    assert dates == sorted(set(dates))
    assert [text(item, f"{ITUNES}episode") for item in channel.findall("item")] == ["1", "2"]
    assert [text(item, "title") for item in channel.findall("item")] == [
        item.told.title for item in here.items
    ]
    for element in channel.iter():
        if address := element.attrib.get("url") or element.attrib.get("href"):
            status, headers, body = here.get(urlsplit(address).path)
            assert status == 200, address
            assert address.startswith(here.base)
            if kind := element.attrib.get("type"):
                assert headers["content-type"].partition(";")[0] == kind
            if length := element.attrib.get("length"):
                assert len(body) == int(length)
            if kind == "application/json+chapters":
                assert len(json.loads(body)["chapters"]) == 3


def test_pictures_are_as_directories_want_them(here: Shared) -> None:
    """PNG or JPEG, square, 1400 to 3000 pixels (Apple, "A Podcaster's Guide to RSS")."""
    channel = check(here.get(f"/{SECRET}/feed.xml")[2].decode())
    for image in [*channel.findall(f"{ITUNES}image"), *channel.iter(f"{PODCAST}image")]:
        status, headers, data = here.get(urlsplit(image.attrib["href"]).path)
        assert (status, headers["content-type"]) == (200, "image/png")
        width, height = (int.from_bytes(data[at : at + 4], "big") for at in (16, 20))
        assert 1400 <= width == height <= 3000


def item(told: Embedded, digest: str = "0" * 32) -> Item:
    return Item("x", Path("x.mp3"), "audio/mpeg", told, digest, 10)


def test_the_same_files_are_the_same_feed_at_another_address() -> None:
    told = Embedded("A", "de-AT", "phone", 61_000)
    here = make_feed([item(told)], "http://192.168.1.2:8765/a/")
    there = make_feed([item(told)], "http://192.168.1.3:99/b/")
    assert here.replace("192.168.1.2:8765/a", "192.168.1.3:99/b") == there
    other = make_feed([item(told, "1" * 32)], "http://192.168.1.2:8765/a/")
    assert re.findall("<guid.*", other) != re.findall("<guid.*", here)


@pytest.mark.parametrize(
    "title", ["<![CDATA[x]]>", "a & b", "\x00\x0b\ufffe x", "]]>", '"', "שלום"]
)
def test_no_title_breaks_it(title: str) -> None:
    told = Embedded(title, "en", "phone", 0, (EmbeddedChapter(0, 1, title),))
    channel = check(make_feed([item(told)], "http://[::1]:8765/a/"))
    plain = re.sub("[\x00\x0b\ufffe]", "", title)
    assert text(channel, "item/title") == text(channel, "item/description") == plain
