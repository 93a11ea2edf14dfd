"""Workspaces, their members, and everybody else, for whom they do not exist."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from httpx2 import AsyncClient
from sqlalchemy import func, update
from tests.factories.identity import Account, Accounts

from malha.db import Database
from malha.identity.models import WorkspaceInvitation
from malha.identity.rules.access import Role
from malha.kit.ids import new_id

pytestmark = pytest.mark.anyio


async def test_every_account_has_a_workspace_of_its_own(client: AsyncClient, accounts: Accounts) -> None:
    account = await accounts.add()
    listed = (await client.get("/workspaces", headers=account.headers)).json()["items"]
    assert [each["id"] for each in listed] == [str(account.workspace_id)]
    again = await client.post("/workspaces/ensure-default", headers=account.headers)
    assert again.json()["id"] == str(account.workspace_id)


async def test_a_workspace_is_made_changed_and_deleted(client: AsyncClient, accounts: Accounts) -> None:
    account = await accounts.add()
    body = {"name": " Filial ", "description": "Recife", "system_prompt": "Seja breve."}
    made = (await client.post("/workspaces", json=body, headers=account.headers)).json()
    assert (made["name"], made["description"], made["icon"]) == ("Filial", "Recife", None)
    url = f"/workspaces/{made['id']}"
    tag = (await client.get(url, headers=account.headers)).headers["etag"]
    change = {"description": None, "icon": "box"}
    changed = await client.patch(url, json=change, headers={**account.headers, "If-Match": tag})
    assert (changed.json()["name"], changed.json()["description"], changed.json()["icon"]) == ("Filial", None, "box")
    stale = await client.patch(url, json={"name": "x"}, headers={**account.headers, "If-Match": tag})
    assert stale.status_code == 412
    assert (await client.delete(url, headers=account.headers)).status_code == 204
    assert (await client.get(url, headers=account.headers)).status_code == 404
    inside = {**account.headers, "X-Workspace-Id": made["id"]}
    assert (await client.get("/users/me", headers=inside)).status_code == 404


async def test_pages_of_workspaces_leave_none_out(client: AsyncClient, accounts: Accounts) -> None:
    account = await accounts.add()
    for number in range(4):
        await client.post("/workspaces", json={"name": str(number)}, headers=account.headers)
    seen: list[str] = []
    cursor: str | None = None
    while True:
        parameters = {"limit": 2, **({"cursor": cursor} if cursor else {})}
        page = (await client.get("/workspaces", params=parameters, headers=account.headers)).json()
        seen += [each["name"] for each in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert seen[:4] == ["3", "2", "1", "0"]
    assert len(seen) == 5


@pytest.mark.parametrize("cursor", ["x", "WzFd", "WzEsMl0", "WyJhIiwiYiJd", "WyIyMDI2LTAxLTAxIiwiYiJd"])
async def test_a_broken_cursor_is_the_callers_mistake(client: AsyncClient, accounts: Accounts, cursor: str) -> None:
    account = await accounts.add()
    answer = await client.get("/workspaces", params={"cursor": cursor}, headers=account.headers)
    assert answer.json()["code"] == "cursor-invalid"


async def test_strangers_see_no_workspace_and_members_what_their_role_allows(
    client: AsyncClient, accounts: Accounts
) -> None:
    owner, stranger = await accounts.add(), await accounts.add()
    viewer = await accounts.add_member(owner.workspace_id, Role.VIEWER)
    editor = await accounts.add_member(owner.workspace_id, Role.EDITOR)
    url = f"/workspaces/{owner.workspace_id}"
    attempts = [
        ("GET", url, None, (404, 200, 200)),
        ("PATCH", url, {"name": "x"}, (404, 403, 200)),
        ("GET", f"{url}/members", None, (404, 200, 200)),
        ("GET", f"{url}/invitations", None, (404, 403, 403)),
        ("POST", f"{url}/invitations", {"email": "a@b.co", "role": "viewer"}, (404, 403, 403)),
        ("PUT", f"{url}/members/{owner.id}", {"role": "viewer"}, (404, 403, 403)),
        ("DELETE", f"{url}/members/{owner.id}", None, (404, 403, 403)),
        ("DELETE", url, None, (404, 403, 403)),
    ]
    for method, path, body, expected in attempts:
        answers = [
            (await client.request(method, path, json=body, headers=who.headers)).status_code
            for who in (stranger, viewer, editor)
        ]
        assert tuple(answers) == expected, (method, path)


async def test_the_header_chooses_the_workspace_and_the_role(client: AsyncClient, accounts: Accounts) -> None:
    owner = await accounts.add()
    viewer = await accounts.add_member(owner.workspace_id, Role.VIEWER)
    inside = {**viewer.headers, "X-Workspace-Id": str(owner.workspace_id)}
    assert (await client.get("/users/me", headers=inside)).json()["role"] == "viewer"
    assert (await client.get("/users/me", headers=viewer.headers)).json()["role"] == "owner"
    nowhere = {**viewer.headers, "X-Workspace-Id": str(new_id())}
    assert (await client.get("/users/me", headers=nowhere)).status_code == 404
    nonsense = {**viewer.headers, "X-Workspace-Id": "x"}
    assert (await client.get("/users/me", headers=nonsense)).status_code == 422


async def test_a_superuser_may_enter_a_workspace_by_naming_it(client: AsyncClient, accounts: Accounts) -> None:
    admin, owner = await accounts.add(is_superuser=True), await accounts.add()
    inside = {**admin.headers, "X-Workspace-Id": str(owner.workspace_id)}
    assert (await client.get("/users/me", headers=inside)).json()["role"] == "owner"
    _, narrow = await accounts.add_token(admin, "audits:*")
    inside = {"Authorization": f"Bearer {narrow}", "X-Workspace-Id": str(owner.workspace_id)}
    assert (await client.get("/users/me", headers=inside)).status_code == 404


async def invite(client: AsyncClient, owner: Account, email: str, role: str = "editor") -> str:
    url = f"/workspaces/{owner.workspace_id}/invitations"
    answer = await client.post(url, json={"email": email, "role": role}, headers=owner.headers)
    assert answer.status_code == 201
    return answer.json()["token"]


async def test_an_invitation_brings_its_addressee_in_once(client: AsyncClient, accounts: Accounts) -> None:
    owner, guest, other = await accounts.add(), await accounts.add(), await accounts.add()
    secret = await invite(client, owner, guest.email.upper())
    accept = "/workspaces/invitations/accept"
    assert (await client.post(accept, json={"token": secret}, headers=other.headers)).status_code == 404
    answers = await asyncio.gather(
        *(client.post(accept, json={"token": secret}, headers=guest.headers) for _ in range(10))
    )
    assert sorted(answer.status_code for answer in answers) == [200] + [404] * 9
    members = (await client.get(f"/workspaces/{owner.workspace_id}/members", headers=guest.headers)).json()
    assert {each["email"]: each["role"] for each in members} == {owner.email: "owner", guest.email: "editor"}


async def test_an_invitation_is_the_same_for_an_address_without_an_account(
    client: AsyncClient, accounts: Accounts
) -> None:
    owner, guest = await accounts.add(), await accounts.add()
    assert len(await invite(client, owner, guest.email)) == len(await invite(client, owner, "nobody@example.com"))


async def test_a_withdrawn_or_expired_invitation_is_worthless(
    client: AsyncClient, accounts: Accounts, database: Database
) -> None:
    owner, guest = await accounts.add(), await accounts.add()
    url = f"/workspaces/{owner.workspace_id}/invitations"
    withdrawn, expired = await invite(client, owner, guest.email), await invite(client, owner, guest.email)
    newest, oldest = (await client.get(url, headers=owner.headers)).json()["items"]
    assert (await client.delete(f"{url}/{oldest['id']}", headers=owner.headers)).status_code == 204
    async with database.session() as session:
        await session.execute(update(WorkspaceInvitation).values(expires_at=func.now() - timedelta(seconds=1)))
        await session.commit()
    for secret in (withdrawn, expired):
        answer = await client.post("/workspaces/invitations/accept", json={"token": secret}, headers=guest.headers)
        assert answer.status_code == 404
    assert newest["id"] != oldest["id"]


async def test_accepting_does_not_demote_a_member(client: AsyncClient, accounts: Accounts) -> None:
    owner = await accounts.add()
    secret = await invite(client, owner, owner.email, "viewer")
    accepted = await client.post("/workspaces/invitations/accept", json={"token": secret}, headers=owner.headers)
    assert accepted.status_code == 200
    assert (await client.get("/users/me", headers=owner.headers)).json()["role"] == "owner"


async def test_members_leave_and_the_last_owner_does_not(client: AsyncClient, accounts: Accounts) -> None:
    owner = await accounts.add()
    viewer = await accounts.add_member(owner.workspace_id, Role.VIEWER)
    members = f"/workspaces/{owner.workspace_id}/members"
    left = await client.delete(f"{members}/{viewer.id}", headers=viewer.headers)
    assert left.status_code == 204
    refused = await client.delete(f"{members}/{owner.id}", headers=owner.headers)
    assert refused.json()["code"] == "workspace-owner-last"
    demoted = await client.put(f"{members}/{owner.id}", json={"role": "viewer"}, headers=owner.headers)
    assert demoted.json()["code"] == "workspace-owner-last"
    absent = await client.put(f"{members}/{viewer.id}", json={"role": "viewer"}, headers=owner.headers)
    assert absent.json()["code"] == "member-not-found"


async def test_two_owners_who_leave_at_once_leave_one(client: AsyncClient, accounts: Accounts) -> None:
    first = await accounts.add()
    second = await accounts.add_member(first.workspace_id, Role.OWNER)
    members = f"/workspaces/{first.workspace_id}/members"
    answers = await asyncio.gather(
        client.delete(f"{members}/{first.id}", headers=first.headers),
        client.delete(f"{members}/{second.id}", headers=second.headers),
    )
    assert sorted(answer.status_code for answer in answers) == [204, 409]


async def test_whoever_loses_their_only_workspace_gets_another(client: AsyncClient, accounts: Accounts) -> None:
    account = await accounts.add()
    await client.delete(f"/workspaces/{account.workspace_id}", headers=account.headers)
    me = await client.get("/users/me", headers=account.headers)
    assert me.status_code == 200
    assert me.json()["workspace_id"] != str(account.workspace_id)


@pytest.mark.parametrize("name", ["", "   ", "a\x00b", "x" * 201])
async def test_a_name_that_cannot_be_stored_is_refused(client: AsyncClient, accounts: Accounts, name: str) -> None:
    account = await accounts.add()
    assert (await client.post("/workspaces", json={"name": name}, headers=account.headers)).status_code == 422
