"""Tables of public contracting. Public data, the same for every workspace."""

from malha.procurement.models._marks import ValueMark
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
from malha.procurement.models._suppliers import SupplierName
from malha.procurement.models._sync import (
    Partition,
    Reading,
    ReadingKey,
    SyncRun,
)
from malha.procurement.models._watching import ProcurementChange, SavedSearch, SearchMatch

__all__ = [
    "Contract",
    "FundingSource",
    "Item",
    "LegalBasis",
    "Organ",
    "Partition",
    "PriceRecord",
    "Procurement",
    "ProcurementChange",
    "ProcurementFunding",
    "Reading",
    "ReadingKey",
    "Result",
    "SavedSearch",
    "SearchMatch",
    "SupplierName",
    "SyncRun",
    "Unit",
    "ValueMark",
    "Version",
]
