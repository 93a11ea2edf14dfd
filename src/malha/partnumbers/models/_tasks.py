"""Tables of what was asked."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import Boolean, ForeignKey, Index, Integer, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from malha.db import Base, CreatedAt


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
