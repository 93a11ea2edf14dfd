"""What belongs to a record beside its items: amendments, files, its log, and how far they are fetched."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Boolean, ForeignKey, Index, Integer, Numeric, Text, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from malha.db import Base


class Amendment(Base):
    """A `termo` of a contract: it changes its value, its term or its supplier, or adjusts its price."""

    __tablename__ = "procurement_amendments"

    contract_control_number: Mapped[str] = mapped_column(
        ForeignKey(
            "procurement_contracts.control_number", ondelete="CASCADE", name="fk_procurement_amendments_contract"
        ),
        primary_key=True,
    )
    sequence: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    number: Mapped[str | None] = mapped_column(Text)
    kind_name: Mapped[str | None] = mapped_column(Text)
    object: Mapped[str | None] = mapped_column(Text)
    legal_basis: Mapped[str | None] = mapped_column(Text)
    supplier_id: Mapped[str | None] = mapped_column(Text)
    supplier_kind: Mapped[str | None] = mapped_column(Text)
    supplier_name: Mapped[str | None] = mapped_column(Text)
    changes_value: Mapped[bool | None] = mapped_column(Boolean)
    changes_term: Mapped[bool | None] = mapped_column(Boolean)
    changes_supplier: Mapped[bool | None] = mapped_column(Boolean)
    adjusts_price: Mapped[bool | None] = mapped_column(Boolean)
    added_value: Mapped[Decimal | None] = mapped_column(Numeric)
    added_days: Mapped[int | None] = mapped_column(Integer)
    total: Mapped[Decimal | None] = mapped_column(Numeric)
    signed_on: Mapped[date | None]
    starts_on: Mapped[date | None]
    ends_on: Mapped[date | None]
    published_at: Mapped[datetime | None]
    raw: Mapped[dict[str, Any]] = mapped_column(JSONB)


class RecordFile(Base):
    """A file that PNCP lists with a record; `kind` and `control_number` say of which."""

    __tablename__ = "procurement_files"

    kind: Mapped[str] = mapped_column(Text, primary_key=True)
    control_number: Mapped[str] = mapped_column(Text, primary_key=True)
    sequence: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    title: Mapped[str | None] = mapped_column(Text)
    document_kind_id: Mapped[int | None] = mapped_column(Integer)
    document_kind_name: Mapped[str | None] = mapped_column(Text)
    url: Mapped[str | None] = mapped_column(Text)
    is_active: Mapped[bool | None] = mapped_column(Boolean)
    published_at: Mapped[datetime | None]
    raw: Mapped[dict[str, Any]] = mapped_column(JSONB)


class HistoryEntry(Base):
    """A line of a record's log at PNCP; lines have no number, `place` is theirs in the list, from 1."""

    __tablename__ = "procurement_history"

    kind: Mapped[str] = mapped_column(Text, primary_key=True)
    control_number: Mapped[str] = mapped_column(Text, primary_key=True)
    place: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    happened_at: Mapped[datetime | None]
    action_id: Mapped[int | None] = mapped_column(Integer)
    action_name: Mapped[str | None] = mapped_column(Text)
    category_id: Mapped[int | None] = mapped_column(Integer)
    category_name: Mapped[str | None] = mapped_column(Text)
    item_number: Mapped[int | None] = mapped_column(Integer)
    done_by: Mapped[str | None] = mapped_column(Text)
    reason: Mapped[str | None] = mapped_column(Text)
    raw: Mapped[dict[str, Any]] = mapped_column(JSONB)


class DetailState(Base):
    """How far what belongs to a record is here: files and log of a procurement, amendments of a contract.

    `unknown` is still to be fetched, `complete` is here for the version of `digest`, `partial` says why not. A
    procurement that another record names and that no list has shown stands here too, to be asked for by itself.
    """

    __tablename__ = "procurement_detail_states"
    __table_args__ = (
        Index(
            "ix_procurement_detail_states_due", "due_at", "kind", "control_number",
            postgresql_where=text("state <> 'complete'"),
        ),
    )  # fmt: skip

    kind: Mapped[str] = mapped_column(Text, primary_key=True)
    control_number: Mapped[str] = mapped_column(Text, primary_key=True)
    state: Mapped[str] = mapped_column(Text, server_default="unknown")
    digest: Mapped[str] = mapped_column(Text, server_default="")
    tries: Mapped[int] = mapped_column(Integer, server_default="0")
    reason: Mapped[str | None] = mapped_column(Text)
    due_at: Mapped[datetime] = mapped_column(server_default=text("now()"))
    fetched_at: Mapped[datetime | None]
