"""One's own account, and everybody's for superusers."""

from __future__ import annotations

import pytest
from fastapi import FastAPI
from httpx2 import AsyncClient
from pydantic import SecretStr
from tests.factories.identity import PASSWORD, Accounts

from malha.identity.rules.access import Role
from malha.kit.ids import new_id
from malha.settings import Settings

pytestmark = pytest.mark.anyio

NEW_PASSWORD = "outra senha bem comprida"


async def test_people_change_their_name_but_not_their_address_or_rights(
    client: AsyncClient, accounts: Accounts
) -> None:
    account = await accounts.add()
    named = await client.patch("/users/me", json={"full_name": "Ana"}, headers=account.headers)
    assert named.json()["full_name"] == "Ana"
    for forbidden in ({"is_superuser": True}, {"email": "x@example.com"}, {"is_active": False}):
        answer = await client.patch("/users/me", json=forbidden, headers=account.headers)
        assert answer.status_code == 422


async def test_a_default_workspace_must_be_ones_own(client: AsyncClient, accounts: Accounts) -> None:
    account, stranger = await accounts.add(), await accounts.add()
    made = (await client.post("/workspaces", json={"name": "Filial"}, headers=account.headers)).json()
    body = {"default_workspace_id": made["id"]}
    assert (await client.patch("/users/me", json=body, headers=account.headers)).status_code == 200
    assert (await client.get("/users/me", headers=account.headers)).json()["workspace_id"] == made["id"]
    assert (await client.patch("/users/me", json=body, headers=stranger.headers)).status_code == 404


async def test_a_new_password_replaces_the_old_and_ends_other_sessions(client: AsyncClient, accounts: Accounts) -> None:
    account = await accounts.add()
    form = {"username": account.email, "password": PASSWORD}
    other = (await client.post("/login/access-token", data=form)).json()["access_token"]
    body = {"current_password": PASSWORD, "new_password": NEW_PASSWORD}
    assert (await client.patch("/users/me/password", json=body, headers=account.headers)).status_code == 204
    assert (await client.get("/users/me", headers=account.headers)).status_code == 200
    assert (await client.get("/users/me", headers={"Authorization": f"Bearer {other}"})).status_code == 401
    assert (await client.post("/login/access-token", data=form)).status_code == 401
    again = await client.post("/login/access-token", data={**form, "password": NEW_PASSWORD})
    assert again.status_code == 200


async def test_a_wrong_or_weak_password_changes_nothing(client: AsyncClient, accounts: Accounts) -> None:
    account = await accounts.add()
    wrong = {"current_password": "not the password", "new_password": NEW_PASSWORD}
    weak = {"current_password": PASSWORD, "new_password": "changethis12"}
    answers = [await client.patch("/users/me/password", json=body, headers=account.headers) for body in (wrong, weak)]
    assert [answer.json()["code"] for answer in answers] == ["password-wrong", "password-weak"]
    assert all(PASSWORD not in answer.text for answer in answers)


async def test_superusers_create_find_change_and_delete_accounts(client: AsyncClient, accounts: Accounts) -> None:
    admin = await accounts.add(is_superuser=True)
    name = new_id().hex
    body = {"email": f"{name}@Example.com", "password": NEW_PASSWORD, "full_name": "Nova"}
    made = await client.post("/users", json=body, headers=admin.headers)
    assert made.status_code == 201
    assert made.json()["email"] == f"{name}@example.com"
    assert "password" not in made.text
    url = f"/users/{made.json()['id']}"
    found = (await client.get(f"/users?search={name.upper()}", headers=admin.headers)).json()
    assert [user["id"] for user in found["items"]] == [made.json()["id"]]
    assert found["total"] >= 2
    taken = await client.post("/users", json={**body, "email": f"{name.upper()}@example.com"}, headers=admin.headers)
    assert taken.json()["code"] == "user-email-taken"
    changed = await client.patch(url, json={"full_name": "Outra"}, headers=admin.headers)
    assert changed.json()["full_name"] == "Outra"
    assert (await client.delete(url, headers=admin.headers)).status_code == 204
    assert (await client.get(url, headers=admin.headers)).status_code == 404


@pytest.mark.parametrize("search", ["%", "_", "\\", "a%b"])
async def test_a_search_takes_every_character_literally(client: AsyncClient, accounts: Accounts, search: str) -> None:
    admin = await accounts.add(is_superuser=True)
    found = await client.get("/users", params={"search": search}, headers=admin.headers)
    assert found.json()["items"] == []
    nul = await client.get("/users", params={"search": "a\x00"}, headers=admin.headers)
    assert nul.status_code == 422


async def test_everybody_else_is_refused(client: AsyncClient, accounts: Accounts) -> None:
    account = await accounts.add()
    admin = await accounts.add(is_superuser=True)
    _, narrow = await accounts.add_token(admin, "audits:*")
    for headers in (account.headers, {"Authorization": f"Bearer {narrow}"}):
        assert (await client.get("/users", headers=headers)).status_code == 403
        assert (await client.get(f"/users/{account.id}", headers=headers)).status_code == 403


async def test_closing_an_account_ends_its_sessions_and_tokens(client: AsyncClient, accounts: Accounts) -> None:
    admin, account = await accounts.add(is_superuser=True), await accounts.add()
    _, secret = await accounts.add_token(account, "*")
    bearer = {"Authorization": f"Bearer {secret}"}
    assert (await client.get("/users/me", headers=bearer)).status_code == 200
    await client.patch(f"/users/{account.id}", json={"is_active": False}, headers=admin.headers)
    assert (await client.get("/users/me", headers=account.headers)).status_code == 401
    assert (await client.get("/users/me", headers=bearer)).status_code == 401


async def test_a_change_based_on_an_old_version_is_refused(client: AsyncClient, accounts: Accounts) -> None:
    admin, account = await accounts.add(is_superuser=True), await accounts.add()
    url = f"/users/{account.id}"
    tag = (await client.get(url, headers=admin.headers)).headers["etag"]
    first = await client.patch(url, json={"full_name": "A"}, headers={**admin.headers, "If-Match": tag})
    second = await client.patch(url, json={"full_name": "B"}, headers={**admin.headers, "If-Match": tag})
    assert (first.status_code, second.status_code) == (200, 412)
    assert first.headers["etag"] != tag


async def test_deleting_an_owner_waits_for_another_owner(client: AsyncClient, accounts: Accounts) -> None:
    admin, owner = await accounts.add(is_superuser=True), await accounts.add()
    member = await accounts.add_member(owner.workspace_id, Role.EDITOR)
    refused = await client.delete(f"/users/{owner.id}", headers=admin.headers)
    assert refused.json()["code"] == "workspace-owner-last"
    url = f"/workspaces/{owner.workspace_id}/members/{member.id}"
    await client.put(url, json={"role": "owner"}, headers=owner.headers)
    assert (await client.delete(f"/users/{owner.id}", headers=admin.headers)).status_code == 204
    members = (await client.get(f"/workspaces/{owner.workspace_id}/members", headers=member.headers)).json()
    assert [each["user_id"] for each in members] == [str(member.id)]


async def test_registration_is_closed_unless_opened(client: AsyncClient) -> None:
    body = {"email": "nova@example.com", "password": NEW_PASSWORD}
    answer = await client.post("/users/signup", json=body)
    assert answer.json()["code"] == "registration-closed"


async def test_open_registration_does_not_tell_whether_an_address_is_taken(
    client: AsyncClient, app: FastAPI, settings: Settings
) -> None:
    security = settings.security.model_copy(update={"users_open_registration": True})
    app.state.settings = settings.model_copy(update={"security": security})
    body = {"email": f"{new_id().hex}@example.com", "password": NEW_PASSWORD}
    first = await client.post("/users/signup", json=body)
    second = await client.post("/users/signup", json={**body, "password": "uma terceira senha longa"})
    assert (first.status_code, first.text) == (second.status_code, second.text) == (202, first.text)
    form = {"username": body["email"], "password": SecretStr(NEW_PASSWORD).get_secret_value()}
    assert (await client.post("/login/access-token", data=form)).status_code == 200


@pytest.mark.parametrize("other", [{}, {"full_name": "Nova"}, {"email": "of their own"}, {"is_superuser": True}])
async def test_a_superuser_sets_a_new_password(
    client: AsyncClient, accounts: Accounts, other: dict[str, object]
) -> None:
    admin, account = await accounts.add(is_superuser=True), await accounts.add()
    if "email" in other:
        other = {"email": f"{new_id().hex}@novo.example.com"}
    url = f"/users/{account.id}"
    answer = await client.patch(url, json={"password": NEW_PASSWORD, **other}, headers=admin.headers)
    assert answer.status_code == 200
    assert {name: answer.json()[name] for name in other} == other
    assert "password" not in answer.text
    assert (await client.get("/users/me", headers=account.headers)).status_code == 401
    form = {"username": answer.json()["email"], "password": PASSWORD}
    assert (await client.post("/login/access-token", data=form)).status_code == 401
    assert (await client.post("/login/access-token", data={**form, "password": NEW_PASSWORD})).status_code == 200


async def test_a_password_that_is_refused_changes_nothing(client: AsyncClient, accounts: Accounts) -> None:
    admin, account = await accounts.add(is_superuser=True), await accounts.add()
    url = f"/users/{account.id}"
    before = await client.get(url, headers=admin.headers)
    weak = [
        {"password": "changethis12", "full_name": "Nova"},
        {"password": account.email, "full_name": "Nova"},
        {"password": "somebody@example.com", "email": "somebody@example.com"},
    ]
    for body in weak:
        assert (await client.patch(url, json=body, headers=admin.headers)).json()["code"] == "password-weak"
    stale = admin.headers | {"If-Match": '"999"'}
    conflict = await client.patch(url, json={"password": NEW_PASSWORD}, headers=stale)
    assert conflict.json()["code"] == "version-conflict"
    taken = await client.patch(url, json={"password": NEW_PASSWORD, "email": admin.email}, headers=admin.headers)
    assert taken.json()["code"] == "user-email-taken"
    absent = await client.patch(f"/users/{new_id()}", json={"password": NEW_PASSWORD}, headers=admin.headers)
    assert absent.status_code == 404
    assert (await client.get(url, headers=admin.headers)).json() == before.json()
    assert (await client.get("/users/me", headers=account.headers)).status_code == 200
