"""Pages and totals of transactions: every page starts from an index, however deep it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from uuid import UUID

from sqlalchemy import ColumnElement, Row, Select, bindparam, func, select, true, tuple_
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import InstrumentedAttribute, aliased
from sqlalchemy.types import Uuid

from malha.banking.errors import TransactionNotFoundError
from malha.banking.models import BankAccount, Transaction
from malha.db import ReadSession
from malha.identity.policy import Principal, visible_to
from malha.kit.pagination import CursorInvalidError, decode_cursor, encode_cursor

MOST_MERGED = 200
"""Lists of more accounts than this filter the workspace's list instead."""


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
    accounts = await _few_accounts(session, principal, wanted)
    if accounts is not None:
        wanted = replace(wanted, account_ids=(), cost_center_id=None)
    query = _filtered(visible_to(principal, Transaction), wanted)
    if cursor is not None:
        columns, place = _sort_columns(order, Transaction), _read_cursor(order, cursor)
        query = query.where(tuple_(*columns) < place if _is_descending(order) else tuple_(*columns) > place)
    page = _sorted(query, order, Transaction, limit) if accounts is None else _merged(query, order, accounts, limit)
    rows = list(await session.scalars(page))
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
    query = _filtered(visible_to(principal, Transaction), wanted).with_only_columns(
        Transaction.direction, Transaction.status, func.count(), func.coalesce(func.sum(Transaction.amount), 0)
    )
    rows: Sequence[Row[str, str, int, Decimal]] = (
        await session.execute(query.group_by(Transaction.direction, Transaction.status))
    ).all()
    return [Total(*row) for row in rows]


async def _few_accounts(session: ReadSession, principal: Principal, wanted: TransactionFilter) -> Sequence[UUID] | None:
    """The accounts of a list of several, when they are few enough to be read one by one; None otherwise."""
    if wanted.cost_center_id is None and len(wanted.account_ids) < 2:
        return None
    query = visible_to(principal, BankAccount).with_only_columns(BankAccount.id).limit(MOST_MERGED + 1)
    if wanted.cost_center_id is not None:
        query = query.where(BankAccount.cost_center_id == wanted.cost_center_id)
    if wanted.account_ids:
        query = query.where(BankAccount.id.in_(wanted.account_ids))
    found = (await session.scalars(query)).all()
    return found if len(found) <= MOST_MERGED else None


def _merged(query: Select[Transaction], order: Order, accounts: Sequence[UUID], limit: int) -> Select[Transaction]:
    """The first rows of each account, by its own index, and of these the first: no index leads to several at once."""
    each = select(func.unnest(bindparam("accounts", accounts, ARRAY(Uuid()))).label("id")).subquery("account")
    of_one = _sorted(query.where(Transaction.account_id == each.c.id), order, Transaction, limit).lateral("of_one")
    row = aliased(Transaction, of_one)
    return _sorted(select(row).select_from(each).join(of_one, true()), order, row, limit)


def _sorted(query: Select[Transaction], order: Order, entity: type[Transaction], limit: int) -> Select[Transaction]:
    """One row more than the page has, to know whether another follows."""
    columns = _sort_columns(order, entity)
    return query.order_by(*(column.desc() if _is_descending(order) else column for column in columns)).limit(limit + 1)


def _is_descending(order: Order) -> bool:
    return order.value.startswith("-")


def _sort_columns(order: Order, entity: type[Transaction]) -> list[InstrumentedAttribute[object]]:
    first = [entity.day, entity.amount]
    if order in {Order.LARGEST, Order.SMALLEST}:
        first.reverse()
    return [*first, entity.account_id, entity.id]  # type: ignore[list-item] - columns of several types


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


def _filtered(query: Select[Transaction], wanted: TransactionFilter) -> Select[Transaction]:
    return query.where(Transaction.removed_at.is_(None), *_conditions(wanted))


def _conditions(wanted: TransactionFilter) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
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
