"""Runs, partitions, and how far parts have read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import delete, func, select, text, update
from sqlalchemy.dialects.postgresql import insert

from malha.db import ReadSession, Session
from malha.db.paging import Order, Page, Window, fetch_page
from malha.procurement.models import Partition, Procurement, Reading, ReadingKey, SyncRun
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


async def last_success_end(session: ReadSession) -> datetime | None:
    """Up to when the last update that went well has looked."""
    return await session.scalar(
        select(func.max(SyncRun.window_end)).where(SyncRun.mode == "update", SyncRun.state == "success")
    )


async def has_open_run(session: ReadSession) -> bool:
    """Whether an update waits or runs."""
    query = select(SyncRun.request_id).where(SyncRun.mode == "update", SyncRun.state.in_(["queued", "running"]))
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


async def find_reading(session: ReadSession, job_id: UUID, part_no: int) -> tuple[Reading | None, set[str]]:
    """How far a part has read, and what it has met."""
    reading = await session.get(Reading, (job_id, part_no))
    keys = select(ReadingKey.control_number).where(ReadingKey.job_id == job_id, ReadingKey.part_no == part_no)
    return reading, set((await session.scalars(keys)).all())


async def save_reading(session: Session, values: Mapping[str, Any], keys: Sequence[str], *, restart: bool) -> None:
    """Note how far a part has read. With `restart` what it has met before no longer counts."""
    if restart:
        await forget_keys(session, values["job_id"], values["part_no"])
    statement = insert(Reading).values(dict(values))
    await session.execute(statement.on_conflict_do_update(index_elements=["job_id", "part_no"], set_=dict(values)))
    rows = [{"job_id": values["job_id"], "part_no": values["part_no"], "control_number": key} for key in keys]
    if rows:
        await session.execute(insert(ReadingKey).values(rows).on_conflict_do_nothing())


async def forget_keys(session: Session, job_id: UUID, part_no: int) -> None:
    """Drop what a reading has met."""
    await session.execute(delete(ReadingKey).where(ReadingKey.job_id == job_id, ReadingKey.part_no == part_no))


async def find_partition(session: Session, key: PartitionKey) -> Partition | None:
    """The partition, locked."""
    return await session.get(Partition, (key.kind.value, key.day, key.modality), with_for_update=True)


async def save_partition(session: Session, key: PartitionKey, **values: Any) -> None:
    """Write what is known of a partition."""
    place = {"kind": key.kind.value, "day": key.day, "modality": key.modality}
    statement = insert(Partition).values(place | values)
    changed = values | {"checked_at": func.now()}
    await session.execute(statement.on_conflict_do_update(index_elements=["kind", "day", "modality"], set_=changed))


async def count_unfilled(session: ReadSession, job_id: UUID, part_no: int) -> int:
    """Of the procurements that a reading has met, how many do not have their items."""
    query = (
        select(func.count())
        .select_from(ReadingKey)
        .join(Procurement, Procurement.control_number == ReadingKey.control_number)
        .where(ReadingKey.job_id == job_id, ReadingKey.part_no == part_no, Procurement.items_state != "complete")
    )
    return (await session.scalar(query)) or 0


async def list_coverage(session: ReadSession, first: date, last: date) -> Sequence[Partition]:
    """The partitions of these days, in their order."""
    query = select(Partition).where(Partition.day.between(first, last))
    return (await session.scalars(query.order_by(Partition.day, Partition.kind, Partition.modality))).all()


async def count_states(session: ReadSession, job_id: UUID) -> dict[str, int]:
    """How many partitions a job's readings have left in each state."""
    query = select(Partition.state, func.count()).where(Partition.job_id == job_id).group_by(Partition.state)
    return {row[0]: row[1] for row in await session.execute(query)}


async def count_given_up(session: ReadSession, job_id: UUID) -> int:
    """How many lists a job has not read to their end, and of how many procurements it could not get the items."""
    lists = (
        select(func.count())
        .select_from(Partition)
        .where(
            Partition.job_id == job_id,
            (Partition.wants.is_(None)) | (Partition.has.is_distinct_from(Partition.wants)),
        )
    )
    items = (
        select(func.count(func.distinct(ReadingKey.control_number)))
        .join(Procurement, Procurement.control_number == ReadingKey.control_number)
        .where(ReadingKey.job_id == job_id, Procurement.items_state == "partial")
    )
    return ((await session.scalar(lists)) or 0) + ((await session.scalar(items)) or 0)
