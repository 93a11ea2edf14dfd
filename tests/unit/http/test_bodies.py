"""Bodies: who may send one, how large, how slowly."""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from collections.abc import Iterator

import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute
from starlette.testclient import TestClient
from starlette.types import Message
from tests.unit.http.conftest import GOOD, LARGE_BYTES, connect, head, listening, read_answer

from malha.http import ConnectionLimits, bodies
from malha.http.bodies import body_limit
from malha.settings import MEBIBYTE, UploadSettings

MANY_BYTES = 256 * MEBIBYTE  # the kernel's own buffers take some of what we refuse
LIMITS = ConnectionLimits(per_address=0)


@pytest.fixture
def client(app: FastAPI) -> TestClient:
    return TestClient(app)


@pytest.fixture
def port(app: FastAPI) -> Iterator[int]:
    with listening(app, LIMITS) as number:
        yield number


def note(size: int) -> bytes:
    return json.dumps({"text": "x" * (size - len('{"text": ""}'))}).encode()


@pytest.mark.parametrize(
    ("path", "size", "status"),
    [
        ("/private", MEBIBYTE, 200),
        ("/private", MEBIBYTE + 1, 413),
        ("/large", LARGE_BYTES, 200),
        ("/large", LARGE_BYTES + 1, 413),
        ("/public", MEBIBYTE, 200),
        ("/public", MEBIBYTE + 1, 413),
    ],
)
@pytest.mark.parametrize("is_declared", [True, False], ids=["declared", "chunked"])
def test_a_body_is_taken_up_to_the_route_s_limit(
    client: TestClient, path: str, size: int, status: int, *, is_declared: bool
) -> None:
    content = note(size)
    chunks = (content[start : start + 65536] for start in range(0, size, 65536))
    headers = GOOD | {"Content-Type": "application/json"}
    answer = client.post(path, content=content if is_declared else chunks, headers=headers)
    assert answer.status_code == status
    if status == 413:
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["code"] == "body-too-large"
        assert ("3 MB" if path == "/large" else "1 MB") in answer.json()["detail"]


@pytest.mark.parametrize("path", ["/private", "/large", "/upload"])
@pytest.mark.parametrize("credential", [None, b"Bearer bad", b"Basic good"])
def test_a_stranger_s_body_is_never_read(app: FastAPI, path: str, credential: bytes | None) -> None:
    headers = [(b"content-type", b"application/json"), *([(b"authorization", credential)] if credential else [])]
    taken, sent = 0, list[Message]()

    async def receive() -> Message:
        nonlocal taken
        taken += 65536
        return {"type": "http.request", "body": b"x" * 65536, "more_body": True}

    async def send(message: Message) -> None:
        sent.append(message)

    scope = {"type": "http", "method": "POST", "path": path, "query_string": b"", "headers": headers, "root_path": ""}
    asyncio.run(app(scope, receive, send))
    assert sent[0]["status"] == 401
    assert (b"www-authenticate", b"Bearer") in sent[0]["headers"]
    assert b"".join(message.get("body", b"") for message in sent).count(b"not-authenticated") == 2
    assert app.state.read == 0
    assert taken <= bodies.DRAIN_BYTES + 65536


def test_a_stranger_is_told_so_before_the_size_of_their_body(client: TestClient) -> None:
    answer = client.post("/private", content=note(2 * MEBIBYTE), headers={"Content-Type": "application/json"})
    assert answer.status_code == 401


def test_who_waits_for_leave_to_send_is_refused_without_it(port: int) -> None:
    with connect(port) as connection:
        connection.sendall(head("/private", "Expect: 100-continue", "Content-Length: 300000000"))
        status, received = read_answer(connection)
    assert status == 401
    assert b"100 Continue" not in received
    assert b"connection: close" in received


def test_a_stranger_who_goes_on_sending_is_cut_off(port: int) -> None:
    with connect(port) as connection:
        connection.sendall(head("/private", "Content-Length: 100000000000"))
        sent = 0
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            while sent < MANY_BYTES:
                sent += connection.send(b"x" * 65536)
    assert sent < MANY_BYTES


@pytest.mark.parametrize("path", ["/public", "/form"])
def test_a_trickle_is_given_up(port: int, monkeypatch: pytest.MonkeyPatch, path: str) -> None:
    monkeypatch.setattr(bodies, "PATIENCE_SECONDS", 0.3)
    monkeypatch.setattr(bodies, "DRAIN_SECONDS", 0.1)
    with connect(port) as connection:
        kind = "application/x-www-form-urlencoded" if path == "/form" else "application/json"
        connection.sendall(head(path, "Content-Length: 1000").replace(b"application/json", kind.encode()))
        connection.settimeout(0.05)
        received = b""
        deadline = time.monotonic() + 20
        while not received and time.monotonic() < deadline:
            connection.sendall(b"x")
            try:
                received = connection.recv(65536)
            except TimeoutError:
                continue
        connection.settimeout(20)
        received += read_answer(connection)[1]
    assert received.startswith(b"HTTP/1.1 408")
    assert b"body-too-slow" in received


def test_the_time_that_a_route_takes_for_itself_is_not_counted(
    app: FastAPI, client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bodies, "PATIENCE_SECONDS", 0.2)
    monkeypatch.setattr(bodies, "LEAST_BYTES_PER_SECOND", 10**9)

    @app.post("/thoughtful")
    async def think(request: bodies.Request) -> int:
        size = 0
        async for block in request.stream():
            time.sleep(0.1)  # noqa: ASYNC251 - nothing else may run meanwhile
            size += len(block)
        return size

    answer = client.post("/thoughtful", content=(b"x" * 10 for _ in range(5)))
    assert answer.json() == 50


def test_a_form_larger_than_its_route_takes_never_reaches_the_parser(client: TestClient) -> None:
    answer = client.post("/form", data={"password": "x" * 2_000})
    assert (answer.status_code, answer.json()["code"]) == (413, "body-too-large")
    assert client.post("/form", data={"password": "x" * 500}).json() == 500


def test_uploads_take_what_the_settings_allow_them(app: FastAPI) -> None:
    uploads = UploadSettings.model_validate({"max_job_bytes": 7 * MEBIBYTE})
    limits = {route.path: body_limit(route, uploads) for route in app.routes if isinstance(route, APIRoute)}
    assert limits["/upload"] == 9 * MEBIBYTE
    assert (limits["/private"], limits["/large"]) == (MEBIBYTE, LARGE_BYTES)
    assert body_limit(None, uploads) == MEBIBYTE


def test_a_body_nobody_asks_for_is_not_waited_for(port: int) -> None:
    with connect(port) as connection:
        connection.sendall(head("/nowhere", "Content-Length: 300000000", "Connection: close"))
        assert read_answer(connection)[0] == 404
