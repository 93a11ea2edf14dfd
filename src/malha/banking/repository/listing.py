"""Pages and totals of transactions: every page starts from an index, however deep it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

from sqlalchemy import ColumnElement, Row, Subquery, func, select, true

from malha.banking.errors import TransactionNotFoundError
from malha.banking.models import BankAccount, Transaction
from malha.db import ReadSession
from malha.db.paging import Order, Page, Window, cut_page, fetch_page
from malha.identity.policy import Principal, visible_to


class Sorting(StrEnum):
    """Orders of the list; a leading minus is from the greatest to the least."""

    NEWEST = "-date"
    OLDEST = "date"
    LARGEST = "-amount"
    SMALLEST = "amount"


_BY_DAY = (Transaction.day, Transaction.amount, Transaction.account_id, Transaction.id)
_BY_AMOUNT = (Transaction.amount, Transaction.day, Transaction.account_id, Transaction.id)
_ORDERS = {
    Sorting.NEWEST: Order(*_BY_DAY, is_descending=True),
    Sorting.OLDEST: Order(*_BY_DAY),
    Sorting.LARGEST: Order(*_BY_AMOUNT, is_descending=True),
    Sorting.SMALLEST: Order(*_BY_AMOUNT),
}


@dataclass(frozen=True, slots=True)
class TransactionFilter:
    """None and empty sequences do not filter. `text` is looked for in descriptions and names."""

    account_ids: Sequence[UUID] = ()
    cost_center_id: UUID | None = None
    day_from: date | None = None
    day_to: date | None = None
    amount_from: Decimal | None = None
    amount_to: Decimal | None = None
    direction: str | None = None
    status: str | None = None
    counterpart: str | None = None
    text: str | None = None


@dataclass(frozen=True, slots=True)
class Total:
    """The transactions of one direction and status."""

    direction: str
    status: str
    count: int
    amount: Decimal


async def get_transaction(session: ReadSession, principal: Principal, transaction_id: UUID) -> Transaction:
    """One transaction; TransactionNotFoundError when absent or another tenant's."""
    found = await session.scalar(visible_to(principal, Transaction).where(Transaction.id == transaction_id))
    if found is None:
        raise TransactionNotFoundError
    return found


async def list_transactions(
    session: ReadSession,
    principal: Principal,
    wanted: TransactionFilter,
    *,
    sorting: Sorting,
    window: Window,
) -> Page[Transaction]:
    """Transactions in the asked order. Rows after one another differ at the latest in their ids."""
    order = _ORDERS[sorting]
    accounts = _several_accounts(principal, wanted)
    if accounts is not None:
        wanted = replace(wanted, account_ids=(), cost_center_id=None)
    conditions = _conditions(wanted)
    query = visible_to(principal, Transaction)
    if accounts is None:
        return await fetch_page(session, query.where(*conditions), order, window)
    if window.cursor is not None:
        conditions.append(order.beyond(window.cursor))
    places = _first_places(order, accounts, conditions, window.limit)
    query = query.join(places, Transaction.id == places.c.id)
    return cut_page((await session.scalars(order.sort(query))).all(), order, window)


def cursor_after(sorting: Sorting, row: Transaction) -> str:
    """The cursor of the page that begins after this row."""
    return _ORDERS[sorting].cursor_after(row)


async def sum_transactions(session: ReadSession, principal: Principal, wanted: TransactionFilter) -> Sequence[Total]:
    """Count and sum of what the filter lets through, by direction and status."""
    sums = Transaction.direction, Transaction.status, func.count(), func.coalesce(func.sum(Transaction.amount), 0)
    query = visible_to(principal, Transaction).where(*_conditions(wanted)).with_only_columns(*sums)
    rows: Sequence[Row[str, str, int, Decimal]] = (
        await session.execute(query.group_by(Transaction.direction, Transaction.status))
    ).all()
    return [Total(*row) for row in rows]


def _several_accounts(principal: Principal, wanted: TransactionFilter) -> Subquery | None:
    """The accounts of a list of several; None for a list of all or of one."""
    if wanted.cost_center_id is None and len(wanted.account_ids) < 2:
        return None
    query = visible_to(principal, BankAccount).with_only_columns(BankAccount.id)
    if wanted.cost_center_id is not None:
        query = query.where(BankAccount.cost_center_id == wanted.cost_center_id)
    if wanted.account_ids:
        query = query.where(BankAccount.id.in_(wanted.account_ids))
    return query.subquery("account")


def _first_places(order: Order, accounts: Subquery, conditions: Sequence[ColumnElement[bool]], limit: int) -> Subquery:
    """The ids of a page's rows: the first of each account, by its own index, and of these the first.

    No index leads to several accounts at once. Where nothing else is filtered the rows themselves are not touched.
    The accounts are ones that the caller may see.
    """
    columns = (Transaction.day, Transaction.amount, Transaction.account_id, Transaction.id)
    own = select(*columns).where(Transaction.account_id == accounts.c.id, *conditions).correlate(accounts)
    place = order.sort(own).limit(limit + 1).lateral("place")
    first = select(place.c.id).select_from(accounts).join(place, true())
    return order.sort(first, place.c).limit(limit + 1).subquery("page")


def _conditions(wanted: TransactionFilter) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = [Transaction.removed_at.is_(None)]
    if wanted.account_ids:
        # One account goes by its own index; the planner sees that only when it is compared with `=`.
        conditions.append(
            Transaction.account_id == wanted.account_ids[0]
            if len(wanted.account_ids) == 1
            else Transaction.account_id.in_(wanted.account_ids)
        )
    if wanted.cost_center_id is not None:
        accounts = select(BankAccount.id).where(BankAccount.cost_center_id == wanted.cost_center_id)
        conditions.append(Transaction.account_id.in_(accounts))
    bounds = [
        (Transaction.day, wanted.day_from, wanted.day_to),
        (Transaction.amount, wanted.amount_from, wanted.amount_to),
    ]
    for column, lowest, highest in bounds:
        if lowest is not None:
            conditions.append(column >= lowest)
        if highest is not None:
            conditions.append(column <= highest)
    for column, value in (
        (Transaction.direction, wanted.direction),
        (Transaction.status, wanted.status),
        (Transaction.counterpart_document, wanted.counterpart),
    ):
        if value is not None:
            conditions.append(column == value)
    if wanted.text:
        pattern = wanted.text
        conditions.append(
            Transaction.description.icontains(pattern, autoescape=True)
            | Transaction.counterpart_name.icontains(pattern, autoescape=True)
        )
    return conditions
