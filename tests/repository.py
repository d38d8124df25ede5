"""A repository of voices on this machine, with the faults that servers and networks have."""

from __future__ import annotations

import hashlib
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

CARD = """# Model card for {name} ({quality})

* Language: {language}
* Quality: {quality}

## Dataset

* URL: https://example.org/voices
* License: CC0
"""


class Repository:
    """What the server has, how it behaves, and what it was asked."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.status: dict[str, int] = {}
        """An answer instead of a file, by path."""
        self.redirects: dict[str, str] = {}
        self.cuts: list[int] = []
        """After how many bytes each of the next answers with a large body breaks off."""
        self.ranges = True
        self.etag = True
        self.delay_s = 0.0
        """Before every answer."""
        self.asked: list[tuple[str, str]] = []
        """Path and ``Range`` of every request."""
        self.address = ""

    def put_voice(
        self, key: str, model: bytes, settings: bytes, aliases: tuple[str, ...] = ()
    ) -> None:
        """A voice as ``voices.json`` of Piper's repository has it."""
        code, name, quality = key.split("-")
        folder = f"{code[:2]}/{code}/{name}/{quality}"
        card = CARD.format(name=name, language=code, quality=quality).encode()
        files = {
            f"{folder}/{key}.onnx": model,
            f"{folder}/{key}.onnx.json": settings,
            f"{folder}/MODEL_CARD": card,
        }
        self.files |= {f"/{path}": data for path, data in files.items()}
        listed = json.loads(self.files.get("/voices.json", b"{}"))
        listed[key] = {
            "key": key,
            "name": name,
            "language": {"code": code, "family": code[:2], "region": code[3:]},
            "quality": quality,
            "num_speakers": 1,
            "speaker_id_map": {},
            "files": {
                path: {
                    "size_bytes": len(data),
                    "md5_digest": hashlib.md5(data, usedforsecurity=False).hexdigest(),
                }
                for path, data in files.items()
            },
            "aliases": list(aliases),
        }
        self.files["/voices.json"] = json.dumps(listed).encode()

    def asked_for(self, suffix: str) -> list[str]:
        """The ``Range`` of each request for a path that ends so; empty for the whole."""
        return [part for path, part in self.asked if path.endswith(suffix)]


class _Handler(BaseHTTPRequestHandler):
    repository: Repository
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        has = self.repository
        has.asked.append((self.path, self.headers.get("Range", "")))
        time.sleep(has.delay_s)
        if location := has.redirects.get(self.path):
            self._answer(302, b"", {"Location": location})
        elif code := has.status.get(self.path):
            self._answer(code, b"no")
        elif (data := has.files.get(self.path)) is None:
            self._answer(404, b"no such file")
        else:
            self._send(data)

    def _send(self, data: bytes) -> None:
        tag = f'"{hashlib.sha256(data).hexdigest()}"'
        headers = {"ETag": tag} if self.repository.etag else {}
        asked = self.headers.get("Range", "")
        same = self.headers.get("If-Range", tag) == tag
        if asked and same and self.repository.ranges:
            first = int(asked.removeprefix("bytes=").partition("-")[0])
            if first >= len(data):
                self._answer(416, b"", {"Content-Range": f"bytes */{len(data)}"})
                return
            headers["Content-Range"] = f"bytes {first}-{len(data) - 1}/{len(data)}"
            self._answer(206, data[first:], headers)
            return
        self._answer(200, data, headers)

    def _answer(self, code: int, body: bytes, headers: dict[str, str] | None = None) -> None:
        self.send_response(code)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if len(body) > 100_000 and self.repository.cuts:
            self.wfile.write(body[: self.repository.cuts.pop(0)])
            self.close_connection = True
            return
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name there
        pass


@contextmanager
def serving() -> Iterator[Repository]:
    """A repository that is served while the block lasts."""
    repository = Repository()
    handler = type("Handler", (_Handler,), {"repository": repository})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    repository.address = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield repository
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def tree(folder: Path) -> set[str]:
    """Every file under a folder, as paths from there."""
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
