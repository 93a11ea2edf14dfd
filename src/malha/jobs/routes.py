"""`/api/v1/jobs`: every background job of the workspace, whatever its kind."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query

from malha.db import Session
from malha.db.paging import Page, Window
from malha.dependencies import ReadSessionDep, WriteSessionDep, window_of
from malha.errors import problem_responses
from malha.identity.policy import Principal, require
from malha.jobs import repository
from malha.jobs.control import Action, act, act_on_one, count_requeued, requeue_dead, sources
from malha.jobs.errors import BulkTooLargeError, JobMoveIllegalError, JobNotFoundError
from malha.jobs.repository import JobFilter
from malha.jobs.schemas import (
    BULK_LIMIT,
    BulkRequest,
    BulkResult,
    JobRead,
    PartRead,
    QueueDepth,
    RequeueRequest,
    RequeueResult,
)
from malha.jobs.states import JobState, PartState

router = APIRouter(prefix="/jobs", tags=["jobs"])

Reader = Annotated[Principal, Depends(require("jobs:read"))]
Writer = Annotated[Principal, Depends(require("jobs:write"))]
Listed = Annotated[Window, window_of(50, most=200)]
NOT_FOUND = problem_responses(JobNotFoundError)
NOT_MOVED = problem_responses(JobNotFoundError, JobMoveIllegalError)


@router.get("")
async def list_jobs(
    principal: Reader,
    session: ReadSessionDep,
    window: Listed,
    kind: Annotated[list[str] | None, Query()] = None,
    state: Annotated[list[JobState] | None, Query()] = None,
) -> Page[JobRead]:
    """Jobs of the workspace, newest first."""
    found = await repository.list_jobs(session, principal, JobFilter(kind or (), state or ()), window)
    return found.map(JobRead.model_validate)


@router.get("/dead")
async def list_dead_parts(
    principal: Reader,
    session: ReadSessionDep,
    window: Listed,
    kind: Annotated[list[str] | None, Query()] = None,
) -> Page[PartRead]:
    """Parts that used up their attempts, with the reason of the last one."""
    found = await repository.list_parts(
        session, principal, job_id=None, states=(PartState.DEAD,), kinds=kind or (), window=window
    )
    return found.map(PartRead.model_validate)


@router.post("/dead/requeue")
async def requeue_dead_parts(principal: Writer, session: WriteSessionDep, body: RequeueRequest) -> RequeueResult:
    """Run dead parts again, with all their attempts: those named, or all that match, a thousand at a time."""
    if body.parts is None:
        dead = await repository.list_parts(
            session,
            principal,
            job_id=None,
            states=(PartState.DEAD,),
            kinds=body.kinds or (),
            window=Window(BULK_LIMIT),
        )
        parts = [(part.job_id, part.no) for part in dead.items]
    else:
        visible = set(await repository.visible_ids(session, principal, [part.job_id for part in body.parts]))
        parts = [(part.job_id, part.no) for part in body.parts if part.job_id in visible]
    events = await requeue_dead(session, parts)
    return RequeueResult(requeued=count_requeued(events))


@router.get("/queues")
async def list_queue_depths(principal: Reader, session: ReadSessionDep) -> list[QueueDepth]:
    """What waits, runs and lies dead, by kind."""
    counts = await repository.count_by_kind(session, principal)
    return [QueueDepth(kind=kind, queued=queued, running=running, dead=dead) for kind, queued, running, dead in counts]


@router.post("/bulk", responses=problem_responses(BulkTooLargeError))
async def act_on_many_jobs(principal: Writer, session: WriteSessionDep, body: BulkRequest) -> BulkResult:
    """Cancel, pause, resume or retry many jobs: those named, or all that match the filter."""
    if body.ids is not None:
        wanted = await repository.visible_ids(session, principal, body.ids)
    else:
        matching = JobFilter(body.kinds or (), body.states or sources(body.action))
        wanted = await repository.find_job_ids(session, principal, matching, limit=BULK_LIMIT + 1)
        if len(wanted) > BULK_LIMIT:
            raise BulkTooLargeError(limit=BULK_LIMIT)
    events = await act(session, body.action, wanted)
    moved = {event.job_id for event in events}
    return BulkResult(moved=list(moved), refused=[job_id for job_id in wanted if job_id not in moved])


@router.get("/{job_id}", responses=NOT_FOUND)
async def get_job(principal: Reader, session: ReadSessionDep, job_id: UUID) -> JobRead:
    """One job."""
    return JobRead.model_validate(await repository.get_job(session, principal, job_id))


@router.get("/{job_id}/parts", responses=NOT_FOUND)
async def list_job_parts(
    principal: Reader,
    session: ReadSessionDep,
    window: Listed,
    job_id: UUID,
    state: Annotated[list[PartState] | None, Query()] = None,
) -> Page[PartRead]:
    """The parts of one job."""
    await repository.get_job(session, principal, job_id)
    found = await repository.list_parts(session, principal, job_id=job_id, states=state or (), window=window)
    return found.map(PartRead.model_validate)


@router.post("/{job_id}/cancel", responses=NOT_MOVED)
async def cancel_job(principal: Writer, session: WriteSessionDep, job_id: UUID) -> JobRead:
    """Stop a job: what waits never runs, and what runs now writes nothing."""
    return await _move_job(session, principal, job_id, Action.CANCEL)


@router.post("/{job_id}/pause", responses=NOT_MOVED)
async def pause_job(principal: Writer, session: WriteSessionDep, job_id: UUID) -> JobRead:
    """Start no further part; those that run now come to their end."""
    return await _move_job(session, principal, job_id, Action.PAUSE)


@router.post("/{job_id}/resume", responses=NOT_MOVED)
async def resume_job(principal: Writer, session: WriteSessionDep, job_id: UUID) -> JobRead:
    """Go on with a paused job."""
    return await _move_job(session, principal, job_id, Action.RESUME)


@router.post("/{job_id}/retry", responses=NOT_MOVED)
async def retry_job(principal: Writer, session: WriteSessionDep, job_id: UUID) -> JobRead:
    """Run again what failed or was cancelled; what succeeded is kept."""
    return await _move_job(session, principal, job_id, Action.RETRY)


@router.post("/{job_id}/retry-failed", responses=NOT_MOVED)
async def retry_failed_parts(principal: Writer, session: WriteSessionDep, job_id: UUID) -> JobRead:
    """Run again only what failed."""
    return await _move_job(session, principal, job_id, Action.RETRY_FAILED)


async def _move_job(session: Session, principal: Principal, job_id: UUID, action: Action) -> JobRead:
    job = await repository.get_job(session, principal, job_id)
    await act_on_one(session, action, job_id, state=job.state)
    await session.refresh(job)
    return JobRead.model_validate(job)
