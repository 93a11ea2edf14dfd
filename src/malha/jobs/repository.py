"""Queries over jobs and parts; every one starts from what the principal may see."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Select, func, select

from malha.db import ReadSession
from malha.db.paging import Order, Page, Window, fetch_page
from malha.identity.policy import Principal, visible_to
from malha.jobs.errors import JobNotFoundError
from malha.jobs.models import Job, JobPart
from malha.jobs.states import JobState, PartState

_NEWEST = Order(Job.created_at, Job.id, is_descending=True)
_BY_NUMBER = Order(JobPart.job_id, JobPart.no)


@dataclass(frozen=True, slots=True)
class JobFilter:
    """Empty sequences do not filter."""

    kinds: Sequence[str] = ()
    states: Sequence[JobState] = ()

    def apply(self, query: Select[Job]) -> Select[Job]:
        """Narrow a query of jobs."""
        if self.kinds:
            query = query.where(Job.kind.in_(self.kinds))
        if self.states:
            query = query.where(Job.state.in_([state.value for state in self.states]))
        return query


async def get_job(session: ReadSession, principal: Principal, job_id: UUID) -> Job:
    """The job, or JobNotFoundError when it is absent or another tenant's."""
    job = (await session.execute(visible_to(principal, Job).where(Job.id == job_id))).scalar_one_or_none()
    if job is None:
        raise JobNotFoundError
    return job


async def list_jobs(session: ReadSession, principal: Principal, wanted: JobFilter, window: Window) -> Page[Job]:
    """Jobs, newest first."""
    return await fetch_page(session, wanted.apply(visible_to(principal, Job)), _NEWEST, window)


async def find_job_ids(session: ReadSession, principal: Principal, wanted: JobFilter, *, limit: int) -> list[UUID]:
    """Ids of the jobs that match, oldest first, `limit` at the most."""
    query = wanted.apply(visible_to(principal, Job)).order_by(Job.created_at).limit(limit)
    return list((await session.execute(query.with_only_columns(Job.id))).scalars())


async def visible_ids(session: ReadSession, principal: Principal, job_ids: Sequence[UUID]) -> list[UUID]:
    """Those of the ids that name jobs which the principal may see."""
    query = visible_to(principal, Job).where(Job.id.in_(job_ids)).with_only_columns(Job.id)
    return list((await session.execute(query)).scalars())


async def list_parts(
    session: ReadSession,
    principal: Principal,
    *,
    job_id: UUID | None,
    states: Sequence[PartState],
    kinds: Sequence[str] = (),
    window: Window,
) -> Page[JobPart]:
    """Parts by job and number, of one job or of all visible ones."""
    visible = visible_to(principal, Job).with_only_columns(Job.id)
    query = select(JobPart).where(JobPart.job_id.in_(visible))
    if job_id is not None:
        query = query.where(JobPart.job_id == job_id)
    if states:
        query = query.where(JobPart.state.in_([state.value for state in states]))
    if kinds:
        query = query.where(JobPart.kind.in_(kinds))
    return await fetch_page(session, query, _BY_NUMBER, window)


async def count_by_kind(session: ReadSession, principal: Principal) -> list[tuple[str, int, int, int]]:
    """Kind, and how many of its visible parts are queued (or held), running, dead."""
    visible = visible_to(principal, Job).with_only_columns(Job.id)
    waiting = (PartState.QUEUED.value, PartState.HELD.value)
    query = (
        select(
            JobPart.kind,
            func.count().filter(JobPart.state.in_(waiting)),
            func.count().filter(JobPart.state == PartState.RUNNING.value),
            func.count().filter(JobPart.state == PartState.DEAD.value),
        )
        .where(JobPart.job_id.in_(visible))
        .where(JobPart.state.in_((*waiting, PartState.RUNNING.value, PartState.DEAD.value)))
        .group_by(JobPart.kind)
        .order_by(JobPart.kind)
    )
    return [tuple(row) for row in await session.execute(query)]  # type: ignore[misc] - four columns, as the query says
