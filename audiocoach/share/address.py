"""Where the door is: an address of this machine, a port, and the sockets that listen there."""

from __future__ import annotations

import errno
import socket
from collections.abc import Sequence
from ipaddress import IPv4Address, IPv6Address
from ipaddress import ip_address as parse_address

from audiocoach.errors import NotFoundError, OutputError

PORT = 8765
"""Taken if it is free, so that a phone finds its place in a routine again."""
_NEAR = 10
"""How many ports from there are tried before any that is free."""
_ELSEWHERE = ((socket.AF_INET, "192.0.2.1"), (socket.AF_INET6, "2001:db8::1"))
"""Addresses that nobody has (RFC 5737, RFC 3849): a way to them is a way to the network."""
_VIRTUAL = (
    *("br-", "docker", "podman", "vEthernet", "veth", "virbr", "vboxnet", "vmnet"),
    *("ppp", "tap", "tun", "utun", "wg", "zt"),
)
"""How networks are called that are inside of this machine, or a tunnel: no phone is there."""
_USUAL = (80, 443)
"""Ports that browsers leave out of what they ask for."""


def ip_address(address: str) -> IPv4Address | IPv6Address:
    """An address, without the zone that it may be written with."""
    return parse_address(address.partition("%")[0])


def lan_address() -> str:
    """The address that this machine has in its local network; nothing is sent to find it.

    That on the way out, where this is no tunnel; else that of the first network it is in.
    Raises ``OutputError`` where there is none, or only one that the whole internet reaches.
    """
    own = own_addresses()
    out = [address for family, there in _ELSEWHERE if (address := _source(family, there))]
    found = [*(address for address in out if not own.get(address)), *own, *out]
    inside = [address for address in found if _is_inside(address)]
    if inside:
        return inside[0]
    if reached := [address for address in found if not ip_address(address).is_link_local]:
        raise OutputError(
            f"the address of this machine, {reached[0]}, may be reached from the whole internet, "
            "so nothing was opened; --address opens one all the same"
        )
    raise OutputError(
        "this machine is in no network; connect it to the same Wi-Fi as the phone, or name its "
        "address with --address"
    )


def own_addresses() -> dict[str, bool]:
    """All addresses of this machine but loopback, and whether each is of no real network.

    Those of real networks come first, of each kind IPv4 before IPv6.
    """
    import psutil

    is_up = {name for name, told in psutil.net_if_stats().items() if told.isup}
    found = [
        (name.startswith(_VIRTUAL), told.family == socket.AF_INET6, told.address)
        for name, addresses in psutil.net_if_addrs().items()
        for told in addresses
        if name in is_up and told.family in (socket.AF_INET, socket.AF_INET6)
    ]
    found.sort(key=lambda each: each[:2])
    return {address: virtual for virtual, _, address in found if not _is_loopback(address)}


def resolve(name: str) -> list[str]:
    """The addresses of this machine that are known by ``name``; itself, if it is an address.

    Raises ``NotFoundError`` where the name leads nowhere, or elsewhere.
    """
    try:
        return [str(ip_address(name))]
    except ValueError:
        pass
    try:
        told = socket.getaddrinfo(name, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise NotFoundError(
            f'"{name}" is neither an address nor a name that leads to one; '
            f"write it like {_example()}"
        ) from None
    found = list(dict.fromkeys(str(each[4][0]) for each in told))
    own = [address for address in found if address in own_addresses() or _is_loopback(address)]
    if not own:
        raise NotFoundError(
            f'"{name}" leads to {", ".join(found)}, which is not this machine; {_has()}'
        )
    return own


def _example() -> str:
    return next(iter(own_addresses()), "192.168.1.20")


def _has() -> str:
    """What to take instead."""
    own = [address for address in own_addresses() if not ip_address(address).is_link_local]
    return f"it has {', '.join(own)}" if own else "it is in no network"


def _is_loopback(address: str) -> bool:
    return ip_address(address).is_loopback


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
    parsed = ip_address(address)
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
    raise OutputError(f"cannot open {at(addresses[0], port or PORT)}: {_reason(error)}")


def _reason(error: OSError | None) -> str:
    """What is wrong, and what to do."""
    number = error.errno if error else None
    if number == errno.EADDRNOTAVAIL:
        return f"this machine has no such address; {_has()}"
    if number == errno.EADDRINUSE:
        return "another program is there; take another --port, or leave it out"
    reason = ((error and error.strerror) or str(error)).lower()
    return f"{reason}; take a --port above 1023" if number == errno.EACCES else reason


def at(address: str, port: int) -> str:
    """``host:port`` as addresses of pages have it."""
    return f"[{address}]:{port}" if ":" in address else f"{address}:{port}"


def hosts(names: Sequence[str], port: int) -> frozenset[str]:
    """Under which names a browser may ask: these, and ``localhost`` where they are it."""
    known = {at(name, port) for name in names}
    if {"127.0.0.1", "::1"} & set(names):
        known.add(at("localhost", port))
    if port in _USUAL:
        known |= {each.removesuffix(f":{port}") for each in known}
    return frozenset(known)


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
