"""Connections to Pluggy: made by the widget for one workspace, and taken over by that workspace only."""

from __future__ import annotations

from uuid import UUID

from malha.banking.client import PluggyError, PluggyNotFoundError, open_pluggy
from malha.banking.errors import PluggyItemForeignError, PluggyUnavailableError
from malha.banking.models import BankAccount
from malha.banking.repository import accounts as kept_accounts
from malha.banking.rules.pluggy import account_entry
from malha.banking.service._sync import SYNC_KIND
from malha.db import Session
from malha.identity.policy import Principal
from malha.jobs import Job, Owner, submit
from malha.kit.clock import utc_now
from malha.settings import Settings

SYNC_OVERDUE_KIND = "banking.sync_overdue"
OVERDUE_HOURS = 12.0
MOST_OVERDUE = 5_000


async def create_connect_token(settings: Settings, principal: Principal) -> str:
    """A token for the widget whose items will carry this workspace's id; PluggyUnavailableError."""
    try:
        async with open_pluggy(settings) as client:
            return await client.create_connect_token(str(principal.workspace_id))
    except PluggyError as error:
        raise PluggyUnavailableError(problem=str(error)) from error


async def connect_item(
    session: Session, settings: Settings, principal: Principal, item_id: UUID, cost_center_id: UUID | None
) -> list[BankAccount]:
    """Accounts of ours for the accounts of an item, made or found again.

    The item must carry this workspace's id: whoever merely knows another's item gets nothing. Raises
    PluggyItemForeignError and PluggyUnavailableError. Does not commit.
    """
    if cost_center_id is not None:
        await kept_accounts.get_cost_center(session, principal, cost_center_id)
    try:
        async with open_pluggy(settings) as client:
            item = await client.get_item(str(item_id))
            if item.get("clientUserId") != str(principal.workspace_id):
                raise PluggyItemForeignError
            bodies = await client.list_accounts(str(item_id))
    except PluggyNotFoundError as error:
        raise PluggyItemForeignError from error
    except PluggyError as error:
        raise PluggyUnavailableError(problem=str(error)) from error
    accounts: list[BankAccount] = []
    for body in bodies:
        values = account_entry(body)
        account = await kept_accounts.find_connected_account(session, principal, UUID(str(body["id"])))
        if account is None:
            account = BankAccount(
                workspace_id=principal.workspace_id,
                cost_center_id=cost_center_id,
                pluggy_account_id=UUID(str(body["id"])),
                **values,
                balance_at=None if values["balance"] is None else utc_now(),
            )
            await kept_accounts.create_account(session, account)
        account.pluggy_item_id = item_id
        account.is_active = True
        accounts.append(account)
    return accounts


async def submit_overdue_syncs(session: Session) -> int:
    """Syncs for accounts that no webhook has brought up to date for hours; returns how many. Does not commit.

    Webhooks get lost, and some banks are read once a day.
    """
    accounts = await kept_accounts.find_overdue_accounts(session, hours=OVERDUE_HOURS, limit=MOST_OVERDUE)
    for account in accounts:
        await submit_sync(session, account)
    return len(accounts)


async def submit_sync(
    session: Session,
    account: BankAccount,
    *,
    owner_id: UUID | None = None,
    created_at_from: str | None = None,
    ids: list[str] | None = None,
) -> Job:
    """A job that brings one account up to date. Does not commit."""
    part = {"account_id": str(account.id), "created_at_from": created_at_from, "ids": ids or []}
    return await submit(session, SYNC_KIND, input={}, parts=[part], owner=Owner(account.workspace_id, owner_id))
