"""What a faithful copy of some days of the portal holds, and how far another copy is from it."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import orjson

from malha.simulators.pncp.bodies import contracts, items, traces
from malha.simulators.pncp.control import truth
from malha.simulators.pncp.entries import CONTRACTS, INVOICES, PLANS, PROCUREMENTS, RECORDS, Entry
from malha.simulators.pncp.history import stand
from malha.simulators.pncp.state import State
from malha.simulators.pncp.world import days

NAMES = {
    PROCUREMENTS: "procurement",
    CONTRACTS: "contract",
    RECORDS: "price_record",
    INVOICES: "collection_instrument",
    PLANS: "plan",
}
"""Kinds as a copy calls them."""

Key = tuple[Hashable, ...]


@dataclass(slots=True)
class Copy:
    """Bodies by sort (`record`, `item`, `result`, `amendment`, `file`, `history`) and key."""

    bodies: dict[Key, Any] = field(default_factory=dict[Key, Any])

    def add(self, *key: Hashable, body: Any) -> None:
        """Keep a body as JSON says it."""
        self.bodies[key] = orjson.loads(orjson.dumps(body))


@dataclass(frozen=True, slots=True)
class Differences:
    """Keys that one copy lacks, has too many, or holds otherwise."""

    missing: Sequence[Key]
    surplus: Sequence[Key]
    different: Sequence[Key]

    def __bool__(self) -> bool:
        return bool(self.missing or self.surplus or self.different)

    def describe(self) -> str:
        """Counts, with one of each."""
        named = {"missing": self.missing, "surplus": self.surplus, "different": self.different}
        return ", ".join(f"{len(keys)} {name} ({keys[0]})" if keys else f"0 {name}" for name, keys in named.items())


def faithful_copy(state: State, first: date, last: date, *, details: bool = True) -> Copy:
    """Everything that was published in these days, as it stands now."""
    copy = Copy()
    for kind, name in NAMES.items():
        for day in days(first, last):
            for entry in truth(state, kind, day):
                add_entry(copy, state, entry, name, details=details)
    return copy


def add_entry(copy: Copy, state: State, entry: Entry, name: str, *, details: bool = True) -> None:
    """One record with what belongs to it."""
    now = state.calendar.now()
    copy.add("record", name, entry.control, body=state.tell(entry, now))
    if entry.kind == PROCUREMENTS:
        _add_children(copy, state, entry, now)
    if details and entry.kind == PROCUREMENTS:
        for number, body in enumerate(traces.files_of_procurement(entry), start=1):
            copy.add("file", entry.control, number, body=body)
        for number, body in enumerate(traces.history(state.world, entry, now), start=1):
            copy.add("history", entry.control, number, body=body)
    if details and entry.kind == CONTRACTS:
        for number in range(1, 1 + entry.version(now)):
            copy.add("amendment", entry.control, number, body=contracts.amendment(state.world, entry, number))


def _add_children(copy: Copy, state: State, entry: Entry, now: int) -> None:
    seed = state.world.seed
    moment = stand(seed, entry, now)
    for number in moment.items:
        copy.add(
            "item", entry.control, number, body=state.with_oddities(items.item(seed, entry, moment, number), entry)
        )
        if items.situation_of(seed, entry, moment, number) == 2:
            copy.add("result", entry.control, number, body=items.result(seed, entry, moment, number))


def compare(wanted: Copy, held: Copy) -> Differences:
    """How far a copy is from what it should be."""
    return Differences(
        missing=_sorted(wanted.bodies.keys() - held.bodies.keys()),
        surplus=_sorted(held.bodies.keys() - wanted.bodies.keys()),
        different=_sorted(
            {key for key in wanted.bodies.keys() & held.bodies.keys() if wanted.bodies[key] != held.bodies[key]}
        ),
    )


def held_copy(rows: Mapping[str, Sequence[tuple[Any, ...]]]) -> Copy:
    """A copy from rows `(*key, JSON text)` by sort."""
    copy = Copy()
    for sort, found in rows.items():
        for *key, body in found:
            copy.bodies[(sort, *key)] = orjson.loads(body)
    return copy


def _sorted(keys: set[Key]) -> list[Key]:
    return sorted(keys, key=str)
