"""Prices that a basket asks for, index tables, and price references as they were fixed."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Date, Select, and_, cast, func, or_, select
from sqlalchemy.dialects.postgresql import insert

from malha.db import ReadSession, Session
from malha.db.paging import Order, Page, Window, fetch_page
from malha.identity.policy import Principal, visible_to
from malha.procurement.errors import PriceReferenceNotFoundError
from malha.procurement.models import (
    Item,
    Organ,
    PriceIndex,
    PriceReference,
    PriceReferenceCount,
    Procurement,
    Result,
    SyncRun,
    Unit,
)
from malha.procurement.repository.marks import CANCELLED_RESULT

NEWEST_FIRST = Order(PriceReference.created_at, PriceReference.id, is_descending=True)
# When a price was homologated; where PNCP does not say it, when its procurement was published.
PRICED_ON = func.coalesce(
    Result.decided_on, cast(func.timezone("America/Sao_Paulo", Procurement.published_at), Date), type_=Date()
)


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceQuery:
    """What is looked for. `ufs` let prices without a UF through as well."""

    first: date
    last: date
    catalog_code: str | None = None
    ncm_code: str | None = None
    words: Sequence[str] = ()
    ufs: Sequence[str] = ()
    brand: str | None = None
    modalities: Sequence[int] = ()
    least_quantity: Decimal | None = None
    most_quantity: Decimal | None = None
    supplier: str | None = None
    organ: str | None = None


async def count_by_unit(session: ReadSession, wanted: PriceQuery) -> dict[str | None, int]:
    """How many prices there are in each unit, as buyers wrote it."""
    query = _matching(select(Item.unit, func.count()), wanted).group_by(Item.unit)
    return {row[0]: row[1] for row in await session.execute(query)}


async def list_prices(session: ReadSession, wanted: PriceQuery, units: Sequence[str], *, limit: int) -> Sequence[Any]:
    """Prices in these spellings of a unit, newest first: rows of result, item, procurement, organ, unit and day."""
    query = _matching(select(Result, Item, Procurement, Organ, Unit, PRICED_ON.label("priced_on")), wanted)
    query = query.where(Item.unit.in_(units)).order_by(
        PRICED_ON.desc(), Result.control_number, Result.item_number, Result.sequence
    )
    return (await session.execute(query.limit(limit))).all()


def _matching(query: Select[*tuple[Any, ...]], wanted: PriceQuery) -> Select[*tuple[Any, ...]]:
    joined = (
        query.select_from(Result)
        .join(Item, and_(Item.control_number == Result.control_number, Item.number == Result.item_number))
        .join(Procurement, Procurement.control_number == Result.control_number)
        .join(Organ, Organ.cnpj == Procurement.organ_cnpj)
        .outerjoin(Unit, and_(Unit.organ_cnpj == Procurement.organ_cnpj, Unit.code == Procurement.unit_code))
    )
    return joined.where(
        Result.unit_value > 0,
        Result.situation_id.is_distinct_from(CANCELLED_RESULT),
        PRICED_ON.between(wanted.first, wanted.last),
        *_subject(wanted),
        *_filter(wanted),
    )


def _subject(wanted: PriceQuery) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if wanted.catalog_code is not None:
        conditions.append(Item.catalog_code == wanted.catalog_code)
    if wanted.ncm_code is not None:
        # From the first digit to before the one that follows: the index is read like that in any collation.
        conditions.append(Item.ncm_code.startswith(wanted.ncm_code, autoescape=True))
    conditions += [
        Item.search.op("@@")(func.websearch_to_tsquery("portuguese", _fold(words))) for words in wanted.words
    ]
    return conditions


def _filter(wanted: PriceQuery) -> list[ColumnElement[bool]]:
    quantity = func.coalesce(Result.quantity, Item.quantity)
    conditions: list[ColumnElement[bool]] = []
    if wanted.ufs:
        conditions.append(or_(Procurement.uf.in_(wanted.ufs), Procurement.uf.is_(None)))
    if wanted.brand is not None:
        places = (Item.description, Item.raw["informacaoComplementar"].astext)
        conditions.append(or_(*(place.icontains(wanted.brand, autoescape=True) for place in places)))
    if wanted.modalities:
        conditions.append(Procurement.modality_id.in_(wanted.modalities))
    if wanted.least_quantity is not None:
        conditions.append(quantity >= wanted.least_quantity)
    if wanted.most_quantity is not None:
        conditions.append(quantity <= wanted.most_quantity)
    if wanted.supplier is not None:
        conditions.append(Result.supplier_id == wanted.supplier)
    if wanted.organ is not None:
        conditions.append(Procurement.organ_cnpj == wanted.organ)
    return conditions


def _fold(words: str) -> str:
    decomposed = unicodedata.normalize("NFKD", words)
    return "".join(character for character in decomposed if not unicodedata.combining(character))


async def last_synchronized(session: ReadSession) -> datetime | None:
    """Up to when the last synchronisation that went well has looked."""
    return await session.scalar(select(func.max(SyncRun.window_end)).where(SyncRun.state == "success"))


async def find_index(session: ReadSession, name: str) -> tuple[dict[date, Decimal], list[str]]:
    """The monthly rates of an index, and where they were read."""
    rows = (await session.scalars(select(PriceIndex).where(PriceIndex.name == name))).all()
    return {row.month: row.rate for row in rows}, sorted({row.source for row in rows})


async def save_index(session: Session, name: str, rates: Mapping[date, Decimal], source: str) -> int:
    """Write monthly rates; a month that is there gets the new rate. Returns how many were written."""
    rows = [{"name": name, "month": month, "rate": rates[month], "source": source} for month in sorted(rates)]
    if not rows:
        return 0
    statement = insert(PriceIndex).values(rows)
    changed = {"rate": statement.excluded.rate, "source": statement.excluded.source, "imported_at": func.now()}
    await session.execute(statement.on_conflict_do_update(index_elements=["name", "month"], set_=changed))
    return len(rows)


async def take_number(session: Session, workspace_id: UUID) -> int:
    """The workspace's next number: others wait until it is used, and a transaction that is undone gives it back."""
    statement = insert(PriceReferenceCount).values(workspace_id=workspace_id, last=1)
    upsert = statement.on_conflict_do_update(
        index_elements=["workspace_id"], set_={"last": PriceReferenceCount.last + 1}
    )
    return (await session.scalars(upsert.returning(PriceReferenceCount.last))).one()


async def get_reference(session: ReadSession, principal: Principal, reference_id: UUID) -> PriceReference:
    """One price reference; PriceReferenceNotFoundError."""
    query = visible_to(principal, PriceReference).where(PriceReference.id == reference_id)
    found = await session.scalar(query)
    if found is None:
        raise PriceReferenceNotFoundError
    return found


async def list_references(session: ReadSession, principal: Principal, window: Window) -> Page[PriceReference]:
    """Price references of the workspace, newest first."""
    return await fetch_page(session, visible_to(principal, PriceReference), NEWEST_FIRST, window)
