"""The whole application in front of a database and a Redis that can go away."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from fastapi import FastAPI
from pydantic import SecretStr
from starlette.testclient import TestClient
from tests.factories.identity import Accounts
from tests.fakes.breakable_proxy import BreakableProxy

from malha.db import Database
from malha.main import create_app
from malha.settings import BrokerSettings, DatabaseSettings, SecuritySettings, Settings, UploadSettings


@dataclass
class Platform:
    """An application, somebody who may use it, and the two proxies behind it."""

    client: TestClient
    headers: dict[str, str]
    database: BreakableProxy
    redis: BreakableProxy

    @property
    def app(self) -> FastAPI:
        app = self.client.app
        assert isinstance(app, FastAPI)
        return app

    def forget_callers(self) -> None:
        """Have the next request look its credential up."""
        self.app.state.authenticator.forget()


@pytest.fixture
def platform(database_url: str, redis_url: str, tmp_path: Path) -> Iterator[Platform]:
    with postgres_proxy(database_url) as database, redis_proxy(redis_url) as redis:
        settings = Settings(
            database=DatabaseSettings(url=proxied_database(database_url, database.port)),
            broker=BrokerSettings(redis_url=f"redis://127.0.0.1:{redis.port}/{redis_number(redis_url)}"),
            uploads=UploadSettings(directory=tmp_path),
            security=SecuritySettings(secret_key=SecretStr("a secret key of the tests, long enough")),
        )
        account = asyncio.run(_add_superuser(settings))
        with TestClient(create_app(settings), raise_server_exceptions=False) as client:
            yield Platform(client, account, database, redis)


async def _add_superuser(settings: Settings) -> dict[str, str]:
    database = Database(settings.database)
    account = await Accounts(database, settings.security).add(is_superuser=True)
    await database.dispose()
    return account.headers


def postgres_proxy(url: str) -> BreakableProxy:
    parts = urlsplit(url)
    folder = parse_qs(parts.query).get("host", [""])[0]
    if folder:
        return BreakableProxy(f"{folder}/.s.PGSQL.{parts.port or 5432}", 0)
    return BreakableProxy(parts.hostname or "127.0.0.1", parts.port or 5432)


def proxied_database(url: str, port: int) -> str:
    parts = urlsplit(url)
    login, _, _ = parts.netloc.rpartition("@")
    return f"{parts.scheme}://{login}@127.0.0.1:{port}{parts.path}?sslmode=disable"


def redis_proxy(url: str) -> BreakableProxy:
    parts = urlsplit(url)
    if parts.scheme == "unix":
        return BreakableProxy(parts.path, 0)
    return BreakableProxy(parts.hostname or "127.0.0.1", parts.port or 6379)


def redis_number(url: str) -> str:
    parts = urlsplit(url)
    return parse_qs(parts.query).get("db", ["0"])[0] if parts.scheme == "unix" else parts.path.strip("/") or "0"
