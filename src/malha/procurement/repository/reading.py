"""Records read for people: the rows of a page, one record with all that hangs on it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Row, String, cast, func, literal, select, tuple_
from sqlalchemy.dialects.postgresql import REGCONFIG, TSQUERY

from malha.db import ReadSession
from malha.procurement.models import Item, Organ, Procurement, Unit
from malha.procurement.rules.folding import ENDINGS, FROM, TO
from malha.procurement.rules.highlights import CLOSE, OPEN

_HEADLINE = f"StartSel={OPEN}, StopSel={CLOSE}, HighlightAll=true"


def marked(column: Any, tsquery: str | None, configuration: str = "portuguese") -> ColumnElement[str | None]:
    """The folded text of a column with what a query finds in it marked; NULL without a query."""
    if tsquery is None:
        return literal(None, String)
    asked = cast(literal(tsquery, String), TSQUERY)
    return func.ts_headline(cast(configuration, REGCONFIG), _folded(column), asked, _HEADLINE)


def _folded(column: Any) -> ColumnElement[str]:
    """As `folded_sql`, from the same tables."""
    folded = func.translate(func.coalesce(column, ""), FROM, TO) + " "
    for plural, singular in ENDINGS:
        folded = func.replace(folded, plural, singular)
    return folded


async def read_procurements(
    session: ReadSession, numbers: Sequence[str], tsquery: str | None
) -> dict[str, Row[Procurement, str | None, str | None, str | None, str | None]]:
    """Procurements with their marked object, and the names of organ, unit and city."""
    query = (
        select(Procurement, marked(Procurement.object, tsquery), Organ.name, Unit.name, Unit.city)
        .outerjoin(Organ, Organ.cnpj == Procurement.organ_cnpj)
        .outerjoin(Unit, (Unit.organ_cnpj == Procurement.organ_cnpj) & (Unit.code == Procurement.unit_code))
        .where(Procurement.control_number.in_(numbers))
    )
    return {row[0].control_number: row for row in await session.execute(query)}


async def read_item_texts(
    session: ReadSession, wanted: Sequence[tuple[str, int]], tsquery: str | None
) -> Sequence[Row[str, int, str | None, str | None]]:
    """Of these items the control number, the number, the description, and the description marked."""
    if not wanted:
        return []
    query = select(Item.control_number, Item.number, Item.description, marked(Item.description, tsquery))
    return (await session.execute(query.where(tuple_(Item.control_number, Item.number).in_(wanted)))).all()
