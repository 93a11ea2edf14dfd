"""Runs, partitions, and how far parts have read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import delete, func, select, text, true, update
from sqlalchemy.dialects.postgresql import insert

from malha.db import ReadSession, Session
from malha.db.paging import Order, Page, Window, fetch_page
from malha.jobs import Job
from malha.procurement.models import Partition, Procurement, Reading, ReadingKey, SyncRun
from malha.procurement.repository.sets import upsert_rows
from malha.procurement.rules.partitions import PartitionKey

_COUNT_UP = text("""
UPDATE procurement_runs SET counters = counters || (
    SELECT jsonb_object_agg(name, coalesce((counters ->> name)::bigint, 0) + more::bigint)
    FROM jsonb_each_text(CAST(:more AS jsonb)) AS entry(name, more))
WHERE job_id = :job_id
""")
NEWEST_FIRST = Order(SyncRun.requested_at, SyncRun.request_id, is_descending=True)


async def add_run(session: Session, **values: Any) -> bool:
    """Write a run; False when the request has one."""
    statement = insert(SyncRun).values(values).on_conflict_do_nothing().returning(SyncRun.request_id)
    return (await session.scalar(statement)) is not None


async def lock_run(session: Session, request_id: UUID) -> SyncRun:
    """A run that nobody else changes until the transaction ends."""
    return (await session.scalars(select(SyncRun).where(SyncRun.request_id == request_id).with_for_update())).one()


async def find_run(session: ReadSession, request_id: UUID | None = None) -> SyncRun | None:
    """The run of a request, or the last one."""
    query = select(SyncRun).order_by(SyncRun.requested_at.desc(), SyncRun.request_id.desc()).limit(1)
    return await session.scalar(query if request_id is None else query.where(SyncRun.request_id == request_id))


async def list_runs(session: ReadSession, window: Window) -> Page[SyncRun]:
    """Runs, newest first."""
    return await fetch_page(session, select(SyncRun), NEWEST_FIRST, window)


async def last_update_end(session: ReadSession) -> datetime | None:
    """Up to when the last update that came to its end has looked: what it gave up stands open by itself."""
    return await session.scalar(
        select(func.max(SyncRun.window_end)).where(SyncRun.mode == "update", SyncRun.state.in_(["success", "partial"]))
    )


async def has_open_run(session: ReadSession) -> bool:
    """Whether an update waits or runs: not one whose job was cancelled, nor one that nobody took within an hour."""
    runs_on = select(Job.id).where(Job.id == SyncRun.job_id, Job.finished_at.is_(None)).exists()
    waits = SyncRun.job_id.is_(None) & (SyncRun.requested_at > func.now() - timedelta(hours=1))
    query = select(SyncRun.request_id).where(
        SyncRun.mode == "update", SyncRun.state.in_(["queued", "running"]), waits | runs_on
    )
    return (await session.scalar(query.limit(1))) is not None


async def change_run(session: Session, job_id: UUID, **values: Any) -> None:
    """Change the run of a job."""
    await session.execute(update(SyncRun).where(SyncRun.job_id == job_id).values(values))


async def count_up(session: Session, job_id: UUID, more: Mapping[str, int]) -> None:
    """Add to the counters of a job's run."""
    counted = {name: count for name, count in more.items() if count}
    if counted:
        connection = await session.connection()
        await connection.execute(_COUNT_UP, {"more": orjson.dumps(counted).decode(), "job_id": job_id})


async def find_reading(session: ReadSession, job_id: UUID, part_no: int) -> tuple[Reading | None, dict[int, list[str]]]:
    """How far a part has read, and what it has met on which page."""
    reading = await session.get(Reading, (job_id, part_no))
    query = select(ReadingKey.page, func.array_agg(ReadingKey.control_number)).group_by(ReadingKey.page)
    found = await session.execute(query.where(ReadingKey.job_id == job_id, ReadingKey.part_no == part_no))
    return reading, {row[0]: list(row[1]) for row in found}


async def save_reading(
    session: Session,
    values: Mapping[str, Any],
    pages: Mapping[int, Sequence[str]],
    *,
    restart: bool,
    dropped: AbstractSet[int],
) -> None:
    """Note how far a part has read. What it has met on `dropped` pages, with `restart` on any, no longer counts."""
    job_id, part_no = values["job_id"], values["part_no"]
    if restart:
        await forget_keys(session, job_id, part_no)
    elif dropped:
        is_dropped = (ReadingKey.job_id == job_id, ReadingKey.part_no == part_no, ReadingKey.page.in_(dropped))
        await session.execute(delete(ReadingKey).where(*is_dropped))
    statement = insert(Reading).values(dict(values))
    await session.execute(statement.on_conflict_do_update(index_elements=["job_id", "part_no"], set_=dict(values)))
    place = {"job_id": str(job_id), "part_no": part_no}
    rows = [place | {"control_number": key, "page": page} for page, keys in pages.items() for key in keys]
    conflict = "(job_id, part_no, control_number) DO UPDATE SET page = excluded.page RETURNING page"
    await upsert_rows(session, ReadingKey, rows, conflict)


async def forget_keys(session: Session, job_id: UUID, part_no: int | None = None) -> None:
    """Drop what a reading has met, or what all of a job have."""
    is_its = ReadingKey.part_no == part_no if part_no is not None else true()
    await session.execute(delete(ReadingKey).where(ReadingKey.job_id == job_id, is_its))


async def forget_readings(session: Session, job_id: UUID) -> None:
    """Drop how far the parts of a job have read, once it has ended."""
    await forget_keys(session, job_id)
    await session.execute(delete(Reading).where(Reading.job_id == job_id))


async def find_partition(session: Session, key: PartitionKey) -> Partition | None:
    """The partition, locked."""
    return await session.get(Partition, (key.kind.value, key.day, key.modality), with_for_update=True)


async def save_partition(session: Session, key: PartitionKey, **values: Any) -> None:
    """Write what is known of a partition."""
    place = {"kind": key.kind.value, "day": key.day, "modality": key.modality}
    statement = insert(Partition).values(place | values)
    changed = values | {"checked_at": func.now()}
    await session.execute(statement.on_conflict_do_update(index_elements=["kind", "day", "modality"], set_=changed))


async def count_met(session: ReadSession, job_id: UUID, part_no: int, *, has_items: bool) -> tuple[int, int]:
    """How many records a reading has met, and of how many procurements among them items are missing."""
    keys = select(func.count()).where(ReadingKey.job_id == job_id, ReadingKey.part_no == part_no)
    if not has_items:
        return (await session.scalar(keys)) or 0, 0
    query = (
        select(func.count(), func.count().filter(Procurement.items_state.is_distinct_from("complete")))
        .select_from(ReadingKey)
        .outerjoin(Procurement, Procurement.control_number == ReadingKey.control_number)
        .where(ReadingKey.job_id == job_id, ReadingKey.part_no == part_no)
    )
    met, missing = (await session.execute(query)).one()
    return met, missing


async def count_states(session: ReadSession, job_id: UUID) -> dict[str, int]:
    """How many partitions a job's readings have left in each state."""
    query = select(Partition.state, func.count()).where(Partition.job_id == job_id).group_by(Partition.state)
    return {row[0]: row[1] for row in await session.execute(query)}


async def count_given_up(session: ReadSession, job_id: UUID) -> tuple[int, int]:
    """How many lists a job has not read to their end, and of how many procurements it could not get the items."""
    is_its = (Partition.job_id == job_id, Partition.tries > 0)
    lists = select(func.count()).select_from(Partition).where(*is_its)
    items = (
        select(func.count(func.distinct(ReadingKey.control_number)))
        .join(Procurement, Procurement.control_number == ReadingKey.control_number)
        .where(ReadingKey.job_id == job_id, Procurement.items_state == "partial")
    )
    return (await session.scalar(lists)) or 0, (await session.scalar(items)) or 0
