"""Logging in, staying in, and being thrown out."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from httpx2 import AsyncClient, Response
from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher
from sqlalchemy import func, select, update
from tests.factories.identity import PASSWORD, Accounts

from malha.db import Database
from malha.identity.models import AuditEntry, LoginSession, LoginThrottle, OneTimeToken, RefreshToken, User
from malha.identity.service import CACHE_SECONDS, Authenticator
from malha.kit.ids import new_id
from malha.settings import SecuritySettings

pytestmark = pytest.mark.anyio


async def log_in(client: AsyncClient, email: str, password: str = PASSWORD) -> Response:
    return await client.post("/login/access-token", data={"username": email, "password": password})


async def get_me(client: AsyncClient, access_token: str) -> Response:
    return await client.get("/users/me", headers={"Authorization": f"Bearer {access_token}"})


async def test_a_password_becomes_tokens_that_open_the_account(client: AsyncClient, accounts: Accounts) -> None:
    account = await accounts.add()
    answer = await log_in(client, account.email.upper())
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    assert answer.json()["token_type"] == "bearer"
    me = (await get_me(client, answer.json()["access_token"])).json()
    assert (me["id"], me["role"], me["scopes"]) == (str(account.id), "owner", None)
    assert me["last_login_at"] is not None


async def test_wrong_password_unknown_and_closed_account_get_the_same_answer(
    client: AsyncClient, accounts: Accounts
) -> None:
    known, closed = await accounts.add(), await accounts.add(is_active=False)
    answers = [
        await log_in(client, known.email, "another password"),
        await log_in(client, "nobody@example.com"),
        await log_in(client, "not an address\x00"),
        await log_in(client, closed.email),
        await log_in(client, known.email, "x" * 5_000),
    ]
    assert {answer.status_code for answer in answers} == {401}
    assert len({answer.text for answer in answers}) == 1
    assert answers[0].headers["www-authenticate"] == "Bearer"
    assert answers[0].json()["code"] == "credentials-invalid"


async def test_a_login_replaces_a_hash_of_another_cost(
    client: AsyncClient, accounts: Accounts, database: Database
) -> None:
    account = await accounts.add()
    former = PasswordHash((Argon2Hasher(time_cost=2, memory_cost=16, parallelism=1),)).hash(PASSWORD)
    async with database.session() as session:
        await session.execute(update(User).where(User.id == account.id).values(hashed_password=former))
        await session.commit()
    for _ in range(2):
        assert (await log_in(client, account.email)).status_code == 200
    async with database.read_session() as session:
        stored = await session.scalar(select(User.hashed_password).where(User.id == account.id))
    assert stored is not None
    assert "m=8,t=1,p=1" in stored


async def test_an_account_is_throttled_whether_or_not_it_exists(client: AsyncClient, accounts: Accounts) -> None:
    account = await accounts.add()
    for email in (account.email, f"{new_id().hex}@example.com"):
        statuses = [(await log_in(client, email, "wrong password")).status_code for _ in range(10)]
        assert set(statuses) == {401}
        refused = await log_in(client, email, PASSWORD)
        assert refused.status_code == 429
        assert refused.json()["code"] == "login-throttled"
        assert 0 < int(refused.headers["retry-after"]) <= 30


async def test_the_throttle_counts_concurrent_attempts(client: AsyncClient, accounts: Accounts) -> None:
    account = await accounts.add()
    answers = await asyncio.gather(*(log_in(client, account.email, "wrong password") for _ in range(15)))
    assert sorted(answer.status_code for answer in answers) == [401] * 10 + [429] * 5


async def test_a_bucket_drains_with_time(client: AsyncClient, accounts: Accounts, database: Database) -> None:
    account = await accounts.add()
    for _ in range(10):
        await log_in(client, account.email, "wrong password")
    async with database.session() as session:
        await session.execute(update(LoginThrottle).values(drained_at=LoginThrottle.drained_at - timedelta(seconds=31)))
        await session.commit()
    assert (await log_in(client, account.email)).status_code == 200


async def test_a_success_forgets_the_failures(client: AsyncClient, accounts: Accounts) -> None:
    account = await accounts.add()
    for _ in range(2):
        for _ in range(9):
            assert (await log_in(client, account.email, "wrong password")).status_code == 401
        assert (await log_in(client, account.email)).status_code == 200


async def test_an_address_is_throttled_over_all_accounts(client: AsyncClient) -> None:
    attempts = (log_in(client, f"{new_id().hex}@example.com") for _ in range(55))
    answers = await asyncio.gather(*attempts)
    assert sorted(answer.status_code for answer in answers) == [401] * 50 + [429] * 5


async def test_a_refresh_token_gets_the_next_pair(client: AsyncClient, accounts: Accounts) -> None:
    account = await accounts.add()
    first = await client.post("/login/refresh", json={"refresh_token": account.refresh_token})
    second = await client.post("/login/refresh", json={"refresh_token": first.json()["refresh_token"]})
    assert (first.status_code, second.status_code) == (200, 200)
    assert len({account.refresh_token, first.json()["refresh_token"], second.json()["refresh_token"]}) == 3
    assert (await get_me(client, second.json()["access_token"])).status_code == 200


async def test_a_refresh_token_used_twice_ends_the_whole_session(
    client: AsyncClient, accounts: Accounts, database: Database
) -> None:
    account = await accounts.add()
    pair = (await client.post("/login/refresh", json={"refresh_token": account.refresh_token})).json()
    reused = await client.post("/login/refresh", json={"refresh_token": account.refresh_token})
    assert reused.status_code == 401
    for token in (account.access_token, pair["access_token"]):
        assert (await get_me(client, token)).status_code == 401
    again = await client.post("/login/refresh", json={"refresh_token": pair["refresh_token"]})
    assert again.status_code == 401
    async with database.read_session() as session:
        actions = list(await session.scalars(select(AuditEntry.action).where(AuditEntry.actor_id == str(account.id))))
    assert actions.count("REFRESH_TOKEN_REUSED") == 1


async def test_fifty_uses_of_one_refresh_token_at_once_leave_no_session(
    client: AsyncClient, accounts: Accounts, database: Database
) -> None:
    account = await accounts.add()
    body = {"refresh_token": account.refresh_token}
    answers = await asyncio.gather(*(client.post("/login/refresh", json=body) for _ in range(50)))
    assert sorted(answer.status_code for answer in answers) == [200] + [401] * 49
    winner = next(answer for answer in answers if answer.status_code == 200)
    next_pair = await client.post("/login/refresh", json={"refresh_token": winner.json()["refresh_token"]})
    assert next_pair.status_code == 401
    async with database.read_session() as session:
        sessions = list(await session.scalars(select(LoginSession).where(LoginSession.user_id == account.id)))
    assert [each.revoke_reason for each in sessions] == ["refresh token reused"]


async def test_expired_and_unknown_refresh_tokens_are_refused(
    client: AsyncClient, accounts: Accounts, database: Database
) -> None:
    account = await accounts.add()
    async with database.session() as session:
        await session.execute(update(RefreshToken).values(expires_at=func.now() - timedelta(seconds=1)))
        await session.commit()
    for secret in (account.refresh_token, "unknown"):
        answer = await client.post("/login/refresh", json={"refresh_token": secret})
        assert answer.json()["code"] == "refresh-token-invalid"
    assert (await client.post("/login/refresh")).status_code == 401


async def test_a_browser_keeps_the_refresh_token_out_of_reach_of_scripts(
    client: AsyncClient, accounts: Accounts
) -> None:
    account = await accounts.add()
    form = {"username": account.email, "password": PASSWORD}
    answer = await client.post("/login/access-token?refresh=cookie", data=form)
    assert answer.json()["refresh_token"] is None
    cookie = answer.headers["set-cookie"].lower()
    assert all(part in cookie for part in ("httponly", "secure", "samesite=strict", "path=/api/v1/login/refresh"))
    refreshed = await client.post("/login/refresh")
    assert refreshed.status_code == 200
    assert refreshed.json()["refresh_token"] is None
    assert "set-cookie" in refreshed.headers


async def test_a_one_time_link_works_once_among_fifty_at_once(client: AsyncClient, accounts: Accounts) -> None:
    account = await accounts.add()
    secret = await accounts.add_one_time_login(account)
    answers = await asyncio.gather(*(client.post("/login/one-time", json={"token": secret}) for _ in range(50)))
    assert sorted(answer.status_code for answer in answers) == [200] + [401] * 49
    winner = next(answer for answer in answers if answer.status_code == 200)
    assert (await get_me(client, winner.json()["access_token"])).json()["id"] == str(account.id)


async def test_a_one_time_link_expires(client: AsyncClient, accounts: Accounts, database: Database) -> None:
    account = await accounts.add()
    secret = await accounts.add_one_time_login(account)
    async with database.session() as session:
        life = await session.scalar(
            select(OneTimeToken.expires_at - OneTimeToken.created_at).where(OneTimeToken.user_id == account.id)
        )
        await session.execute(update(OneTimeToken).values(expires_at=func.now()))
        await session.commit()
    assert timedelta(minutes=14) < (life or timedelta()) <= timedelta(minutes=15, seconds=5)
    assert (await client.post("/login/one-time", json={"token": secret})).status_code == 401


async def test_logging_out_ends_the_session_and_its_tokens(client: AsyncClient, accounts: Accounts) -> None:
    account = await accounts.add()
    assert (await client.post("/logout", headers=account.headers)).status_code == 204
    assert (await client.get("/users/me", headers=account.headers)).status_code == 401
    refreshed = await client.post("/login/refresh", json={"refresh_token": account.refresh_token})
    assert refreshed.status_code == 401
    assert (await client.post("/logout")).status_code == 401


async def test_logging_out_everywhere_ends_every_session(client: AsyncClient, accounts: Accounts) -> None:
    account = await accounts.add()
    other = (await log_in(client, account.email)).json()
    body = {"refresh_token": account.refresh_token, "everywhere": True}
    assert (await client.post("/logout", json=body)).status_code == 204
    assert (await get_me(client, other["access_token"])).status_code == 401


async def test_another_process_honours_a_logout_once_its_memory_ends(
    client: AsyncClient, accounts: Accounts, database: Database, security: SecuritySettings
) -> None:
    account = await accounts.add()
    remembering = Authenticator(database, security)
    forgetful = Authenticator(database, security, cache_seconds=0)
    for other in (remembering, forgetful):
        assert (await other.authenticate(account.access_token)).user_id == account.id
    await client.post("/logout", headers=account.headers)
    assert (await remembering.authenticate(account.access_token)).user_id == account.id
    with pytest.raises(Exception, match="Log in"):
        await forgetful.authenticate(account.access_token)
    assert CACHE_SECONDS <= 5
