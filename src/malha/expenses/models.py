"""Tables of the expenses: batches, their items with decision and review, and each workspace's table of services."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import CHAR, Boolean, ForeignKey, Index, Integer, Numeric, Text, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from malha.db import Base, CreatedAt, PrimaryKey

EMPTY_LIST = text("'[]'")
IN_REVIEW = text("review = 'pending'")


class ExpenseBatch(Base):
    """What was sent together; its job does the work."""

    __tablename__ = "expense_batches"

    job_id: Mapped[UUID] = mapped_column(ForeignKey("jobs.id", ondelete="CASCADE"), primary_key=True)
    workspace_id: Mapped[UUID]
    owner_id: Mapped[UUID | None]
    total: Mapped[int] = mapped_column(Integer)
    approval_limit: Mapped[Decimal | None] = mapped_column(Numeric(15, 2))
    away_since: Mapped[datetime | None]
    """Since when nobody has answered who could still know a supplier; None while answers come."""

    created_at: Mapped[CreatedAt]


class Expense(Base):
    """One expense. `decision` is the platform's word, `review` a person's.

    Pages are filled to a quarter (migration 0009): the answer, thrice as wide as the question, finds room beside it.
    As no index has a column that it changes, except `review` where somebody must look, its update touches none.
    """

    __tablename__ = "expenses"
    __table_args__ = (
        Index("uq_expenses_batch_id_no", "batch_id", "no", unique=True),
        Index("ix_expenses_review", "workspace_id", "id", postgresql_where=IN_REVIEW),
        Index("ix_expenses_workspace_id_id", "workspace_id", "id"),
        Index("ix_expenses_cnpj_workspace_id_amount", "cnpj", "workspace_id", "amount"),
    )

    id: Mapped[PrimaryKey]
    batch_id: Mapped[UUID] = mapped_column(ForeignKey("expense_batches.job_id", ondelete="CASCADE"))
    no: Mapped[int] = mapped_column(Integer)
    workspace_id: Mapped[UUID]
    cnpj: Mapped[str] = mapped_column(Text)
    """As it was given where it is none, else fourteen characters."""
    transaction_id: Mapped[str | None] = mapped_column(Text)
    service_type: Mapped[str] = mapped_column(Text)
    amount: Mapped[Decimal | None] = mapped_column(Numeric(15, 2))
    spent_on: Mapped[date | None]
    description: Mapped[str | None] = mapped_column(Text)
    is_answered: Mapped[bool] = mapped_column(Boolean, server_default=text("false"))
    decision: Mapped[str | None] = mapped_column(Text)
    reason: Mapped[str | None] = mapped_column(Text)
    registry_status: Mapped[str | None] = mapped_column(Text)
    risk: Mapped[str | None] = mapped_column(Text)
    is_cnae_valid: Mapped[bool | None] = mapped_column(Boolean)
    legal_name: Mapped[str | None] = mapped_column(Text)
    main_cnae: Mapped[str | None] = mapped_column(CHAR(7))
    was_cached: Mapped[bool | None] = mapped_column(Boolean)
    evidence: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    signals: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, server_default=EMPTY_LIST)
    payment: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    """The bank transaction that paid it: `transaction_id`, `score`, `reasons`."""

    review: Mapped[str] = mapped_column(Text, server_default="none")
    review_note: Mapped[str | None] = mapped_column(Text)
    reviewed_by: Mapped[UUID | None]
    reviewed_at: Mapped[datetime | None]


class ServiceActivity(Base):
    """A workspace's own list of activities for one service; it replaces the platform's."""

    __tablename__ = "service_activities"

    workspace_id: Mapped[UUID] = mapped_column(ForeignKey("workspaces.id", ondelete="CASCADE"), primary_key=True)
    service: Mapped[str] = mapped_column(Text, primary_key=True)
    cnaes: Mapped[list[str]] = mapped_column(JSONB)
