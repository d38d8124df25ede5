"""A real browser of a phone's size, and what a listener does with the page."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("starlette", reason="the extra share is not installed")
pytest.importorskip("uvicorn", reason="the extra share is not installed")
pytest.importorskip("playwright.sync_api", reason="playwright is not installed")

from playwright.sync_api import Browser, Page, expect, sync_playwright

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
ELSEWHERE = "phone.test"
"""A name for this machine that no browser trusts, as it trusts no address in a local network."""

expect.set_options(timeout=20_000)


@contextmanager
def chromium() -> Iterator[Browser]:
    flags = [*FLAGS, f"--host-resolver-rules=MAP {ELSEWHERE} 127.0.0.1"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=flags)
        yield browser
        browser.close()


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
