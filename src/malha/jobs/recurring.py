"""Recurring tasks: kinds that say how often they run, submitted by the beat that leads when their time has come."""

from __future__ import annotations

from typing import Any, LiteralString

from psycopg import AsyncConnection

from malha.jobs.registry import Handler, all_handlers
from malha.jobs.submit import WRITE_JOB, Owner, job_values
from malha.kit.clock import utc_now
from malha.kit.ids import new_id

NOBODY = Owner(None, None)

# A run that is still open is waited for. Of the runs that went well only the last is kept.
_SUBMIT_DUE: LiteralString = (
    """
    WITH held AS (
        INSERT INTO recurring_tasks AS r (kind, job_id, next_at)
        VALUES (%(kind)s, %(job_id)s, now() + make_interval(secs => %(every)s))
        ON CONFLICT (kind) DO UPDATE SET job_id = excluded.job_id, next_at = excluded.next_at
        WHERE r.next_at <= now() AND NOT EXISTS (SELECT FROM jobs WHERE id = r.job_id AND finished_at IS NULL)
        RETURNING job_id
    ), tidied AS (
        DELETE FROM jobs WHERE kind = %(kind)s AND state = 'succeeded' AND workspace_id IS NULL
          AND EXISTS (SELECT FROM held)
    ), """  # noqa: S608 - constants of this module
    + WRITE_JOB
    + "SELECT count(*) FROM job"
)


async def submit_due(connection: AsyncConnection[Any]) -> int:
    """Write a job of one empty part for every recurring kind that is due; returns how many. The relay sends them."""
    submitted = 0
    for handler in all_handlers():
        if handler.every_seconds is not None:
            cursor = await connection.execute(_SUBMIT_DUE, _values(handler))
            row = await cursor.fetchone()
            submitted += row[0] if row else 0
    return submitted


def _values(handler: Handler) -> dict[str, Any]:
    values = job_values(handler.kind, input={}, parts=[{}], owner=NOBODY, key=None)
    return values | {"job_id": new_id(), "every": handler.every_seconds, "run_after": utc_now()}
