"""Real server processes for benchmarks, an account to use them with, and a client that costs next to nothing."""

from __future__ import annotations

import asyncio
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Self

from malha.db import Database
from malha.identity.service import NewToken, NewUser, create_api_token, create_user, system_trail
from malha.kit.ids import new_id
from malha.settings import Settings

BOUNDARY = "----malha-benchmark"
START_TIMEOUT_SECONDS = 60


class Server:
    """A uvicorn process on a free port of the loopback."""

    def __init__(self, application: str, **environment: str) -> None:
        with socket.create_server(("127.0.0.1", 0)) as probe:
            self.port: int = probe.getsockname()[1]
        command = [sys.executable, "-m", "uvicorn", application, "--port", str(self.port), "--log-level", "warning"]
        self.process = subprocess.Popen(
            [*command, "--no-access-log"], cwd=Path(__file__).parent, env={**os.environ, **environment}
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.terminate()
        try:
            self.process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


class Client:
    """One kept connection."""

    def __init__(self, server: Server) -> None:
        deadline = time.monotonic() + START_TIMEOUT_SECONDS
        while True:
            try:
                self._socket = socket.create_connection(("127.0.0.1", server.port))
                break
            except ConnectionRefusedError:
                if server.process.poll() is not None or time.monotonic() > deadline:
                    raise
                time.sleep(0.05)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def send(self, data: bytes) -> int:
        """Send a request and return the status of its answer, once that is here whole."""
        self._socket.sendall(data)
        return self.receive()

    def stream(self, head: bytes, blocks: Iterable[bytes]) -> int:
        """Send a request piece by piece."""
        self._socket.sendall(head)
        for block in blocks:
            self._socket.sendall(block)
        return self.receive()

    def receive(self) -> int:
        """Read one answer with a Content-Length."""
        received = bytearray()
        while (end := received.find(b"\r\n\r\n")) < 0:
            received += self._more()
        head = bytes(received[:end]).lower()
        length = int(head.partition(b"content-length:")[2].partition(b"\r\n")[0])
        while len(received) < end + 4 + length:
            received += self._more()
        return int(head.split(b" ", 2)[1])

    def _more(self) -> bytes:
        data = self._socket.recv(65536)
        if not data:
            raise ConnectionError("the server closed the connection")
        return data


def form_head(name: str) -> bytes:
    """What stands before a file's content."""
    disposition = f'Content-Disposition: form-data; name="files"; filename="{name}"'
    return f"--{BOUNDARY}\r\n{disposition}\r\nContent-Type: text/xml\r\n\r\n".encode()


FORM_TAIL = f"\r\n--{BOUNDARY}--\r\n".encode()


def request_head(path: str, length: int, *, token: str = "") -> bytes:
    """The head of a form's POST; with a token, that of a new audit."""
    lines = [
        f"POST {path} HTTP/1.1",
        "Host: benchmark",
        f"Content-Type: multipart/form-data; boundary={BOUNDARY}",
        f"Content-Length: {length}",
    ]
    if token:
        lines += [f"Authorization: Bearer {token}", f"Idempotency-Key: {new_id()}"]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def make_token(settings: Settings, *scopes: str) -> str:
    """An API token of a new account, for audits unless other scopes are named."""

    async def make() -> str:
        database = Database(settings.database)
        trail = system_trail(settings.security)
        async with database.session() as session:
            new = NewUser(email=f"{new_id().hex}@example.com", hashed_password="unused", is_superuser=False)
            user = await create_user(session, new, trail)
            token = NewToken(name="benchmark", scopes=[*scopes] or ["audits:*"], workspace_id=None)
            _, secret = await create_api_token(session, user.id, token, trail)
            await session.commit()
        await database.dispose()
        return secret

    return asyncio.run(make())
