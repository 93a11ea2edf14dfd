"""The other side of the keeper's socket: a connection that keeps things running for as long as it is open."""

from __future__ import annotations

import json
import select
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from typing import Any

from malha.embedded import keeper
from malha.embedded.errors import EmbeddedStartError
from malha.embedded.home import Home

_START_SECONDS = 180.0
_STOP_SECONDS = 60.0

Message = dict[str, Any]


class KeeperClient:
    """Starts the keeper of the home where none runs. A whole home has one keeper, whoever started it."""

    def __init__(self, home: Home, *, is_durable: bool) -> None:
        self._home = home
        self._is_durable = is_durable
        self._socket: socket.socket | None = None
        self._received = b""

    @property
    def socket(self) -> socket.socket:
        if self._socket is None:
            raise EmbeddedStartError("the connection to the keeper is closed")
        return self._socket

    def start_servers(self, names: Sequence[str]) -> dict[str, str]:
        """Their URLs, once they are ready; raises EmbeddedStartError with what to do about it."""
        deadline = time.monotonic() + _START_SECONDS
        while time.monotonic() < deadline:
            if not self._connect():
                self._start_keeper()
            elif (answer := self.ask({"servers": names})) is not None:
                return answer["urls"]
        message = f"the embedded services did not start in {_START_SECONDS:.0f} s: see {self._home.logs}"
        raise EmbeddedStartError(message)

    def ask(self, request: Message, descriptors: Sequence[int] = ()) -> Message | None:
        """The answer, None when the keeper is gone; raises EmbeddedStartError with the error that it answers."""
        self.socket.settimeout(_START_SECONDS)
        content = json.dumps(request).encode() + b"\n"
        try:
            sent = socket.send_fds(self.socket, [content], descriptors)
            self.socket.sendall(content[sent:])
            answer = self._read_line()
        except ConnectionError:
            return None
        if answer and "error" in answer:
            raise EmbeddedStartError(answer["error"])
        return answer

    def messages(self) -> list[Message] | None:
        """What the keeper said since the last call, without waiting; None when it is gone."""
        if not select.select([self.socket], [], [], 0)[0]:
            return []
        try:
            received = self.socket.recv(65536)
        except ConnectionError:
            received = b""
        *lines, self._received = (self._received + received).split(b"\n")
        return [json.loads(line) for line in lines] if received else None

    def is_lost(self) -> bool:
        """Whether the keeper has ended although we need it."""
        return self._socket is not None and self.messages() is None

    def leave(self) -> None:
        """Gives everything up; the end of the keeper's messages says when it has stopped."""
        self.socket.settimeout(_STOP_SECONDS)
        self.socket.shutdown(socket.SHUT_WR)

    def close(self, *, wait: bool) -> None:
        if self._socket is None:
            return
        with self._socket:
            if wait:
                try:
                    self.leave()
                    while self._socket.recv(4096):
                        pass
                except OSError:
                    pass  # the keeper is gone already
        self._socket = None

    def _connect(self) -> bool:
        if self._socket is not None:
            self._socket.close()
        self._socket, self._received = socket.socket(socket.AF_UNIX), b""
        try:
            self._socket.connect(str(self._home.run / keeper.SOCKET_NAME))
        except (FileNotFoundError, ConnectionRefusedError):
            return False
        except OSError as error:
            message = f"the services in {self._home.root} belong to another account: {error.strerror}"
            raise EmbeddedStartError(message) from error
        return True

    def _read_line(self) -> Message | None:
        while b"\n" not in self._received:
            chunk = self.socket.recv(65536)
            if not chunk:
                return None
            self._received += chunk
        line, _, self._received = self._received.partition(b"\n")
        return json.loads(line)

    def _start_keeper(self) -> None:
        # -P: the current folder may be anybody's, and does not belong on the path.
        command = [sys.executable, "-P", "-m", keeper.__name__, str(self._home.root)]
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
