"""The live feed: job events published on Redis after their commit, in batches, best effort.

Whoever listens gets JSON arrays of `{job_id, workspace_id, owner_id, seq, type, at, data}`; the event log in the
database is the truth that listeners replay from.
"""

# pyright: basic
# (redis-py's are partial.)

from __future__ import annotations

import threading
from collections import deque
from typing import Any

import orjson
import structlog
from redis import Redis, RedisError

from malha.kit.clock import utc_now

CHANNEL = "malha:events"
FLUSH_SECONDS = 0.02
BACKLOG = 10_000

_log = structlog.get_logger(__name__)


class Feed:
    """Collects events from any thread and publishes them from its own; the oldest are dropped when Redis is away."""

    def __init__(self, redis_url: str) -> None:
        self._redis = Redis.from_url(redis_url, socket_timeout=5, socket_connect_timeout=5)
        self._pending: deque[dict[str, Any]] = deque(maxlen=BACKLOG)
        self._wake = threading.Event()
        self._closed = False
        self._thread = threading.Thread(target=self._run, name="event-feed", daemon=True)
        self._thread.start()

    def publish(self, event: dict[str, Any]) -> None:
        """Hand over one committed event; returns at once."""
        self._pending.append({"at": utc_now().isoformat(), **event})
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
