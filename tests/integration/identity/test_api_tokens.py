"""API tokens: shown once, narrowed, bound, revoked."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from httpx2 import AsyncClient
from sqlalchemy import event, func, select, update
from tests.factories.identity import Account, Accounts

from malha.db import Database
from malha.identity.errors import NotAuthenticatedError
from malha.identity.models import ApiToken
from malha.identity.rules.access import Role
from malha.identity.service import Authenticator
from malha.settings import SecuritySettings

pytestmark = pytest.mark.anyio


def bearer(secret: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {secret}"}


async def make_token(client: AsyncClient, account: Account, **body: Any) -> dict[str, Any]:
    answer = await client.post("/tokens", json={"name": "CI", "scopes": ["*"], **body}, headers=account.headers)
    assert answer.status_code == 201, answer.text
    return answer.json()


async def test_the_secret_is_shown_once_and_stored_nowhere(
    client: AsyncClient, accounts: Accounts, database: Database
) -> None:
    account = await accounts.add()
    made = await make_token(client, account)
    listed = await client.get("/tokens", headers=account.headers)
    assert made["token"] not in listed.text
    assert listed.json()["items"][0]["prefix"] == made["token"][:12]
    async with database.read_session() as session:
        row = (await session.execute(select(ApiToken).where(ApiToken.user_id == account.id))).scalar_one()
    assert made["token"].encode() not in row.secret_hash
    assert (await client.get("/users/me", headers=bearer(made["token"]))).json()["scopes"] == ["*"]


async def test_a_token_can_be_renamed_and_revoked_by_its_owner_only(client: AsyncClient, accounts: Accounts) -> None:
    account, stranger = await accounts.add(), await accounts.add()
    made = await make_token(client, account)
    url = f"/tokens/{made['id']}"
    for method, body in (("GET", None), ("PATCH", {"name": "mine"}), ("DELETE", None)):
        answer = await client.request(method, url, json=body, headers=stranger.headers)
        assert answer.status_code == 404
    renamed = await client.patch(url, json={"name": "Deploy"}, headers=account.headers)
    assert renamed.json()["name"] == "Deploy"
    assert (await client.delete(url, headers=account.headers)).status_code == 204
    assert (await client.get("/users/me", headers=bearer(made["token"]))).status_code == 401
    assert (await client.get(url, headers=account.headers)).status_code == 404


async def test_a_narrow_token_makes_no_wider_one(client: AsyncClient, accounts: Accounts) -> None:
    account = await accounts.add()
    _, secret = await accounts.add_token(account, "tokens:write", "audits:read")
    wider = await client.post("/tokens", json={"name": "x", "scopes": ["audits:*"]}, headers=bearer(secret))
    assert wider.json()["code"] == "scope-missing"
    equal = await client.post("/tokens", json={"name": "x", "scopes": ["audits:read"]}, headers=bearer(secret))
    assert equal.status_code == 201
    assert (await client.get("/tokens", headers=bearer(secret))).status_code == 403


async def test_a_token_bound_to_a_workspace_reaches_no_other(client: AsyncClient, accounts: Accounts) -> None:
    account = await accounts.add()
    other = (await client.post("/workspaces", json={"name": "Filial"}, headers=account.headers)).json()
    made = await make_token(client, account, workspace_id=other["id"])
    headers = bearer(made["token"])
    assert (await client.get("/users/me", headers=headers)).json()["workspace_id"] == other["id"]
    home = {**headers, "X-Workspace-Id": str(account.workspace_id)}
    assert (await client.get("/users/me", headers=home)).status_code == 404
    assert (await client.get(f"/workspaces/{account.workspace_id}", headers=headers)).status_code == 404
    listed = (await client.get("/workspaces", headers=headers)).json()["items"]
    assert [each["id"] for each in listed] == [other["id"]]
    assert (await client.post("/workspaces", json={"name": "x"}, headers=headers)).status_code == 403
    accept = {"token": "an invitation"}
    assert (await client.post("/workspaces/invitations/accept", json=accept, headers=headers)).status_code == 403
    unbound = {"name": "x", "scopes": ["audits:read"]}
    assert (await client.post("/tokens", json=unbound, headers=headers)).status_code == 404


async def test_a_superusers_token_for_one_workspace_administers_nothing(
    client: AsyncClient, accounts: Accounts
) -> None:
    admin = await accounts.add(is_superuser=True)
    bound = await make_token(client, admin, workspace_id=str(admin.workspace_id))
    free = await make_token(client, admin)
    assert (await client.get("/users", headers=bearer(bound["token"]))).status_code == 403
    assert (await client.get("/users", headers=bearer(free["token"]))).status_code == 200


async def test_a_token_is_made_only_for_a_workspace_of_ones_own(client: AsyncClient, accounts: Accounts) -> None:
    account, stranger = await accounts.add(), await accounts.add()
    body = {"name": "x", "scopes": ["*"], "workspace_id": str(stranger.workspace_id)}
    assert (await client.post("/tokens", json=body, headers=account.headers)).status_code == 404


async def test_an_expired_token_is_refused(client: AsyncClient, accounts: Accounts, database: Database) -> None:
    account = await accounts.add()
    made = await make_token(client, account, expires_in_days=1)
    async with database.session() as session:
        await session.execute(update(ApiToken).values(expires_at=func.now() - timedelta(seconds=1)))
        await session.commit()
    assert (await client.get("/users/me", headers=bearer(made["token"]))).status_code == 401


async def test_the_last_use_is_noted_at_most_once_a_minute(
    accounts: Accounts, database: Database, security: SecuritySettings
) -> None:
    account = await accounts.add()
    _, secret = await accounts.add_token(account, "*")
    fresh = Authenticator(database, security, cache_seconds=0)
    await fresh.authenticate(secret)
    async with database.read_session() as session:
        first = await session.scalar(select(ApiToken.last_used_at).where(ApiToken.user_id == account.id))
    await fresh.authenticate(secret)
    async with database.read_session() as session:
        second = await session.scalar(select(ApiToken.last_used_at).where(ApiToken.user_id == account.id))
    assert first is not None
    assert first == second


async def test_a_remembered_credential_costs_no_query_and_a_new_one_costs_one(
    accounts: Accounts, database: Database, security: SecuritySettings
) -> None:
    account = await accounts.add()
    _, secret = await accounts.add_token(account, "*")
    await Authenticator(database, security).authenticate(secret)  # notes the first use
    statements: list[str] = []

    def count(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        statements.append(statement)

    event.listen(database.engine.sync_engine, "before_cursor_execute", count)
    for credential in (secret, account.access_token):
        statements.clear()
        authenticator = Authenticator(database, security)
        for _ in range(10):
            await authenticator.authenticate(credential)
        assert len(statements) == 1


@pytest.mark.parametrize("credential", ["", "mlh_", "mlh_" + "x" * 43, "a.b.c", "mlh_" + "x" * 10_000, "\udcff"])
async def test_what_nobody_issued_is_refused(database: Database, security: SecuritySettings, credential: str) -> None:
    with pytest.raises(NotAuthenticatedError):
        await Authenticator(database, security).authenticate(credential)


async def test_a_role_limits_a_token_from_the_moment_it_changes(client: AsyncClient, accounts: Accounts) -> None:
    owner = await accounts.add()
    member = await accounts.add_member(owner.workspace_id, Role.OWNER)
    _, secret = await accounts.add_token(member, "*", workspace_id=owner.workspace_id)
    assert (await client.get("/audit-log", headers=bearer(secret))).status_code == 200
    url = f"/workspaces/{owner.workspace_id}/members/{member.id}"
    await client.put(url, json={"role": "viewer"}, headers=owner.headers)
    assert (await client.get("/audit-log", headers=bearer(secret))).status_code == 403
    await client.delete(url, headers=owner.headers)
    assert (await client.get("/audit-log", headers=bearer(secret))).status_code == 401


@pytest.mark.parametrize("scope", ["expences:read", "nobody:*", "part-numbers:write"])
async def test_a_scope_of_nothing_is_refused_by_name(client: AsyncClient, accounts: Accounts, scope: str) -> None:
    account = await accounts.add()
    body = {"name": "x", "scopes": ["audits:read", scope]}
    answer = await client.post("/tokens", json=body, headers=account.headers)
    assert (answer.status_code, answer.json()["code"]) == (422, "scope-unknown")
    assert scope in answer.json()["detail"]
    assert "audits:read" not in answer.json()["detail"]


@pytest.mark.parametrize("scope", ["*", "*:read", "expenses:*", "expenses:read", "jobs:write"])
async def test_scopes_of_what_exists_are_taken(client: AsyncClient, accounts: Accounts, scope: str) -> None:
    account = await accounts.add()
    answer = await client.post("/tokens", json={"name": "x", "scopes": [scope]}, headers=account.headers)
    assert answer.status_code == 201, answer.text
