"""HTTPS with a certificate of the user's own."""

from __future__ import annotations

import datetime as dt
import ssl
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from time import monotonic
from typing import Any

import pytest

pytest.importorskip("starlette", reason="the extra share is not installed")
pytest.importorskip("uvicorn", reason="the extra share is not installed")

import trustme
from sharing import SECRET, Shared, export, received, shared

from audiocoach.errors import OutputError
from audiocoach.share.guard import Limits
from audiocoach.share.tls import context

CA = trustme.CA()
Issue = Callable[..., tuple[Path, Path]]


@pytest.fixture(scope="module")
def issue(tmp_path_factory: pytest.TempPathFactory) -> Issue:
    """Writes a certificate for some names, and its key."""

    def written(*names: str, **options: Any) -> tuple[Path, Path]:
        folder = tmp_path_factory.mktemp("certificate")
        made = CA.issue_cert(*names, **options)
        pem = b"".join(blob.bytes() for blob in made.cert_chain_pems)
        (folder / "pc.pem").write_bytes(pem)
        made.private_key_pem.write_to_path(str(folder / "pc.key"))
        return folder / "pc.pem", folder / "pc.key"

    return written


@pytest.fixture(scope="module")
def here(issue: Issue, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shared]:
    tls = context(*issue("localhost"), "localhost")
    path = export(tmp_path_factory.mktemp("tls"))
    with shared([path], name="localhost", tls=tls, limits=Limits(head_s=1.0)) as opened:
        yield opened


def test_a_client_that_trusts_it_gets_everything(here: Shared) -> None:
    trusting = ssl.create_default_context()
    CA.configure_trust(trusting)
    base = f"https://localhost:{here.port}/{SECRET}/"
    asked = urllib.request.Request(  # noqa: S310 - this machine
        f"{base}{here.item.slug}/{here.item.file_name}", headers={"Range": "bytes=100-299"}
    )
    with urllib.request.urlopen(asked, timeout=20, context=trusting) as answer:  # noqa: S310
        assert answer.status == 206
        assert answer.read() == here.item.path.read_bytes()[100:300]
    with urllib.request.urlopen(base + "feed.xml", timeout=20, context=trusting) as answer:  # noqa: S310
        assert f'url="{base}{here.item.slug}/'.encode() in answer.read()
    with urllib.request.urlopen(base + "subscribe.html", timeout=20, context=trusting) as answer:  # noqa: S310
        page = answer.read()
    assert f'value="{base}feed.xml"'.encode() in page
    assert b"antennapod-subscribe" not in page  # browsers break what follows it here


def test_one_that_never_shakes_hands_is_ended(here: Shared) -> None:
    with here.connect() as quiet, here.connect() as plain:
        began = monotonic()
        plain.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
        test_a_client_that_trusts_it_gets_everything(here)
        for each in (quiet, plain):
            try:
                assert b"HTTP" not in received(each)
            except ConnectionError:
                continue
        assert monotonic() - began < 20


def test_a_certificate_that_a_browser_would_refuse_is_told(issue: Issue, tmp_path: Path) -> None:
    pem, key = issue("pc.example", "192.168.1.2")
    assert context(pem, key, "pc.example")
    assert context(pem, key, "192.168.1.2")
    with pytest.raises(OutputError, match=r"for 192\.168\.1\.3: ip address mismatch"):
        context(pem, key, "192.168.1.3")
    with pytest.raises(OutputError, match=r"for phone\.example: hostname mismatch"):
        context(pem, key, "phone.example")
    past = {"not_before": dt.datetime(2020, 1, 1, tzinfo=dt.UTC)}
    past["not_after"] = past["not_before"] + dt.timedelta(days=30)
    with pytest.raises(OutputError, match="certificate has expired"):
        context(*issue("pc.example", **past), "pc.example")
    with pytest.raises(OutputError, match="key values mismatch"):
        context(pem, issue("pc.example")[1], "pc.example")
    with pytest.raises(OutputError, match="no certificate and its key"):
        context(key, pem, "pc.example")
    (tmp_path / "junk.pem").write_bytes(bytes(range(256)))
    with pytest.raises(OutputError, match="no certificate and its key"):
        context(tmp_path / "junk.pem", key, "pc.example")
    with pytest.raises(OutputError, match="cannot be read"):
        context(tmp_path / "none.pem", key, "pc.example")
    with pytest.raises(OutputError, match="cannot be read"):
        context(pem, tmp_path, "pc.example")


def test_a_key_with_a_password_is_told_and_nobody_is_asked(issue: Issue, tmp_path: Path) -> None:
    pem, key = issue("pc.example")
    from cryptography.hazmat.primitives import serialization as coding

    secret = coding.load_pem_private_key(key.read_bytes(), None).private_bytes(
        coding.Encoding.PEM, coding.PrivateFormat.PKCS8, coding.BestAvailableEncryption(b"x")
    )
    (tmp_path / "locked.key").write_bytes(secret)
    with pytest.raises(OutputError, match="the key has a password"):
        context(pem, tmp_path / "locked.key", "pc.example")


def test_a_name_that_browsers_do_not_read_is_told(tmp_path: Path) -> None:
    """They look for it among the alternative names alone (RFC 9525, section 6.3)."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives import serialization as coding
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "pc.example")])
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), 1, now, now + dt.timedelta(days=1))
        .sign(key, hashes.SHA256())
        .public_bytes(coding.Encoding.PEM)
    )
    (tmp_path / "a.pem").write_bytes(made)
    (tmp_path / "a.key").write_bytes(
        key.private_bytes(coding.Encoding.PEM, coding.PrivateFormat.PKCS8, coding.NoEncryption())
    )
    with pytest.raises(OutputError, match="hostname mismatch"):
        context(tmp_path / "a.pem", tmp_path / "a.key", "pc.example")
