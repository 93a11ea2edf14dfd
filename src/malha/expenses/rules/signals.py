"""Signals of fraud: facts worth a second look, each with its evidence, none of them a verdict."""

from __future__ import annotations

import math
import statistics
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from enum import StrEnum
from itertools import islice
from types import MappingProxyType
from typing import Any, NamedTuple, Protocol

from malha.expenses.rules.services import normalize_service
from malha.suppliers.rules.supplier import Status, Supplier

JUST_UNDER_SHARE = Decimal("0.90")
REPEAT_DAYS = 30
OUTLIER_SCORE = 3.5
"""Robust z-score: 0.6745 (x - median) / MAD, on logarithms (Iglewicz and Hoaglin)."""
OUTLIER_LEAST_COUNT = 8
MOST_NAMED = 10
"""Other expenses or companies that the evidence of one signal names."""


class Signal(StrEnum):
    """Stable codes."""

    COMPANY_YOUNGER = "company-younger-than-expense"
    INACTIVE_AT_DATE = "inactive-at-date"
    SHARED_PARTNER = "shared-partner"
    SHARED_ADDRESS = "shared-address"
    JUST_UNDER_LIMIT = "just-under-limit"
    DUPLICATE_PAYMENT = "duplicate-payment"
    OUTLIER = "outlier-for-service"
    NO_TRANSACTION = "no-matching-transaction"


class Unpaid(Protocol):
    """The best that the bank statements have for an expense that nothing in them paid."""

    @property
    def score(self) -> int: ...

    @property
    def reasons(self) -> Sequence[str]: ...


class Spending(NamedTuple):
    """What the signals look at in one expense; `key` is the caller's own name for it."""

    key: int
    cnpj: str
    service: str
    amount: Decimal | None
    spent_on: date | None
    transaction_id: str | None = None
    legal_name: str | None = None


Found = dict[int, list[dict[str, Any]]]
Signals = Iterator[tuple[int, dict[str, Any]]]


def find_signals(
    spendings: Sequence[Spending],
    suppliers: Mapping[str, Supplier],
    *,
    approval_limit: Decimal | None,
    unpaid: Mapping[int, Unpaid] = MappingProxyType({}),
) -> Found:
    """Every signal of a batch by the expenses' keys. Suppliers that can give none may be left out."""
    found: Found = defaultdict(list)
    for signals in (
        _just_under(spendings, approval_limit),
        _dated(spendings, suppliers),
        _shared(spendings, suppliers),
        _repeated(spendings),
        _outliers(spendings),
        _unpaid(unpaid),
    ):
        for key, signal in signals:
            found[key].append(signal)
    return dict(found)


def _just_under(spendings: Sequence[Spending], limit: Decimal | None) -> Signals:
    if limit is None:
        return
    least = limit * JUST_UNDER_SHARE
    for spending in spendings:
        if spending.amount is not None and least <= spending.amount < limit:
            yield spending.key, _signal(Signal.JUST_UNDER_LIMIT, amount=str(spending.amount), limit=str(limit))


def _dated(spendings: Sequence[Spending], suppliers: Mapping[str, Supplier]) -> Signals:
    """What the supplier was on the expense's day."""
    for spending in spendings:
        supplier, day = suppliers.get(spending.cnpj), spending.spent_on
        if supplier is None or day is None:
            continue
        dates = {"spent_on": day.isoformat()}
        if supplier.opened_on is not None and supplier.opened_on > day:
            yield spending.key, _signal(Signal.COMPANY_YOUNGER, opened_on=supplier.opened_on.isoformat(), **dates)
        since = supplier.status_since
        if supplier.status not in {Status.ATIVA, Status.UNKNOWN} and since is not None and since <= day:
            status = supplier.status.value
            yield spending.key, _signal(Signal.INACTIVE_AT_DATE, status=status, since=since.isoformat(), **dates)


def _shared(spendings: Sequence[Spending], suppliers: Mapping[str, Supplier]) -> Signals:
    """Suppliers with different roots (first eight characters) that share a partner or an address."""
    partners: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
    addresses: defaultdict[tuple[str, ...], set[str]] = defaultdict(set)
    for supplier in suppliers.values():
        for partner in supplier.partners:
            partners[partner.name.upper(), partner.document or ""].add(supplier.cnpj)
        if place := _place(supplier):
            addresses[place].add(supplier.cnpj)
    of_partner = _others(partners.items(), lambda name: name[0])
    of_address = _others(addresses.items(), " ".join)
    for spending in spendings:
        if others := of_partner.get(spending.cnpj):
            yield spending.key, _signal(Signal.SHARED_PARTNER, **others)
        if others := of_address.get(spending.cnpj):
            yield spending.key, _signal(Signal.SHARED_ADDRESS, **others)


def _place(supplier: Supplier) -> tuple[str, ...]:
    address = supplier.address
    if not (address.zip_code and address.street and address.number):
        return ()
    parts = (address.zip_code, address.street, address.number, address.complement or "")
    return tuple(" ".join(part.upper().split()) for part in parts)


def _others(groups: Iterable[tuple[Any, set[str]]], name: Any) -> dict[str, dict[str, Any]]:
    """For each CNPJ the first group in which a company of another root stands too."""
    found: dict[str, dict[str, Any]] = {}
    for key, cnpjs in groups:
        roots = {cnpj[:8] for cnpj in cnpjs}
        if len(roots) < 2:
            continue
        ordered = sorted(cnpjs)
        others = {root: list(islice((c for c in ordered if c[:8] != root), MOST_NAMED)) for root in roots}
        for cnpj in cnpjs:
            found.setdefault(cnpj, {"shared": name(key), "with": others[cnpj[:8]]})
    return found


def _repeated(spendings: Sequence[Spending]) -> Signals:
    """The same amount to the same supplier within thirty days, or at no known day."""
    keys = [(spending.cnpj, spending.amount, spending.spent_on is None) for spending in spendings]
    counts = Counter(keys)
    groups: defaultdict[tuple[str, Decimal, bool], list[tuple[date, int]]] = defaultdict(list)
    for (cnpj, amount, is_undated), spending in zip(keys, spendings, strict=True):
        # Most are alone: a list for each of them would only be thrown away.
        if amount is not None and counts[cnpj, amount, is_undated] > 1:
            groups[cnpj, amount, is_undated].append((spending.spent_on or date.min, spending.key))
    for (_, amount, _), days in groups.items():
        days.sort()
        first = last = 0
        for position, (day, key) in enumerate(days):
            while (day - days[first][0]).days > REPEAT_DAYS:
                first += 1
            while last < len(days) and (days[last][0] - day).days <= REPEAT_DAYS:
                last += 1
            # The nearest of them: a group may be a hundred thousand.
            near = days[max(first, position - MOST_NAMED) : min(last, position + MOST_NAMED + 1)]
            others = sorted(other for _, other in near if other != key)[:MOST_NAMED]
            if others:
                yield key, _signal(Signal.DUPLICATE_PAYMENT, items=others, amount=str(amount))


def _outliers(spendings: Sequence[Spending]) -> Signals:
    groups: defaultdict[str, list[Spending]] = defaultdict(list)
    for spending in spendings:
        if spending.amount is not None and spending.amount > 0:
            groups[normalize_service(spending.service)].append(spending)
    for service, group in groups.items():
        if len(group) < OUTLIER_LEAST_COUNT:
            continue
        logs = [math.log(spending.amount or 1) for spending in group]
        median = statistics.median(logs)
        deviation = statistics.median(abs(value - median) for value in logs)
        if deviation == 0:
            continue
        for spending, value in zip(group, logs, strict=True):
            score = 0.6745 * (value - median) / deviation
            if abs(score) > OUTLIER_SCORE:
                typical = f"{math.exp(median):.2f}"
                yield (
                    spending.key,
                    _signal(
                        Signal.OUTLIER,
                        service=service,
                        amount=str(spending.amount),
                        median=typical,
                        score=round(score, 1),
                    ),
                )


def _unpaid(unpaid: Mapping[int, Unpaid]) -> Signals:
    for key, match in unpaid.items():
        yield key, _signal(Signal.NO_TRANSACTION, score=match.score, reasons=match.reasons)


def _signal(signal: Signal, **evidence: Any) -> dict[str, Any]:
    return {"code": signal.value, "evidence": evidence}
