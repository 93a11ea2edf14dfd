"""What is known of procurements, gathered for many at once as the rules of signals want it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from malha.db import ReadSession
from malha.kit.clock import brazilian_day
from malha.procurement.models import Amendment, Contract, Item, Procurement, Result, Sanction
from malha.procurement.repository import marks, signals
from malha.procurement.repository.marks import SpreadKey
from malha.procurement.rules.signals import (
    AmendmentFact,
    ContractFact,
    SanctionFact,
    SignalItem,
    SmallPurchase,
    Subject,
    SupplierFact,
    UnitAwards,
    twelve_months_before,
)
from malha.procurement.rules.spread import Spread
from malha.procurement.rules.subjects import DIRECT_BY_VALUE, direct_kind_of, subjects_of
from malha.procurement.service._marks import criterion_of, spread_for, spread_keys
from malha.suppliers.rules.cnpj import normalize_cnpj
from malha.suppliers.rules.supplier import Supplier
from malha.suppliers.service import find_known

Place = tuple[str, str, int]
"""Organ, unit and year."""


@dataclass(frozen=True, slots=True)
class Gathered:
    """Rows by what they belong to."""

    items: Mapping[str, Sequence[Item]]
    results: Mapping[tuple[str, int], Sequence[Result]]
    spreads: Mapping[SpreadKey, Spread]
    bases: Mapping[int, str | None]
    contracts: Mapping[str, Sequence[Contract]]
    amendments: Mapping[str, Sequence[Amendment]]
    suppliers: Mapping[str, Supplier]
    sanctions: Mapping[str, Sequence[Sanction]]
    small: Mapping[Place, Sequence[SmallPurchase]]
    unit_awards: Mapping[str, tuple[dict[str, Decimal], int]]


async def gather_subjects(session: ReadSession, found: Sequence[Procurement]) -> list[Subject]:
    """Every procurement with what the rules want to know of it; a dozen statements, however many there are."""
    numbers = [row.control_number for row in found]
    items, results = await marks.find_items(session, numbers)
    contracts = await signals.find_contracts(session, numbers)
    signed = [contract for rows in contracts.values() for contract in rows]
    cnpjs = _companies([result for rows in results.values() for result in rows], signed)
    bases = await signals.find_bases(session, {row.legal_basis_code for row in found if row.legal_basis_code})
    gathered = Gathered(
        items=items,
        results=results,
        spreads=await marks.find_spreads(
            session, {key for rows in items.values() for item in rows for key in spread_keys(item)}
        ),
        bases=bases,
        contracts=contracts,
        amendments=await signals.find_amendments(session, [contract.control_number for contract in signed]),
        suppliers=await find_known(session, sorted(cnpjs)),
        sanctions=await signals.find_sanctions(session, cnpjs),
        small=await _small_purchases(session, found, bases),
        unit_awards=await signals.find_unit_awards(session, _award_places(found, items, results)),
    )
    return [_subject(row, gathered) for row in found]


def _subject(row: Procurement, gathered: Gathered) -> Subject:
    number = row.control_number
    items = gathered.items.get(number, ())
    contracts = gathered.contracts.get(number, ())
    awarded_on = first_result(number, items, gathered.results)
    awards = gathered.unit_awards.get(number)
    codes = [(item.ncm_code, item.catalog_code) for item in items]
    return Subject(
        control_number=number,
        modality=row.modality_id,
        object=row.object,
        published_on=brazilian_day(row.published_at),
        proposals_close_on=brazilian_day(row.proposals_close_at) if row.proposals_close_at else None,
        awarded_on=awarded_on,
        direct_kind=_direct_kind(row, gathered.bases),
        value=row.awarded_total or row.estimated_total,
        subjects=subjects_of(codes, row.object),
        items=[_item(item, gathered) for item in items],
        suppliers=_suppliers(items, contracts, gathered),
        contracts=[_contract(contract, gathered.amendments.get(contract.control_number, ())) for contract in contracts],
        small_purchases=gathered.small.get((row.organ_cnpj, row.unit_code or "", row.year), ()),
        unit_awards=UnitAwards(twelve_months_before(awarded_on), awarded_on, *awards)
        if awards and awarded_on
        else None,
    )


def _direct_kind(row: Procurement, bases: Mapping[int, str | None]) -> Any:
    if row.modality_id != DIRECT_BY_VALUE or row.legal_basis_code is None:
        return None
    return direct_kind_of(bases.get(row.legal_basis_code))


def _item(item: Item, gathered: Gathered) -> SignalItem:
    results = gathered.results.get((item.control_number, item.number), ())
    return SignalItem(
        number=item.number,
        estimated=None if item.is_budget_secret else item.estimated_unit_value,
        awarded=[result.unit_value for result in results if result.unit_value],
        criterion=criterion_of(item),
        is_service=item.nature == "S",
        peers=spread_for(item, dict(gathered.spreads)),
        code=item.catalog_code or item.ncm_code,
    )


def _suppliers(items: Sequence[Item], contracts: Sequence[Contract], gathered: Gathered) -> list[SupplierFact]:
    """Companies by the first day that they won or signed on; persons are nobody's signal."""
    days: dict[str, date] = {}
    for item in items:
        for result in gathered.results.get((item.control_number, item.number), ()):
            _note(days, result.supplier_id, result.decided_on)
    for contract in contracts:
        _note(days, contract.supplier_id, contract.signed_on)
    return [_supplier(cnpj, days[cnpj], gathered) for cnpj in sorted(days)]


def _note(days: dict[str, date], supplier_id: str | None, day: date | None) -> None:
    cnpj = normalize_cnpj(supplier_id) if supplier_id else None
    if cnpj is not None and day is not None:
        days[cnpj] = min(days.get(cnpj, day), day)


def _supplier(cnpj: str, day: date, gathered: Gathered) -> SupplierFact:
    known = gathered.suppliers.get(cnpj)
    activities: list[str] | None = None
    if known is not None:
        main = [known.main_cnae] if known.main_cnae else []
        activities = [cnae.code for cnae in (*main, *known.secondary_cnaes)]
    held = [
        SanctionFact(row.list_name, row.kind, row.starts_on, row.ends_on, row.authority, row.as_of)
        for row in gathered.sanctions.get(cnpj, ())
    ]
    return SupplierFact(cnpj, day, known.opened_on if known else None, activities, held)


def _contract(contract: Contract, amendments: Sequence[Amendment]) -> ContractFact:
    return ContractFact(
        control_number=contract.control_number,
        initial_value=contract.initial_value,
        signed_on=contract.signed_on,
        published_on=brazilian_day(contract.published_at) if contract.published_at else None,
        amendments=[
            AmendmentFact(entry.sequence, entry.added_value or Decimal(0)) for entry in amendments if is_addition(entry)
        ],
        object=contract.object,
    )


def is_addition(amendment: Amendment) -> bool:
    """Whether it adds to the object: what makes the term longer or adjusts the price brings value by other articles."""
    return bool(amendment.added_value) and not amendment.changes_term and not amendment.adjusts_price


def first_result(
    number: str, items: Sequence[Item], results: Mapping[tuple[str, int], Sequence[Result]]
) -> date | None:
    """The day of the first result that PNCP dates."""
    found = [result.decided_on for item in items for result in results.get((number, item.number), ())]
    return min((day for day in found if day is not None), default=None)


def _companies(results: Sequence[Result], contracts: Sequence[Contract]) -> set[str]:
    named = [row.supplier_id for row in (*results, *contracts)]
    return {cnpj for name in named if name and (cnpj := normalize_cnpj(name))}


def _award_places(
    found: Sequence[Procurement],
    items: Mapping[str, Sequence[Item]],
    results: Mapping[tuple[str, int], Sequence[Result]],
) -> dict[str, tuple[str, str, date]]:
    places: dict[str, tuple[str, str, date]] = {}
    for row in found:
        day = first_result(row.control_number, items.get(row.control_number, ()), results)
        if day is not None and row.unit_code is not None:
            places[row.control_number] = (row.organ_cnpj, row.unit_code, day)
    return places


async def _small_purchases(
    session: ReadSession, found: Sequence[Procurement], bases: Mapping[int, str | None]
) -> dict[Place, list[SmallPurchase]]:
    small = [row for row in found if row.unit_code is not None and _direct_kind(row, bases) is not None]
    rows = await signals.find_small_purchases(
        session, {(row.organ_cnpj, row.unit_code or "", row.year) for row in small}
    )
    return {place: _as_purchases(bought) for place, bought in rows.items()}


def _as_purchases(rows: Collection[Any]) -> list[SmallPurchase]:
    found: list[SmallPurchase] = []
    for row in rows:
        kind = direct_kind_of(row.basis)
        if kind is None or not row.value:
            continue
        codes = list(zip(row.ncm or [], row.catalog or [], strict=True))
        subjects = subjects_of([(ncm or None, catalog or None) for ncm, catalog in codes], row.object)
        day = brazilian_day(row.published_at)
        found.append(SmallPurchase(row.control_number, day, row.value, kind, subjects))
    return found
