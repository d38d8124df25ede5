from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest
from hypothesis import settings

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # Started in the background of a shell; the programs that tests interrupt would not notice.
    signal.signal(signal.SIGINT, signal.default_int_handler)

settings.register_profile("audiocoach", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True)
# The same examples in each run there; new ones are looked for everywhere else.
settings.load_profile("ci" if os.environ.get("CI") else "audiocoach")


@pytest.fixture(autouse=True)
def own_folders(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Every test has a cache and a data folder of its own, on every system."""
    home = tmp_path_factory.mktemp("home")
    for name in (
        "HOME",
        "USERPROFILE",
        "XDG_CACHE_HOME",
        "XDG_DATA_HOME",
        "LOCALAPPDATA",
        "APPDATA",
    ):
        monkeypatch.setenv(name, str(home))
    return home
