"""A door on this machine for tests, and clients that say exactly what they are told to."""

from __future__ import annotations

import http.client
import socket
import ssl
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from audiocoach import render
from audiocoach.clips import ClipCache
from audiocoach.script import load
from audiocoach.share import address
from audiocoach.share.answers import Site
from audiocoach.share.guard import Limits
from audiocoach.share.items import Item, make_items
from audiocoach.share.server import Door
from audiocoach.share.site import make_table
from audiocoach.speech import Speaker
from audiocoach.testing import ToneVoice

SECRET = "not-a-secret-at-all-but-as-long-as-one"  # noqa: S105 - for tests on this machine

SCRIPT = """\
---
title: "Quiet <hands> & \\"feet\\" \N{FACE WITH TEARS OF JOY}"
language: en-US
ambience: none
---

# Sit down & rest

Let your hands lie in your lap. [6s]

# The \\<right> hand

Hold it in the other one. [6s]

Say "ah" --> and breathe & rest. [6s]

# עכשיו לנוח

That was all. [30s]
"""


def export(folder: Path, script: str = SCRIPT, name: str = "quiet-hands.mp3") -> Path:
    """A routine spoken in tones."""
    source = folder / "quiet-hands.md"
    source.write_text(script, encoding="utf-8")
    speaker = Speaker(ToneVoice(), ClipCache(folder / "cache"))
    bitrate = 64 if name.endswith(".mp3") else None
    return render.export(load(source, {}), speaker, folder / name, bitrate=bitrate).path


@dataclass(frozen=True, slots=True)
class Shared:
    """What is open, and where."""

    items: list[Item]
    door: Door
    host: str
    port: int
    scheme: str = "http"

    @property
    def authority(self) -> str:
        return address.at(self.host, self.port)

    @property
    def base(self) -> str:
        return f"{self.scheme}://{self.authority}/{SECRET}/"

    @property
    def item(self) -> Item:
        return self.items[0]

    @property
    def sound(self) -> str:
        """The path of the first item's sound."""
        return f"/{SECRET}/{self.item.slug}/{self.item.file_name}"

    def get(
        self, path: str, headers: dict[str, str] | None = None, method: str = "GET"
    ) -> tuple[int, dict[str, str], bytes]:
        """Status, headers in lower case, body."""
        client = http.client.HTTPConnection(self.host, self.port, timeout=20)
        try:
            client.request(method, path, headers=headers or {})
            answer = client.getresponse()
            told = {name.lower(): value for name, value in answer.getheaders()}
            return answer.status, told, answer.read()
        finally:
            client.close()

    def raw(self, data: bytes, source: str = "") -> bytes:
        """All that comes back for these bytes, until the door ends the connection."""
        try:
            with self.connect(source) as client:
                client.sendall(data)
                return received(client)
        except (ConnectionError, TimeoutError):
            return b""

    def connect(self, source: str = "") -> socket.socket:
        there = (self.host, self.port)
        return socket.create_connection(there, 20, (source, 0) if source else None)


def received(client: socket.socket) -> bytes:
    """Everything until the end."""
    parts = []
    while data := client.recv(65_536):
        parts.append(data)
    return b"".join(parts)


@contextmanager
def shared(
    paths: Sequence[Path],
    *,
    host: str = "127.0.0.1",
    port: int | None = 0,
    limits: Limits | None = None,
    idle_s: float = 3600,
    name: str = "",
    tls: ssl.SSLContext | None = None,
) -> Iterator[Shared]:
    """Open a door in a thread of its own, and close it; ``name`` is one more it is known by."""
    items = make_items((path, path.stem) for path in paths)
    (listener,) = address.listen([host], port)
    number = listener.getsockname()[1]
    scheme = "https" if tls else "http"
    table = make_table(items, f"{scheme}://{address.at(name or host, number)}/{SECRET}/")
    names = address.hosts([host, name] if name else [host], number)
    site = Site(SECRET, names, table.resources, moved=table.moved)
    is_open = threading.Event()
    door = Door(site, idle_s=idle_s, limits=limits, opened=is_open.set, tls=tls)
    site.visited = door.visited
    thread = threading.Thread(target=door.open, args=([listener],), daemon=True)
    thread.start()
    assert is_open.wait(30)
    try:
        yield Shared(items, door, host, number, scheme)
    finally:
        door.stop()
        thread.join(30)
        table.close()
    assert not thread.is_alive()
