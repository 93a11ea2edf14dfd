"""For each of many payments the few transactions that it is compared with."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import AsyncIterator, Sequence
from datetime import date
from decimal import Decimal
from uuid import UUID

from malha.banking.repository import payments as kept_payments
from malha.banking.repository.payments import Search
from malha.banking.rules.matching import Candidate, Payment
from malha.db import ReadSession

MOST_EACH = 20
MOST_OTHERS = 3
"""Transactions of the very amount that went to somebody else: they tell why there is no match."""

MOST_ROOTS = 20
GROUPS = 2_000
"""Groups of equal payments that are searched for by one statement."""

Places = Sequence[int]


async def find_candidates(
    session: ReadSession, workspace_id: UUID, payments: Sequence[Payment]
) -> AsyncIterator[tuple[int, list[Candidate]]]:
    """Each payment's place with the likeliest transactions for it, in no order.

    A thousand payments of one amount on one day (a fee, paid for each of a thousand condominiums) look among a
    thousand transactions and more: each at a part of them, all together at all.
    """
    groups: defaultdict[tuple[Decimal, date | None], list[int]] = defaultdict(list)
    for place, payment in enumerate(payments):
        groups[payment.amount, payment.paid_on].append(place)
    together = list(groups.values())
    for start in range(0, len(together), GROUPS):
        chunk = together[start : start + GROUPS]
        found = await kept_payments.find_by_amount(
            session, workspace_id, [_search(payments, places) for places in chunk]
        )
        known = await _find_for_payees(session, workspace_id, payments, [place for places in chunk for place in places])
        for places, candidates in zip(chunk, found, strict=True):
            for place, dealt in _deal(payments, places, candidates):
                yield place, _unite(known.get(place, []), dealt)


def _search(payments: Sequence[Payment], places: Places) -> Search:
    first = payments[places[0]]
    roots = {cnpj[:8] for place in places if (cnpj := payments[place].cnpj)}
    return Search(
        first.amount, first.paid_on, sorted(roots) if len(roots) <= MOST_ROOTS else [], most=MOST_EACH + len(places)
    )


async def _find_for_payees(
    session: ReadSession, workspace_id: UUID, payments: Sequence[Payment], places: Places
) -> dict[int, list[Candidate]]:
    """Transactions to the payments' own payees, of amounts that may differ by more."""
    groups: defaultdict[Payment, list[int]] = defaultdict(list)
    for place in places:
        payment = payments[place]
        if payment.cnpj:
            groups[Payment(payment.cnpj, payment.amount, payment.paid_on)].append(place)
    keys = list(groups)
    known: dict[int, list[Candidate]] = {}
    for start in range(0, len(keys), GROUPS):
        chunk = keys[start : start + GROUPS]
        searches = [Search(key.amount, key.paid_on, [key.cnpj or ""], MOST_EACH + len(groups[key])) for key in chunk]
        found = await kept_payments.find_by_payee(session, workspace_id, searches)
        for key, candidates in zip(chunk, found, strict=True):
            known |= _share(groups[key], candidates)
    return known


def _deal(
    payments: Sequence[Payment], places: Places, candidates: Sequence[Candidate]
) -> list[tuple[int, list[Candidate]]]:
    """The candidates of equal payments: to each the anonymous ones, those to its own company, and a few others."""
    by_root: defaultdict[str, list[Candidate]] = defaultdict(list)
    for candidate in candidates:
        by_root[(candidate.counterpart_document or "")[:8]].append(candidate)
    anonymous = _share(places, by_root.pop("", []))
    of_root: defaultdict[str, list[int]] = defaultdict(list)
    for place in places:
        of_root[(payments[place].cnpj or "")[:8]].append(place)
    named: dict[int, list[Candidate]] = {}
    for root, sharing in of_root.items():
        named |= _share(sharing, by_root.get(root, []))
    others = [candidate for candidate in candidates if candidate.counterpart_document][:MOST_OTHERS]
    return [(place, _unite(named[place], anonymous[place], others)) for place in places]


def _share(places: Places, candidates: list[Candidate]) -> dict[int, list[Candidate]]:
    """What each of equal payments looks at: everything, or a stretch that overlaps with its neighbours'."""
    if len(candidates) <= 2 * MOST_EACH:
        return dict.fromkeys(places, candidates)
    count, last = len(candidates), len(candidates) - MOST_EACH
    starts = [min(max(turn * count // len(places) - MOST_EACH // 2, 0), last) for turn in range(len(places))]
    return {place: candidates[start : start + MOST_EACH] for place, start in zip(places, starts, strict=True)}


def _unite(*lists: Sequence[Candidate]) -> list[Candidate]:
    return list({candidate.id: candidate for candidates in lists for candidate in candidates}.values())
