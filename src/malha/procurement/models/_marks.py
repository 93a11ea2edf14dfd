"""What is thought of the published values: doubts, spreads, and indications for those who look after them."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import Double, ForeignKey, Index, Integer, Text, func
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from malha.db import Base
from malha.procurement.models._records import Item, Procurement


class ValueMark(Base):
    """A doubt about a value, never a correction: statistics leave it out, and say how many they left out.

    `item_number` is 0 where the procurement's own totals are meant; `numbers` holds what the rule compared.
    """

    __tablename__ = "procurement_value_marks"
    __table_args__ = (Index("ix_procurement_value_marks_rule", "rule", "control_number"),)

    control_number: Mapped[str] = mapped_column(
        ForeignKey("procurements.control_number", ondelete="CASCADE"), primary_key=True
    )
    item_number: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    rule: Mapped[str] = mapped_column(Text, primary_key=True)
    numbers: Mapped[dict[str, Any]] = mapped_column(JSONB)
    marked_at: Mapped[datetime] = mapped_column(server_default=func.now())


class Marking(Base):
    """That a procurement's values were looked at, in which version: another one is looked at again."""

    __tablename__ = "procurement_markings"

    control_number: Mapped[str] = mapped_column(
        ForeignKey("procurements.control_number", ondelete="CASCADE"), primary_key=True
    )
    digest: Mapped[str] = mapped_column(Text)
    marked_at: Mapped[datetime] = mapped_column(server_default=func.now())


class UnitSpelling(Base):
    """A unit of measure as some buyer wrote it, and the name that `rules.units` gives it."""

    __tablename__ = "procurement_unit_spellings"

    text: Mapped[str] = mapped_column(Text, primary_key=True)
    key: Mapped[str] = mapped_column(Text)


class PriceSpread(Base):
    """How the prices of one code and unit spread, as logarithms; `kind` is `ncm`, `catalog-M` or `catalog-S`."""

    __tablename__ = "procurement_price_spreads"

    kind: Mapped[str] = mapped_column(Text, primary_key=True)
    code: Mapped[str] = mapped_column(Text, primary_key=True)
    unit: Mapped[str] = mapped_column(Text, primary_key=True)
    count: Mapped[int] = mapped_column(Integer)
    middle: Mapped[float] = mapped_column(Double)
    deviation: Mapped[float] = mapped_column(Double)
    lower_quartile: Mapped[float] = mapped_column(Double)
    upper_quartile: Mapped[float] = mapped_column(Double)
    computed_at: Mapped[datetime] = mapped_column(server_default=func.now())


class Signal(Base):
    """An indication to look at a procurement, never a verdict. `subject` tells two of a rule apart."""

    __tablename__ = "procurement_signals"
    __table_args__ = (Index("ix_procurement_signals_rule", "rule", "control_number"),)

    control_number: Mapped[str] = mapped_column(
        ForeignKey("procurements.control_number", ondelete="CASCADE"), primary_key=True
    )
    rule: Mapped[str] = mapped_column(Text, primary_key=True)
    subject: Mapped[str] = mapped_column(Text, primary_key=True)
    numbers: Mapped[dict[str, Any]] = mapped_column(JSONB)
    found_at: Mapped[datetime] = mapped_column(server_default=func.now())


class Sanction(Base):
    """A company on the lists of the Controladoria-Geral da União, as its open file says on `as_of`. No persons."""

    __tablename__ = "procurement_sanctions"
    __table_args__ = (Index("ix_procurement_sanctions_cnpj", "cnpj"),)

    list_name: Mapped[str] = mapped_column(Text, primary_key=True)
    line: Mapped[int] = mapped_column(Integer, primary_key=True)
    cnpj: Mapped[str] = mapped_column(Text)
    name: Mapped[str | None] = mapped_column(Text)
    kind: Mapped[str | None] = mapped_column(Text)
    starts_on: Mapped[date | None]
    ends_on: Mapped[date | None]
    authority: Mapped[str | None] = mapped_column(Text)
    process: Mapped[str | None] = mapped_column(Text)
    as_of: Mapped[date]
    imported_at: Mapped[datetime] = mapped_column(server_default=func.now())


# Prices of one code are looked for, and procurements that have changed since.
Index("ix_procurement_items_catalog_code", Item.catalog_code, postgresql_where=Item.catalog_code.is_not(None))
Index("ix_procurement_items_ncm_code", Item.ncm_code, postgresql_where=Item.ncm_code.is_not(None))
Index("ix_procurements_seen_at", Procurement.seen_at)
