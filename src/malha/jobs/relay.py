"""What beat does at each tick: take back expired leases, send what waits, ask for finishes, delete what is old."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import groupby
from operator import itemgetter
from typing import Any
from uuid import UUID

import structlog
from psycopg import AsyncConnection

from malha.jobs.dispatcher import Publisher, pack_ranges
from malha.jobs.ledger import ExpiredPart, SettledJob, Settlement, settle, take_expired
from malha.jobs.registry import Handler, Queue, all_handlers, get_handler
from malha.jobs.retention import Retention
from malha.jobs.statements import RELEASE
from malha.jobs.states import PartState
from malha.jobs.turns import take_turns
from malha.settings import EngineSettings

PARTS_PER_ROUND = 5_000
MESSAGES_PER_ROUND = 1_000
"""Of one kind, so that a round is short: what has failed meanwhile is sent at the beginning of the next."""
EXPIRED_PER_ROUND = 500
LONGEST_RESEND_SECONDS = 300.0
EXPRESS_RESEND_SECONDS = 2.0
"""A lane is short: what has left it without being claimed is most likely lost."""
MOST_DOUBLINGS = 6
LANE_SECONDS = 1.0
"""A lane is filled with as many messages as its queue takes in this time."""
UNFINISHED_AFTER_SECONDS = 5.0

# A part is due when it was never sent, or when its message has had time to come through the queue and did not. Where
# messages still wait in the broker the time doubles with each send: a slow queue is not flooded with duplicates.
_TAKE_DUE = """
WITH due AS (
    SELECT p.job_id, p.no FROM job_parts p
    WHERE p.kind = %(kind)s AND p.state = 'queued' AND p.run_after <= statement_timestamp()
      AND (p.attempts > 0) = %(is_express)s
      AND (p.sent_at IS NULL
           OR p.sent_at < statement_timestamp() - make_interval(secs => %(queue_wait)s
                + least(%(resend_after)s * power(2, least(p.sends, %(most_doublings)s)), %(longest)s)))
    ORDER BY p.priority DESC, p.run_after LIMIT %(limit)s FOR UPDATE SKIP LOCKED
)
UPDATE job_parts p SET sent_at = statement_timestamp(), sends = p.sends + CASE WHEN p.sent_at IS NULL THEN 0 ELSE 1 END
FROM due WHERE p.job_id = due.job_id AND p.no = due.no
RETURNING p.job_id, p.no
"""

_HOLDING = """
SELECT j.id FROM jobs j
WHERE j.max_running IS NOT NULL AND j.finished_at IS NULL AND j.state IN ('queued', 'running')
  AND j.in_flight < j.max_running AND EXISTS (
      SELECT FROM job_parts p WHERE p.job_id = j.id AND p.state = 'held' AND p.run_after <= statement_timestamp())
ORDER BY j.id LIMIT 1000
"""

_TAKE_UNFINISHED = """
UPDATE jobs SET updated_at = statement_timestamp() WHERE id IN (
    SELECT id FROM jobs WHERE finished_at IS NULL AND done + failed >= total
      AND updated_at < statement_timestamp() - make_interval(secs => %(after)s)
    ORDER BY updated_at LIMIT 100 FOR UPDATE SKIP LOCKED
) RETURNING id, kind
"""

_log = structlog.get_logger(__name__)


@dataclass(slots=True)
class QueuePace:
    """How fast a broker queue drains, from its depth at two times and what this relay put in between."""

    depth: int = 0
    at: float = field(default_factory=time.monotonic)
    sent: int = 0
    rate_per_second: float = 50.0
    seen_per_second: float = 0.0
    """What it takes on the average, idle moments included; nothing is believed before it was seen."""

    def observe(self, depth: int, now: float) -> float:
        """Take a new depth; returns the seconds that a message at the end of the queue should need."""
        elapsed = now - self.at
        drained = self.depth + self.sent - depth
        if elapsed > 0:
            self.seen_per_second += 0.3 * (max(drained, 0) / elapsed - self.seen_per_second)
        if elapsed > 0 and drained > 0:
            self.rate_per_second += 0.3 * (drained / elapsed - self.rate_per_second)
        self.depth, self.at, self.sent = depth, now, 0
        return depth / max(self.rate_per_second, 0.1)


class Relay:
    """One tick at a time, by the beat that holds the lock. `is_behind` after a tick that could not send all."""

    def __init__(self, publisher: Publisher, settings: EngineSettings, announce: Callable[[SettledJob], None]) -> None:
        self._publisher = publisher
        self._settings = settings
        self._announce = announce
        self._retention = Retention(settings)
        self.is_behind = False
        self._paces: dict[Queue, QueuePace] = {queue: QueuePace() for queue in Queue}

    async def tick(self, connection: AsyncConnection[Any]) -> int:
        """One round over everything; returns how many parts were sent. The connection is in autocommit mode."""
        await self._take_back_expired(connection)
        await self._release_held(connection)
        waits = {queue: self._observe(queue) for queue in Queue}
        self.is_behind = False
        sent = 0
        # What must not wait goes first, whatever its kind: a round of fresh parts takes a second or two to publish.
        for handler in all_handlers():
            sent += await self._send_due(connection, handler, handler.queue.express, waits[handler.queue.express])
        for queue in (Queue.SHORT, Queue.LONG):
            sent += await self._send_ahead(connection, queue)
        for handler in all_handlers():
            sent += await self._send_due(connection, handler, handler.queue, waits[handler.queue])
        await self._ask_for_finishes(connection)
        await self._retention.round(connection)
        return sent

    def _observe(self, queue: Queue) -> float:
        return self._paces[queue].observe(self._publisher.depth(queue.value), time.monotonic())

    async def _take_back_expired(self, connection: AsyncConnection[Any]) -> None:
        async with connection.transaction():
            expired = await take_expired(connection, limit=EXPIRED_PER_ROUND)
            jobs: list[SettledJob] = []
            for kind in {part.kind for part in expired}:
                handler = get_handler(kind)
                fates = [self._judge(part, handler) for part in expired if part.kind == kind]
                jobs += await settle(connection, fates, closes=handler.finish is None)
        for job in jobs:
            self._announce(job)
        if expired:
            _log.warning("relay.leases_expired", parts=len(expired))

    async def _release_held(self, connection: AsyncConnection[Any]) -> None:
        """What a worker lets go at the end of a part: here for resumed jobs, for retries, and after a crash."""
        cursor = await connection.execute(_HOLDING)
        held = [row[0] for row in await cursor.fetchall()]
        if held:
            await connection.execute(RELEASE, {"jobs": held, "sends": False})

    def _judge(self, part: ExpiredPart, handler: Handler) -> Settlement:
        attempts_left = (handler.max_attempts or self._settings.max_attempts) - part.attempts
        state = PartState.QUEUED if attempts_left > 0 else PartState.DEAD
        error = {"type": "WorkerLost", "message": f"the worker went silent during attempt {part.attempts}"}
        return Settlement(part.job_id, part.no, part.fence, state, error=error)

    async def _send_due(
        self, connection: AsyncConnection[Any], handler: Handler, queue: Queue, queue_wait: float
    ) -> int:
        is_express = queue is not handler.queue
        limit = min(PARTS_PER_ROUND, MESSAGES_PER_ROUND * handler.batch)
        parameters = {
            "kind": handler.kind,
            "is_express": is_express,
            "queue_wait": queue_wait,
            "resend_after": min(
                self._settings.resend_after_seconds, EXPRESS_RESEND_SECONDS if is_express else math.inf
            ),
            "longest": LONGEST_RESEND_SECONDS,
            "most_doublings": MOST_DOUBLINGS if queue_wait else 0,
            "limit": limit,
        }
        cursor = await connection.execute(_TAKE_DUE, parameters)
        parts: list[tuple[UUID, int]] = await cursor.fetchall()
        # A part that has failed before travels alone: if it kills its worker, it takes no neighbour with it.
        messages = pack_ranges(sorted(parts), batch=1 if is_express else handler.batch)
        for ranges in messages:
            self._publisher.send_parts(handler, ranges, is_express=is_express)
        self._paces[queue].sent += len(messages)
        self.is_behind |= len(parts) >= limit
        return len(parts)

    async def _send_ahead(self, connection: AsyncConnection[Any], queue: Queue) -> int:
        """While messages wait in a queue, let workspaces take turns through its lane, which is kept short."""
        pace, lane = self._paces[queue], self._paces[queue.express]
        room = max(math.floor(pace.seen_per_second * LANE_SECONDS), 1) - lane.depth - lane.sent
        if not pace.depth or room <= 0:
            return 0
        handlers = [handler for handler in all_handlers() if handler.queue is queue]
        after = self._settings.turn_after_seconds
        parts = await take_turns(connection, handlers, after_seconds=after, room=room)
        for kind, taken in groupby(parts, key=itemgetter(0)):
            handler = get_handler(kind)
            for ranges in pack_ranges([(job_id, no) for _, job_id, no in taken], batch=handler.batch):
                self._publisher.send_parts(handler, ranges, is_express=True)
                lane.sent += 1
        return len(parts)

    async def _ask_for_finishes(self, connection: AsyncConnection[Any]) -> None:
        cursor = await connection.execute(_TAKE_UNFINISHED, {"after": UNFINISHED_AFTER_SECONDS})
        unfinished: list[tuple[UUID, str]] = await cursor.fetchall()
        for job_id, kind in unfinished:
            self._publisher.send_finish(job_id, kind)
