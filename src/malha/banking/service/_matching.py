"""Payments found among the transactions, for other slices and for the API."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from uuid import UUID

from malha.banking import repository
from malha.banking.models import Transaction
from malha.banking.rules import Candidate, Payment, Score, assign, score
from malha.banking.schemas import MatchRead, MatchRequest
from malha.db import ReadSession


@dataclass(frozen=True, slots=True)
class Match:
    """The transaction that paid, or None; `score` is 0 to 100, `reasons` say what speaks for and against it."""

    transaction: Candidate | None
    score: int
    reasons: list[str]

    @property
    def is_match(self) -> bool:
        """Whether a payment was found."""
        return self.transaction is not None


NO_CANDIDATE = "no-candidate"
TAKEN = "candidates-taken"
WEAK = "candidates-weak"
UNKNOWN = "transaction-unknown"


async def match_payment(
    session: ReadSession,
    workspace_id: UUID,
    *,
    transaction_id: str | UUID | None = None,
    cnpj: str | None = None,
    amount: Decimal | None = None,
    paid_on: date | None = None,
    name: str | None = None,
) -> Match:
    """The transaction that paid this, or the named one with how well it fits; the best of several otherwise.

    `transaction_id` is ours or the provider's. Without an amount only a named transaction can be found.
    """
    payment = None if amount is None else Payment(cnpj, amount, paid_on, name)
    if transaction_id is not None:
        named = await repository.find_named_transaction(session, workspace_id, str(transaction_id))
        return _judge_named(candidate_of(named) if named else None, payment)
    if payment is None:
        return Match(None, 0, [NO_CANDIDATE])
    return (await match_payments(session, workspace_id, [payment]))[0]


async def match_payments(session: ReadSession, workspace_id: UUID, payments: Sequence[Payment]) -> list[Match]:
    """A match for each payment, each transaction used once, so that all together fit best."""
    candidates = await repository.find_candidates(session, workspace_id, payments)
    scores = [
        {candidate.id: (candidate, score(payment, candidate)) for candidate in found}
        for payment, found in zip(payments, candidates, strict=True)
    ]
    weights = [{id_: each.value for id_, (_, each) in row.items() if each.is_match} for row in scores]
    return [_show(row, chosen) for row, chosen in zip(scores, assign(weights), strict=True)]


async def match_requests(session: ReadSession, workspace_id: UUID, requests: Sequence[MatchRequest]) -> list[MatchRead]:
    """The same for what the API is asked; requests that name their transaction are judged by themselves."""
    results: list[Match | None] = [None] * len(requests)
    open_ones: list[tuple[int, Payment]] = []
    for no, request in enumerate(requests):
        if request.transaction_id is None and request.amount is not None:
            open_ones.append((no, Payment(request.cnpj, request.amount, request.paid_on, request.name)))
        else:
            results[no] = await match_payment(session, workspace_id, **request.model_dump())
    matches = await match_payments(session, workspace_id, [payment for _, payment in open_ones])
    for (no, _), match in zip(open_ones, matches, strict=True):
        results[no] = match
    return [MatchRead.model_validate(match) for match in results]


def candidate_of(transaction: Transaction) -> Candidate:
    """A transaction as the rules see it."""
    return Candidate(
        id=transaction.id,
        day=transaction.day,
        amount=transaction.amount,
        direction=transaction.direction,
        description=transaction.description,
        counterpart_document=transaction.counterpart_document,
        counterpart_name=transaction.counterpart_name,
    )


def _judge_named(candidate: Candidate | None, payment: Payment | None) -> Match:
    if candidate is None:
        return Match(None, 0, [UNKNOWN])
    if payment is None:
        fits = candidate.direction == "DEBIT"
        return Match(candidate if fits else None, 0, ["named"] if fits else ["direction-credit"])
    judged = score(payment, candidate)
    return Match(candidate if judged.is_match else None, judged.value, ["named", *judged.reasons])


def _show(row: dict[UUID, tuple[Candidate, Score]], chosen: UUID | None) -> Match:
    if chosen is not None:
        candidate, judged = row[chosen]
        return Match(candidate, judged.value, list(judged.reasons))
    if not row:
        return Match(None, 0, [NO_CANDIDATE])
    best = max((judged for _, judged in row.values()), key=lambda each: each.value)
    return Match(None, best.value, [TAKEN if best.is_match else WEAK, *best.reasons])
