"""Identity's routes on a real database, without the rest of the application."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable

import pytest
from fastapi import APIRouter, FastAPI
from httpx2 import ASGITransport, AsyncClient
from pydantic import SecretStr
from tests.factories.identity import Accounts

from malha.db import Database
from malha.errors import install_error_handlers
from malha.identity.routes import router
from malha.identity.service import Authenticator
from malha.settings import DatabaseSettings, SecuritySettings, Settings


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def security() -> SecuritySettings:
    return SecuritySettings(secret_key=SecretStr("a secret key of the tests, long enough"))


@pytest.fixture
def settings(new_database: Callable[..., str], security: SecuritySettings) -> Settings:
    """Settings of an installation that starts with an empty, migrated database."""
    return Settings(database=DatabaseSettings(url=new_database()), security=security)


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
    api = FastAPI()
    api.state.settings = settings
    api.state.database = database
    api.state.authenticator = Authenticator(database, settings.security)
    install_error_handlers(api)
    versioned = APIRouter(prefix="/api/v1")
    versioned.include_router(router)
    api.include_router(versioned)
    return api


@pytest.fixture
async def client(app: FastAPI) -> AsyncIterator[AsyncClient]:
    transport = ASGITransport(app=app, client=("192.0.2.10", 4711))
    async with AsyncClient(transport=transport, base_url="https://malha.test/api/v1") as opened:
        yield opened
