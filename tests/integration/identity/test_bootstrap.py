"""A new installation: one superuser however many processes start, and a token that only its owner reads."""

from __future__ import annotations

import asyncio
import stat
from collections.abc import Callable
from pathlib import Path

import pytest
from httpx2 import AsyncClient
from pydantic import SecretStr
from sqlalchemy import func, select
from tests.factories.identity import Accounts

from malha.db import Database
from malha.identity.models import ApiToken, User
from malha.identity.service import (
    FirstSuperuser,
    ensure_first_superuser,
    ensure_local_token,
    read_local_token,
    verify_audit_log,
)
from malha.settings import Environment, SecuritySettings, Settings

pytestmark = pytest.mark.anyio


@pytest.fixture
def installation_url(new_database: Callable[[], str]) -> str:
    return new_database()


async def start(database: Database, settings: Settings) -> FirstSuperuser | None:
    async with database.session() as session:
        made = await ensure_first_superuser(session, settings)
        await session.commit()
        return made


async def ensure_token(database: Database, security: SecuritySettings, folder: Path) -> Path:
    async with database.session() as session:
        path = await ensure_local_token(session, security, folder)
        await session.commit()
        return path


def configured(settings: Settings, **security: object) -> Settings:
    return settings.model_copy(update={"security": settings.security.model_copy(update=security)})


async def test_processes_that_start_together_make_one_superuser(database: Database, settings: Settings) -> None:
    made = await asyncio.gather(*(start(database, settings) for _ in range(8)))
    assert [each is not None for each in made].count(True) == 1
    async with database.read_session() as session:
        assert await session.scalar(select(func.count()).select_from(User)) == 1
        assert (await verify_audit_log(session, settings.security)).is_intact


async def test_without_a_name_development_gets_one_with_a_random_password(
    client: AsyncClient, database: Database, settings: Settings
) -> None:
    made = await start(database, settings)
    assert made is not None
    assert made.generated_password is not None
    form = {"username": "admin@malha.local", "password": made.generated_password}
    assert (await client.post("/login/access-token", data=form)).status_code == 200


async def test_a_configured_superuser_has_the_configured_password(
    client: AsyncClient, database: Database, settings: Settings
) -> None:
    named = configured(
        settings, first_superuser="Chefe@Example.com", first_superuser_password=SecretStr("senha configurada")
    )
    made = await start(database, named)
    assert made is not None
    assert made.generated_password is None
    form = {"username": "chefe@example.com", "password": "senha configurada"}
    assert (await client.post("/login/access-token", data=form)).status_code == 200


async def test_production_without_a_name_gets_none(database: Database, settings: Settings) -> None:
    production = settings.model_copy(update={"environment": Environment.PRODUCTION})
    assert await start(database, production) is None
    async with database.read_session() as session:
        assert await session.scalar(select(func.count()).select_from(User)) == 0


async def test_an_existing_account_of_that_name_is_promoted(
    database: Database, settings: Settings, accounts: Accounts
) -> None:
    account = await accounts.add(email="chefe@example.com")
    made = await start(database, configured(settings, first_superuser="chefe@example.com"))
    assert made is not None
    assert made.user_id == account.id
    async with database.read_session() as session:
        assert await session.scalar(select(User.is_superuser).where(User.id == account.id))


async def test_the_local_token_is_private_works_and_is_kept(
    client: AsyncClient, database: Database, settings: Settings, tmp_path: Path
) -> None:
    await start(database, settings)
    path = await ensure_token(database, settings.security, tmp_path / "home")
    secret = read_local_token(tmp_path / "home")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    headers = {"Authorization": f"Bearer {secret}"}
    assert (await client.get("/users", headers=headers)).status_code == 200
    path.chmod(0o644)
    await ensure_token(database, settings.security, tmp_path / "home")
    assert read_local_token(tmp_path / "home") == secret
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [each.name for each in path.parent.iterdir()] == ["token"]


async def test_a_local_token_that_does_not_work_is_replaced(
    database: Database, settings: Settings, tmp_path: Path
) -> None:
    await start(database, settings)
    (tmp_path / "token").write_text("mlh_of-another-database\n")
    await ensure_token(database, settings.security, tmp_path)
    first = read_local_token(tmp_path)
    (tmp_path / "token").unlink()
    await ensure_token(database, settings.security, tmp_path)
    assert first not in {None, "mlh_of-another-database", read_local_token(tmp_path)}
    async with database.read_session() as session:
        valid = select(func.count()).select_from(ApiToken).where(ApiToken.revoked_at.is_(None))
        assert await session.scalar(valid) == 1


async def test_a_folder_without_a_token_has_none(tmp_path: Path) -> None:
    assert read_local_token(tmp_path) is None


async def test_the_last_superuser_stays_even_when_two_leave_at_once(client: AsyncClient, accounts: Accounts) -> None:
    first, second = await accounts.add(is_superuser=True), await accounts.add(is_superuser=True)
    answers = await asyncio.gather(
        client.patch(f"/users/{first.id}", json={"is_superuser": False}, headers=second.headers),
        client.delete(f"/users/{second.id}", headers=first.headers),
    )
    assert sorted(answer.status_code for answer in answers) in ([200, 409], [204, 409])
