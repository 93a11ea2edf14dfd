"""Webhooks of Pluggy: believed only with the secret, taken once, and never more than a hint to look."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from malha.banking.errors import WebhookRefusedError
from malha.banking.models import PluggyEvent
from malha.banking.repository import accounts as kept_accounts
from malha.banking.repository import statements
from malha.banking.service._connections import submit_sync
from malha.banking.settings import PluggySettings
from malha.db import Session
from malha.jobs import Job

MOST_IDS = 500
_TRANSACTION_EVENTS = frozenset({"transactions/created", "transactions/updated", "transactions/deleted"})
_ITEM_EVENTS = frozenset({"item/created", "item/updated"})


def check_secret(settings: PluggySettings, given: str | None) -> None:
    """Raise WebhookRefusedError unless the header holds the secret. Pluggy signs nothing: this is all there is."""
    secret = settings.webhook_secret.get_secret_value()
    if not secret or not hmac.compare_digest(secret.encode(), (given or "").encode()):
        raise WebhookRefusedError


async def take_webhook(session: Session, body: Mapping[str, Any]) -> list[Job]:
    """The syncs that an event asks for, none when it was taken before. Does not commit.

    Nothing in the event is believed: the sync asks Pluggy itself, about the ids that the event names, too.
    """
    item_id, account_id = _uuid(body.get("itemId")), _uuid(body.get("accountId"))
    name = str(body.get("event"))
    accounts = []
    if name in _TRANSACTION_EVENTS or name in _ITEM_EVENTS:
        accounts = await kept_accounts.find_pluggy_accounts(session, item_id=item_id, pluggy_account_id=account_id)
    event = PluggyEvent(event_id=str(body["eventId"]), event=name[:100], item_id=item_id, jobs=len(accounts))
    if not await statements.take_event(session, event):
        return []
    ids = _ids(body) if name in {"transactions/updated", "transactions/deleted"} else []
    since = _instant(body.get("transactionsCreatedAtFrom")) if name == "transactions/created" else None
    return [await submit_sync(session, account, created_at_from=since, ids=ids) for account in accounts]


def _uuid(text: object) -> UUID | None:
    try:
        return UUID(str(text)) if text else None
    except ValueError:
        return None


def _instant(text: object) -> str | None:
    try:
        return datetime.fromisoformat(str(text)).isoformat() if text else None
    except ValueError:
        return None  # the sync then looks at the last days, as without the hint


def _ids(body: Mapping[str, Any]) -> list[str]:
    """Well-formed ids; an event with none or too many makes a whole sync."""
    told = body.get("transactionIds")
    ids = [str(id_) for each in told if (id_ := _uuid(each))] if isinstance(told, list) else []
    return ids if len(ids) <= MOST_IDS else []
