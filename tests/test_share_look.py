"""The page in a real browser: what it looks like, on screens, on paper, to aids of every kind."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from browsing import AXE, PHONE, go, play, until
from playwright.sync_api import Browser, BrowserContext, Page, expect
from sharing import Shared, export, shared
from test_sidecars import HOSTILE, of_texts

from audiocoach import embedded, library, render
from audiocoach.embedded import Embedded
from audiocoach.script import load
from audiocoach.sidecars.card import to_card


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shared]:
    with shared([export(tmp_path_factory.mktemp("page"))]) as opened:
        yield opened


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
@pytest.mark.parametrize("which", ["player", "overview", "card", "subscribe", "lost"])
def test_axe_finds_nothing(context: BrowserContext, here: Shared, which: str) -> None:
    page = context.new_page()
    with shared([here.item.path, here.item.path]) as opened:
        card = f"{here.item.slug}/{here.item.slug}.card.html"
        player = f"{here.item.slug}/"
        ends = {"player": player, "card": card, "subscribe": "subscribe.html", "lost": player}
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
