"""Transactions as imports and syncs write them, within one account that the caller has locked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, any_, bindparam, func, select, tuple_, update
from sqlalchemy.dialects.postgresql import ARRAY, insert
from sqlalchemy.types import Text, Uuid

from malha.banking.models import BankAccount, Transaction
from malha.banking.rules.entries import Entry, Source
from malha.banking.rules.pluggy import Pending
from malha.banking.rules.reconciling import Known, provider_identity
from malha.db import ReadSession, Session
from malha.kit.clock import utc_now
from malha.kit.ids import new_id

CHUNK = 2_000
REVIVE_DAYS = 15
"""A pending entry that was taken back this recently may still turn up again under another id."""


Likeness = tuple[date, str, Decimal]
"""Day, direction and amount: only what agrees in these can be one transaction."""


async def list_known(session: ReadSession, account_id: UUID, first: date, last: date) -> list[Known]:
    """What the account has from one day to another, removed transactions included, pending ones not."""
    return await _list_known(session, account_id, Transaction.day.between(first, last))


async def list_alike(session: ReadSession, account_id: UUID, first: Likeness, last: Likeness) -> list[Known]:
    """The same from one likeness to another, in the order of the likenesses."""
    likeness = tuple_(Transaction.day, Transaction.direction, Transaction.amount)
    days = Transaction.day.between(first[0], last[0])
    return await _list_known(session, account_id, days, likeness.between(tuple_(*first), tuple_(*last)))


async def _list_known(session: ReadSession, account_id: UUID, *wanted: ColumnElement[bool]) -> list[Known]:
    query = select(
        Transaction.id,
        Transaction.day,
        Transaction.amount,
        Transaction.direction,
        Transaction.description,
        Transaction.source,
        Transaction.fitid,
        Transaction.provider_id,
        Transaction.removed_at.is_not(None),
    ).where(Transaction.account_id == account_id, *wanted, Transaction.status == "POSTED")
    # In the order of their making, so that equal ones pair up the same way each time.
    return [Known(*row) for row in await session.execute(query.order_by(Transaction.id))]


async def insert_transactions(
    session: Session,
    account: BankAccount,
    entries: Sequence[tuple[Entry, bytes]],
    *,
    source: Source,
    statement_id: UUID | None = None,
) -> int:
    """Write new entries; how many were. One whose identity the account has already is left out."""
    added = 0
    for start in range(0, len(entries), CHUNK):
        rows = [
            {
                **asdict(entry),
                "id": new_id(),
                "workspace_id": account.workspace_id,
                "account_id": account.id,
                "identity": identity,
                "source": source.value,
                "statement_id": statement_id,
            }
            for entry, identity in entries[start : start + CHUNK]
        ]
        statement = insert(Transaction).values(rows).on_conflict_do_nothing()
        added += len((await session.execute(statement.returning(Transaction.id))).all())
    return added


async def find_provider_rows(session: ReadSession, account_id: UUID, ids: Sequence[str]) -> dict[str, UUID]:
    """The account's transactions by the provider's ids, removed ones included."""
    wanted = bindparam("ids", list(ids), ARRAY(Text()))
    query = select(Transaction.provider_id, Transaction.id).where(
        Transaction.account_id == account_id, Transaction.provider_id == any_(wanted)
    )
    return {str(provider_id): id_ for provider_id, id_ in await session.execute(query)}


async def list_pending(
    session: ReadSession, account_id: UUID, *, first: date | None, ids: Sequence[str] = ()
) -> dict[str, Pending]:
    """Pending transactions by the provider's ids: from a day on, or with these ids; also those removed lately."""
    query = select(
        Transaction.provider_id,
        Transaction.id,
        Transaction.day,
        Transaction.amount,
        Transaction.direction,
        Transaction.description,
    ).where(
        Transaction.account_id == account_id,
        Transaction.status == "PENDING",
        Transaction.provider_id.is_not(None),
        func.coalesce(Transaction.removed_at, func.now()) > func.now() - timedelta(days=REVIVE_DAYS),
    )
    if first is not None:
        query = query.where(Transaction.day >= first)
    if ids:
        query = query.where(Transaction.provider_id == any_(bindparam("ids", list(ids), ARRAY(Text()))))
    return {str(row[0]): Pending(*row[1:]) for row in await session.execute(query)}


async def change_from_provider(session: Session, changes: Sequence[tuple[UUID, Entry]]) -> int:
    """Let transactions say what the provider says of them now; how many did not yet.

    Our own ids stay: expenses refer to them. Transactions that a statement brought keep the statement's words, by
    which it is recognised when it comes again.
    """
    entries = dict(changes)
    wanted = Transaction.id == any_(bindparam("ids", list(entries), ARRAY(Uuid())))
    changed = 0
    for row in await session.scalars(select(Transaction).where(wanted)):
        entry = entries[row.id]
        values: dict[str, Any] = {name: value for name, value in asdict(entry).items() if value is not None}
        if row.source != Source.PLUGGY:
            values = {"provider_id": entry.provider_id}
        elif entry.provider_id:
            values["identity"] = provider_identity(entry.provider_id)
        values["removed_at"] = None
        different = {name: value for name, value in values.items() if getattr(row, name) != value}
        for name, value in different.items():
            setattr(row, name, value)
        changed += bool(different)
    await session.flush()
    return changed


async def add_details(session: Session, pairs: Sequence[tuple[UUID, Entry]]) -> None:
    """Let transactions that are known learn what another source knows of them besides."""
    entries = dict(pairs)
    details = ("provider_id", "fitid", "nsu", "counterpart_document", "counterpart_name", "kind")
    for start in range(0, len(entries), CHUNK):
        ids = list(entries)[start : start + CHUNK]
        wanted = Transaction.id == any_(bindparam("ids", ids, ARRAY(Uuid())))
        for row in await session.scalars(select(Transaction).where(wanted)):
            for name in details:
                if getattr(row, name) is None and getattr(entries[row.id], name) is not None:
                    setattr(row, name, getattr(entries[row.id], name))
        await session.flush()


async def remove_transactions(session: Session, ids: Sequence[UUID]) -> int:
    """Hide what the provider has taken back."""
    statement = (
        update(Transaction)
        .where(Transaction.id == any_(bindparam("ids", list(ids), ARRAY(Uuid()))), Transaction.removed_at.is_(None))
        .values(removed_at=utc_now())
        .returning(Transaction.id)
        .execution_options(synchronize_session=False)
    )
    return len((await session.execute(statement)).all())
