"""Time for the head of a request, and a share of the connections for every address, in the server that runs us.

uvicorn limits neither: a connection on which nothing is sent stays open for ever. Its protocol classes are chosen
anew for each connection, so `guard_connections`, called by the application's lifespan, holds for `malha api` and `malha
up` as for `uvicorn malha.main:app`, with httptools and with h11.
"""

from __future__ import annotations

import asyncio
import signal
from dataclasses import dataclass
from http import HTTPStatus
from ipaddress import ip_address, ip_network
from typing import TYPE_CHECKING, Any

import structlog

if TYPE_CHECKING:
    from uvicorn import Server

HEAD_SECONDS = 10.0
RETRY_AFTER_SECONDS = 5
USUAL_PROXIES = {"127.0.0.1", "::1"}  # whom uvicorn believes where nobody names any: that says nothing about them

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class ConnectionLimits:
    """`per_address` connections at a time, 0 for any number; `head_seconds` from its first byte to a request's body."""

    per_address: int
    head_seconds: float = HEAD_SECONDS


def running_server() -> Server | None:
    """The uvicorn server whose main thread this is: nothing else tells an application who serves it."""
    owner: Any = getattr(signal.getsignal(signal.SIGTERM), "__self__", None)
    return owner if hasattr(owner, "should_exit") and hasattr(owner, "config") else None


def guard_connections(limits: ConnectionLimits) -> None:
    """Have the server that runs this application hold the limits; the log says so where none is found."""
    server = running_server()
    if server is None:
        _log.info("http.connections_unguarded", hint="only uvicorn is known here: limit connections in front of it")
        return
    config = server.config
    config.http_protocol_class = guarded_protocol(config.http_protocol_class, limits)


def guarded_protocol(protocol: type[asyncio.Protocol], limits: ConnectionLimits) -> type[asyncio.Protocol]:
    """A subclass of one of uvicorn's HTTP protocols that holds the limits."""
    return type(f"Guarded{protocol.__name__}", (_Guard, protocol), {"limits": limits})


class _Guard:
    """Mixed into uvicorn's protocols for httptools and h11, which share these attributes and methods."""

    limits: ConnectionLimits
    _head_timer: asyncio.TimerHandle | None = None

    def connection_made(self: Any, transport: asyncio.Transport) -> None:
        super().connection_made(transport)  # type: ignore[misc] - uvicorn's
        if self._is_one_too_many():
            _turn_away(transport)
        else:
            self._await_head()

    def data_received(self: Any, data: bytes) -> None:
        if self.transport.is_closing():
            return
        request_before = self.cycle
        super().data_received(data)  # type: ignore[misc] - uvicorn's
        if self.cycle is not request_before or self.transport.get_protocol() is not self:  # a request, or a WebSocket
            self._forget_head()
        elif self.cycle is None or self.cycle.response_complete:
            self._await_head()

    def connection_lost(self: Any, error: Exception | None) -> None:
        self._forget_head()
        super().connection_lost(error)  # type: ignore[misc] - uvicorn's

    def _await_head(self: Any) -> None:
        if self._head_timer is None:
            self._head_timer = self.loop.call_later(self.limits.head_seconds, self.transport.close)

    def _forget_head(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None

    def _is_one_too_many(self: Any) -> bool:
        # Counted, not kept: a connection that became a WebSocket has another protocol and ends without telling us.
        if not self.limits.per_address or self.client is None or self._is_proxy(self.client[0]):
            return False
        clients = (getattr(connection, "client", None) for connection in self.connections)
        same = sum(client is not None and client[0] == self.client[0] for client in clients)
        return same > self.limits.per_address

    def _is_proxy(self: Any, address: str) -> bool:
        """Whether the operator said that this address speaks for others."""
        named = self.config.forwarded_allow_ips
        names = {name.strip() for name in (named.split(",") if isinstance(named, str) else named)}
        return names != USUAL_PROXIES and ("*" in names or any(_covers(name, address) for name in names))


def _covers(network: str, address: str) -> bool:
    try:
        return ip_address(address) in ip_network(network, strict=False)
    except ValueError:  # the name of a host, or of a socket
        return network == address


def _turn_away(transport: asyncio.Transport) -> None:
    status = HTTPStatus.TOO_MANY_REQUESTS
    text = "Too many connections from this address.\n"
    head = [
        f"HTTP/1.1 {status} {status.phrase}",
        "content-type: text/plain; charset=utf-8",
        f"content-length: {len(text)}",
        f"retry-after: {RETRY_AFTER_SECONDS}",
        "connection: close",
    ]
    transport.write("\r\n".join([*head, "", text]).encode())
    transport.close()
