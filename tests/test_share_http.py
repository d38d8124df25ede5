"""What a player may ask, and what it gets."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

pytest.importorskip("starlette", reason="the extra share is not installed")
pytest.importorskip("uvicorn", reason="the extra share is not installed")

from sharing import SECRET, Shared, export, shared

from audiocoach.errors import NotFoundError, SoundError
from audiocoach.share import items as items_of
from audiocoach.share.answers import STRICT, asked_range
from audiocoach.sidecars import SIDECARS


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shared]:
    with shared([export(tmp_path_factory.mktemp("http"))]) as opened:
        yield opened


def sound_of(here: Shared) -> bytes:
    return here.item.path.read_bytes()


def test_the_whole_file_comes_with_its_type_and_length(here: Shared) -> None:
    status, headers, body = here.get(here.sound)
    assert (status, headers["content-type"]) == (200, "audio/mpeg")
    assert headers["accept-ranges"] == "bytes"
    assert int(headers["content-length"]) == len(body)
    assert body == sound_of(here)


@pytest.mark.parametrize(
    ("asked", "part"),
    [
        ("bytes=0-", slice(0, None)),
        ("bytes=0-0", slice(0, 1)),
        ("bytes=100-70099", slice(100, 70_100)),
        ("BYTES=7-", slice(7, None)),
        ("bytes=-500", slice(-500, None)),
        ("bytes=-99999999", slice(0, None)),
        ("bytes=10-99999999999", slice(10, None)),
    ],
)
def test_a_part_is_that_part(here: Shared, asked: str, part: slice) -> None:
    status, headers, body = here.get(here.sound, {"Range": asked})
    sound = sound_of(here)
    assert status == 206
    assert body == sound[part]
    start, end, _ = part.indices(len(sound))
    assert headers["content-range"] == f"bytes {start}-{end - 1}/{len(sound)}"
    assert int(headers["content-length"]) == len(body)


@pytest.mark.parametrize("asked", ["bytes={size}-", "bytes=-0", "bytes=99999999999-"])
def test_a_part_that_is_not_there_is_refused(here: Shared, asked: str) -> None:
    status, headers, _ = here.get(here.sound, {"Range": asked.format(size=here.item.size)})
    assert status == 416
    assert headers["content-range"] == f"bytes */{here.item.size}"


@pytest.mark.parametrize(
    "asked",
    [
        *("bytes=5-1", "bytes=-", "bytes=a-b", "bytes 0-5", "lines=1-2", "bytes=0-1,5-9", ""),
        *("bytes=1-2-3", "x" * 900, "bytes=" + "9" * 500 + "-"),
        "bytes=\u0661-\u0662".encode().decode("latin-1"),
    ],
)
def test_what_is_no_part_gets_all(here: Shared, asked: str) -> None:
    """RFC 9110, section 14.2: a range that is not understood is not there."""
    status, headers, body = here.get(here.sound, {"Range": asked})
    assert status == 200
    assert "content-range" not in headers
    assert len(body) == here.item.size


@given(st.text(max_size=40) | st.from_regex(r"bytes=[0-9]{0,5}-[0-9]{0,5}"), st.integers(0, 9_999))
def test_no_range_leads_outside(header: str, size: int) -> None:
    part = asked_range(header, size)
    if part is not None and part[0] < part[1]:
        assert 0 <= part[0] < part[1] <= size


def test_head_is_get_without_a_body(here: Shared) -> None:
    for path in (here.sound, f"/{SECRET}/feed.xml", f"/{SECRET}/{here.item.slug}/"):
        got, told = here.get(path), here.get(path, method="HEAD")
        assert told[2] == b""
        assert told[0] == got[0] == 200
        assert {k: v for k, v in told[1].items() if k != "date"} == {
            k: v for k, v in got[1].items() if k != "date"
        }
    assert here.get(here.sound, {"Range": "bytes=0-1"}, method="HEAD")[0] == 200


def test_what_is_known_is_not_sent_again(here: Shared) -> None:
    etag = here.get(here.sound)[1]["etag"]
    assert etag == f'"{here.item.digest}"'
    for known in (etag, f"W/{etag}", f'"other", {etag}', "*"):
        status, headers, body = here.get(here.sound, {"If-None-Match": known})
        assert (status, headers["etag"], body) == (304, etag, b"")
    assert here.get(here.sound, {"If-None-Match": '"other"'})[0] == 200
    assert here.get(here.sound, {"If-Match": '"other"'})[0] == 412
    assert here.get(here.sound, {"If-Match": f"W/{etag}"})[0] == 412
    assert here.get(here.sound, {"If-Match": etag})[0] == 200


def test_a_part_of_another_file_is_never_mixed_in(here: Shared) -> None:
    etag = here.get(here.sound)[1]["etag"]
    part = {"Range": "bytes=0-9"}
    assert here.get(here.sound, {**part, "If-Range": etag})[0] == 206
    for other in ('"other"', f"W/{etag}", "Thu, 01 Jan 2026 00:00:00 GMT"):
        status, _, body = here.get(here.sound, {**part, "If-Range": other})
        assert (status, len(body)) == (200, here.item.size)


def test_all_that_belongs_to_it_has_its_type(here: Shared) -> None:
    folder = f"/{SECRET}/{here.item.slug}/"
    wanted = {
        f"{folder}cover.png": "image/png",
        f"{folder}{here.item.slug}.vtt": "text/vtt; charset=utf-8",
        f"{folder}{here.item.slug}.srt": "application/x-subrip; charset=utf-8",
        f"{folder}{here.item.slug}.chapters.json": "application/json+chapters",
        f"{folder}{here.item.slug}.card.html": "text/html; charset=utf-8",
        f"{folder}{here.item.slug}.transcript.md": "text/markdown; charset=utf-8",
        f"/{SECRET}/feed.xml": "application/rss+xml; charset=utf-8",
        f"/{SECRET}/subscribe.html": "text/html; charset=utf-8",
        f"/{SECRET}/copy.js": "text/javascript; charset=utf-8",
        f"/{SECRET}/page.css": "text/css; charset=utf-8",
        f"/{SECRET}/player.js": "text/javascript; charset=utf-8",
    }
    for path, kind in wanted.items():
        status, headers, body = here.get(path)
        assert (status, headers["content-type"]) == (200, kind)
        assert body
    vtt = here.get(f"{folder}{here.item.slug}.vtt")[2]
    assert vtt.decode() == SIDECARS["vtt"].write(here.item.told)


def test_every_answer_is_strict(here: Shared) -> None:
    for path in (here.sound, f"/{SECRET}/", f"/{SECRET}/{here.item.slug}/", "/", "/x"):
        headers = here.get(path)[1]
        for name, value in STRICT.items():
            assert headers[name.lower()] == value
        assert "last-modified" not in headers
        assert "server" not in headers
    policy = STRICT["Content-Security-Policy"]
    assert policy.startswith("default-src 'none';")
    assert "unsafe" not in policy
    assert "http" not in policy
    card = here.get(f"/{SECRET}/{here.item.slug}/{here.item.slug}.card.html")[1]
    assert "style-src 'sha256-" in card["content-security-policy"]
    assert "unsafe" not in card["content-security-policy"]


def test_addresses_that_lack_a_slash_lead_on(here: Shared) -> None:
    for path in (f"/{SECRET}", f"/{SECRET}/", f"/{SECRET}/{here.item.slug}"):
        status, headers, _ = here.get(path)
        assert (status, headers["location"]) == (307, f"/{SECRET}/{here.item.slug}/")


def test_several_have_an_overview(here: Shared, tmp_path: Path) -> None:
    other = tmp_path / "Größe & mehr.mp3"
    other.write_bytes(sound_of(here))
    with shared([here.item.path, other, here.item.path]) as opened:
        assert [item.slug for item in opened.items] == ["quiet-hands", "groe-mehr", "quiet-hands-2"]
        page = opened.get(f"/{SECRET}/")[2].decode()
        for item in opened.items:
            assert f'href="{item.slug}/"' in page
            assert opened.get(f"/{SECRET}/{item.slug}/{item.file_name}")[0] == 200


def test_titles_are_text_on_every_page(here: Shared) -> None:
    page = here.get(f"/{SECRET}/{here.item.slug}/")[2].decode()
    assert "Quiet &lt;hands&gt; &amp; &quot;feet&quot;" in page
    assert "<hands>" not in page
    assert "The &lt;right&gt; hand" in page


def test_a_file_that_is_replaced_is_served_as_it_was(here: Shared, tmp_path: Path) -> None:
    path = tmp_path / "a.mp3"
    path.write_bytes(sound_of(here))
    with shared([path]) as opened:
        (tmp_path / "b.mp3").write_bytes(b"other")
        (tmp_path / "b.mp3").replace(path)
        assert opened.get(opened.sound)[2] == sound_of(here)


def test_a_file_that_shrinks_ends_the_answer_and_nothing_else(here: Shared, tmp_path: Path) -> None:
    path = tmp_path / "a.mp3"
    path.write_bytes(sound_of(here))
    with shared([path]) as opened:
        path.write_bytes(b"short")
        asked = f"GET {opened.sound} HTTP/1.1\r\nHost: {opened.authority}\r\n\r\n".encode()
        head, _, body = opened.raw(asked).partition(b"\r\n\r\n")
        assert b" 200 " in head
        assert len(body) < opened.item.size
        assert opened.get(f"/{SECRET}/{opened.item.slug}/")[0] == 200


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_both_kinds_of_address(here: Shared, host: str) -> None:
    try:
        with shared([here.item.path], host=host) as opened:
            assert opened.get(opened.sound, {"Range": "bytes=0-4"})[2] == sound_of(here)[:5]
    except OSError:
        pytest.skip(f"this machine has no {host}")


def test_what_is_no_sound_is_not_shared(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("x")
    (tmp_path / "a.mp3").write_text("this is no sound at all")
    with pytest.raises(NotFoundError, match="no file at"):
        items_of.make_items([(tmp_path / "none.mp3", "x")])
    with pytest.raises(NotFoundError, match="is none of"):
        items_of.make_items([(tmp_path / "a.txt", "x")])
    with pytest.raises(SoundError, match="cannot be read"):
        items_of.make_items([(tmp_path / "a.mp3", "x")])


def test_a_sound_that_tells_nothing_of_itself_is_shared_all_the_same(
    here: Shared, tmp_path: Path
) -> None:
    from mutagen.id3 import ID3

    plain = tmp_path / "plain sound.mp3"
    plain.write_bytes(sound_of(here))
    ID3(plain).delete()
    with shared([plain]) as opened:
        told = opened.item.told
        assert told.title == "plain sound"
        assert abs(told.length_ms - here.item.told.length_ms) < 100
        page = opened.get(f"/{SECRET}/{opened.item.slug}/")[2].decode()
        assert '<section class="list" hidden>' in page


def test_64_clients_at_once_get_every_part_they_ask_for(here: Shared) -> None:
    sound = sound_of(here)
    start = threading.Barrier(64)

    def client(number: int) -> int:
        start.wait(60)
        good = 0
        for turn in range(12):
            first = (number * 7_919 + turn * 104_729) % len(sound)
            last = min(len(sound) - 1, first + 1 + (number * turn * 977) % 90_000)
            status, _, body = here.get(here.sound, {"Range": f"bytes={first}-{last}"})
            good += status == 206 and body == sound[first : last + 1]
        return good

    with ThreadPoolExecutor(64) as pool:
        assert sum(pool.map(client, range(64))) == 64 * 12
