"""Connections: time for a head, and a share for each address. The times here are short, the waits bounded."""

from __future__ import annotations

import asyncio
import contextlib
import socket

import pytest
from fastapi import FastAPI, WebSocket
from tests.unit.http.conftest import GOOD, PROTOCOLS, connect, head, listening, read_answer, read_response
from uvicorn import Config, Server

from malha.http import ConnectionLimits, connections, guard_connections

QUICK = ConnectionLimits(per_address=0, head_seconds=0.2)
NOTE = b'{"text": "x"}'
REQUEST = head("/private", f"Content-Length: {len(NOTE)}", *(f"{name}: {value}" for name, value in GOOD.items())) + NOTE

protocols = pytest.mark.parametrize("protocol", PROTOCOLS)


@protocols
@pytest.mark.parametrize("begun", [b"", b"P", b"POST /private HTTP/1.1\r\nHost: x\r\n"], ids=["none", "byte", "line"])
def test_a_head_that_does_not_come_is_not_waited_for(app: FastAPI, protocol: str, begun: bytes) -> None:
    with listening(app, QUICK, protocol) as port, connect(port) as connection:
        connection.sendall(begun)
        assert connection.recv(1) == b""


@protocols
def test_many_slow_heads_are_all_closed_while_others_are_served(app: FastAPI, protocol: str) -> None:
    with listening(app, QUICK, protocol) as port, contextlib.ExitStack() as held:
        slow = [held.enter_context(connect(port)) for _ in range(150)]
        for connection in slow:
            connection.sendall(b"POST /private HTTP/1.1\r\nX: ")
        with connect(port) as connection:
            connection.sendall(REQUEST)
            assert read_response(connection) == 200
        for connection in slow:
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                while connection.recv(1):
                    pass


@protocols
def test_bytes_that_trickle_in_do_not_renew_the_time(app: FastAPI, protocol: str) -> None:
    with listening(app, QUICK, protocol) as port, connect(port) as connection:
        connection.settimeout(0.05)
        connection.sendall(b"POST /private HTTP/1.1\r\nX-Slow: ")
        assert any(_is_closed_after(connection, b"x") for _ in range(400))


def _is_closed_after(connection: socket.socket, data: bytes) -> bool:
    try:
        connection.sendall(data)
        return connection.recv(1) == b""
    except TimeoutError:
        return False
    except OSError:
        return True


@protocols
def test_the_second_head_on_a_connection_has_no_more_time(app: FastAPI, protocol: str) -> None:
    with listening(app, QUICK, protocol, timeout_keep_alive=60) as port, connect(port) as connection:
        connection.sendall(REQUEST)
        assert read_response(connection) == 200
        connection.sendall(b"POST /private HTTP/1.1\r\n")
        assert connection.recv(1) == b""


@protocols
def test_a_slow_answer_is_not_a_slow_head(app: FastAPI, protocol: str) -> None:
    @app.get("/slow")
    async def answer_slowly() -> str:
        await asyncio.sleep(3 * QUICK.head_seconds)
        return "done"

    with listening(app, QUICK, protocol) as port, connect(port) as connection:
        connection.sendall(b"GET /slow HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        assert read_answer(connection)[0] == 200


@protocols
def test_a_web_socket_lives_as_long_as_it_likes(app: FastAPI, protocol: str) -> None:
    @app.websocket("/socket")
    async def talk(socket: WebSocket) -> None:
        await socket.accept()
        await asyncio.sleep(3 * QUICK.head_seconds)
        await socket.close()

    key = f"Sec-WebSocket-Key: {'A' * 22}=="
    upgrade = ("Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13", key)
    with listening(app, QUICK, protocol) as port, connect(port) as connection:
        connection.sendall("\r\n".join(["GET /socket HTTP/1.1", "Host: x", *upgrade, "", ""]).encode())
        assert connection.recv(65536).startswith(b"HTTP/1.1 101")
        assert connection.recv(65536)[0] == 0x88  # closed in order, by the application


@protocols
def test_an_address_has_its_share_and_gets_it_back(app: FastAPI, protocol: str) -> None:
    with listening(app, ConnectionLimits(per_address=3), protocol) as port:
        with contextlib.ExitStack() as held:
            for _ in range(3):
                connection = held.enter_context(connect(port))
                connection.sendall(REQUEST)
                assert read_response(connection) == 200
            with connect(port) as one_too_many:
                status, received = read_answer(one_too_many)
            assert status == 429
            assert b"retry-after" in received
        assert _is_served(port)


def _is_served(port: int) -> bool:
    for _ in range(100):
        with connect(port) as connection, contextlib.suppress(OSError):
            connection.sendall(REQUEST)
            if connection.recv(15) == b"HTTP/1.1 200 OK":
                return True
    return False


@pytest.mark.parametrize(
    ("believed", "status"),
    [("127.0.0.1, 10.0.0.1", 200), ("127.0.0.0/8", 200), ("*", 200), ("10.0.0.1", 429), ("127.0.0.1,::1", 429)],
)
def test_a_proxy_that_the_operator_named_speaks_for_many(app: FastAPI, believed: str, status: int) -> None:
    with (
        listening(app, ConnectionLimits(per_address=1), forwarded_allow_ips=believed) as port,
        connect(port) as first,
        connect(port) as second,
    ):
        first.sendall(REQUEST)
        assert read_response(first) == 200
        with contextlib.suppress(ConnectionResetError, BrokenPipeError):
            second.sendall(REQUEST.replace(b"Host: x", b"Host: x\r\nConnection: close"))
        assert read_answer(second)[0] == status


def test_the_server_that_runs_the_application_is_found(app: FastAPI, monkeypatch: pytest.MonkeyPatch) -> None:
    server = Server(Config(app))
    monkeypatch.setattr(connections, "running_server", lambda: server)
    server.config.load()
    plain = server.config.http_protocol_class
    guard_connections(QUICK)
    assert issubclass(server.config.http_protocol_class, plain)
    assert getattr(server.config.http_protocol_class, "limits") == QUICK  # noqa: B009 - the class is made at run time


def test_without_a_server_nothing_is_changed() -> None:
    assert connections.running_server() is None
    guard_connections(QUICK)
