"""The table of exports."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, Index, Integer, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from malha.db import Base, CreatedAt


class Export(Base):
    """A list that was asked for as a file; its job does the work.

    `storage_key` is written with the end of the job, so a file that is not whole is nobody's.
    """

    __tablename__ = "exports"
    __table_args__ = (
        Index("ix_exports_workspace_id_created_at_job_id", "workspace_id", "created_at", "job_id"),
        Index("ix_exports_expires_at", "expires_at"),
    )

    job_id: Mapped[UUID] = mapped_column(ForeignKey("jobs.id", ondelete="CASCADE"), primary_key=True)
    workspace_id: Mapped[UUID]
    owner_id: Mapped[UUID]
    list_name: Mapped[str] = mapped_column(Text)
    format: Mapped[str] = mapped_column(Text)
    filter: Mapped[dict[str, Any]] = mapped_column(JSONB)
    storage_key: Mapped[str | None] = mapped_column(Text)
    row_count: Mapped[int | None] = mapped_column(Integer)
    size: Mapped[int | None] = mapped_column(BigInteger)
    created_at: Mapped[CreatedAt]
    expires_at: Mapped[datetime]
