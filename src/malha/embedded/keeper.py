"""The process that owns every other of a home: PostgreSQL, Redis, and Malha's own while `malha up` runs.

A client is a connection to the keeper's socket, on which both sides send lines of JSON. However a client ends, the
kernel tells the keeper. A client asks for

- `{"servers": ["postgres", ...]}`: answered with their URLs once they are ready, or with an error. They run until the
  last client is gone.
- `{"processes": [...], "folder": ..., "environment": ...}`, along with a descriptor for the output of each: they run
  until this client is gone, and it is told of each start and end. One client of a home may have processes.

A client that shuts down its sending side leaves. It sees the end of the stream when its processes, and the servers
that nobody else uses, have stopped.
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
from typing import Any

from malha.embedded.account import server_account
from malha.embedded.errors import EmbeddedStartError
from malha.embedded.home import Home, open_home
from malha.embedded.postgres import PostgresServer, cluster_folder
from malha.embedded.process import Child, OwnProcess, ProcessSpec
from malha.embedded.redis import RedisServer
from malha.embedded.server import Server

SOCKET_NAME = "keeper.sock"
ALREADY_RUNNING = 3
NOT_DURABLE = "--not-durable"
MOST_DESCRIPTORS = 32
_FIRST_CLIENT_SECONDS = 10.0
_LOOK_SECONDS = 0.05


@dataclass(eq=False)
class _Client:
    connection: socket.socket
    received: bytes = b""
    descriptors: list[int] = field(default_factory=list)
    request: dict[str, Any] | None = None
    """What it waits to have answered."""

    children: list[Child] = field(default_factory=list)
    has_left: bool = False

    @property
    def is_served(self) -> bool:
        """Whether it still uses anything."""
        return not self.has_left or not all(child.is_gone for child in self.children)

    def tell(self, message: dict[str, Any]) -> None:
        with contextlib.suppress(OSError):  # a client that left meanwhile is noticed by its end of stream
            self.connection.sendall(json.dumps(message).encode() + b"\n")


@dataclass
class Keeper:
    """Single-threaded: the parent-death signal of a child fires when the *thread* that made it ends."""

    servers: dict[str, Server]
    listener: socket.socket
    _running: dict[str, Child] = field(default_factory=dict)
    _clients: list[_Client] = field(default_factory=list)
    _selector: selectors.BaseSelector = field(default_factory=selectors.DefaultSelector)
    _is_stopping: bool = False

    def run(self) -> None:
        """Returns when the last client has left and all children have stopped; then the home may be given up."""
        for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
            signal.signal(number, self._ask_to_stop)
        self._selector.register(self.listener, selectors.EVENT_READ)
        first_client_until = time.monotonic() + _FIRST_CLIENT_SECONDS
        while not self._is_stopping:
            self._turn()
            if not any(client.is_served for client in self._clients):
                if self._clients or time.monotonic() > first_client_until:
                    break
            else:
                self._close_leaving()
        self._stop()

    def dismiss(self) -> None:
        """Tells the clients that wait for the end."""
        for client in self._clients:
            client.connection.close()

    def _ask_to_stop(self, *_: object) -> None:
        self._is_stopping = True

    def _turn(self) -> None:
        for key, _ in self._selector.select(_LOOK_SECONDS):
            self._serve(key.data)
        for child in self._running.values():
            child.step()
        for client in self._clients:
            for child in client.children:
                _step_for(client, child)
            self._answer(client)

    def _serve(self, client: _Client | None) -> None:
        if client is None:
            connection, _ = self.listener.accept()
            client = _Client(connection)
            self._clients.append(client)
            self._selector.register(connection, selectors.EVENT_READ, client)
            return
        try:
            received, descriptors, _, _ = socket.recv_fds(client.connection, 65536, MOST_DESCRIPTORS)
        except ConnectionError:
            received, descriptors = b"", []
        client.descriptors += descriptors
        client.received += received
        if client.received.endswith(b"\n"):
            client.request, client.received = json.loads(client.received), b""
        if not received:
            client.has_left, client.request = True, None
            self._selector.unregister(client.connection)
            for child in client.children:
                child.ask_to_stop()

    def _answer(self, client: _Client) -> None:
        if client.request is None:
            return
        is_about_servers = "servers" in client.request
        answer = self._servers(client.request["servers"]) if is_about_servers else self._processes(client)
        if answer is not None:
            client.request = None
            client.tell(answer)

    def _servers(self, names: list[str]) -> dict[str, Any] | None:
        for name in names:
            child = self._running.setdefault(name, Child(self.servers[name]))
            if child.has_given_up:
                del self._running[name]
                return {"error": f"{name}: {child.problem}\n{self.servers[name].last_lines()}".strip()}
        if all(self._running[name].is_ready for name in names):
            return {"urls": {name: self.servers[name].url for name in names}}
        return None

    def _processes(self, client: _Client) -> dict[str, Any] | None:
        others = [other for other in self._clients if other is not client and other.children]
        if any(not other.has_left for other in others):
            return {"error": "Malha is running in this folder already: stop it first, or set another MALHA_HOME"}
        if any(other.is_served for other in others) or client.request is None:
            return None  # the last one's are about to end
        folder, environment = Path(client.request["folder"]), client.request["environment"]
        client.children = [
            Child(OwnProcess(ProcessSpec(**spec), folder, environment, output))
            for spec, output in zip(client.request["processes"], client.descriptors, strict=True)
        ]
        return {"accepted": True}

    def _close_leaving(self) -> None:
        for client in [client for client in self._clients if not client.is_served]:
            client.connection.close()
            for descriptor in client.descriptors:
                os.close(descriptor)
            self._clients.remove(client)

    def _stop(self) -> None:
        Path(self.listener.getsockname()).unlink(missing_ok=True)
        self._selector.unregister(self.listener)
        self.listener.close()
        for children in ([child for client in self._clients for child in client.children], self._running.values()):
            for child in children:
                child.ask_to_stop()
            while not all(child.is_gone for child in children):
                time.sleep(_LOOK_SECONDS)
                for child in children:
                    child.step()


def _step_for(client: _Client, child: Child) -> None:
    """Do what is due, and tell the client what came of it: it must know whom to end should we be killed."""
    before = child.process
    child.step()
    if child.process is not before:
        group = child.process.pid if child.process else None
        client.tell({"name": child.program.name, "group": group, "failures": child.failures_in_a_row})


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
    home = open_home(Path(arguments[0]))
    with (home.root / "keeper.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return ALREADY_RUNNING
        account = server_account(cluster_folder(home))
        servers: list[Server] = [
            make(home, account, is_durable=NOT_DURABLE not in arguments) for make in (PostgresServer, RedisServer)
        ]
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
