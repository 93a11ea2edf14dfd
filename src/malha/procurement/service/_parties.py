"""Statistics, and the two sides of public contracting: who buys and who sells."""

from __future__ import annotations

from typing import Any

from malha.db import ReadSession
from malha.db.paging import Window
from malha.identity.policy import Principal
from malha.procurement.errors import OrganNotFoundError, PersonalNumberRefusedError, SellerNotFoundError
from malha.procurement.models import Contract
from malha.procurement.repository import statistics, suppliers
from malha.procurement.rules.filters import Grouping, RecordFilter
from malha.procurement.rules.highlights import highlight
from malha.procurement.rules.masks import Eyes, hides_supplier
from malha.procurement.schemas.parties import (
    ContractedRead,
    GroupRead,
    OrganHit,
    OrganRead,
    RegistryRead,
    SellerRead,
    StatisticsRead,
    SumRead,
    SupplierHit,
    SupplierPage,
    UnitRead,
    WonRead,
)
from malha.procurement.schemas.search import RecordQuery
from malha.procurement.service._hits import fill
from malha.procurement.service._rights import check_numbers, check_text, eyes_of
from malha.suppliers.rules.supplier import Supplier
from malha.suppliers.service import find_known

PARTNERS = 10
ORGANS = 50


async def read_statistics(
    session: ReadSession, principal: Principal, query: RecordQuery, by: Grouping, *, include_marked: bool
) -> StatisticsRead:
    """Counts and sums of a filter's procurements; by supplier, of its items' results."""
    check_numbers(principal, query)
    return await _sum(session, query.wanted(), by, eyes_of(principal), include_marked=include_marked)


async def _sum(
    session: ReadSession, wanted: RecordFilter, by: Grouping, eyes: Eyes, *, include_marked: bool = False
) -> StatisticsRead:
    if by is Grouping.SUPPLIER:
        rows = await statistics.sum_suppliers(session, wanted, with_marked=include_marked)
        groups = [
            GroupRead(
                key=eyes.supplier(row.key, row.kind), name=row.name, count=row.counted, marked=row.marked,
                estimated=None, estimated_total=None, awarded_total=row.awarded_total,
            )
            for row in rows
        ]  # fmt: skip
    else:
        rows = await statistics.sum_procurements(session, wanted, by, with_marked=include_marked)
        groups = [
            fill(GroupRead, row, key=None if row.key is None else str(row.key), count=row.counted) for row in rows
        ]
    marked = sum(group.marked for group in groups)
    return StatisticsRead(by=by, include_marked=include_marked, marked=marked, groups=groups)


async def search_suppliers(
    session: ReadSession, principal: Principal, text: str | None, window: Window
) -> SupplierPage:
    """Suppliers by name, or by a CNPJ."""
    check_text(principal, text)
    found = await suppliers.find_suppliers(session, text, window)
    eyes = eyes_of(principal)
    hits = [
        SupplierHit(
            supplier_id=eyes.supplier(row.supplier_id, row.kind), kind=row.kind, name=eyes.text(row.name),
            highlight=_mark_name(eyes.text(row.name), row.marked),
        )
        for row in found.rows
    ]  # fmt: skip
    return SupplierPage(items=hits, next_cursor=found.next_cursor, has_more=found.has_more)


def _mark_name(name: str | None, marked: str | None) -> str | None:
    return highlight(name, marked) if name and marked else None


async def read_seller(session: ReadSession, principal: Principal, supplier: str) -> SellerRead:
    """A supplier, with its registry data where they are kept.

    Raises PersonalNumberRefusedError for a person's number without the right, and SellerNotFoundError.
    """
    eyes = eyes_of(principal)
    if not eyes.sees_persons and hides_supplier(supplier):
        raise PersonalNumberRefusedError
    names = await suppliers.list_names(session, supplier)
    if not names:
        raise SellerNotFoundError
    known = (await find_known(session, [supplier])).get(supplier)
    return SellerRead(
        supplier_id=supplier,
        kind=names[0].kind,
        names=[name.name for name in names if name.name],
        registry=_show_registry(known) if known else None,
        contracts=_show_contracted(await statistics.sum_contracts(session, Contract.supplier_id == supplier)),
        results=fill(
            WonRead, row := await suppliers.sum_results(session, supplier, with_marked=False), count=row.counted
        ),
        buyers=[_show_sum(row) for row in await statistics.top_buyers(session, supplier, PARTNERS)],
    )


async def read_organ(session: ReadSession, principal: Principal, cnpj: str) -> OrganRead:
    """An organ; OrganNotFoundError."""
    organ = await suppliers.find_organ(session, cnpj)
    if organ is None:
        raise OrganNotFoundError
    eyes = eyes_of(principal)
    bought = await _sum(session, RecordFilter(organ=(cnpj,)), Grouping.MODALITY, eyes)
    sellers = await statistics.top_sellers(session, cnpj, PARTNERS)
    return fill(
        OrganRead,
        organ,
        units=[fill(UnitRead, unit) for unit in await suppliers.list_units(session, cnpj)],
        procurements=bought,
        contracts=_show_contracted(await statistics.sum_contracts(session, Contract.organ_cnpj == cnpj)),
        suppliers=[_show_sum(row, eyes.supplier(row.key, row.kind)) for row in sellers],
    )


async def search_organs(session: ReadSession, text: str) -> list[OrganHit]:
    """The first fifty organs whose names have every word of the text."""
    return [fill(OrganHit, organ) for organ in await suppliers.find_organs(session, text, ORGANS)]


def _show_sum(row: Any, key: str | None = None) -> SumRead:
    return SumRead(key=key or row.key, name=row.name, count=row[2], total=row[3])


def _show_contracted(row: Any) -> ContractedRead:
    return ContractedRead(count=row[0], total=row[1], first_signed_on=row[2], last_signed_on=row[3])


def _show_registry(known: Supplier) -> RegistryRead:
    main = known.main_cnae
    return fill(
        RegistryRead, known, status=known.status.value, main_cnae=main and f"{main.code} {main.description}".strip(),
        city=known.address.city, uf=known.address.uf,
    )  # fmt: skip
