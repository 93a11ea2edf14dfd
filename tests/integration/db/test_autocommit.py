"""Single statements on plain connections."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import psycopg
import pytest
from psycopg.errors import DivisionByZero, QueryCanceled

from malha.db import Database
from malha.db.autocommit import Autocommit
from malha.kit.urls import libpq_url
from malha.settings import DatabaseSettings

pytestmark = pytest.mark.anyio

SELF = "SELECT pg_backend_pid()"


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
async def autocommit(database_url: str) -> AsyncIterator[Autocommit]:
    database = Database(DatabaseSettings(url=database_url, pool_size=2))
    yield database.autocommit
    await database.dispose()


async def backend(autocommit: Autocommit) -> int:
    row = await autocommit.fetch_one(SELF, {})
    assert row is not None
    return row[0]


async def test_one_connection_serves_one_statement_after_the_other(autocommit: Autocommit) -> None:
    assert await backend(autocommit) == await backend(autocommit)


async def test_a_statement_that_returns_nothing_gives_none(autocommit: Autocommit) -> None:
    assert await autocommit.fetch_one("SELECT 1 WHERE false", {}) is None


async def test_each_statement_is_committed_at_once(autocommit: Autocommit) -> None:
    row = await autocommit.fetch_one("SELECT pg_current_xact_id()::text", {})
    assert row is not None
    assert await autocommit.fetch_one("SELECT pg_xact_status(%(id)s::xid8)", {"id": row[0]}) == ("committed",)


async def test_no_more_connections_are_open_than_allowed(autocommit: Autocommit) -> None:
    slow = "SELECT pg_backend_pid(), pg_sleep(0.05)"
    rows = await asyncio.gather(*(autocommit.fetch_one(slow, {}) for _ in range(6)))
    assert len({row[0] for row in rows if row}) == 2


async def test_an_error_leaves_the_connection_in_use(autocommit: Autocommit) -> None:
    before = await backend(autocommit)
    with pytest.raises(DivisionByZero):
        await autocommit.fetch_one("SELECT 1 / %(zero)s", {"zero": 0})
    assert await backend(autocommit) == before


async def test_a_timeout_of_the_server_is_told_and_not_repeated(autocommit: Autocommit) -> None:
    before = await backend(autocommit)
    await autocommit.fetch_one("SELECT set_config('statement_timeout', '1', false)", {})
    with pytest.raises(QueryCanceled):
        await autocommit.fetch_one("SELECT pg_sleep(30)", {})
    assert await backend(autocommit) == before


async def test_a_lost_connection_is_replaced(autocommit: Autocommit, database_url: str) -> None:
    lost = await backend(autocommit)
    with psycopg.connect(libpq_url(database_url), autocommit=True) as admin:
        admin.execute("SELECT pg_terminate_backend(%s)", [lost])
    assert await backend(autocommit) != lost


async def test_a_cancelled_statement_takes_its_connection_along(autocommit: Autocommit) -> None:
    before = await backend(autocommit)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.05):
            await autocommit.fetch_one("SELECT pg_sleep(30)", {})
    assert await backend(autocommit) != before
