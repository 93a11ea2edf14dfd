"""Signals: facts about a procurement that somebody should look at. An indication (indício), never a verdict."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any

from malha.procurement.rules.activities import expected_activities, fits
from malha.procurement.rules.limits import (
    AMENDMENT_LIMIT,
    DIRECT_PUBLICATION_DAYS,
    REFORM_LIMIT,
    TENDERED_PUBLICATION_DAYS,
    DirectKind,
    business_days_between,
    direct_limit,
    notice_term,
)
from malha.procurement.rules.spread import Spread

COMPETITIVE = frozenset({4, 5, 6, 7})
"""Modalities whose notice asks for bids: concorrência and pregão."""
NOTICED = COMPETITIVE | {1, 13}
"""And the auctions, which have a term of notice too."""
DIRECT = frozenset({8, 9})
YOUNG_DAYS = 180
LEAST_SHARE = Decimal("0.5")
LEAST_HHI = 2500
"""Above this CADE's guide of horizontal mergers (2016) calls a market highly concentrated."""
LEAST_AWARDS, LEAST_SUPPLIERS_TOTAL = 10, Decimal(100_000)
LEAST_EQUAL_ITEMS = 3


class SignalRule(StrEnum):
    """At most twelve."""

    SPLITTING = "dispensa-splitting"
    SHORT_TERM = "notice-too-short"
    CONCENTRATION = "supplier-concentration"
    YOUNG_SUPPLIER = "supplier-young"
    FAR_ACTIVITY = "supplier-activity-far"
    SANCTIONED = "supplier-sanctioned"
    EQUAL_VALUES = "awarded-as-estimated"
    HIGH_PRICE = "price-above-fence"
    AMENDMENTS = "amendments-over-limit"
    EARLY_CONTRACT = "contract-before-award"
    LATE_PUBLICATION = "published-after-signing"


@dataclass(frozen=True, slots=True)
class SignalItem:
    """An item with the unit value that it was awarded for, and how its code and unit are paid elsewhere."""

    number: int
    estimated: Decimal | None = None
    awarded: Sequence[Decimal] = ()
    criterion: int | None = None
    is_service: bool = False
    peers: Spread | None = None
    code: str | None = None


@dataclass(frozen=True, slots=True)
class SanctionFact:
    """A line of CEIS or CNEP."""

    list_name: str
    kind: str | None
    starts_on: date | None
    ends_on: date | None
    authority: str | None
    as_of: date

    def holds_on(self, day: date) -> bool:
        """Whether it is in force; without an end it holds on."""
        return (self.starts_on is None or self.starts_on <= day) and (self.ends_on is None or day <= self.ends_on)


@dataclass(frozen=True, slots=True)
class SupplierFact:
    """A company that won something, or signed. `activities` is None where the registry was never asked."""

    cnpj: str
    day: date
    opened_on: date | None = None
    activities: Sequence[str] | None = None
    sanctions: Sequence[SanctionFact] = ()


@dataclass(frozen=True, slots=True)
class AmendmentFact:
    """What a termo adds to a contract's value, as an acréscimo and not as another year or a price adjustment."""

    sequence: int
    added: Decimal


@dataclass(frozen=True, slots=True)
class ContractFact:
    """A contract of the procurement."""

    control_number: str
    initial_value: Decimal | None = None
    signed_on: date | None = None
    published_on: date | None = None
    amendments: Sequence[AmendmentFact] = ()
    object: str | None = None


@dataclass(frozen=True, slots=True)
class SmallPurchase:
    """Another direct contract by value of the same unit and year."""

    control_number: str
    published_on: date
    value: Decimal
    kind: DirectKind
    subjects: frozenset[str]
    """What it buys: classes of codes, or its object's words where it has no codes."""


@dataclass(frozen=True, slots=True)
class UnitAwards:
    """What a unit awarded to each supplier in the twelve months before a day."""

    first: date
    last: date
    totals: Mapping[str, Decimal]
    awards: int


@dataclass(frozen=True, slots=True)
class Subject:
    """All that is known of a procurement."""

    control_number: str
    modality: int | None
    object: str | None
    published_on: date
    proposals_close_on: date | None = None
    awarded_on: date | None = None
    """The day of the first result."""
    direct_kind: DirectKind | None = None
    value: Decimal | None = None
    subjects: frozenset[str] = frozenset()
    items: Sequence[SignalItem] = ()
    suppliers: Sequence[SupplierFact] = ()
    contracts: Sequence[ContractFact] = ()
    small_purchases: Sequence[SmallPurchase] = ()
    unit_awards: UnitAwards | None = None


@dataclass(frozen=True, slots=True)
class Signal:
    """An indication: `subject` is the item, contract or supplier that it is about; empty for the whole."""

    rule: SignalRule
    subject: str
    numbers: Mapping[str, Any] = field(default_factory=dict[str, Any])


def find_signals(subject: Subject) -> list[Signal]:
    """Every signal; what cannot be known raises none."""
    return [signal for rule in _RULES for signal in rule(subject)]


def _splitting(subject: Subject) -> Iterator[Signal]:
    """Art. 75, § 1: purchases of one kind by one unit in one year are summed."""
    limits = direct_limit(subject.published_on)
    if subject.direct_kind is None or limits is None or not subject.value or not subject.subjects:
        return
    limit = limits.of(subject.direct_kind)
    same = [
        other
        for other in subject.small_purchases
        if other.kind is subject.direct_kind
        and other.published_on.year == subject.published_on.year
        and other.control_number != subject.control_number
        and other.subjects & subject.subjects
    ]
    total = subject.value + sum((other.value for other in same), Decimal(0))
    if not same or subject.value >= limit or total < limit:
        return
    numbers = {
        "value": subject.value, "purchases": len(same) + 1, "total": total, "limit": limit,
        "limit_source": limits.source, "limit_since": limits.since, "kind": subject.direct_kind.value,
        "others": sorted(other.control_number for other in same), "subjects": sorted(subject.subjects),
    }  # fmt: skip
    yield Signal(SignalRule.SPLITTING, "", numbers)


def _short_term(subject: Subject) -> Iterator[Signal]:
    if subject.modality not in NOTICED or subject.proposals_close_on is None:
        return
    criteria = {item.criterion for item in subject.items if item.criterion is not None}
    term = notice_term(criteria, has_services=any(item.is_service for item in subject.items))
    days = business_days_between(subject.published_on, subject.proposals_close_on)
    if term is not None and days < term.days:
        numbers = {
            "published_on": subject.published_on, "proposals_close_on": subject.proposals_close_on,
            "business_days": days, "least": term.days, "item": term.item,
        }  # fmt: skip
        yield Signal(SignalRule.SHORT_TERM, "", numbers)


def _concentration(subject: Subject) -> Iterator[Signal]:
    found = subject.unit_awards
    if found is None or found.awards < LEAST_AWARDS:
        return
    total = sum(found.totals.values(), Decimal(0))
    if total < LEAST_SUPPLIERS_TOTAL:
        return
    hhi = round(sum(float(value / total * 100) ** 2 for value in found.totals.values()))
    winners = {supplier.cnpj for supplier in subject.suppliers}
    for cnpj, value in sorted(found.totals.items()):
        share = value / total
        if cnpj in winners and share >= LEAST_SHARE and hhi > LEAST_HHI:
            numbers = {
                "supplier": cnpj, "share": round(share, 4), "least_share": LEAST_SHARE, "hhi": hhi,
                "hhi_limit": LEAST_HHI, "value": value, "total": total, "suppliers": len(found.totals),
                "awards": found.awards, "first": found.first, "last": found.last,
            }  # fmt: skip
            yield Signal(SignalRule.CONCENTRATION, cnpj, numbers)


def _young_supplier(subject: Subject) -> Iterator[Signal]:
    for supplier in subject.suppliers:
        if supplier.opened_on is None:
            continue
        age = (supplier.day - supplier.opened_on).days
        if age < YOUNG_DAYS:
            numbers = {
                "supplier": supplier.cnpj, "opened_on": supplier.opened_on, "day": supplier.day, "age_days": age,
                "least_days": YOUNG_DAYS,
            }  # fmt: skip
            yield Signal(SignalRule.YOUNG_SUPPLIER, supplier.cnpj, numbers)


def _far_activity(subject: Subject) -> Iterator[Signal]:
    expected = expected_activities(subject.object)
    if not expected:
        return
    for supplier in subject.suppliers:
        if supplier.activities and not fits(supplier.activities, expected):
            numbers = {
                "supplier": supplier.cnpj, "activities": sorted(supplier.activities), "expected": sorted(expected),
            }  # fmt: skip
            yield Signal(SignalRule.FAR_ACTIVITY, supplier.cnpj, numbers)


def _sanctioned(subject: Subject) -> Iterator[Signal]:
    for supplier in subject.suppliers:
        held = [sanction for sanction in supplier.sanctions if sanction.holds_on(supplier.day)]
        if held:
            first = held[0]
            numbers = {
                "supplier": supplier.cnpj, "day": supplier.day, "list": first.list_name, "kind": first.kind,
                "starts_on": first.starts_on, "ends_on": first.ends_on, "authority": first.authority,
                "as_of": first.as_of, "sanctions": len(held),
            }  # fmt: skip
            yield Signal(SignalRule.SANCTIONED, supplier.cnpj, numbers)


def _equal_values(subject: Subject) -> Iterator[Signal]:
    """Of a tender, in which prices are bid down, every item at exactly its estimate."""
    if subject.modality not in COMPETITIVE:
        return
    compared = [item for item in subject.items if item.estimated and item.awarded]
    awarded = [item for item in subject.items if item.awarded]
    if len(compared) < LEAST_EQUAL_ITEMS or len(compared) != len(awarded):
        return
    if all(value == item.estimated for item in compared for value in item.awarded):
        yield Signal(SignalRule.EQUAL_VALUES, "", {"items": len(compared), "least_items": LEAST_EQUAL_ITEMS})


def _high_price(subject: Subject) -> Iterator[Signal]:
    for item in subject.items:
        if item.peers is None or not item.awarded:
            continue
        highest = max(item.awarded)
        _, fence = item.peers.fences()
        if highest > fence:
            numbers = {
                "item": item.number, "code": item.code, "value": highest, "fence": round(fence, 4),
                "median": round(item.peers.median, 4), "peers": item.peers.count,
                "ratio": round(float(highest) / item.peers.median, 2),
            }  # fmt: skip
            yield Signal(SignalRule.HIGH_PRICE, str(item.number), numbers)


def _amendments(subject: Subject) -> Iterator[Signal]:
    for contract in subject.contracts:
        if not contract.initial_value:
            continue
        added = sum((amendment.added for amendment in contract.amendments if amendment.added > 0), Decimal(0))
        is_reform = "reforma" in (contract.object or subject.object or "").lower()
        limit = REFORM_LIMIT if is_reform else AMENDMENT_LIMIT
        share = added / contract.initial_value
        if share > limit:
            numbers = {
                "contract": contract.control_number, "initial_value": contract.initial_value, "added": added,
                "share": round(share, 4), "limit": limit, "is_reform": is_reform,
                "amendments": len(contract.amendments),
            }  # fmt: skip
            yield Signal(SignalRule.AMENDMENTS, contract.control_number, numbers)


def _early_contract(subject: Subject) -> Iterator[Signal]:
    if subject.awarded_on is None:
        return
    for contract in subject.contracts:
        if contract.signed_on is not None and contract.signed_on < subject.awarded_on:
            numbers = {
                "contract": contract.control_number, "signed_on": contract.signed_on, "awarded_on": subject.awarded_on,
                "days": (subject.awarded_on - contract.signed_on).days,
            }  # fmt: skip
            yield Signal(SignalRule.EARLY_CONTRACT, contract.control_number, numbers)


def _late_publication(subject: Subject) -> Iterator[Signal]:
    """The notice after the signature; or the contract later than art. 94 allows."""
    least = DIRECT_PUBLICATION_DAYS if subject.modality in DIRECT else TENDERED_PUBLICATION_DAYS
    for contract in subject.contracts:
        if contract.signed_on is None:
            continue
        numbers: dict[str, Any] = {"contract": contract.control_number, "signed_on": contract.signed_on}
        if subject.modality in COMPETITIVE and subject.published_on > contract.signed_on:
            numbers |= {"against": "notice", "published_on": subject.published_on}
            yield Signal(SignalRule.LATE_PUBLICATION, contract.control_number, numbers)
            continue
        if contract.published_on is None:
            continue
        days = business_days_between(contract.signed_on, contract.published_on)
        if days > least:
            numbers |= {"against": "term", "published_on": contract.published_on, "business_days": days, "most": least}
            yield Signal(SignalRule.LATE_PUBLICATION, contract.control_number, numbers)


_RULES: Sequence[Callable[[Subject], Iterator[Signal]]] = (
    _splitting, _short_term, _concentration, _young_supplier, _far_activity, _sanctioned, _equal_values, _high_price,
    _amendments, _early_contract, _late_publication,
)  # fmt: skip


def twelve_months_before(day: date) -> date:
    """The first day of the twelve months that end with a day."""
    return day - timedelta(days=365)


def shares_of(awards: Sequence[tuple[str, Decimal]]) -> dict[str, Decimal]:
    """Totals by supplier."""
    totals: dict[str, Decimal] = defaultdict(Decimal)
    for supplier, value in awards:
        totals[supplier] += value
    return dict(totals)
