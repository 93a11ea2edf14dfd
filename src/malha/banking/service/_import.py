"""A stored statement file becomes transactions of its account."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from malha.banking import repository
from malha.banking.models import BankAccount, Statement
from malha.banking.rules import (
    AccountRef,
    CsvMapping,
    StatementData,
    choose_statement,
    parse_statement,
    reconcile,
)
from malha.db import Database, Session
from malha.kit.clock import utc_now

IMPORT_KIND = "banking.import_statement"
LONGEST_PROBLEM = 4_000


def read_file(data: bytes, mapping: dict[str, Any] | None) -> list[StatementData]:
    """Every statement in the file; StatementInvalidError."""
    return parse_statement(data, CsvMapping.model_validate(mapping) if mapping else None)


async def import_statement(session: Session, statement_id: UUID, found: list[StatementData]) -> dict[str, Any] | None:
    """Write what is new, with the account locked; None when the statement was deleted meanwhile.

    Raises StatementInvalidError when the file is of another account. Whole files in any order and any number of times
    lead to the same transactions.
    """
    statement = await repository.find_statement(session, statement_id)
    account = await repository.lock_account(session, statement.account_id) if statement else None
    if statement is None or account is None:
        return None
    data = choose_statement(found, AccountRef(account.bank_code, account.branch, account.number))
    added = 0
    if data.entries:
        days = [entry.day for entry in data.entries]
        known = await repository.list_known(session, account.id, min(days), max(days))
        plan = reconcile(data.entries, known, data.source)
        await repository.add_details(session, plan.known)
        added = await repository.insert_transactions(
            session, account, plan.new, source=data.source, statement_id=statement.id
        )
    _note(account, statement, data, added)
    return {"statement_id": str(statement.id), "entries": len(data.entries), "added": added, "skipped": data.skipped}


async def refuse_statement(database: Database, statement_id: UUID, problem: str) -> None:
    """Keep why a file was refused, in a transaction of its own: the part's own is undone."""
    async with database.session() as session:
        statement = await repository.find_statement(session, statement_id)
        if statement is not None:
            statement.status = "REFUSED"
            statement.problem = problem[:LONGEST_PROBLEM]


def _note(account: BankAccount, statement: Statement, data: StatementData, added: int) -> None:
    statement.status = "IMPORTED"
    statement.problem = None
    statement.format = data.source.value
    statement.period_start, statement.period_end = data.period_start, data.period_end
    statement.entry_count = len(data.entries)
    statement.added_count = added
    statement.imported_at = utc_now()
    ref = data.account
    account.bank_code = account.bank_code or ref.bank_code
    account.branch = account.branch or ref.branch
    account.number = account.number or ref.number
    if data.balance is None:
        return
    end = data.balance.instant
    if account.balance_at is None or account.balance_at <= end:
        account.balance, account.balance_at = data.balance.amount, end
