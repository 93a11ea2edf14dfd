"""Workspaces take turns: a part that waits behind another workspace's backlog goes ahead through the express lane.

The message that waits in the queue stays where it is and finds nothing when its time comes.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from psycopg import AsyncConnection

from malha.jobs.registry import Handler

# Whoever has waited longest is served by the queue itself; the others share the lane's room by equal parts.
_TAKE_TURNS = """
-- Each kind's workspaces of which a part waits, by one probe of the index for each.
WITH RECURSIVE waiting AS (
    SELECT k.kind, k.batch, first.workspace_id
    FROM unnest(%(kinds)s::text[], %(batches)s::int[]) AS k(kind, batch) CROSS JOIN LATERAL (
        SELECT p.workspace_id FROM job_parts p
        WHERE p.state = 'queued' AND p.attempts = 0 AND p.sends = 0 AND p.kind = k.kind
        ORDER BY p.workspace_id LIMIT 1) AS first
    UNION ALL
    SELECT w.kind, w.batch, following.workspace_id FROM waiting w CROSS JOIN LATERAL (
        SELECT p.workspace_id FROM job_parts p
        WHERE p.state = 'queued' AND p.attempts = 0 AND p.sends = 0 AND p.kind = w.kind
          AND p.workspace_id > w.workspace_id
        ORDER BY p.workspace_id LIMIT 1) AS following
-- Those whose oldest part has waited long enough, without the one that has waited longest.
), behind AS MATERIALIZED (
    SELECT w.kind, w.batch, w.workspace_id FROM waiting w CROSS JOIN LATERAL (
        SELECT p.run_after FROM job_parts p
        WHERE p.state = 'queued' AND p.attempts = 0 AND p.sends = 0 AND p.kind = w.kind
          AND p.workspace_id = w.workspace_id
        ORDER BY p.run_after LIMIT 1) AS oldest
    WHERE oldest.run_after < statement_timestamp() - make_interval(secs => %(after)s)
    ORDER BY oldest.run_after OFFSET 1 LIMIT %(room)s
-- Locks their oldest parts. One that is locked is being claimed.
), due AS MATERIALIZED (
    SELECT p.job_id, p.no FROM behind b CROSS JOIN LATERAL (
        SELECT p.job_id, p.no FROM job_parts p
        WHERE p.state = 'queued' AND p.attempts = 0 AND p.sends = 0 AND p.kind = b.kind
          AND p.workspace_id = b.workspace_id
          AND p.run_after < statement_timestamp() - make_interval(secs => %(after)s)
        ORDER BY p.run_after LIMIT b.batch * (SELECT greatest(%(room)s / greatest(count(*), 1), 1) FROM behind)
        FOR UPDATE SKIP LOCKED) AS p
-- Counted as sent again, so that a part goes ahead once.
)
UPDATE job_parts p SET sent_at = statement_timestamp(), sends = 1
FROM due WHERE p.job_id = due.job_id AND p.no = due.no
RETURNING p.kind, p.job_id, p.no
"""


async def take_turns(
    connection: AsyncConnection[Any], handlers: Sequence[Handler], *, after_seconds: float, room: int
) -> list[tuple[str, UUID, int]]:
    """Mark fresh parts as sent ahead, of workspaces that have waited for `after_seconds` behind another one's.

    `handlers` share a queue; `room` is how many messages its lane takes now. Returns kind, job and number, sorted.
    """
    parameters = {
        "kinds": [handler.kind for handler in handlers],
        "batches": [handler.batch for handler in handlers],
        "after": after_seconds,
        "room": room,
    }
    cursor = await connection.execute(_TAKE_TURNS, parameters)
    return sorted(await cursor.fetchall())
