"""Connections to PostgreSQL: one pool a process, a read session and a write session as two types."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager

import orjson
from sqlalchemy import URL, make_url
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine

from malha.db.autocommit import Autocommit
from malha.kit.urls import libpq_url
from malha.settings import DatabaseSettings

CONNECT_TIMEOUT_SECONDS = 5  # a host that swallows packets would hold a request for minutes


class ReadSession(AsyncSession):
    """A session that only reads. Repositories that write ask for `Session`."""


class Session(ReadSession):
    """A session that its edge commits: a request, a part of a job, or a block of `Database.session`."""

    def after_commit(self, *messages: object) -> None:
        """Have the edge send these once the transaction stands; a transaction that is undone sends nothing."""
        self.info.setdefault(_MESSAGES, []).extend(messages)

    def take_messages(self) -> list[object]:
        """What was collected so far, for the edge."""
        return self.info.pop(_MESSAGES, [])


Deliver = Callable[[Sequence[object]], Awaitable[None]]
"""Sends what sessions have collected. The transaction stands by then: it must not raise."""

_MESSAGES = "after_commit"


async def deliver_nothing(_messages: Sequence[object]) -> None:
    """For processes without a broker: the relay finds what was written."""


def _dumps(value: object) -> str:
    return orjson.dumps(value, default=str).decode()


class Database:
    """The engine and its session factories, and `autocommit` for single statements. `dispose` closes the pools.

    `deliver` gets what a session has collected, after its commit.
    """

    def __init__(self, settings: DatabaseSettings, *, application_name: str = "malha") -> None:
        self.deliver: Deliver = deliver_nothing
        self.url: URL = make_url(settings.url)
        options = f"-c timezone=UTC -c statement_timeout={int(settings.statement_timeout_seconds * 1000)}"
        self.engine: AsyncEngine = create_async_engine(
            self.url,
            pool_size=settings.pool_size,
            max_overflow=settings.max_overflow,
            pool_pre_ping=True,
            json_serializer=_dumps,
            json_deserializer=orjson.loads,
            connect_args={
                "application_name": application_name,
                "options": options,
                "connect_timeout": CONNECT_TIMEOUT_SECONDS,
            },
        )
        self.autocommit = Autocommit(
            libpq_url(settings.url),
            size=settings.pool_size,
            application_name=application_name,
            options=options,
            connect_timeout_seconds=CONNECT_TIMEOUT_SECONDS,
        )
        self._write = async_sessionmaker(self.engine, class_=Session, expire_on_commit=False)
        self._read = async_sessionmaker(self.engine, class_=ReadSession, expire_on_commit=False)

    @asynccontextmanager
    async def session(self) -> AsyncIterator[Session]:
        """A transaction: committed when the block ends, undone when it raises. Then what it collected is sent."""
        async with self._write() as session:
            yield session
            await session.commit()
            messages = session.take_messages()
        if messages:
            await self.deliver(messages)

    @asynccontextmanager
    async def read_session(self) -> AsyncIterator[ReadSession]:
        """A read-only session."""
        async with self._read() as session:
            yield session

    async def dispose(self) -> None:
        """Close every pooled connection."""
        await self.autocommit.close()
        await self.engine.dispose()
