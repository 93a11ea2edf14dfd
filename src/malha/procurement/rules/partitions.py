"""What is read as one and counted as one: a day of one kind and modality. Days are Brasília's."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any

from malha.kit.clock import SAO_PAULO


class Kind(StrEnum):
    """Lists of PNCP by day."""

    PROCUREMENTS = "procurements"
    PROCUREMENT_UPDATES = "procurement_updates"
    CONTRACTS = "contracts"
    CONTRACT_UPDATES = "contract_updates"
    PRICE_RECORD_UPDATES = "price_record_updates"

    @property
    def has_modality(self) -> bool:
        """Whether the list is asked for by modality."""
        return self in {Kind.PROCUREMENTS, Kind.PROCUREMENT_UPDATES}

    @property
    def path(self) -> str:
        """Below the consultation host."""
        return _PATHS[self]

    @property
    def page_size(self) -> int:
        """The largest page that PNCP gives."""
        return 50 if self.has_modality else 500

    @property
    def record_kind(self) -> str:
        """`procurement`, `contract` or `price_record`: what its records are."""
        return self.value.removesuffix("_updates").removesuffix("s")


_PATHS = {
    Kind.PROCUREMENTS: "/v1/contratacoes/publicacao",
    Kind.PROCUREMENT_UPDATES: "/v1/contratacoes/atualizacao",
    Kind.CONTRACTS: "/v1/contratos",
    Kind.CONTRACT_UPDATES: "/v1/contratos/atualizacao",
    Kind.PRICE_RECORD_UPDATES: "/v1/atas/atualizacao",
}
BACKFILLED = (Kind.PROCUREMENTS, Kind.CONTRACTS, Kind.PRICE_RECORD_UPDATES)
NO_MODALITY = 0


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
        day = self.day.strftime("%Y%m%d")
        chosen = {"dataInicial": day, "dataFinal": day}
        return chosen | ({"codigoModalidadeContratacao": str(self.modality)} if self.kind.has_modality else {})

    def ended_before(self, instant: datetime) -> bool:
        """Whether its day was over: before that a list still grows, and nothing of it is complete."""
        return self.day < instant.astimezone(SAO_PAULO).date()


def plan(start: datetime, end: datetime, kinds: Sequence[Kind], modalities: Sequence[int]) -> Iterator[PartitionKey]:
    """The partitions of every day that the window touches."""
    day, last = start.astimezone(SAO_PAULO).date(), end.astimezone(SAO_PAULO).date()
    while day <= last:
        for kind in kinds:
            for modality in modalities if kind.has_modality else (NO_MODALITY,):
                yield PartitionKey(kind, day, modality)
        day += timedelta(days=1)
