"""Gives a process the database and the Redis of its environment, or embedded ones for as long as it lives."""

from __future__ import annotations

import json
import os
import select
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, MutableMapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from malha.embedded import keeper
from malha.embedded.errors import EmbeddedStartError
from malha.embedded.home import Home, default_home, open_home

_START_SECONDS = 180.0
_STOP_SECONDS = 60.0
_VARIABLES = {"postgres": "DATABASE_URL", "redis": "REDIS_URL"}


@dataclass(frozen=True)
class _Request:
    home: Home
    names: tuple[str, ...]
    durable: bool


@dataclass
class Services:
    """Two URLs, and the connection that keeps embedded servers running: None where both URLs were given."""

    database_url: str
    redis_url: str
    connection: socket.socket | None = None
    request: _Request | None = None

    def restore_if_lost(self) -> None:
        """Starts the servers again when their keeper was killed, which ends them too. Their URLs stay the same."""
        if self.connection is None or self.request is None or not select.select([self.connection], [], [], 0)[0]:
            return
        self.connection.close()
        self.connection, _ = _ask_keeper(self.request)

    def outlive_exec(self) -> None:
        """Keeps the servers for the program that replaces this one (`os.execv`) in the same process."""
        if self.connection is not None:
            self.connection.set_inheritable(True)

    def export(self, environ: MutableMapping[str, str] = os.environ) -> None:
        """Hands the URLs to this process' settings and to its children."""
        environ["DATABASE_URL"] = self.database_url
        environ["REDIS_URL"] = self.redis_url

    def close(self, *, wait: bool = False) -> None:
        """Lets go of the servers: the last one to do so stops them. With `wait`, returns when that is done."""
        if self.connection is None:
            return
        connection, self.connection = self.connection, None
        with connection:
            if wait:
                connection.settimeout(_STOP_SECONDS)
                try:
                    connection.shutdown(socket.SHUT_WR)
                    while connection.recv(4096):
                        pass
                except OSError:
                    return  # the keeper is gone already

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def ensure_services(
    home: Path | None = None, *, environ: Mapping[str, str] = os.environ, durable: bool = True
) -> Services:
    """Keep the result: embedded servers stop when the last process that holds one has closed it or ended.

    Raises EmbeddedStartError, with what to do about it, when a server cannot run here.
    """
    urls = {name: environ[variable] for name, variable in _VARIABLES.items() if environ.get(variable)}
    missing = tuple(name for name in _VARIABLES if name not in urls)
    if not missing:
        return Services(urls["postgres"], urls["redis"])
    request = _Request(open_home(home or default_home(environ), environ), missing, durable)
    connection, embedded = _ask_keeper(request)
    urls |= embedded
    return Services(urls["postgres"], urls["redis"], connection, request)


def _ask_keeper(request: _Request) -> tuple[socket.socket, dict[str, str]]:
    home = request.home
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline:
        connection = _connect(home)
        if connection is None:
            _start_keeper(request)
            continue
        answer = _exchange(connection, request.names, deadline)
        if answer is None:  # it was about to stop
            connection.close()
            continue
        if "error" in answer:
            connection.close()
            raise EmbeddedStartError(answer["error"])
        return connection, answer["urls"]
    raise EmbeddedStartError(f"the embedded services did not start in {_START_SECONDS:.0f} s: see {home.logs}")


def _connect(home: Home) -> socket.socket | None:
    connection = socket.socket(socket.AF_UNIX)
    try:
        connection.connect(str(home.run / keeper.SOCKET_NAME))
    except (FileNotFoundError, ConnectionRefusedError):
        connection.close()
        return None
    except OSError as error:
        connection.close()
        raise EmbeddedStartError(f"the services in {home.root} belong to another account: {error.strerror}") from error
    return connection


def _exchange(connection: socket.socket, names: tuple[str, ...], deadline: float) -> dict | None:
    connection.settimeout(max(1.0, deadline - time.monotonic()))
    received = b""
    try:
        connection.sendall(" ".join(names).encode() + b"\n")
        while not received.endswith(b"\n"):
            chunk = connection.recv(65536)
            if not chunk:
                return None
            received += chunk
    except ConnectionError:
        return None
    return json.loads(received)


def _start_keeper(request: _Request) -> None:
    # -P: the current folder may be anybody's, and does not belong on the path.
    command = [sys.executable, "-P", "-m", keeper.__name__, str(request.home.root)]
    done = subprocess.run(
        command if request.durable else [*command, "--not-durable"],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode == keeper.ALREADY_RUNNING:
        time.sleep(0.05)  # that one is about to listen, or about to end
    elif done.returncode:
        raise EmbeddedStartError(done.stderr.strip())
