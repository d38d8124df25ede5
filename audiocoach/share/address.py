"""Where the door is: an address of this machine, a port, and the sockets that listen there."""

from __future__ import annotations

import errno
import ipaddress
import socket
from collections.abc import Sequence

from audiocoach.errors import OutputError

PORT = 8765
"""Taken if it is free, so that a phone finds its place in a routine again."""
_NEAR = 10
"""How many ports from there are tried before any that is free."""
_ELSEWHERE = ((socket.AF_INET, "192.0.2.1"), (socket.AF_INET6, "2001:db8::1"))
"""Addresses that nobody has (RFC 5737, RFC 3849): a way to them is a way to the network."""


def lan_address() -> str:
    """The address that this machine has in its local network; nothing is sent to find it.

    Raises ``OutputError`` where there is none, or only one that the whole internet reaches.
    """
    found = [address for family, there in _ELSEWHERE if (address := _source(family, there))]
    inside = [address for address in found if _is_inside(address)]
    if inside:
        return inside[0]
    if found:
        raise OutputError(
            f"the address of this machine, {found[0]}, may be reached from the whole internet, so "
            "nothing was opened; --address opens one all the same"
        )
    raise OutputError(
        "this machine is in no network; connect it to the same Wi-Fi as the phone, or name its "
        "address with --address"
    )


def _source(family: socket.AddressFamily, there: str) -> str | None:
    """The address from which a datagram to ``there`` would go; none is sent."""
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.connect((there, 9))
            return str(probe.getsockname()[0])
    except OSError:
        return None


def _is_inside(address: str) -> bool:
    """Private, and an address that a browser can write (no zone)."""
    parsed = ipaddress.ip_address(address.partition("%")[0])
    return parsed.is_private and not (parsed.is_link_local and parsed.version == 6)


def listen(addresses: Sequence[str], port: int | None) -> list[socket.socket]:
    """Sockets that listen on one port of each address; the first must be had, others may not.

    ``port`` ``None``: ``PORT``, or one near it, or any. Raises ``OutputError``.
    """
    ports = [port] if port is not None else [*range(PORT, PORT + _NEAR), 0]
    error: OSError | None = None
    for wanted in ports:
        try:
            first = _listening(addresses[0], wanted)
        except OSError as failed:
            error = failed
            if failed.errno not in (errno.EADDRINUSE, errno.EACCES):
                break
            continue
        sockets = [first]
        for other in addresses[1:]:
            try:
                sockets.append(_listening(other, first.getsockname()[1]))
            except OSError:
                continue
        return sockets
    reason = (error and error.strerror) or str(error)
    raise OutputError(f"cannot open {at(addresses[0], port or PORT)}: {reason.lower()}")


def at(address: str, port: int) -> str:
    """``host:port`` as addresses of pages have it."""
    return f"[{address}]:{port}" if ":" in address else f"{address}:{port}"


def hosts(addresses: Sequence[str], port: int) -> frozenset[str]:
    """Under which names a browser may ask: the addresses, and ``localhost`` where they are it."""
    names = {at(address, port) for address in addresses}
    if any(ipaddress.ip_address(address).is_loopback for address in addresses):
        names.add(at("localhost", port))
    return frozenset(names)


def _listening(address: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        if hasattr(socket, "SO_EXCLUSIVEADDRUSE"):  # Windows: else another program could share it
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)
        else:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        listener.bind((address, port))
        listener.listen()
    except BaseException:
        listener.close()
        raise
    return listener
