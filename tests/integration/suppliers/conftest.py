"""Look-ups on a real database and Redis, against the simulated registry."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from redis import Redis
from sqlalchemy import text
from tests.fakes.registry import RegistryServer

from malha.db import Database
from malha.settings import BrokerSettings, DatabaseSettings, Settings
from malha.suppliers.service import ApiResources, LookUpResult, look_up


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="module")
def registry_server() -> Iterator[RegistryServer]:
    with RegistryServer() as server:
        yield server


@pytest.fixture
def registry(registry_server: RegistryServer) -> Iterator[RegistryServer]:
    yield registry_server
    registry_server.state.__init__(limits=registry_server.state.limits)  # type: ignore[misc] - a clean sheet


@dataclass
class Suppliers:
    """One process's view: its database, its settings, the registry that it asks."""

    database: Database
    base: Settings
    registry: RegistryServer
    settings: Settings

    def use(self, *providers: str, **fields: Any) -> None:
        """Ask these providers from here on."""
        suppliers = self.registry.suppliers(*providers, **fields)
        self.settings = self.base.model_copy(update={"outbound": self.registry.outbound()}).with_groups(suppliers)

    @property
    def resources(self) -> ApiResources:
        return ApiResources(self.database, self.settings)

    async def look_up(self, *cnpjs: str, **options: Any) -> LookUpResult:
        return await look_up(self.resources, cnpjs, **options)

    def askers(self, cnpj: str) -> list[str]:
        """The providers that were asked about a CNPJ, in order."""
        return [ask.provider for ask in self.registry.state.asks if ask.cnpj == cnpj]

    async def retractions(self) -> list[str]:
        """CNPJs whose denial was taken back."""
        return [row.cnpj for row in await self.execute("SELECT cnpj FROM supplier_retractions ORDER BY cnpj")]

    async def age(self, cnpj: str, by: timedelta) -> None:
        """Let an answer be older."""
        await self.execute("UPDATE suppliers SET fetched_at = fetched_at - :by WHERE cnpj = :cnpj", by=by, cnpj=cnpj)

    async def execute(self, statement: str, **parameters: Any) -> list[Any]:
        """Run SQL and commit."""
        async with self.database.session() as session:
            result = await session.execute(text(statement), parameters)
            rows = list(result) if result.returns_rows else []  # type: ignore[attr-defined]
            await session.commit()
        return rows


@pytest.fixture
async def suppliers(database_url: str, redis_url: str, registry: RegistryServer) -> AsyncIterator[Suppliers]:
    base = Settings(database=DatabaseSettings(url=database_url), broker=BrokerSettings(redis_url=redis_url))
    made = Suppliers(Database(base.database), base, registry, base)
    made.use("cnpj_ws")
    yield made
    await made.execute("TRUNCATE suppliers, supplier_claims, supplier_retractions, jobs CASCADE")
    await made.database.dispose()
    with Redis.from_url(redis_url) as redis:
        for key in redis.scan_iter("malha:*"):
            redis.delete(key)
