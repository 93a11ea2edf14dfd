"""Submission: a job and its parts written in the caller's transaction, and nothing sent before its commit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, LiteralString
from uuid import UUID

import orjson
from psycopg.types.json import Jsonb

from malha.db import Session
from malha.jobs.delivery import Dispatch
from malha.jobs.models import NO_WORKSPACE, Job
from malha.jobs.registry import get_handler
from malha.jobs.states import JobState
from malha.kit.ids import new_id

WRITE_JOB: LiteralString = """
job AS (
    INSERT INTO jobs (id, kind, workspace_id, owner_id, input, total, priority, idempotency_key, event_seq, max_running,
                      in_flight)
    SELECT job_id, %(kind)s, %(workspace_id)s::uuid, %(owner_id)s::uuid, %(input)s, %(total)s, %(priority)s, %(key)s, 1,
           %(max_running)s::int,
           CASE WHEN %(max_running)s::int IS NULL THEN 0 ELSE least(%(max_running)s::int, %(total)s) END
    FROM held RETURNING id, created_at, updated_at
-- Of a limited job as many parts as may run are queued; the others wait for these, unsent.
), parts AS (
    INSERT INTO job_parts (job_id, no, kind, workspace_id, priority, input, run_after, state, sent_at)
    SELECT job.id, entry.no - 1, %(kind)s, coalesce(%(workspace_id)s::uuid, %(nobody)s), %(priority)s, entry.input,
           coalesce(%(run_after)s::timestamptz, statement_timestamp()),
           CASE WHEN entry.no > %(max_running)s::int THEN 'held' ELSE 'queued' END,
           CASE WHEN entry.no > %(max_running)s::int OR %(run_after)s::timestamptz IS NOT NULL THEN NULL
                ELSE statement_timestamp() END
    FROM job, jsonb_array_elements(%(parts)s) WITH ORDINALITY AS entry(input, no)
), logged AS (
    INSERT INTO job_events (job_id, seq, type, data)
    SELECT id, 1, 'job.queued', jsonb_build_object('total', %(total)s::int) FROM job
)"""
"""Common table expressions that write the job whose id stands in `held(job_id)`, its parts and its first event."""

_SUBMIT: LiteralString = (
    "WITH held AS (SELECT %(job_id)s::uuid AS job_id), "  # noqa: S608 - constants of this module
    + WRITE_JOB
    + " SELECT created_at, updated_at FROM job"
)


@dataclass(frozen=True, slots=True)
class Owner:
    """Who a job belongs to."""

    workspace_id: UUID | None
    owner_id: UUID | None


async def submit(
    session: Session,
    kind: str,
    *,
    input: dict[str, Any],  # noqa: A002 - the engine's word for it everywhere
    parts: Sequence[dict[str, Any]],
    owner: Owner,
    job_id: UUID | None = None,
    idempotency_key: str | None = None,
    priority: int = 0,
    run_after: datetime | None = None,
    max_running: int | None = None,
) -> Job:
    """Write a job with one part for each element of `parts` (small JSON: ids and object keys, never file bytes).

    Returns the job, not attached to the session. Its parts are sent after the commit; what does not get out then the
    relay sends a few seconds later. With `run_after` the parts wait until then. At most `max_running` of them run at
    once, those that the job adds later included; without it, as many as the kind says, or all.
    """
    job = Job(
        id=job_id or new_id(),
        kind=kind,
        workspace_id=owner.workspace_id,
        owner_id=owner.owner_id,
        state=JobState.QUEUED,
        input=input,
        total=len(parts),
        done=0,
        failed=0,
        priority=priority,
        idempotency_key=idempotency_key,
        event_seq=1,
    )
    values = job_values(kind, input=input, parts=parts, owner=owner, key=idempotency_key, max_running=max_running)
    values |= {"job_id": job.id, "priority": priority, "run_after": run_after}
    job.max_running = values["max_running"]
    row = (await (await session.connection()).exec_driver_sql(_SUBMIT, values)).one()
    job.created_at, job.updated_at = row.created_at, row.updated_at
    if run_after is None:
        session.after_commit(Dispatch(kind, job.id, job.sendable))
    return job


def job_values(
    kind: str,
    *,
    input: Mapping[str, Any],  # noqa: A002 - the engine's word for it everywhere
    parts: Sequence[Mapping[str, Any]],
    owner: Owner,
    key: str | None,
    max_running: int | None = None,
) -> dict[str, Any]:
    """The parameters of `WRITE_JOB`, for a job that may run at once."""
    handler = get_handler(kind)
    max_running = handler.max_running if max_running is None else max_running
    if not parts:
        raise ValueError("a job needs at least one part")
    if max_running is not None and max_running < 1:
        raise ValueError("a job of which no part may run never ends")
    return {
        "kind": kind,
        "workspace_id": owner.workspace_id,
        "owner_id": owner.owner_id,
        "input": Jsonb(input, dumps=orjson.dumps),
        "total": len(parts),
        "priority": 0,
        "key": key,
        "max_running": max_running,
        "nobody": NO_WORKSPACE,
        "run_after": None,
        "parts": Jsonb(parts, dumps=orjson.dumps),
    }
