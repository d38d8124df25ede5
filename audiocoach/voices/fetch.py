"""Files from the network, only when they are asked for: each comes whole or not at all.

What has come is kept when the connection breaks or the user stops, and the next try goes
on from there (RFC 9110, sections 13.1.5 and 14: ``Range`` and ``If-Range``). Addresses are
``https``; plain ``http`` only to this machine itself.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import http.client
import ipaddress
import shutil
import ssl
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any
from urllib.parse import urlsplit

from audiocoach import __version__
from audiocoach.errors import FetchError

TIMEOUT_S = 30.0
"""How long a server may be silent."""

_BLOCK = 1 << 16
_SPARE = 10_000_000
"""Bytes that stay free on the disk."""

_MOST_CUTS = 5
"""How often a download goes on by itself after the connection broke."""

Tell = Callable[[int], None]
"""Is told how many bytes of a file are here."""


@dataclass(frozen=True, slots=True)
class RemoteFile:
    """A file that somebody has published with its size and checksum."""

    address: str
    size: int
    """Bytes."""
    digest: str
    """MD5 (32 hexadecimal digits) or SHA-256 (64)."""


class _CutError(Exception):
    """The connection broke; ``str`` says how."""


def check_address(address: str) -> None:
    """Raise ``FetchError`` unless ``address`` may be fetched."""
    parts = urlsplit(address)
    if parts.scheme == "https" and parts.hostname:
        return
    if parts.scheme == "http" and parts.hostname and _is_loopback(parts.hostname):
        return
    raise FetchError(f"{address} is not fetched: the address has to begin with https://")


def read(address: str, most: int) -> bytes:
    """A small file, at most ``most`` bytes; raises ``FetchError``."""
    with _opened(address, {}) as response:
        try:
            data = bytes(response.read(most + 1))
        except (OSError, http.client.HTTPException) as error:
            raise FetchError(f"{address} did not come whole: {_reason(error)}") from error
    if len(data) > most:
        raise FetchError(f"{address} is larger than {most / 1e6:g} MB; it is not what it should be")
    stated = response.headers.get("Content-Length")
    if stated is not None and stated != str(len(data)):
        raise FetchError(f"{address} did not come whole; try again")
    return data


def is_whole(path: Path, remote: RemoteFile) -> bool:
    """Whether the file at ``path`` is what ``remote`` promises."""
    if _size(path) != remote.size:
        return False
    digest = _algorithm(remote)()
    with _disk(path), path.open("rb") as file:
        while block := file.read(_BLOCK):
            digest.update(block)
    return bool(digest.hexdigest() == remote.digest)


def check_space(folder: Path, size: int) -> None:
    """Raise ``FetchError`` unless ``size`` more bytes fit beside ``folder``."""
    there = next(parent for parent in (folder, *folder.parents) if parent.exists())
    free = shutil.disk_usage(there).free
    if free < size + _SPARE:
        raise FetchError(
            f"there is no room for {size / 1e6:.0f} MB in {there}: {free / 1e6:.0f} MB are free; "
            "make room and run the command again"
        )


def download(remote: RemoteFile, target: Path, tell: Tell) -> None:
    """Fetch ``remote`` into ``target``, which appears when it is whole and verified.

    Until then it is ``target`` with ``.part`` at its end, from which another call goes on.
    Raises ``FetchError``.
    """
    part = _part(target)
    with _disk(target):
        target.parent.mkdir(parents=True, exist_ok=True)
        if _size(part) > remote.size:
            _forget(part)
    check_space(target.parent, remote.size - _size(part))
    try:
        _all_of_it(remote, part, tell)
    except FetchError as error:
        if kept := _size(part):
            raise FetchError(
                f"{error}. {kept / 1e6:.1f} of {remote.size / 1e6:.1f} MB are kept: run the "
                "command again and it goes on"
            ) from error
        raise
    with _disk(part):
        if not is_whole(part, remote):
            _forget(part)
            raise _is_other(remote)
        part.replace(target)
        _forget(part)


def _all_of_it(remote: RemoteFile, part: Path, tell: Tell) -> None:
    """Transfer; go on by itself where the connection broke after it had brought something."""
    cuts = 0
    while (before := _size(part)) < remote.size:
        try:
            try:
                _transfer(remote, part, before, tell)
            except _RangeError:
                _forget(part)
                _transfer(remote, part, 0, tell)
        except _CutError as error:
            cuts += 1
            if cuts == _MOST_CUTS or _size(part) <= before:
                raise FetchError(
                    f"the connection to {_host(remote.address)} broke: {error}"
                ) from error


def _transfer(remote: RemoteFile, part: Path, have: int, tell: Tell) -> None:
    """Append to ``part`` what is missing, or begin again where the server wants that."""
    headers = {}
    if have:
        headers["Range"] = f"bytes={have}-"
        with contextlib.suppress(OSError):
            headers["If-Range"] = _mark(part).read_text(encoding="ascii")
    with _opened(remote.address, headers) as response:
        begin = _begin(response, have)
        length = response.headers.get("Content-Length", "")
        if length.isdecimal() and begin + int(length) != remote.size:
            _forget(part)
            raise _is_other(remote)
        with _disk(part), part.open("r+b" if begin else "wb") as file:
            _keep_validator(response, _mark(part))
            if begin:
                file.seek(begin)
                file.truncate()
            _copy(response, file, remote, begin, tell)


def _copy(response: Any, file: IO[bytes], remote: RemoteFile, begin: int, tell: Tell) -> None:
    done = begin
    tell(done)
    while done < remote.size:
        try:
            block = response.read(min(_BLOCK, remote.size - done))
        except (OSError, http.client.HTTPException) as error:
            raise _CutError(_reason(error)) from error
        if not block:
            raise _CutError("it ended too early")
        file.write(block)
        done += len(block)
        tell(done)


def _begin(response: Any, have: int) -> int:
    """At which byte the answer begins: where the file broke off, else at its start."""
    if response.status != http.client.PARTIAL_CONTENT:
        return 0
    stated = str(response.headers.get("Content-Range", ""))
    if not stated.startswith(f"bytes {have}-"):
        raise FetchError(
            f"{_host(response.url)} sent another part of the file than it was asked for"
        )
    return have


def _keep_validator(response: Any, mark: Path) -> None:
    """Keep what tells whether the file is still the same: a strong ETag, else its date."""
    etag = response.headers.get("ETag", "")
    validator = etag if etag.startswith('"') else response.headers.get("Last-Modified", "")
    if validator.isascii() and validator.isprintable() and validator:
        mark.write_text(validator, encoding="ascii")
    else:
        mark.unlink(missing_ok=True)


def _algorithm(remote: RemoteFile) -> Callable[..., Any]:
    if len(remote.digest) == 64:
        return hashlib.sha256
    return lambda data=b"": hashlib.md5(data, usedforsecurity=False)


def _is_other(remote: RemoteFile) -> FetchError:
    return FetchError(
        f"what {_host(remote.address)} sent is not the file that was promised (its size or "
        f"checksum is another): it was deleted; try again later ({remote.address})"
    )


class _RangeError(FetchError):
    """The server has no such part of the file (416)."""


class _Redirects(urllib.request.HTTPRedirectHandler):
    """Follows to addresses that may be fetched, and never from ``https`` to ``http``."""

    def redirect_request(  # noqa: PLR0917 - as urllib calls it
        self, req: urllib.request.Request, fp: Any, code: int, msg: str, headers: Any, newurl: str
    ) -> urllib.request.Request | None:
        check_address(newurl)
        if req.type == "https" and urlsplit(newurl).scheme != "https":
            raise FetchError(f"{req.full_url} leads to {newurl}, which is not fetched")
        return super().redirect_request(req, fp, code, msg, headers, newurl)


@contextmanager
def _opened(address: str, headers: dict[str, str]) -> Iterator[Any]:
    """The answer of a server; every error of the network becomes a ``FetchError``."""
    check_address(address)
    request = urllib.request.Request(  # noqa: S310 - the address was checked
        address, headers={"User-Agent": f"audiocoach/{__version__}", **headers}
    )
    try:
        response = urllib.request.build_opener(_Redirects).open(request, timeout=TIMEOUT_S)
    except urllib.error.HTTPError as error:
        error.close()
        raise _refused(address, error.code) from error
    except (OSError, http.client.HTTPException) as error:
        raise FetchError(
            f"{_host(address)} cannot be reached: {_reason(error)}. Is this machine connected to "
            "the Internet? A voice can also be carried here from another machine: copy its "
            "NAME.onnx and NAME.onnx.json and take it with --voice PATH/NAME.onnx"
        ) from error
    with response:
        yield response


def _refused(address: str, code: int) -> FetchError:
    if code == http.client.REQUESTED_RANGE_NOT_SATISFIABLE:
        return _RangeError(address)
    if code in (http.client.NOT_FOUND, http.client.GONE):
        return FetchError(f"there is no {address} (any more); is the address right?")
    what = "it has a problem" if code >= 500 else "it refuses"
    if code < 400:
        what = "it leads in a circle, or to where nothing is fetched from"
    return FetchError(
        f"{_host(address)} did not send {address}: {what} (HTTP {code}); try again later"
    )


def _reason(error: BaseException) -> str:
    """What went wrong, in words."""
    cause = error.reason if isinstance(error, urllib.error.URLError) else error
    if isinstance(cause, TimeoutError):
        return f"no answer for {TIMEOUT_S:g} s"
    if isinstance(cause, ssl.SSLCertVerificationError):
        return f"its certificate is not trusted here: {cause.verify_message}"
    if isinstance(cause, http.client.IncompleteRead):
        return "it ended too early"
    return (getattr(cause, "strerror", None) or str(cause) or repr(cause)).lower()


@contextmanager
def _disk(path: Path) -> Iterator[None]:
    """Turn errors of the file system into ``FetchError``."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC)):
            raise FetchError(
                f"the disk is full at {path}; make room and run the command again: it goes on"
            ) from error
        raise FetchError(f"{path} cannot be written: {error.strerror or error}") from error


def _part(target: Path) -> Path:
    return target.with_name(target.name + ".part")


def _mark(part: Path) -> Path:
    return part.with_name(part.name + ".is")


def _forget(part: Path) -> None:
    part.unlink(missing_ok=True)
    _mark(part).unlink(missing_ok=True)


def _size(path: Path) -> int:
    with contextlib.suppress(OSError):
        return path.stat().st_size
    return 0


def _host(address: str) -> str:
    return urlsplit(address).hostname or address


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    with contextlib.suppress(ValueError):
        return ipaddress.ip_address(host).is_loopback
    return False
