"""Payments found among the transactions, for other slices and for the API."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from operator import attrgetter
from uuid import UUID

from malha.banking.repository import payments as kept_payments
from malha.banking.rules.assignment import assign
from malha.banking.rules.matching import Candidate, Payment, Score, score
from malha.banking.schemas import MatchRead, MatchRequest
from malha.banking.service._candidates import find_candidates
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
NOTHING = Score(-1, ())

Named = tuple[str, Payment | None]
"""The id of a transaction, ours or the provider's, and the payment that it should have been, if that is known."""


async def match_named(session: ReadSession, workspace_id: UUID, named: Sequence[Named]) -> list[Match | None]:
    """How well named transactions fit, each of them used once, by the first that it fits; None for unknown names."""
    found = await kept_payments.find_named(session, workspace_id, {name for name, _ in named})
    matches: list[Match | None] = []
    taken: set[UUID] = set()
    for name, payment in named:
        candidate = found.get(name)
        if candidate is None:
            matches.append(None)
            continue
        match = _judge_named(candidate, payment)
        if match.is_match and candidate.id in taken:
            match = Match(None, match.score, [TAKEN, *match.reasons])
        elif match.is_match:
            taken.add(candidate.id)
        matches.append(match)
    return matches


async def match_payments(
    session: ReadSession, workspace_id: UUID, payments: Sequence[Payment], *, taken: Collection[UUID] = ()
) -> list[Match]:
    """A match for each payment, each transaction used once, so that all together fit best; none of those `taken`."""
    weights: list[dict[UUID, int]] = [{} for _ in payments]
    best = [NOTHING] * len(payments)
    fitting: dict[UUID, Candidate] = {}
    async for place, candidates in find_candidates(session, workspace_id, payments):
        for candidate in candidates:
            if candidate.id in taken:
                continue
            judged = score(payments[place], candidate)
            best[place] = max(best[place], judged, key=_value)
            if judged.is_match:
                weights[place][candidate.id] = judged.value
                fitting[candidate.id] = candidate
    return [
        _show(payment, fitting.get(chosen) if chosen else None, most)
        for payment, chosen, most in zip(payments, assign(weights), best, strict=True)
    ]


async def match_requests(session: ReadSession, workspace_id: UUID, requests: Sequence[MatchRequest]) -> list[MatchRead]:
    """Both, for what the API is asked: requests that name their transaction are judged first, and by it alone."""
    payments = [
        Payment(request.cnpj, request.amount, request.paid_on, request.name) if request.amount is not None else None
        for request in requests
    ]
    named = {
        no: (request.transaction_id, payments[no])
        for no, request in enumerate(requests)
        if request.transaction_id is not None
    }
    results = [Match(None, 0, [UNKNOWN if no in named else NO_CANDIDATE]) for no in range(len(requests))]
    for no, match in zip(named, await match_named(session, workspace_id, list(named.values())), strict=True):
        results[no] = match or results[no]
    taken = {result.transaction.id for result in results if result.transaction is not None}
    open_ones = {no: payment for no, payment in enumerate(payments) if payment is not None and no not in named}
    found = await match_payments(session, workspace_id, list(open_ones.values()), taken=taken)
    for no, match in zip(open_ones, found, strict=True):
        results[no] = match
    return [MatchRead.model_validate(result) for result in results]


async def find_covered_days(session: ReadSession, workspace_id: UUID, days: Iterable[date]) -> set[date]:
    """Those of the days of which the workspace's statements or syncs tell: what paid on others cannot be known."""
    return await kept_payments.find_covered_days(session, workspace_id, days)


async def has_accounts(session: ReadSession, workspace_id: UUID) -> bool:
    """Whether there is anything to match with."""
    return await kept_payments.has_accounts(session, workspace_id)


_value = attrgetter("value")


def _judge_named(candidate: Candidate, payment: Payment | None) -> Match:
    if payment is None:
        fits = candidate.direction == "DEBIT"
        return Match(candidate if fits else None, 0, ["named"] if fits else ["named", "direction-credit"])
    judged = score(payment, candidate)
    return Match(candidate if judged.is_match else None, judged.value, ["named", *judged.reasons])


def _show(payment: Payment, chosen: Candidate | None, best: Score) -> Match:
    if chosen is not None:
        judged = score(payment, chosen)
        return Match(chosen, judged.value, list(judged.reasons))
    if best is NOTHING:
        return Match(None, 0, [NO_CANDIDATE])
    return Match(None, best.value, [TAKEN if best.is_match else WEAK, *best.reasons])
