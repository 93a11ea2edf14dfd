"""Single statements, each a transaction of its own, on plain psycopg connections.

A session costs several round trips and more than a millisecond of Python: nothing to most requests, but several times
what a request takes that writes with one statement.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any, LiteralString

from psycopg import AsyncConnection, Error, OperationalError
from psycopg.rows import TupleRow

PREPARE_AFTER = 1


class Autocommit:
    """Keeps up to `size` connections open, and opens no more than that at a time."""

    def __init__(
        self, url: str, *, size: int, application_name: str, options: str, connect_timeout_seconds: int
    ) -> None:
        self._url = url
        self._application_name = application_name
        self._options = options
        self._connect_timeout = connect_timeout_seconds
        self._idle: list[AsyncConnection[TupleRow]] = []
        self._slots = asyncio.Semaphore(size)

    async def fetch_one(self, statement: LiteralString, parameters: Mapping[str, Any]) -> TupleRow | None:
        """The first row that the statement returns.

        When a kept connection turns out to be lost, the statement is sent again on a new one although it may have been
        carried out: it must be one that can be repeated.
        """
        async with self._slots:
            if self._idle:
                kept = self._idle.pop()
                try:
                    return await self._run(kept, statement, parameters)
                except OperationalError:
                    if not kept.closed:
                        raise
                    await self.close()  # a server that dropped one has dropped the others, too
            return await self._run(await self._connect(), statement, parameters)

    async def close(self) -> None:
        """Close the connections that are not in use."""
        while self._idle:
            await self._idle.pop().close()

    async def _run(
        self, connection: AsyncConnection[TupleRow], statement: LiteralString, parameters: Mapping[str, Any]
    ) -> TupleRow | None:
        try:
            cursor = await connection.execute(statement, parameters)
            row = await cursor.fetchone()
        except Error:
            if not connection.closed:
                self._idle.append(connection)
            raise
        except BaseException:
            await connection.close()  # cancelled: whatever the server still sends must not meet the next statement
            raise
        self._idle.append(connection)
        return row

    async def _connect(self) -> AsyncConnection[TupleRow]:
        return await AsyncConnection.connect(
            self._url,
            autocommit=True,
            prepare_threshold=PREPARE_AFTER,
            application_name=self._application_name,
            options=self._options,
            connect_timeout=self._connect_timeout,
        )
