"""Partitions of a kind and day as one field of a calendar."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from malha.procurement.rules.partitions import PartitionState


@dataclass(slots=True)
class CalendarDay:
    """How many partitions of a kind and day are in each state; `wants` counts only where PNCP has said a number."""

    kind: str
    day: date
    complete: int = 0
    partial: int = 0
    unknown: int = 0
    wants: int = 0
    has: int = 0

    @property
    def state(self) -> PartitionState:
        """Of the whole day: complete only if every partition of it is."""
        if self.partial or (self.unknown and self.complete):
            return PartitionState.PARTIAL
        return PartitionState.UNKNOWN if self.unknown else PartitionState.COMPLETE


def calendar_of(partitions: Iterable[tuple[str, date, str, int | None, int | None]]) -> list[CalendarDay]:
    """From kind, day, state, wants and has of each partition, by kind and then by day."""
    days: dict[tuple[str, date], CalendarDay] = {}
    for kind, day, state, wants, has in partitions:
        field = days.setdefault((kind, day), CalendarDay(kind, day))
        field.complete += state == PartitionState.COMPLETE
        field.partial += state == PartitionState.PARTIAL
        field.unknown += state == PartitionState.UNKNOWN
        field.wants += wants or 0
        field.has += has or 0
    return [days[key] for key in sorted(days)]
