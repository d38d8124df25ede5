"""HTTP as players expect it, over a table of what there is; an ASGI application.

The semantics are those of RFC 9110: conditional requests (section 13), ranges (section 14).
Nothing but the table is ever looked at, and only by a whole name behind the secret.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import re
import threading
from collections.abc import AsyncIterator, Callable, Mapping
from pathlib import Path
from typing import Protocol

from anyio import to_thread
from starlette.datastructures import Headers
from starlette.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send

_CHUNK = 64 * 1024
"""Bytes that are read and sent at once; with what the socket holds, all that a client costs."""
_LONGEST_TARGET = 1_024
_MOST_HEADERS = 64
_HEAD_BYTES = 16 * 1024

_POLICY = (
    "default-src 'none'; {style}script-src 'self'; img-src 'self'; media-src 'self'; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
    "require-trusted-types-for 'script'"
)
STRICT = {
    "Content-Security-Policy": _POLICY.format(style="style-src 'self'; "),
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), display-capture=(), geolocation=(), microphone=(), "
    "payment=(), usb=(), screen-wake-lock=(self), autoplay=(self)",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "X-Robots-Tag": "noindex, nofollow, noarchive",
}
"""With every answer."""


def policy_for_style(digest: str) -> dict[str, str]:
    """For a page whose only style is inside it: its digest, and nothing else is allowed."""
    return {"Content-Security-Policy": _POLICY.format(style=f"style-src '{digest}'; ")}


class Content(Protocol):
    """Bytes that can be read from anywhere, by several at once."""

    @property
    def size(self) -> int:
        """In bytes."""

    def read(self, offset: int, count: int) -> bytes:
        """At most ``count`` bytes; may block for a disk, never for a client."""


class Held:
    """Bytes in memory."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self.size = len(data)

    def read(self, offset: int, count: int) -> bytes:
        """See ``Content``."""
        return self._data[offset : offset + count]


class Opened:
    """A file that was opened once: what takes its name later is not served."""

    def __init__(self, path: Path) -> None:
        """Raises ``OSError``."""
        self._file = path.open("rb", buffering=0)
        self.size = os.fstat(self._file.fileno()).st_size
        self._lock = threading.Lock()

    def read(self, offset: int, count: int) -> bytes:
        """See ``Content``."""
        if hasattr(os, "pread"):
            return os.pread(self._file.fileno(), count, offset)
        with self._lock:  # where there is no reading from a place, two would move each other's
            self._file.seek(offset)
            return self._file.read(count)

    def close(self) -> None:
        """Give the file back."""
        self._file.close()


class Resource:
    """Something that can be asked for."""

    def __init__(
        self,
        content: Content,
        media_type: str,
        *,
        digest: str = "",
        headers: Mapping[str, str] | None = None,
    ) -> None:
        """``digest`` names the bytes; without it they are read. ``headers`` replace others."""
        self.content = content
        if not digest:
            digest = hashlib.sha256(content.read(0, content.size)).hexdigest()[:32]
        self.etag = f'"{digest}"'
        self.headers = {
            **STRICT,
            "Accept-Ranges": "bytes",
            "Cache-Control": "private, max-age=3600",
            "Content-Type": media_type,
            "ETag": self.etag,
            **(headers or {}),
        }


class Site:
    """The application: ``/SECRET/NAME`` is the resource ``NAME``, anything else is nothing."""

    def __init__(
        self,
        secret: str,
        hosts: frozenset[str],
        resources: Mapping[str, Resource],
        *,
        moved: Mapping[str, str] | None = None,
    ) -> None:
        """``hosts`` are the values of ``Host`` under which this is known, in lower case.

        ``moved`` are names that lead to others.
        """
        self._secret = secret.encode()
        self._hosts = hosts
        self._resources = resources
        self._moved = moved or {}
        self.visited: Callable[[], None] = lambda: None
        """Called whenever somebody who knows the secret is given something."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] == "http":
            await self._answer(scope)(scope, receive, send)

    def _answer(self, scope: Scope) -> Response:
        headers = Headers(scope=scope)
        if refused := self._refusal(scope, headers):
            return refused
        name = self._name(scope["raw_path"])
        if name is None:
            return _refuse(404, "There is nothing here.")
        self.visited()
        if name in self._moved:
            address = f"/{self._secret.decode()}/{self._moved[name]}"
            return Response(status_code=307, headers={**STRICT, "Location": address})
        if name not in self._resources:
            return _refuse(404, "There is nothing here.")
        return self._given(self._resources[name], scope["method"] == "HEAD", headers)

    def _refusal(self, scope: Scope, headers: Headers) -> Response | None:
        """Requests that no player and no browser makes."""
        raw: list[tuple[bytes, bytes]] = scope["headers"]
        if scope["method"] not in ("GET", "HEAD"):
            return _refuse(405, "Only GET and HEAD.", {"Allow": "GET, HEAD"})
        if len(scope["raw_path"]) + len(scope["query_string"]) > _LONGEST_TARGET:
            return _refuse(414, "That address is too long.")
        if len(raw) > _MOST_HEADERS or sum(len(n) + len(v) for n, v in raw) > _HEAD_BYTES:
            return _refuse(431, "Those headers are too many.")
        if "transfer-encoding" in headers or headers.get("content-length", "0") != "0":
            return _refuse(400, "A request brings nothing along.")
        # Another site's name that was made to lead here is not ours (DNS rebinding).
        if headers.get("host", "").lower() not in self._hosts:
            return _refuse(421, "This is not known by that name.")
        return None

    def _name(self, raw_path: bytes) -> str | None:
        """The name behind the secret, exactly as written; ``None`` where the secret is wrong."""
        secret, slash, name = raw_path.removeprefix(b"/").partition(b"/")
        if not hmac.compare_digest(secret, self._secret):
            return None
        return name.decode("ascii", "replace") if slash else "/"

    def _given(self, resource: Resource, head: bool, asked: Headers) -> Response:
        """Preconditions in the order of RFC 9110, section 13.2.2; then all, or a part."""
        size = resource.content.size
        if not _matches(asked.get("if-match"), resource.etag, weak=False):
            return _refuse(412, "It is another one now.")
        known = asked.get("if-none-match")
        if known is not None and _matches(known, resource.etag, weak=True):
            kept = {k: v for k, v in resource.headers.items() if k != "Content-Type"}
            return Response(status_code=304, headers=kept)
        part = None
        if not head and asked.get("if-range", resource.etag) == resource.etag:
            part = asked_range(asked.get("range"), size)
        if part is None:
            return self._body(resource, head, 200, (0, size))
        if part[0] >= part[1]:
            return _refuse(416, "There is no such part.", {"Content-Range": f"bytes */{size}"})
        return self._body(resource, head, 206, part)

    def _body(self, resource: Resource, head: bool, status: int, part: tuple[int, int]) -> Response:
        start, end = part
        headers = {**resource.headers, "Content-Length": str(end - start)}
        if status == 206:
            headers["Content-Range"] = f"bytes {start}-{end - 1}/{resource.content.size}"
        if head:
            return Response(status_code=status, headers=headers)
        if end - start <= _CHUNK and isinstance(resource.content, Held):
            return Response(resource.content.read(start, end - start), status, headers)
        return StreamingResponse(self._chunks(resource.content, start, end), status, headers)

    async def _chunks(self, content: Content, start: int, end: int) -> AsyncIterator[bytes]:
        """One chunk at a time: the next is read when the client took the one before."""
        at = start
        while at < end:
            chunk = await to_thread.run_sync(content.read, at, min(_CHUNK, end - at))
            if not chunk:
                raise OSError("the file became shorter while it was shared")
            at += len(chunk)
            yield chunk
            self.visited()


def asked_range(header: str | None, size: int) -> tuple[int, int] | None:
    """The part that ``Range`` asks for: from, and up to but not including.

    ``None``: all of it, as for what is no range of bytes, and for several ranges at once,
    which may be answered so (RFC 9110, sections 14.2 and 15.3.7). An empty part: none such.
    """
    if header is None:
        return None
    match = re.fullmatch(r"bytes=[ \t]*([0-9]{0,18})-([0-9]{0,18})[ \t]*", header, re.IGNORECASE)
    if match is None or not (match[1] or match[2]):
        return None
    if not match[1]:
        return max(0, size - int(match[2])), size
    start = int(match[1])
    last = int(match[2]) if match[2] else size - 1
    if match[2] and last < start:
        return None
    return (start, min(last + 1, size)) if start < size else (size, size)


def _matches(header: str | None, etag: str, *, weak: bool) -> bool:
    """Whether a list of entity tags holds ``etag`` (RFC 9110, section 8.8.3.2); no list: yes."""
    if header is None or header.strip() == "*":
        return True
    tags = re.findall(r'(W/)?("[^"]*")', header)
    return any(tag == etag and (weak or not mark) for mark, tag in tags)


def _refuse(status: int, reason: str, headers: Mapping[str, str] | None = None) -> Response:
    """A refusal ends the connection."""
    told = {**STRICT, "Cache-Control": "no-store", "Connection": "close", **(headers or {})}
    return Response(f"{reason}\n", status, told, "text/plain")
