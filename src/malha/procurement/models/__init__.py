"""Tables of public contracting. Public data, the same for every workspace."""

from malha.procurement.models._children import Amendment, DetailState, HistoryEntry, RecordFile
from malha.procurement.models._marks import Marking, PriceSpread, Sanction, Signal, UnitSpelling, ValueMark
from malha.procurement.models._plans import CollectionInstrument, Plan, PlanItem
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
from malha.procurement.models._source import Modality, Probe
from malha.procurement.models._suppliers import SupplierName
from malha.procurement.models._sync import (
    FetchedResults,
    Partition,
    Reading,
    ReadingKey,
    SyncRun,
)
from malha.procurement.models._watching import ProcurementChange, SavedSearch, SearchMatch

__all__ = [
    "Amendment",
    "CollectionInstrument",
    "Contract",
    "DetailState",
    "FetchedResults",
    "FundingSource",
    "HistoryEntry",
    "Item",
    "LegalBasis",
    "Marking",
    "Modality",
    "Organ",
    "Partition",
    "Plan",
    "PlanItem",
    "PriceIndex",
    "PriceRecord",
    "PriceReference",
    "PriceReferenceCount",
    "PriceSpread",
    "Probe",
    "Procurement",
    "ProcurementChange",
    "ProcurementFunding",
    "Reading",
    "ReadingKey",
    "RecordFile",
    "Result",
    "Sanction",
    "SavedSearch",
    "SearchMatch",
    "Signal",
    "SupplierName",
    "SyncRun",
    "Unit",
    "UnitSpelling",
    "ValueMark",
    "Version",
]
