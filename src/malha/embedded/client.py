"""The other side of the keeper's socket: a connection that keeps things running for as long as it is open."""

from __future__ import annotations

import contextlib
import json
import select
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from malha.embedded import keeper
from malha.embedded.errors import EmbeddedStartError
from malha.embedded.home import Home, open_home

_START_SECONDS = 180.0
_STOP_SECONDS = 60.0

Message = dict[str, Any]


class KeeperClient:
    """Starts the keeper of the home where none runs. A home has one keeper, whoever started it."""

    def __init__(self, root: Path, environ: Mapping[str, str], *, is_durable: bool) -> None:
        self._root = root
        self._environ = environ
        self._is_durable = is_durable
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.close()  # there is none yet
        self._received = b""

    def start_servers(self, names: Sequence[str]) -> dict[str, str]:
        """Their URLs, once they are ready; raises EmbeddedStartError with what to do about it."""
        home = open_home(self._root, self._environ)
        deadline = time.monotonic() + _START_SECONDS
        try:
            while time.monotonic() < deadline:
                if not self._connect(home):
                    self._start_keeper(home)
                elif (answer := self.ask({"servers": names})) is not None:
                    return answer["urls"]
        except BaseException:
            self._socket.close()
            raise
        raise EmbeddedStartError(f"the embedded services did not start in {_START_SECONDS:.0f} s: see {home.logs}")

    def ask(self, request: Message, descriptors: Sequence[int] = ()) -> Message | None:
        """The answer, None when the keeper is gone; raises EmbeddedStartError with the error that it answers."""
        self._socket.settimeout(_START_SECONDS)
        content = json.dumps(request).encode() + b"\n"
        try:
            sent = socket.send_fds(self._socket, [content], descriptors)
            self._socket.sendall(content[sent:])
            answer = self._read_line()
        except ConnectionError:
            return None
        if answer and "error" in answer:
            raise EmbeddedStartError(answer["error"])
        return answer

    def messages(self) -> list[Message] | None:
        """What the keeper said since the last call, without waiting; None when it is gone."""
        is_over = False
        if select.select([self._socket], [], [], 0)[0]:
            try:
                received = self._socket.recv(65536)
            except OSError:
                received = b""
            self._received, is_over = self._received + received, not received
        *lines, self._received = self._received.split(b"\n")
        return None if is_over and not lines else [json.loads(line) for line in lines]

    def is_lost(self) -> bool:
        """Whether the keeper has ended although we need it."""
        return self._socket.fileno() >= 0 and self.messages() is None

    def outlive_exec(self) -> None:
        """Stays connected in the program that replaces this one."""
        if self._socket.fileno() >= 0:
            self._socket.set_inheritable(True)

    def leave(self) -> None:
        """Gives everything up; the end of the keeper's messages says when it has stopped."""
        self._socket.settimeout(_STOP_SECONDS)
        self._socket.shutdown(socket.SHUT_WR)

    def close(self, *, wait: bool) -> None:
        with self._socket:
            if wait and self._socket.fileno() >= 0:
                with contextlib.suppress(OSError):  # the keeper is gone already
                    self.leave()
                    while self._socket.recv(4096):
                        pass

    def _connect(self, home: Home) -> bool:
        self._socket.close()
        self._socket, self._received = socket.socket(socket.AF_UNIX), b""
        try:
            self._socket.connect(str(home.run / keeper.SOCKET_NAME))
        except (FileNotFoundError, ConnectionRefusedError):
            return False
        except OSError as error:
            message = f"the services in {home.root} belong to another account: {error.strerror}"
            raise EmbeddedStartError(message) from error
        return True

    def _read_line(self) -> Message | None:
        while b"\n" not in self._received:
            chunk = self._socket.recv(65536)
            if not chunk:
                return None
            self._received += chunk
        line, _, self._received = self._received.partition(b"\n")
        return json.loads(line)

    def _start_keeper(self, home: Home) -> None:
        # -P: the current folder may be anybody's, and does not belong on the path.
        command = [sys.executable, "-P", "-m", keeper.__name__, str(home.root)]
        done = subprocess.run(
            command if self._is_durable else [*command, keeper.NOT_DURABLE],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode == keeper.ALREADY_RUNNING:
            time.sleep(0.05)  # that one is about to listen, or about to end
        elif done.returncode:
            raise EmbeddedStartError(done.stderr.strip())
