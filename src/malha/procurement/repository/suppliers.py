"""Who sells to the public, by name and number."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Integer, Row, String, cast, func, literal, select, tuple_
from sqlalchemy.dialects.postgresql import TSQUERY, distinct_on

from malha.db import ReadSession
from malha.db.paging import Window
from malha.kit.pagination import CursorInvalidError, decode_cursor, encode_cursor, number
from malha.procurement.errors import SearchTextCommonError
from malha.procurement.models import Organ, Result, SupplierName, Unit, ValueMark
from malha.procurement.repository.filtering import text_search
from malha.procurement.repository.reading import marked
from malha.procurement.repository.searching import MOST_RANKED
from malha.procurement.rules.folding import FROM, TABLE, TO
from malha.procurement.rules.queries import number_key, read_query

_BY_LENGTH = 2  # ts_rank divided by the number of words: of two names that match, the shorter is closer
_SCALE = 1_000_000


@dataclass(frozen=True, slots=True)
class SuppliersFound:
    """Rows of number, kind, name and the marked name; `next_cursor` names no supplier."""

    rows: list[Row[*tuple[Any, ...]]]
    next_cursor: str | None
    has_more: bool


async def find_suppliers(session: ReadSession, text: str | None, window: Window) -> SuppliersFound:
    """Suppliers by the words of their names, the closest first, or one by its CNPJ; without a text the latest first.

    Raises CursorInvalidError and SearchTextCommonError.
    """
    tsquery = None
    matches = select(SupplierName.id, SupplierName.supplier_id, literal(0, Integer).label("rank"))
    key = number_key(text or "")
    if key is not None and len(key) == 14:
        matches = matches.where(SupplierName.supplier_id == key)
    elif text is not None and text.strip():
        tsquery = await session.scalar(select(cast(text_search(read_query(text), "simple"), String)))
        if not tsquery:
            raise SearchTextCommonError(text=text)
        asked = cast(literal(tsquery, String), TSQUERY)
        rank = cast(func.ts_rank(SupplierName.search, asked, _BY_LENGTH) * _SCALE, Integer)
        matches = select(SupplierName.id, SupplierName.supplier_id, rank.label("rank"))
        matches = matches.where(SupplierName.search.op("@@")(asked))
    best = matches.order_by(SupplierName.id.desc()).limit(MOST_RANKED).cte("best").prefix_with("MATERIALIZED")
    first = (
        select(best.c.id, best.c.rank)
        .ext(distinct_on(best.c.supplier_id))
        .order_by(best.c.supplier_id, best.c.rank.desc(), best.c.id)
        .cte("first")
    )
    query = (
        select(
            first.c.rank, SupplierName.id, SupplierName.supplier_id, SupplierName.kind, SupplierName.name,
            marked(SupplierName.name, tsquery, "simple").label("marked"),
            select(func.count()).select_from(best).scalar_subquery().label("matches"),
        )
        .join(SupplierName, SupplierName.id == first.c.id)
        .order_by(first.c.rank.desc(), first.c.id.desc())
        .limit(window.limit + 1)
    )  # fmt: skip
    if window.cursor is not None:
        query = query.where(tuple_(first.c.rank, first.c.id) < _read_cursor(window.cursor))
    rows = list((await session.execute(query)).all())
    has_next = len(rows) > window.limit
    del rows[window.limit :]
    cursor = encode_cursor(["=suppliers", rows[-1].rank, rows[-1].id]) if has_next else None
    return SuppliersFound(rows, cursor, has_more=bool(rows) and rows[0].matches >= MOST_RANKED)


def _read_cursor(cursor: str) -> tuple[int, int]:
    name, rank, place = decode_cursor(cursor, length=3)
    try:
        if name != "=suppliers" or type(place) is not int or not 0 <= place < 2**63:
            raise CursorInvalidError(cursor)
        return number(rank), place
    except (TypeError, ValueError) as error:
        raise CursorInvalidError(cursor) from error


async def list_names(session: ReadSession, supplier: str) -> Sequence[SupplierName]:
    """Every name of a supplier, the first seen first."""
    query = select(SupplierName).where(SupplierName.supplier_id == supplier)
    return (await session.scalars(query.order_by(SupplierName.id).limit(100))).all()


async def sum_results(session: ReadSession, supplier: str, *, with_marked: bool) -> Row[*tuple[Any, ...]]:
    """How many results, how many of them are marked, their sum, and of how many procurements."""
    mark = select(1).where(
        ValueMark.control_number == Result.control_number, ValueMark.item_number == Result.item_number
    )
    counts = literal(True) if with_marked else ~mark.exists()  # noqa: FBT003 - a value of SQL
    query = select(
        func.count().filter(counts).label("counted"),
        func.count().filter(mark.exists()).label("marked"),
        func.sum(Result.total).filter(counts).label("total"),
        func.count(Result.control_number.distinct()).label("procurements"),
    ).where(Result.supplier_id == supplier)
    return (await session.execute(query)).one()


async def find_organ(session: ReadSession, cnpj: str) -> Organ | None:
    """An organ."""
    return await session.get(Organ, cnpj)


async def list_units(session: ReadSession, cnpj: str) -> Sequence[Unit]:
    """The units of an organ."""
    query = select(Unit).where(Unit.organ_cnpj == cnpj).order_by(Unit.code).limit(1_000)
    return (await session.scalars(query)).all()


async def find_organs(session: ReadSession, text: str, most: int) -> Sequence[Organ]:
    """Organs whose folded names have every word of the text, by name; there are some thousands of them."""
    folded = func.translate(func.coalesce(Organ.name, ""), FROM, TO)
    query = select(Organ)
    for word in text.translate(TABLE).replace("\x00", "").split():
        query = query.where(folded.contains(word, autoescape=True))
    return (await session.scalars(query.order_by(Organ.name, Organ.cnpj).limit(most))).all()
