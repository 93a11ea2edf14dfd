"""Pages of what is looked for, from the newest day backwards, so that no word is too common to be ranked.

Ranking every row that a third of the table's rows match takes seconds. Only the rows of the newest days that hold ten
thousand matches together are ranked: the index gives a word's rows of some days without its others.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from operator import attrgetter
from typing import Any

from sqlalchemy import ColumnElement, Integer, Select, String, cast, func, literal, select, tuple_
from sqlalchemy.dialects.postgresql import TSQUERY

from malha.db import ReadSession
from malha.db.paging import Window
from malha.procurement.errors import SearchTextCommonError
from malha.procurement.models import Contract, Item, PriceRecord, Procurement
from malha.procurement.repository import filtering, numbers
from malha.procurement.repository.filtering import Condition, has_any, text_search
from malha.procurement.repository.places import (
    LONGEST_SPAN,
    Place,
    Scope,
    meaning_of,
    read_place,
    read_ranked,
    write_place,
    write_ranked,
)
from malha.procurement.rules.filters import RecordFilter, Sorting
from malha.procurement.rules.periods import cover, day_number, first_instant
from malha.procurement.rules.queries import read_query

MOST_RANKED = 10_000
_GROWTH = 8
_RANK_SCALE = 1_000_000
_DAMPED_BY_LENGTH = 1  # ts_rank divided by 1 + the logarithm of the text's length


@dataclass(frozen=True, slots=True)
class Listing:
    """A table that is searched: by which instant it is listed, and what makes a row's place unique after it."""

    name: str
    at: Any
    keys: tuple[Any, ...]
    search: Any
    facets: Any
    condition: Callable[[RecordFilter], Condition]
    numbers: Callable[[str], Sequence[Condition]]
    clock: Any
    """An indexed column with the same bounds as `at`."""


PROCUREMENTS = Listing(
    "procurements", Procurement.published_at, (Procurement.control_number,), Procurement.search, Procurement.facets,
    filtering.procurement_condition, numbers.procurement_numbers, Procurement.published_at,
)  # fmt: skip
ITEMS = Listing(
    "items", Item.published_at, (Item.control_number, Item.number), Item.search, Item.facets,
    filtering.item_condition, numbers.item_numbers, Procurement.published_at,
)  # fmt: skip
CONTRACTS = Listing(
    "contracts", Contract.listed_at, (Contract.control_number,), Contract.search, Contract.facets,
    filtering.contract_condition, numbers.contract_numbers, Contract.listed_at,
)  # fmt: skip
PRICE_RECORDS = Listing(
    "price-records", PriceRecord.listed_at, (PriceRecord.control_number,), PriceRecord.search, PriceRecord.facets,
    filtering.price_record_condition, numbers.price_record_numbers, PriceRecord.listed_at,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Found:
    """The places of a page. `total` is None where nobody counts: by date, or after the first page."""

    places: list[Place]
    next_cursor: str | None
    total: int | None
    has_more: bool
    """More matched than were ranked."""
    tsquery: str | None

    @property
    def keys(self) -> list[tuple[Any, ...]]:
        """Of the page's rows."""
        return [place.keys for place in self.places]


@dataclass(frozen=True, slots=True)
class _Sought:
    listing: Listing
    condition: Condition
    tsquery: str | None
    meaning: int = 0
    """Which of a number's meanings is sought; 0 for words."""

    @property
    def name(self) -> str:
        """Of its list by date."""
        return f"{self.listing.name}#{self.meaning}"

    def rows(self, first: int | None, last: int, *, is_ranked: bool) -> Select[*tuple[Any, ...]]:
        """The rows of these days that match, with their rank; without `first` of all days up to the last."""
        listing = self.listing
        query = select(listing.at.label("at"), *(key.label(f"key{n}") for n, key in enumerate(listing.keys)))
        if self.tsquery is not None:
            asked = cast(literal(self.tsquery, String), TSQUERY)
            query = query.where(listing.search.op("@@")(asked))
            if is_ranked:
                rank = func.ts_rank(listing.search, asked, _DAMPED_BY_LENGTH) * _RANK_SCALE
                query = query.add_columns(cast(rank, Integer).label("rank"))
        if first is None:
            query = query.where(listing.at < first_instant(last + 1))
        else:
            query = query.where(has_any(listing.facets, cover(first, last)))
        keys = (has_any(listing.facets, alternatives) for alternatives in self.condition.keys)
        return query.where(*keys, *self.condition.exact)


async def find_page(
    session: ReadSession, listing: Listing, wanted: RecordFilter, sorting: Sorting, window: Window
) -> Found:
    """The wanted page. A number finds what has it, by date, and only where nothing has it the texts that name it.

    Raises CursorInvalidError, and SearchTextCommonError for a text of common words alone.
    """
    tsquery = await prepare(session, wanted.text)
    condition = listing.condition(wanted)
    for meaning, number_condition in enumerate(listing.numbers(wanted.text or ""), start=1):
        if window.cursor is None or meaning_of(listing.name, listing.keys, window.cursor) == meaning:
            sought = _Sought(listing, condition.also(number_condition), None, meaning)
            found = await _find_newest(session, sought, wanted, window)
            if found.places or window.cursor is not None:
                return found
    if not tsquery and wanted.text is not None:
        raise SearchTextCommonError(text=wanted.text)
    sought = _Sought(listing, condition, tsquery)
    if tsquery is not None and sorting is Sorting.RELEVANCE:
        return await _find_ranked(session, sought, wanted, window)
    return await _find_newest(session, sought, wanted, window)


async def prepare(session: ReadSession, text: str | None) -> str | None:
    """PostgreSQL's own form of a text query, and a session that answers it without detours."""
    query = read_query(text or "")
    asked = text_search(query)
    row = (
        await session.execute(
            select(
                cast(asked, String),
                func.set_config("jit", "off", True),  # noqa: FBT003 - for this transaction
                func.set_config("max_parallel_workers_per_gather", "0", True),  # noqa: FBT003
            )
        )
    ).one()
    return row[0] or None


async def _bounds(session: ReadSession, listing: Listing, wanted: RecordFilter) -> tuple[int, int, datetime] | None:
    """The oldest and the newest day that can hold a row of the filter, and the newest instant."""
    oldest, newest = (await session.execute(select(func.min(listing.clock), func.max(listing.clock)))).one()
    if oldest is None:
        return None
    first, last = day_number(oldest), day_number(newest)
    if wanted.published_from is not None:
        first = max(first, filtering.number_of(wanted.published_from))
    if wanted.published_to is not None:
        last = min(last, filtering.number_of(wanted.published_to))
    return (first, last, newest) if first <= last else None


class _Walk:
    """Days from the newest to the oldest, as many at once as hold what is still wanted, by what was found so far."""

    def __init__(self, first: int, last: int, *, is_narrow: bool) -> None:
        self.oldest, self.newest = first, last
        self.last = last
        self._is_narrow = is_narrow
        self._span = 1

    @property
    def is_over(self) -> bool:
        return self.last < self.oldest

    def next_days(self) -> tuple[int | None, int]:
        """The first and the last of the next days; no first for all that are left."""
        last = self.last
        first = max(last - self._span + 1, self.oldest)
        if self._is_narrow or self.newest - first >= LONGEST_SPAN:
            self.last = self.oldest - 1
            return None, last
        self.last = first - 1
        return first, last

    def learn(self, found: int, wanted: int) -> None:
        """Choose how many days come next, when so many of the wanted rows were found in all days so far."""
        walked = self.newest - self.last
        density = found / walked
        needed = math.ceil((wanted - found) / density) if density else walked * _GROWTH
        self._span = max(1, min(needed, walked * _GROWTH))


async def _find_newest(session: ReadSession, sought: _Sought, wanted: RecordFilter, window: Window) -> Found:
    listing = sought.listing
    bounds = await _bounds(session, listing, wanted)
    place = read_place(sought.name, listing.keys, window.cursor) if window.cursor is not None else None
    if bounds is None:
        return Found([], None, 0, has_more=False, tsquery=sought.tsquery)
    first, last, _ = bounds
    if place is not None:
        last = min(last, day_number(place.at))
    walk = _Walk(first, last, is_narrow=sought.condition.is_narrow)
    places: list[Place] = []
    while not walk.is_over and len(places) <= window.limit:
        rows = sought.rows(*walk.next_days(), is_ranked=False)
        found = rows.cte("found").prefix_with("MATERIALIZED")
        order = [found.c.at, *(found.c[f"key{n}"] for n in range(len(listing.keys)))]
        query = select(*order).order_by(*(column.desc() for column in order)).limit(window.limit + 1 - len(places))
        if place is not None:
            query = query.where(tuple_(*order) < (place.at, *place.keys))
        places += [Place(0, row[0], tuple(row[1:])) for row in await session.execute(query)]
        walk.learn(len(places), window.limit + 1)
    has_next = len(places) > window.limit
    del places[window.limit :]
    cursor = write_place(sought.name, places[-1]) if has_next else None
    return Found(places, cursor, None, has_more=False, tsquery=sought.tsquery)


async def _find_ranked(session: ReadSession, sought: _Sought, wanted: RecordFilter, window: Window) -> Found:
    if window.cursor is not None:
        return await _continue_ranked(session, sought, window)
    bounds = await _bounds(session, sought.listing, wanted)
    if bounds is None:
        return Found([], None, 0, has_more=False, tsquery=sought.tsquery)
    first, last, newest = bounds
    walk = _Walk(first, last, is_narrow=sought.condition.is_narrow)
    best: list[Place] = []
    total = 0
    while not walk.is_over and total < MOST_RANKED:
        days = walk.next_days()
        places, count = await _rank(session, sought, days, window.limit)
        best += places
        total += count
        walk.learn(total, MOST_RANKED)
    best.sort(key=attrgetter("rank", "at", "keys"), reverse=True)
    has_next = len(best) > window.limit
    del best[window.limit :]
    scope = Scope(walk.last + 1 if not walk.is_over else None, last, newest)
    cursor = write_ranked(sought.listing.name, best[-1], scope) if has_next else None
    has_more = total > MOST_RANKED or not walk.is_over
    return Found(best, cursor, min(total, MOST_RANKED), has_more=has_more, tsquery=sought.tsquery)


async def _continue_ranked(session: ReadSession, sought: _Sought, window: Window) -> Found:
    """The page after a cursor, among the rows that were ranked for the first page."""
    assert window.cursor is not None  # noqa: S101 - the caller has looked
    place, scope = read_ranked(sought.listing.name, sought.listing.keys, window.cursor)
    sought = replace(sought, condition=sought.condition.also(Condition(exact=[sought.listing.at <= scope.newest])))
    places, _ = await _rank(session, sought, (scope.first, scope.last), window.limit, place)
    has_next = len(places) > window.limit
    del places[window.limit :]
    cursor = write_ranked(sought.listing.name, places[-1], scope) if has_next else None
    return Found(places, cursor, None, has_more=False, tsquery=sought.tsquery)


async def _rank(
    session: ReadSession, sought: _Sought, days: tuple[int | None, int], limit: int, after: Place | None = None
) -> tuple[list[Place], int]:
    """The best rows of these days after a place, with one more than a page holds, and how many rows match at all."""
    found = sought.rows(*days, is_ranked=True).cte("found").prefix_with("MATERIALIZED")
    order = [found.c.rank, found.c.at, *(found.c[f"key{n}"] for n in range(len(sought.listing.keys)))]
    count = select(func.count()).select_from(found).scalar_subquery()
    query = select(*order, count).order_by(*(column.desc() for column in order)).limit(limit + 1)
    if after is not None:
        query = query.where(tuple_(*order) < (after.rank, after.at, *after.keys))
    rows: list[Any] = list((await session.execute(query)).all())
    return [Place(row[0], row[1], tuple(row[2:-1])) for row in rows], rows[0][-1] if rows else 0


def matches_text(listing: Listing, tsquery: str) -> ColumnElement[bool]:
    """Whether a row's words answer PostgreSQL's form of a query."""
    return listing.search.op("@@")(cast(literal(tsquery, String), TSQUERY))
