from __future__ import annotations

import contextlib
import os
import shutil
import signal
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from faulting import bench, tones, whole  # noqa: F401 - fixtures
from hypothesis import settings
from playing import Server, Terminal
from sessions import plain, slow, speaker, start  # noqa: F401 - fixtures
from studios import batch_tones, studio  # noqa: F401 - fixtures

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page
    from repository import Repository
    from sharing import Shared

# Started in the background of a shell, or by nohup: the programs that tests end would not notice.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
if os.name == "posix" and signal.getsignal(signal.SIGHUP) is signal.SIG_IGN:
    signal.signal(signal.SIGHUP, signal.SIG_DFL)

settings.register_profile("audiocoach", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True)
# The same examples in each run there; new ones are looked for everywhere else.
settings.load_profile("ci" if os.environ.get("CI") else "audiocoach")


HOMES = (
    *("HOME", "USERPROFILE", "LOCALAPPDATA", "APPDATA"),
    *("XDG_CACHE_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME"),
)
"""What tells a program where the folders of its user are."""


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The tests of a file go into one process; those that need quiet are last, one by one.

    What they listen to goes by in real time. Where the machine was busy with something else in
    just that moment, they listen once more, and the report says so; a fault is heard both times.
    """
    items.sort(key=lambda item: item.get_closest_marker("quiet") is not None)
    for item in items:
        quiet = item.get_closest_marker("quiet") is not None
        item.add_marker(pytest.mark.xdist_group("quiet" if quiet else item.path.stem))
        if quiet:
            item.add_marker(pytest.mark.flaky(reruns=1))


def pytest_configure(config: pytest.Config) -> None:
    """What is made for many tests never meets the folders of whoever runs them."""
    if hasattr(config, "workerinput"):
        return  # has them from the process that started it
    home = tempfile.TemporaryDirectory(prefix="audiocoach-tests-")
    os.environ.update(dict.fromkeys(HOMES, home.name))
    config.add_cleanup(home.cleanup)


@pytest.fixture(autouse=True)
def own_folders(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Every test has a cache and a data folder of its own, on every system."""
    home = tmp_path_factory.mktemp("home")
    for name in HOMES:
        monkeypatch.setenv(name, str(home))
    return home


@pytest.fixture(scope="session", autouse=True)
def steady_voices() -> None:
    """Neural voices draw a breath of chance; in tests the same one each time."""
    with contextlib.suppress(ImportError):
        import onnxruntime

        onnxruntime.set_seed(1)


@pytest.fixture
def server() -> Iterator[Server]:
    for program in ("pulseaudio", "pactl", "parec"):
        if shutil.which(program) is None:
            pytest.skip(f"{program} is not installed (apt: pulseaudio, pulseaudio-utils)")
    # Not pytest's own folder: the path of a socket has room for a hundred letters.
    with tempfile.TemporaryDirectory(prefix="pulse-") as folder:
        server = Server(Path(folder))
        yield server
        server.stop()


@pytest.fixture
def on_terminal() -> Iterator[Callable[..., Terminal]]:
    if os.name != "posix":
        pytest.skip("needs a POSIX terminal")
    terminals: list[Terminal] = []

    def opened(environment: dict[str, str], *arguments: str, broken: str = "") -> Terminal:
        terminals.append(Terminal(environment, *arguments, broken=broken))
        return terminals[-1]

    yield opened
    for terminal in terminals:
        terminal.close()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium; of one module, as there can be no other event loop while it is open."""
    import browsing

    with browsing.chromium() as opened:
        yield opened


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    """A new window of a phone's size, which keeps what is asked of it."""
    import browsing

    context = browser.new_context(**browsing.PHONE)
    context.add_init_script(browsing.WATCH)
    yield context
    context.close()


@pytest.fixture
def page(context: BrowserContext, here: Shared) -> Page:
    """The page of what the module shares as ``here``, ready to play."""
    import browsing
    from playwright.sync_api import expect

    page = context.new_page()
    page.goto(here.base)
    expect(page.locator("#play")).to_be_visible()
    browsing.until(page, "audio.readyState > 0 && audio.textTracks[0].cues?.length")
    return page


@pytest.fixture
def repository(monkeypatch: pytest.MonkeyPatch) -> Iterator[Repository]:
    """A server with one voice that is none: for what does not speak."""
    from fetching import KEY, MODEL, SETTINGS
    from repository import serving

    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with serving() as served:
        served.put_voice(KEY, MODEL, SETTINGS)
        monkeypatch.setenv("AUDIOCOACH_VOICES", served.address)
        yield served
