"""Counts and sums of what a filter lets through."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Row, String, cast, func, literal, select
from sqlalchemy.dialects.postgresql import TSQUERY

from malha.db import ReadSession
from malha.procurement.errors import SearchTextCommonError
from malha.procurement.models import Contract, Item, Organ, Procurement, Result, ValueMark
from malha.procurement.repository.filtering import Condition, has_any, item_condition, procurement_condition
from malha.procurement.repository.searching import prepare
from malha.procurement.rules.filters import Grouping, RecordFilter

Rows = Sequence[Row[*tuple[Any, ...]]]
MOST_GROUPS = 100
_ZONE = "America/Sao_Paulo"


async def sum_procurements(session: ReadSession, wanted: RecordFilter, by: Grouping, *, with_marked: bool) -> Rows:
    """Of each group: key, name, procurements, how many were left out for a mark, known estimates, both sums.

    A procurement is marked where any of its values is: a total that sums a wrong item is wrong as well. An estimate of
    zero is unknown.
    """
    key, name = _GROUPS[by]
    doubt = select(ValueMark.control_number).distinct().cte("doubt")
    is_marked = doubt.c.control_number.is_not(None)
    counts = literal(True) if with_marked else ~is_marked  # noqa: FBT003 - a value of SQL
    known = func.nullif(Procurement.estimated_total, 0)
    query = (
        select(
            key.label("key"),
            name.label("name"),
            func.count().filter(counts).label("counted"),
            func.count().filter(is_marked).label("marked"),
            func.count(known).filter(counts).label("estimated"),
            func.sum(known).filter(counts).label("estimated_total"),
            func.sum(Procurement.awarded_total).filter(counts).label("awarded_total"),
        )
        .select_from(Procurement)
        .outerjoin(doubt, doubt.c.control_number == Procurement.control_number)
        .where(*await _conditions(session, wanted, procurement_condition(wanted), Procurement))
        .group_by(key)
    )
    if by is Grouping.MONTH:
        return (await session.execute(query.order_by(key))).all()
    size = func.coalesce(func.sum(known).filter(counts), 0)
    return (await session.execute(query.order_by(size.desc(), key).limit(MOST_GROUPS))).all()


async def sum_suppliers(session: ReadSession, wanted: RecordFilter, *, with_marked: bool) -> Rows:
    """Of each supplier of the filter's items: number, name, kind, results, how many were left out, and their sum."""
    mark = select(1).where(
        ValueMark.control_number == Result.control_number, ValueMark.item_number == Result.item_number
    )
    is_marked = mark.exists()
    counts = literal(True) if with_marked else ~is_marked  # noqa: FBT003 - a value of SQL
    total = func.sum(Result.total).filter(counts)
    query = (
        select(
            Result.supplier_id.label("key"),
            func.max(Result.supplier_name).label("name"),
            func.max(Result.supplier_kind).label("kind"),
            func.count().filter(counts).label("counted"),
            func.count().filter(is_marked).label("marked"),
            total.label("awarded_total"),
        )
        .join(Item, (Item.control_number == Result.control_number) & (Item.number == Result.item_number))
        .where(*await _conditions(session, wanted, item_condition(wanted), Item), Result.supplier_id.is_not(None))
        .group_by(Result.supplier_id)
        .order_by(func.coalesce(total, 0).desc(), Result.supplier_id)
        .limit(MOST_GROUPS)
    )
    return (await session.execute(query)).all()


async def sum_contracts(session: ReadSession, *conditions: ColumnElement[bool]) -> Row[*tuple[Any, ...]]:
    """How many contracts, their sum, the first and the last signature."""
    total = func.coalesce(Contract.total, Contract.initial_value)
    query = select(
        func.count().label("counted"),
        func.sum(total).label("total"),
        func.min(Contract.signed_on).label("first"),
        func.max(Contract.signed_on).label("last"),
    ).where(*conditions)
    return (await session.execute(query)).one()


async def top_buyers(session: ReadSession, supplier: str, most: int) -> Rows:
    """The organs with the largest contracts of a supplier."""
    total = func.sum(func.coalesce(Contract.total, Contract.initial_value))
    query = (
        select(
            Contract.organ_cnpj.label("key"), func.max(Organ.name).label("name"), func.count().label("counted"), total
        )
        .outerjoin(Organ, Organ.cnpj == Contract.organ_cnpj)
        .where(Contract.supplier_id == supplier)
        .group_by(Contract.organ_cnpj)
        .order_by(func.coalesce(total, 0).desc(), Contract.organ_cnpj)
    )
    return (await session.execute(query.limit(most))).all()


async def top_sellers(session: ReadSession, organ: str, most: int) -> Rows:
    """The suppliers with the largest contracts of an organ."""
    total = func.sum(func.coalesce(Contract.total, Contract.initial_value))
    query = (
        select(
            Contract.supplier_id.label("key"),
            func.max(Contract.supplier_name).label("name"),
            func.count().label("counted"),
            total,
            func.max(Contract.supplier_kind).label("kind"),
        )
        .where(Contract.organ_cnpj == organ)
        .group_by(Contract.supplier_id)
        .order_by(func.coalesce(total, 0).desc(), Contract.supplier_id)
    )
    return (await session.execute(query.limit(most))).all()


async def _conditions(
    session: ReadSession, wanted: RecordFilter, condition: Condition, model: Any
) -> list[ColumnElement[bool]]:
    tsquery = await prepare(session, wanted.text)
    if wanted.text is not None and not tsquery:
        raise SearchTextCommonError(text=wanted.text)
    found = [*(has_any(model.facets, keys) for keys in condition.keys), *condition.exact]
    if tsquery:
        found.append(model.search.op("@@")(cast(literal(tsquery, String), TSQUERY)))
    return found


_MONTH = func.to_char(
    func.timezone(literal(_ZONE, literal_execute=True), Procurement.published_at),
    literal("YYYY-MM", literal_execute=True),
)
_GROUPS: dict[Grouping, tuple[Any, Any]] = {
    Grouping.MONTH: (_MONTH, cast(None, String)),
    Grouping.MODALITY: (Procurement.modality_id, func.max(Procurement.modality_name)),
    Grouping.UF: (Procurement.uf, cast(None, String)),
    Grouping.ORGAN: (
        Procurement.organ_cnpj,
        select(Organ.name).where(Organ.cnpj == Procurement.organ_cnpj).scalar_subquery(),
    ),
}
