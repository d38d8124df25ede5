"""What the process of pyttsx3 said of its voices, kept: to ask takes longer than to export.

Only where it speaks with the eSpeak NG of the package ``espeakng-loader``, whose voices come and
go with that package. Those of a system do so at any time, and are asked for each time.
"""

from __future__ import annotations

import contextlib
import hashlib
import importlib.util
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from audiocoach.cache import Entries
from audiocoach.library import cache_folder

_FORMAT = 1
"""Part of each name: raised when the process would say otherwise."""
_PACKAGES = ("espeakng_loader", "pyttsx3")


def kept(command: Sequence[str]) -> dict[str, Any] | None:
    """What the process of ``command`` said, if the packages are still those with which it did."""
    name = _name(command)
    with contextlib.suppress(ValueError):
        data = _entries().get(name) if name else None
        return dict(json.loads(bytes(data))) if data else None
    return None


def keep(command: Sequence[str], listing: dict[str, Any]) -> None:
    """Keep what the process of ``command`` says, where it may be."""
    if listing.get("packaged") and (name := _name(command)):
        _entries().put(name, json.dumps(listing).encode())


def _entries() -> Entries:
    return Entries(cache_folder() / "listings", "voices", needed=False)


def _name(command: Sequence[str]) -> str:
    """Made of the command, of the files of the packages, and of where the process finds them.

    Empty where one of them is missing.
    """
    known: list[Any] = [_FORMAT, *command, sys.version, os.environ.get("PYTHONPATH", "")]
    try:
        for package in _PACKAGES:
            spec = importlib.util.find_spec(package)
            if spec is None or not spec.origin:
                return ""
            files = [Path(spec.origin), *Path(spec.origin).parent.glob("*.so*")]
            for path in sorted(files):
                found = path.stat()
                known.append([str(path), found.st_size, found.st_mtime_ns])
    except (OSError, ValueError):
        return ""
    return hashlib.blake2b(json.dumps(known).encode(), digest_size=20).hexdigest()
