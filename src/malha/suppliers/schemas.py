"""Shapes of the suppliers' answers."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field

from malha.suppliers.rules.supplier import Status, Supplier


class _FromValue(BaseModel):
    model_config = ConfigDict(from_attributes=True)


class CnaeRead(_FromValue):
    """An economic activity."""

    code: str = Field(examples=["8121400"])
    description: str


class PartnerRead(_FromValue):
    """A partner or officer; the document of a natural person is masked."""

    name: str
    document: str | None
    role: str | None
    since: date | None


class AddressRead(_FromValue):
    """Where the establishment is."""

    street: str | None
    number: str | None
    complement: str | None
    district: str | None
    zip_code: str | None
    city: str | None
    city_code: str | None = Field(description="IBGE's seven digits.")
    uf: str | None


class SupplierRead(_FromValue):
    """What the company registry says of a CNPJ, who told it and when."""

    cnpj: str = Field(examples=["12ABC34501DE35"])
    legal_name: str
    trade_name: str | None
    status: Status
    status_since: date | None
    opened_on: date | None
    main_cnae: CnaeRead | None
    secondary_cnaes: list[CnaeRead]
    address: AddressRead
    partners: list[PartnerRead]
    capital: Decimal | None
    is_simples: bool | None
    is_mei: bool | None
    email: str | None
    phone: str | None
    provider: str
    fetched_at: datetime
    is_stale: bool = Field(description="Older than the cache promises; a new answer is being fetched.")
    raw: dict[str, Any] | None = Field(default=None, description="The provider's own answer, with `include=raw`.")

    @classmethod
    def show(cls, supplier: Supplier, raw: dict[str, Any] | None = None) -> Self:
        """From the slice's own value."""
        return cls.model_validate(supplier).model_copy(update={"raw": raw})
