"""What the simulator remembers: the world, its clock, the odds of each fault, and every ask."""

from __future__ import annotations

import time
from collections import Counter, OrderedDict
from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import orjson

from malha.kit.clock import SAO_PAULO
from malha.simulators.conduct import Conduct, Limit
from malha.simulators.pncp import faults
from malha.simulators.pncp.bodies import contracts, plans, procurements
from malha.simulators.pncp.dice import Dice
from malha.simulators.pncp.entries import CONTRACTS, INVOICES, PLANS, PROCUREMENTS, RECORDS, Entry, read_instant
from malha.simulators.pncp.world import World

CONSULTA, PNCP, BOTH = "consulta", "pncp", "both"
HOSTS = (CONSULTA, PNCP, BOTH)
"""What faults and limits are set on; the real limiter counts both families together."""
DEFAULT_NOW = "2026-11-20T12:00:00"
_ROWS_KEPT = 20_000
_TELLERS = {
    PROCUREMENTS: procurements.procurement,
    CONTRACTS: contracts.contract,
    RECORDS: contracts.record,
    INVOICES: contracts.invoice,
    PLANS: plans.plan,
}


@dataclass(frozen=True, slots=True)
class Ask:
    """One request as it arrived, on the simulator's monotonic clock."""

    host: str
    target: str
    at: float
    status: int


class Calendar:
    """The portal's clock: it stands still or runs, `speed` seconds for each real one."""

    def __init__(self, now: str = DEFAULT_NOW, speed: float = 0.0) -> None:
        self.move(now, speed)

    def move(self, now: str | None = None, speed: float | None = None) -> None:
        """To an instant of Brasília without zone, and to another speed; what is left out stays."""
        instant = self.now() if now is None else read_instant(now)
        self.speed = self.speed if speed is None else speed
        self._set_at, self._set_to = time.monotonic(), instant

    def now(self) -> int:
        """Whole seconds, see `entries`."""
        return self._set_to + int((time.monotonic() - self._set_at) * self.speed)


@dataclass
class State(Conduct):
    """Everything that tests look at or change."""

    world: World = field(default_factory=World)
    calendar: Calendar = field(default_factory=Calendar)
    limits: dict[str, Limit | None] = field(default_factory=lambda: {BOTH: None})
    delay_seconds: float = 0.0
    """Of every answer."""
    slow_seconds: float = 2.0
    """Of an answer that meets `slow`."""
    page_limits: dict[str, int] = field(default_factory=dict[str, int])
    """Largest pages by path, where they are to differ from the API's; they have fallen without notice before."""
    odds: dict[str, float] = field(default_factory=dict[str, float])
    visits: Counter[str] = field(default_factory=Counter[str])
    selections: OrderedDict[Hashable, list[Entry]] = field(default_factory=OrderedDict[Hashable, list[Entry]])
    """Lists that pages are cut from, by query and instant."""
    _rows: OrderedDict[tuple[str, str, int], bytes] = field(default_factory=OrderedDict[tuple[str, str, int], bytes])

    def set_odds(self, odds: Mapping[str, float]) -> None:
        """The probability of each fault named; the others never happen. ValueError for an unknown one."""
        unknown = odds.keys() - faults.KINDS
        if unknown or not all(0 <= share <= 1 for share in odds.values()):
            raise ValueError(f"no such faults: {sorted(unknown)}" if unknown else "odds are between 0 and 1")
        self.odds = dict(odds)
        self._rows.clear()
        self.selections.clear()
        self.world.show_later_modality(shown=odds.get(faults.LATER, 0.0) > 0)

    def touch(self, control: str) -> Entry | None:
        """Give a record a new version now; None when there is no such record yet."""
        entry, now = self.world.find(control), self.calendar.now()
        if entry is None or entry.published > now:
            return None
        self.selections.clear()
        return self.world.touch(entry, now)

    def luck(self, host: str, target: str) -> faults.Luck:
        """What the next request for a target meets."""
        self.visits[target] += 1
        forced = self.take_fault(host) or self.take_fault(BOTH)
        return faults.Luck(self.odds, (self.world.seed, target, self.visits[target]), forced)

    def row(self, entry: Entry, now: int) -> bytes:
        """A record's row as JSON, with the oddities that it has whenever it is told."""
        key = (entry.kind, entry.control, entry.stamp(now) or 0)
        kept = self._rows.get(key)
        if kept is None:
            kept = orjson.dumps(self.tell(entry, now))
            self._rows[key] = kept
            if len(self._rows) > _ROWS_KEPT:
                self._rows.popitem(last=False)
        return kept

    def tell(self, entry: Entry, now: int) -> dict[str, Any]:
        """The row as a dictionary."""
        return self.with_oddities(_TELLERS[entry.kind](self.world, entry, now), entry)

    def with_oddities(self, body: dict[str, Any], entry: Entry) -> dict[str, Any]:
        """A body with what its record was dealt of OF_ROWS."""
        if self._is_dealt(faults.UNKNOWN_FIELD, entry):
            body = {**body, "campoCriadoDepois": {"codigo": 7, "nome": "campo que nenhuma versão conhece"}}
        if self._is_dealt(faults.NUMBERS, entry):
            body = _with_numbers(body)
        if self._is_dealt(faults.NONCHARACTERS, entry):
            texts = {"objetoCompra", "objetoContrato", "objetoContratacao", "descricao", "nomeUnidade"} & body.keys()
            body = {**body, **{name: f"{body[name]} \ufffe\uffff" for name in texts}}
        return body

    def _is_dealt(self, kind: str, entry: Entry) -> bool:
        odds = self.odds.get(kind, 0.0)
        return odds > 0 and Dice(self.world.seed, kind, entry.control).chance(odds)

    def forget(self) -> None:
        """As at the start; the world, its clock, limits and delays stay."""
        super().forget()
        self.visits.clear()
        self.page_limits.clear()
        self.set_odds({})
        self.world.touched.clear()

    @classmethod
    def live(cls, seed: int = 1, scale: float = 0.01) -> State:
        """A portal whose clock is Brasília's own."""
        now = datetime.now(SAO_PAULO).replace(tzinfo=None, microsecond=0).isoformat()
        return cls(world=World(seed, scale), calendar=Calendar(now, 1.0))


def _with_numbers(body: dict[str, Any]) -> dict[str, Any]:
    """Codes as numbers where strings were promised, at the top and in the unit."""
    loose = {**body}
    for name in ("numeroCompra", "codigoUnidadeOrgao", "numeroAtaRegistroPreco", "codigoUnidade"):
        if str(loose.get(name, "")).isdecimal():
            loose[name] = int(loose[name])
    if isinstance(loose.get("unidadeOrgao"), dict):
        unit: dict[str, Any] = loose["unidadeOrgao"]
        loose["unidadeOrgao"] = {**unit, **{name: int(unit[name]) for name in ("codigoIbge", "codigoUnidade")}}
    return loose
