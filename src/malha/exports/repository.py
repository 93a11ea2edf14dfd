"""Queries of the exports. What the API shows starts from what the principal may see."""

from __future__ import annotations

from datetime import timedelta
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import Select, delete, func, select, update

from malha.db import ReadSession, Session
from malha.db.paging import Order, Page, Window, fetch_page
from malha.exports.errors import ExportNotFoundError
from malha.exports.models import Export
from malha.identity.policy import Principal, visible_to
from malha.jobs import Job

_NEWEST = Order(Export.created_at, Export.job_id, is_descending=True)


class ExportRow(NamedTuple):
    """An export and the job that carries its state."""

    export: Export
    job: Job


async def get_export(session: ReadSession, principal: Principal, job_id: UUID) -> ExportRow:
    """The export; ExportNotFoundError when absent or another tenant's."""
    row = (await session.execute(_with_jobs(principal).where(Export.job_id == job_id))).one_or_none()
    if row is None:
        raise ExportNotFoundError
    return ExportRow(*row)


async def find_export(session: ReadSession, job_id: UUID) -> Export | None:
    """The export of a job, for the job itself."""
    return await session.get(Export, job_id)


async def list_exports(session: ReadSession, principal: Principal, window: Window) -> Page[ExportRow]:
    """Exports, newest first."""
    found = await fetch_page(session, _with_jobs(principal), _NEWEST, window)
    return found.map(ExportRow._make)


async def save_file(
    session: Session, job_id: UUID, *, storage_key: str, row_count: int, size: int, kept_for: timedelta
) -> None:
    """Show the file, from now until its time is up."""
    await session.execute(
        update(Export)
        .where(Export.job_id == job_id)
        .values(storage_key=storage_key, row_count=row_count, size=size, expires_at=func.now() + kept_for)
    )


async def delete_export(session: Session, job_id: UUID) -> None:
    """Delete the job and with it the export; the caller has checked who asks."""
    await session.execute(delete(Job).where(Job.id == job_id))


async def delete_expired(session: Session, *, limit: int) -> int:
    """Delete exports that have ended and whose time is up; returns how many."""
    expired = (
        select(Export.job_id)
        .join(Job, Job.id == Export.job_id)
        .where(Export.expires_at < func.now(), Job.finished_at.is_not(None))
        .order_by(Export.expires_at)
        .limit(limit)
    )
    deleted = await session.execute(delete(Job).where(Job.id.in_(expired)).returning(Job.id))
    return len(deleted.all())


async def list_ids(session: ReadSession) -> set[UUID]:
    """Every export, whoever's."""
    return set(await session.scalars(select(Export.job_id)))


def _with_jobs(principal: Principal) -> Select[Export, Job]:
    return visible_to(principal, Export).join(Job, Job.id == Export.job_id).add_columns(Job)
