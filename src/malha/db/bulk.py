"""Rows into a table by COPY, in a session's transaction."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from psycopg import AsyncConnection, sql
from psycopg.types.json import Jsonb
from sqlalchemy.dialects.postgresql import JSONB

from malha.db.base import Base
from malha.db.engine import Session


async def copy_rows(
    session: Session, model: type[Base], rows: Iterable[dict[str, Any]], *, columns: Sequence[str] | None = None
) -> None:
    """Copy rows, each a mapping of column names of the model's table; columns that a row leaves out are null.

    With `columns`, only those are written, and the others get their defaults. Rows that are made one by one are sent
    while the next are made.
    """
    if not rows:
        return
    table = model.__table__
    names = list(columns or (column.name for column in table.columns))
    json_names = {column.name for column in table.columns if isinstance(column.type, JSONB)}
    statement = sql.SQL("COPY {} ({}) FROM STDIN").format(
        sql.Identifier(model.__tablename__), sql.SQL(", ").join(map(sql.Identifier, names))
    )
    raw = await (await session.connection()).get_raw_connection()
    driver: AsyncConnection[Any] = raw.driver_connection  # type: ignore[assignment] - psycopg is the only driver
    async with driver.cursor() as cursor, cursor.copy(statement) as copy:
        for row in rows:
            await copy.write_row([_cell(row.get(name), is_json=name in json_names) for name in names])


def _cell(value: Any, *, is_json: bool) -> Any:
    return Jsonb(value) if is_json and value is not None else value
