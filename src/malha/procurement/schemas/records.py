"""One record of public contracting as the API shows it."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from malha.procurement.schemas.search import ContractHit, ItemHit, PriceRecordHit, ProcurementHit
from malha.procurement.schemas.signals import ValueMarkRead


class _Row(BaseModel):
    model_config = ConfigDict(from_attributes=True)


class FundingRead(_Row):
    """Where money comes from."""

    code: int
    name: str | None
    description: str | None


class LegalBasisRead(_Row):
    """The article of law."""

    code: int
    name: str | None
    description: str | None


class AmendmentRead(_Row):
    """A `termo` of a contract."""

    sequence: int
    number: str | None
    kind_name: str | None
    object: str | None
    legal_basis: str | None
    supplier_id: str | None
    supplier_name: str | None
    changes_value: bool | None
    changes_term: bool | None
    changes_supplier: bool | None
    adjusts_price: bool | None
    added_value: Decimal | None
    added_days: int | None
    total: Decimal | None
    signed_on: date | None
    starts_on: date | None
    ends_on: date | None
    published_at: datetime | None


class FileRead(_Row):
    """A file that PNCP lists with a record; its address is PNCP's."""

    sequence: int
    title: str | None
    document_kind_name: str | None
    url: str | None
    is_active: bool | None
    published_at: datetime | None


class LogRead(_Row):
    """A line of PNCP's own log."""

    place: int
    happened_at: datetime | None
    action_name: str | None
    category_name: str | None
    item_number: int | None
    reason: str | None


class BillRead(_Row):
    """A collection instrument of a contract."""

    control_number: str
    sequence: int
    kind_name: str | None
    number: str | None
    issued_on: date | None
    access_key: str | None
    issuer_id: str | None
    issuer_name: str | None
    total: Decimal | None


class ContractWithAmendments(ContractHit):
    """A contract and what was changed of it."""

    amendments: list[AmendmentRead]


class ContractRead(ContractWithAmendments):
    """A contract with all that hangs on it."""

    additional_information: str | None
    kind_name: str | None
    category_name: str | None
    accumulated_total: Decimal | None
    files: list[FileRead]
    log: list[LogRead]
    bills: list[BillRead]
    raw: Any = Field(default=None, description="The newest text of PNCP, with `include=raw`.")


class ProcurementRead(ProcurementHit):
    """A procurement with all that hangs on it. `items` are its first hundred; `/items` has them all."""

    year: int
    sequence: int
    dispute_mode_name: str | None
    instrument_name: str | None
    additional_information: str | None
    in_person_reason: str | None
    process_link: str | None
    published_by: str | None
    included_at: datetime | None
    updated_at: datetime | None
    organ_power: str | None
    organ_sphere: str | None
    legal_basis: LegalBasisRead | None
    fundings: list[FundingRead]
    items_wanted: int | None = Field(description="How many PNCP counts.")
    items_reason: str | None = Field(description="Why they are not all here.")
    items_count: int
    items: list[ItemHit]
    contracts: list[ContractWithAmendments]
    price_records: list[PriceRecordHit]
    files: list[FileRead]
    log: list[LogRead]
    marks: list[ValueMarkRead]
    link: str = Field(description="The procurement's page at PNCP.")
    raw: Any = Field(default=None, description="The newest text of PNCP, with `include=raw`.")


class DifferenceRead(_Row):
    """A field of PNCP's record, before and after. `is_new` and `is_gone` tell absent from null."""

    path: str = Field(examples=["unidadeOrgao.ufSigla"])
    before: Any
    after: Any
    is_new: bool
    is_gone: bool


class VersionRead(BaseModel):
    """A text of a record, and how it differs from the one before it; the first differs from nothing."""

    version_at: datetime
    seen_at: datetime
    digest: str
    is_live: bool = Field(description="Seen by an update, not by a backfill.")
    differences: list[DifferenceRead]
    raw: Any = Field(default=None, description="With `include=raw`.")
