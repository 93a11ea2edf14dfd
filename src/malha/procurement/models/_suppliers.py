"""Who sells, by every name that was seen."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, Identity, Index, Text, func
from sqlalchemy.orm import Mapped, mapped_column

from malha.db import Base
from malha.procurement.models._searching import words


class SupplierName(Base):
    """A supplier under one of its names, added by triggers with the first result or contract that says it.

    `supplier_id` may be the CPF of a person, so places in lists are told by `id`. Nothing makes a row unique: two
    writers who meet the same new supplier at once both add it, where a constraint would have one wait for the other,
    and lock both where they meet two in opposite order. Readers take the first row of a supplier.
    """

    __tablename__ = "procurement_supplier_names"
    __table_args__ = (
        Index("ix_procurement_supplier_names_supplier_id_id", "supplier_id", "id"),
        Index("ix_procurement_supplier_names_search", "search", postgresql_using="gin"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    supplier_id: Mapped[str] = mapped_column(Text)
    kind: Mapped[str | None] = mapped_column(Text)
    name: Mapped[str | None] = mapped_column(Text)
    first_seen_at: Mapped[datetime] = mapped_column(server_default=func.now())
    search: Mapped[str] = words("name", "simple")
