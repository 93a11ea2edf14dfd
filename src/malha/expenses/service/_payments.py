"""Which bank transactions paid the expenses of a batch."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from uuid import UUID

from malha.banking.service import Match, Payment, find_covered_days, has_accounts, match_named, match_payments
from malha.db import ReadSession
from malha.expenses.rules.signals import Spending


async def match_expenses(
    session: ReadSession, workspace_id: UUID, spendings: Sequence[Spending]
) -> tuple[dict[int, Match], dict[int, Match]]:
    """Matches of the expenses that were paid, and of those that nothing paid although it would be known; by their keys.

    An expense that names one of the workspace's transactions is compared with that one. Of days that no statement
    reaches nothing is said.
    """
    if not await has_accounts(session, workspace_id):
        return {}, {}
    payments = {
        spending.key: Payment(spending.cnpj, spending.amount, spending.spent_on, spending.legal_name)
        for spending in spendings
        if spending.amount
    }
    names = {spending.key: spending.transaction_id for spending in spendings if spending.transaction_id}
    named = await match_named(session, workspace_id, [(name, payments.get(key)) for key, name in names.items()])
    matches = {key: match for key, match in zip(names, named, strict=True) if match is not None}
    unpaid = {key: match for key, match in matches.items() if not match.is_match}
    taken = {match.transaction.id for match in matches.values() if match.transaction is not None}
    open_ones = {key: payment for key, payment in payments.items() if key not in matches}
    found = await match_payments(session, workspace_id, list(open_ones.values()), taken=taken)
    matches |= dict(zip(open_ones, found, strict=True))
    covered = await find_covered_days(session, workspace_id, _days(open_ones.values()))
    unpaid |= {
        key: matches[key]
        for key, payment in open_ones.items()
        if payment.paid_on in covered and not matches[key].is_match
    }
    return {key: match for key, match in matches.items() if match.is_match}, unpaid


def _days(payments: Iterable[Payment]) -> Iterable[date]:
    return (payment.paid_on for payment in payments if payment.paid_on is not None)
