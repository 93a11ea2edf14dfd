"""Everything that the portal holds from a seed, made day by day when asked for, and found again by its numbers.

A day's procurements have ordinals, one modality after the other. An ordinal's organ is one of its group
(`ordinal % GROUPS`), so that a record's organ, year and sequence lead back to its day and ordinal.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, timedelta
from functools import lru_cache

from malha.simulators.pncp.dice import Dice
from malha.simulators.pncp.domains import LATER_MODALITY, MODALITIES
from malha.simulators.pncp.entries import (
    CONTRACTS,
    DAY_SECONDS,
    INVOICES,
    LARGEST_DAY,
    PLANS,
    PROCUREMENTS,
    RECORDS,
    Entry,
    day_of,
    first_second,
    place_of,
    sequence_of,
)
from malha.simulators.pncp.organs import GROUPS, SHARES, Organ, organ, organs_by_cnpj

CONTRACT_LAG_DAYS = 21
RECORD_LAG_DAYS = 14
INVOICE_LAG_DAYS = 30
RECORD_VALIDITY_DAYS = 365
LONGEST_LAG_DAYS = 35
"""Nothing changes later than this after its publication, but for what a test touches."""
_WEEKEND_SHARE = 0.02
_DAILY_PLANS = 40
_CHANGES = (5, 9, 12, 14, 15, 16)
"""Running weights of 0, 1, 2 ... changes: 1.6 updates for each publication."""


class World:
    """What a seed holds. `scale` 1 is as much as the real portal publishes, from `begins` on."""

    def __init__(self, seed: int = 1, scale: float = 0.01, begins: date = date(2024, 1, 1)) -> None:
        self.seed, self.scale, self.begins = seed, scale, begins
        self.has_later_modality = False
        self.touched: dict[str, Entry] = {}
        """Records that a test changed, with their stamps."""
        self.counts = lru_cache(4096)(self._counts)
        self.procurements = lru_cache(1024)(self._procurements)
        self.contracts = lru_cache(128)(self._contracts)
        self.records = lru_cache(1024)(self._records)
        self.invoices = lru_cache(128)(self._invoices)
        self.plans = lru_cache(1024)(self._plans)
        self.stamped = lru_cache(512)(self._stamped)

    def show_later_modality(self, *, shown: bool) -> None:
        """Whether a modality that no table knows is used; others stay as they are."""
        if shown != self.has_later_modality:
            self.has_later_modality = shown
            for made in (self.counts, self.procurements, self.contracts, self.records, self.invoices, self.stamped):
                made.cache_clear()

    def touch(self, entry: Entry, instant: int) -> Entry:
        """Give a record one more version."""
        changed = replace(entry, stamps=tuple(sorted({*entry.stamps, instant})))
        self.touched[entry.control] = changed
        return changed

    def published(self, kind: str, day: date, modality: int = 0) -> list[Entry]:
        """What is published on a day, sooner or later in it, by time; a modality narrows procurements."""
        if kind == PROCUREMENTS:
            wanted = [modality] if modality else MODALITIES
            entries = [entry for each in wanted for entry in self.procurements(day, each)]
        else:
            makers = {CONTRACTS: self.contracts, RECORDS: self.records, INVOICES: self.invoices, PLANS: self.plans}
            entries = makers[kind](day)
        if self.touched:
            entries = [self.touched.get(entry.control, entry) for entry in entries]
        return sorted(entries, key=lambda entry: (entry.published, entry.ordinal, entry.control))

    def changed(self, kind: str, first: date, last: date, now: int, modality: int = 0) -> list[Entry]:
        """What has its newest version in these days, by that version's time: a later change takes it out again."""
        since, until = first_second(first), first_second(last) + DAY_SECONDS
        touched = [entry for entry in self.touched.values() if entry.kind == kind and modality in {0, entry.modality}]
        found = {
            entry.control: (stamp, entry.control, entry)
            for entry in (*self._near(kind, first, last, modality), *touched)
            if (stamp := entry.stamp(now)) is not None and since <= stamp < until
        }
        return [entry for *_, entry in sorted(found.values(), key=lambda place: place[:2])]

    def _near(self, kind: str, first: date, last: date, modality: int) -> Iterable[Entry]:
        for day in days(first, last):
            for entry in self.stamped(kind, day, modality):
                yield self.touched.get(entry.control, entry)

    def _stamped(self, kind: str, day: date, modality: int) -> list[Entry]:
        """What has some version on a day; touched records are as they were made."""
        since = first_second(day)
        touched, self.touched = self.touched, {}
        try:
            return [
                entry
                for published in days(max(day - timedelta(LONGEST_LAG_DAYS), self.begins), day)
                for entry in self.published(kind, published, modality)
                if any(since <= stamp < since + DAY_SECONDS for stamp in entry.stamps)
            ]
        finally:
            self.touched = touched

    def find(self, control: str) -> Entry | None:
        """The record of a control number."""
        if control in self.touched:
            return self.touched[control]
        try:
            cnpj, mark, rest = control.split("-", 2)
            numbers, _, child = rest.partition("-")
            sequence, year = (int(part) for part in numbers.split("/"))
            return self._find(cnpj, mark, year, sequence, int(child) if child else 0)
        except ValueError:
            return None

    def _find(self, cnpj: str, mark: str, year: int, sequence: int, child: int) -> Entry | None:
        if child:
            kind = {"1": RECORDS, "2": INVOICES}.get(mark, "")
            parent = self.at(PROCUREMENTS if mark == "1" else CONTRACTS, cnpj, year, sequence)
            return next((entry for entry in self.children(kind, parent) if entry.number == child), None)
        kind = {"0": PLANS, "1": PROCUREMENTS, "2": CONTRACTS}.get(mark)
        return self.at(kind, cnpj, year, sequence) if kind else None

    def children(self, kind: str, parent: Entry | None) -> list[Entry]:
        """Atas of a procurement, invoices of a contract."""
        if parent is None or not kind:
            return []
        made = self._records_of(parent) if kind == RECORDS else self._invoices_of(parent)
        return [self.touched.get(entry.control, entry) for entry in made]

    def at(self, kind: str, cnpj: str, year: int, sequence: int) -> Entry | None:
        """A procurement, contract or plan by its organ and numbers."""
        owner, place = organs_by_cnpj().get(cnpj), place_of(year, sequence)
        if owner is None or place is None:
            return None
        day, slot, number = place
        ordinal = slot * GROUPS + owner.group
        if kind == PROCUREMENTS:
            candidate = None if number else self._procurement(day, ordinal)
        elif kind == CONTRACTS:
            parent = self._procurement(day - timedelta(CONTRACT_LAG_DAYS), ordinal)
            candidate = None if parent is None else self._contract(parent, day, number)
        else:
            plans = [] if number else self.plans(day)
            candidate = plans[ordinal] if ordinal < len(plans) else None
        if candidate is None or candidate.organ is not owner:
            return None
        return self.touched.get(candidate.control, candidate)

    def _procurement(self, day: date, ordinal: int) -> Entry | None:
        for modality in MODALITIES:
            count = self.counts(day)[modality]
            if ordinal < count:
                return self.procurements(day, modality)[ordinal]
            ordinal -= count
        return None

    def _counts(self, day: date) -> dict[int, int]:
        if day < self.begins:
            return dict.fromkeys(MODALITIES, 0)
        dice = Dice(self.seed, "counts", day)
        share = self.scale * (_WEEKEND_SHARE if day.weekday() >= 5 else dice.spread(0.85, 1.15))
        counts = {code: dice.count(modality.daily * share) for code, modality in MODALITIES.items()}
        if not self.has_later_modality:
            counts[LATER_MODALITY] = 0
        if sum(counts.values()) > LARGEST_DAY:
            raise ValueError(f"a day holds at most {LARGEST_DAY} procurements: scale {self.scale} is too much")
        return counts

    def _procurements(self, day: date, modality: int) -> list[Entry]:
        counts = self.counts(day)
        start = sum(count for code, count in counts.items() if code < modality)
        made: list[Entry] = []
        for ordinal in range(start, start + counts.get(modality, 0)):
            dice = Dice(self.seed, PROCUREMENTS, day, ordinal)
            owner, sequence = _organ(dice, ordinal), sequence_of(day, ordinal // GROUPS)
            stamps = _stamps(dice, day)
            made.append(Entry(PROCUREMENTS, owner, day.year, sequence, stamps, ordinal, modality))
        return made

    def _contracts(self, day: date) -> list[Entry]:
        parents = self.published(PROCUREMENTS, day - timedelta(CONTRACT_LAG_DAYS))
        made = (self._contract(parent, day, number) for parent in parents for number in range(3))
        return [contract for contract in made if contract is not None]

    def _contract(self, parent: Entry, day: date, number: int) -> Entry | None:
        dice = Dice(self.seed, CONTRACTS, parent.control)
        if number >= dice.weighted((4, 8, 9, 10)):
            return None
        own = Dice(self.seed, CONTRACTS, parent.control, number)
        sequence = sequence_of(day, parent.ordinal // GROUPS, number)
        ordinal = parent.ordinal * 3 + number
        return Entry(CONTRACTS, parent.organ, day.year, sequence, _stamps(own, day), ordinal, 0, number, parent)

    def _records(self, day: date) -> list[Entry]:
        parents = self.published(PROCUREMENTS, day - timedelta(RECORD_LAG_DAYS))
        return [record for parent in parents for record in self._records_of(parent)]

    def _records_of(self, parent: Entry) -> list[Entry]:
        if not self.is_price_register(parent):
            return []
        dice, day = Dice(self.seed, RECORDS, parent.control), day_of(parent.published) + timedelta(RECORD_LAG_DAYS)
        return [
            Entry(RECORDS, parent.organ, day.year, parent.sequence, _stamps(dice, day), number, 0, number, parent)
            for number in range(1, 2 + dice.below(3))
        ]

    def is_price_register(self, procurement: Entry) -> bool:
        """`srp`."""
        share = MODALITIES[procurement.modality].price_register_share
        return share > 0 and Dice(self.seed, "srp", procurement.control).chance(share)

    def _invoices(self, day: date) -> list[Entry]:
        parents = self.published(CONTRACTS, day - timedelta(INVOICE_LAG_DAYS))
        return [invoice for parent in parents for invoice in self._invoices_of(parent)]

    def _invoices_of(self, parent: Entry) -> list[Entry]:
        dice, day = Dice(self.seed, INVOICES, parent.control), day_of(parent.published) + timedelta(INVOICE_LAG_DAYS)
        return [
            Entry(INVOICES, parent.organ, day.year, parent.sequence, _stamps(dice, day)[:1], number, 0, number, parent)
            for number in range(1, 1 + dice.weighted((6, 9, 10)))
        ]

    def _plans(self, day: date) -> list[Entry]:
        if day < self.begins:
            return []
        made: list[Entry] = []
        for ordinal in range(Dice(self.seed, "plans", day).count(_DAILY_PLANS * self.scale)):
            dice = Dice(self.seed, PLANS, day, ordinal)
            owner, sequence = _organ(dice, ordinal), sequence_of(day, ordinal // GROUPS)
            made.append(Entry(PLANS, owner, day.year, sequence, _stamps(dice, day), ordinal))
        return made


def days(first: date, last: date) -> list[date]:
    """Both ends included."""
    return [date.fromordinal(number) for number in range(first.toordinal(), last.toordinal() + 1)]


def _organ(dice: Dice, ordinal: int) -> Organ:
    return organ(ordinal % GROUPS + GROUPS * dice.weighted(SHARES))


def _stamps(dice: Dice, day: date) -> tuple[int, ...]:
    """Published in the hours in which people work, and changed on some later days."""
    published = first_second(day) + 7 * 3600 + dice.below(13 * 3600)
    seconds = (LONGEST_LAG_DAYS - 1) * DAY_SECONDS
    later = {published + 60 + dice.below(seconds) for _ in range(dice.weighted(_CHANGES))}
    return (published, *sorted(later))
