"""A stored statement file becomes transactions of its account."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing
from typing import Any
from uuid import UUID

from malha.banking.models import BankAccount, Statement
from malha.banking.repository import accounts, statements
from malha.banking.repository import entries as kept_entries
from malha.banking.repository.staging import CHUNK, StagedEntries
from malha.banking.rules.entries import AccountRef, Balance, Entry, Source, StatementTold
from malha.banking.rules.reconciling import reconcile
from malha.banking.rules.remarks import MappingNeededError, Remark, StatementInvalidError
from malha.banking.rules.statements import Item, Tally, choose_statements
from malha.db import Database, Session
from malha.kit.clock import utc_now

IMPORT_KIND = "banking.import_statement"
LONGEST_PROBLEM = 4_000
MOST_REMARKS = 1_000


async def import_statement(session: Session, statement_id: UUID, items: AsyncIterator[Item]) -> dict[str, Any] | None:
    """Write what is new, with the account locked; None when the statement was deleted meanwhile.

    The items go to the database as they come, and come back in portions: memory does not grow with the file. Raises
    StatementInvalidError when the file is of another account. Whole files in any order and any number of times lead
    to the same transactions.
    """
    staged = await StagedEntries.open(session)
    told = await _stage(staged, items)
    statement = await statements.find_statement(session, statement_id)
    account = await accounts.lock_account(session, statement.account_id) if statement else None
    if statement is None or account is None:
        return None
    chosen = choose_statements(told, AccountRef(account.bank_code, account.branch, account.number))
    added = 0
    for numbers in _rounds(told, chosen):
        added += await _write(session, staged, numbers, account, statement.id, chosen[0].source)
    _note(statement, chosen, added)
    _learn(account, chosen)
    return {
        "statement_id": str(statement.id),
        "entries": statement.entry_count,
        "added": added,
        "skipped": statement.skipped_count,
        "unreadable": statement.unreadable_count,
    }


async def _stage(staged: StagedEntries, items: AsyncIterator[Item]) -> list[StatementTold]:
    """What the statements of the file tell besides their entries, which are staged under their numbers from 0."""
    tally, told = Tally(), list[StatementTold]()
    waiting: list[Entry] = []
    async for item in items:
        ended = tally.note(item)
        if isinstance(item, Entry):
            waiting.append(item)
        if waiting and (ended is not None or len(waiting) == CHUNK):
            await staged.add(len(told), waiting)
            waiting.clear()
        if ended is not None:
            told.append(ended)
    return told


def _rounds(told: Sequence[StatementTold], chosen: Sequence[StatementTold]) -> list[list[int]]:
    """What is compared with known ones at a time: statements of a file may overlap as files do, CNAB batches do not."""
    numbers = [number for number, statement in enumerate(told) if any(statement is one for one in chosen)]
    return [numbers] if chosen[0].source is Source.CNAB240 else [[number] for number in numbers]


async def _write(
    session: Session,
    staged: StagedEntries,
    numbers: Sequence[int],
    account: BankAccount,
    statement_id: UUID,
    source: Source,
) -> int:
    added = 0
    async with aclosing(staged.read(numbers)) as portions:
        async for portion in portions:
            ids = {id(entry): id_ for id_, entry in portion}
            entries = [entry for _, entry in portion]
            first, last = ((one.day, one.direction.value, one.amount) for one in (entries[0], entries[-1]))
            known = await kept_entries.list_alike(session, account.id, first, last)
            plan = reconcile(entries, known, source)
            await kept_entries.add_details(session, plan.known)
            await staged.mark_new((ids[id(entry)], identity) for entry, identity in plan.new)
            added += await staged.insert_new(account, source, statement_id)
    return added


async def refuse_statement(database: Database, statement_id: UUID, error: StatementInvalidError) -> None:
    """Keep why a file was refused, in a transaction of its own: the part's own is undone.

    One that was imported meanwhile, with another mapping, stays so.
    """
    async with database.session() as session:
        statement = await statements.find_statement(session, statement_id, is_locked=True)
        if statement is None or statement.status == "IMPORTED":
            return
        needs_mapping = isinstance(error, MappingNeededError)
        statement.status = "NEEDS_MAPPING" if needs_mapping else "REFUSED"
        statement.mapping_column = error.column if needs_mapping else None
        statement.problem = error.message("en")[:LONGEST_PROBLEM]
        statement.problem_pt = error.message("pt")[:LONGEST_PROBLEM]


def _note(statement: Statement, chosen: Sequence[StatementTold], added: int) -> None:
    statement.status = "IMPORTED"
    statement.problem = statement.problem_pt = statement.mapping_column = None
    statement.format = chosen[0].source.value
    statement.period_start = min((data.period_start for data in chosen if data.period_start), default=None)
    statement.period_end = max((data.period_end for data in chosen if data.period_end), default=None)
    statement.entry_count = sum(data.entry_count for data in chosen)
    statement.added_count = added
    statement.skipped_count = sum(data.skipped for data in chosen)
    statement.unreadable_count = sum(data.unreadable for data in chosen)
    statement.remarks = [_remark(remark) for data in chosen for remark in data.remarks][:MOST_REMARKS]
    opening, closing = _opening(chosen), _closing(chosen)
    statement.opening_balance = opening.amount if opening else None
    statement.balance, statement.balance_day = (closing.amount, closing.day) if closing else (None, None)
    statement.imported_at = utc_now()


def _remark(remark: Remark) -> dict[str, Any]:
    return {"line": remark.line, "text": remark.text, "reason": remark.reason.value, "detail": remark.detail}


def _opening(chosen: Sequence[StatementTold]) -> Balance | None:
    found = [data.opening for data in chosen if data.opening is not None]
    return min(found, key=lambda balance: balance.day, default=None)


def _closing(chosen: Sequence[StatementTold]) -> Balance | None:
    found = [data.balance for data in chosen if data.balance is not None]
    return max(reversed(found), key=lambda balance: balance.day, default=None)


def _learn(account: BankAccount, chosen: Sequence[StatementTold]) -> None:
    """What the file tells of the account itself."""
    for data in chosen:
        account.bank_code = account.bank_code or data.account.bank_code
        account.branch = account.branch or data.account.branch
        account.number = account.number or data.account.number
    closing = _closing(chosen)
    if closing is not None and (account.balance_at is None or account.balance_at <= closing.instant):
        account.balance, account.balance_at = closing.amount, closing.instant
