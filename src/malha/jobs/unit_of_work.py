"""A unit of work: one transaction shared by the parts of a message, with a savepoint around each part's writes."""

from __future__ import annotations

from types import TracebackType
from typing import Any, Self

from psycopg import AsyncConnection
from sqlalchemy.ext.asyncio import AsyncConnection as SqlConnection

from malha.db import Database, Session


class UnitOfWork:
    """Opens its connection when the first session is asked for: parts that write nothing cost no transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._connection: SqlConnection | None = None
        self._session: Session | None = None
        self._messages: list[object] = []

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, _type: type[BaseException] | None, _error: BaseException | None, _traceback: TracebackType | None
    ) -> None:
        if self._session is not None:
            await self._session.close()
        if self._connection is not None:
            await self._connection.close()

    @property
    def is_open(self) -> bool:
        """True when a transaction has begun."""
        return self._connection is not None

    async def session(self) -> Session:
        """The current part's session; all it writes stands or falls with `keep` or `discard`."""
        if self._connection is None:
            self._connection = await self._database.engine.connect()
            await self._connection.begin()
        if self._session is None:
            self._session = Session(
                bind=self._connection, expire_on_commit=False, join_transaction_mode="create_savepoint"
            )
        return self._session

    async def keep(self) -> None:
        """Release the savepoint of the part that ended well."""
        if self._session is not None:
            await self._session.commit()
            self._messages += self._session.take_messages()

    async def discard(self) -> None:
        """Undo the part that failed, and only that."""
        if self._session is not None:
            await self._session.rollback()
            self._session.take_messages()

    async def driver(self) -> AsyncConnection[Any]:
        """The psycopg connection under the transaction, for the ledger's statements."""
        await self.session()
        assert self._connection is not None  # noqa: S101 - session() has opened it
        raw = await self._connection.get_raw_connection()
        return raw.driver_connection  # type: ignore[return-value] - the engine is psycopg's

    async def commit(self) -> None:
        """Commit everything that was kept, give the connection back, and send what the kept parts collected."""
        if self._session is not None:
            await self._session.close()
            self._session = None
        if self._connection is not None:
            await self._connection.commit()
            await self._connection.close()
            self._connection = None
        messages, self._messages = self._messages, []
        if messages:
            await self._database.deliver(messages)

    async def rollback(self) -> None:
        """Undo everything and give the connection back."""
        self._messages = []
        if self._session is not None:
            await self._session.close()
            self._session = None
        if self._connection is not None:
            await self._connection.rollback()
            await self._connection.close()
            self._connection = None
