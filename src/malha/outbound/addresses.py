"""The guard against server-side request forgery: which IP addresses may be called, judged when connecting.

Names are resolved once, every address is judged, and the connection goes to a judged address: a name that answers
something else the second time (DNS rebinding) gains nothing. Spellings such as `0x7f.1` or `127.1` are left to the
resolver, so what counts is the address that would really be called.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Any

import httpcore2
from httpcore2 import AnyIOBackend, AsyncNetworkBackend, AsyncNetworkStream

from malha.outbound.errors import AddressForbiddenError

IPAddress = ipaddress.IPv4Address | ipaddress.IPv6Address
Resolve = Callable[[str, int], Awaitable[Sequence[str]]]

# Prefixes that carry an IPv4 address inside: a private one must not pass in the disguise (RFC 6052, RFC 8215).
_NAT64 = (ipaddress.IPv6Network("64:ff9b::/96"), ipaddress.IPv6Network("64:ff9b:1::/48"))
_IPV4_COMPATIBLE = ipaddress.IPv6Network("::/96")


def is_public(address: IPAddress) -> bool:
    """Whether an address belongs to the public internet, and so does the IPv4 address inside it, if there is one."""
    if isinstance(address, ipaddress.IPv6Address):
        inner = _inner_address(address)
        if inner is not None:
            return is_public(inner)
        if address.is_site_local:
            return False
    return address.is_global and not (address.is_multicast or address.is_reserved or address.is_unspecified)


def _inner_address(address: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if address.sixtofour is not None:
        return address.sixtofour
    if address.teredo is not None:
        return address.teredo[1]
    if any(address in network for network in (*_NAT64, _IPV4_COMPATIBLE)):
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return None


async def resolve_with_system(host: str, port: int) -> list[str]:
    """Every address of a host, in the system's order."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


class GuardedBackend(AsyncNetworkBackend):
    """Connects to judged addresses only.

    `allowed` holds `host:port` of services on private addresses that may be called all the same.
    """

    def __init__(self, allowed: Iterable[str] = (), *, resolve: Resolve = resolve_with_system) -> None:
        self._allowed = {entry.lower() for entry in allowed}
        self._resolve = resolve
        self._sockets = AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - the interface's own parameter
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> AsyncNetworkStream:
        """Resolve, judge, connect; AddressForbiddenError when any address of the host is private."""
        addresses = await self.judge(host, port)
        problem: Exception | None = None
        for address in addresses:
            try:
                return await self._sockets.connect_tcp(address, port, timeout, local_address, socket_options)
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout) as error:
                problem = error
        raise problem or httpcore2.ConnectError(f"{host} has no address")

    async def judge(self, host: str, port: int) -> Sequence[str]:
        """The addresses of a host that may be called; one private address condemns them all."""
        try:
            addresses = await self._resolve(host, port)
        except OSError as error:
            raise httpcore2.ConnectError(f"{host} cannot be resolved: {error}") from error
        if f"{host}:{port}".lower() not in self._allowed:
            for text in addresses:
                if not is_public(ipaddress.ip_address(text.partition("%")[0])):
                    raise AddressForbiddenError(f"{host} is at {text}, which is no public address")
        return addresses

    async def connect_unix_socket(
        self,
        path: str,
        timeout: float | None = None,  # noqa: ASYNC109
        socket_options: Iterable[Any] | None = None,
    ) -> AsyncNetworkStream:
        """Never: no URL of the outside world leads to a socket of ours."""
        raise AddressForbiddenError(f"{path} is a socket of this machine")

    async def sleep(self, seconds: float) -> None:
        """Wait between attempts."""
        await self._sockets.sleep(seconds)
