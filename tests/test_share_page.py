"""The page in a real browser of a phone's size: what is heard, what is pressed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import trustme
from browsing import ELSEWHERE, PHONE, go, place, play, until
from playwright.sync_api import Browser, BrowserContext, Page, expect
from sharing import Shared, export, shared

from audiocoach.share.tls import context as context_of
from audiocoach.units import clock

LONG = (
    "---\nambience: none\ntitle: A long one\n---\n\n# One\n\nRest. [30s]\n\n# Two\n\nRest. [90s]\n"
)


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shared]:
    with shared([export(tmp_path_factory.mktemp("page"))]) as opened:
        yield opened


def test_it_plays_the_real_file(page: Page, here: Shared) -> None:
    assert abs(float(page.evaluate("audio.duration")) * 1000 - here.item.told.length_ms) < 60
    expect(page.locator("#play")).to_have_accessible_name("Play")
    play(page)
    expect(page.locator("#play")).to_have_accessible_name("Pause")
    until(page, "audio.currentTime > 1.5")
    assert page.evaluate("audio.webkitAudioDecodedByteCount") > 0
    assert page.evaluate("audio.error") is None
    page.locator("#play").tap()
    until(page, "audio.paused")
    stopped = place(page)
    page.wait_for_timeout(400)
    assert place(page) == stopped


def test_titles_are_shown_as_they_are(page: Page, here: Shared) -> None:
    told = here.item.told
    assert page.locator("h1").text_content() == told.title
    assert page.title() == told.title
    shown = page.locator("#chapters span").all_text_contents()
    assert shown == [chapter.title for chapter in told.chapters]


def test_chapters_lead_to_their_places(page: Page, here: Shared) -> None:
    starts = [chapter.start_ms / 1000 for chapter in here.item.told.chapters]
    links = page.locator("#chapters a")
    links.nth(1).tap()
    until(page, "!audio.paused")
    assert starts[1] - 0.05 <= place(page) < starts[2]
    expect(links.nth(1)).to_have_attribute("aria-current", "true")
    expect(page.locator("#chapter")).to_have_text(here.item.told.chapters[1].title)
    page.locator("#play").tap()
    page.locator("#next").tap()
    assert place(page) == pytest.approx(starts[2], abs=0.05)
    page.locator("#next").tap()
    assert place(page) == pytest.approx(starts[2], abs=0.05)
    page.locator("#previous").tap()
    assert place(page) == pytest.approx(starts[1], abs=0.05)
    go(page, starts[1] + 5)
    page.locator("#previous").tap()
    assert place(page) == pytest.approx(starts[1], abs=0.05)
    for _ in range(3):
        page.locator("#previous").tap()
    assert place(page) == 0
    assert page.locator("[aria-current]").count() == 1


def test_the_words_follow(page: Page, here: Shared) -> None:
    words = page.locator("#words")
    expect(words).to_have_text("Press play, and lay the phone aside.")
    cues = here.item.told.cues
    assert any("-->" in cue.text and "&" in cue.text for cue in cues)
    for cue in cues:
        go(page, cue.start_ms / 1000 + 0.1)
        expect(words).to_have_text(cue.text)
        assert "over" not in (words.get_attribute("class") or "")
        go(page, cue.end_ms / 1000 + 0.3)
        expect(words).to_have_text(cue.text)
        assert "over" in (words.get_attribute("class") or "")
    go(page, 0)
    play(page)
    expect(words).to_have_text(cues[0].text, timeout=20_000)


def test_the_slider_seeks_and_tells_where_it_is(page: Page) -> None:
    slider = page.locator("#seek")
    slider.focus()
    for _ in range(5):
        page.keyboard.press("ArrowRight")
    assert place(page) == pytest.approx(5, abs=0.05)
    expect(slider).to_have_attribute("aria-valuetext", "0:05 of 1:10")
    expect(page.locator("#elapsed")).to_have_text("0:05")
    expect(page.locator("#left")).to_have_text("1:05 left")


def test_it_goes_on_where_it_stopped(page: Page) -> None:
    play(page)
    go(page, 20)
    until(page, "audio.currentTime > 20.5")
    page.locator("#play").tap()
    until(page, "audio.paused")
    stopped = place(page)
    page.reload()
    expect(page.locator("#status")).to_have_text(f"Goes on at {clock(round(stopped * 1000))}.")
    until(page, "audio.readyState > 0")
    assert place(page) == pytest.approx(stopped, abs=0.1)
    page.locator("#again").tap()
    until(page, "audio.currentTime > 0.2 && audio.currentTime < 15")
    expect(page.locator("#again")).to_be_hidden()
    page.evaluate("audio.currentTime = audio.duration - 0.4")
    until(page, "audio.ended")
    page.reload()
    until(page, "audio.readyState > 0")
    assert place(page) == 0
    expect(page.locator("#again")).to_be_hidden()


def test_the_lock_screen_knows_it(page: Page, here: Shared) -> None:
    told = here.item.told
    play(page)
    shown = page.evaluate(
        "(({ title, artist, artwork }) => [title, artist, artwork.map((a) => a.src)])"
        "(navigator.mediaSession.metadata)"
    )
    assert shown[:2] == [told.title, told.chapters[0].title]
    assert page.request.get(shown[2][0]).ok
    assert page.evaluate("navigator.mediaSession.playbackState") == "playing"
    wanted = {
        "play",
        "pause",
        "seekto",
        "seekbackward",
        "seekforward",
        "previoustrack",
        "nexttrack",
    }
    assert wanted <= set(page.evaluate("Object.keys(handlers)"))
    page.evaluate("handlers.nexttrack()")
    expect(page.locator("#chapter")).to_have_text(told.chapters[1].title)
    assert page.evaluate("navigator.mediaSession.metadata.artist") == told.chapters[1].title
    before = place(page)
    page.evaluate("handlers.seekbackward({ seekOffset: 4 })")
    assert place(page) < before
    page.evaluate("handlers.pause()")
    assert page.evaluate("audio.paused")
    assert page.evaluate("navigator.mediaSession.playbackState") == "paused"


def test_the_sleep_timer_ends_it(context: BrowserContext, here: Shared) -> None:
    page = context.new_page()
    page.clock.install(time=datetime(2026, 1, 1, tzinfo=UTC))
    page.goto(here.base)
    page.clock.pause_at(datetime(2026, 1, 1, 1, tzinfo=UTC))
    page.locator("#play").tap()
    until(page, "!audio.paused")
    page.locator("#sleep").select_option("5")
    page.clock.run_for(60_000)
    assert page.evaluate("[audio.paused, audio.volume]") == [False, 1]
    page.clock.run_for(4 * 60_000 - 4_000)
    volume = float(page.evaluate("audio.volume"))
    assert 0.2 < volume < 0.8
    page.clock.run_for(5_000)
    assert page.evaluate("[audio.paused, audio.volume]") == [True, 1]
    expect(page.locator("#status")).to_have_text("Paused by the sleep timer.")
    expect(page.locator("#sleep")).to_have_value("")


def test_it_can_end_with_the_chapter(page: Page, here: Shared) -> None:
    end = here.item.told.chapters[1].end_ms / 1000
    page.locator("#chapters a").nth(1).tap()
    page.locator("#sleep").select_option("chapter")
    go(page, end - 1.5)
    until(page, "audio.paused")
    assert end - 0.5 <= place(page) < end + 3
    assert page.evaluate("audio.volume") == 1


def test_the_screen_stays_on_when_asked(context: BrowserContext, here: Shared) -> None:
    context.add_init_script(
        "window.locks = []; const held = { release: async () => locks.push('off') };"
        "WakeLock.prototype.request = async () => { locks.push('on'); return held; };"
    )
    page = context.new_page()
    page.goto(here.base)
    button = page.locator("#wake")
    expect(button).to_have_attribute("aria-pressed", "false")
    button.tap()
    expect(button).to_have_attribute("aria-pressed", "true")
    button.tap()
    expect(button).to_have_attribute("aria-pressed", "false")
    assert page.evaluate("locks") == ["on", "off"]


def test_with_a_certificate_the_screen_stays_on_for_a_phone(
    browser: Browser, here: Shared, tmp_path: Path
) -> None:
    made = trustme.CA().issue_cert(ELSEWHERE)
    made.private_key_and_cert_chain_pem.write_to_path(str(tmp_path / "pc.pem"))
    tls = context_of(tmp_path / "pc.pem", tmp_path / "pc.pem", ELSEWHERE)
    phone = browser.new_context(**PHONE, ignore_https_errors=True)
    page = phone.new_page()
    with shared([here.item.path], name=ELSEWHERE, tls=tls) as opened:
        page.goto(opened.base.replace("127.0.0.1", ELSEWHERE))
        assert page.evaluate("isSecureContext") is True
        page.locator("#wake").tap()
        expect(page.locator("#wake")).to_have_attribute("aria-pressed", "true")
        until(page, "audio.readyState > 0")
        play(page)
    phone.close()


def test_all_but_the_screen_works_where_browsers_trust_nothing(
    context: BrowserContext, here: Shared
) -> None:
    """As on a phone in the local network: HTTP from an address that is not the phone's own."""
    said: list[str] = []
    page = context.new_page()
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    with shared([here.item.path], name=ELSEWHERE) as opened:
        page.goto(opened.base.replace("127.0.0.1", ELSEWHERE))
        assert page.evaluate("isSecureContext") is False
        expect(page.locator("#wake")).to_be_hidden()
        until(page, "audio.readyState > 0 && audio.textTracks[0].cues?.length")
        play(page)
        assert page.evaluate("navigator.mediaSession.metadata.title") == here.item.told.title
        go(page, 20)
        expect(page.locator("#words")).to_have_text(here.item.told.cues[1].text)
        page.locator("#play").tap()
        page.reload()
        expect(page.locator("#status")).to_contain_text("Goes on at 0:2")
        assert page.evaluate("violations") == []
    assert not said


def test_the_address_of_the_feed_is_copied(context: BrowserContext, here: Shared) -> None:
    page = context.new_page()
    with shared([here.item.path], name=ELSEWHERE) as opened:
        page.goto(opened.base.replace("127.0.0.1", ELSEWHERE))
        page.get_by_text("Subscribe in a podcast player").tap()
        feed = opened.base.replace("127.0.0.1", ELSEWHERE) + "feed.xml"
        expect(page.locator("#address")).to_have_value(feed)
        page.locator("#copy").tap()
        expect(page.locator("#status")).to_have_text("Copied.")
        page.locator("#address").evaluate("field => { field.readOnly = false; field.value = ''; }")
        page.locator("#address").focus()
        page.keyboard.press("ControlOrMeta+v")
        expect(page.locator("#address")).to_have_value(feed)
        app = page.get_by_text("Open in AntennaPod").get_attribute("href")
        assert app == feed.replace("http:", "antennapod-subscribe:")
        assert page.evaluate("violations") == []


def test_it_can_be_kept(page: Page, here: Shared, tmp_path: Path) -> None:
    with page.expect_download() as started:
        page.locator(".download").tap()
    assert started.value.suggested_filename == here.item.save_name
    started.value.save_as(tmp_path / "kept.mp3")
    assert (tmp_path / "kept.mp3").read_bytes() == here.item.path.read_bytes()


def test_a_lost_connection_is_told_kindly_and_it_goes_on_by_itself(
    context: BrowserContext, tmp_path: Path
) -> None:
    """A sound of more than any browser fetches ahead; the door closes and opens again."""
    path = export(tmp_path, LONG, "long.wav")
    page = context.new_page()
    page.clock.install()
    with shared([path]) as opened:
        port = opened.port
        page.goto(opened.base)
        until(page, "audio.readyState > 0")
        play(page)
    page.evaluate("handlers.seekto({ seekTime: 110 })")
    for _ in range(100):
        page.clock.run_for(1_000)
        if "lost" in (page.locator("#status").text_content() or ""):
            break
        page.wait_for_timeout(50)
    expect(page.locator("#status")).to_have_text(
        "The connection to the computer is lost. Your place is kept; trying again."
    )
    expect(page.locator("#retry")).to_be_visible()
    with shared([path], port=port):
        for _ in range(100):
            page.clock.run_for(5_000)
            if page.evaluate("!audio.paused && audio.readyState > 2"):
                break
            page.wait_for_timeout(50)
        until(page, "audio.currentTime > 110.3 && audio.currentTime < 135")
        expect(page.locator("#status")).to_have_text("")
        expect(page.locator("#retry")).to_be_hidden()


def test_a_door_that_was_there_before_the_page_spoke_is_missed_kindly(
    context: BrowserContext, tmp_path: Path
) -> None:
    """The computer was switched off between loading the page and pressing play."""
    path = export(tmp_path, LONG, "long.wav")
    page = context.new_page()
    with shared([path]) as opened:
        page.route("**/*.wav", lambda route: route.abort())
        page.goto(opened.base)
        expect(page.locator("#play")).to_be_visible()
    page.locator("#play").tap()
    expect(page.locator("#status")).to_contain_text("connection to the computer is lost")
    page.locator("#retry").tap()
    expect(page.locator("#status")).to_contain_text("connection to the computer is lost")


def test_nothing_comes_from_elsewhere_and_nothing_is_refused(
    context: BrowserContext, here: Shared
) -> None:
    asked: list[str] = []
    said: list[str] = []
    page = context.new_page()
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.goto(here.base)
    play(page)
    page.locator("#next").tap()
    page.wait_for_timeout(500)
    assert page.evaluate("violations") == []
    page.goto(f"{here.base}{here.item.slug}/{here.item.slug}.card.html")
    assert page.evaluate("getComputedStyle(document.querySelector('main')).columnCount") == "2"
    assert page.evaluate("violations") == []
    assert not said
    assert len(asked) > 6
    assert all(url.startswith(here.base) for url in asked)
