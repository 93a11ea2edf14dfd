"""Transactions that may have paid something, and the days of which there is anything to say."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from psycopg.types.json import Jsonb
from sqlalchemy import TextClause, text

from malha.banking.rules.matching import MOST_DAYS, Candidate, amount_range
from malha.db import ReadSession

CHUNK = 2_000
"""Names at once."""

_CANDIDATE = "t.id, t.day, t.amount, t.direction, t.description, t.counterpart_document, t.counterpart_name"
_PAID_OUT = "t.workspace_id = :workspace_id AND t.removed_at IS NULL AND t.direction = 'DEBIT'"
_SOUGHT = """
jsonb_to_recordset(:searches)
  AS p(no int, cnpjs text[], amount numeric, low numeric, high numeric, day date, most int)
"""
_LIKELIEST = "abs(t.amount - p.amount), abs(t.day - p.day), t.day DESC, t.id"

# One walk of an index for each day: a range of days and one of amounts together would read every amount of those days.
_BY_DAY = f"""
    SELECT p.no, t.* FROM {_SOUGHT} CROSS JOIN LATERAL (
        SELECT near.* FROM generate_series(-{MOST_DAYS}, {MOST_DAYS}) AS shift CROSS JOIN LATERAL (
            SELECT {_CANDIDATE} FROM bank_transactions t
            WHERE {_PAID_OUT} AND t.day = p.day + shift AND t.amount BETWEEN p.low AND p.high AND {{condition}}
            ORDER BY {{first}} abs(t.amount - p.amount), t.id LIMIT p.most
        ) near
        UNION ALL (
            SELECT {_CANDIDATE} FROM bank_transactions t
            WHERE p.day IS NULL AND {_PAID_OUT} AND {{undated}} AND {{condition}}
            ORDER BY {{first}} abs(t.amount - p.amount), t.day DESC, t.id LIMIT p.most
        )
    ) t
    ORDER BY p.no, {_LIKELIEST}
"""  # noqa: S608 - made of this module's own constants
# What went to somebody else is no payment; but it is worth telling that the very amount went there.
_BY_AMOUNT = text(
    _BY_DAY.format(
        condition="(t.counterpart_document IS NULL OR t.amount = p.amount"
        " OR left(t.counterpart_document, 8) = ANY (p.cnpjs))",
        undated="t.amount = p.amount",
        first="t.counterpart_document IS NOT NULL,",
    )
)
_BY_PAYEE = text(
    _BY_DAY.format(
        condition="t.counterpart_document = p.cnpjs[1]",
        undated="t.amount BETWEEN p.low AND p.high",
        first="",
    )
)
_NAMED_BY_US = text(
    f"""
    SELECT n.name, {_CANDIDATE} FROM jsonb_to_recordset(:names) AS n(name text, id uuid)
    JOIN bank_transactions t ON t.id = n.id WHERE t.workspace_id = :workspace_id AND t.removed_at IS NULL
    """  # noqa: S608 - the same
)
_NAMED_BY_PROVIDER = text(
    f"""
    SELECT n.name, {_CANDIDATE} FROM jsonb_array_elements_text(:names) AS n(name)
    JOIN bank_transactions t ON t.workspace_id = :workspace_id AND t.provider_id = n.name AND t.removed_at IS NULL
    """  # noqa: S608 - the same
)
# What was told of a day before it was over is not all of it. Without any period, entries tell at least of their days.
_COVERED = text(
    """
    SELECT d.day FROM (SELECT CAST(jsonb_array_elements_text(:days) AS date) AS day) d
    WHERE CASE
        WHEN EXISTS (SELECT FROM bank_statements s WHERE s.workspace_id = :workspace_id AND s.status = 'IMPORTED'
                       AND d.day BETWEEN s.period_start AND s.period_end
                       AND d.day < CAST(s.imported_at AT TIME ZONE 'America/Sao_Paulo' AS date)) THEN true
        WHEN EXISTS (SELECT FROM bank_accounts a WHERE a.workspace_id = :workspace_id AND a.synced_until > d.day
                       AND EXISTS (SELECT FROM bank_transactions t
                                   WHERE t.account_id = a.id AND t.removed_at IS NULL AND t.day <= d.day)) THEN true
        ELSE EXISTS (SELECT FROM bank_transactions t WHERE t.workspace_id = :workspace_id AND t.removed_at IS NULL
                       AND t.day = d.day AND t.source <> 'PLUGGY')
    END
    """
)
_HAS_ACCOUNTS = text("SELECT EXISTS (SELECT FROM bank_accounts WHERE workspace_id = :workspace_id)")


@dataclass(frozen=True, slots=True)
class Search:
    """What payments of one amount and day (None: any) can have been; `cnpjs` are payees, or roots of payees."""

    amount: Decimal
    paid_on: date | None
    cnpjs: Sequence[str]
    most: int


async def has_accounts(session: ReadSession, workspace_id: UUID) -> bool:
    """Whether the workspace has told of any bank account."""
    return bool(await session.scalar(_HAS_ACCOUNTS, {"workspace_id": workspace_id}))


async def find_by_amount(session: ReadSession, workspace_id: UUID, searches: Sequence[Search]) -> list[list[Candidate]]:
    """For each search the transactions out of the workspace's accounts that fit, the likeliest first.

    Those to nobody in particular, to companies of the search's roots, or of the very amount.
    """
    return await _find(session, _BY_AMOUNT, workspace_id, searches)


async def find_by_payee(session: ReadSession, workspace_id: UUID, searches: Sequence[Search]) -> list[list[Candidate]]:
    """The same of those to one CNPJ for each search."""
    return await _find(session, _BY_PAYEE, workspace_id, searches)


async def find_named(session: ReadSession, workspace_id: UUID, names: Collection[str]) -> dict[str, Candidate]:
    """Those of the names that are ids of transactions, ours or the provider's; ours win."""
    wanted = sorted(set(names))
    found: dict[str, Candidate] = {}
    for start in range(0, len(wanted), CHUNK):
        chunk = wanted[start : start + CHUNK]
        ours = [{"name": name, "id": str(id_)} for name in chunk if (id_ := _uuid(name)) is not None]
        for statement, given in ((_NAMED_BY_PROVIDER, chunk), (_NAMED_BY_US, ours)):
            parameters = {"workspace_id": workspace_id, "names": Jsonb(given)}
            found |= {name: Candidate(*columns) for name, *columns in await session.execute(statement, parameters)}
    return found


async def find_covered_days(session: ReadSession, workspace_id: UUID, days: Iterable[date]) -> set[date]:
    """Those of the days that an imported statement or a sync of any of the workspace's accounts tells of."""
    parameters = {"workspace_id": workspace_id, "days": Jsonb([str(day) for day in sorted(set(days))])}
    return set((await session.execute(_COVERED, parameters)).scalars())


async def _find(
    session: ReadSession, statement: TextClause, workspace_id: UUID, searches: Sequence[Search]
) -> list[list[Candidate]]:
    found: list[list[Candidate]] = [[] for _ in searches]
    is_to_payee = statement is _BY_PAYEE
    rows = [_row(no, search, is_to_payee=is_to_payee) for no, search in enumerate(searches)]
    for no, *columns in await session.execute(statement, {"workspace_id": workspace_id, "searches": Jsonb(rows)}):
        found[no].append(Candidate(*columns))
    return found


def _row(no: int, search: Search, *, is_to_payee: bool) -> dict[str, Any]:
    low, high = amount_range(search.amount, is_to_payee=is_to_payee)
    return {
        "no": no,
        "cnpjs": search.cnpjs,
        "amount": str(search.amount),
        "low": str(low),
        "high": str(high),
        "day": search.paid_on and str(search.paid_on),
        "most": search.most,
    }


def _uuid(name: str) -> UUID | None:
    try:
        return UUID(name)
    except ValueError:
        return None
