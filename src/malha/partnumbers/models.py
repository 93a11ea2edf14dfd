"""Tables of the part numbers: what was asked, the parts that are known, and every classification they ever had."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import Boolean, CheckConstraint, ForeignKey, Index, Integer, Numeric, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from malha.db import Base, CreatedAt, PrimaryKey

IS_ACTIVE = text("status = 'active'")


class ClassificationTask(Base):
    """One request; its job does the work, and whoever follows it joins the room."""

    __tablename__ = "classification_tasks"
    __table_args__ = (Index("ix_classification_tasks_workspace_id_job_id", "workspace_id", "job_id"),)

    job_id: Mapped[UUID] = mapped_column(ForeignKey("jobs.id", ondelete="CASCADE"), primary_key=True)
    workspace_id: Mapped[UUID]
    owner_id: Mapped[UUID | None]
    room_id: Mapped[UUID] = mapped_column(unique=True)
    is_batch: Mapped[bool] = mapped_column(Boolean)
    total: Mapped[int] = mapped_column(Integer)
    created_at: Mapped[CreatedAt]


class Manufacturer(Base):
    """A maker as answers name it."""

    __tablename__ = "manufacturers"
    __table_args__ = (
        UniqueConstraint("workspace_id", "name", "country", "address", postgresql_nulls_not_distinct=True),
    )

    id: Mapped[PrimaryKey]
    workspace_id: Mapped[UUID] = mapped_column(ForeignKey("workspaces.id", ondelete="CASCADE"))
    name: Mapped[str] = mapped_column(Text)
    address: Mapped[str | None] = mapped_column(Text)
    country: Mapped[str | None] = mapped_column(Text)


class PartNumber(Base):
    """A part number of the workspace: upper case, without spaces around it."""

    __tablename__ = "partnumbers"
    __table_args__ = (UniqueConstraint("workspace_id", "code"),)

    id: Mapped[PrimaryKey]
    workspace_id: Mapped[UUID] = mapped_column(ForeignKey("workspaces.id", ondelete="CASCADE"))
    code: Mapped[str] = mapped_column(Text)
    created_at: Mapped[CreatedAt]


class Classification(Base):
    """One answer for a part number. Nothing is deleted: a later answer replaces it, a person rejects it.

    `ncm` is as deep as the answer closes, and null where the answer is that nobody knows.
    """

    __tablename__ = "classifications"
    __table_args__ = (
        CheckConstraint("confidence BETWEEN 0 AND 1", name="confidence"),
        Index("ix_classifications_active", "partnumber_id", postgresql_where=IS_ACTIVE),
        Index("ix_classifications_workspace_id_id", "workspace_id", "id"),
    )

    id: Mapped[PrimaryKey]
    workspace_id: Mapped[UUID] = mapped_column(ForeignKey("workspaces.id", ondelete="CASCADE"))
    partnumber_id: Mapped[UUID] = mapped_column(ForeignKey("partnumbers.id", ondelete="CASCADE"))
    task_id: Mapped[UUID | None]
    """The job that asked; it may be gone by now."""
    manufacturer_id: Mapped[UUID | None] = mapped_column(ForeignKey("manufacturers.id", ondelete="SET NULL"))
    created_by: Mapped[UUID | None]
    status: Mapped[str] = mapped_column(Text, server_default="active")
    ncm: Mapped[str | None] = mapped_column(Text)
    exception: Mapped[str | None] = mapped_column(Text)
    description: Mapped[str | None] = mapped_column(Text)
    confidence: Mapped[Decimal | None] = mapped_column(Numeric(4, 3))
    answer: Mapped[dict[str, Any]] = mapped_column(JSONB)
    """As the AI server gave it."""
    created_at: Mapped[CreatedAt]
    decided_at: Mapped[datetime | None]


class ClassificationItem(Base):
    """One part number of a task, as it was sent, and its answer."""

    __tablename__ = "classification_items"
    __table_args__ = (Index("ix_classification_items_workspace_id_partnumber", "workspace_id", "partnumber"),)

    task_id: Mapped[UUID] = mapped_column(
        ForeignKey("classification_tasks.job_id", ondelete="CASCADE"), primary_key=True
    )
    no: Mapped[int] = mapped_column(Integer, primary_key=True)
    workspace_id: Mapped[UUID]
    partnumber: Mapped[str] = mapped_column(Text)
    description: Mapped[str | None] = mapped_column(Text)
    manufacturer: Mapped[str | None] = mapped_column(Text)
    supplier: Mapped[str | None] = mapped_column(Text)
    ncm: Mapped[str | None] = mapped_column(Text)
    country: Mapped[str | None] = mapped_column(Text)
    progress_channel: Mapped[str | None] = mapped_column(Text)
    ai_job_id: Mapped[str | None] = mapped_column(Text)
    classification_id: Mapped[UUID | None] = mapped_column(ForeignKey("classifications.id", ondelete="SET NULL"))
    is_known: Mapped[bool] = mapped_column(Boolean, server_default=text("false"))
    """Whether the answer was there before the question."""
