"""An account brought up to date with Pluggy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from malha.banking.client import PluggyClient, PluggyRefusedError
from malha.banking.models import BankAccount
from malha.banking.repository import accounts
from malha.banking.repository import entries as kept_entries
from malha.banking.rules.entries import Entry, Source, Status
from malha.banking.rules.pluggy import account_entry, find_successors, read_transaction
from malha.banking.rules.reconciling import provider_identity, reconcile
from malha.banking.rules.remarks import StatementInvalidError
from malha.db import Session
from malha.kit.clock import brazilian_day, utc_now

SYNC_KIND = "banking.sync"
OVERLAP_DAYS = 10
"""Banks write entries some days late: each sync looks this far behind the last."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a sync is about: everything new, what was heard of since an instant, or these ids alone."""

    created_at_from: str | None = None
    ids: Sequence[str] = ()


@dataclass(slots=True)
class SyncResult:
    """Counts of what changed."""

    added: int = 0
    changed: int = 0
    replaced: int = 0
    removed: int = 0


@dataclass(frozen=True, slots=True)
class Answer:
    """What Pluggy said: its transactions, those of the asked ids that are gone, and the account itself."""

    entries: Sequence[Entry]
    gone: frozenset[str]
    account: dict[str, Any]
    until: date | None


async def fetch_changes(
    session: Session, client: PluggyClient, account: BankAccount, wanted: Wanted, *, history_days: int
) -> Answer:
    """Ask Pluggy, without holding any lock: what is wanted, and what became of the entries that are pending here."""
    pluggy_id = str(account.pluggy_account_id)
    today = brazilian_day(utc_now())
    bodies: list[dict[str, Any]] = []
    if not wanted.ids:
        first = account.synced_until - timedelta(days=OVERLAP_DAYS) if account.synced_until else None
        day = first or today - timedelta(days=history_days)
        bodies = await client.list_transactions(pluggy_id, date_from=day, created_at_from=wanted.created_at_from)
    told = {str(body.get("id")) for body in bodies}
    pending = await kept_entries.list_pending(session, account.id, first=None)
    doubtful = sorted({*pending, *wanted.ids} - told)
    found = await client.find_transactions(pluggy_id, doubtful) if doubtful else []
    bodies += found
    gone = frozenset(doubtful) - {str(body.get("id")) for body in found}
    try:
        entries = [read_transaction(body) for body in bodies]
    except StatementInvalidError as error:
        raise PluggyRefusedError(str(error)) from error
    is_whole = not wanted.ids and wanted.created_at_from is None
    return Answer(entries, gone, await client.get_account(pluggy_id), today if is_whole else None)


async def apply_changes(session: Session, account_id: UUID, answer: Answer) -> SyncResult:
    """Write what Pluggy said, in the caller's transaction, with the account locked."""
    account = await accounts.lock_account(session, account_id)
    result = SyncResult()
    if account is None:
        return result
    entries = {entry.provider_id: entry for entry in answer.entries if entry.provider_id}
    known = await kept_entries.find_provider_rows(session, account.id, [*entries])
    result.changed = await kept_entries.change_from_provider(
        session, [(known[id_], entry) for id_, entry in entries.items() if id_ in known]
    )
    fresh = [entry for id_, entry in entries.items() if id_ not in known]
    fresh = await _settle_pending(session, account, fresh, answer.gone, result)
    result.added = await _add(session, account, fresh)
    _note_account(account, answer)
    return result


async def _settle_pending(
    session: Session, account: BankAccount, fresh: list[Entry], gone: frozenset[str], result: SyncResult
) -> list[Entry]:
    """Give pending rows whose ids are gone their successors, and hide those that have none; what is left is new."""
    if not gone:
        return fresh
    pending = await kept_entries.list_pending(session, account.id, first=None, ids=sorted(gone))
    successors = find_successors(pending.values(), fresh)
    result.replaced = await kept_entries.change_from_provider(session, [(each.id, each.entry) for each in successors])
    replaced = {each.id for each in successors}
    others = await kept_entries.find_provider_rows(session, account.id, sorted(gone))
    left = [row_id for row_id in others.values() if row_id not in replaced]
    result.removed = await kept_entries.remove_transactions(session, left)
    taken = {each.entry.provider_id for each in successors}
    return [entry for entry in fresh if entry.provider_id not in taken]


async def _add(session: Session, account: BankAccount, fresh: Sequence[Entry]) -> int:
    """Write new transactions; those that a statement brought before only learn their ids."""
    posted = [entry for entry in fresh if entry.status is Status.POSTED]
    pending = [
        (entry, provider_identity(entry.provider_id))
        for entry in fresh
        if entry.status is Status.PENDING and entry.provider_id
    ]
    new: list[tuple[Entry, bytes]] = []
    if posted:
        days = [entry.day for entry in posted]
        known = await kept_entries.list_known(session, account.id, min(days), max(days))
        plan = reconcile(posted, known, Source.PLUGGY)
        await kept_entries.add_details(session, plan.known)
        new = plan.new
    return await kept_entries.insert_transactions(session, account, [*new, *pending], source=Source.PLUGGY)


def _note_account(account: BankAccount, answer: Answer) -> None:
    balance = account_entry(answer.account)["balance"]
    now = utc_now()
    if balance is not None:
        account.balance, account.balance_at = balance, now
    account.synced_at = now
    if answer.until is not None:
        account.synced_until = answer.until
