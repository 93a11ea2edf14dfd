"""`/api/v1/jobs`: every background job of the workspace, whatever its kind."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query

from malha.db import Session
from malha.dependencies import FeedDep, ReadSessionDep, WriteSessionDep
from malha.errors import problem_responses
from malha.identity.policy import Principal, require
from malha.jobs import repository
from malha.jobs.control import Action, act, act_on_one, count_requeued, requeue_dead, sources
from malha.jobs.errors import BulkTooLargeError, JobMoveIllegalError, JobNotFoundError
from malha.jobs.feed import Feed
from malha.jobs.models import Job
from malha.jobs.repository import JobFilter
from malha.jobs.schemas import (
    BULK_LIMIT,
    BulkRequest,
    BulkResult,
    JobPage,
    JobRead,
    PartPage,
    PartRead,
    QueueDepth,
    RequeueRequest,
    RequeueResult,
)
from malha.jobs.states import JobState, PartState

router = APIRouter(prefix="/jobs", tags=["jobs"])

Reader = Annotated[Principal, Depends(require("jobs:read"))]
Writer = Annotated[Principal, Depends(require("jobs:write"))]
PageLimit = Annotated[int, Query(ge=1, le=200)]
NOT_FOUND = problem_responses(JobNotFoundError)
NOT_MOVED = problem_responses(JobNotFoundError, JobMoveIllegalError)


@router.get("")
async def list_jobs(
    principal: Reader,
    session: ReadSessionDep,
    kind: Annotated[list[str] | None, Query()] = None,
    state: Annotated[list[JobState] | None, Query()] = None,
    *,
    limit: PageLimit = 50,
    cursor: str | None = None,
) -> JobPage:
    """Jobs of the workspace, newest first."""
    wanted = JobFilter(kind or (), state or ())
    jobs, following = await repository.list_jobs(session, principal, wanted, limit=limit, cursor=cursor)
    return JobPage(items=[JobRead.model_validate(job) for job in jobs], next_cursor=following)


@router.get("/dead")
async def list_dead_parts(
    principal: Reader,
    session: ReadSessionDep,
    kind: Annotated[list[str] | None, Query()] = None,
    *,
    limit: PageLimit = 50,
    cursor: str | None = None,
) -> PartPage:
    """Parts that used up their attempts, with the reason of the last one."""
    parts, following = await repository.list_parts(
        session, principal, job_id=None, states=(PartState.DEAD,), kinds=kind or (), limit=limit, cursor=cursor
    )
    return PartPage(items=[PartRead.model_validate(part) for part in parts], next_cursor=following)


@router.post("/dead/requeue")
async def requeue_dead_parts(
    principal: Writer, session: WriteSessionDep, feed: FeedDep, body: RequeueRequest
) -> RequeueResult:
    """Run dead parts again, with all their attempts: those named, or all that match, a thousand at a time."""
    if body.parts is None:
        dead, _ = await repository.list_parts(
            session,
            principal,
            job_id=None,
            states=(PartState.DEAD,),
            kinds=body.kinds or (),
            limit=BULK_LIMIT,
            cursor=None,
        )
        parts = [(part.job_id, part.no) for part in dead]
    else:
        visible = set(await repository.visible_ids(session, principal, [part.job_id for part in body.parts]))
        parts = [(part.job_id, part.no) for part in body.parts if part.job_id in visible]
    events = await requeue_dead(session, parts)
    await session.commit()
    feed.publish(*events)
    return RequeueResult(requeued=count_requeued(events))


@router.get("/queues")
async def list_queue_depths(principal: Reader, session: ReadSessionDep) -> list[QueueDepth]:
    """What waits, runs and lies dead, by kind."""
    counts = await repository.count_by_kind(session, principal)
    return [QueueDepth(kind=kind, queued=queued, running=running, dead=dead) for kind, queued, running, dead in counts]


@router.post("/bulk", responses=problem_responses(BulkTooLargeError))
async def act_on_many_jobs(principal: Writer, session: WriteSessionDep, feed: FeedDep, body: BulkRequest) -> BulkResult:
    """Cancel, pause, resume or retry many jobs: those named, or all that match the filter."""
    if body.ids is not None:
        wanted = await repository.visible_ids(session, principal, body.ids)
    else:
        matching = JobFilter(body.kinds or (), body.states or sources(body.action))
        wanted = await repository.find_job_ids(session, principal, matching, limit=BULK_LIMIT + 1)
        if len(wanted) > BULK_LIMIT:
            raise BulkTooLargeError(limit=BULK_LIMIT)
    events = await act(session, body.action, wanted)
    await session.commit()
    feed.publish(*events)
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
    job_id: UUID,
    state: Annotated[list[PartState] | None, Query()] = None,
    *,
    limit: PageLimit = 50,
    cursor: str | None = None,
) -> PartPage:
    """The parts of one job."""
    await repository.get_job(session, principal, job_id)
    parts, following = await repository.list_parts(
        session, principal, job_id=job_id, states=state or (), limit=limit, cursor=cursor
    )
    return PartPage(items=[PartRead.model_validate(part) for part in parts], next_cursor=following)


@router.post("/{job_id}/cancel", responses=NOT_MOVED)
async def cancel_job(principal: Writer, session: WriteSessionDep, feed: FeedDep, job_id: UUID) -> JobRead:
    """Stop a job: what waits never runs, and what runs now writes nothing."""
    return await move_job(session, feed, principal, job_id, Action.CANCEL)


@router.post("/{job_id}/pause", responses=NOT_MOVED)
async def pause_job(principal: Writer, session: WriteSessionDep, feed: FeedDep, job_id: UUID) -> JobRead:
    """Start no further part; those that run now come to their end."""
    return await move_job(session, feed, principal, job_id, Action.PAUSE)


@router.post("/{job_id}/resume", responses=NOT_MOVED)
async def resume_job(principal: Writer, session: WriteSessionDep, feed: FeedDep, job_id: UUID) -> JobRead:
    """Go on with a paused job."""
    return await move_job(session, feed, principal, job_id, Action.RESUME)


@router.post("/{job_id}/retry", responses=NOT_MOVED)
async def retry_job(principal: Writer, session: WriteSessionDep, feed: FeedDep, job_id: UUID) -> JobRead:
    """Run again what failed or was cancelled; what succeeded is kept."""
    return await move_job(session, feed, principal, job_id, Action.RETRY)


@router.post("/{job_id}/retry-failed", responses=NOT_MOVED)
async def retry_failed_parts(principal: Writer, session: WriteSessionDep, feed: FeedDep, job_id: UUID) -> JobRead:
    """Run again only what failed."""
    return await move_job(session, feed, principal, job_id, Action.RETRY_FAILED)


async def move_job(session: Session, feed: Feed, principal: Principal, job_id: UUID, action: Action) -> JobRead:
    """Act on one visible job, commit, tell of it, and return the job as it stands then."""
    job: Job = await repository.get_job(session, principal, job_id)
    event = await act_on_one(session, action, job_id, state=job.state)
    await session.commit()
    feed.publish(event)
    await session.refresh(job)
    return JobRead.model_validate(job)
