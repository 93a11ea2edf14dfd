"""Table of the questions that are with the AI server while no worker waits for them."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, Integer, Text, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from malha.db import Base, CreatedAt


class ClassificationRun(Base):
    """The question of one part of a task. A worker process listens; whichever is free takes the outcome up.

    A row whose `heard_until` has passed without an `outcome` has lost its listener: the part asks again.
    """

    __tablename__ = "classification_runs"
    __table_args__ = (Index("ix_classification_runs_silent", "heard_until", postgresql_where=text("outcome IS NULL")),)

    task_id: Mapped[UUID] = mapped_column(
        ForeignKey("classification_tasks.job_id", ondelete="CASCADE"), primary_key=True
    )
    part_no: Mapped[int] = mapped_column(Integer, primary_key=True)
    channel: Mapped[str] = mapped_column(Text, unique=True)
    heard_until: Mapped[datetime]
    lost: Mapped[int] = mapped_column(Integer, server_default=text("0"))
    """How many runs of the part before this one have lost their listener."""
    outcome: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    asked_at: Mapped[CreatedAt]
