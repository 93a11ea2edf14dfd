"""A real server on loopback with the realtime parts mounted, and jobs whose logs the tests write themselves."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

import httpx2
import psycopg
import pytest
import socketio
import websocket
from fastapi import FastAPI
from psycopg.types.json import Jsonb
from socketio.exceptions import ConnectionError as SocketConnectionError
from tests.fakes.loopback import WAIT_SECONDS
from tests.fakes.serving import serving

from malha.identity.errors import NotAuthenticatedError
from malha.identity.rules.access import Role
from malha.identity.rules.principal import Principal
from malha.jobs.feed import Feed, JobEvent
from malha.kit.ids import new_id
from malha.kit.urls import libpq_url
from malha.main import create_app
from malha.realtime import Realtime
from malha.settings import BrokerSettings, DatabaseSettings, SecuritySettings, Settings


def make_principal(user: int, workspace: int, *, scopes: frozenset[str] | None = None) -> Principal:
    return Principal(
        user_id=UUID(int=user),
        email="someone@example.com",
        is_superuser=False,
        workspace_id=UUID(int=workspace),
        role=Role.EDITOR,
        scopes=scopes,
        via="jwt",
        credential_id=UUID(int=user),
    )


ALICE = make_principal(1, 100)
COLLEAGUE = make_principal(2, 100)
STRANGER = make_principal(3, 300)
NARROW = make_principal(4, 100, scopes=frozenset({"audits:read"}))


class Doorman:
    """Knows a few tokens; a test may take one away."""

    def __init__(self) -> None:
        self.tokens = {"alice": ALICE, "colleague": COLLEAGUE, "stranger": STRANGER, "narrow": NARROW}

    async def authenticate(self, credential: str, workspace_id: UUID | None = None) -> Principal:
        if credential not in self.tokens:
            raise NotAuthenticatedError
        principal = self.tokens[credential]
        return replace(principal, workspace_id=workspace_id) if workspace_id else principal


class Journal:
    """Writes jobs and their logs, and tells the feed or keeps silent."""

    def __init__(self, database_url: str, redis_url: str) -> None:
        self._connection = psycopg.connect(libpq_url(database_url), autocommit=True)
        self._feed = Feed(redis_url)

    def start(self, owner: Principal = ALICE, kind: str = "audits.process") -> UUID:
        job_id = new_id()
        self._connection.execute(
            "INSERT INTO jobs (id, kind, workspace_id, owner_id, state, total) VALUES (%s, %s, %s, %s, 'running', 9)",
            [job_id, kind, owner.workspace_id, owner.user_id],
        )
        return job_id

    def log(self, job_id: UUID, type_: str = "audits.noted", *, is_told: bool = True, **data: Any) -> int:
        """Commit one event, then publish it."""
        state = type_.removeprefix("job.") if type_ in {"job.succeeded", "job.failed", "job.queued"} else None
        row = self._connection.execute(
            "WITH numbered AS (UPDATE jobs SET event_seq = event_seq + 1, state = coalesce(%(state)s, state)"
            " WHERE id = %(job)s RETURNING event_seq, workspace_id, owner_id), logged AS ("
            " INSERT INTO job_events (job_id, seq, type, data) SELECT %(job)s, event_seq, %(type)s, %(data)s"
            " FROM numbered) SELECT * FROM numbered",
            {"job": job_id, "state": state, "type": type_, "data": Jsonb(data)},
        ).fetchone()
        assert row is not None
        seq, workspace_id, owner_id = row
        if is_told:
            self._feed.publish(JobEvent(job_id, workspace_id, owner_id, seq, type_, data))
        return seq

    def log_many(self, job_id: UUID, count: int, note: str) -> None:
        """Commit many events at once and publish none."""
        self._connection.execute(
            "WITH numbered AS"
            " (UPDATE jobs SET event_seq = event_seq + %(count)s WHERE id = %(job)s RETURNING event_seq)"
            " INSERT INTO job_events (job_id, seq, type, data)"
            " SELECT %(job)s, event_seq - %(count)s + i, 'audits.noted', %(data)s"
            " FROM numbered, generate_series(1, %(count)s) AS i",
            {"job": job_id, "count": count, "data": Jsonb({"note": note})},
        )

    def forget(self, job_id: UUID) -> None:
        self._connection.execute("DELETE FROM jobs WHERE id = %s", [job_id])

    def connections_in_use(self) -> int:
        row = self._connection.execute(
            "SELECT count(*) FROM pg_stat_activity"
            " WHERE application_name = 'malha api' AND datname = current_database() AND state <> 'idle'"
        ).fetchone()
        assert row is not None
        return row[0]

    def close(self) -> None:
        self._feed.close()
        self._connection.close()


@dataclass
class Server:
    """Where the server listens and what it is made of."""

    url: str
    app: FastAPI
    doorman: Doorman
    loop: asyncio.AbstractEventLoop

    @property
    def realtime(self) -> Realtime:
        return self.app.state.realtime

    def poll_now(self) -> None:
        """Do not wait for the next look at the database."""
        self.loop.call_soon_threadsafe(self.realtime.subscriber.resumed.set)


def make_app(settings: Settings, doorman: Doorman) -> FastAPI:
    app = create_app(settings)
    app.state.authenticator = doorman
    return app


@pytest.fixture(scope="module")
def settings(database_url: str, redis_url: str) -> Settings:
    return Settings(
        database=DatabaseSettings(url=database_url, pool_size=2, max_overflow=1),
        broker=BrokerSettings(redis_url=redis_url),
        security=SecuritySettings(cors_origins=["https://console.example"]),
    )


@pytest.fixture(scope="module")
def server(settings: Settings) -> Iterator[Server]:
    doorman = Doorman()
    app = make_app(settings, doorman)
    with serving(app) as running:
        yield Server(running.url, app, doorman, running.loop)


@pytest.fixture
def journal(database_url: str, redis_url: str) -> Iterator[Journal]:
    made = Journal(database_url, redis_url)
    yield made
    made.close()


class Stream:
    """An open SSE response, read frame by frame."""

    def __init__(self, response: httpx2.Response) -> None:
        self.response = response
        self._lines = response.iter_lines()

    def frame(self) -> dict[str, str]:
        """The next event's fields; comments and the retry hint are passed over."""
        fields: dict[str, str] = {}
        for line in self._lines:
            name, _, value = line.partition(": ")
            if line and not line.startswith(":") and name != "retry":
                fields[name] = value
            elif fields:
                return fields
        return {"event": "closed"}

    def ids(self, count: int) -> list[int]:
        return [int(self.frame()["id"]) for _ in range(count)]


@pytest.fixture
def stream(server: Server) -> Iterator[Callable[..., Any]]:
    """Opens the stream of a job: `stream(job_id, token="alice", last_event_id=3)`."""
    client = httpx2.Client(base_url=server.url, timeout=WAIT_SECONDS)
    with contextlib.ExitStack() as opened:
        opened.enter_context(client)

        def open_stream(job_id: UUID, *, token: str = "alice", last_event_id: Any = None, query: str = "") -> Stream:  # noqa: S107
            headers = {"Authorization": f"Bearer {token}"}
            if last_event_id is not None:
                headers["Last-Event-ID"] = str(last_event_id)
            request = client.stream("GET", f"/api/v1/jobs/{job_id}/events{query}", headers=headers)
            return Stream(opened.enter_context(request))

        yield open_stream


class SocketUser:
    """A client of the official Python library, which remembers what it was sent."""

    def __init__(self, url: str, auth: dict[str, Any] | None, headers: dict[str, str]) -> None:
        self.received: list[tuple[str, Any]] = []
        self.client = socketio.Client(reconnection=False)
        self.client.on("*", lambda name, *payload: self.received.append((name, payload[0] if payload else None)))
        self.client.on("connect_error", lambda reason: self.received.append(("connect_error", reason)))
        try:
            self.client.connect(url, auth=auth, headers=headers, transports=["websocket"], wait_timeout=5)
        except SocketConnectionError as error:
            self.close()
            raise SocketConnectionError(self.received) from error

    def close(self) -> None:
        """Disconnect, and close the socket that the library leaves open when the server was first."""
        self.client.disconnect()
        if self.client.eio.ws is not None:
            self.client.eio.ws.shutdown()

    def call(self, name: str, payload: Any = None) -> Any:
        return self.client.call(name, payload, timeout=int(WAIT_SECONDS))

    def seqs(self) -> list[int]:
        """Sequence numbers of the job events that came so far."""
        return [payload["seq"] for name, payload in self.received if name == "event"]

    def named(self, name: str) -> list[Any]:
        return [payload for received, payload in self.received if received == name]


@pytest.fixture
def connect(server: Server) -> Iterator[Callable[..., SocketUser]]:
    """Connects as the owner of a token: `connect("alice")`."""
    users: list[SocketUser] = []

    def open_socket(token: str | None, **options: Any) -> SocketUser:
        auth = {"token": token, **options.get("auth", {})} if token else None
        users.append(SocketUser(server.url, auth, options.get("headers", {})))
        return users[-1]

    yield open_socket
    for user in users:
        user.close()


@contextlib.contextmanager
def raw_socket(server: Server, token: str) -> Iterator[websocket.WebSocket]:
    """A connected socket without a library's manners, whose unread messages soon stop the server."""
    url = server.url.replace("http", "ws") + "/socket.io/?EIO=4&transport=websocket"
    small_buffer = ((socket.SOL_SOCKET, socket.SO_RCVBUF, 8192),)
    connection = websocket.create_connection(url, timeout=WAIT_SECONDS, sockopt=small_buffer, skip_utf8_validation=True)
    with contextlib.ExitStack() as stack:
        stack.callback(connection.shutdown)
        assert str(connection.recv()).startswith("0{")
        connection.send(f'40{{"token":"{token}"}}')
        assert str(connection.recv()).startswith("40{")
        yield connection


def ends(connection: websocket.WebSocket) -> bool:
    """Read what still comes; true when the server closes the connection."""
    try:
        while connection.recv():
            pass
    except (websocket.WebSocketConnectionClosedException, ConnectionError):
        return True
    return True
