"""Warm children by what they parse: whose files they read, how long they live, and who ends them."""

from __future__ import annotations

import atexit
import os
import threading
from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from typing import Any, BinaryIO

import structlog

from malha.guarded._child import Child, Job
from malha.guarded._server import ForkServer
from malha.guarded.errors import GuardedError
from malha.guarded.limits import MEBIBYTE, Limits

MOST_JOBS = 200
"""Files, or batches of small ones, that one child reads, all of the same owner."""

SMALL_BYTES = MEBIBYTE
"""In and out: a child that has moved more for one job may hold more memory than a new one, and is ended."""

LIFE_SECONDS = 10
"""How long a child may have worked before its last file begins."""

MOST_WAITING = 2
"""Children without a file that are kept, over all owners."""

_MAY_BE_INHERITED = frozenset({"memory", "crashed"})

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class _Kind:
    """Which children may take a file; those without an owner take one only."""

    target: str
    limits: Limits
    owner: str | None


@dataclass(slots=True)
class Pool:
    """Fork servers and children of one process, started when they are first asked for. Threads may share it.

    A child reads the files of one owner and is ended once it has read many, much or for long, and after anything
    unusual: a file that takes it over cannot see or change what another owner gets, and not for long what the same
    one gets.
    """

    _servers: dict[str, ForkServer] = field(default_factory=dict)
    _waiting: list[tuple[_Kind, Child]] = field(default_factory=list)
    _lock: threading.RLock = field(default_factory=threading.RLock)

    def run(self, target: str, job: Job, limits: Limits, owner: str | None) -> Generator[Any, None, None]:
        """What `run_guarded` says. Of a child that has read before, a bad end is no verdict on this file."""
        kind = _Kind(target, limits, owner)
        child = self._take(kind)
        if child.jobs:
            has_told = False
            try:
                for value in self._draw(kind, child, job):
                    has_told = True
                    yield value
                return
            except GuardedError as error:
                if has_told or error.code not in _MAY_BE_INHERITED:
                    raise
            child = self._fork(kind)
        yield from self._draw(kind, child, job)

    def _draw(self, kind: _Kind, child: Child, job: Job) -> Generator[Any, None, None]:
        is_done = False
        try:
            yield from child.run(job)
            is_done = True
        finally:
            if is_done and _is_fit(kind, child):
                self._keep(kind, child)
            else:
                child.end()

    def close(self) -> None:
        """End everything; the pool may be used again."""
        with self._lock:
            servers, self._servers = self._servers, {}
            self._waiting.clear()
        for server in servers.values():
            server.close()

    def forget(self) -> None:
        """In a forked process: the children are the other one's, and end with it and not with this one."""
        for _, child in self._waiting:
            child.forget()
        for server in self._servers.values():
            server.forget()
        self._servers, self._waiting, self._lock = {}, [], threading.RLock()

    def _take(self, kind: _Kind) -> Child:
        while child := self._pop(kind):
            if child.is_waiting():
                return child
            child.end()
        return self._fork(kind)

    def _fork(self, kind: _Kind) -> Child:
        life_seconds = 0 if kind.owner is None else LIFE_SECONDS
        server = self._server(kind.target)
        try:
            return Child(server, kind.limits, life_seconds=life_seconds)
        except ConnectionError:  # somebody has killed the server, whatever for: it saw no file
            with self._lock:
                if self._servers.get(kind.target) is server:
                    del self._servers[kind.target]
            server.close()
            return Child(self._server(kind.target), kind.limits, life_seconds=life_seconds)

    def _pop(self, kind: _Kind) -> Child | None:
        with self._lock:
            for place, (waiting, child) in enumerate(self._waiting):
                if waiting == kind:
                    del self._waiting[place]
                    return child
        return None

    def _keep(self, kind: _Kind, child: Child) -> None:
        with self._lock:
            self._waiting.append((kind, child))
            surplus = self._waiting.pop(0)[1] if len(self._waiting) > MOST_WAITING else None
        if surplus is not None:
            surplus.end()

    def _server(self, target: str) -> ForkServer:
        with self._lock:
            if target not in self._servers:
                self._servers[target] = server = ForkServer(target)
                if server.missing:
                    _log.warning("guarded.kernel_lacks", missing=server.missing, target=target)
            return self._servers[target]


def _is_fit(kind: _Kind, child: Child) -> bool:
    """Whether it may read another file."""
    return (
        kind.owner is not None
        and not child.says_too_much
        and child.jobs < MOST_JOBS
        and child.bytes_moved < SMALL_BYTES
        and child.waited_seconds < LIFE_SECONDS
    )


_POOL = Pool()
atexit.register(_POOL.close)
os.register_at_fork(after_in_child=_POOL.forget)


def run_guarded(
    target: str,
    source: bytes | BinaryIO,
    limits: Limits | None = None,
    *,
    arguments: dict[str, Any] | None = None,
    owner: str | None = None,
    is_cancelled: Callable[[], bool] = lambda: False,
) -> Generator[Any, None, None]:
    """Yield what the generator function `target` (`package.module:name`) yields for the file, as JSON has it.

    The function runs in a child that can compute and nothing else. It gets the file, opened for reading in binary, and
    the arguments by their names; the bytes that it yields come back as they are. `source` is the file's bytes, or a
    file of the operating system. A module that defines `warm` is told by that call to load what it would load late.

    A child reads one file, or several in turn if they have the same owner: a word that stands for whoever sent them.
    Raises GuardedError, which may be after some values. Close the iterator when it is left early. `is_cancelled` is
    asked a few times a second, from the thread that waits. Blocks: see `off_loop`.
    """
    job = Job(source=source, arguments=arguments or {}, is_cancelled=is_cancelled)
    yield from _POOL.run(target, job, limits or Limits(), owner)
