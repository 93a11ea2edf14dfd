"""Keyset pages: each starts at the place in the order where the last one ended, so that a deep one costs no more.

A cursor holds that place and the name of its order: one of another list, or a damaged one, is a CursorInvalidError.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Generic, TypeVar
from uuid import UUID

from sqlalchemy import ColumnElement, Select, tuple_
from sqlalchemy.orm import InstrumentedAttribute

from malha.db.engine import Database, ReadSession
from malha.kit.pagination import (
    CursorInvalidError,
    amount,
    day,
    decode_cursor,
    encode_cursor,
    identifier,
    instant,
    number,
)

Item = TypeVar("Item")
Shown = TypeVar("Shown")


@dataclass(frozen=True, slots=True)
class Window:
    """Which stretch of a list is wanted: `limit` rows after a cursor, or after `offset` rows."""

    limit: int
    cursor: str | None = None
    offset: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Page(Generic[Item]):
    """A stretch of a list; `next_cursor` is null on the last one."""

    items: list[Item]
    next_cursor: str | None = None

    def map(self, show: Callable[[Item], Shown]) -> Page[Shown]:
        """The page with each item as `show` makes it."""
        return Page(items=[show(item) for item in self.items], next_cursor=self.next_cursor)

    def counted(self, total: int) -> CountedPage[Item]:
        """The page with the length of the whole list."""
        return CountedPage(items=self.items, next_cursor=self.next_cursor, total=total)

    def counted_at(self, window: Window, total: int) -> OffsetPage[Item]:
        """The same, with the place that was asked for."""
        return OffsetPage(
            items=self.items, next_cursor=self.next_cursor, total=total, limit=window.limit, offset=window.offset
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class CountedPage(Page[Item]):
    """A page that knows the length of its whole list."""

    total: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OffsetPage(CountedPage[Item]):
    """A page that may have been asked for by offset, and says so."""

    limit: int
    offset: int


class Order:
    """The sort keys of a list, all ascending or all descending; the last one makes a row's place unique.

    The keys are columns without nulls, of the first entity of the query's rows.
    """

    def __init__(self, *keys: InstrumentedAttribute[Any], is_descending: bool = False) -> None:
        self.is_descending = is_descending
        self._keys = keys
        self._name = ("-" if is_descending else "") + ".".join(str(key) for key in keys)
        self._readers = [_READERS[key.type.python_type] for key in keys]

    def columns(self, of: Any = None) -> list[Any]:
        """The sort columns, or those of the same names `of` a subquery."""
        return [of[key.key] if of is not None else key for key in self._keys]

    def sort(self, query: Select[*tuple[Any, ...]], of: Any = None) -> Select[*tuple[Any, ...]]:
        """The query in this order."""
        return query.order_by(*(column.desc() if self.is_descending else column for column in self.columns(of)))

    def beyond(self, cursor: str) -> ColumnElement[bool]:
        """The condition of the rows after a cursor; raises CursorInvalidError."""
        name, *place = decode_cursor(cursor, length=len(self._keys) + 1)
        if name != self._name:
            raise CursorInvalidError(cursor)
        try:
            values = [read(value) for read, value in zip(self._readers, place, strict=True)]
        except (TypeError, ValueError, AttributeError, ArithmeticError) as error:
            raise CursorInvalidError(cursor) from error
        columns = tuple_(*self._keys)
        return columns < values if self.is_descending else columns > values

    def cursor_after(self, entity: object) -> str:
        """The cursor of the page that begins after this row."""
        return encode_cursor([self._name, *(_write(getattr(entity, key.key)) for key in self._keys)])


_READERS: dict[type, Callable[[Any], Any]] = {
    datetime: instant, date: day, Decimal: amount, UUID: identifier, int: number, str: str,
}  # fmt: skip


def _write(value: Any) -> Any:
    return value.isoformat() if isinstance(value, (datetime, date)) else value if isinstance(value, int) else str(value)


async def fetch_page(session: ReadSession, query: Select[*tuple[Any, ...]], order: Order, window: Window) -> Page[Any]:
    """The wanted stretch: entities, or rows where the query has several columns. Raises CursorInvalidError."""
    if window.cursor is not None:
        query = query.where(order.beyond(window.cursor))
    if window.offset:
        query = query.offset(window.offset)
    rows = (await session.execute(order.sort(query).limit(window.limit + 1))).all()
    return cut_page([row[0] if len(row) == 1 else row for row in rows], order, window)


def cut_page(rows: Sequence[Any], order: Order, window: Window) -> Page[Any]:
    """The page of rows that were read with one more than it holds."""
    if len(rows) <= window.limit:
        return Page(items=list(rows))
    last = rows[window.limit - 1]
    following = order.cursor_after(last[0] if isinstance(last, Sequence) else last)
    return Page(items=list(rows[: window.limit]), next_cursor=following)


async def walk_pages(
    database: Database, fetch: Callable[[ReadSession, Window], Awaitable[Page[Item]]], *, size: int
) -> AsyncIterator[list[Item]]:
    """The items of a whole list, page after page, each in a session of its own, so that no transaction lasts."""
    window: Window | None = Window(size)
    while window is not None:
        async with database.read_session() as session:
            page = await fetch(session, window)
        yield page.items
        window = Window(size, page.next_cursor) if page.next_cursor is not None else None
