"""A child process of the supervisor: its command, its log lines, its restarts."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from malha.embedded.account import Account
from malha.embedded.server import launcher

_LONGEST_LINE_BYTES = 64 * 1024
_LONGEST_PAUSE_SECONDS = 30.0
_STEADY_SECONDS = 30.0


@dataclass(frozen=True)
class ProcessSpec:
    """What to run. `stop_seconds` is the time between SIGTERM and SIGKILL."""

    name: str
    command: tuple[str, ...]
    environment: Mapping[str, str] = field(default_factory=dict)
    stop_seconds: float = 15.0


@dataclass
class Child:
    """Runs in a session of its own, so that a Ctrl-C reaches the supervisor alone and the whole group can be ended."""

    spec: ProcessSpec
    process: subprocess.Popen[bytes] | None = None
    failures_in_a_row: int = 0
    start_at: float = 0.0
    _started_at: float = 0.0
    _output: int = -1
    _partial: bytes = b""

    @property
    def name(self) -> str:
        return self.spec.name

    @property
    def output(self) -> int:
        """The file descriptor to read log lines from, or -1."""
        return self._output

    def start(self, environ: Mapping[str, str]) -> int:
        """Returns the number of the new process group."""
        here = Account("", os.geteuid(), os.getegid())
        reading, writing = os.pipe()
        os.set_blocking(reading, False)
        try:
            self.process = subprocess.Popen(
                [*launcher(here, Path.cwd(), signal.SIGTERM), *self.spec.command],
                stdin=subprocess.DEVNULL,
                stdout=writing,
                stderr=subprocess.STDOUT,
                env={**environ, "PYTHONUNBUFFERED": "1", **self.spec.environment},
                start_new_session=True,
            )
        except BaseException:
            os.close(reading)
            raise
        finally:
            os.close(writing)
        self._output = reading
        self._started_at = time.monotonic()
        return self.process.pid

    def lines(self) -> Iterator[str]:
        """The complete lines that have arrived since the last call."""
        while self._output >= 0:
            try:
                chunk = os.read(self._output, 65536)
            except BlockingIOError:
                return
            *complete, self._partial = (self._partial + chunk).split(b"\n")
            if self._partial and (not chunk or len(self._partial) > _LONGEST_LINE_BYTES):
                complete, self._partial = [*complete, self._partial], b""
            yield from (line.decode(errors="replace").rstrip("\r") for line in complete)
            if not chunk:
                self.close_output()

    def reap(self) -> int | None:
        """The exit status once the process has ended; its group is then killed and the next start is planned."""
        if self.process is None or self.process.poll() is None:
            return None
        status = self.process.returncode
        self.kill_group()  # children of a killed parent (a prefork pool) would go on unsupervised
        self.process = None
        steady = time.monotonic() - self._started_at > _STEADY_SECONDS
        self.failures_in_a_row = 1 if steady else self.failures_in_a_row + 1
        self.start_at = time.monotonic() + min(_LONGEST_PAUSE_SECONDS, 0.25 * 2**self.failures_in_a_row)
        return status

    def close_output(self) -> None:
        if self._output >= 0:
            os.close(self._output)
            self._output, self._partial = -1, b""

    def ask_to_stop(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()

    def kill_group(self) -> None:
        if self.process is None:
            return
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):  # macOS answers EPERM for a group of zombies
            return
