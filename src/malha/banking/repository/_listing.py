"""Pages and totals of transactions: every page starts from an index, however deep it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Any, TypeVarTuple
from uuid import UUID

from sqlalchemy import ColumnElement, Row, Select, Subquery, func, select, true, tuple_

from malha.banking.errors import TransactionNotFoundError
from malha.banking.models import BankAccount, Transaction
from malha.db import ReadSession
from malha.identity.policy import Principal, visible_to
from malha.kit.pagination import CursorInvalidError, decode_cursor, encode_cursor

Values = TypeVarTuple("Values")


class Order(StrEnum):
    """Orders of the list; a leading minus is from the greatest to the least."""

    NEWEST = "-date"
    OLDEST = "date"
    LARGEST = "-amount"
    SMALLEST = "amount"


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
    order: Order,
    limit: int,
    cursor: str | None = None,
) -> tuple[list[Transaction], str | None]:
    """A page, and the cursor of the next. Rows after one another differ at the latest in their ids."""
    accounts = _several_accounts(principal, wanted)
    if accounts is not None:
        wanted = replace(wanted, account_ids=(), cost_center_id=None)
    conditions = _conditions(wanted)
    if cursor is not None:
        columns, place = tuple_(*_sort_columns(order, Transaction)), _read_cursor(order, cursor)
        conditions.append(columns < place if _is_descending(order) else columns > place)
    query = visible_to(principal, Transaction)
    if accounts is None:
        query = query.where(*conditions)
    else:
        places = _first_places(order, accounts, conditions, limit)
        query = query.join(places, Transaction.id == places.c.id)
    rows = list(await session.scalars(_sorted(query, order, Transaction, limit)))
    if len(rows) <= limit:
        return rows, None
    return rows[:limit], cursor_after(order, rows[limit - 1])


def cursor_after(order: Order, row: Transaction) -> str:
    """The cursor of the page that begins after this row."""
    day, amount = row.day.isoformat(), str(row.amount)
    first = [amount, day] if order in {Order.LARGEST, Order.SMALLEST} else [day, amount]
    return encode_cursor([order.value.lstrip("-"), *first, str(row.account_id), str(row.id)])


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
    place = _sorted(own, order, Transaction, limit).lateral("place")
    return _sorted(select(place.c.id).select_from(accounts).join(place, true()), order, place.c, limit).subquery("page")


def _sorted(query: Select[*Values], order: Order, columns: Any, limit: int) -> Select[*Values]:
    """One row more than the page has, to know whether another follows. `columns` has the transaction's by name."""
    keys = _sort_columns(order, columns)
    return query.order_by(*(key.desc() if _is_descending(order) else key for key in keys)).limit(limit + 1)


def _is_descending(order: Order) -> bool:
    return order.value.startswith("-")


def _sort_columns(order: Order, columns: Any) -> list[ColumnElement[Any]]:
    first = [columns.day, columns.amount]
    if order in {Order.LARGEST, Order.SMALLEST}:
        first.reverse()
    return [*first, columns.account_id, columns.id]


def _read_cursor(order: Order, cursor: str) -> tuple[object, ...]:
    by, first, second, account_id, id_ = decode_cursor(cursor, length=5)
    if by != order.value.lstrip("-"):
        raise CursorInvalidError(cursor)
    day, amount = (second, first) if order in {Order.LARGEST, Order.SMALLEST} else (first, second)
    try:
        place = date.fromisoformat(day), Decimal(amount)
        ids = UUID(account_id), UUID(id_)
    except (TypeError, ValueError, AttributeError, InvalidOperation) as error:
        raise CursorInvalidError(cursor) from error
    if not place[1].is_finite():
        raise CursorInvalidError(cursor)
    return (*(reversed(place) if order in {Order.LARGEST, Order.SMALLEST} else place), *ids)


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
