"""Clients that mean no good get nothing, and take nothing from the others.

All of them are on this machine; what they send goes to loopback addresses only.
"""

from __future__ import annotations

import re
import socket
import sys
import threading
import time
import tracemalloc
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

pytest.importorskip("starlette", reason="the extra share is not installed")
pytest.importorskip("uvicorn", reason="the extra share is not installed")

from sharing import SECRET, Shared, export, shared

from audiocoach.share.guard import Limits

QUICK = Limits(head_s=2, keep_alive_s=2, stalled_s=1)
"""Nobody has to wait long for a client that is too slow."""
OTHER = "127.0.0.2"
"""A second client; on Linux every address of 127.0.0.0/8 is this machine."""

needs_second_address = pytest.mark.skipif(
    sys.platform != "linux", reason="only one loopback address here"
)


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return export(tmp_path_factory.mktemp("hostile"))


@pytest.fixture(scope="module")
def here(sound: Path) -> Iterator[Shared]:
    with shared([sound]) as opened:
        yield opened


@pytest.fixture(scope="module")
def quick(sound: Path) -> Iterator[Shared]:
    with shared([sound], limits=QUICK) as opened:
        yield opened


def ask(here: Shared, target: str, *more: str, method: str = "GET", host: str = "") -> bytes:
    lines = [f"{method} {target} HTTP/1.1", f"Host: {host or here.authority}", *more]
    return ("\r\n".join([*lines, "Connection: close", "", ""])).encode("latin-1")


def statuses(answer: bytes) -> list[int]:
    return [int(status) for status in re.findall(rb"HTTP/1\.1 (\d{3}) ", answer)]


@contextmanager
def many(
    here: Shared, count: int, source: str = "", room: int = 0
) -> Iterator[list[socket.socket]]:
    """Connections that stay until the end; ``room`` is what each takes before it is read."""
    with ExitStack() as stack:
        clients = [stack.enter_context(here.connect(source)) for _ in range(count)]
        for client in clients:
            if room:
                client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, room)
        yield clients


def still_fine(here: Shared) -> None:
    status, _, body = here.get(here.sound, {"Range": "bytes=0-99"})
    assert (status, len(body)) == (206, 100)


TRAVERSALS = [
    *("/", "//", "/.", "/..", "/../", "/etc/passwd", "/../../../../etc/passwd", "/%2e%2e/%2e%2e/"),
    *("/{s}/../{s}/", "/{s}/..", "/{s}/../../etc/passwd", "/{s}/%2e%2e/%2e%2e/etc/passwd"),
    *("/{s}/..%2f..%2fetc/passwd", "/{s}/%252e%252e%252fetc/passwd", "/{s}/....//....//etc/passwd"),
    *("/{s}/..%5c..%5cwindows/win.ini", "/{s}/..\\..\\etc\\passwd", "/{s}/%c0%ae%c0%ae/etc/passwd"),
    *("/{s}/%uff0e%uff0e/etc/passwd", "/{s}//etc/passwd", "/{s}/quiet-hands/../quiet-hands/"),
    *("/{s}/quiet-hands/./", "/{s}/quiet-hands//", "/{s}/quiet-hands/quiet-hands.mp3%00.txt"),
    *("/{s}/quiet-hands/quiet-hands.mp3/", "/{s}/quiet-hands/quiet-hands.mp3;x", "/{s};/"),
    *("/{s}/QUIET-HANDS/", "/{s}/quiet-hands/%71uiet-hands.mp3", "/%6e{t}/", "/{s}%2f", "/{s}%00/"),
    *("/{s}/quiet-hands/quiet-hands.md", "/{s}/site.py", "/{s}/player.html", "/{s}/.git/config"),
    *("file:///etc/passwd", "http://127.0.0.1/{s}/", "*", "/{s}/\xe9", "/\xff\xfe/"),
]


@pytest.mark.parametrize("target", TRAVERSALS)
def test_nothing_but_the_table_is_served(here: Shared, target: str) -> None:
    answer = here.raw(ask(here, target.format(s=SECRET, t=SECRET[1:])))
    assert statuses(answer) in ([404], [400]), target
    assert b"root:" not in answer
    assert SECRET.encode() not in answer


def test_queries_and_fragments_change_nothing(here: Shared) -> None:
    for more in ("?a=../../etc/passwd", "?" + "x" * 900):
        assert statuses(here.raw(ask(here, f"{here.sound}{more}"))) == [200]


@given(guess=st.text(max_size=60) | st.sampled_from([SECRET[:n] for n in range(len(SECRET))]))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
def test_guesses_at_the_secret_all_get_the_same(here: Shared, guess: str) -> None:
    plain = guess.encode("utf-8", "replace").decode("latin-1")
    plain = re.sub(r"[\x00-\x20\x7f?#/]", "", plain)
    answers = {
        re.sub(rb"date: [^\r]*\r\n", b"", here.raw(ask(here, f"/{guessed}/quiet-hands/")))
        for guessed in (plain, "x" * len(SECRET), SECRET.upper(), SECRET + "x")
    }
    told = {tuple(statuses(answer)) for answer in answers}
    assert told <= {(404,), (400,)}
    assert len([answer for answer in answers if b" 404 " in answer]) == 1


@pytest.mark.parametrize(
    "method",
    [
        *("POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "CONNECT", "PROPFIND", "get"),
        *("BREW", "X" * 5_000, "HEAD2"),
    ],
)
def test_only_get_and_head(here: Shared, method: str) -> None:
    for target in (here.sound, "/"):
        answer = here.raw(ask(here, target, method=method))
        assert statuses(answer) in ([405], [400])
        if statuses(answer) == [405]:
            assert b"allow: GET, HEAD" in answer
        assert len(answer) < 2_000


@pytest.mark.parametrize(
    "host",
    [
        *("evil.example", "evil.example:{p}", "127.0.0.1", "127.0.0.1:1", "127.0.0.1.evil.example"),
        *(
            "localhost",
            "localhost.:{p}",
            "127.0.0.1:{p}@evil.example",
            "evil.example#127.0.0.1:{p}",
        ),
        *("[::ffff:127.0.0.1]:{p}", "0:{p}", "2130706433:{p}", "127.1:{p}", "127.0.0.1:0{p}"),
    ],
)
def test_no_other_name_leads_here(here: Shared, host: str) -> None:
    """A page elsewhere cannot point its own name at this machine and read along."""
    answer = here.raw(ask(here, here.sound, host=host.format(p=here.port)))
    assert statuses(answer) in ([421], [400])
    assert len(answer) < 2_000


def test_its_own_names_lead_here(here: Shared) -> None:
    for host in (here.authority, f"localhost:{here.port}", f"LOCALHOST:{here.port}"):
        assert statuses(here.raw(ask(here, here.sound, host=host))) == [200]
    assert statuses(here.raw(f"GET {here.sound} HTTP/1.1\r\n\r\n".encode())) == [400]
    assert statuses(here.raw(f"GET {here.sound} HTTP/1.0\r\n\r\n".encode())) == [421]
    both = f"Host: {here.authority}\r\nHost: evil.example"
    twice = f"GET {here.sound} HTTP/1.1\r\n{both}\r\n\r\n".encode()
    assert statuses(here.raw(twice)) == [400]


@pytest.mark.parametrize(
    "data",
    [
        b"GET /" + b"a" * 100_000,
        b"GET /" + b"a" * 5_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET / HTTP/1.1\r\n" + b"".join(b"X-%d: y\r\n" % n for n in range(5_000)) + b"\r\n",
        b"GET / HTTP/1.1\r\n" + b"X-N: y\r\n" * 5_000,
        b"GET / HTTP/1.1\r\nX: " + b"y" * 1_000_000 + b"\r\n\r\n",
        b"GET / HTTP/1.1\r\nX" + b"y" * 1_000_000,
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(500),
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"\r\n" * 50_000,
        b"\x00" * 100_000,
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET / HTTP/1.1\nHost: x\n\n",
        b"GET\t/\tHTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\n folded\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost : x\r\n\r\n",
        b"SSH-2.0-OpenSSH_9.0\r\n",
    ],
)
def test_floods_and_noise_are_refused_at_once(quick: Shared, data: bytes) -> None:
    answer = quick.raw(data)
    assert set(statuses(answer)) <= {400, 404, 405, 414, 421, 431}
    assert len(answer) < 4_000
    still_fine(quick)


def test_too_much_of_everything_has_its_own_answer(here: Shared) -> None:
    assert statuses(here.raw(ask(here, f"/{SECRET}/" + "a" * 2_000))) == [414]
    many = [f"X-{n}: y" for n in range(80)]
    assert statuses(here.raw(ask(here, here.sound, *many))) == [431]
    assert statuses(here.raw(ask(here, here.sound, "X: " + "y" * 14_000))) == [200]


@pytest.mark.parametrize(
    "more",
    [
        "Content-Length: 5\r\n\r\nhello",
        "Content-Length: 99999999999",
        "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0",
        "Content-Length: 5\r\nTransfer-Encoding: chunked",
        "Content-Length: -1",
        "Content-Length: 1\r\nContent-Length: 2",
        "Expect: 100-continue\r\nContent-Length: 10",
    ],
)
def test_nothing_can_be_brought_along(here: Shared, more: str) -> None:
    answer = here.raw(ask(here, here.sound, more))
    assert statuses(answer) == [400]
    assert len(answer) < 2_000


def test_an_upgrade_is_not_taken_up(here: Shared) -> None:
    websocket = ("Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13")
    answer = here.raw(
        ask(here, here.sound, *websocket, "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==")
    )
    assert 101 not in statuses(answer)
    still_fine(here)


def test_requests_in_a_row_are_answered_in_a_row(here: Shared) -> None:
    one = (
        f"GET {here.sound} HTTP/1.1\r\nHost: {here.authority}\r\nRange: bytes=0-9\r\n\r\n".encode()
    )
    answer = here.raw(one * 60 + ask(here, "/nothing"))
    assert statuses(answer) == [206] * 60 + [404]
    smuggled = one + b"GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n" + one
    assert statuses(here.raw(smuggled)) == [206, 421]


@pytest.mark.parametrize("drip", [b"G", b"GET / HTTP/1.1\r\nHost: x\r\nX: ", b"\r\n", b""])
def test_a_request_that_never_ends_is_ended(quick: Shared, drip: bytes) -> None:
    """Slowloris: a letter now and then keeps no place."""
    with many(quick, 30) as clients:
        waiting = set(clients)
        for client in clients:
            client.settimeout(0.01)
            client.sendall(drip)
        while waiting:
            for client in list(waiting):
                try:
                    if drip:
                        client.sendall(b"a")
                    if not client.recv(1_000):
                        waiting.remove(client)
                except TimeoutError:
                    pass
                except ConnectionError:
                    waiting.remove(client)
    still_fine(quick)


def test_a_second_request_may_not_take_longer(quick: Shared) -> None:
    first = f"GET {quick.sound} HTTP/1.1\r\nHost: {quick.authority}\r\nRange: bytes=0-9\r\n\r\n"
    with quick.connect() as client:
        client.sendall(first.encode() + b"GET /")
        assert statuses(received_or_reset(client)) == [206]
    with quick.connect() as client:
        client.sendall(first.encode())
        assert statuses(received_or_reset(client)) == [206]


def received_or_reset(client: socket.socket) -> bytes:
    parts = []
    try:
        while data := client.recv(65_536):
            parts.append(data)
    except ConnectionError:
        pass
    return b"".join(parts)


@pytest.fixture(scope="module")
def large(sound: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """More than any buffer between two programs holds."""
    path = tmp_path_factory.mktemp("large") / "large.mp3"
    path.write_bytes(sound.read_bytes() + bytes(24_000_000))
    return path


def gone(here: Shared) -> bool:
    """Whether everybody left, after some time."""
    deadline = time.monotonic() + 60
    while here.door.server_state.connections and time.monotonic() < deadline:
        time.sleep(0.05)
    return not here.door.server_state.connections


def test_one_that_takes_nothing_loses_its_place(large: Path) -> None:
    with shared([large], limits=QUICK) as opened, many(opened, 20, room=4_096) as clients:
        for client in clients:
            client.sendall(ask(opened, opened.sound))
        still_fine(opened)
        assert gone(opened)
        for client in clients:
            assert len(received_or_reset(client)) < opened.item.size


def test_slow_clients_block_nobody_and_memory_stays_flat(large: Path) -> None:
    with shared([large]) as opened, many(opened, 100, room=4_096) as clients:
        tracemalloc.start()
        try:
            for client in clients:
                client.sendall(ask(opened, opened.sound))
            for client in clients:
                assert client.recv(1_000).startswith(b"HTTP/1.1 200")
            for _ in range(10):
                still_fine(opened)
            _, most = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        assert most < 100 * 400_000, most
        assert len(opened.get(opened.sound)[2]) == opened.item.size


def ended(clients: list[socket.socket]) -> int:
    """How many of them were ended by the door."""
    count = 0
    for client in clients:
        client.settimeout(0.1)
        try:
            count += client.recv(1) == b""
        except TimeoutError:
            pass
        except ConnectionError:
            count += 1
    return count


@needs_second_address
def test_one_address_cannot_take_the_places_of_the_others(large: Path) -> None:
    limits = Limits(connections=40, per_client=25)
    with shared([large], limits=limits) as opened, many(opened, 60, OTHER, 4_096) as greedy:
        for client in greedy:
            try:
                client.sendall(ask(opened, opened.sound))
            except ConnectionError:
                continue
        still_fine(opened)
        assert len(opened.door.server_state.connections) <= limits.connections


def test_those_who_ask_for_nothing_make_room(sound: Path) -> None:
    limits = Limits(connections=10, per_client=10)
    with shared([sound], limits=limits) as opened, many(opened, 25) as idle:
        for _ in range(3):
            still_fine(opened)
        assert ended(idle) >= 16


def test_those_who_are_served_keep_their_places(large: Path) -> None:
    limits = Limits(connections=10, per_client=10)
    with shared([large], limits=limits) as opened, many(opened, 10, room=4_096) as served:
        for client in served:
            client.sendall(ask(opened, opened.sound))
            assert client.recv(1_000).startswith(b"HTTP/1.1 200")
        for _ in range(20):
            assert opened.raw(ask(opened, opened.sound)) == b""
        for client in served:
            assert client.recv(100_000)


def test_hundreds_who_come_and_go_leave_nothing_behind(here: Shared) -> None:
    before = threading.active_count()
    for number in range(300):
        with here.connect() as client:
            client.sendall(ask(here, here.sound)[: number % 90])
    still_fine(here)
    assert gone(here)
    assert threading.active_count() <= before + 40
