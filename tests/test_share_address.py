"""Where the door is, and how a phone gets to know of it."""

from __future__ import annotations

import re
import socket
from types import SimpleNamespace

import numpy as np
import pytest

pytest.importorskip("psutil", reason="the extra share is not installed")
pytest.importorskip("segno", reason="the extra share is not installed")

import psutil
import zxingcpp

from audiocoach.errors import NotFoundError, OutputError
from audiocoach.share import address
from audiocoach.share.code import qr_lines


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> dict[str, list[str]]:
    """A machine with the networks that are put in, and the addresses of its ways ``out``."""
    has: dict[str, list[str]] = {"out": []}

    def kind(text: str) -> socket.AddressFamily:
        return socket.AF_INET6 if ":" in text else socket.AF_INET

    def addresses() -> dict[str, list[SimpleNamespace]]:
        return {
            name: [SimpleNamespace(family=kind(each), address=each) for each in each_has]
            for name, each_has in has.items()
            if name != "out"
        }

    def source(family: socket.AddressFamily, _there: str) -> str | None:
        return next((each for each in has["out"] if kind(each) == family), None)

    monkeypatch.setattr(psutil, "net_if_addrs", addresses)
    monkeypatch.setattr(
        psutil, "net_if_stats", lambda: {name: SimpleNamespace(isup=name != "off") for name in has}
    )
    monkeypatch.setattr(address, "_source", source)
    return has


@pytest.mark.parametrize(
    ("out", "networks", "taken"),
    [
        (["192.168.178.20"], {"wlan0": ["192.168.178.20"]}, "192.168.178.20"),
        (["8.8.8.8", "fd00::7"], {"eth0": ["8.8.8.8", "fd00::7"]}, "fd00::7"),
        # Without a way out, as in a network that the phone itself opened
        ([], {"lo": ["127.0.0.1"], "wlan0": ["fe80::1%wlan0", "192.168.43.7"]}, "192.168.43.7"),
        ([], {"docker0": ["172.17.0.1"], "eth0": ["fd00::7", "10.0.0.7"]}, "10.0.0.7"),
        ([], {"off": ["10.0.0.7"], "docker0": ["172.17.0.1"]}, "172.17.0.1"),
        # The way out is a tunnel, and the phone is elsewhere
        (["10.8.0.2"], {"tun0": ["10.8.0.2"], "wlan0": ["192.168.1.5"]}, "192.168.1.5"),
        (["10.8.0.2"], {"tun0": ["10.8.0.2"]}, "10.8.0.2"),
        (["10.0.0.1"], {"eth1": ["192.168.1.5"], "eth0": ["10.0.0.1"]}, "10.0.0.1"),
    ],
)
def test_the_local_address_is_the_one_that_a_phone_reaches(
    machine: dict[str, list[str]], out: list[str], networks: dict[str, list[str]], taken: str
) -> None:
    machine.update(networks, out=out)
    assert address.lan_address() == taken


@pytest.mark.parametrize(
    ("networks", "message"),
    [
        ({}, "in no network"),
        ({"lo": ["127.0.0.1", "::1"]}, "in no network"),
        ({"eth0": ["fe80::1%eth0"]}, "in no network"),
        ({"eth0": ["8.8.8.8", "fe80::1%eth0"]}, r"8\.8\.8\.8.*whole internet.*--address"),
    ],
)
def test_where_there_is_none_nothing_is_opened(
    machine: dict[str, list[str]], networks: dict[str, list[str]], message: str
) -> None:
    machine.update(networks)
    with pytest.raises(OutputError, match=message):
        address.lan_address()


def test_an_address_is_found_without_a_word_said() -> None:
    """A datagram socket that is connected has its own address and has sent nothing."""
    assert address._source(socket.AF_INET, "127.0.0.1") == "127.0.0.1"


def test_this_machine_knows_its_addresses() -> None:
    for own in address.own_addresses():
        (listener,) = address.listen([own.partition("%")[0]], 0) if "%" not in own else (None,)
        if listener:
            listener.close()


def test_a_name_leads_to_this_machine_or_nowhere(
    machine: dict[str, list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    known = {"pc.example": ["192.168.1.5", "fd00::5", "192.168.1.5"], "elsewhere": ["10.0.0.9"]}

    def found(name: str, _port: None, **_: object) -> list[tuple[object, ...]]:
        if name not in known:
            raise socket.gaierror(-2, "Name or service not known")
        return [(0, 0, 0, "", (each, 0)) for each in known[name]]

    monkeypatch.setattr(socket, "getaddrinfo", found)
    machine["wlan0"] = ["192.168.1.5", "fe80::2%wlan0"]
    assert address.resolve("pc.example") == ["192.168.1.5"]
    assert address.resolve("10.1.2.3") == ["10.1.2.3"]
    with pytest.raises(NotFoundError, match=r"leads to 10\.0\.0\.9.*it has 192\.168\.1\.5$"):
        address.resolve("elsewhere")
    with pytest.raises(NotFoundError, match=r"write it like 192\.168\.1\.5$"):
        address.resolve("nowhere")


def test_a_port_that_is_taken_is_another_or_an_error() -> None:
    (first,) = address.listen(["127.0.0.1"], 0)
    with first:
        port = first.getsockname()[1]
        with pytest.raises(OutputError, match=rf"cannot open 127\.0\.0\.1:{port}.*another --port"):
            address.listen(["127.0.0.1"], port)
        (one,), (two,) = (address.listen(["127.0.0.1"], None) for _ in range(2))
        with one, two:
            assert one.getsockname()[1] != two.getsockname()[1]
    with pytest.raises(OutputError, match="this machine has no such address; it "):
        address.listen(["203.0.113.7"], 0)  # not an address of any machine; nothing is sent


def test_names_of_the_door() -> None:
    local = {"127.0.0.1:81", "[::1]:81", "localhost:81"}
    assert address.hosts(["127.0.0.1", "::1"], 81) == local
    assert address.hosts(["192.168.1.2"], 81) == {"192.168.1.2:81"}
    assert address.hosts(["pc", "10.0.0.2"], 443) == {"pc:443", "pc", "10.0.0.2:443", "10.0.0.2"}
    assert "[::1]" in address.hosts(["::1"], 80)


def test_a_camera_reads_the_code_in_the_terminal() -> None:
    url = "http://192.168.178.20:8765/" + "x" * 32 + "/"
    lines = qr_lines(url)
    assert len({len(line) for line in lines}) == 1
    rows: list[list[int]] = []
    for line in lines:
        match = re.fullmatch(r"\x1b\[97;40m(.+)\x1b\[0m", line)
        assert match
        for light in ("\N{UPPER HALF BLOCK}", "\N{LOWER HALF BLOCK}"):
            white = ("\N{FULL BLOCK}", light)
            rows += [[255 * (block in white) for block in match[1]]]
    picture = np.kron(np.array(rows, np.uint8), np.ones((4, 4), np.uint8))
    (found,) = zxingcpp.read_barcodes(picture)
    assert found.text == url
