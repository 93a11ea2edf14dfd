"""The process that owns the embedded servers: starts them for its clients, and stops them when the last one is gone.

A client is a connection to the keeper's socket. It sends the names of the servers that it needs as one line, gets their
URLs (or an error) as one line of JSON, and holds the connection for as long as it needs them: however a client ends,
the kernel tells the keeper. A client that shuts down its sending side leaves, and sees the end of the stream when the
servers have stopped, or at once when others still use them.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import selectors
import signal
import socket
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

from malha.embedded.account import server_account
from malha.embedded.errors import EmbeddedStartError
from malha.embedded.home import Home, open_home
from malha.embedded.postgres import PostgresServer
from malha.embedded.redis import RedisServer
from malha.embedded.server import RunningServer, Server, start

SOCKET_NAME = "keeper.sock"
ALREADY_RUNNING = 3
_FIRST_CLIENT_SECONDS = 10.0
_LONGEST_PAUSE_SECONDS = 10.0


@dataclass
class _Client:
    connection: socket.socket
    received: bytes = b""
    has_left: bool = False


@dataclass
class Keeper:
    """Single-threaded: the parent-death signal of a child fires when the *thread* that made it ends."""

    servers: dict[str, Server]
    listener: socket.socket
    _running: dict[str, RunningServer] = field(default_factory=dict)
    _clients: list[_Client] = field(default_factory=list)
    _pauses: dict[str, tuple[float, float]] = field(default_factory=dict)
    _selector: selectors.BaseSelector = field(default_factory=selectors.DefaultSelector)
    _is_stopping: bool = False

    def run(self) -> None:
        """Returns when the last client has left and the servers have stopped; then the home may be given up."""
        for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
            signal.signal(number, self._ask_to_stop)
        self._selector.register(self.listener, selectors.EVENT_READ)
        first_client_until = time.monotonic() + _FIRST_CLIENT_SECONDS
        while not self._is_stopping:
            for key, _ in self._selector.select(0.2):
                self._serve(key.data)
            self._restart_ended()
            in_use = any(not client.has_left for client in self._clients)
            if not in_use and (self._clients or time.monotonic() > first_client_until):
                break
            self._close_leaving()
        self._stop()

    def _ask_to_stop(self, *_: object) -> None:
        self._is_stopping = True

    def _serve(self, client: _Client | None) -> None:
        if client is None:
            connection, _ = self.listener.accept()
            client = _Client(connection)
            self._clients.append(client)
            self._selector.register(connection, selectors.EVENT_READ, client)
            return
        try:
            received = client.connection.recv(4096)
        except ConnectionError:
            received = b""
        client.received += received
        if not received:
            client.has_left = True
            self._selector.unregister(client.connection)
        elif client.received.endswith(b"\n"):
            self._answer(client)

    def _answer(self, client: _Client) -> None:
        names = client.received.decode().split()
        client.received = b""
        try:
            for name in names:
                if name not in self._running:
                    self._running[name] = start(self.servers[name])
            answer = {"urls": {name: self.servers[name].url for name in names}}
        except (EmbeddedStartError, OSError) as error:
            answer = {"error": str(error)}
        with contextlib.suppress(ConnectionError):  # a client that left meanwhile is noticed by its end of stream
            client.connection.sendall(json.dumps(answer).encode() + b"\n")

    def _close_leaving(self) -> None:
        for client in [client for client in self._clients if client.has_left]:
            client.connection.close()
            self._clients.remove(client)

    def _restart_ended(self) -> None:
        for name, running in self._running.items():
            if not running.has_ended():
                continue
            pause, not_before = self._pauses.get(name, (0.0, 0.0))
            if time.monotonic() < not_before:
                continue
            _log(f"{name} ended with {running.process.returncode}: starting it again")
            pause = min(_LONGEST_PAUSE_SECONDS, pause * 2 or 0.2)
            self._pauses[name] = (pause, time.monotonic() + pause)
            try:
                self._running[name] = start(running.server)
            except (EmbeddedStartError, OSError) as error:
                _log(str(error))

    def _stop(self) -> None:
        Path(self.listener.getsockname()).unlink(missing_ok=True)
        self.listener.close()
        for running in self._running.values():
            running.stop()

    def dismiss(self) -> None:
        """Tells the clients that wait for the end."""
        for client in self._clients:
            client.connection.close()


def _log(text: str) -> None:
    print(time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()), text, flush=True)  # stdout is keeper.log


def _listen(home: Home) -> socket.socket:
    path = home.run / SOCKET_NAME
    path.unlink(missing_ok=True)
    listener = socket.socket(socket.AF_UNIX)
    previous = os.umask(0o077)
    try:
        listener.bind(str(path))
    finally:
        os.umask(previous)
    listener.listen(64)
    return listener


def _detach(home: Home) -> None:
    """Leaves the caller's session and streams; the caller waits only until the socket listens."""
    if os.fork():
        os._exit(0)
    os.setsid()
    os.chdir("/")
    log = os.open(home.logs / "keeper.log", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    nothing = os.open(os.devnull, os.O_RDONLY)
    for source, target in ((nothing, 0), (log, 1), (log, 2)):
        os.dup2(source, target)


def main(arguments: list[str]) -> int:
    """`keeper HOME [--not-durable]`; exits with `ALREADY_RUNNING` when another keeper has that home."""
    durable = "--not-durable" not in arguments
    home = open_home(Path(arguments[0]))
    with (home.root / "keeper.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return ALREADY_RUNNING
        account = server_account(PostgresServer.folder_in(home))
        servers: list[Server] = [PostgresServer(home, account, durable), RedisServer(home, account, durable)]
        listener = _listen(home)
        _detach(home)
        keeper = Keeper({server.name: server for server in servers}, listener)
        keeper.run()
    keeper.dismiss()  # after the lock is released: what they do next may need it
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except EmbeddedStartError as error:
        sys.exit(str(error))
