"""Finding a free TCP port, and asking whether an HTTP server on one is ready."""

from __future__ import annotations

import http.client
import socket


class PortTakenError(RuntimeError):
    """The port that was asked for is in use."""


def is_free(host: str, port: int) -> bool:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        # As servers bind: connections that linger from an earlier run do not count.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def choose_port(host: str, wanted: int, *, is_fixed: bool) -> int:
    """`wanted`, or when that is taken and not fixed, the next free one of the following twenty."""
    for port in (wanted,) if is_fixed else range(wanted, wanted + 21):
        if is_free(host, port):
            return port
    raise PortTakenError(f"port {wanted} of {host} is taken: choose another one with --port")


def reachable_host(host: str) -> str:
    """The address to connect to for a server that listens on `host`."""
    return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - compared, not listened on


def answers_ok(host: str, port: int, path: str, *, header: tuple[str, str], timeout_seconds: float = 2.0) -> bool:
    """Whether `GET path` is answered with 200 and that header, which tells our server from another on the same port."""
    name, value = header
    connection = http.client.HTTPConnection(reachable_host(host), port, timeout=timeout_seconds)
    try:
        connection.request("GET", path)
        response = connection.getresponse()
        return response.status == http.client.OK and response.headers.get(name) == value
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
