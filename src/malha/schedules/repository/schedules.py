"""Schedules and runs."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert

from malha.db import ReadSession, Session
from malha.db.paging import Order, Page, Window, fetch_page
from malha.identity.policy import Principal, visible_to
from malha.jobs import Job
from malha.schedules.errors import ScheduleNotFoundError
from malha.schedules.models import Schedule, ScheduleRun

_NEWEST = Order(Schedule.created_at, Schedule.id, is_descending=True)
_NEWEST_RUN = Order(ScheduleRun.created_at, ScheduleRun.id, is_descending=True)


class EndedRun(NamedTuple):
    """A run whose job has ended, or is gone, and its schedule."""

    run: ScheduleRun
    schedule: Schedule
    job: Job | None


async def list_schedules(session: ReadSession, principal: Principal, window: Window) -> Page[Schedule]:
    """Schedules, newest first."""
    return await fetch_page(session, visible_to(principal, Schedule), _NEWEST, window)


async def get_schedule(
    session: ReadSession, principal: Principal, schedule_id: UUID, *, lock: bool = False
) -> Schedule:
    """The schedule, perhaps locked; ScheduleNotFoundError when absent or another tenant's."""
    query = visible_to(principal, Schedule).where(Schedule.id == schedule_id)
    found = await session.scalar(query.with_for_update() if lock else query)
    if found is None:
        raise ScheduleNotFoundError
    return found


async def count_schedules(session: ReadSession, workspace_id: UUID) -> int:
    """How many a workspace has."""
    return await session.scalar(select(func.count()).where(Schedule.workspace_id == workspace_id)) or 0


async def list_runs(session: ReadSession, principal: Principal, schedule_id: UUID, window: Window) -> Page[ScheduleRun]:
    """The runs of a schedule, newest first."""
    query = visible_to(principal, ScheduleRun).where(ScheduleRun.schedule_id == schedule_id)
    return await fetch_page(session, query, _NEWEST_RUN, window)


async def database_now(session: ReadSession) -> datetime:
    """The database's clock: one for all workers, whatever theirs say."""
    now = await session.scalar(select(func.clock_timestamp()))
    assert now is not None  # noqa: S101 - a clock has a time
    return now


async def lock_due(session: Session, now: datetime, *, limit: int) -> Sequence[Schedule]:
    """Schedules of which a moment has come, the longest overdue first; those that somebody holds are left out.

    Those that have every moment dealt with wait until the run before has ended.
    """
    open_run = select(ScheduleRun.id).where(ScheduleRun.schedule_id == Schedule.id, ScheduleRun.ended_at.is_(None))
    query = (
        select(Schedule)
        .where(Schedule.state == "active", Schedule.next_run_at <= now)
        .where((Schedule.catch_up != "all") | ~open_run.exists())
        .order_by(Schedule.next_run_at, Schedule.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
        .execution_options(populate_existing=True)
    )
    return (await session.scalars(query)).all()


async def lock_ended(session: Session, *, limit: int) -> Sequence[EndedRun]:
    """Open runs whose job has ended or is gone, with their schedules; locked, those that somebody holds left out."""
    query = (
        select(ScheduleRun, Schedule, Job)
        .join(Schedule, Schedule.id == ScheduleRun.schedule_id)
        .outerjoin(Job, Job.id == ScheduleRun.id)
        .where(ScheduleRun.ended_at.is_(None), (Job.id.is_(None)) | (Job.finished_at.is_not(None)))
        .order_by(ScheduleRun.created_at, ScheduleRun.id)
        .limit(limit)
        .with_for_update(of=[ScheduleRun, Schedule], skip_locked=True)
        .execution_options(populate_existing=True)
    )
    return [EndedRun(*row) for row in await session.execute(query)]


async def has_open_run(session: ReadSession, schedule_id: UUID) -> bool:
    """Whether a run has not ended."""
    query = select(ScheduleRun.id).where(ScheduleRun.schedule_id == schedule_id, ScheduleRun.ended_at.is_(None))
    return (await session.scalar(query.limit(1))) is not None


async def add_run(session: Session, **values: Any) -> bool:
    """Write a run; False when the schedule's moment has one."""
    statement = insert(ScheduleRun).values(values).on_conflict_do_nothing().returning(ScheduleRun.id)
    return (await session.scalar(statement)) is not None


async def end_run(session: Session, run_id: UUID, state: str, error: str) -> None:
    """End a run that came to no job."""
    run = await session.get(ScheduleRun, run_id)
    if run is not None:
        run.state, run.error, run.ended_at = state, error, func.now()
