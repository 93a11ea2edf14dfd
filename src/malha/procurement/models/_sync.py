"""How far the synchronisation with PNCP has come."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index, Integer, SmallInteger, Text, func, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from malha.db import Base

EMPTY_OBJECT = text("'{}'")


class SyncRun(Base):
    """One request to synchronise, from whoever sent it. Without a job, it waits in the queue."""

    __tablename__ = "procurement_runs"
    __table_args__ = (Index("ix_procurement_runs_requested_at_request_id", "requested_at", "request_id"),)

    request_id: Mapped[UUID] = mapped_column(primary_key=True)
    mode: Mapped[str] = mapped_column(Text)
    window_start: Mapped[datetime | None]
    window_end: Mapped[datetime | None]
    state: Mapped[str] = mapped_column(Text, server_default="queued")
    job_id: Mapped[UUID | None]
    requested_at: Mapped[datetime] = mapped_column(server_default=func.now())
    started_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    counters: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default=EMPTY_OBJECT)
    error: Mapped[str | None] = mapped_column(Text)


class Partition(Base):
    """A day of one kind and modality (0 where a kind has none), and the last reading that came to its end.

    `tries`: readings in a row that have not proved it. `recounted_at`: when PNCP was last asked for its length alone.
    """

    __tablename__ = "procurement_partitions"
    __table_args__ = (Index("ix_procurement_partitions_state_day", "state", "day"),)

    kind: Mapped[str] = mapped_column(Text, primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    modality: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    state: Mapped[str] = mapped_column(Text)
    wants: Mapped[int | None] = mapped_column(Integer)
    has: Mapped[int | None] = mapped_column(Integer)
    reason: Mapped[str | None] = mapped_column(Text)
    job_id: Mapped[UUID | None]
    part_no: Mapped[int | None] = mapped_column(Integer)
    opened_at: Mapped[datetime] = mapped_column(server_default=func.now())
    checked_at: Mapped[datetime] = mapped_column(server_default=func.now())
    tries: Mapped[int] = mapped_column(Integer, server_default="0")
    recounted_at: Mapped[datetime | None]


class Reading(Base):
    """How far one part of a job has read its partition: what it goes on from after a pause or a crash.

    `next_page` counts down for a day that is not over; for others the keys say which pages are here.
    """

    __tablename__ = "procurement_readings"

    job_id: Mapped[UUID] = mapped_column(primary_key=True)
    part_no: Mapped[int] = mapped_column(Integer, primary_key=True)
    next_page: Mapped[int] = mapped_column(Integer)
    page_size: Mapped[int] = mapped_column(Integer)
    total: Mapped[int | None] = mapped_column(Integer)
    restarts: Mapped[int] = mapped_column(Integer)
    failures: Mapped[int] = mapped_column(Integer)
    doubts: Mapped[int] = mapped_column(Integer, server_default="0")
    began_at: Mapped[datetime]


class ReadingKey(Base):
    """A control number that a reading has met, and on which page."""

    __tablename__ = "procurement_reading_keys"

    job_id: Mapped[UUID] = mapped_column(primary_key=True)
    part_no: Mapped[int] = mapped_column(Integer, primary_key=True)
    control_number: Mapped[str] = mapped_column(Text, primary_key=True)
    page: Mapped[int] = mapped_column(Integer, server_default="1")


class FetchedResults(Base):
    """Results of one item of a procurement whose set is not whole yet: a large one takes more than one turn."""

    __tablename__ = "procurement_fetched_results"

    control_number: Mapped[str] = mapped_column(Text, primary_key=True)
    digest: Mapped[str] = mapped_column(Text, primary_key=True)
    item_number: Mapped[int] = mapped_column(Integer, primary_key=True)
    results: Mapped[list[Any]] = mapped_column(JSONB)
    fetched_at: Mapped[datetime] = mapped_column(server_default=func.now())
