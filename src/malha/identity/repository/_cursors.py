"""Keyset pages over rows that are ordered by an instant and an id, newest first."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import Select, tuple_
from sqlalchemy.orm import InstrumentedAttribute

from malha.db import ReadSession
from malha.kit.pagination import decode_pair, encode_cursor, identifier, instant

Row = TypeVar("Row")
Keys = tuple[InstrumentedAttribute[datetime], InstrumentedAttribute[UUID]]


async def newest_first(
    session: ReadSession, query: Select[Row], keys: Keys, *, limit: int, cursor: str | None
) -> tuple[list[Row], str | None]:
    """A page of entities and the cursor of the next page, if there is one."""
    created_at, row_id = keys
    query = query.order_by(created_at.desc(), row_id.desc()).limit(limit + 1)
    if cursor is not None:
        query = query.where(tuple_(created_at, row_id) < decode_pair(cursor, instant, identifier))
    rows: Sequence[Any] = (await session.execute(query)).scalars().all()
    if len(rows) <= limit:
        return list(rows), None
    last = rows[limit - 1]
    following = [getattr(last, created_at.key).isoformat(), str(getattr(last, row_id.key))]
    return list(rows[:limit]), encode_cursor(following)
