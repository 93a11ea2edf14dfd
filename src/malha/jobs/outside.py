"""What happens to a job outside any message: somebody hears what a part waits for, and wakes it or tells of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, LiteralString
from uuid import UUID

from psycopg.types.json import Jsonb

from malha.db import Session
from malha.jobs.delivery import Wake
from malha.jobs.feed import JobEvent

# A part that runs, has ended or was cancelled is left alone; one that its job holds back stays held, but is due.
_WAKE: LiteralString = """
UPDATE job_parts SET run_after = statement_timestamp(),
       sent_at = CASE WHEN state = 'queued' THEN statement_timestamp() END
WHERE job_id = %(job_id)s AND no = %(no)s AND state IN ('queued', 'held') AND run_after > statement_timestamp()
RETURNING kind, state
"""

_TELL: LiteralString = """
-- Locks the jobs, by id as everywhere: their rows are what numbers their logs. What has ended is told of no more.
WITH told AS MATERIALIZED (
    SELECT t.id, t.data FROM unnest(%(jobs)s::uuid[], %(entries)s::jsonb[]) AS t(id, data)
), locked AS MATERIALIZED (
    SELECT id FROM jobs WHERE id IN (SELECT id FROM told) AND finished_at IS NULL ORDER BY id FOR UPDATE
), numbered AS (
    UPDATE jobs j SET event_seq = j.event_seq + 1, updated_at = clock_timestamp(),
                      message = coalesce(t.data ->> 'message', j.message)
    FROM locked l JOIN told t ON t.id = l.id WHERE j.id = l.id
    RETURNING j.id, j.event_seq, j.workspace_id, j.owner_id, t.data
), logged AS (
    INSERT INTO job_events (job_id, seq, type, data) SELECT id, event_seq, %(type)s, data FROM numbered
)
SELECT id, workspace_id, owner_id, event_seq, data FROM numbered
"""


async def wake_part(session: Session, job_id: UUID, no: int) -> None:
    """Let a part that answered `Snooze` run now instead of at its time; its message goes out after the commit."""
    cursor = await _execute(session, _WAKE, {"job_id": job_id, "no": no})
    row = await cursor.fetchone()
    if row is not None and row[1] == "queued":
        session.after_commit(Wake(row[0], job_id, no))


async def tell_of_jobs(session: Session, type_: str, entries: Mapping[UUID, Mapping[str, Any]]) -> None:
    """Log an event of each job that has not ended; a `message` in it becomes the job's. Published after the commit."""
    told = [Jsonb(dict(entry)) for entry in entries.values()]
    cursor = await _execute(session, _TELL, {"jobs": list(entries), "entries": told, "type": type_})
    for job_id, workspace_id, owner_id, seq, data in await cursor.fetchall():
        session.after_commit(JobEvent(job_id, workspace_id, owner_id, seq, type_, data))


async def _execute(session: Session, statement: LiteralString, parameters: Mapping[str, Any]) -> Any:
    raw = await (await session.connection()).get_raw_connection()
    driver: Any = raw.driver_connection
    return await driver.execute(statement, parameters)
