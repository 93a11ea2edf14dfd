"""What the portal holds: names and the instants of its versions; bodies are made from these when asked for.

Instants are whole seconds of the wall clock of Brasília, which the API writes without a zone.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime

from malha.simulators.pncp.organs import GROUPS, Organ

DAY_SECONDS = 86_400
PLACES = 682
PER_PLACE = 4
LARGEST_DAY = PLACES * GROUPS
"""Procurements that one day can hold: a year's sequences must fit in six digits."""
_EPOCH = date(1970, 1, 1).toordinal()
_YEAR_DAYS = 366

PROCUREMENTS = "contratacoes"
CONTRACTS = "contratos"
RECORDS = "atas"
INVOICES = "instrumentoscobranca"
PLANS = "pca"
KINDS = (PROCUREMENTS, CONTRACTS, RECORDS, INVOICES, PLANS)


@dataclass(frozen=True, slots=True)
class Entry:
    """One record of a kind; `stamps` are the instants of its versions, the first its publication."""

    kind: str
    organ: Organ
    year: int
    sequence: int
    """Of the organ and year; an ata and an invoice have their parent's."""
    stamps: tuple[int, ...]
    ordinal: int
    """Its place among what was published on a day, see `World`."""
    modality: int = 0
    number: int = 0
    """Of an ata or an invoice below its parent."""
    parent: Entry | None = None
    """The procurement of a contract or an ata, the contract of an invoice."""

    @property
    def published(self) -> int:
        """When it first appeared."""
        return self.stamps[0]

    @property
    def control(self) -> str:
        """Its control number; invoices have none in the API, theirs is the contract's with a number behind."""
        if self.parent is not None and self.kind in {RECORDS, INVOICES}:
            return f"{self.parent.control}-{self.number:06d}"
        mark = {PROCUREMENTS: 1, CONTRACTS: 2, PLANS: 0}[self.kind]
        return f"{self.organ.cnpj}-{mark}-{self.sequence:06d}/{self.year}"

    def version(self, now: int) -> int:
        """How often it has changed by then; -1 before its publication."""
        return sum(stamp <= now for stamp in self.stamps) - 1

    def stamp(self, now: int) -> int | None:
        """Its `dataAtualizacaoGlobal` then."""
        return next((stamp for stamp in reversed(self.stamps) if stamp <= now), None)


def first_second(day: date) -> int:
    """Midnight."""
    return (day.toordinal() - _EPOCH) * DAY_SECONDS


def day_of(instant: int) -> date:
    """The day of an instant."""
    return date.fromordinal(_EPOCH + instant // DAY_SECONDS)


def write_instant(instant: int) -> str:
    """`2026-11-27T14:05:00`."""
    return datetime.fromtimestamp(instant, UTC).isoformat()[:19]


def read_instant(text: str) -> int:
    """The other way round; ValueError for anything else."""
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp())


def sequence_of(day: date, place: int, number: int = 0) -> int:
    """A sequence that is unique in an organ's year, and tells its day and place."""
    return (day.timetuple().tm_yday - 1) * PLACES * PER_PLACE + place * PER_PLACE + number + 1


def place_of(year: int, sequence: int) -> tuple[date, int, int] | None:
    """The day, place and number that a sequence was made of; None when no day has it."""
    days, rest = divmod(sequence - 1, PLACES * PER_PLACE)
    if sequence < 1 or not date.min.year <= year < date.max.year or days >= _YEAR_DAYS:
        return None
    day = date.fromordinal(date(year, 1, 1).toordinal() + days)
    return (day, *divmod(rest, PER_PLACE)) if day.year == year else None
