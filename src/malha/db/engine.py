"""Connections to PostgreSQL: one pool a process, a read session and a write session as two types."""

from __future__ import annotations

from collections.abc import AsyncIterator
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
    """A session whose caller commits, at the edge: a request or a part of a job."""


def _dumps(value: object) -> str:
    return orjson.dumps(value, default=str).decode()


class Database:
    """The engine and its session factories, and `autocommit` for single statements. `dispose` closes the pools."""

    def __init__(self, settings: DatabaseSettings, *, application_name: str = "malha") -> None:
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
        """A write session; rolls back when left without a commit."""
        async with self._write() as session:
            yield session

    @asynccontextmanager
    async def read_session(self) -> AsyncIterator[ReadSession]:
        """A read-only session."""
        async with self._read() as session:
            yield session

    async def dispose(self) -> None:
        """Close every pooled connection."""
        await self.autocommit.close()
        await self.engine.dispose()
