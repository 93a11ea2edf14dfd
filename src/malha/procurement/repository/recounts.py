"""Which proved partitions are counted again, and what of the synchronisation's own notes is deleted."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, delete, func, or_, select

from malha.db import Base, Session
from malha.jobs import Job
from malha.procurement.models import FetchedResults, Partition, Probe, Reading, ReadingKey, SyncRun

SHARE = 100
"""One of so many is counted again each day."""
RESULTS_KEPT_DAYS = 7


async def choose(session: Session, most: int) -> Sequence[Partition]:
    """What is still to be counted today, at random: a hundredth of what is proved, less what was counted already."""
    is_closed = (Partition.state == "complete", Partition.kind != "open_proposals")
    lately = func.now() - func.make_interval(0, 0, 0, 1)
    closed = (await session.scalar(select(func.count()).select_from(Partition).where(*is_closed))) or 0
    counted = select(func.count()).select_from(Partition).where(Partition.recounted_at > lately)
    left = -(-closed // SHARE) - ((await session.scalar(counted)) or 0)
    if left <= 0:
        return []
    was_not = or_(Partition.recounted_at.is_(None), Partition.recounted_at <= lately)
    query = select(Partition).where(*is_closed, was_not).order_by(func.random()).limit(min(left, most))
    return (await session.scalars(query.with_for_update(skip_locked=True))).all()


async def delete_old(session: Session, before: datetime) -> dict[str, int]:
    """Readings of jobs that are over or gone, results that nobody came back for, old probes and old runs."""
    old_results = FetchedResults.fetched_at < func.now() - func.make_interval(0, 0, 0, RESULTS_KEPT_DAYS)
    old_run = (SyncRun.requested_at < before) & (SyncRun.ended_at.is_not(None))
    return {
        "keys": await _delete(session, ReadingKey, _is_over(ReadingKey)),
        "readings": await _delete(session, Reading, _is_over(Reading)),
        "results": await _delete(session, FetchedResults, old_results),
        "probes": await _delete(session, Probe, Probe.at < before),
        "runs": await _delete(session, SyncRun, old_run),
    }


def _is_over(model: type[Reading | ReadingKey]) -> ColumnElement[bool]:
    return ~select(Job.id).where(Job.id == model.job_id, Job.finished_at.is_(None)).exists()


async def _delete(session: Session, model: type[Base], condition: ColumnElement[bool]) -> int:
    deleted = delete(model).where(condition).returning(*model.__table__.primary_key)
    return len((await session.execute(deleted)).all())
