"""The payments of 10,000 expenses found among 100,000 transactions, together, beside a search for each expense.

Two kinds of workspace: amounts of all sizes on all days of a quarter, and one fee that is paid for each of thousands
of condominiums on one day, where whatever is compared with everything else would never end.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from uuid import UUID

import psycopg
from _report import Series, Verdict, finish, parse_arguments

from malha.banking.service import Payment, match_payments
from malha.db import Database
from malha.expenses.rules.signals import Spending
from malha.expenses.service._payments import match_expenses
from malha.kit.ids import new_id
from malha.kit.urls import libpq_url
from malha.settings import get_settings

EXPENSES, TRANSACTIONS = 10_000, 100_000
SINGLE = 300
MOST_SECONDS = 30.0
LEAST_RATIO = 2.0

_ACCOUNTS = """
INSERT INTO bank_accounts (id, workspace_id, name) SELECT gen_random_uuid(), %(workspace)s, 'Conta ' || n
FROM generate_series(1, 100) n
"""
_TRANSACTIONS = """
INSERT INTO bank_transactions (id, workspace_id, account_id, day, amount, direction, status, occurred_at, description,
                               counterpart_document, source, identity)
SELECT gen_random_uuid(), %(workspace)s, accounts.ids[1 + n %% 100], day, amount, 'DEBIT', 'POSTED', day, 'PAGAMENTO',
       CASE WHEN n %% 2 = 0 THEN lpad(n::text, 14, '0') END, 'OFX', int8send(n)
FROM (SELECT array_agg(id) AS ids FROM bank_accounts WHERE workspace_id = %(workspace)s) accounts,
     generate_series(1, %(count)s) n,
     LATERAL (SELECT CASE WHEN n <= %(fees)s THEN '2026-07-10' ELSE '2026-07-01'::date + n %% 92 END AS day,
                     CASE WHEN n <= %(fees)s THEN 99.90 ELSE (1000 + n * 7919::bigint %% 900000) / 100.0 END AS amount
             ) made
"""
_SPENDINGS = """
SELECT row_number() OVER (ORDER BY identity), coalesce(counterpart_document, '11222333000181'), 'limpeza', amount, day
FROM bank_transactions WHERE workspace_id = %s AND (%s OR get_byte(identity, 7) %% 10 = 3) ORDER BY identity LIMIT %s
"""


def fill(*, fees: int) -> UUID:
    """A workspace whose first transactions are `fees` equal ones."""
    workspace = new_id()
    record.execute(_ACCOUNTS, {"workspace": workspace})
    record.execute(_TRANSACTIONS, {"workspace": workspace, "count": TRANSACTIONS, "fees": fees})
    record.execute("ANALYZE bank_transactions")
    return workspace


def spendings_of(workspace: UUID, *, first: bool) -> list[Spending]:
    """Expenses for the first transactions, or for some of all; each tenth of them nothing paid."""
    rows = record.execute(_SPENDINGS, [workspace, first, EXPENSES]).fetchall()
    made = [Spending(*row) for row in rows]
    return [each._replace(amount=each.amount * 3) if each.amount and each.key % 10 == 0 else each for each in made]


async def match_together(database: Database, workspace: UUID, spendings: Sequence[Spending]) -> tuple[float, int, int]:
    """Milliseconds an expense, and how many were paid and how many not."""
    async with database.read_session() as session:
        started = time.perf_counter()
        paid, unpaid = await match_expenses(session, workspace, spendings)
        return (time.perf_counter() - started) / len(spendings) * 1000, len(paid), len(unpaid)


async def match_one_by_one(database: Database, workspace: UUID, spendings: Sequence[Spending]) -> float:
    """The same with a search for each."""
    async with database.read_session() as session:
        started = time.perf_counter()
        for each in spendings[:SINGLE]:
            assert each.amount is not None
            await match_payments(session, workspace, [Payment(each.cnpj, each.amount, each.spent_on)])
        return (time.perf_counter() - started) / SINGLE * 1000


async def measure(rounds: int) -> None:
    """Measure and judge."""
    database = Database(get_settings().database)
    series: list[Series] = []
    verdicts: list[Verdict] = []
    for name, fees in (("amounts of all sizes", 0), ("one fee ten thousand times", EXPENSES)):
        workspace = fill(fees=fees)
        spendings = spendings_of(workspace, first=fees > 0)
        together, single = [], []
        paid = unpaid = 0
        for _ in range(rounds):
            milliseconds, paid, unpaid = await match_together(database, workspace, spendings)
            together.append(milliseconds)
            single.append(await match_one_by_one(database, workspace, spendings))
        print(f"{name}: {len(spendings):,} expenses, {paid:,} paid, {unpaid:,} not")
        ours, theirs = Series(f"{name}, together", together, "ms an expense"), Series("one by one", single, "ms")
        series += [ours, theirs]
        seconds = ours.median * EXPENSES / 1000
        verdicts.append(Verdict(f"expenses_matching seconds, {name}", seconds, MOST_SECONDS, at_most=True))
        ratio = theirs.median / ours.median
        verdicts.append(Verdict(f"expenses_matching, {name}", ratio, LEAST_RATIO, at_most=False))
    await database.dispose()
    finish(series, verdicts)


if __name__ == "__main__":
    with psycopg.connect(libpq_url(get_settings().database.url), autocommit=True) as record:
        asyncio.run(measure(1 if parse_arguments(__doc__ or "").quick else 3))
