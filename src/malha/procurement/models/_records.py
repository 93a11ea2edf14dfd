"""What PNCP publishes, in tables. Control numbers are PNCP's own."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Computed,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    Numeric,
    Text,
    func,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from malha.db import Base
from malha.procurement.models._searching import bare, facets, index, magnitude, words

LISTED = "coalesce(published_at, version_at)"
"""By which contracts and price records are listed: PNCP does not give all of them a date of publication."""


class Organ(Base):
    """Who buys: `power` is L, E or J, `sphere` F, E, M or D."""

    __tablename__ = "procurement_organs"

    cnpj: Mapped[str] = mapped_column(Text, primary_key=True)
    name: Mapped[str | None] = mapped_column(Text)
    power: Mapped[str | None] = mapped_column(Text)
    sphere: Mapped[str | None] = mapped_column(Text)


class Unit(Base):
    """A buying unit; its code means something only together with its organ."""

    __tablename__ = "procurement_units"

    organ_cnpj: Mapped[str] = mapped_column(ForeignKey("procurement_organs.cnpj"), primary_key=True)
    code: Mapped[str] = mapped_column(Text, primary_key=True)
    name: Mapped[str | None] = mapped_column(Text)
    uf: Mapped[str | None] = mapped_column(Text)
    uf_name: Mapped[str | None] = mapped_column(Text)
    city: Mapped[str | None] = mapped_column(Text)
    city_code: Mapped[str | None] = mapped_column(Text)


class LegalBasis(Base):
    """The article of law that a procurement stands on."""

    __tablename__ = "procurement_legal_bases"

    code: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    name: Mapped[str | None] = mapped_column(Text)
    description: Mapped[str | None] = mapped_column(Text)


class FundingSource(Base):
    """Where the money comes from."""

    __tablename__ = "procurement_funding_sources"

    code: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    name: Mapped[str | None] = mapped_column(Text)
    description: Mapped[str | None] = mapped_column(Text)
    included_at: Mapped[datetime | None]


class Procurement(Base):
    """A `contratação`. `version_at` is PNCP's `dataAtualizacaoGlobal`: what comes with an older one is not taken.

    `items_state` is `complete` once as many items are here as PNCP counts, each with its results.
    """

    __tablename__ = "procurements"
    __table_args__ = (
        ForeignKeyConstraint(
            ["organ_cnpj", "unit_code"], ["procurement_units.organ_cnpj", "procurement_units.code"],
            name="fk_procurements_unit",
        ),
        Index("ix_procurements_published_at_control_number", "published_at", "control_number"),
        Index("ix_procurements_organ_cnpj_published_at", "organ_cnpj", "published_at"),
        Index("ix_procurements_uf_published_at", "uf", "published_at"),
        index("procurements"),
    )  # fmt: skip

    control_number: Mapped[str] = mapped_column(Text, primary_key=True)
    organ_cnpj: Mapped[str] = mapped_column(ForeignKey("procurement_organs.cnpj"))
    unit_code: Mapped[str | None] = mapped_column(Text)
    uf: Mapped[str | None] = mapped_column(Text)
    city_code: Mapped[str | None] = mapped_column(Text)
    subrogated_organ_cnpj: Mapped[str | None] = mapped_column(Text)
    subrogated_unit_code: Mapped[str | None] = mapped_column(Text)
    year: Mapped[int] = mapped_column(Integer)
    sequence: Mapped[int] = mapped_column(Integer)
    number: Mapped[str | None] = mapped_column(Text)
    process: Mapped[str | None] = mapped_column(Text)
    modality_id: Mapped[int | None] = mapped_column(Integer)
    modality_name: Mapped[str | None] = mapped_column(Text)
    dispute_mode_id: Mapped[int | None] = mapped_column(Integer)
    dispute_mode_name: Mapped[str | None] = mapped_column(Text)
    instrument_id: Mapped[int | None] = mapped_column(Integer)
    instrument_name: Mapped[str | None] = mapped_column(Text)
    situation_id: Mapped[int | None] = mapped_column(Integer)
    situation_name: Mapped[str | None] = mapped_column(Text)
    is_price_registration: Mapped[bool | None] = mapped_column(Boolean)
    object: Mapped[str | None] = mapped_column(Text)
    additional_information: Mapped[str | None] = mapped_column(Text)
    in_person_reason: Mapped[str | None] = mapped_column(Text)
    source_link: Mapped[str | None] = mapped_column(Text)
    process_link: Mapped[str | None] = mapped_column(Text)
    published_by: Mapped[str | None] = mapped_column(Text)
    legal_basis_code: Mapped[int | None] = mapped_column(ForeignKey("procurement_legal_bases.code"))
    estimated_total: Mapped[Decimal | None] = mapped_column(Numeric)
    awarded_total: Mapped[Decimal | None] = mapped_column(Numeric)
    included_at: Mapped[datetime | None]
    published_at: Mapped[datetime]
    updated_at: Mapped[datetime | None]
    version_at: Mapped[datetime]
    proposals_open_at: Mapped[datetime | None]
    proposals_close_at: Mapped[datetime | None]
    digest: Mapped[str] = mapped_column(Text)
    first_seen_at: Mapped[datetime] = mapped_column(server_default=func.now())
    seen_at: Mapped[datetime] = mapped_column(server_default=func.now())
    items_state: Mapped[str] = mapped_column(Text, server_default="unknown")
    items_wanted: Mapped[int | None] = mapped_column(Integer)
    items_reason: Mapped[str | None] = mapped_column(Text)
    search: Mapped[str] = words("object")
    facets: Mapped[list[str]] = facets(
        "published_at",
        {
            "o": "organ_cnpj", "u": "uf", "c": "city_code", "m": "modality_id::text", "s": "situation_id::text",
            "v": magnitude("coalesce(nullif(estimated_total, 0), awarded_total)"),
            "p": bare("process"), "n": bare("number"),
        },
    )  # fmt: skip


class ProcurementFunding(Base):
    """A procurement and one of its funding sources."""

    __tablename__ = "procurement_fundings"

    control_number: Mapped[str] = mapped_column(
        ForeignKey("procurements.control_number", ondelete="CASCADE"), primary_key=True
    )
    code: Mapped[int] = mapped_column(ForeignKey("procurement_funding_sources.code"), primary_key=True)


class Item(Base):
    """One item of a procurement; `raw` is PNCP's own record.

    From `published_at` to `modality_id` it has its procurement's, kept the same by triggers, so that items are found
    by them without a join.
    """

    __tablename__ = "procurement_items"
    __table_args__ = (index("procurement_items"),)

    control_number: Mapped[str] = mapped_column(
        ForeignKey("procurements.control_number", ondelete="CASCADE"), primary_key=True
    )
    number: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    description: Mapped[str | None] = mapped_column(Text)
    quantity: Mapped[Decimal | None] = mapped_column(Numeric)
    unit: Mapped[str | None] = mapped_column(Text)
    nature: Mapped[str | None] = mapped_column(Text)
    nature_name: Mapped[str | None] = mapped_column(Text)
    estimated_unit_value: Mapped[Decimal | None] = mapped_column(Numeric)
    estimated_total: Mapped[Decimal | None] = mapped_column(Numeric)
    situation_id: Mapped[int | None] = mapped_column(Integer)
    situation_name: Mapped[str | None] = mapped_column(Text)
    has_result: Mapped[bool | None] = mapped_column(Boolean)
    is_budget_secret: Mapped[bool | None] = mapped_column(Boolean)
    ncm_code: Mapped[str | None] = mapped_column(Text)
    catalog_code: Mapped[str | None] = mapped_column(Text)
    ncm_name: Mapped[str | None] = mapped_column(Text)
    catalog_name: Mapped[str | None] = mapped_column(Text)
    catalog_category: Mapped[str | None] = mapped_column(Text)
    category_id: Mapped[int | None] = mapped_column(Integer)
    category_name: Mapped[str | None] = mapped_column(Text)
    criterion_id: Mapped[int | None] = mapped_column(Integer)
    criterion_name: Mapped[str | None] = mapped_column(Text)
    benefit_id: Mapped[int | None] = mapped_column(Integer)
    benefit_name: Mapped[str | None] = mapped_column(Text)
    has_production_incentive: Mapped[bool | None] = mapped_column(Boolean)
    needs_national_content: Mapped[bool | None] = mapped_column(Boolean)
    has_normal_margin: Mapped[bool | None] = mapped_column(Boolean)
    has_additional_margin: Mapped[bool | None] = mapped_column(Boolean)
    normal_margin_percent: Mapped[Decimal | None] = mapped_column(Numeric)
    additional_margin_percent: Mapped[Decimal | None] = mapped_column(Numeric)
    margin_kind: Mapped[str | None] = mapped_column(Text)
    asset_code: Mapped[str | None] = mapped_column(Text)
    property_code: Mapped[str | None] = mapped_column(Text)
    additional_information: Mapped[str | None] = mapped_column(Text)
    included_at: Mapped[datetime | None]
    updated_at: Mapped[datetime | None]
    raw: Mapped[dict[str, Any]] = mapped_column(JSONB)
    published_at: Mapped[datetime]
    organ_cnpj: Mapped[str | None] = mapped_column(Text)
    uf: Mapped[str | None] = mapped_column(Text)
    city_code: Mapped[str | None] = mapped_column(Text)
    modality_id: Mapped[int | None] = mapped_column(Integer)
    search: Mapped[str] = words("description")
    facets: Mapped[list[str]] = facets(
        "published_at",
        {
            "o": "organ_cnpj", "u": "uf", "c": "city_code", "m": "modality_id::text", "s": "situation_id::text",
            "v": magnitude("estimated_total"), "h": bare("left(ncm_code, 4)"), "n": bare("ncm_code"),
            "k": "catalog_code",
        },
    )  # fmt: skip


class Result(Base):
    """Who won an item, for how much. `supplier_id` may be the CPF of a person: personal data."""

    __tablename__ = "procurement_results"
    __table_args__ = (
        ForeignKeyConstraint(
            ["control_number", "item_number"], ["procurement_items.control_number", "procurement_items.number"],
            ondelete="CASCADE", name="fk_procurement_results_item",
        ),
        Index("ix_procurement_results_supplier_id", "supplier_id"),
    )  # fmt: skip

    control_number: Mapped[str] = mapped_column(Text, primary_key=True)
    item_number: Mapped[int] = mapped_column(Integer, primary_key=True)
    sequence: Mapped[int] = mapped_column(Integer, primary_key=True)
    supplier_id: Mapped[str | None] = mapped_column(Text)
    supplier_kind: Mapped[str | None] = mapped_column(Text)
    supplier_name: Mapped[str | None] = mapped_column(Text)
    quantity: Mapped[Decimal | None] = mapped_column(Numeric)
    unit_value: Mapped[Decimal | None] = mapped_column(Numeric)
    total: Mapped[Decimal | None] = mapped_column(Numeric)
    discount_percent: Mapped[Decimal | None] = mapped_column(Numeric)
    situation_id: Mapped[int | None] = mapped_column(Integer)
    situation_name: Mapped[str | None] = mapped_column(Text)
    company_size_id: Mapped[int | None] = mapped_column(Integer)
    company_size_name: Mapped[str | None] = mapped_column(Text)
    country_code: Mapped[str | None] = mapped_column(Text)
    rank: Mapped[int | None] = mapped_column(Integer)
    cancelled_at: Mapped[datetime | None]
    cancellation_reason: Mapped[str | None] = mapped_column(Text)
    decided_on: Mapped[date | None]
    raw: Mapped[dict[str, Any]] = mapped_column(JSONB)


class Contract(Base):
    """A `contrato` or commitment. Its procurement may not have been seen yet, so nothing demands that it is there."""

    __tablename__ = "procurement_contracts"
    __table_args__ = (
        Index("ix_procurement_contracts_published_at_control_number", "published_at", "control_number"),
        Index("ix_procurement_contracts_procurement", "procurement_control_number"),
        Index("ix_procurement_contracts_supplier_id", "supplier_id"),
        Index("ix_procurement_contracts_listed_at_control_number", "listed_at", "control_number"),
        index("procurement_contracts"),
    )

    control_number: Mapped[str] = mapped_column(Text, primary_key=True)
    procurement_control_number: Mapped[str | None] = mapped_column(Text)
    price_record_control_number: Mapped[str | None] = mapped_column(Text)
    organ_cnpj: Mapped[str | None] = mapped_column(Text)
    unit_code: Mapped[str | None] = mapped_column(Text)
    uf: Mapped[str | None] = mapped_column(Text)
    city_code: Mapped[str | None] = mapped_column(Text)
    year: Mapped[int | None] = mapped_column(Integer)
    sequence: Mapped[int | None] = mapped_column(Integer)
    number: Mapped[str | None] = mapped_column(Text)
    process: Mapped[str | None] = mapped_column(Text)
    kind_id: Mapped[int | None] = mapped_column(Integer)
    kind_name: Mapped[str | None] = mapped_column(Text)
    category_id: Mapped[int | None] = mapped_column(Integer)
    category_name: Mapped[str | None] = mapped_column(Text)
    is_revenue: Mapped[bool | None] = mapped_column(Boolean)
    corrections: Mapped[int | None] = mapped_column(Integer)
    additional_information: Mapped[str | None] = mapped_column(Text)
    object: Mapped[str | None] = mapped_column(Text)
    supplier_id: Mapped[str | None] = mapped_column(Text)
    supplier_kind: Mapped[str | None] = mapped_column(Text)
    supplier_name: Mapped[str | None] = mapped_column(Text)
    initial_value: Mapped[Decimal | None] = mapped_column(Numeric)
    total: Mapped[Decimal | None] = mapped_column(Numeric)
    accumulated_total: Mapped[Decimal | None] = mapped_column(Numeric)
    installments: Mapped[int | None] = mapped_column(Integer)
    installment_value: Mapped[Decimal | None] = mapped_column(Numeric)
    signed_on: Mapped[date | None]
    starts_on: Mapped[date | None]
    ends_on: Mapped[date | None]
    published_at: Mapped[datetime | None]
    version_at: Mapped[datetime]
    digest: Mapped[str] = mapped_column(Text)
    first_seen_at: Mapped[datetime] = mapped_column(server_default=func.now())
    listed_at: Mapped[datetime] = mapped_column(Computed(LISTED, persisted=True))
    search: Mapped[str] = words("object")
    facets: Mapped[list[str]] = facets(
        LISTED,
        {
            "o": "organ_cnpj", "u": "uf", "c": "city_code", "v": magnitude("coalesce(total, initial_value)"),
            "p": bare("process"), "n": bare("number"), "t": "supplier_id",
        },
    )  # fmt: skip


class PriceRecord(Base):
    """An `ata de registro de preços`; PNCP gives neither UF nor an organ object with it, only a flat CNPJ."""

    __tablename__ = "procurement_price_records"
    __table_args__ = (
        Index("ix_procurement_price_records_procurement", "procurement_control_number"),
        Index("ix_procurement_price_records_listed_at_control_number", "listed_at", "control_number"),
        index("procurement_price_records"),
    )

    control_number: Mapped[str] = mapped_column(Text, primary_key=True)
    procurement_control_number: Mapped[str | None] = mapped_column(Text)
    organ_cnpj: Mapped[str | None] = mapped_column(Text)
    organ_name: Mapped[str | None] = mapped_column(Text)
    unit_code: Mapped[str | None] = mapped_column(Text)
    unit_name: Mapped[str | None] = mapped_column(Text)
    number: Mapped[str | None] = mapped_column(Text)
    year: Mapped[int | None] = mapped_column(Integer)
    object: Mapped[str | None] = mapped_column(Text)
    is_cancelled: Mapped[bool | None] = mapped_column(Boolean)
    cancelled_on: Mapped[date | None]
    published_by: Mapped[str | None] = mapped_column(Text)
    signed_on: Mapped[date | None]
    starts_on: Mapped[date | None]
    ends_on: Mapped[date | None]
    published_at: Mapped[datetime | None]
    version_at: Mapped[datetime]
    digest: Mapped[str] = mapped_column(Text)
    first_seen_at: Mapped[datetime] = mapped_column(server_default=func.now())
    listed_at: Mapped[datetime] = mapped_column(Computed(LISTED, persisted=True))
    search: Mapped[str] = words("object")
    facets: Mapped[list[str]] = facets(LISTED, {"o": "organ_cnpj", "n": bare("number")})


class Version(Base):
    """A record as PNCP sent it, once for each different text of it. `is_live`: seen by an update, not a backfill."""

    __tablename__ = "procurement_versions"
    __table_args__ = (Index("ix_procurement_versions_seen_at", "seen_at"),)

    kind: Mapped[str] = mapped_column(Text, primary_key=True)
    control_number: Mapped[str] = mapped_column(Text, primary_key=True)
    digest: Mapped[str] = mapped_column(Text, primary_key=True)
    version_at: Mapped[datetime]
    seen_at: Mapped[datetime] = mapped_column(server_default=func.now())
    is_live: Mapped[bool] = mapped_column(Boolean)
    raw: Mapped[dict[str, Any]] = mapped_column(JSONB)
