"""Saved searches compared with what has changed.

A change is a row that the change's own transaction writes (a trigger sees to it) and that the comparison's transaction
deletes. No clock and no sequence decides what is new, so a transaction that commits late, after others with higher
numbers, is found when it does: its rows appear then. A run that is undone leaves the rows for the next one.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Integer,
    Select,
    String,
    and_,
    cast,
    delete,
    func,
    literal,
    null,
    or_,
    select,
    tuple_,
    union_all,
)
from sqlalchemy.dialects.postgresql import ARRAY, TSQUERY, insert

from malha.db import ReadSession, Session
from malha.procurement.models import Item, Procurement, ProcurementChange, SavedSearch, SearchMatch
from malha.procurement.repository.filtering import Condition, has_any, procurement_conditions, text_search
from malha.procurement.repository.numbers import procurement_numbers
from malha.procurement.rules.filters import RecordFilter
from malha.procurement.rules.queries import read_query
from malha.procurement.schemas.watching import LookIn

SEARCHES_PER_STATEMENT = 20
ROWS_PER_STATEMENT = 500
MOST_ITEMS = 20


class Change(NamedTuple):
    """A procurement to look at, for one search or for all."""

    control_number: str
    search_id: UUID | None


class Hit(NamedTuple):
    """A search that finds a procurement as it stands, with the items that answer its text and its codes."""

    search_no: int
    control_number: str
    digest: str
    text_items: list[int]
    code_items: list[int]
    in_object: bool
    is_number: bool


@dataclass(frozen=True, slots=True)
class Sought:
    """A search as it was when it was read."""

    search: SavedSearch
    wanted: RecordFilter
    tsquery: str | None

    @property
    def looks_in_items(self) -> bool:
        return self.search.look_in != LookIn.OBJECT.value


async def take_changes(session: Session, *, limit: int) -> list[Change]:
    """Take changes that nobody else is looking at, the oldest first; they are gone once the transaction commits."""
    oldest = select(ProcurementChange.id).order_by(ProcurementChange.id).limit(limit).with_for_update(skip_locked=True)
    taken = oldest.cte("taken").prefix_with("MATERIALIZED")
    statement = (
        delete(ProcurementChange)
        .where(ProcurementChange.id == taken.c.id)
        .returning(ProcurementChange.control_number, ProcurementChange.search_id)
    )
    return [Change(*row) for row in await session.execute(statement)]


async def add_changes(session: Session, changes: Collection[Change]) -> None:
    """Have procurements looked at again."""
    if changes:
        rows = [{"control_number": change.control_number, "search_id": change.search_id} for change in changes]
        await session.execute(insert(ProcurementChange).values(rows))


async def find_active(session: ReadSession) -> Sequence[SavedSearch]:
    """Every search that is switched on, whoever's."""
    query = select(SavedSearch).where(SavedSearch.is_active).order_by(SavedSearch.id)
    return (await session.scalars(query.execution_options(populate_existing=True))).all()


async def read_tsquery(session: ReadSession, text: str | None) -> str | None:
    """PostgreSQL's own form of a text; None for none, and for a text of common words alone."""
    if text is None:
        return None
    return await session.scalar(select(cast(text_search(read_query(text)), String))) or None


async def compare(session: ReadSession, searches: Sequence[tuple[Sought, Collection[str]]]) -> list[Hit]:
    """Which searches find which of the procurements that each is to look at. A few statements for all of them."""
    hits: list[Hit] = []
    for start in range(0, len(searches), SEARCHES_PER_STATEMENT):
        chunk = searches[start : start + SEARCHES_PER_STATEMENT]
        selects = [_finds(sought, numbers, start + no) for no, (sought, numbers) in enumerate(chunk) if numbers]
        if selects:
            hits += [Hit(*row) for row in await session.execute(union_all(*selects))]
    return hits


def _finds(sought: Sought, numbers: Collection[str], no: int) -> Select[*tuple[Any, ...]]:
    conditions = [*procurement_conditions(sought.wanted), Procurement.version_at >= sought.search.since]
    nothing: ColumnElement[Any] = cast(literal([], ARRAY(Integer)), ARRAY(Integer))
    in_object: ColumnElement[Any] = literal(value=False)
    is_number: ColumnElement[Any] = literal(value=False)
    text_items = code_items = nothing
    if sought.tsquery is not None:
        asked = cast(literal(sought.tsquery, String), TSQUERY)
        ways: list[ColumnElement[bool]] = []
        if sought.search.look_in != LookIn.ITEMS.value:
            in_object = Procurement.search.op("@@")(asked)
            ways.append(in_object)
        if sought.looks_in_items:
            answers = Item.search.op("@@")(asked)
            text_items = _items_where(answers)
            ways.append(_item_exists(answers))
        if meanings := [_all_of(meaning) for meaning in procurement_numbers(sought.wanted.text or "")]:
            is_number = func.coalesce(or_(*meanings), literal(value=False))
            ways.append(is_number)
        conditions.append(or_(*ways))
    codes = [f"{'h' if len(code) == 4 else 'n'}{code}" for code in sought.wanted.ncm]
    codes += [f"k{code}" for code in sought.wanted.catalog]
    if codes:
        code_items = _items_where(has_any(Item.facets, codes))
    return select(
        literal(no), Procurement.control_number, Procurement.digest, text_items, code_items, in_object, is_number
    ).where(Procurement.control_number.in_(numbers), *conditions)


def _all_of(condition: Condition) -> ColumnElement[bool]:
    return and_(*(has_any(Procurement.facets, keys) for keys in condition.keys), *condition.exact)


def _items_where(condition: ColumnElement[bool]) -> ColumnElement[Any]:
    numbers = select(Item.number).where(Item.control_number == Procurement.control_number, condition)
    return func.array(
        numbers.order_by(Item.number).limit(MOST_ITEMS).correlate(Procurement).scalar_subquery(), type_=ARRAY(Integer)
    )


def _item_exists(condition: ColumnElement[bool]) -> ColumnElement[bool]:
    found = select(null()).where(Item.control_number == Procurement.control_number, condition)
    return found.correlate(Procurement).exists()


async def hold_searches(session: Session, ids: Collection[UUID]) -> dict[UUID, int]:
    """The revisions of searches that are still switched on; nobody changes them before this transaction ends."""
    query = select(SavedSearch.id, SavedSearch.revision).where(SavedSearch.id.in_(ids), SavedSearch.is_active)
    rows = await session.execute(query.order_by(SavedSearch.id).with_for_update(read=True))
    return {row[0]: row[1] for row in rows}


async def find_told(session: ReadSession, pairs: Collection[tuple[UUID, str]]) -> set[tuple[UUID, str]]:
    """Of these searches and procurements those of which the one has found a version of the other before."""
    if not pairs:
        return set()
    query = select(SearchMatch.search_id, SearchMatch.control_number).where(
        tuple_(SearchMatch.search_id, SearchMatch.control_number).in_(list(pairs))
    )
    return {(row[0], row[1]) for row in await session.execute(query.distinct())}


async def add_matches(session: Session, rows: Sequence[Mapping[str, Any]]) -> int:
    """Write what was found, each version once for a search; returns how many were not there yet."""
    added = 0
    for start in range(0, len(rows), ROWS_PER_STATEMENT):
        chunk = [dict(row) for row in rows[start : start + ROWS_PER_STATEMENT]]
        statement = insert(SearchMatch).values(chunk).on_conflict_do_nothing()
        added += len((await session.execute(statement.returning(SearchMatch.control_number))).all())
    return added


async def find_due(session: Session, *, limit: int) -> Sequence[SavedSearch]:
    """Searches that have something to tell now, or whose digest is due; locked, those that somebody holds left out."""
    untold = select(null()).where(SearchMatch.search_id == SavedSearch.id, SearchMatch.message_id.is_(None)).exists()
    at_once = and_(SavedSearch.next_digest_at.is_(None), untold)
    query = (
        select(SavedSearch)
        .where(SavedSearch.is_active, or_(at_once, SavedSearch.next_digest_at <= func.now()))
        .order_by(SavedSearch.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
        .execution_options(populate_existing=True)
    )
    return (await session.scalars(query)).all()


async def find_untold(session: ReadSession, search_id: UUID, *, limit: int) -> Sequence[SearchMatch]:
    """What a search has found and not told of, the oldest first."""
    query = select(SearchMatch).where(SearchMatch.search_id == search_id, SearchMatch.message_id.is_(None))
    order = (SearchMatch.matched_at, SearchMatch.version_at, SearchMatch.control_number, SearchMatch.digest)
    return (await session.scalars(query.order_by(*order).limit(limit))).all()


async def drop_untold(session: Session, search_id: UUID) -> list[Change]:
    """Forget what a search has found and not told of; what it is to look at again instead."""
    statement = (
        delete(SearchMatch)
        .where(SearchMatch.search_id == search_id, SearchMatch.message_id.is_(None))
        .returning(SearchMatch.control_number)
    )
    numbers = set((await session.scalars(statement)).all())
    return [Change(number, search_id) for number in sorted(numbers)]
