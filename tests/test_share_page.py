"""The page in a real browser of a phone's size: what is seen, heard and pressed."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("starlette", reason="the extra share is not installed")
pytest.importorskip("uvicorn", reason="the extra share is not installed")
pytest.importorskip("playwright.sync_api", reason="playwright is not installed")

from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright
from sharing import Shared, export, shared
from test_sidecars import HOSTILE, of_texts

from audiocoach import embedded, library, render
from audiocoach.embedded import Embedded
from audiocoach.script import load
from audiocoach.sidecars.card import to_card
from audiocoach.units import clock

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser"))), None)
AXE = Path(os.environ.get("AXE_CORE", "none"))
"""axe.min.js of the npm package axe-core."""

if CHROMIUM is None:
    pytest.skip("there is no Chromium here", allow_module_level=True)

FLAGS = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--mute-audio"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
)
PHONE: dict[str, Any] = {
    "viewport": {"width": 390, "height": 844},
    "device_scale_factor": 2,
    "has_touch": True,
    "is_mobile": True,
}
WATCH = """
window.violations = [];
document.addEventListener("securitypolicyviolation", (e) => violations.push(e.violatedDirective));
window.handlers = {};
const set = MediaSession.prototype.setActionHandler;
MediaSession.prototype.setActionHandler = function (name, handler) {
  handlers[name] = handler;
  return set.call(this, name, handler);
};
"""
LONG = (
    "---\nambience: none\ntitle: A long one\n---\n\n# One\n\nRest. [30s]\n\n# Two\n\nRest. [90s]\n"
)


expect.set_options(timeout=20_000)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("page")


@pytest.fixture(scope="module")
def here(folder: Path) -> Iterator[Shared]:
    with shared([export(folder)]) as opened:
        yield opened


ELSEWHERE = "phone.test"
"""A name for this machine that no browser trusts, as it trusts no address in a local network."""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    flags = [*FLAGS, f"--host-resolver-rules=MAP {ELSEWHERE} 127.0.0.1"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=flags)
        yield browser
        browser.close()


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    context = browser.new_context(**PHONE)
    context.add_init_script(WATCH)
    yield context
    context.close()


@pytest.fixture
def page(context: BrowserContext, here: Shared) -> Page:
    page = context.new_page()
    page.goto(here.base)
    expect(page.locator("#play")).to_be_visible()
    until(page, "audio.readyState > 0 && audio.textTracks[0].cues?.length")
    return page


def until(page: Page, condition: str) -> None:
    """Wait for something; Playwright's own way needs ``eval``, which the page does not allow."""
    for _ in range(600):
        if page.evaluate(condition):
            return
        page.wait_for_timeout(50)
    raise AssertionError(condition)


def place(page: Page) -> float:
    return float(page.evaluate("audio.currentTime"))


def play(page: Page) -> None:
    page.locator("#play").tap()
    until(page, "!audio.paused && audio.readyState > 2")


def go(page: Page, seconds: float) -> None:
    """As a player does that is asked from outside: by the media session."""
    page.evaluate("(at) => handlers.seekto({ seekTime: at })", seconds)
    until(page, "!audio.seeking")


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


def test_it_can_be_kept(page: Page, here: Shared, tmp_path: Path) -> None:
    with page.expect_download() as started:
        page.locator(".download").tap()
    assert started.value.suggested_filename == here.item.save_name
    started.value.save_as(tmp_path / "kept.mp3")
    assert (tmp_path / "kept.mp3").read_bytes() == here.item.path.read_bytes()


def test_without_scripts_it_is_a_plain_player(browser: Browser, here: Shared) -> None:
    context = browser.new_context(**PHONE, java_script_enabled=False)
    page = context.new_page()
    page.goto(here.base)
    expect(page.locator("audio[controls]")).to_be_visible()
    expect(page.locator("#stage")).to_be_hidden()
    expect(page.locator("#extras")).to_be_hidden()
    link = page.locator("#chapters a").nth(1).get_attribute("href")
    assert link == f"{here.item.file_name}#t={here.item.told.chapters[1].start_ms / 1000:.3f}"
    expect(page.locator(".download")).to_be_visible()
    context.close()


def test_a_lost_connection_is_told_kindly_and_it_goes_on_by_itself(
    context: BrowserContext, folder: Path
) -> None:
    """A sound of more than any browser fetches ahead; the door closes and opens again."""
    path = export(folder, LONG, "long.wav")
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
    context: BrowserContext, folder: Path
) -> None:
    """The computer was switched off between loading the page and pressing play."""
    path = export(folder, LONG, "long.wav")
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


def boxes(page: Page) -> list[tuple[str, float, float]]:
    """What can be pressed: what it is, its width and its height."""
    found = page.evaluate(
        "[...document.querySelectorAll('button, a, select, input')].filter((e) => e.offsetParent)"
        ".map((e) => [e.id || e.textContent, e.getBoundingClientRect().width,"
        " e.getBoundingClientRect().height])"
    )
    return [(str(name), float(width), float(height)) for name, width, height in found]


@pytest.mark.parametrize(("width", "height"), [(390, 844), (320, 568), (844, 390), (1280, 800)])
def test_it_fits_and_every_target_is_large(
    browser: Browser, here: Shared, width: int, height: int
) -> None:
    context = browser.new_context(viewport={"width": width, "height": height})
    page = context.new_page()
    page.goto(here.base)
    expect(page.locator("#play")).to_be_in_viewport(ratio=1)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.evaluate(
        "(text) => { document.getElementById('words').textContent = text; }", "word " * 60
    )
    page.evaluate("(text) => { document.getElementById('chapter').textContent = text; }", "a " * 99)
    expect(page.locator("#play")).to_be_in_viewport(ratio=1)
    pressed = boxes(page)
    assert len(pressed) > 8
    for name, wide, high in pressed:
        assert high >= 48, name
        assert wide >= 48, name
    context.close()


def test_the_order_of_focus_is_that_of_the_page(page: Page) -> None:
    order = []
    for _ in range(5):
        page.keyboard.press("Tab")
        order.append(page.evaluate("document.activeElement.id"))
    assert order == ["seek", "previous", "play", "next", "sleep"]
    page.locator("#play").focus()
    page.keyboard.press("Space")
    until(page, "!audio.paused")


def test_nothing_moves_for_those_who_ask_for_that(browser: Browser, here: Shared) -> None:
    for motion, moves in (("no-preference", True), ("reduce", False)):
        context = browser.new_context(**{**PHONE, "reduced_motion": motion})
        page = context.new_page()
        page.goto(here.base)
        times = page.evaluate(
            "[...document.querySelectorAll('*')].map((e) => getComputedStyle(e))"
            ".map((s) => parseFloat(s.transitionDuration) + parseFloat(s.animationDuration))"
        )
        assert (max(times) > 0) == moves
        context.close()


def cards() -> Iterator[tuple[str, Embedded]]:
    """Of every routine that comes along, and of the strangest that could be."""
    for file in library.routines():
        routine = load(file.path, {})
        yield file.name, embedded.describe(routine, render.estimate(routine))
    yield "hostile", of_texts(*HOSTILE, title=HOSTILE[0], chapters=3)
    yield "long", of_texts(*(f"text number {n} " * 20 for n in range(400)), chapters=4)
    yield "wide", of_texts(*(f"WWWW MMMMM {n} " * 9 for n in range(40)), title="WIDE " * 800)
    yield "squares", of_texts(*(f"ゆっくり息を吸ってください。{n}" for n in range(60)), chapters=4)
    yield "chapters", of_texts(*(f"Breathe out {n}." for n in range(300)), chapters=2_000)


def test_every_card_prints_on_one_page(context: BrowserContext) -> None:
    page = context.new_page()
    for name, told in cards():
        page.set_content(to_card(told))
        for paper in ("A4", "Letter"):
            printed = page.pdf(format=paper, prefer_css_page_size=False)
            assert len(re.findall(rb"/Type\s*/Page\b(?!s)", printed)) == 1, (name, paper)


@pytest.mark.skipif(not AXE.is_file(), reason="AXE_CORE does not name axe.min.js")
@pytest.mark.parametrize("which", ["player", "overview", "card", "lost"])
def test_axe_finds_nothing(context: BrowserContext, here: Shared, which: str) -> None:
    page = context.new_page()
    with shared([here.item.path, here.item.path]) as opened:
        card = f"{here.item.slug}/{here.item.slug}.card.html"
        ends = {"player": f"{here.item.slug}/", "card": card, "lost": f"{here.item.slug}/"}
        if which == "lost":
            page.route("**/*.mp3", lambda route: route.abort())
        page.goto(opened.base + ends.get(which, ""))
        if which == "lost":
            expect(page.locator("#retry")).to_be_visible()
        elif which == "player":
            play(page)
            go(page, 20)
        page.evaluate(AXE.read_text(encoding="utf-8"))
        rules = ["wcag2a", "wcag2aa", "wcag2aaa", "wcag21aa", "wcag22aa", "best-practice"]
        found = page.evaluate("(tags) => axe.run({ runOnly: tags })", rules)
    assert found["passes"]
    told = [
        (violation["id"], [node["html"] for node in violation["nodes"]])
        for violation in found["violations"]
    ]
    assert told == []
