"""The parent's side of a fork server."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
from dataclasses import dataclass
from typing import Any

import orjson

from malha.guarded._frames import JOB, REFUSAL, FrameBuffer, frame

_KEPT_VARIABLES = ("LD_LIBRARY_PATH",)  # some interpreters need it to start
_RECEIVED_BYTES = 4096


@dataclass(frozen=True, slots=True)
class Ending:
    """How a child ended: its status as `subprocess` has it, and the most memory that it held."""

    status: int
    peak_bytes: int


class ForkServer:
    """A process with one parser loaded. Its methods may be called from several threads."""

    def __init__(self, target: str) -> None:
        """Start it and wait until it is ready. RuntimeError when it cannot load the target."""
        self._lock = threading.Lock()
        self._closed: Ending | None = None
        self._control, theirs = socket.socketpair()
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-IB", "-m", "malha.guarded", target],
                stdin=theirs.fileno(),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                env={name: os.environ[name] for name in _KEPT_VARIABLES if name in os.environ},
                cwd="/",
                start_new_session=True,
            )
        try:
            self.missing: list[str] = self._answer()["missing"]
        except ConnectionError as error:
            self.close()
            raise RuntimeError(f"the fork server of {target} does not start") from error
        except BaseException:
            self.close()
            raise

    def fork(self, *, memory_bytes: int, cpu_seconds: int) -> tuple[int, socket.socket]:
        """A new child's process id and connection; ConnectionError when the server is gone."""
        ours, theirs = socket.socketpair()
        try:
            with theirs:
                answer = self._ask({"memory": memory_bytes, "cpu": cpu_seconds}, theirs.fileno())
        except BaseException:
            ours.close()
            raise
        return answer["pid"], ours

    def end(self, pid: int) -> Ending:
        """End a child that it has forked. One of a server that is gone was killed with it."""
        if self._closed is not None:  # and perhaps the interpreter's modules are gone as well
            return self._closed
        try:
            answer = self._ask({"end": pid})
        except ConnectionError:
            return Ending(-signal.SIGKILL, 0)
        return Ending(answer["status"], answer["peak"])

    def close(self) -> None:
        """End the server and all its children."""
        self._closed = Ending(-signal.SIGKILL, 0)
        self._control.close()
        with self._process:
            self._process.kill()

    def forget(self) -> None:
        """In a process forked from the one that started the server: it is none of ours."""
        self._closed = Ending(0, 0)
        self._control.close()
        self._process.returncode = 0

    def _ask(self, order: dict[str, int], *descriptors: int) -> dict[str, Any]:
        with self._lock:
            try:
                socket.send_fds(self._control, [frame(JOB, orjson.dumps(order))], descriptors)
            except OSError as error:
                raise ConnectionError("the fork server has ended") from error
            return self._answer()

    def _answer(self) -> dict[str, Any]:
        frames = FrameBuffer()
        while data := self._control.recv(_RECEIVED_BYTES):
            for kind, content in frames.add(data):
                if kind == REFUSAL:
                    raise RuntimeError(orjson.loads(content))
                return orjson.loads(content)
        raise ConnectionError("the fork server has ended")
