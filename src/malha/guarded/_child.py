"""The parent's side of one child: a file goes in, values come out, and it ends when a limit is reached."""

from __future__ import annotations

import os
import select
import signal
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, BinaryIO, TypeVar

import orjson

from malha.guarded._frames import BYTES, END, HEADER, JOB, REFUSAL, SOURCE, VALUE, FrameBuffer, frame
from malha.guarded._server import Ending, ForkServer
from malha.guarded.errors import GuardedError
from malha.guarded.limits import Limits

LOOK_SECONDS = 0.25
"""How long a wait goes without a look at the clock and at whether anybody still wants the answer."""

MOST_WORDS = 500
"""Characters of a refusal that are passed on."""

_RECEIVED_BYTES = 256 * 1024
_OUT_OF_TIME = frozenset({-signal.SIGXCPU, -signal.SIGALRM})
# What an allocation that fails leads to in C and Rust, and what the kernel does when memory runs out.
_OUT_OF_MEMORY = frozenset({-signal.SIGABRT, -signal.SIGSEGV, -signal.SIGBUS, -signal.SIGKILL})

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One file to be read: its bytes, or a file of the operating system; and what its parser wants to know."""

    source: bytes | BinaryIO
    arguments: dict[str, Any]
    is_cancelled: Callable[[], bool]


class Child:
    """One child. Used by one thread at a time."""

    def __init__(self, server: ForkServer, limits: Limits, *, life_seconds: int) -> None:
        """Fork it; ConnectionError when the server is gone. `life_seconds` are for the files before its last."""
        cpu_seconds = limits.cpu_seconds + life_seconds
        self.pid, self._connection = server.fork(memory_bytes=limits.memory_bytes, cpu_seconds=cpu_seconds)
        self._connection.settimeout(LOOK_SECONDS)
        self._server = server
        self._limits = limits
        self._ending: Ending | None = None
        self.jobs = 0
        self.says_too_much = False
        self.bytes_moved = 0
        """In and out, for the last job."""
        self.waited_seconds = 0.0

    def is_waiting(self) -> bool:
        """True for a child that lives and says nothing, as one does that has no file."""
        return not select.select([self._connection], [], [], 0)[0]

    def run(self, job: Job) -> Iterator[Any]:
        """The values of one file; GuardedError. Who stops before the end must end the child."""
        self.jobs += 1
        wait = _Patience(self._limits.wall_seconds, job.is_cancelled)
        with suppress(ConnectionError):  # how it ended shows below
            self._send(job, wait)
        received, frames = 0, FrameBuffer()
        while data := wait.until(self._receive):
            received += len(data)
            if received > self._limits.output_bytes:
                raise GuardedError.of("output")
            for kind, content in frames.add(data):
                if kind == END:
                    self.says_too_much = frames.has_more
                    self.bytes_moved += received
                    self.waited_seconds += wait.spent_seconds
                    return
                yield _value(kind, content)
        raise _verdict(self.end())

    def end(self) -> Ending:
        """Kill it, whatever it does, and say how it ended; may be called again."""
        self._connection.close()
        if self._ending is None:
            self._ending = self._server.end(self.pid)
        return self._ending

    def forget(self) -> None:
        """In a process forked from the one that has the child: close what was inherited."""
        self._connection.close()

    def _send(self, job: Job, wait: _Patience) -> None:
        head = frame(JOB, orjson.dumps(job.arguments))
        if isinstance(job.source, bytes):
            self.bytes_moved = len(job.source)
            left = memoryview(b"".join((head, HEADER.pack(SOURCE, len(job.source)), job.source)))
            while left:
                left = left[wait.until(lambda: self._connection.send(left)) :]  # noqa: B023 - called at once
        else:
            job.source.flush()
            os.lseek(job.source.fileno(), 0, os.SEEK_SET)
            self.bytes_moved = os.fstat(job.source.fileno()).st_size
            socket.send_fds(self._connection, [head], [job.source.fileno()])

    def _receive(self) -> bytes:
        try:
            return self._connection.recv(_RECEIVED_BYTES)
        except ConnectionError:
            return b""


class _Patience:
    """The clock of one file; it runs only while the child is waited for."""

    def __init__(self, wall_seconds: float, is_cancelled: Callable[[], bool]) -> None:
        self.spent_seconds = 0.0
        self._wall_seconds = wall_seconds
        self._is_cancelled = is_cancelled

    def until(self, call: Callable[[], Result]) -> Result:
        """Call until it does not time out; GuardedError `time` or `cancelled`."""
        while True:
            if self._is_cancelled():
                raise GuardedError.of("cancelled")
            if self.spent_seconds > self._wall_seconds:
                raise GuardedError.of("time")
            started = time.monotonic()
            try:
                return call()
            except TimeoutError:
                continue
            finally:
                self.spent_seconds += time.monotonic() - started


def _value(kind: bytes, content: bytes) -> Any:
    """What a child says may be anything at all, once a file has taken it over."""
    if kind == BYTES:
        return content
    try:
        told = orjson.loads(content)
    except orjson.JSONDecodeError as error:
        raise GuardedError.of("crashed") from error
    if kind == VALUE:
        return told
    raise _refusal(told) if kind == REFUSAL else GuardedError.of("crashed")


def _refusal(told: Any) -> GuardedError:
    match told:
        case {"code": str(code), "message_pt": str(message_pt), "message_en": str(message_en)}:
            return GuardedError(code[:MOST_WORDS], message_pt[:MOST_WORDS], message_en[:MOST_WORDS])
        case {"code": "memory"}:
            return GuardedError.of("memory")
        case _:
            return GuardedError.of("crashed")


def _verdict(ending: Ending) -> GuardedError:
    """Of a child that did not come to its end."""
    if ending.status in _OUT_OF_TIME:
        return GuardedError.of("time")
    return GuardedError.of("memory" if ending.status in _OUT_OF_MEMORY else "crashed")
