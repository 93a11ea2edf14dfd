"""The end of a job whose parts have all ended: the kind's finish step runs once and the job gets its final state."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import structlog
from psycopg import AsyncConnection
from psycopg.rows import class_row, scalar_row
from psycopg.types.json import Jsonb

from malha.db.jsonb import encode
from malha.jobs.context import FinishContext
from malha.jobs.errors import PermanentError, describe_error
from malha.jobs.ledger import NewEvent, SettledJob, log_event
from malha.jobs.registry import Handler
from malha.jobs.runtime import Runtime
from malha.jobs.states import JobState, outcome
from malha.jobs.unit_of_work import UnitOfWork

_log = structlog.get_logger(__name__)

_LOCK = """
SELECT id AS job_id, kind, workspace_id, owner_id, total, done, failed FROM jobs
WHERE id = %(job_id)s AND finished_at IS NULL AND done + failed >= total FOR UPDATE
"""

_CLOSE = """
WITH closed AS (
    UPDATE jobs SET state = %(state)s, result = coalesce(%(result)s::jsonb, result), error = coalesce(%(error)s, error),
                    finished_at = clock_timestamp(), updated_at = clock_timestamp(), event_seq = event_seq + 1
    WHERE id = %(job_id)s RETURNING id, event_seq
), logged AS (
    INSERT INTO job_events (job_id, seq, type, data) SELECT id, event_seq, %(type)s, %(data)s FROM closed
)
SELECT event_seq FROM closed
"""

_FAILED_FINISHES = "SELECT count(*) FROM job_events WHERE job_id = %(job_id)s AND type = 'job.finish_failed'"


async def finish_job(runtime: Runtime, work: UnitOfWork, job_id: UUID, handler: Handler) -> SettledJob | None:
    """Run the finish step in the open transaction; None when the job is not complete or has been finished before.

    When the step fails, its writes are undone and the failure is logged; the relay asks again until the attempts
    are used up, and then the job fails with that error.
    """
    driver = await work.driver()
    async with driver.cursor(row_factory=class_row(_Complete)) as cursor:
        await cursor.execute(_LOCK, {"job_id": job_id})
        job = await cursor.fetchone()
    if job is None:
        return None
    try:
        result = await _run_step(runtime, work, job, handler)
        await work.keep()
    except Exception as error:  # whatever the step raises is recorded and tried again
        await work.discard()
        return await _record_failure(runtime, driver, job, error)
    return await _close(driver, job, outcome(total=job.total, failed=job.failed), result=result)


@dataclass(frozen=True, slots=True)
class _Complete:
    job_id: UUID
    kind: str
    workspace_id: UUID | None
    owner_id: UUID | None
    total: int
    done: int
    failed: int


async def _run_step(runtime: Runtime, work: UnitOfWork, job: _Complete, handler: Handler) -> str | None:
    if handler.finish is None:
        return None
    context = FinishContext(
        job_id=job.job_id,
        kind=job.kind,
        workspace_id=job.workspace_id,
        owner_id=job.owner_id,
        total=job.total,
        done=job.done,
        failed=job.failed,
        session=await work.session(),
        runtime=runtime,
    )
    async with asyncio.timeout(handler.timeout_seconds):
        result = await handler.finish(context)
    return None if result is None else encode(result)


async def _record_failure(
    runtime: Runtime, driver: AsyncConnection[Any], job: _Complete, error: Exception
) -> SettledJob | None:
    described = describe_error(error)
    _log.warning("job.finish_failed", job_id=str(job.job_id), kind=job.kind, **described)
    await log_event(driver, job.job_id, NewEvent("job.finish_failed", described))
    cursor = await driver.execute(_FAILED_FINISHES, {"job_id": job.job_id})
    row = await cursor.fetchone()
    attempts = row[0] if row else 0
    if attempts < runtime.settings.engine.max_attempts and not isinstance(error, PermanentError):
        return None
    return await _close(driver, job, JobState.FAILED, error=described)


async def _close(
    driver: AsyncConnection[Any],
    job: _Complete,
    state: JobState,
    *,
    result: str | None = None,
    error: dict[str, Any] | None = None,
) -> SettledJob:
    data = {"total": job.total, "done": job.done, "failed": job.failed}
    parameters = {
        "job_id": job.job_id,
        "state": state.value,
        "result": result,
        "error": error and Jsonb(error),
        "type": f"job.{state.value}",
        "data": Jsonb(data),
    }
    async with driver.cursor(row_factory=scalar_row) as cursor:
        await cursor.execute(_CLOSE, parameters)
        seq = await cursor.fetchone() or 0
    return SettledJob(
        job_id=job.job_id,
        kind=job.kind,
        total=job.total,
        done=job.done,
        failed=job.failed,
        seq=seq,
        workspace_id=job.workspace_id,
        owner_id=job.owner_id,
        type=f"job.{state.value}",
        data=data,
        settled=0,
        is_logged=True,
    )
