"""Tables of the banking slice: cost centres, accounts, statements, transactions, and what Pluggy has told."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import (
    CHAR,
    BigInteger,
    Boolean,
    CheckConstraint,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Numeric,
    SmallInteger,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from malha.db import Base, CreatedAt, PrimaryKey

EMPTY_LIST = text("'[]'")
IS_LISTED = text("removed_at IS NULL")
MONEY = Numeric(15, 2)


class CostCenter(Base):
    """What a workspace divides its money by: for a condominium administrator, the condominiums."""

    __tablename__ = "cost_centers"
    __table_args__ = (UniqueConstraint("workspace_id", "code"),)

    id: Mapped[PrimaryKey]
    workspace_id: Mapped[UUID]
    code: Mapped[str] = mapped_column(Text)
    name: Mapped[str] = mapped_column(Text)
    cnpj: Mapped[str | None] = mapped_column(CHAR(14))
    created_at: Mapped[CreatedAt]


class BankAccount(Base):
    """An account at a bank. Branch and number are as the bank writes them; comparisons ignore punctuation."""

    __tablename__ = "bank_accounts"
    __table_args__ = (
        Index("ix_bank_accounts_workspace_id_created_at_id", "workspace_id", "created_at", "id"),
        UniqueConstraint("workspace_id", "pluggy_account_id"),
        Index("ix_bank_accounts_pluggy_account_id", "pluggy_account_id"),
        Index("ix_bank_accounts_pluggy_item_id", "pluggy_item_id"),
    )

    id: Mapped[PrimaryKey]
    workspace_id: Mapped[UUID]
    cost_center_id: Mapped[UUID | None] = mapped_column(ForeignKey("cost_centers.id", ondelete="SET NULL"), index=True)
    name: Mapped[str] = mapped_column(Text)
    bank_code: Mapped[str | None] = mapped_column(Text)
    """COMPE number of the bank, such as 001 or 341."""

    branch: Mapped[str | None] = mapped_column(Text)
    number: Mapped[str | None] = mapped_column(Text)
    is_active: Mapped[bool] = mapped_column(Boolean, server_default=text("true"))
    balance: Mapped[Decimal | None] = mapped_column(MONEY)
    balance_at: Mapped[datetime | None]
    pluggy_item_id: Mapped[UUID | None]
    pluggy_account_id: Mapped[UUID | None]
    synced_until: Mapped[date | None]
    """The last day of which Pluggy has told everything once."""

    synced_at: Mapped[datetime | None]
    created_at: Mapped[CreatedAt]


class Statement(Base):
    """An uploaded statement file and what came of it; the file itself is in the storage."""

    __tablename__ = "bank_statements"
    __table_args__ = (
        Index("ix_bank_statements_workspace_id_created_at_id", "workspace_id", "created_at", "id"),
        Index("ix_bank_statements_account_id_created_at", "account_id", "created_at"),
    )

    id: Mapped[PrimaryKey]
    workspace_id: Mapped[UUID]
    account_id: Mapped[UUID] = mapped_column(ForeignKey("bank_accounts.id", ondelete="CASCADE"))
    job_id: Mapped[UUID] = mapped_column(ForeignKey("jobs.id", ondelete="CASCADE"), index=True)
    name: Mapped[str] = mapped_column(Text)
    sha256: Mapped[str] = mapped_column(CHAR(64))
    size: Mapped[int] = mapped_column(BigInteger)
    storage_path: Mapped[str] = mapped_column(Text)
    status: Mapped[str] = mapped_column(Text, server_default="PENDING")
    """PENDING, IMPORTED, REFUSED, or NEEDS_MAPPING."""

    problem: Mapped[str | None] = mapped_column(Text)
    """Why nothing of the file was taken, in English; `problem_pt` says the same in Portuguese."""

    problem_pt: Mapped[str | None] = mapped_column(Text)
    mapping_column: Mapped[str | None] = mapped_column(Text)
    """The title of the column that a mapping must explain."""

    format: Mapped[str | None] = mapped_column(Text)
    period_start: Mapped[date | None]
    period_end: Mapped[date | None]
    entry_count: Mapped[int] = mapped_column(Integer, server_default="0")
    added_count: Mapped[int] = mapped_column(Integer, server_default="0")
    skipped_count: Mapped[int] = mapped_column(Integer, server_default="0")
    """Lines that are no transactions, or none that can be read: `unreadable_count` of them."""

    unreadable_count: Mapped[int] = mapped_column(Integer, server_default="0")
    remarks: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, server_default=EMPTY_LIST)
    """The first thousand lines that were left out or need a look: `line`, `text`, `reason`, `detail`."""

    opening_balance: Mapped[Decimal | None] = mapped_column(MONEY)
    balance: Mapped[Decimal | None] = mapped_column(MONEY)
    balance_day: Mapped[date | None]
    created_at: Mapped[CreatedAt]
    imported_at: Mapped[datetime | None]


class Transaction(Base):
    """Money in or out of an account. `amount` is never negative: `direction` says which way it went.

    `day` is the calendar day in America/Sao_Paulo. `identity` is the content's fingerprint with the place among
    equal ones, so that no import can write the same transaction twice. The seed's composite index (date, amount,
    account) serves the lists: it follows the workspace, because every list is one workspace's.
    """

    __tablename__ = "bank_transactions"
    __table_args__ = (
        CheckConstraint("amount >= 0", name="amount_sign"),
        CheckConstraint("direction IN ('CREDIT', 'DEBIT')", name="direction"),
        CheckConstraint("status IN ('PENDING', 'POSTED')", name="status"),
        UniqueConstraint("account_id", "identity"),
        Index(
            "ix_bank_transactions_day_amount_account",
            "workspace_id", "day", "amount", "account_id", "id",
            postgresql_where=IS_LISTED,
        ),
        Index(
            "ix_bank_transactions_amount_day_account",
            "workspace_id", "amount", "day", "account_id", "id",
            postgresql_where=IS_LISTED,
        ),
        Index(
            "ix_bank_transactions_account_day_amount", "account_id", "day", "amount", "id", postgresql_where=IS_LISTED
        ),
        Index(
            "ix_bank_transactions_account_amount_day", "account_id", "amount", "day", "id", postgresql_where=IS_LISTED
        ),
        Index(
            "ix_bank_transactions_counterpart",
            "workspace_id", "counterpart_document", "day", "amount", "account_id", "id",
            postgresql_where=text("removed_at IS NULL AND counterpart_document IS NOT NULL"),
        ),
        Index(
            "ix_bank_transactions_pending",
            "workspace_id", "day", "amount", "account_id", "id",
            postgresql_where=text("removed_at IS NULL AND status = 'PENDING'"),
        ),
        Index(
            "uq_bank_transactions_provider_id",
            "account_id", "provider_id",
            unique=True,
            postgresql_where=text("provider_id IS NOT NULL"),
        ),
        Index(
            "ix_bank_transactions_workspace_id_provider_id",
            "workspace_id", "provider_id",
            postgresql_where=text("provider_id IS NOT NULL"),
        ),
        Index("ix_bank_transactions_statement_id", "statement_id", postgresql_where=text("statement_id IS NOT NULL")),
    )  # fmt: skip

    id: Mapped[PrimaryKey]
    workspace_id: Mapped[UUID]
    account_id: Mapped[UUID] = mapped_column(ForeignKey("bank_accounts.id", ondelete="CASCADE"))
    day: Mapped[date]
    amount: Mapped[Decimal] = mapped_column(MONEY)
    direction: Mapped[str] = mapped_column(Text)
    status: Mapped[str] = mapped_column(Text)
    occurred_at: Mapped[datetime]
    description: Mapped[str] = mapped_column(Text)
    kind: Mapped[str | None] = mapped_column(Text)
    """The source's own word for the operation: TRNTYPE, category of CNAB, operationType."""

    counterpart_document: Mapped[str | None] = mapped_column(Text)
    counterpart_name: Mapped[str | None] = mapped_column(Text)
    fitid: Mapped[str | None] = mapped_column(Text)
    nsu: Mapped[str | None] = mapped_column(Text)
    provider_id: Mapped[str | None] = mapped_column(Text)
    source: Mapped[str] = mapped_column(Text)
    """OFX, CSV, CNAB240 or PLUGGY: where it was heard of first."""

    statement_id: Mapped[UUID | None] = mapped_column(ForeignKey("bank_statements.id", ondelete="SET NULL"))
    identity: Mapped[bytes] = mapped_column(LargeBinary)
    raw: Mapped[dict[str, Any] | None] = mapped_column(JSONB, deferred=True)
    removed_at: Mapped[datetime | None]
    """When the provider took a pending entry back."""

    created_at: Mapped[CreatedAt]


class PluggyEvent(Base):
    """A webhook that was taken, by Pluggy's own `eventId`: a second delivery finds it here."""

    __tablename__ = "pluggy_events"

    event_id: Mapped[str] = mapped_column(Text, primary_key=True)
    event: Mapped[str] = mapped_column(Text)
    item_id: Mapped[UUID | None]
    jobs: Mapped[int] = mapped_column(SmallInteger, server_default="0")
    received_at: Mapped[CreatedAt]
