"""Rows into the tables of documents and findings by COPY."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from psycopg import AsyncConnection, sql
from psycopg.types.json import Jsonb
from sqlalchemy import Table
from sqlalchemy.dialects.postgresql import JSONB

from malha.audits.models import AuditDocument, AuditFinding
from malha.db import Session


async def copy_documents(session: Session, rows: Sequence[dict[str, Any]]) -> None:
    """Copy documents, each a mapping of column names; columns left out are null."""
    await _copy(session, AuditDocument.__table__, rows)  # type: ignore[arg-type] - declarative tables are Tables


async def copy_findings(session: Session, rows: Sequence[dict[str, Any]]) -> None:
    """Copy findings, each a mapping of column names; columns left out are null."""
    await _copy(session, AuditFinding.__table__, rows)  # type: ignore[arg-type]


async def _copy(session: Session, table: Table, rows: Sequence[dict[str, Any]]) -> None:
    if not rows:
        return
    names = [column.name for column in table.columns]
    json_names = {column.name for column in table.columns if isinstance(column.type, JSONB)}
    statement = sql.SQL("COPY {} ({}) FROM STDIN").format(
        sql.Identifier(table.name), sql.SQL(", ").join(map(sql.Identifier, names))
    )
    raw = await (await session.connection()).get_raw_connection()
    driver: AsyncConnection[Any] = raw.driver_connection  # type: ignore[assignment] - psycopg is the only driver
    async with driver.cursor() as cursor, cursor.copy(statement) as copy:
        for row in rows:
            await copy.write_row([_cell(row.get(name), is_json=name in json_names) for name in names])


def _cell(value: Any, *, is_json: bool) -> Any:
    return Jsonb(value) if is_json and value is not None else value
