"""Entries of a file on their way into an account: kept by the database in the part's transaction, not by the worker."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterable, Sequence
from dataclasses import fields
from typing import Any
from uuid import UUID

from psycopg import AsyncConnection, sql
from psycopg.rows import tuple_row

from malha.banking.models import BankAccount
from malha.banking.rules.entries import Direction, Entry, Source, Status
from malha.db import Session
from malha.kit.ids import new_ids

CHUNK = 10_000
"""Entries in memory at a time, but those that look alike stay together."""

_NAMES = tuple(field.name for field in fields(Entry))
_COLUMNS = sql.SQL(", ").join(map(sql.Identifier, _NAMES))
_KEY = tuple(_NAMES.index(name) for name in ("day", "direction", "amount"))
_OPEN = (
    """
    CREATE TEMPORARY TABLE staged_entries ON COMMIT DROP AS
    SELECT 0 AS statement_no, id, day, amount, direction, status, occurred_at, description, kind,
           counterpart_document, counterpart_name, fitid, nsu, provider_id
    FROM bank_transactions WITH NO DATA
    """,
    "CREATE TEMPORARY TABLE staged_identities (id uuid NOT NULL, identity bytea NOT NULL) ON COMMIT DROP",
)
# The order of the file is that of the ids, in which lists show what is of one day.
_INSERT = sql.SQL(
    """
    INSERT INTO bank_transactions (id, identity, {columns}, workspace_id, account_id, source, statement_id)
    SELECT id, identity, {columns}, %(workspace_id)s, %(account_id)s, %(source)s, %(statement_id)s
    FROM staged_identities JOIN staged_entries USING (id) ORDER BY id ON CONFLICT DO NOTHING
    """
).format(columns=_COLUMNS)
_READ = sql.SQL(
    "SELECT id, {columns} FROM staged_entries WHERE statement_no = ANY(%s) ORDER BY day, direction, amount, id"
).format(columns=_COLUMNS)


class StagedEntries:
    """The entries of one file, by the statement of the file that they are of. They go with the transaction."""

    def __init__(self, driver: AsyncConnection[Any]) -> None:
        self._driver = driver

    @classmethod
    async def open(cls, session: Session) -> StagedEntries:
        """Nothing yet; one file at a time in a transaction."""
        raw = await (await session.connection()).get_raw_connection()
        driver: AsyncConnection[Any] = raw.driver_connection  # type: ignore[assignment] - psycopg is the only driver
        for statement in ("DROP TABLE IF EXISTS staged_entries, staged_identities", *_OPEN):
            await driver.execute(statement)
        return cls(driver)

    async def add(self, statement_no: int, entries: Sequence[Entry]) -> None:
        """Keep entries in their order, behind those that were added before."""
        copying = sql.SQL("COPY staged_entries (statement_no, id, {}) FROM STDIN").format(_COLUMNS)
        ids = new_ids(len(entries))
        rows = (
            (statement_no, id_, *(getattr(entry, name) for name in _NAMES))
            for id_, entry in zip(ids, entries, strict=True)
        )
        await self._copy(copying, rows)

    async def read(self, statement_nos: Sequence[int]) -> AsyncGenerator[list[tuple[UUID, Entry]], None]:
        """Entries with the ids that they would get: by day, direction and amount, all that agree in these together."""
        chunk: list[tuple[UUID, Entry]] = []
        last: tuple[Any, ...] | None = None
        async with self._driver.cursor(name="staged_entries", row_factory=tuple_row) as cursor:
            await cursor.execute(_READ, [list(statement_nos)])
            while rows := await cursor.fetchmany(CHUNK):
                for id_, *values in rows:
                    key = tuple(values[place] for place in _KEY)
                    if len(chunk) >= CHUNK and key != last:
                        yield chunk
                        chunk = []
                    chunk.append((id_, _entry(values)))
                    last = key
        if chunk:
            yield chunk

    async def mark_new(self, identities: Iterable[tuple[UUID, bytes]]) -> None:
        """Say which of them are new to the account."""
        await self._copy(sql.SQL("COPY staged_identities (id, identity) FROM STDIN"), identities)

    async def insert_new(self, account: BankAccount, source: Source, statement_id: UUID) -> int:
        """Write what was marked; how many were. One whose identity the account has already is left out."""
        values = {
            "workspace_id": account.workspace_id,
            "account_id": account.id,
            "source": source.value,
            "statement_id": statement_id,
        }
        cursor = await self._driver.execute(_INSERT, values)
        await self._driver.execute("TRUNCATE staged_identities")
        return cursor.rowcount

    async def _copy(self, statement: sql.Composed | sql.SQL, rows: Iterable[Sequence[Any]]) -> None:
        async with self._driver.cursor() as cursor, cursor.copy(statement) as copy:
            for row in rows:
                await copy.write_row(row)


def _entry(values: Sequence[Any]) -> Entry:
    named = dict(zip(_NAMES, values, strict=True))
    return Entry(**{**named, "direction": Direction(named["direction"]), "status": Status(named["status"])})
