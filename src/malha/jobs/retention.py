"""What is old goes after `JOB_KEPT_DAYS`: ended jobs with parts and events, messages sent, keys used.

A job that a slice's row refers to by a foreign key stays as long as that row; the slice deletes both. Everything goes
in batches that lock nothing that anybody waits for.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import structlog
from psycopg import AsyncConnection, sql

from malha.settings import EngineSettings

JOBS_PER_ROUND = 200
ROWS_PER_ROUND = 2_000
KEYS_PER_ROUND = 5_000
KEYS_EVERY_SECONDS = 60.0
JOBS_EVERY_SECONDS = 3600.0
_START = (datetime(1, 1, 1, tzinfo=UTC), UUID(int=0))

# The database's own list of who refers to jobs: no slice can be forgotten. Parts and events belong to their job.
_REFERRERS = """
SELECT c.conrelid::regclass::text, a.attname FROM pg_constraint c
JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = ALL(c.conkey)
WHERE c.contype = 'f' AND c.confrelid = 'jobs'::regclass
  AND c.conrelid NOT IN ('job_parts'::regclass, 'job_events'::regclass)
ORDER BY 1, 2
"""

_OLD = """
SELECT j.id, j.finished_at, {is_needed} AS is_needed FROM jobs j
WHERE j.finished_at < statement_timestamp() - make_interval(secs => %(kept)s)
  AND (j.finished_at, j.id) > (%(after)s, %(after_id)s)
ORDER BY j.finished_at, j.id LIMIT %(limit)s
"""

_DELETE_PARTS = """
-- Locks the parts first, as everywhere; those of a job that is being retried right now are left alone.
WITH parts AS MATERIALIZED (
    SELECT job_id, no, state FROM job_parts WHERE job_id = ANY(%(jobs)s)
    ORDER BY job_id, no LIMIT %(limit)s FOR UPDATE SKIP LOCKED
), locked AS MATERIALIZED (
    SELECT id FROM jobs WHERE id IN (SELECT job_id FROM parts) AND finished_at IS NOT NULL ORDER BY id FOR UPDATE
), deleted AS (
    DELETE FROM job_parts p USING parts JOIN locked ON locked.id = parts.job_id
    WHERE p.job_id = parts.job_id AND p.no = parts.no RETURNING p.job_id, p.state
-- Cancelled parts were never counted: without them the job would wait for them for ever, were it retried half gone.
), counted AS (
    UPDATE jobs j SET total = j.total - d.parts
    FROM (SELECT job_id, count(*) AS parts FROM deleted WHERE state = 'cancelled' GROUP BY job_id) d
    WHERE j.id = d.job_id
)
SELECT count(*) FROM deleted
"""

_DELETE_EVENTS = """
DELETE FROM job_events WHERE (job_id, seq) IN (
    SELECT e.job_id, e.seq FROM job_events e JOIN jobs j ON j.id = e.job_id
    WHERE e.job_id = ANY(%(jobs)s) AND j.finished_at IS NOT NULL ORDER BY e.job_id, e.seq LIMIT %(limit)s
)
"""

_DELETE_JOBS = """
DELETE FROM jobs j
WHERE j.id = ANY(%(jobs)s) AND j.finished_at IS NOT NULL AND NOT {is_needed}
  AND NOT EXISTS (SELECT FROM job_parts p WHERE p.job_id = j.id)
"""

# A reserved key expires long after its request's hold, so nobody holds what is deleted here.
_DELETE_KEYS = """
DELETE FROM idempotency_keys WHERE id IN (
    SELECT id FROM idempotency_keys WHERE expires_at < statement_timestamp()
    ORDER BY expires_at LIMIT %(limit)s FOR UPDATE SKIP LOCKED
)
"""

_DELETE_SENT = """
DELETE FROM outbox_messages WHERE id IN (
    SELECT id FROM outbox_messages WHERE sent_at < statement_timestamp() - make_interval(secs => %(kept)s)
    ORDER BY id LIMIT %(limit)s FOR UPDATE SKIP LOCKED
)
"""

_log = structlog.get_logger(__name__)


class Retention:
    """One small round at a time; what is due rests for an hour (keys: a minute) once nothing was left."""

    def __init__(self, settings: EngineSettings) -> None:
        self._kept_seconds = settings.kept_seconds
        self._position = _START
        self._jobs_at = 0.0
        self._keys_at = 0.0

    async def round(self, connection: AsyncConnection[Any]) -> None:
        """Delete a batch of what is old. The connection is in autocommit mode."""
        if time.monotonic() >= self._keys_at:
            keys = await connection.execute(_DELETE_KEYS, {"limit": KEYS_PER_ROUND})
            if keys.rowcount < KEYS_PER_ROUND:
                self._keys_at = time.monotonic() + KEYS_EVERY_SECONDS
        if time.monotonic() >= self._jobs_at:
            sent = await connection.execute(_DELETE_SENT, {"kept": self._kept_seconds, "limit": ROWS_PER_ROUND})
            if sent.rowcount < ROWS_PER_ROUND:
                await self._delete_jobs(connection)

    async def _delete_jobs(self, connection: AsyncConnection[Any]) -> None:
        is_needed = await _is_needed(connection)
        after, after_id = self._position
        cursor = await connection.execute(
            sql.SQL(_OLD).format(is_needed=is_needed),
            {"kept": self._kept_seconds, "after": after, "after_id": after_id, "limit": JOBS_PER_ROUND},
        )
        old = await cursor.fetchall()
        jobs = [row[0] for row in old if not row[2]]
        if jobs and not await _delete(connection, jobs, is_needed):
            return
        if len(old) < JOBS_PER_ROUND:
            self._position, self._jobs_at = _START, time.monotonic() + JOBS_EVERY_SECONDS
        else:
            self._position = old[-1][1], old[-1][0]


async def _is_needed(connection: AsyncConnection[Any]) -> sql.Composable:
    """The condition under which a slice's row refers to job `j`."""
    cursor = await connection.execute(_REFERRERS)
    referring = [
        sql.SQL("EXISTS (SELECT FROM {} r WHERE r.{} = j.id)").format(sql.SQL(table), sql.Identifier(column))
        for table, column in await cursor.fetchall()
    ]
    return sql.SQL("({})").format(sql.SQL(" OR ").join([*referring, sql.SQL("false")]))


async def _delete(connection: AsyncConnection[Any], jobs: list[UUID], is_needed: sql.Composable) -> bool:
    """Delete what belongs to the jobs, then the jobs; False when there is more than one round takes."""
    named = {"jobs": jobs, "limit": ROWS_PER_ROUND}
    parts = await (await connection.execute(_DELETE_PARTS, named)).fetchone()
    if parts and parts[0] >= ROWS_PER_ROUND:
        return False
    events = await connection.execute(_DELETE_EVENTS, named)
    if events.rowcount >= ROWS_PER_ROUND:
        return False
    deleted = await connection.execute(sql.SQL(_DELETE_JOBS).format(is_needed=is_needed), {"jobs": jobs})
    _log.info("retention.jobs_deleted", jobs=deleted.rowcount)
    return True
