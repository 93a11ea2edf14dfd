"""Tables of public contracting. Public data, the same for every workspace."""

from malha.procurement.models._marks import Marking, PriceSpread, Sanction, Signal, UnitSpelling, ValueMark
from malha.procurement.models._prices import PriceIndex, PriceReference, PriceReferenceCount
from malha.procurement.models._records import (
    Contract,
    FundingSource,
    Item,
    LegalBasis,
    Organ,
    PriceRecord,
    Procurement,
    ProcurementFunding,
    Result,
    Unit,
    Version,
)
from malha.procurement.models._sync import (
    Partition,
    Reading,
    ReadingKey,
    SyncRun,
)

__all__ = [
    "Contract",
    "FundingSource",
    "Item",
    "LegalBasis",
    "Marking",
    "Organ",
    "Partition",
    "PriceIndex",
    "PriceRecord",
    "PriceReference",
    "PriceReferenceCount",
    "PriceSpread",
    "Procurement",
    "ProcurementFunding",
    "Reading",
    "ReadingKey",
    "Result",
    "Sanction",
    "Signal",
    "SyncRun",
    "Unit",
    "UnitSpelling",
    "ValueMark",
    "Version",
]
