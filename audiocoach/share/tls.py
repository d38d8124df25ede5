"""HTTPS with a certificate of the user's own, tried before anybody else meets it."""

from __future__ import annotations

import ssl
from pathlib import Path

from audiocoach.errors import OutputError


def context(certificate: Path, key: Path, name: str) -> ssl.SSLContext:
    """What a server needs; ``name`` is the host that the certificate must be for.

    Both files are PEM; the certificate may be followed by those that signed it. Raises
    ``OutputError`` where a file cannot be read, they do not belong together, or a browser
    would refuse the certificate for ``name`` even if it trusted it.
    """
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.minimum_version = ssl.TLSVersion.TLSv1_2
    server.set_alpn_protocols(["http/1.1"])
    for path in (certificate, key):
        _readable(path)
    try:
        server.load_cert_chain(certificate, key, _refuse_password)
    except ssl.SSLError as error:
        raise OutputError(
            f"{certificate} and {key} are no certificate and its key in PEM ({_reason(error)})"
        ) from error
    _meet(server, certificate, name)
    return server


def _readable(path: Path) -> None:
    try:
        path.read_bytes()
    except OSError as error:
        raise OutputError(f"{path}: cannot be read ({error.strerror or error})") from error


def _refuse_password() -> bytes:
    raise OutputError("the key has a password; give one without (openssl pkey -in KEY -out NEW)")


def _meet(server: ssl.SSLContext, certificate: Path, name: str) -> None:
    """Shake hands in memory with a client that trusts this certificate alone."""
    client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    client.hostname_checks_common_name = False  # as browsers have it
    client.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    client.load_verify_locations(certificate)
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    ends = (
        server.wrap_bio(to_server, to_client, server_side=True),
        client.wrap_bio(to_client, to_server, server_hostname=name),
    )
    try:
        for end in (ends[1], ends[0], ends[1]):
            try:
                end.do_handshake()
            except ssl.SSLWantReadError:
                continue
    except ssl.SSLCertVerificationError as error:
        raise OutputError(
            f"{certificate} cannot be used for {name}: {error.verify_message.lower().rstrip('.')}"
        ) from error
    except ssl.SSLError as error:
        raise OutputError(f"{certificate} cannot be used ({_reason(error)})") from error


def _reason(error: ssl.SSLError) -> str:
    return (error.reason or "not PEM").replace("_", " ").lower()
