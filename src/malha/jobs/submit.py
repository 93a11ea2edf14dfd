"""Submission: a job and its parts written in the caller's transaction, and nothing sent before its commit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg.types.json import Jsonb
from sqlalchemy import text

from malha.db import Session
from malha.jobs.models import Job
from malha.jobs.registry import get_handler
from malha.jobs.states import JobState
from malha.kit.ids import new_id

_SUBMIT = text(
    """
    WITH job AS (
        INSERT INTO jobs (id, kind, workspace_id, owner_id, input, total, priority, idempotency_key, event_seq)
        VALUES (:id, :kind, :workspace_id, :owner_id, :input, :total, :priority, :idempotency_key, 1)
        RETURNING created_at, updated_at
    ), parts AS (
        INSERT INTO job_parts (job_id, no, kind, priority, input, run_after, sent_at)
        SELECT :id, entry.no - 1, :kind, :priority, entry.input, coalesce(CAST(:run_after AS timestamptz), now()),
               CASE WHEN CAST(:run_after AS timestamptz) IS NULL THEN now() END
        FROM jsonb_array_elements(:parts) WITH ORDINALITY AS entry(input, no)
    ), logged AS (
        INSERT INTO job_events (job_id, seq, type, data)
        VALUES (:id, 1, 'job.queued', jsonb_build_object('total', CAST(:total AS int)))
    )
    SELECT created_at, updated_at FROM job
    """
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
) -> Job:
    """Write a job with one part for each element of `parts` (small JSON: ids and object keys, never file bytes).

    Returns the job, not attached to the session. After the commit call `Dispatcher.dispatch(job.kind, job.id,
    job.total)`; when that is forgotten or fails, the relay sends the parts a few seconds later. With `run_after`
    the parts wait until then.
    """
    get_handler(kind)
    if not parts:
        raise ValueError("a job needs at least one part")
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
    parameters = {
        "id": job.id,
        "kind": kind,
        "workspace_id": owner.workspace_id,
        "owner_id": owner.owner_id,
        "input": Jsonb(input),
        "total": job.total,
        "priority": priority,
        "idempotency_key": idempotency_key,
        "run_after": run_after,
        "parts": Jsonb(list(parts)),
    }
    row = (await session.execute(_SUBMIT, parameters)).one()
    job.created_at, job.updated_at = row.created_at, row.updated_at
    return job
