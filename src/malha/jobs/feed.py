"""The live feed: job events published on Redis after their commit, in batches, best effort.

Whoever listens gets JSON arrays of `{job_id, workspace_id, owner_id, seq, type, at, data}`; the event log in the
database is the truth that listeners replay from.
"""

# pyright: basic
# (redis-py's are partial.)

from __future__ import annotations

import threading
from collections import deque
from dataclasses import dataclass, field
from typing import Any, Protocol
from uuid import UUID

import orjson
import structlog
from redis import Redis, RedisError

from malha.kit.clock import utc_now

CHANNEL = "malha:events"
FLUSH_SECONDS = 0.02
BACKLOG = 10_000
_TOLD = ("job_id", "workspace_id", "owner_id", "seq", "type", "data")

_log = structlog.get_logger(__name__)


class Event(Protocol):
    """What the feed tells of a committed entry of a job's log."""

    @property
    def job_id(self) -> UUID: ...
    @property
    def workspace_id(self) -> UUID | None: ...
    @property
    def owner_id(self) -> UUID | None: ...
    @property
    def seq(self) -> int: ...
    @property
    def type(self) -> str: ...
    @property
    def data(self) -> dict[str, Any]: ...


@dataclass(frozen=True, slots=True)
class JobEvent:
    """An entry of a job's log, by itself."""

    job_id: UUID
    workspace_id: UUID | None
    owner_id: UUID | None
    seq: int
    type: str
    data: dict[str, Any] = field(default_factory=dict[str, Any])


class Feed:
    """Collects events from any thread and publishes them from its own; the oldest are dropped when Redis is away."""

    def __init__(self, redis_url: str) -> None:
        self._redis = Redis.from_url(redis_url, socket_timeout=5, socket_connect_timeout=5)
        self._pending: deque[dict[str, Any]] = deque(maxlen=BACKLOG)
        self._wake = threading.Event()
        self._closed = False
        self._thread = threading.Thread(target=self._run, name="event-feed", daemon=True)
        self._thread.start()

    def publish(self, *events: Event) -> None:
        """Hand over committed events; returns at once."""
        at = utc_now().isoformat()
        self._pending.extend({"at": at} | {name: getattr(event, name) for name in _TOLD} for event in events)
        if events:
            self._wake.set()

    def close(self) -> None:
        """Publish what is pending and stop the thread."""
        self._closed = True
        self._wake.set()
        self._thread.join(timeout=5)
        self._redis.close()

    def _run(self) -> None:
        pause = threading.Event()
        while not self._closed:
            self._wake.wait()
            self._wake.clear()
            self._flush()
            pause.wait(FLUSH_SECONDS)
        self._flush()

    def _flush(self) -> None:
        batch: list[dict[str, Any]] = []
        while self._pending:
            batch.append(self._pending.popleft())
        if not batch:
            return
        try:
            self._redis.publish(CHANNEL, orjson.dumps(batch, default=str))
        except RedisError as error:
            _log.warning("feed.publish_failed", events=len(batch), error=str(error))
