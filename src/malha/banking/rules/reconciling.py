"""Which entries of a source are new to an account, however files overlap.

A source tells whole days. So of transactions that look alike on one day there are as many as the source that tells
most of them, and an entry is new only when every known transaction that it can be is taken by another entry.
"""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict, deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from uuid import UUID

from malha.banking.rules.entries import Entry, Source, text_key

Group = tuple[date, str, Decimal]


@dataclass(frozen=True, slots=True)
class Known:
    """A transaction that the account has. Removed ones are only counted: their identities are taken."""

    id: UUID
    day: date
    amount: Decimal
    direction: str
    description: str
    source: str
    fitid: str | None
    provider_id: str | None
    is_removed: bool = False


@dataclass(slots=True)
class Plan:
    """What to do with the entries of a source: write these with their identities; those are known already."""

    new: list[tuple[Entry, bytes]] = field(default_factory=list)
    known: list[tuple[UUID, Entry]] = field(default_factory=list)


def reconcile(entries: Sequence[Entry], known: Iterable[Known], source: Source) -> Plan:
    """Tell new entries from known ones. Entries with a provider's id that is known must not be among them."""
    present: dict[Group, list[Known]] = defaultdict(list)
    ordinals: dict[tuple[Group, str], int] = defaultdict(int)
    for row in known:
        group = (row.day, row.direction, row.amount)
        ordinals[group, text_key(row.description)] += 1
        if not row.is_removed:
            present[group].append(row)
    wanted: dict[Group, list[Entry]] = defaultdict(list)
    for entry in entries:
        wanted[entry.day, entry.direction.value, entry.amount].append(entry)
    plan = Plan()
    for group, asked in wanted.items():
        for entry in _pair(asked, present.get(group, []), source, plan):
            key = text_key(entry.description)
            ordinals[group, key] += 1
            plan.new.append((entry, _identity(entry, key, ordinals[group, key])))
    return plan


def _pair(entries: list[Entry], rows: list[Known], source: Source, plan: Plan) -> list[Entry]:
    """Match entries to rows by ever weaker likeness; returns the entries that are left.

    FITIDs lie: banks leave them empty, repeat one, or count anew in every file. So words come first, and an id alone
    pairs only where the entries show it once: that is a description which the bank has completed meanwhile.
    """
    shown = Counter(entry.fitid for entry in entries)

    def is_free(row: Known) -> bool:
        # Two ids of one provider are two transactions, however alike.
        return not (source is Source.PLUGGY and row.provider_id)

    def own_fitid(row: Known) -> str | None:
        return row.fitid if row.source == source else None

    def words(row: Known) -> str | None:
        return text_key(row.description) if is_free(row) else None

    def fitid_and_words(row: Known) -> str | None:
        fitid = own_fitid(row)
        return f"{fitid}|{text_key(row.description)}" if fitid and is_free(row) else None

    def elsewhere(row: Known) -> str | None:
        return "" if is_free(row) and row.source != source else None  # each source has words of its own

    entries, rows = _take(
        entries, rows, lambda entry: f"{entry.fitid}|{text_key(entry.description)}", fitid_and_words, plan
    )
    entries, rows = _take(entries, rows, lambda entry: text_key(entry.description), words, plan)
    entries, rows = _take(
        entries, rows, lambda entry: entry.fitid if shown[entry.fitid] == 1 else None, own_fitid, plan
    )
    entries, _ = _take(entries, rows, lambda _: "", elsewhere, plan)
    return entries


def _take(
    entries: list[Entry],
    rows: list[Known],
    key_of_entry: Callable[[Entry], str | None],
    key_of_row: Callable[[Known], str | None],
    plan: Plan,
) -> tuple[list[Entry], list[Known]]:
    """Pair what has the same key, in order; a key of None pairs with nothing."""
    by_key: dict[str, deque[Known]] = defaultdict(deque)
    for row in rows:
        key = key_of_row(row)
        if key is not None:
            by_key[key].append(row)
    left: list[Entry] = []
    gone: set[UUID] = set()
    for entry in entries:
        key = key_of_entry(entry)
        waiting = None if key is None else by_key.get(key)
        if waiting:
            row = waiting.popleft()
            gone.add(row.id)
            plan.known.append((row.id, entry))
        else:
            left.append(entry)
    return left, [row for row in rows if row.id not in gone]


def _identity(entry: Entry, key: str, ordinal: int) -> bytes:
    if entry.provider_id:
        return provider_identity(entry.provider_id)
    content = f"{entry.day}|{entry.direction}|{entry.amount}|{key}|{ordinal}"
    return hashlib.sha256(content.encode()).digest()


def provider_identity(provider_id: str) -> bytes:
    """The identity of what a provider gives an id of its own: contents may change under it."""
    return hashlib.sha256(f"provider|{provider_id}".encode()).digest()
