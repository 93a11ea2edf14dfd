"""The application's identity routes on a real database."""

from __future__ import annotations

from collections.abc import AsyncIterator
from itertools import count

import pytest
from fastapi import FastAPI
from httpx2 import ASGITransport, AsyncClient
from pydantic import SecretStr
from tests.factories.identity import Accounts

from malha.db import Database
from malha.identity.service import Authenticator, Cost, Passwords, passwords
from malha.main import create_app
from malha.settings import DatabaseSettings, SecuritySettings, Settings

_hosts = count(1)


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def security() -> SecuritySettings:
    return SecuritySettings(secret_key=SecretStr("a secret key of the tests, long enough"))


@pytest.fixture(autouse=True)
def cheap_passwords(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is tested is not argon2: a hash takes microseconds here."""
    for name, value in vars(Passwords(Cost(memory_kib=8, passes=1, lanes=1))).items():
        monkeypatch.setattr(passwords, name, value)


@pytest.fixture
def installation_url(database_url: str) -> str:
    """The database of the tests. Those that need one of their own, empty but for its schema, override this."""
    return database_url


@pytest.fixture
def settings(installation_url: str, security: SecuritySettings) -> Settings:
    return Settings(database=DatabaseSettings(url=installation_url), security=security)


@pytest.fixture
async def database(settings: Settings) -> AsyncIterator[Database]:
    opened = Database(settings.database)
    yield opened
    await opened.dispose()


@pytest.fixture
def accounts(database: Database, security: SecuritySettings) -> Accounts:
    return Accounts(database, security)


@pytest.fixture
def app(settings: Settings, database: Database) -> FastAPI:
    api = create_app(settings)
    api.state.database = database
    api.state.authenticator = Authenticator(database, settings.security)
    return api


@pytest.fixture
async def client(app: FastAPI) -> AsyncIterator[AsyncClient]:
    transport = ASGITransport(app=app, client=(f"192.0.2.{next(_hosts)}", 4711))  # each test from an address of its own
    async with AsyncClient(transport=transport, base_url="https://malha.test/api/v1") as opened:
        yield opened
