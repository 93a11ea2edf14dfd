"""Rows of pages read for people, each in the order of its place or by its key."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Integer, Row, Select, String, Text, cast, column, func, literal, select, values
from sqlalchemy.dialects.postgresql import REGCONFIG, TSQUERY

from malha.db import ReadSession
from malha.procurement.models import Contract, Item, Organ, PriceRecord, Procurement, Result, Unit, ValueMark
from malha.procurement.rules.folding import ENDINGS, FROM, TO
from malha.procurement.rules.highlights import CLOSE, OPEN

_HEADLINE = f"StartSel={OPEN}, StopSel={CLOSE}, HighlightAll=true"
Keyed = dict[tuple[Any, ...], Row[*tuple[Any, ...]]]


def marked(text: Any, tsquery: str | None, configuration: str = "portuguese") -> ColumnElement[str | None]:
    """The folded text with what a query finds in it marked; NULL without a query."""
    if tsquery is None:
        return literal(None, String)
    asked = cast(literal(tsquery, String), TSQUERY)
    return func.ts_headline(cast(configuration, REGCONFIG), _folded(text), asked, _HEADLINE)


def _folded(text: Any) -> ColumnElement[str]:
    """As `folded_sql`, from the same tables."""
    folded = func.translate(func.coalesce(text, ""), FROM, TO).op("||")(" ")
    for plural, singular in ENDINGS:
        folded = func.replace(folded, plural, singular)
    return folded


async def read_procurements(session: ReadSession, keys: Sequence[tuple[Any, ...]], tsquery: str | None) -> Keyed:
    """Procurements, their marked objects, the names of organ, unit and city, and whether a value is marked."""
    query = _with_buyer(
        select(Procurement, marked(Procurement.object, tsquery), Organ.name, Unit.name, Unit.city, _doubt(Procurement)),
        Procurement,
    )
    rows = await session.execute(query.where(Procurement.control_number.in_([key[0] for key in keys])))
    return {(row[0].control_number,): row for row in rows}


async def read_items(session: ReadSession, keys: Sequence[tuple[Any, ...]], tsquery: str | None) -> Keyed:
    """Items, their marked descriptions, their procurements and organs, and whether a value is marked."""
    wanted = _keys_of(keys)
    query = (
        select(Item, marked(Item.description, tsquery), Procurement.object, Organ.name, _doubt(Item))
        .join(wanted, (wanted.c.number == Item.control_number) & (wanted.c.item == Item.number))
        .join(Procurement, Procurement.control_number == Item.control_number)
        .outerjoin(Organ, Organ.cnpj == Item.organ_cnpj)
    )
    return {(row[0].control_number, row[0].number): row for row in await session.execute(query)}


async def read_winners(session: ReadSession, keys: Sequence[tuple[Any, ...]]) -> dict[tuple[Any, ...], list[Result]]:
    """The results of items."""
    wanted = _keys_of(keys)
    query = (
        select(Result)
        .join(wanted, (wanted.c.number == Result.control_number) & (wanted.c.item == Result.item_number))
        .order_by(Result.control_number, Result.item_number, Result.sequence)
    )
    found: dict[tuple[Any, ...], list[Result]] = {}
    for result in (await session.scalars(query)).all():
        found.setdefault((result.control_number, result.item_number), []).append(result)
    return found


async def read_contracts(session: ReadSession, keys: Sequence[tuple[Any, ...]], tsquery: str | None) -> Keyed:
    """Contracts, their marked objects, and the names of organ, unit and city."""
    query = _with_buyer(select(Contract, marked(Contract.object, tsquery), Organ.name, Unit.name, Unit.city), Contract)
    rows = await session.execute(query.where(Contract.control_number.in_([key[0] for key in keys])))
    return {(row[0].control_number,): row for row in rows}


async def read_price_records(session: ReadSession, keys: Sequence[tuple[Any, ...]], tsquery: str | None) -> Keyed:
    """Price records, their marked objects, and UF and city of their procurements."""
    query = (
        select(PriceRecord, marked(PriceRecord.object, tsquery), Procurement.uf, Procurement.city_code)
        .outerjoin(Procurement, Procurement.control_number == PriceRecord.procurement_control_number)
        .where(PriceRecord.control_number.in_([key[0] for key in keys]))
    )
    return {(row[0].control_number,): row for row in await session.execute(query)}


def _with_buyer(query: Select[*tuple[Any, ...]], model: Any) -> Select[*tuple[Any, ...]]:
    return query.outerjoin(Organ, Organ.cnpj == model.organ_cnpj).outerjoin(
        Unit, (Unit.organ_cnpj == model.organ_cnpj) & (Unit.code == model.unit_code)
    )


def _doubt(model: Any) -> ColumnElement[bool]:
    """Whether a value of the row itself is marked."""
    number = literal(0, Integer) if model is Procurement else model.number
    mark = select(1).where(ValueMark.control_number == model.control_number, ValueMark.item_number == number)
    return mark.correlate(model).exists()


def _keys_of(keys: Sequence[tuple[Any, ...]]) -> Any:
    listed = values(column("number", Text), column("item", Integer), name="wanted")
    return listed.data([(str(number), int(item)) for number, item in keys] or [("", 0)])
