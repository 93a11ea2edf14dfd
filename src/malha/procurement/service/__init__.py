"""Use cases of public contracting."""

from malha.procurement.service._children import fill_procurements
from malha.procurement.service._coded_items import list_coded_items
from malha.procurement.service._details import sweep_details
from malha.procurement.service._export import CONTRACTS, ITEMS, PROCUREMENTS
from malha.procurement.service._ingestor import DEAD_SUFFIX, Ingestor
from malha.procurement.service._marks import read_marks
from malha.procurement.service._ocds import OCDS_DOCUMENTS, OCDS_SHEETS
from malha.procurement.service._parties import (
    read_organ,
    read_seller,
    read_statistics,
    search_organs,
    search_suppliers,
)
from malha.procurement.service._passes import MARK_KIND, SPREAD_KIND, refresh_spreads, request_marking, take_step
from malha.procurement.service._planning import plan_run
from malha.procurement.service._price_files import PRICE_MEDIA_TYPES, write_price_file
from malha.procurement.service._prices import fix_prices, preview_prices, read_reference, read_references
from malha.procurement.service._reading import read_partition
from malha.procurement.service._runs import (
    SYNC_KIND,
    ask_refill,
    end_run,
    read_runs,
    request_refill,
    request_sync,
    take_daily,
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
from malha.procurement.service._signals import (
    SignalFilter,
    list_rules,
    read_signals,
    read_signals_of,
)
from malha.procurement.service._source import open_client, open_source
from malha.procurement.service._status import (
    read_calendar,
    read_coverage,
    read_freshness,
    read_lag,
    read_status,
)
from malha.procurement.service._tables import SANCTION_LISTS, TableImported, fetch_index, import_index, import_sanctions
from malha.procurement.service._upkeep import probe_source, recount_partitions, tidy
from malha.procurement.service._watching import CHANGES_PER_ROUND, WATCH_KIND, match_changes, tell_due
from malha.procurement.service._whole import read_contract, read_items, read_procurement, read_versions

__all__ = [
    "CHANGES_PER_ROUND",
    "CONTRACTS",
    "DEAD_SUFFIX",
    "ITEMS",
    "MARK_KIND",
    "OCDS_DOCUMENTS",
    "OCDS_SHEETS",
    "PRICE_MEDIA_TYPES",
    "PROCUREMENTS",
    "SANCTION_LISTS",
    "SPREAD_KIND",
    "SYNC_KIND",
    "WATCH_KIND",
    "Ingestor",
    "SignalFilter",
    "TableImported",
    "ask_refill",
    "create_search",
    "delete_search",
    "end_run",
    "fetch_index",
    "fill_procurements",
    "fix_prices",
    "import_index",
    "import_sanctions",
    "list_coded_items",
    "list_rules",
    "match_changes",
    "open_client",
    "open_source",
    "plan_run",
    "preview_prices",
    "probe_source",
    "read_calendar",
    "read_contract",
    "read_coverage",
    "read_freshness",
    "read_items",
    "read_lag",
    "read_marks",
    "read_matches",
    "read_organ",
    "read_partition",
    "read_procurement",
    "read_reference",
    "read_references",
    "read_runs",
    "read_search",
    "read_searches",
    "read_seller",
    "read_signals",
    "read_signals_of",
    "read_statistics",
    "read_status",
    "read_versions",
    "recount_partitions",
    "refresh_spreads",
    "request_marking",
    "request_refill",
    "request_sync",
    "search_contracts",
    "search_items",
    "search_organs",
    "search_price_records",
    "search_procurements",
    "search_suppliers",
    "sweep_details",
    "take_daily",
    "take_request",
    "take_scheduled",
    "take_step",
    "tell_due",
    "tidy",
    "update_search",
    "write_price_file",
]
