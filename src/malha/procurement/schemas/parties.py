"""Statistics, suppliers and organs as the API shows them."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from pydantic import BaseModel, Field

from malha.procurement.rules.filters import Grouping


class GroupRead(BaseModel):
    """One group. `count` are the records that were summed, `marked` those that have a doubtful value."""

    key: str | None = Field(description="`2026-03`, a modality's code, a UF, a CNPJ.")
    name: str | None
    count: int
    marked: int
    estimated: int | None = Field(description="Of how many the estimate is known: zero is none.")
    estimated_total: Decimal | None
    awarded_total: Decimal | None


class StatisticsRead(BaseModel):
    """Sums by group: all months, or the hundred largest groups of other kinds.

    Doubtful values are left out unless asked for.
    """

    by: Grouping
    include_marked: bool
    marked: int = Field(description="How many records have a doubtful value, in the groups shown.")
    groups: list[GroupRead]


class SupplierHit(BaseModel):
    """A supplier in a list; a person's number is hidden from all but administrators."""

    supplier_id: str | None
    kind: str | None
    name: str | None
    highlight: str | None


class SupplierPage(BaseModel):
    """A page of suppliers."""

    items: list[SupplierHit]
    next_cursor: str | None = None
    has_more: bool = Field(description="More match than are ranked.")


class SumRead(BaseModel):
    """A partner of trade and what was contracted with it."""

    key: str | None
    name: str | None
    count: int
    total: Decimal | None


class ContractedRead(BaseModel):
    """Contracts in all."""

    count: int
    total: Decimal | None
    first_signed_on: date | None
    last_signed_on: date | None


class WonRead(BaseModel):
    """Results in all; of marked items they are left out of the sum."""

    count: int
    marked: int
    total: Decimal | None
    procurements: int


class RegistryRead(BaseModel):
    """What is kept of the company registry; nobody is asked for it here."""

    legal_name: str
    trade_name: str | None
    status: str
    opened_on: date | None
    main_cnae: str | None
    city: str | None
    uf: str | None
    capital: Decimal | None
    provider: str
    fetched_at: datetime
    is_stale: bool


class SellerRead(BaseModel):
    """A supplier: its names, what it won and contracted, with whom, and its registry data where they are known.

    Its contracts and results one by one are `/contracts?supplier=` and `/items?supplier=`.
    """

    supplier_id: str
    kind: str | None
    names: list[str]
    registry: RegistryRead | None
    contracts: ContractedRead
    results: WonRead
    buyers: list[SumRead]


class UnitRead(BaseModel):
    """A buying unit."""

    code: str
    name: str | None
    uf: str | None
    city: str | None
    city_code: str | None


class OrganHit(BaseModel):
    """An organ in a list."""

    cnpj: str
    name: str | None
    power: str | None
    sphere: str | None


class OrganRead(OrganHit):
    """An organ: its units, what it bought by modality, its contracts and from whom."""

    units: list[UnitRead]
    procurements: StatisticsRead
    contracts: ContractedRead
    suppliers: list[SumRead]
