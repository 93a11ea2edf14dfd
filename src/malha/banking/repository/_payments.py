"""Transactions that may have paid something."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from sqlalchemy import select, text

from malha.banking.models import BankAccount, Transaction
from malha.banking.rules import Candidate, Payment, amount_range
from malha.db import ReadSession

MOST_DAYS = 5
MOST_CANDIDATES = 30
CHUNK = 2_000

# One walk of the index by amount for each payment; a payment without a day looks at all days.
_CANDIDATES = text(
    """
    SELECT p.no, t.id, t.day, t.amount, t.direction, t.description, t.counterpart_document, t.counterpart_name
    FROM unnest(CAST(:nos AS int[]), CAST(:lows AS numeric[]), CAST(:highs AS numeric[]), CAST(:amounts AS numeric[]),
                CAST(:firsts AS date[]), CAST(:lasts AS date[]), CAST(:cnpjs AS text[]))
         AS p(no, low, high, amount, first, last, cnpj)
    CROSS JOIN LATERAL (
        SELECT * FROM bank_transactions t
        WHERE t.workspace_id = :workspace_id AND t.removed_at IS NULL AND t.direction = 'DEBIT'
          AND t.amount BETWEEN p.low AND p.high AND t.day BETWEEN p.first AND p.last
        ORDER BY t.counterpart_document IS NOT DISTINCT FROM p.cnpj DESC, abs(t.amount - p.amount), t.day, t.id
        LIMIT :most
    ) t
    """
)


async def find_candidates(
    session: ReadSession, workspace_id: UUID, payments: Sequence[Payment]
) -> list[list[Candidate]]:
    """For each payment the transactions out of the workspace's accounts that can have been it, the likeliest first."""
    found: list[list[Candidate]] = [[] for _ in payments]
    for start in range(0, len(payments), CHUNK):
        chunk = payments[start : start + CHUNK]
        ranges = [amount_range(payment.amount) for payment in chunk]
        spread = timedelta(days=MOST_DAYS)
        parameters = {
            "workspace_id": workspace_id,
            "most": MOST_CANDIDATES,
            "nos": list(range(start, start + len(chunk))),
            "lows": [low for low, _ in ranges],
            "highs": [high for _, high in ranges],
            "amounts": [payment.amount for payment in chunk],
            "firsts": [str(payment.paid_on - spread) if payment.paid_on else "-infinity" for payment in chunk],
            "lasts": [str(payment.paid_on + spread) if payment.paid_on else "infinity" for payment in chunk],
            "cnpjs": [payment.cnpj for payment in chunk],
        }
        for no, *columns in await session.execute(_CANDIDATES, parameters):
            found[no].append(Candidate(*columns))
    return found


async def find_named_transaction(session: ReadSession, workspace_id: UUID, name: str) -> Transaction | None:
    """A transaction by our id or by the provider's."""
    query = select(Transaction).where(Transaction.workspace_id == workspace_id, Transaction.removed_at.is_(None))
    try:
        own = await session.scalar(query.where(Transaction.id == UUID(name)))
    except ValueError:
        own = None
    # The unique index of provider ids starts with the account.
    accounts = select(BankAccount.id).where(BankAccount.workspace_id == workspace_id)
    return own or await session.scalar(
        query.where(Transaction.provider_id == name, Transaction.account_id.in_(accounts)).limit(1)
    )
