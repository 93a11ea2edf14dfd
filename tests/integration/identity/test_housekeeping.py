"""What happens by itself: seals, and the end of what expired."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import timedelta

import psycopg
import pytest
from sqlalchemy import func, select, update
from structlog.testing import capture_logs
from tests.factories.identity import Accounts

from malha.db import Base, Database
from malha.identity.models import AuditSeal, LoginSession, LoginThrottle, OneTimeToken, RefreshToken
from malha.identity.service import Housekeeping, Origin, charge_attempt, verify_audit_log
from malha.kit.urls import libpq_url
from malha.settings import SecuritySettings, Settings

pytestmark = pytest.mark.anyio


@pytest.fixture
def installation_url(new_database: Callable[[], str]) -> str:
    return new_database()


async def sealed_seq(database: Database) -> int | None:
    async with database.read_session() as session:
        return await session.scalar(select(AuditSeal.seq))


async def count(database: Database, model: type[Base]) -> int:
    async with database.read_session() as session:
        return await session.scalar(select(func.count()).select_from(model)) or 0


async def test_the_log_is_sealed_while_an_api_process_lives(
    accounts: Accounts, database: Database, security: SecuritySettings
) -> None:
    async with Housekeeping(database, security, every_seconds=0.01), asyncio.timeout(10):
        await accounts.add()
        async with database.read_session() as session:
            head = (await verify_audit_log(session, security)).head_seq
        while await sealed_seq(database) != head:  # noqa: ASYNC110 - the database tells nobody
            await asyncio.sleep(0.01)
    assert head > 0


async def test_processes_that_seal_at_once_do_not_disturb_each_other(
    accounts: Accounts, database: Database, security: SecuritySettings
) -> None:
    await asyncio.gather(*(accounts.add() for _ in range(5)))
    housekeeping = Housekeeping(database, security)
    with capture_logs() as logs:
        await asyncio.gather(*(housekeeping.seal() for _ in range(8)))
    assert logs == []
    async with database.read_session() as session:
        report = await verify_audit_log(session, security)
    assert report.is_intact
    assert report.sealed_seq == report.head_seq


async def test_a_broken_log_is_cried_out_and_not_sealed(
    accounts: Accounts, database: Database, security: SecuritySettings, settings: Settings
) -> None:
    await accounts.add()
    with psycopg.connect(libpq_url(settings.database.url), autocommit=True) as intruder:
        intruder.execute("SET session_replication_role = replica")
        intruder.execute("UPDATE audit_log SET action = 'X'")
    with capture_logs() as logs:
        await Housekeeping(database, security).seal()
    assert [(line["event"], line["log_level"]) for line in logs] == [("audit_log.broken", "error")]
    assert await sealed_seq(database) == 0


async def test_what_expired_a_week_ago_goes_and_the_rest_stays(
    accounts: Accounts, database: Database, security: SecuritySettings
) -> None:
    old, new = await accounts.add(), await accounts.add()
    for account in (old, new):
        await accounts.add_one_time_login(account)
    await charge_attempt(database, "somebody@example.com", Origin())
    async with database.session() as session:
        long_ago = func.now() - timedelta(days=8)
        await session.execute(update(LoginSession).where(LoginSession.user_id == old.id).values(revoked_at=long_ago))
        await session.execute(update(OneTimeToken).where(OneTimeToken.user_id == old.id).values(expires_at=long_ago))
        await session.execute(
            update(LoginThrottle).where(LoginThrottle.bucket.startswith("account")).values(drained_at=long_ago)
        )
        await session.commit()
    await Housekeeping(database, security).purge()
    kept = [await count(database, model) for model in (LoginSession, RefreshToken, OneTimeToken, LoginThrottle)]
    assert kept == [1, 1, 1, 1]
