"""A small application behind the body layer and the connection limits, served by uvicorn on loopback."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Iterator
from typing import Annotated, Any
from uuid import UUID, uuid4

import pytest
from fastapi import FastAPI, Form, Request
from pydantic import BaseModel
from tests.fakes.loopback import LoopbackServer
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from malha.errors import install_error_handlers
from malha.http import BodyMiddleware, ConnectionLimits, bodies, takes_body
from malha.http.connections import guarded_protocol
from malha.identity.errors import NotAuthenticatedError
from malha.identity.policy import PrincipalDep
from malha.identity.rules.access import Role
from malha.identity.rules.principal import Principal
from malha.settings import Settings

LARGE_BYTES = 3 * 1024 * 1024
GOOD = {"Authorization": "Bearer good"}
PROTOCOLS = {"httptools": HttpToolsProtocol, "h11": H11Protocol}


class Note(BaseModel):
    """A body."""

    text: str


class FakeAuthenticator:
    """Knows one credential."""

    def __init__(self) -> None:
        self.asked = 0

    async def authenticate(self, credential: str, workspace_id: UUID | None = None) -> Principal:
        self.asked += 1
        if credential != "good":
            raise NotAuthenticatedError
        return Principal(
            user_id=uuid4(),
            email="x@example.com",
            is_superuser=False,
            workspace_id=workspace_id or uuid4(),
            role=Role.OWNER,
            scopes=None,
            via="jwt",
            credential_id=uuid4(),
            bound_to=None,
        )


@pytest.fixture(autouse=True)
def _short_drain(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who was refused and goes on sending is borne for a moment, not for a second."""
    monkeypatch.setattr(bodies, "DRAIN_SECONDS", 0.2)


@pytest.fixture
def app() -> FastAPI:
    """Routes of each kind. `app.state.read` counts the bytes that routes were given."""
    app = FastAPI()
    app.state.settings = Settings.model_validate({})
    app.state.authenticator = FakeAuthenticator()
    app.state.read = 0
    install_error_handlers(app)
    app.add_middleware(BodyMiddleware)

    @app.post("/private")
    async def take_note(_principal: PrincipalDep, note: Note) -> int:
        return len(note.text)

    @app.post("/large")
    @takes_body(LARGE_BYTES)
    async def take_large(_principal: PrincipalDep, note: Note) -> int:
        return len(note.text)

    @app.post("/public")
    async def take_anybodys(note: Note) -> int:
        return len(note.text)

    @app.post("/form")
    @takes_body(1024)
    async def take_form(password: Annotated[str, Form()]) -> int:
        return len(password)

    form = {"requestBody": {"content": {"multipart/form-data": {"schema": {"type": "object"}}}}}

    @app.post("/upload", openapi_extra=form)
    async def take_upload(request: Request, _principal: PrincipalDep) -> int:
        async for block in request.stream():
            app.state.read += len(block)
        return app.state.read

    return app


@contextlib.contextmanager
def listening(app: FastAPI, limits: ConnectionLimits, protocol: str = "httptools", **options: Any) -> Iterator[int]:
    """The port on which the application is served, until the block is left."""
    guarded = guarded_protocol(PROTOCOLS[protocol], limits)
    options = {"http": guarded, "lifespan": "off", "timeout_graceful_shutdown": None, **options}
    with LoopbackServer(app, has_patience=False, **options) as server:
        yield server.port


def connect(port: int) -> socket.socket:
    """A connection of the test's own."""
    return socket.create_connection(("127.0.0.1", port), timeout=20)


def head(path: str, *lines: str) -> bytes:
    """The head of a POST with a JSON body."""
    fixed = (f"POST {path} HTTP/1.1", "Host: x", "Content-Type: application/json", *lines)
    return "\r\n".join([*fixed, "", ""]).encode()


def read_answer(connection: socket.socket) -> tuple[int, bytes]:
    """Status (0 without one) and everything up to the end of the connection."""
    received = b""
    with contextlib.suppress(ConnectionResetError):
        while chunk := connection.recv(65536):
            received += chunk
    return int(received.split(b" ", 2)[1]) if received.startswith(b"HTTP/") else 0, received


def read_response(connection: socket.socket) -> int:
    """The status of one answer with a Content-Length, read to its end; the connection stays open."""
    received = b""
    while b"\r\n\r\n" not in received:
        received += connection.recv(1) or pytest.fail("the connection was closed")
    length = int(received.lower().partition(b"content-length:")[2].split(b"\r\n")[0])
    while length:
        length -= len(connection.recv(length))
    return int(received.split(b" ", 2)[1])
