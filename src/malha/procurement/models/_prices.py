"""Price references as they were fixed, and the indexes that correct prices."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import Integer, Numeric, Text, UniqueConstraint, func
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from malha.db import Base, CreatedAt, PrimaryKey


class PriceIndex(Base):
    """By how many per cent an index rose in a month, and where that was read."""

    __tablename__ = "procurement_price_indexes"

    name: Mapped[str] = mapped_column(Text, primary_key=True)
    month: Mapped[date] = mapped_column(primary_key=True)
    rate: Mapped[Decimal] = mapped_column(Numeric)
    source: Mapped[str] = mapped_column(Text)
    imported_at: Mapped[datetime] = mapped_column(server_default=func.now())


class PriceReferenceCount(Base):
    """The last number that a workspace has given; whoever takes the next one holds the row until they commit."""

    __tablename__ = "procurement_price_reference_counts"

    workspace_id: Mapped[UUID] = mapped_column(primary_key=True)
    last: Mapped[int] = mapped_column(Integer)


class PriceReference(Base):
    """A price reference as it was fixed. The table refuses changes: `document` is all that was known and done."""

    __tablename__ = "procurement_price_references"
    __table_args__ = (UniqueConstraint("workspace_id", "number"),)

    id: Mapped[PrimaryKey]
    workspace_id: Mapped[UUID]
    number: Mapped[int] = mapped_column(Integer)
    title: Mapped[str] = mapped_column(Text)
    created_by: Mapped[UUID]
    created_at: Mapped[CreatedAt]
    document: Mapped[dict[str, Any]] = mapped_column(JSONB)
    digest: Mapped[str] = mapped_column(Text)
