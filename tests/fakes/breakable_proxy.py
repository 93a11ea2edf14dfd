"""A TCP port in front of a server, whose connections a test can break."""

from __future__ import annotations

import contextlib
import socket
import threading
from typing import Self


class BreakableProxy:
    """Passes bytes both ways until `break_all`. A host that is a path means the Unix socket there.

    While `is_away`, new connections are closed at once; while `is_silent`, they are taken and nothing comes back.
    """

    def __init__(self, host: str, port: int) -> None:
        self._target = (host, port)
        self.is_away = False
        self.is_silent = False
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._sockets: set[socket.socket] = set()
        self._unanswered: list[socket.socket] = []
        self._lock = threading.Lock()
        self.accepted = 0

    @property
    def port(self) -> int:
        return self._listener.getsockname()[1]

    def __enter__(self) -> Self:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.break_all()
        for each in self._unanswered:
            each.close()

    def break_all(self) -> int:
        """Ends every connection at once; returns how many there were."""
        with self._lock:
            broken, self._sockets = self._sockets, set()
        for each in broken:
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
        return len(broken) // 2

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                self.accepted += 1
                if self.is_away:
                    client.close()
                    continue
                server = self._connect()
                with self._lock:
                    self._sockets |= {client, server}
                for source, sink in ((client, server), (server, client)):
                    threading.Thread(target=self._pass, args=(source, sink), daemon=True).start()

    def _connect(self) -> socket.socket:
        host, _ = self._target
        if self.is_silent:
            mine, other = socket.socketpair()
            self._unanswered.append(other)
            return mine
        if not host.startswith("/"):
            return socket.create_connection(self._target)
        server = socket.socket(socket.AF_UNIX)
        server.connect(host)
        return server

    def _pass(self, source: socket.socket, sink: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while received := source.recv(65536):
                sink.sendall(received)
        for each in (source, sink):
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
        with self._lock:
            self._sockets -= {source, sink}
        source.close()
