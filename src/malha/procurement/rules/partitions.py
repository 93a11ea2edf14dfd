"""What is read as one and counted as one: a day of one kind and modality. Days are Brasília's."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any, NamedTuple

from malha.kit.clock import SAO_PAULO


class Kind(StrEnum):
    """Lists of PNCP by day."""

    PROCUREMENTS = "procurements"
    PROCUREMENT_UPDATES = "procurement_updates"
    OPEN_PROPOSALS = "open_proposals"
    CONTRACTS = "contracts"
    CONTRACT_UPDATES = "contract_updates"
    PRICE_RECORD_UPDATES = "price_record_updates"
    COLLECTION_INSTRUMENTS = "collection_instruments"
    PLAN_UPDATES = "plan_updates"

    @property
    def has_modality(self) -> bool:
        """Whether the list is asked for by modality."""
        return self.record_kind == "procurement"

    @property
    def path(self) -> str:
        """Below the consultation host."""
        return _LISTS[self].path

    @property
    def page_size(self) -> int:
        """The largest page that PNCP gives."""
        return _LISTS[self].page_size

    @property
    def record_kind(self) -> str:
        """What its records are, by the name of their versions."""
        return _LISTS[self].record_kind

    @property
    def days(self) -> tuple[str, ...]:
        """The parameters that take its first and its last day; one where a list takes a last day alone."""
        return _LISTS[self].days

    @property
    def shrinks(self) -> bool:
        """Whether a record leaves a day's list when it changes again: fewer records are no drift then."""
        return self.value.endswith("_updates")

    @property
    def is_snapshot(self) -> bool:
        """Whether the list says what is open now, and never the same again: it cannot be read for a day gone by."""
        return self is Kind.OPEN_PROPOSALS


class _List(NamedTuple):
    path: str
    record_kind: str
    page_size: int
    days: tuple[str, ...] = ("dataInicial", "dataFinal")


_LISTS = {
    Kind.PROCUREMENTS: _List("/v1/contratacoes/publicacao", "procurement", 50),
    Kind.PROCUREMENT_UPDATES: _List("/v1/contratacoes/atualizacao", "procurement", 50),
    Kind.OPEN_PROPOSALS: _List("/v1/contratacoes/proposta", "procurement", 50, ("dataFinal",)),
    Kind.CONTRACTS: _List("/v1/contratos", "contract", 500),
    Kind.CONTRACT_UPDATES: _List("/v1/contratos/atualizacao", "contract", 500),
    Kind.PRICE_RECORD_UPDATES: _List("/v1/atas/atualizacao", "price_record", 500),
    Kind.COLLECTION_INSTRUMENTS: _List("/v1/instrumentoscobranca/inclusao", "collection_instrument", 100),
    Kind.PLAN_UPDATES: _List("/v1/pca/atualizacao", "plan", 500, ("dataInicio", "dataFim")),
}
UPDATED = (
    Kind.PROCUREMENTS,
    Kind.PROCUREMENT_UPDATES,
    Kind.CONTRACTS,
    Kind.CONTRACT_UPDATES,
    Kind.PRICE_RECORD_UPDATES,
    Kind.COLLECTION_INSTRUMENTS,
)
"""What every update looks at."""
DAILY = (Kind.OPEN_PROPOSALS, Kind.PLAN_UPDATES)
"""What is looked at once a day, at night."""
BACKFILLED = (Kind.PROCUREMENTS, Kind.CONTRACTS, Kind.COLLECTION_INSTRUMENTS)
"""What has a list by publication."""
BACKFILLED_BY_CHANGE = (Kind.PRICE_RECORD_UPDATES, Kind.PLAN_UPDATES)
"""What has lists by change alone: whatever was published since a day changed on that day or later, up to now."""
NO_MODALITY = 0
PROPOSAL_DAYS = 365
"""How far ahead the end of a proposal's term is looked for."""
GRACE = timedelta(minutes=10)
"""After midnight, until what was published at the last moment stands in its list."""


class PartitionState(StrEnum):
    """`complete` is proved; `partial` has some and wants more; of `unknown` nobody can say how many it wants."""

    COMPLETE = "complete"
    PARTIAL = "partial"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class PartitionKey:
    """One day of a kind, of one modality where the kind has them."""

    kind: Kind
    day: date
    modality: int = NO_MODALITY

    @classmethod
    def of(cls, entry: dict[str, Any]) -> PartitionKey:
        """From the input of a part."""
        return cls(Kind(entry["kind"]), date.fromisoformat(entry["day"]), entry["modality"])

    def as_input(self) -> dict[str, Any]:
        """For the input of a part."""
        return {"kind": self.kind.value, "day": self.day.isoformat(), "modality": self.modality}

    def query(self) -> dict[str, str]:
        """The parameters that choose it; PNCP takes whole days only, as yyyymmdd."""
        last = self.day + timedelta(days=PROPOSAL_DAYS) if self.kind.is_snapshot else self.day
        chosen = {name: last.strftime("%Y%m%d") for name in self.kind.days}
        return chosen | ({"codigoModalidadeContratacao": str(self.modality)} if self.kind.has_modality else {})

    def ended_before(self, instant: datetime) -> bool:
        """Whether its day was over: before that a list still grows, and nothing of it is complete."""
        return self.kind.is_snapshot or self.day < (instant - GRACE).astimezone(SAO_PAULO).date()


def plan(start: datetime, end: datetime, kinds: Sequence[Kind], modalities: Sequence[int]) -> Iterator[PartitionKey]:
    """The partitions of every day that the window touches, the newest first."""
    first, day = start.astimezone(SAO_PAULO).date(), end.astimezone(SAO_PAULO).date()
    while day >= first:
        for kind in kinds:
            for modality in modalities if kind.has_modality else (NO_MODALITY,):
                yield PartitionKey(kind, day, modality)
        day -= timedelta(days=1)
