"""Schedules and their runs."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, Integer, Text, UniqueConstraint, func, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from malha.db import Base, CreatedAt, PrimaryKey

ACTIVE = text("state = 'active'")
OPEN = text("ended_at IS NULL")


class Schedule(Base):
    """What is to be done by the clock. `next_run_at` is the moment that has not been dealt with yet.

    State `failing` is a pause that the platform made, for the reason in `note`.
    """

    __tablename__ = "schedules"
    __table_args__ = (
        Index("ix_schedules_workspace_id_created_at_id", "workspace_id", "created_at", "id"),
        Index("ix_schedules_due", "next_run_at", postgresql_where=ACTIVE),
    )

    id: Mapped[PrimaryKey]
    workspace_id: Mapped[UUID]
    owner_id: Mapped[UUID]
    name: Mapped[str] = mapped_column(Text)
    action: Mapped[str] = mapped_column(Text)
    input: Mapped[dict[str, Any]] = mapped_column(JSONB)
    cron: Mapped[str] = mapped_column(Text)
    time_zone: Mapped[str] = mapped_column(Text)
    catch_up: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(Text)
    note: Mapped[str | None] = mapped_column(Text)
    next_run_at: Mapped[datetime | None]
    failures: Mapped[int] = mapped_column(Integer, server_default="0")
    created_at: Mapped[CreatedAt]
    updated_at: Mapped[datetime] = mapped_column(server_default=func.now(), onupdate=func.now())


class ScheduleRun(Base):
    """A moment of a schedule, dealt with once; or, without `planned_at`, a run that somebody asked for.

    Its id is that of its job, if it came to one. `missed` counts moments before it that it stands for as well.
    """

    __tablename__ = "schedule_runs"
    __table_args__ = (
        UniqueConstraint("schedule_id", "planned_at"),
        Index("ix_schedule_runs_schedule_id_created_at_id", "schedule_id", "created_at", "id"),
        Index("ix_schedule_runs_open", "schedule_id", postgresql_where=OPEN),
    )

    id: Mapped[PrimaryKey]
    schedule_id: Mapped[UUID] = mapped_column(ForeignKey("schedules.id", ondelete="CASCADE"))
    workspace_id: Mapped[UUID]
    planned_at: Mapped[datetime | None]
    state: Mapped[str] = mapped_column(Text)
    missed: Mapped[int] = mapped_column(Integer, server_default="0")
    error: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[CreatedAt]
    ended_at: Mapped[datetime | None]
