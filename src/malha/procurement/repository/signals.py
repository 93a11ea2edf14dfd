"""What signals are computed from, and the signals that were found."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, delete, func, or_, select, text, tuple_
from sqlalchemy.dialects.postgresql import insert

from malha.db import ReadSession, Session
from malha.db.paging import Order, Page, Window, fetch_page
from malha.procurement.errors import ProcurementNotFoundError
from malha.procurement.models import Amendment, Contract, Item, LegalBasis, Procurement, Sanction, Signal
from malha.procurement.rules.signals import Signal as Found
from malha.procurement.rules.subjects import DIRECT_BY_VALUE

IN_ORDER = Order(Signal.control_number, Signal.rule, Signal.subject)

# What the unit of each of these procurements awarded in the twelve months up to its first result, by supplier.
_UNIT_AWARDS = text("""
SELECT subject.number, result.supplier_id, sum(result.total) AS total, count(*)::int AS awards
FROM unnest(CAST(:numbers AS text[]), CAST(:organs AS text[]), CAST(:units AS text[]), CAST(:days AS date[]))
     AS subject(number, organ, unit, day)
JOIN procurements AS bought ON bought.organ_cnpj = subject.organ AND bought.unit_code = subject.unit
JOIN procurement_results AS result ON result.control_number = bought.control_number
WHERE result.decided_on BETWEEN subject.day - 365 AND subject.day AND result.total > 0
  AND result.supplier_id IS NOT NULL AND result.situation_id IS DISTINCT FROM 2
GROUP BY 1, 2
""")


@dataclass(frozen=True, slots=True)
class SignalFilter:
    """Which signals are wanted: by who bought, when that was published, and by rule."""

    organ: str | None = None
    unit: str | None = None
    uf: str | None = None
    first: datetime | None = None
    last: datetime | None = None
    rules: Sequence[str] = ()


async def get_procurement(session: ReadSession, cnpj: str, year: int, sequence: int) -> Procurement:
    """A procurement; ProcurementNotFoundError."""
    found = await session.get(Procurement, f"{cnpj}-1-{sequence:06}/{year}")
    if found is None:
        raise ProcurementNotFoundError
    return found


async def find_procurements(session: ReadSession, numbers: Collection[str]) -> Sequence[Procurement]:
    """These procurements."""
    query = select(Procurement).where(Procurement.control_number.in_(numbers))
    return (await session.scalars(query.order_by(Procurement.control_number))).all()


async def find_bases(session: ReadSession, codes: Collection[int]) -> dict[int, str | None]:
    """The names of legal bases."""
    query = select(LegalBasis.code, LegalBasis.name).where(LegalBasis.code.in_(codes))
    return {row[0]: row[1] for row in await session.execute(query)}


async def find_contracts(session: ReadSession, numbers: Collection[str]) -> dict[str, list[Contract]]:
    """Contracts by the procurement that they name."""
    query = select(Contract).where(Contract.procurement_control_number.in_(numbers))
    found: dict[str, list[Contract]] = defaultdict(list)
    for contract in (await session.scalars(query.order_by(Contract.control_number))).all():
        found[contract.procurement_control_number or ""].append(contract)
    return found


async def find_amendments(session: ReadSession, contracts: Collection[str]) -> dict[str, list[Amendment]]:
    """Amendments by contract."""
    query = select(Amendment).where(Amendment.contract_control_number.in_(contracts)).order_by(Amendment.sequence)
    found: dict[str, list[Amendment]] = defaultdict(list)
    for amendment in (await session.scalars(query)).all():
        found[amendment.contract_control_number].append(amendment)
    return found


async def find_sanctions(session: ReadSession, cnpjs: Collection[str]) -> dict[str, list[Sanction]]:
    """Lines of the lists by CNPJ."""
    found: dict[str, list[Sanction]] = defaultdict(list)
    query = select(Sanction).where(Sanction.cnpj.in_(cnpjs)).order_by(Sanction.list_name, Sanction.line)
    for sanction in (await session.scalars(query)).all():
        found[sanction.cnpj].append(sanction)
    return found


async def find_sanction_days(session: ReadSession) -> dict[str, date]:
    """Of which day each list is that was imported."""
    rows = await session.execute(select(Sanction.list_name, func.max(Sanction.as_of)).group_by(Sanction.list_name))
    return {row[0]: row[1] for row in rows}


async def find_small_purchases(
    session: ReadSession, places: Collection[tuple[str, str, int]]
) -> dict[tuple[str, str, int], list[Any]]:
    """The direct contracts of these units and years: rows of number, value, day, basis, object and item codes."""
    if not places:
        return {}
    coded = select(
        Item.control_number,
        func.array_agg(func.coalesce(Item.ncm_code, "")).label("ncm"),
        func.array_agg(func.coalesce(Item.catalog_code, "")).label("catalog"),
    ).group_by(Item.control_number)
    chosen = select(Procurement.control_number).where(
        tuple_(Procurement.organ_cnpj, Procurement.unit_code, Procurement.year).in_(sorted(places)),
        Procurement.modality_id == DIRECT_BY_VALUE,
    )
    codes = coded.where(Item.control_number.in_(chosen)).subquery()
    value = func.coalesce(func.nullif(Procurement.awarded_total, 0), Procurement.estimated_total).label("value")
    query = (
        select(
            Procurement.control_number, Procurement.organ_cnpj, Procurement.unit_code, Procurement.year,
            Procurement.published_at, Procurement.object, LegalBasis.name.label("basis"), value,
            codes.c.ncm, codes.c.catalog,
        )
        .join(LegalBasis, LegalBasis.code == Procurement.legal_basis_code)
        .outerjoin(codes, codes.c.control_number == Procurement.control_number)
        .where(Procurement.control_number.in_(chosen))
    )  # fmt: skip
    found: dict[tuple[str, str, int], list[Any]] = defaultdict(list)
    for row in await session.execute(query):
        found[row.organ_cnpj, row.unit_code, row.year].append(row)
    return found


async def find_unit_awards(
    session: ReadSession, places: Mapping[str, tuple[str, str, date]]
) -> dict[str, tuple[dict[str, Decimal], int]]:
    """By procurement: what its unit awarded to each supplier in the twelve months up to the day, and how often."""
    if not places:
        return {}
    numbers = sorted(places)
    columns = {
        "numbers": numbers,
        "organs": [places[number][0] for number in numbers],
        "units": [places[number][1] for number in numbers],
        "days": [places[number][2] for number in numbers],
    }
    found: dict[str, tuple[dict[str, Decimal], int]] = {}
    for row in await session.execute(_UNIT_AWARDS, columns):
        totals, awards = found.get(row.number, ({}, 0))
        totals[row.supplier_id] = row.total
        found[row.number] = (totals, awards + row.awards)
    return found


async def list_contracted(session: ReadSession, *, since: datetime, after: str, limit: int) -> list[str]:
    """Procurements of contracts that came or changed since, beyond a control number."""
    query = (
        select(Contract.procurement_control_number)
        .distinct()
        .where(
            or_(Contract.version_at >= since, Contract.first_seen_at >= since),
            Contract.procurement_control_number > after,
        )
        .order_by(Contract.procurement_control_number)
        .limit(limit)
    )
    return [number for number in (await session.scalars(query)).all() if number is not None]


async def replace_signals(session: Session, signals: Mapping[str, Sequence[Found]]) -> int:
    """The signals of procurements as sets; what stands already keeps its date. Returns how many stand now."""
    rows = [
        {
            "control_number": number, "rule": signal.rule.value, "subject": signal.subject,
            "numbers": plain(signal.numbers),
        }
        for number, found in signals.items()
        for signal in found
    ]  # fmt: skip
    if not signals:
        return 0
    place = tuple_(Signal.control_number, Signal.rule, Signal.subject)
    kept = [(row["control_number"], row["rule"], row["subject"]) for row in rows]
    gone = delete(Signal).where(Signal.control_number.in_(list(signals)))
    await session.execute(gone.where(place.not_in(kept)) if kept else gone)
    if rows:
        statement = insert(Signal).values(rows)
        await session.execute(
            statement.on_conflict_do_update(
                index_elements=["control_number", "rule", "subject"],
                set_={"numbers": statement.excluded.numbers, "found_at": func.now()},
                where=Signal.numbers != statement.excluded.numbers,
            )
        )
    return len(rows)


async def list_signals(session: ReadSession, wanted: SignalFilter, window: Window) -> Page[Signal]:
    """Signals, by procurement and rule."""
    query = select(Signal).where(*_conditions(wanted))
    if (wanted.organ, wanted.unit, wanted.uf, wanted.first, wanted.last) != (None,) * 5:
        query = query.join(Procurement, Procurement.control_number == Signal.control_number)
    return await fetch_page(session, query, IN_ORDER, window)


def _conditions(wanted: SignalFilter) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if wanted.organ is not None:
        conditions.append(Procurement.organ_cnpj == wanted.organ)
    if wanted.unit is not None:
        conditions.append(Procurement.unit_code == wanted.unit)
    if wanted.uf is not None:
        conditions.append(Procurement.uf == wanted.uf)
    if wanted.first is not None:
        conditions.append(Procurement.published_at >= wanted.first)
    if wanted.last is not None:
        conditions.append(Procurement.published_at < wanted.last)
    if wanted.rules:
        conditions.append(Signal.rule.in_(wanted.rules))
    return conditions


async def replace_sanctions(session: Session, list_name: str, rows: Iterable[Mapping[str, Any]]) -> int:
    """A list as a whole in the place of the one before; returns how many lines it has."""
    await session.execute(delete(Sanction).where(Sanction.list_name == list_name))
    written = [dict(row) for row in rows]
    for start in range(0, len(written), 1000):
        await session.execute(insert(Sanction).values(written[start : start + 1000]))
    return len(written)


def plain(numbers: Mapping[str, Any]) -> dict[str, Any]:
    """Amounts and days as text, as JSON keeps them."""
    return {
        name: value if value is None or isinstance(value, (str, int, float, list)) else str(value)
        for name, value in numbers.items()
    }
