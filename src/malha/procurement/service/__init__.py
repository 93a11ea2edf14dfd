"""Use cases of public contracting."""

from malha.procurement.service._children import fill_procurements
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
from malha.procurement.service._ocds import OCDS_DOCUMENTS, OCDS_SHEETS
from malha.procurement.service._planning import plan_run
from malha.procurement.service._reading import read_partition
from malha.procurement.service._runs import (
    SYNC_KIND,
    end_run,
    read_coverage,
    read_run,
    read_runs,
    request_sync,
    take_request,
    take_scheduled,
)
from malha.procurement.service._saved import (
    create_search,
    delete_search,
    read_matches,
    read_search,
    read_searches,
    update_search,
)
from malha.procurement.service._search import (
    search_contracts,
    search_items,
    search_price_records,
    search_procurements,
)
from malha.procurement.service._source import open_source
from malha.procurement.service._watching import CHANGES_PER_ROUND, WATCH_KIND, match_changes, tell_due

__all__ = [
    "CHANGES_PER_ROUND",
    "DEAD_SUFFIX",
    "MARK_KIND",
    "OCDS_DOCUMENTS",
    "OCDS_SHEETS",
    "SPREAD_KIND",
    "SYNC_KIND",
    "WATCH_KIND",
    "Ingestor",
    "begin_again",
    "create_search",
    "delete_search",
    "end_run",
    "fill_procurements",
    "mark_batch",
    "match_changes",
    "open_source",
    "plan_run",
    "read_coverage",
    "read_marks",
    "read_matches",
    "read_partition",
    "read_run",
    "read_runs",
    "read_search",
    "read_searches",
    "refresh_spreads",
    "request_marking",
    "request_sync",
    "search_contracts",
    "search_items",
    "search_price_records",
    "search_procurements",
    "take_request",
    "take_scheduled",
    "tell_due",
    "update_search",
]
