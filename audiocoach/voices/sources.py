"""Where voices come from: the repository of Piper, and the two that Kokoro's files lie in.

Piper's repository has a list, ``voices.json``, of the files of every voice with their sizes
and MD5 checksums, and beside each voice a ``MODEL_CARD`` that tells its licence (only to be read,
so not checked: cards are edited without the list). Kokoro's files are few and fixed:
``known.py`` has their checksums.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from audiocoach.errors import FetchError, NotFoundError, nearest
from audiocoach.voices import fetch, language
from audiocoach.voices.fetch import RemoteFile
from audiocoach.voices.known import (
    KOKORO_MODEL_DIGEST,
    KOKORO_MODEL_SIZE,
    KOKORO_VOICE_SIZE,
    KOKORO_VOICES,
    kokoro_info,
)
from audiocoach.voices.store import KOKORO_MODEL, quality_rank

PIPER = "https://huggingface.co/rhasspy/piper-voices/resolve/main"
KOKORO_MODELS = "https://github.com/thewh1teagle/kokoro-onnx/releases/download/model-files-v1.0"
KOKORO_STYLES = "https://huggingface.co/onnx-community/Kokoro-82M-v1.0-ONNX/resolve/main"

_LARGEST_LIST = 8_000_000
_LARGEST_CARD = 100_000
_LARGEST_FILE = 1_000_000_000
"""Bytes."""

_KEY = re.compile(r"[a-z]{2,3}_[A-Z0-9]{2,3}-\w{1,60}-\w{1,20}")
_MOST_NAMED = 8


@dataclass(frozen=True, slots=True)
class Offer:
    """A voice that can be fetched, and on which terms."""

    key: str
    """What its repository calls it."""
    engine: str
    """``piper`` or ``kokoro``."""
    language: str
    """A BCP 47 tag."""
    licence: str
    origin: str
    """Where what it learnt from comes from, or who made it; an address, or nothing."""
    files: tuple[tuple[str, RemoteFile], ...]
    """Under the name that each gets here."""
    card: bytes = b""
    """Its ``MODEL_CARD``."""

    @property
    def size(self) -> int:
        """Bytes of all of it."""
        return sum(file.size for _, file in self.files)


def offer(name: str, address: str | None = None) -> Offer:
    """The voice called ``name``: a name such as ``thorsten``, or the repository's key.

    ``address`` is that of a copy of the repositories. Raises ``NotFoundError`` that names
    the nearest, and ``FetchError``.
    """
    base = address.rstrip("/") if address else ""
    if base:
        fetch.check_address(base)
    if name.lower() in KOKORO_VOICES:
        return _kokoro(name.lower(), base)
    return _piper(name, base or PIPER)


def _kokoro(name: str, base: str) -> Offer:
    model = RemoteFile(
        f"{base or KOKORO_MODELS}/{KOKORO_MODEL}", KOKORO_MODEL_SIZE, KOKORO_MODEL_DIGEST
    )
    style = RemoteFile(
        f"{base or KOKORO_STYLES}/voices/{name}.bin", KOKORO_VOICE_SIZE, KOKORO_VOICES[name]
    )
    return Offer(
        name,
        "kokoro",
        kokoro_info(name).language,
        "Apache-2.0",
        "https://huggingface.co/hexgrad/Kokoro-82M",
        ((KOKORO_MODEL, model), (f"{name}.bin", style)),
    )


def _piper(name: str, base: str) -> Offer:
    listed = _list(base)
    key = _chosen(name, listed)
    try:
        files = _files(key, listed[key]["files"], base)
        spoken = language.tag(str(listed[key]["language"]["code"]))
    except (KeyError, TypeError, ValueError) as error:
        raise FetchError(
            f'{base}/voices.json does not tell the files of "{key}" as it should ({error!r})'
        ) from error
    card = b""
    if "MODEL_CARD" in files:
        card = fetch.read(files["MODEL_CARD"].address, _LARGEST_CARD)
    text = card.decode("utf-8", "replace")
    licence = _field(r"licen[sc]e", text) or "not stated"
    wanted = {name: file for name, file in files.items() if name != "MODEL_CARD"}
    return Offer(key, "piper", spoken, licence, _field("URL", text), tuple(wanted.items()), card)


def _list(base: str) -> dict[str, Any]:
    address = f"{base}/voices.json"
    try:
        listed = json.loads(fetch.read(address, _LARGEST_LIST))
    except ValueError as error:
        raise FetchError(f"{address} is no list of voices: {error}") from error
    if not isinstance(listed, dict):
        raise FetchError(f"{address} is no list of voices")
    return {key: entry for key, entry in listed.items() if _KEY.fullmatch(key)}


def _files(key: str, entry: dict[str, Any], base: str) -> dict[str, RemoteFile]:
    """The files of a voice, under the names that they get here; raises what is wrong."""
    found = {}
    for path, stated in entry.items():
        name = path.rpartition("/")[2]
        if name not in (f"{key}.onnx", f"{key}.onnx.json", "MODEL_CARD"):
            continue
        size, digest = int(stated["size_bytes"]), str(stated["md5_digest"]).lower()
        parts = path.split("/")
        if ".." in parts or "" in parts or not re.fullmatch(r"[0-9a-f]{32}", digest):
            raise ValueError(path)
        if not 0 < size <= _LARGEST_FILE:
            raise ValueError(f"{path}: {size} bytes")
        found[name] = RemoteFile(f"{base}/{quote(path)}", size, digest)
    # The small ones first: where something is wrong it is then soon known.
    return {
        name: found[name]
        for name in (f"{key}.onnx.json", f"{key}.onnx", "MODEL_CARD")
        if name in found or name != "MODEL_CARD"
    }


def _chosen(name: str, listed: dict[str, Any]) -> str:
    """The key that is meant by ``name``; raises ``NotFoundError``."""
    wanted = name.lower()
    by_name: dict[str, list[str]] = {}
    for key in sorted(listed, key=lambda key: (quality_rank(key), key)):
        if wanted == key.lower() or wanted in _aliases(listed[key]):
            return key
        rest = key.lower().partition("-")[2]
        for each in dict.fromkeys((rest.partition("-")[0], rest)):
            by_name.setdefault(each, []).append(key)
    fits = by_name.get(wanted, [])
    if not fits:
        hint = nearest(name, [*by_name, *listed, *KOKORO_VOICES]) if by_name else ""
        if hint.startswith("; there is"):
            hint = '; "audiocoach voices" lists some, and their list is at ' + _PAGE
        raise NotFoundError(f'no voice called "{name}" can be added{hint}')
    if len({key.partition("-")[0] for key in fits}) > 1:
        raise NotFoundError(f'"{name}" is the name of several voices: take one of {_named(fits)}')
    return fits[0]


_PAGE = "https://huggingface.co/rhasspy/piper-voices"


def _aliases(entry: Any) -> Sequence[str]:
    aliases = entry.get("aliases") if isinstance(entry, dict) else None
    return [str(alias).lower() for alias in aliases] if isinstance(aliases, list) else []


def _named(keys: list[str]) -> str:
    more = len(keys) - _MOST_NAMED
    return ", ".join(keys[:_MOST_NAMED]) + (f" and {more} more" if more > 0 else "")


def _field(name: str, card: str) -> str:
    """``* License: CC0`` -> ``CC0``; what a terminal could not print is left out."""
    found = re.search(rf"^\W*{name}\s*:\s*(.+)$", card, re.IGNORECASE | re.MULTILINE)
    text = "".join(char for char in found[1] if char.isprintable()) if found else ""
    return text.strip()[:200]
