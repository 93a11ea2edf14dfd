"""Many rows in one statement, sent as one JSON document: no text of a statement depends on how many they are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from sqlalchemy import TextClause, text
from sqlalchemy.dialects import postgresql

from malha.db import Base, Session
from malha.procurement.rules.wire import dump

Row = Mapping[str, Any]
_DIALECT = postgresql.dialect()
# Never a value of somebody's, only names of tables and columns that our models have.
_INSERT = "INSERT INTO {table} ({names}) SELECT {names} FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS new({typed})"


async def insert_rows(session: Session, model: type[Base], rows: Sequence[Row]) -> None:
    """Write rows that are new. All have the same columns."""
    if rows:
        connection = await session.connection()
        await connection.execute(statement(model, tuple(rows[0]), ""), {"rows": dump(rows)})


async def upsert_rows(session: Session, model: type[Base], rows: Sequence[Row], conflict: str) -> list[Any]:
    """Write rows; `conflict` says what follows ON CONFLICT, and what of those that were written is returned."""
    if not rows:
        return []
    connection = await session.connection()
    found = await connection.execute(statement(model, tuple(rows[0]), conflict), {"rows": dump(rows)})
    return list(found.scalars())


@cache
def statement(model: type[Base], names: tuple[str, ...], conflict: str) -> TextClause:
    """INSERT of these columns from a JSON array of objects."""
    columns = model.__table__.columns
    typed = ", ".join(f"{name} {columns[name].type.compile(dialect=_DIALECT)}" for name in names)
    insert = _INSERT.format(table=model.__tablename__, names=", ".join(names), typed=typed)
    return text(f"{insert} ON CONFLICT {conflict}" if conflict else insert)
