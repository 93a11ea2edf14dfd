"""Annual plans, and the collection instruments (`instrumentos de cobrança`) of contracts."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import ForeignKey, Index, Integer, Numeric, Text, func
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from malha.db import Base


class Plan(Base):
    """A `plano de contratações anual` of one unit."""

    __tablename__ = "procurement_plans"
    __table_args__ = (Index("ix_procurement_plans_organ_cnpj_year", "organ_cnpj", "year"),)

    control_number: Mapped[str] = mapped_column(Text, primary_key=True)
    organ_cnpj: Mapped[str | None] = mapped_column(Text)
    organ_name: Mapped[str | None] = mapped_column(Text)
    unit_code: Mapped[str | None] = mapped_column(Text)
    unit_name: Mapped[str | None] = mapped_column(Text)
    year: Mapped[int | None] = mapped_column(Integer)
    published_at: Mapped[datetime | None]
    version_at: Mapped[datetime]
    digest: Mapped[str] = mapped_column(Text)
    first_seen_at: Mapped[datetime] = mapped_column(server_default=func.now())


class PlanItem(Base):
    """What a unit wants to buy in a year."""

    __tablename__ = "procurement_plan_items"

    control_number: Mapped[str] = mapped_column(
        ForeignKey("procurement_plans.control_number", ondelete="CASCADE"), primary_key=True
    )
    number: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    description: Mapped[str | None] = mapped_column(Text)
    category_name: Mapped[str | None] = mapped_column(Text)
    class_code: Mapped[str | None] = mapped_column(Text)
    class_name: Mapped[str | None] = mapped_column(Text)
    catalog_code: Mapped[str | None] = mapped_column(Text)
    unit: Mapped[str | None] = mapped_column(Text)
    requested_by: Mapped[str | None] = mapped_column(Text)
    quantity: Mapped[Decimal | None] = mapped_column(Numeric)
    unit_value: Mapped[Decimal | None] = mapped_column(Numeric)
    total: Mapped[Decimal | None] = mapped_column(Numeric)
    budget_of_year: Mapped[Decimal | None] = mapped_column(Numeric)
    wanted_on: Mapped[date | None]
    raw: Mapped[dict[str, Any]] = mapped_column(JSONB)


class CollectionInstrument(Base):
    """A bill for a contract, with the access key of its note where it has one.

    PNCP gives it no control number: ours is the contract's with the instrument's own sequence behind.
    `issuer_id` may be the CPF of a person: personal data.
    """

    __tablename__ = "procurement_collection_instruments"
    __table_args__ = (Index("ix_procurement_collection_instruments_contract", "contract_control_number"),)

    control_number: Mapped[str] = mapped_column(Text, primary_key=True)
    contract_control_number: Mapped[str] = mapped_column(Text)
    organ_cnpj: Mapped[str | None] = mapped_column(Text)
    sequence: Mapped[int] = mapped_column(Integer)
    kind_id: Mapped[int | None] = mapped_column(Integer)
    kind_name: Mapped[str | None] = mapped_column(Text)
    number: Mapped[str | None] = mapped_column(Text)
    issued_on: Mapped[date | None]
    access_key: Mapped[str | None] = mapped_column(Text)
    issuer_id: Mapped[str | None] = mapped_column(Text)
    issuer_name: Mapped[str | None] = mapped_column(Text)
    total: Mapped[Decimal | None] = mapped_column(Numeric)
    published_at: Mapped[datetime | None]
    version_at: Mapped[datetime]
    digest: Mapped[str] = mapped_column(Text)
    first_seen_at: Mapped[datetime] = mapped_column(server_default=func.now())
