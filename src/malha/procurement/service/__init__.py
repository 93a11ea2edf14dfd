"""Use cases of public contracting."""

from malha.procurement.service._children import fill_procurements
from malha.procurement.service._export import CONTRACTS, ITEMS, PROCUREMENTS
from malha.procurement.service._ingestor import DEAD_SUFFIX, Ingestor
from malha.procurement.service._marks import (
    MARK_KIND,
    SPREAD_KIND,
    begin_again,
    mark_batch,
    read_marks,
    refresh_spreads,
    request_marking,
)
from malha.procurement.service._parties import (
    read_organ,
    read_seller,
    read_statistics,
    search_organs,
    search_suppliers,
)
from malha.procurement.service._reading import read_partition
from malha.procurement.service._runs import (
    SYNC_KIND,
    end_run,
    plan_run,
    read_coverage,
    read_run,
    read_runs,
    request_sync,
    take_request,
    take_scheduled,
)
from malha.procurement.service._search import (
    search_contracts,
    search_items,
    search_price_records,
    search_procurements,
)
from malha.procurement.service._source import open_source
from malha.procurement.service._whole import read_contract, read_items, read_procurement, read_versions

__all__ = [
    "CONTRACTS",
    "DEAD_SUFFIX",
    "ITEMS",
    "MARK_KIND",
    "PROCUREMENTS",
    "SPREAD_KIND",
    "SYNC_KIND",
    "Ingestor",
    "begin_again",
    "end_run",
    "fill_procurements",
    "mark_batch",
    "open_source",
    "plan_run",
    "read_contract",
    "read_coverage",
    "read_items",
    "read_marks",
    "read_organ",
    "read_partition",
    "read_procurement",
    "read_run",
    "read_runs",
    "read_seller",
    "read_statistics",
    "read_versions",
    "refresh_spreads",
    "request_marking",
    "request_sync",
    "search_contracts",
    "search_items",
    "search_organs",
    "search_price_records",
    "search_procurements",
    "search_suppliers",
    "take_request",
    "take_scheduled",
]
