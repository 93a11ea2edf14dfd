"""Tables of public contracting. Public data, the same for every workspace."""

from malha.procurement.models._children import Amendment, DetailState, HistoryEntry, RecordFile
from malha.procurement.models._marks import ValueMark
from malha.procurement.models._plans import CollectionInstrument, Plan, PlanItem
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
    "Modality",
    "Organ",
    "Partition",
    "Plan",
    "PlanItem",
    "PriceRecord",
    "Probe",
    "Procurement",
    "ProcurementChange",
    "ProcurementFunding",
    "Reading",
    "ReadingKey",
    "RecordFile",
    "Result",
    "SavedSearch",
    "SearchMatch",
    "SupplierName",
    "SyncRun",
    "Unit",
    "ValueMark",
    "Version",
]
