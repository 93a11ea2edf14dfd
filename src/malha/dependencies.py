"""What routes ask for: the application's shared resources, put on `app.state` by the composition root.

All are coroutines, because FastAPI runs a plain function on a thread of its pool: a tenth of a millisecond each.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Annotated, Any

from fastapi import Depends, Query
from redis.asyncio import Redis
from starlette.requests import HTTPConnection

from malha.db import Database, ReadSession, Session
from malha.db.paging import Window
from malha.settings import Settings
from malha.storage import Storage


async def get_app_settings(connection: HTTPConnection) -> Settings:
    """The application's settings."""
    return connection.app.state.settings


async def get_database(connection: HTTPConnection) -> Database:
    """The application's database."""
    return connection.app.state.database


async def get_write_session(connection: HTTPConnection) -> AsyncIterator[Session]:
    """The request's transaction: committed when the route has returned, before the answer is sent."""
    async with connection.app.state.database.session() as session:
        yield session


async def get_read_session(connection: HTTPConnection) -> AsyncIterator[ReadSession]:
    """A read session for one request."""
    async with connection.app.state.database.read_session() as session:
        yield session


async def get_storage(connection: HTTPConnection) -> Storage:
    """Where files are kept."""
    return connection.app.state.storage


async def get_redis(connection: HTTPConnection) -> Redis:
    """The bus."""
    return connection.app.state.redis


def window_of(default: int, *, most: int) -> Any:
    """The dependency that reads which stretch of a keyset list is wanted: `limit` (`most` at the most) and `cursor`."""

    async def window(limit: int = Query(default, ge=1, le=most), cursor: str | None = None) -> Window:
        return Window(limit, cursor)

    return Depends(window)


SettingsDep = Annotated[Settings, Depends(get_app_settings)]
DatabaseDep = Annotated[Database, Depends(get_database)]
WriteSessionDep = Annotated[Session, Depends(get_write_session, scope="function")]
ReadSessionDep = Annotated[ReadSession, Depends(get_read_session)]
StorageDep = Annotated[Storage, Depends(get_storage)]
