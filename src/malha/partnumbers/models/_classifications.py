"""The table of all answers, those that hold and the former ones."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, Integer, Numeric, Text, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from malha.db import Base, CreatedAt, PrimaryKey

IS_ACTIVE = text("status = 'active'")


class Classification(Base):
    """One answer for a part number. Nothing is deleted: a later answer replaces it, a person rejects it.

    What a person has confirmed is replaced by a person only: a later answer of the AI server stands beside it.
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
    origin: Mapped[str] = mapped_column(Text, server_default="ai")
    """`ai`, `document` (an invoice that names the code) or `person`."""
    status: Mapped[str] = mapped_column(Text, server_default="active")
    ncm: Mapped[str | None] = mapped_column(Text)
    exception: Mapped[str | None] = mapped_column(Text)
    description: Mapped[str | None] = mapped_column(Text)
    confidence: Mapped[Decimal | None] = mapped_column(Numeric(4, 3))
    answer: Mapped[dict[str, Any]] = mapped_column(JSONB)
    """As it was given."""
    created_at: Mapped[CreatedAt]
    decided_at: Mapped[datetime | None]
    """When it was confirmed, replaced or rejected last."""
    decided_by: Mapped[UUID | None]
    confirmed_at: Mapped[datetime | None]
    note: Mapped[str | None] = mapped_column(Text)
    """Why a person decided so."""
    version: Mapped[int] = mapped_column(Integer, server_default=text("1"))
