"""Queries of the event log: pages of one job's events, where logs end, and which jobs a principal may follow."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import select

from malha.db import ReadSession
from malha.identity.policy import Principal, visible_to
from malha.jobs import Job, JobState
from malha.jobs.models import JobEvent
from malha.realtime.feed_event import FeedEvent
from malha.realtime.tails import JobHead

PAGE = 500


async def events_after(session: ReadSession, job_id: UUID, seq: int, limit: int = PAGE) -> list[FeedEvent]:
    """At most `limit` events of a job with a higher sequence number, in order. The caller has checked the access."""
    query = select(JobEvent).where(JobEvent.job_id == job_id, JobEvent.seq > seq).order_by(JobEvent.seq).limit(limit)
    return [
        FeedEvent(job_id=row.job_id, seq=row.seq, type=row.type, at=row.at.isoformat(), data=row.data)
        for row in await session.scalars(query)
    ]


async def heads_of(session: ReadSession, job_ids: Collection[UUID]) -> dict[UUID, JobHead]:
    """Where the logs of these jobs end; a job that is no more is absent."""
    query = select(Job.id, Job.event_seq, Job.state).where(Job.id.in_(job_ids))
    return {row.id: JobHead(row.event_seq, JobState(row.state)) for row in await session.execute(query)}


async def visible_job(session: ReadSession, principal: Principal, job_id: UUID) -> JobHead | None:
    """Where the job's log ends; None when it does not exist, is another workspace's, or is beyond the scopes.

    Besides `jobs:read`, the scope of the job's own kind opens it: `audits:read` for `audits.process`.
    """
    query = visible_to(principal, Job).where(Job.id == job_id).with_only_columns(Job.kind, Job.event_seq, Job.state)
    row = (await session.execute(query)).one_or_none()
    if row is None or not any(principal.can(f"{resource}:read") for resource in ("jobs", row.kind.split(".")[0])):
        return None
    return JobHead(row.event_seq, JobState(row.state))
