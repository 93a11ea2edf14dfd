"""Signals of fraud: facts worth a second look, each with its evidence, none of them a verdict."""

from __future__ import annotations

import math
import statistics
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any

from malha.expenses.rules._services import normalize_service
from malha.suppliers.service import Status, Supplier

JUST_UNDER_SHARE = Decimal("0.90")
REPEAT_DAYS = 30
OUTLIER_SCORE = 3.5
"""Robust z-score: 0.6745 (x - median) / MAD, on logarithms (Iglewicz and Hoaglin)."""
OUTLIER_LEAST_COUNT = 8


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


@dataclass(frozen=True, slots=True)
class Spending:
    """What the signals look at in one expense; `key` is the caller's own name for it."""

    key: int
    cnpj: str
    service: str
    amount: Decimal | None
    spent_on: date | None


Found = dict[int, list[dict[str, Any]]]


def find_signals(
    spendings: Sequence[Spending], suppliers: dict[str, Supplier], *, approval_limit: Decimal | None
) -> Found:
    """Every signal of a batch by the expenses' keys."""
    found: Found = defaultdict(list)
    for spending in spendings:
        found[spending.key] += _alone(spending, suppliers.get(spending.cnpj), approval_limit)
    for key, signal in (
        *_shared(spendings, suppliers),
        *_repeated(spendings),
        *_outliers(spendings),
    ):
        found[key].append(signal)
    return {key: signals for key, signals in found.items() if signals}


def _alone(spending: Spending, supplier: Supplier | None, limit: Decimal | None) -> Iterable[dict[str, Any]]:
    amount, day = spending.amount, spending.spent_on
    if limit is not None and amount is not None and limit * JUST_UNDER_SHARE <= amount < limit:
        yield _signal(Signal.JUST_UNDER_LIMIT, amount=str(amount), limit=str(limit))
    if supplier is None or day is None:
        return
    if supplier.opened_on is not None and supplier.opened_on > day:
        yield _signal(Signal.COMPANY_YOUNGER, opened_on=supplier.opened_on.isoformat(), spent_on=day.isoformat())
    since = supplier.status_since
    if supplier.status not in {Status.ATIVA, Status.UNKNOWN} and since is not None and since <= day:
        yield _signal(
            Signal.INACTIVE_AT_DATE, status=supplier.status.value, since=since.isoformat(), spent_on=day.isoformat()
        )


def _shared(spendings: Sequence[Spending], suppliers: dict[str, Supplier]) -> Iterable[tuple[int, dict[str, Any]]]:
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
        if len({cnpj[:8] for cnpj in cnpjs}) < 2:
            continue
        for cnpj in cnpjs:
            others = sorted(other for other in cnpjs if other[:8] != cnpj[:8])
            found.setdefault(cnpj, {"shared": name(key), "with": others[:10]})
    return found


def _repeated(spendings: Sequence[Spending]) -> Iterable[tuple[int, dict[str, Any]]]:
    """The same amount to the same supplier within thirty days."""
    groups: defaultdict[tuple[str, Decimal], list[Spending]] = defaultdict(list)
    for spending in spendings:
        if spending.amount is not None:
            groups[spending.cnpj, spending.amount].append(spending)
    for group in groups.values():
        for spending in group:
            others = [other.key for other in group if other.key != spending.key and _is_near(spending, other)]
            if others:
                yield spending.key, _signal(Signal.DUPLICATE_PAYMENT, items=others[:10], amount=str(spending.amount))


def _is_near(one: Spending, other: Spending) -> bool:
    if one.spent_on is None or other.spent_on is None:
        return one.spent_on is other.spent_on
    return abs(one.spent_on - other.spent_on) <= timedelta(days=REPEAT_DAYS)


def _outliers(spendings: Sequence[Spending]) -> Iterable[tuple[int, dict[str, Any]]]:
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


def _signal(signal: Signal, **evidence: Any) -> dict[str, Any]:
    return {"code": signal.value, "evidence": evidence}
