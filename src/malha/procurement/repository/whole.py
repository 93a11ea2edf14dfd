"""One record with all that hangs on it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from sqlalchemy import String, cast, func, select

from malha.db import ReadSession
from malha.db.paging import Order, Page, Window, fetch_page
from malha.procurement.models import (
    Amendment,
    CollectionInstrument,
    Contract,
    FundingSource,
    HistoryEntry,
    Item,
    LegalBasis,
    Organ,
    PriceRecord,
    Procurement,
    ProcurementFunding,
    RecordFile,
    Unit,
    Version,
)

BY_NUMBER = Order(Item.control_number, Item.number)
MOST_CHILDREN = 500
"""Contracts of one procurement, files of one record: more are found by the lists."""


class Text(NamedTuple):
    """A version of a record, its JSON as text so that every digit stays."""

    digest: str
    version_at: Any
    seen_at: Any
    is_live: bool
    raw: str


async def find_procurement(session: ReadSession, number: str) -> Any:
    """The procurement with organ, unit and legal basis; None where it was not synchronised."""
    query = (
        select(Procurement, Organ, Unit, LegalBasis)
        .outerjoin(Organ, Organ.cnpj == Procurement.organ_cnpj)
        .outerjoin(Unit, (Unit.organ_cnpj == Procurement.organ_cnpj) & (Unit.code == Procurement.unit_code))
        .outerjoin(LegalBasis, LegalBasis.code == Procurement.legal_basis_code)
        .where(Procurement.control_number == number)
    )
    return (await session.execute(query)).one_or_none()


async def find_contract(session: ReadSession, number: str) -> Any:
    """The contract with the names of organ, unit and city."""
    query = (
        select(Contract, cast(None, String), Organ.name, Unit.name, Unit.city)
        .outerjoin(Organ, Organ.cnpj == Contract.organ_cnpj)
        .outerjoin(Unit, (Unit.organ_cnpj == Contract.organ_cnpj) & (Unit.code == Contract.unit_code))
        .where(Contract.control_number == number)
    )
    return (await session.execute(query)).one_or_none()


async def list_fundings(session: ReadSession, number: str) -> Sequence[FundingSource]:
    """Where the money comes from."""
    query = (
        select(FundingSource)
        .join(ProcurementFunding, ProcurementFunding.code == FundingSource.code)
        .where(ProcurementFunding.control_number == number)
    )
    return (await session.scalars(query.order_by(FundingSource.code))).all()


async def count_items(session: ReadSession, number: str) -> int:
    """How many items are here."""
    return await session.scalar(select(func.count()).where(Item.control_number == number)) or 0


async def list_item_keys(session: ReadSession, number: str, window: Window) -> Page[Item]:
    """Items of a procurement by their numbers."""
    return await fetch_page(session, select(Item).where(Item.control_number == number), BY_NUMBER, window)


async def list_contract_keys(session: ReadSession, number: str) -> list[tuple[Any, ...]]:
    """The contracts of a procurement, oldest first."""
    query = select(Contract.control_number).where(Contract.procurement_control_number == number)
    rows = await session.scalars(query.order_by(Contract.listed_at, Contract.control_number).limit(MOST_CHILDREN))
    return [(found,) for found in rows.all()]


async def list_price_record_keys(session: ReadSession, number: str) -> list[tuple[Any, ...]]:
    """The price records of a procurement, oldest first."""
    query = select(PriceRecord.control_number).where(PriceRecord.procurement_control_number == number)
    rows = await session.scalars(query.order_by(PriceRecord.listed_at, PriceRecord.control_number).limit(MOST_CHILDREN))
    return [(found,) for found in rows.all()]


async def list_amendments(session: ReadSession, contracts: Sequence[str]) -> dict[str, list[Amendment]]:
    """The amendments of contracts, by contract."""
    query = select(Amendment).where(Amendment.contract_control_number.in_(contracts))
    found: dict[str, list[Amendment]] = {}
    for amendment in await session.scalars(query.order_by(Amendment.contract_control_number, Amendment.sequence)):
        found.setdefault(amendment.contract_control_number, []).append(amendment)
    return found


async def list_bills(session: ReadSession, contract: str) -> Sequence[CollectionInstrument]:
    """The collection instruments of a contract."""
    query = select(CollectionInstrument).where(CollectionInstrument.contract_control_number == contract)
    return (await session.scalars(query.order_by(CollectionInstrument.sequence).limit(MOST_CHILDREN))).all()


async def list_files(session: ReadSession, kind: str, number: str) -> Sequence[RecordFile]:
    """The files of a record."""
    query = select(RecordFile).where(RecordFile.kind == kind, RecordFile.control_number == number)
    return (await session.scalars(query.order_by(RecordFile.sequence).limit(MOST_CHILDREN))).all()


async def list_log(session: ReadSession, kind: str, number: str) -> Sequence[HistoryEntry]:
    """PNCP's own log of a record."""
    query = select(HistoryEntry).where(HistoryEntry.kind == kind, HistoryEntry.control_number == number)
    return (await session.scalars(query.order_by(HistoryEntry.place).limit(MOST_CHILDREN))).all()


async def list_versions(session: ReadSession, kind: str, number: str) -> list[Text]:
    """Every text of a record that was seen, oldest first."""
    query = select(
        Version.digest, Version.version_at, Version.seen_at, Version.is_live, cast(Version.raw, String)
    ).where(Version.kind == kind, Version.control_number == number)
    rows = await session.execute(query.order_by(Version.version_at, Version.seen_at, Version.digest))
    return [Text(*row) for row in rows]
