"""Tables of the suppliers: what the registry says of each CNPJ, and who is asking about one right now."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import CHAR, Boolean, CheckConstraint, Index, Numeric, Text, func, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from malha.db import Base

EMPTY_LIST = text("'[]'")
EMPTY_OBJECT = text("'{}'")
HAS_DENIALS = text("denials <> '{}'")


class SupplierRecord(Base):
    """The last answer about one CNPJ. Public data, the same for every workspace.

    Where `is_found` is false, `denials` says which sources have no such company: it may still be missing some.
    """

    __tablename__ = "suppliers"
    __table_args__ = (
        CheckConstraint("cnpj ~ '^[0-9A-Z]{12}[0-9]{2}$'", name="cnpj_shape"),
        Index("ix_suppliers_denied", "cnpj", postgresql_where=HAS_DENIALS),
    )

    cnpj: Mapped[str] = mapped_column(CHAR(14), primary_key=True)
    is_found: Mapped[bool] = mapped_column(Boolean)
    legal_name: Mapped[str] = mapped_column(Text, server_default="")
    trade_name: Mapped[str | None] = mapped_column(Text)
    status: Mapped[str] = mapped_column(Text, server_default="UNKNOWN")
    status_since: Mapped[date | None]
    opened_on: Mapped[date | None]
    main_cnae_code: Mapped[str | None] = mapped_column(CHAR(7))
    main_cnae_description: Mapped[str | None] = mapped_column(Text)
    secondary_cnaes: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, server_default=EMPTY_LIST)
    street: Mapped[str | None] = mapped_column(Text)
    number: Mapped[str | None] = mapped_column(Text)
    complement: Mapped[str | None] = mapped_column(Text)
    district: Mapped[str | None] = mapped_column(Text)
    zip_code: Mapped[str | None] = mapped_column(Text)
    city: Mapped[str | None] = mapped_column(Text)
    city_code: Mapped[str | None] = mapped_column(CHAR(7))
    uf: Mapped[str | None] = mapped_column(CHAR(2))
    email: Mapped[str | None] = mapped_column(Text)
    phone: Mapped[str | None] = mapped_column(Text)
    partners: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, server_default=EMPTY_LIST)
    capital: Mapped[Decimal | None] = mapped_column(Numeric(18, 2))
    is_simples: Mapped[bool | None]
    is_mei: Mapped[bool | None]
    provider: Mapped[str] = mapped_column(Text)
    fetched_at: Mapped[datetime]
    denials: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default=EMPTY_OBJECT)
    """By source: `provider`, `at`, `is_unable`."""

    raw: Mapped[dict[str, Any] | None] = mapped_column(JSONB, deferred=True)
    """The provider's answer as it came."""

    refresh_requested_at: Mapped[datetime | None]
    """When somebody last asked for a stale answer to be renewed: others need not."""


class SupplierClaim(Base):
    """A CNPJ that some process is asking a provider about; void after `until`, so that a killed one holds up nobody."""

    __tablename__ = "supplier_claims"

    cnpj: Mapped[str] = mapped_column(CHAR(14), primary_key=True)
    token: Mapped[UUID]
    until: Mapped[datetime]


class SupplierRetraction(Base):
    """A CNPJ of which "no such company" was said and is not believed any more: who relied on it must look again."""

    __tablename__ = "supplier_retractions"

    cnpj: Mapped[str] = mapped_column(CHAR(14), primary_key=True)
    retracted_at: Mapped[datetime] = mapped_column(server_default=func.now())
